"""What the clock does: ending what has ended, once, by one process."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from bot.clock import Clock, StandingClock
from bot.domain.members import Role, Staff
from bot.domain.messages import Address
from bot.domain.rewards import Voucher
from bot.services import earning, joining, leases, redeeming, staffing, wallets
from bot.services.unit_of_work import Work
from bot.storage import conversations
from scheduler.campaigns import CAMPAIGNS
from scheduler.clock import Ticker
from scheduler.jobs import (
    PLAN_LEASE,
    PLAN_LEASE_LENGTH,
    SWEEP_LEASE,
    SWEEP_LEASE_LENGTH,
    plan,
    sweep,
)
from tests.scheduler.campaigning import Regulars, at, only
from tests.services.asking import Asking
from tests.services.shop import NOW, cafe


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


# Planning


async def occasions(work: Work) -> list[tuple[str, str]]:
    """All that was ever planned: campaign and occurrence."""
    async with work.reading() as reader:
        rows = await reader.rows("SELECT campaign, occurrence FROM occasion ORDER BY id")
    return [(row["campaign"], row["occurrence"]) for row in rows]


async def test_s29_only_one_process_plans_at_a_time(work: Work) -> None:
    clock, asking = FixedClock(), Asking()
    other = Work(work.database, ("en", "cs"), owner="another process")
    await leases.take(work, PLAN_LEASE, clock.real_now(), PLAN_LEASE_LENGTH)
    assert await plan(other, clock, [asking]) is False
    assert asking.scenes == []
    assert await plan(work, clock, [asking]) is True
    assert await plan(other, clock, [asking], again=True) is True
    assert len(asking.scenes) == 2 * 2  # for gifts, and for messages


async def test_s29_a_planner_that_died_is_followed_once_its_lease_is_over(work: Work) -> None:
    clock, asking = FixedClock(), Asking()
    await leases.take(work, PLAN_LEASE, clock.real_now() - PLAN_LEASE_LENGTH, PLAN_LEASE_LENGTH)
    other = Work(work.database, ("en", "cs"), owner="another process")
    assert await plan(other, clock, [asking]) is True


async def test_s29_a_lease_is_kept_for_as_long_as_the_planning_takes(work: Work) -> None:
    """A short one is renewed, so that a planner that dies keeps nobody waiting."""
    length, began = timedelta(seconds=0.03), FixedClock().real_now()
    other = Work(work.database, ("en", "cs"), owner="another process")
    renewed, times = asyncio.Event(), itertools.count()

    def real_now() -> datetime:
        asked = next(times)
        if asked == 3:
            renewed.set()
        return began + asked * length

    async with leases.holding(work, "long", real_now, length) as ours:
        assert ours
        await asyncio.wait_for(renewed.wait(), 10)
        async with leases.holding(other, "long", lambda: began + 2 * length, length) as theirs:
            assert not theirs
    async with leases.holding(other, "long", lambda: began, length) as theirs:
        assert theirs


async def test_s29_a_scheduler_in_each_of_two_processes_plans_once(work: Work) -> None:
    """A scheduler in each web worker, a known failure: nobody is planned or given twice."""
    shop = Regulars(work)
    await shop.follows(cafe() + only("birthday", "gift = { stamps = 2 }"))
    anna = await shop.regular("Anna", birthday=(3, 14))
    other = Work(work.database, ("en", "cs"), owner="another process")
    clock = StandingClock(at("2026-03-14 08:00"))
    both = await asyncio.gather(*(plan(each, clock, CAMPAIGNS) for each in (work, other) * 2))
    assert any(both)
    assert await occasions(work) == [("birthday", "2026")]
    assert await shop.lines(anna) == [("gift", "stamps", 2)]


async def test_s29_four_hours_of_downtime_lose_nobody_and_send_nothing_stale(work: Work) -> None:
    shop = Regulars(work)
    await shop.follows(cafe() + only("birthday"))
    await shop.regular("Anna", birthday=(3, 14))
    await shop.regular("Jana", birthday=(3, 13))
    clock = StandingClock(at("2026-03-13 21:30"))  # half past ten in the evening
    clock.advance(timedelta(hours=4))
    await plan(work, clock, CAMPAIGNS)
    async with work.reading() as reader:
        rows = await reader.rows("SELECT member_id FROM occasion")
    assert [shop.names[row["member_id"]] for row in rows] == ["Anna"]


async def test_s29_a_restart_skips_nobody(work: Work) -> None:
    """What was looked at before the restart is not looked at again at once, what was not is."""
    shop = Regulars(work)
    await shop.follows(cafe() + only("birthday"))
    await shop.regular("Anna", birthday=(3, 14))
    clock = StandingClock(at("2026-03-14 08:00"))
    bad, later = Asking("bad", fails=True), Asking("later")
    await plan(work, clock, [*CAMPAIGNS, bad])
    again = Work(work.database, ("en", "cs"), owner="after the restart")
    bad.fails = False
    bad.scenes.clear()
    await plan(again, clock, [*CAMPAIGNS, bad, later])
    assert await occasions(work) == [("birthday", "2026"), ("bad", "1"), ("later", "1")]
    clock.advance(timedelta(minutes=11))
    await plan(again, clock, [*CAMPAIGNS, bad, later])
    assert len(await occasions(work)) == 3


async def test_a_programme_edited_between_two_passes(work: Work) -> None:
    """Switched on it is planned; switched off, nothing more is."""
    shop = Regulars(work)
    await shop.follows(cafe() + only("winback"))
    await shop.regular("Anna", birthday=(3, 14))
    clock = StandingClock(at("2026-03-14 08:00"))
    await plan(work, clock, CAMPAIGNS)
    assert await occasions(work) == []
    await shop.follows(cafe() + only("birthday"))
    clock.advance(timedelta(minutes=10))
    await plan(work, clock, CAMPAIGNS)
    assert await occasions(work) == [("birthday", "2026")]
    await shop.regular("Jana", birthday=(3, 14))
    await shop.follows(cafe() + only("expiry"))
    clock.advance(timedelta(minutes=10))
    await plan(work, clock, CAMPAIGNS)
    assert await occasions(work) == [("birthday", "2026")]


async def test_planning_tells_what_is_new(work: Work) -> None:
    shop = Regulars(work)
    await shop.regular("Anna")
    told: list[tuple[str, int]] = []
    for _ in range(2):
        await plan(
            work,
            StandingClock(NOW),
            [Asking()],
            again=True,
            planned=lambda campaign, new: told.append((campaign, new)),
        )
    assert told == [("asking", 1), ("asking", 0)]


# The clock


async def test_one_job_that_takes_long_holds_up_no_other() -> None:
    """The sweep goes on while a big audience is being planned."""
    swept = asyncio.Event()
    planning = asyncio.Event()

    async def long_one() -> None:
        planning.set()
        await asyncio.Event().wait()

    async def short_one() -> None:
        await planning.wait()
        swept.set()

    ticker = Ticker(long_one, short_one, seconds=0.01)
    ticker.start()
    await asyncio.wait_for(swept.wait(), 10)
    ticker.stop()


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
