"""How long replies take while a broadcast goes out at Telegram's thirty a second, against idle.

One process does both, as in a café. A press of a stamp button comes four times a second; what
is timed is from the press until both it tells have their message. The provider takes a moment to
answer, as a real one does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from itertools import count, cycle
from time import perf_counter

from benchmarks.cafe import NOON, Regular, Till, furnish
from benchmarks.databases import Place, opened
from benchmarks.measuring import Outcome, compare
from benchmarks.webhook import Deaf
from bot.app import House, build
from bot.clock import Clock
from bot.domain.members import Consent
from bot.domain.messages import Action, Address, InboundMessage, OutboundMessage
from bot.domain.segments import parse
from bot.services import broadcasts
from bot.services.unit_of_work import Work
from bot.settings import Settings
from bot.storage import conversations, members

PRESSES = 60
EVERY_SECONDS = 0.25
#: Thirty for the broadcast, and eight for the replies: two to each press.
RATE = 38.0
#: What a call to Telegram takes, in seconds.
FAR = 0.03
#: At least 1 / 1.2: at most 1.2 times as long.
AIM = 0.83


class Slow(Deaf):
    """A Telegram that answers after a moment, and is asked so often at most."""

    def __init__(self) -> None:
        super().__init__()
        self.rate = RATE
        self.unasked = 0

    async def send(self, message: OutboundMessage) -> str:
        self.unasked += "poppy seed" in message.text
        await asyncio.sleep(FAR)
        return await super().send(message)


class _Noon(Clock):
    """It is always noon, so that nobody sleeps."""

    def now(self) -> datetime:
        return NOON


async def measure(place: Place, rounds: int) -> Outcome:
    """The slowest of twenty replies, with and without a broadcast."""
    with place.copy() as url:
        async with opened(url) as work:
            tills = await furnish(work, tills=10, regulars=20)
            crowd = int(RATE * PRESSES * EVERY_SECONDS * (rounds + 2) * 1.5)
            await _crowd(work, crowd)
            channel = Slow()
            house = build(Settings(), work, _Noon(), {"telegram": channel})
            presses = _presses(tills)

            async def idle() -> float:
                return await _slowest(house, presses)

            async def busy() -> float:
                stop, before = asyncio.Event(), channel.unasked
                await broadcasts.advance(work, NOON)
                delivery = asyncio.create_task(house.sender.run(stop))
                await asyncio.sleep(1)
                try:
                    return await _slowest(house, presses)
                finally:
                    stop.set()
                    await delivery
                    if channel.unasked - before < RATE * PRESSES * EVERY_SECONDS / 2:
                        raise RuntimeError("there was no broadcast to speak of")

            return await compare(
                f"p95 of a press during a broadcast, {place.name}",
                busy,
                idle,
                unit="ms",
                against="the same without a broadcast",
                aim=AIM,
                rounds=rounds,
            )


async def _crowd(work: Work, people: int) -> None:
    async with work.unit_of_work() as uow:
        for number in range(people):
            address = Address("telegram", f"{10**9 + number}")
            chat = await conversations.enter(uow.tx, address, "telegram", "en", NOON)
            member = await members.create(
                uow.tx, name="Anna", language="en", now=NOON, source="chat"
            )
            await conversations.belongs_to(uow.tx, chat.identity_id, member.id)
            consent = Consent("telegram", "marketing", True, "joining", "1", "chat", NOON)
            await members.add_consent(uow.tx, member.id, consent)
        segment = parse("all", uow.programme)
        draft = await broadcasts.draft(uow, {"en": "A poppy seed cake."}, segment, None, NOON)
        await broadcasts.start(uow, draft.id, people, NOON)


def _presses(tills: list[Till]) -> Iterator[InboundMessage]:
    numbers = count(1)
    pairs = [(till, regular) for till in tills for regular in till.regulars]
    for till, regular in cycle(pairs):
        yield _press(till, regular, next(numbers))


def _press(till: Till, regular: Regular, number: int) -> InboundMessage:
    action = Action("stamp_panel", (regular.code, "1", str(number)))
    return InboundMessage(
        Address("telegram", str(till.chat)), f"press {number}", action=action, language="cs"
    )


async def _slowest(house: House, presses: Iterator[InboundMessage]) -> float:
    """What nineteen of twenty presses are quicker than, in seconds."""
    taken: list[float] = []

    async def press(message: InboundMessage) -> None:
        started = perf_counter()
        await house.dispatcher.handle(message)
        await house.dispatcher.idle()
        taken.append(perf_counter() - started)

    pressed = []
    for _ in range(PRESSES):
        pressed.append(asyncio.create_task(press(next(presses))))
        await asyncio.sleep(EVERY_SECONDS)
    await asyncio.gather(*pressed)
    return sorted(taken)[int(PRESSES * 0.95)]
