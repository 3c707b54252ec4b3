"""Draining the outbox: mark, hand over, note what came of it, in each sender's pace (S31, S32)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any

import structlog

from bot.channels.base import Channel
from bot.clock import Clock
from bot.domain.programme import Programme
from bot.handover import Handover, Outcome
from bot.metrics import OUTBOUND
from bot.rendering import Renderer
from bot.services.unit_of_work import LEASE, UnitOfWork, Work
from bot.storage import conversations, outbox, pace
from bot.storage.outbox import Letter
from bot.storage.pace import Slot

log = structlog.get_logger()

#: How long one message may be *sending* before its sender counts as lost. Longer than any
#: provider call is allowed to take, so that a slow answer is not taken for a dead process.
SENDING_LEASE = timedelta(seconds=60)
#: How many times a message that was not taken is tried, which takes half a day, and the longest
#: pause between tries.
TRIES = 150
LONGEST_PAUSE_SECONDS = outbox.LONGEST_WAIT.total_seconds()
#: Conversations of each channel looked at per round of the delivery loop.
ROUND = 200


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A message to hand over, and the programme under which it was claimed."""

    letter: Letter
    programme: Programme


_Claim = _Claimed | Slot | None


class Sender:
    """Sends what is due, in each conversation's order, different conversations side by side.

    `at_once` is how many messages a channel sends at the same time.
    """

    def __init__(
        self,
        *,
        work: Work,
        clock: Clock,
        channels: Mapping[str, Channel],
        renderer: Renderer,
        at_once: int = 20,
    ) -> None:
        self._work = work
        self._clock = clock
        self._rates = {name: channel.rate for name, channel in channels.items()}
        self._hand_over = Handover(channels, renderer, self._known)
        # A provider that hangs holds up its own channel alone.
        self._places = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(at_once))
        self._queues = defaultdict[tuple[str, bool], asyncio.Lock](asyncio.Lock)

    async def deliver(self, conversation_ids: Collection[int]) -> None:
        """Send everything due in these conversations."""
        if not conversation_ids:
            return
        async with self._work.reading() as reader:
            channels = await conversations.channels(reader, conversation_ids)
        await _all(self._drain(number, name) for number, name in channels.items())

    async def deliver_due(self) -> int:
        """One round over all conversations with something due; returns how many there were.

        Messages of processes that died are found here too.
        """
        due = await self._due()
        await _all(self._round(name, numbers) for name, numbers in due.items())
        return sum(map(len, due.values()))

    async def run(self, stop: asyncio.Event, pause_seconds: float = 1.0) -> None:
        """Deliver what is due until told to stop, each channel in rounds of its own."""
        rounds: dict[str, asyncio.Task[None]] = {}
        while not stop.is_set():
            try:
                due = await self._due()
            except Exception as error:
                log.error("delivery round failed", error=type(error).__name__)
                due = {}
            for name, numbers in due.items():
                if name not in rounds or rounds[name].done():
                    rounds[name] = asyncio.create_task(self._logged(name, numbers))
            await _wait(stop, pause_seconds)
        await asyncio.gather(*rounds.values())

    async def _due(self) -> dict[str, list[int]]:
        now, real_now = self._clock.now(), self._clock.real_now()
        async with self._work.unit_of_work() as uow:
            await outbox.release_lost(uow.tx, real_now, now, SENDING_LEASE)
        async with self._work.reading() as reader:
            return await outbox.due_conversations(reader, now, real_now, ROUND)

    async def _round(self, channel: str, conversation_ids: Collection[int]) -> None:
        await _all(self._drain(number, channel) for number in conversation_ids)

    async def _logged(self, channel: str, conversation_ids: Collection[int]) -> None:
        try:
            await self._round(channel, conversation_ids)
        except Exception as error:
            log.error("delivery round failed", channel=channel, error=type(error).__name__)

    # --- One conversation ---

    async def _drain(self, conversation_id: int, channel: str) -> None:
        """Send what is due in a conversation, as its sender has slots for it."""
        slot: Slot | None = None
        while True:
            async with self._places[channel]:
                claim = await self._claim(conversation_id, slot)
                while isinstance(claim, _Claimed):
                    claim = await self._send(claim)
            if claim is None:
                return
            # Who waits holds no place, and no message that is *sending*.
            slot = await self._turn(claim)
            if slot is None:
                return

    async def _turn(self, slot: Slot) -> Slot | None:
        """A slot of ours whose moment has come; None where that would take too long."""
        latest = self._clock.real_now() + LEASE
        queue = self._queues[slot.sender, slot.bulk]
        if not slot.taken:
            try:
                async with asyncio.timeout(LEASE.total_seconds()):
                    await queue.acquire()
            except TimeoutError:
                return None
            try:
                slot = await self._queued(slot, latest)
            finally:
                queue.release()
        if not slot.taken:
            return None
        await self._clock.wait_until(slot.at)
        return slot

    async def _queued(self, slot: Slot, latest: datetime) -> Slot:
        """The first of a queue asks until it gets a slot, or it is too late."""
        while not slot.taken and slot.at <= latest:
            await self._clock.wait_until(slot.at)
            rate, now = self._rates[slot.sender], self._clock.real_now()
            async with self._work.unit_of_work() as uow:
                slot = await pace.take(uow.tx, slot.sender, rate, now, bulk=slot.bulk)
        return slot

    async def _claim(self, conversation_id: int, slot: Slot | None = None) -> _Claim:
        async with self._work.unit_of_work() as uow:
            return await self._claim_in(uow, conversation_id, slot)

    async def _claim_in(
        self, uow: UnitOfWork, conversation_id: int, slot: Slot | None = None
    ) -> _Claim:
        claim = await outbox.claim_next(
            uow.tx,
            conversation_id,
            owner=self._work.owner,
            now=self._clock.now(),
            real_now=self._clock.real_now(),
            lease=SENDING_LEASE,
            rates=self._rates,
            booked=slot.at if slot else None,
        )
        return _Claimed(claim, uow.programme) if isinstance(claim, Letter) else claim

    # --- One message ---

    async def _send(self, claimed: _Claimed) -> _Claim:
        """Hand a message over, note what came of it, and claim the conversation's next."""
        letter, channel = claimed.letter, claimed.letter.address.channel
        outcome = await self._hand_over(letter, claimed.programme, self._clock.now())
        OUTBOUND.labels(channel, letter.message_class.value, outcome.kind).inc()
        if outcome.kind != "accepted":
            log.warning(
                "message not taken",
                channel=channel,
                kind=outcome.kind,
                reason=outcome.reason,
                attempt=letter.attempt,
            )
        async with self._work.unit_of_work() as uow:
            await self._note(uow, letter, outcome)
            if outcome.units == 1 and outcome.retry_after is None:
                return await self._claim_in(uow, letter.conversation_id)
            # The sender's row is locked last, so the next message is claimed in its own turn.
            await self._slow_down(uow, channel, outcome)
        return await self._claim(letter.conversation_id)

    async def _slow_down(self, uow: UnitOfWork, channel: str, outcome: Outcome) -> None:
        rate, real_now = self._rates.get(channel, inf), self._clock.real_now()
        await pace.pay(uow.tx, channel, rate, outcome.units - 1, real_now)
        if outcome.retry_after is not None:
            await pace.hold_bulk(uow.tx, channel, real_now, outcome.retry_after)

    async def _note(self, uow: UnitOfWork, letter: Letter, outcome: Outcome) -> None:
        tx, in_doubt = uow.tx, letter.doubtful_since is not None
        match outcome.kind:
            case "accepted":
                await outbox.accepted(tx, letter.id, outcome.provider_id)
            case "later" if letter.attempt < TRIES:
                await self._again(uow, letter, outcome, doubtful=False)
            case "unknown" if not in_doubt:
                # Looked up before anything is repeated, and marketing never is (S31).
                await self._again(uow, letter, outcome, doubtful=True)
            case "unknown" | "later" if in_doubt:
                await outbox.settle(tx, letter, "unknown", outcome.reason)
            case "blocked":
                await conversations.block(tx, letter.conversation_id, self._clock.now())
                await outbox.settle(tx, letter, "failed", outcome.reason)
            case "opted_out":
                await conversations.opt_out(tx, letter.conversation_id, self._clock.now())
                await outbox.settle(tx, letter, "failed", outcome.reason)
            case _:
                await outbox.settle(tx, letter, "failed", outcome.reason)

    async def _again(
        self, uow: UnitOfWork, letter: Letter, outcome: Outcome, *, doubtful: bool
    ) -> None:
        pause = max(outcome.retry_after or 0.0, pause_before(letter.attempt))
        await outbox.retry(
            uow.tx,
            letter,
            self._clock.now() + timedelta(seconds=min(pause, LONGEST_PAUSE_SECONDS)),
            f"{outcome.kind}: {outcome.reason}",
            doubtful=doubtful,
            parts_taken=outcome.parts_taken,
        )

    async def _known(self, channel: str, provider_id: str) -> bool:
        async with self._work.reading() as reader:
            return await outbox.has_provider_id(reader, channel, provider_id)


def pause_before(attempt: int) -> float:
    """Seconds to wait after a try that was not taken: 1, 2, 4 … up to five minutes."""
    return min(2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS)


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it, whatever becomes of a part; nothing goes on behind anybody's back."""
    for ended in await asyncio.gather(*work, return_exceptions=True):
        if ended is not None:
            raise ended


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
