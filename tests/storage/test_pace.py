"""S32: one pace for all processes; replies before bulk; what a provider asks for is obeyed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from math import inf

import pytest

from bot.services.unit_of_work import Work
from bot.storage import pace
from bot.storage.pace import AHEAD, LONGEST_HOLD, Slot
from tests.services.shop import NOW

SECOND = timedelta(seconds=1)


class Sender:
    """Somebody who takes slots of the sender `sms`, by their own watch."""

    def __init__(self, work: Work) -> None:
        self.work = work

    async def take(self, at: datetime = NOW, rate: float = 30, *, bulk: bool = False) -> Slot:
        async with self.work.unit_of_work() as uow:
            return await pace.take(uow.tx, "sms", rate, at, bulk=bulk)

    async def pay(self, units: int, at: datetime = NOW, rate: float = 30) -> None:
        async with self.work.unit_of_work() as uow:
            await pace.pay(uow.tx, "sms", rate, units, at)

    async def hold_bulk(self, seconds: float, at: datetime = NOW) -> None:
        async with self.work.unit_of_work() as uow:
            await pace.hold_bulk(uow.tx, "sms", at, seconds)


@pytest.fixture
def sender(work: Work) -> Sender:
    return Sender(work)


def most_in_a_second(slots: list[datetime]) -> int:
    """The most slots within any second."""
    return max(sum(first <= slot < first + SECOND for slot in slots) for first in slots)


@pytest.mark.parametrize("rate", [1, 30, 80])
async def test_slots_are_no_closer_than_the_rate(sender: Sender, rate: int) -> None:
    slots = [(await sender.take(rate=rate)).at for _ in range(2 * rate)]
    assert slots[0] == NOW
    assert slots == sorted(set(slots))
    assert most_in_a_second(slots) == rate


async def test_who_asks_at_the_same_time_gets_different_slots(sender: Sender) -> None:
    slots = await asyncio.gather(*(sender.take(rate=80) for _ in range(40)))
    assert all(slot.taken for slot in slots)
    moments = sorted(slot.at for slot in slots)
    assert {later - earlier for earlier, later in pairwise(moments)} == {SECOND / 80}


async def test_time_that_nobody_used_is_gone(sender: Sender) -> None:
    await sender.take(rate=1)
    slots = [(await sender.take(NOW + 10 * SECOND, rate=1)).at for _ in range(2)]
    assert slots == [NOW + 10 * SECOND, NOW + 11 * SECOND]


async def test_a_sender_without_a_rate_never_waits(sender: Sender) -> None:
    for bulk in (False, True, False, True):
        assert await sender.take(rate=inf, bulk=bulk) == Slot("sms", bulk, NOW, taken=True)
    await sender.hold_bulk(10)
    assert not (await sender.take(rate=inf, bulk=True)).taken
    assert (await sender.take(rate=inf)).taken


async def test_senders_do_not_wait_for_each_other(sender: Sender, work: Work) -> None:
    await sender.take(rate=1)
    async with work.unit_of_work() as uow:
        other = await pace.take(uow.tx, "whatsapp", 1, NOW, bulk=True)
    assert (other.at, other.taken) == (NOW, True)


async def test_replies_book_a_few_seconds_ahead_and_no_farther(sender: Sender) -> None:
    booked = [await sender.take(rate=1) for _ in range(5)]
    seconds = AHEAD // SECOND
    assert [slot.taken for slot in booked] == [True] * (seconds + 1) + [False] * (4 - seconds)
    # The next is free one second later, and may be booked that much before it.
    assert booked[-1].at == NOW + SECOND
    assert (await sender.take(booked[-1].at, rate=1)).at == NOW + (seconds + 1) * SECOND


async def test_bulk_takes_a_slot_only_when_none_is_booked(sender: Sender) -> None:
    assert (await sender.take(rate=1, bulk=True)).taken
    reply = await sender.take(rate=1)
    assert (reply.at, reply.taken) == (NOW + SECOND, True)
    for moment in (NOW, reply.at):
        waits = await sender.take(moment, rate=1, bulk=True)
        assert waits == Slot("sms", True, NOW + 2 * SECOND, taken=False)
    # Asking took nothing.
    assert (await sender.take(reply.at, rate=1)).at == NOW + 2 * SECOND


async def test_a_long_message_pays_for_the_rest_of_it_afterwards(sender: Sender) -> None:
    await sender.take(rate=1)
    await sender.pay(0, rate=1)
    await sender.pay(2, rate=1)
    assert (await sender.take(rate=1)).at == NOW + 3 * SECOND


async def test_bulk_is_held_back_as_long_as_asked_while_replies_go_on(sender: Sender) -> None:
    await sender.hold_bulk(20)
    await sender.hold_bulk(5)
    assert (await sender.take()).at == NOW
    waits = await sender.take(NOW + SECOND, bulk=True)
    assert (waits.at, waits.taken) == (NOW + 20 * SECOND, False)
    assert (await sender.take(NOW + 20 * SECOND, bulk=True)).taken


async def test_nobody_is_held_back_for_ever(sender: Sender) -> None:
    await sender.hold_bulk(1_000_000)
    assert (await sender.take(bulk=True)).at == NOW + LONGEST_HOLD


async def test_a_clock_that_was_set_back_makes_nobody_wait(sender: Sender) -> None:
    await sender.take(NOW + timedelta(days=1))
    await sender.hold_bulk(10, NOW + timedelta(days=1))
    assert (await sender.take(bulk=True)).taken
    assert (await sender.take(NOW + SECOND)).at == NOW + SECOND
