"""What the clock does: ending what has ended, once, by one process."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from bot.clock import Clock
from bot.domain.members import Role, Staff
from bot.domain.messages import Address
from bot.domain.rewards import Voucher
from bot.services import earning, joining, leases, redeeming, staffing, wallets
from bot.services.unit_of_work import Work
from bot.storage import conversations
from scheduler.clock import Ticker
from scheduler.jobs import SWEEP_LEASE, SWEEP_LEASE_LENGTH, sweep


class FixedClock(Clock):
    """A clock that stands still until it is moved."""

    def real_now(self) -> datetime:
        return datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Delivered:
    """Notes whose conversations were to be delivered."""

    def __init__(self) -> None:
        self.conversations: list[int] = []

    async def __call__(self, numbers: Collection[int]) -> None:
        self.conversations += numbers


async def member_with_voucher(work: Work, now: datetime) -> tuple[int, Voucher, int]:
    async with work.unit_of_work() as uow:
        token = await staffing.invite(uow, "Jana", Role.OWNER, None, now)
        till = await conversations.enter(uow.tx, Address("test", "till"), "test", "en", now)
        jana = await staffing.accept(uow, till, token, now)
        assert isinstance(jana, Staff)
        chat = await conversations.enter(uow.tx, Address("test", "anna"), "test", "en", now)
        joined = await joining.join(uow, chat, name="Anna", language="en", location=None, now=now)
        await earning.stamp(uow, joined.member.id, 10, jana, "stamp", now)
        voucher = await redeeming.reserve(uow, joined.member.id, "coffee", "redeem", now)
        assert isinstance(voucher, Voucher)
    return joined.member.id, voucher, chat.id


async def balance(work: Work, member_id: int, unit: str, now: datetime) -> int:
    programme = await work.programme()
    async with work.reading() as reader:
        return (await wallets.wallet(reader, programme, member_id, now)).balance(unit)


async def test_a_voucher_nobody_used_gives_its_reward_back_and_says_so(work: Work) -> None:
    """S19: expired gives the amount back with its old validity."""
    clock, delivered = FixedClock(), Delivered()
    member_id, voucher, chat = await member_with_voucher(work, clock.now())
    clock.advance(timedelta(minutes=14))
    assert await sweep(work, clock, delivered)
    assert await balance(work, member_id, "reward:coffee", clock.now()) == 0
    clock.advance(timedelta(minutes=1))
    assert await sweep(work, clock, delivered)
    assert await sweep(work, clock, delivered)
    assert await balance(work, member_id, "reward:coffee", clock.now()) == 1
    assert delivered.conversations == [chat]
    assert voucher.ends_at == FixedClock().now() + timedelta(minutes=15)


async def test_only_one_process_sweeps_at_a_time(work: Work) -> None:
    """S29: the second leaves it alone while the first holds the lease, and can take it later."""
    clock = FixedClock()
    other = Work(work.database, ("en", "cs"), owner="another process")
    await leases.take(work, SWEEP_LEASE, clock.real_now(), SWEEP_LEASE_LENGTH)
    assert await sweep(other, clock, Delivered()) is False
    assert await sweep(work, clock, Delivered()) is True
    assert await sweep(other, clock, Delivered()) is True


async def test_the_clock_keeps_ticking_when_a_job_fails() -> None:
    """One bad minute must not end the next ones."""
    ticks = 0
    enough = asyncio.Event()

    async def job() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 3:
            enough.set()
        raise RuntimeError("a bad minute")

    ticker = Ticker(job, seconds=0.01)
    ticker.start()
    await asyncio.wait_for(enough.wait(), 10)
    ticker.stop()
    assert ticks >= 3
