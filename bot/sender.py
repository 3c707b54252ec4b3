"""Draining the outbox: mark, hand over, note what came of it, in each sender's pace (S31, S32).

What is said unasked is chosen and marked here too, a member at a time (S24).
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any

import structlog

from bot import outcomes
from bot.channels.base import Channel
from bot.clock import Clock
from bot.domain.programme import Programme
from bot.domain.wire import to_json
from bot.handover import Handover
from bot.metrics import OUTBOUND
from bot.rendering import Renderer
from bot.services import unasked
from bot.services.campaigns import Campaign
from bot.services.unit_of_work import LEASE, UnitOfWork, Work
from bot.storage import conversations, members, occasions, outbox, pace
from bot.storage.outbox import Letter
from bot.storage.pace import Slot

log = structlog.get_logger()

#: How long one message may be *sending* before its sender counts as lost. Longer than any
#: provider call is allowed to take, so that a slow answer is not taken for a dead process.
SENDING_LEASE = timedelta(seconds=60)
#: Conversations of each channel looked at per round of the delivery loop.
ROUND = 200


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A message to hand over, and the programme under which it was claimed."""

    letter: Letter
    programme: Programme


_Claim = _Claimed | Slot | None


#: Rounds of what is unasked go beside those of replies.
_UNASKED = "unasked "


class Sender:
    """Sends what is due, in each conversation's order, different conversations side by side.

    `at_once` is how many messages a channel sends at the same time; `campaigns` are the reasons to
    write unasked.
    """

    def __init__(
        self,
        *,
        work: Work,
        clock: Clock,
        channels: Mapping[str, Channel],
        renderer: Renderer,
        campaigns: Sequence[Campaign] = (),
        at_once: int = 20,
    ) -> None:
        self._work = work
        self._clock = clock
        self._channels = tuple(channels)
        self._campaigns = {campaign.name: campaign for campaign in campaigns}
        self._rates = {name: channel.rate for name, channel in channels.items()}
        self._hand_over = Handover(channels, renderer, self._known, self._card)
        # A provider that hangs holds up its own channel alone.
        self._places = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(at_once))
        self._bulk_places = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(at_once))
        self._one_by_one = defaultdict[str, asyncio.Lock](asyncio.Lock)
        self._queues = defaultdict[tuple[str, bool], asyncio.Lock](asyncio.Lock)
        #: Members who turned out to be written to elsewhere than in the round they were found for.
        self._elsewhere = defaultdict[str, dict[int, None]](dict)
        self._stopping = False

    async def deliver(self, conversation_ids: Collection[int]) -> None:
        """Send everything due in these conversations."""
        if not conversation_ids:
            return
        async with self._work.reading() as reader:
            channels = await conversations.channels(reader, conversation_ids)
        await _all(self._drain(number, name) for number, name in channels.items())

    async def deliver_due(self) -> int:
        """One round over all conversations and members with something due; how many there were.

        Messages of processes that died are found here too. What is unasked comes after replies.
        """
        due = await self._due()
        await _all(self._round(name, numbers) for name, numbers in due.items())
        members = await self._due_members(())
        found = sum(map(len, due.values())) + sum(map(len, members.values()))
        while members:
            await _all(self._unasked_round(name, numbers) for name, numbers in members.items())
            members = self._those_elsewhere(())
        return found

    async def run(self, stop: asyncio.Event, pause_seconds: float = 1.0) -> None:
        """Deliver what is due until told to stop, each channel in rounds of its own."""
        rounds: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        while not stop.is_set():
            busy = {name for name, task in rounds.items() if not task.done()}
            try:
                due = await self._due()
                writing = [
                    name.removeprefix(_UNASKED) for name in busy if name.startswith(_UNASKED)
                ]
                members = await self._due_members(writing)
                for name, numbers in self._those_elsewhere(writing).items():
                    members.setdefault(name, []).extend(numbers)
            except Exception as error:
                log.error("delivery round failed", error=type(error).__name__)
                due, members = {}, {}
            for name in due.keys() - busy:
                task = self._logged(name, self._round(name, due[name]))
                rounds[name] = asyncio.create_task(task)
            for name, numbers in members.items():
                task = self._logged(name, self._unasked_round(name, numbers))
                rounds[_UNASKED + name] = asyncio.create_task(task)
            await _wait(stop, pause_seconds)
        self._stopping = True
        await asyncio.gather(*rounds.values())

    async def _due(self) -> dict[str, list[int]]:
        now, real_now = self._clock.now(), self._clock.real_now()
        async with self._work.unit_of_work() as uow:
            await outbox.release_lost(uow.tx, real_now, now, SENDING_LEASE)
        async with self._work.reading() as reader:
            return await outbox.due_conversations(reader, now, real_now, ROUND)

    async def _round(self, channel: str, conversation_ids: Collection[int]) -> None:
        await _all(self._drain(number, channel) for number in conversation_ids)

    async def _logged(self, channel: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
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

    # --- One member, unasked ---

    async def _due_members(self, busy: Collection[str]) -> dict[str, list[int]]:
        """Members with something unasked due, by channel, without those of `busy` channels."""
        if not self._campaigns:
            return {}
        async with self._work.unit_of_work() as uow:
            return await occasions.lease_members(
                uow.tx,
                owner=self._work.owner,
                now=self._clock.now(),
                real_now=self._clock.real_now(),
                lease=LEASE,
                busy=busy,
                limit=ROUND,
            )

    def _those_elsewhere(self, busy: Collection[str]) -> dict[str, list[int]]:
        """Members left over for another channel's round, without those of `busy` ones."""
        free = self._elsewhere.keys() - set(busy)
        return {name: list(self._elsewhere.pop(name)) for name in free}

    async def _unasked_round(self, channel: str, member_ids: Collection[int]) -> None:
        await _all(self._approach(number, channel) for number in member_ids)

    async def _approach(self, member_id: int, channel: str) -> None:
        """Say what is due to a member unasked, where `channel` is the likeliest."""
        while not self._stopping:
            # Places of their own: no reply queues behind a broadcast.
            async with self._bulk_places[channel]:
                # One at a time chooses and waits for its slot; they can't go faster than that.
                async with self._one_by_one[channel]:
                    claim = await self._claim_in_turn(member_id, channel)
                if isinstance(claim, _Claimed):
                    after = await self._send(claim)
                    while isinstance(after, _Claimed):
                        after = await self._send(after)
                    continue
            if claim is not None:
                # Waited for here, a provider that hangs would hold up this channel too.
                self._elsewhere[claim][member_id] = None
            return

    async def _claim_in_turn(self, member_id: int, channel: str) -> _Claimed | str | None:
        """What a member hears next, once the sender has a slot for it."""
        slot: Slot | None = None
        while not self._stopping:
            claim = await self._claim_unasked(member_id, channel, slot)
            if not isinstance(claim, Slot):
                return claim
            slot = await self._turn(claim)
            if slot is None:
                break
        return None

    async def _claim_unasked(
        self, member_id: int, channel: str, slot: Slot | None
    ) -> _Claimed | Slot | str | None:
        """Mark the best that is due for a member *sending*, with its place under the caps (S24).

        Else the slot it has to wait for, or the channel whose place it needs.
        """
        try:
            return await self._marked(member_id, channel, slot)
        except unasked.Gone:
            # Another process stopped the whole campaign at this very moment.
            return None

    async def _marked(
        self, member_id: int, channel: str, slot: Slot | None
    ) -> _Claimed | Slot | str | None:
        now, real_now = self._clock.now(), self._clock.real_now()
        async with self._work.unit_of_work() as uow:
            picked = await unasked.pick(uow, member_id, self._campaigns, self._channels, now)
            if picked is None:
                return None
            if picked.channel != channel:
                return picked.channel
            if not pace.usable(slot, channel, real_now):
                rate = self._rates.get(channel, inf)
                free = await pace.take(uow.tx, channel, rate, real_now, bulk=True)
                if free.at > real_now or not free.taken:
                    return free
            letter = await outbox.put_sending(
                uow.tx,
                picked.conversation_id,
                json.dumps(to_json(picked.reply)),
                member_id=picked.member.id,
                choices=bool(picked.reply.buttons),
                owner=self._work.owner,
                now=now,
                real_now=real_now,
                lease=SENDING_LEASE,
            )
            await unasked.take(uow, picked, letter.id, now)
            return _Claimed(letter, uow.programme)

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
            booked=slot,
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
            await outcomes.note(uow, letter, outcome, self._clock.now())
            if outcome.units == 1 and outcome.retry_after is None:
                return await self._claim_in(uow, letter.conversation_id)
            # The sender's row is locked last, so the next message is claimed in its own turn.
            rate, real_now = self._rates.get(channel, inf), self._clock.real_now()
            await pace.pay(uow.tx, channel, rate, outcome.units - 1, real_now)
            if outcome.retry_after is not None:
                await pace.hold_bulk(uow.tx, channel, real_now, outcome.retry_after)
        return await self._claim(letter.conversation_id)

    async def _known(self, channel: str, provider_id: str) -> bool:
        async with self._work.reading() as reader:
            return await outbox.has_provider_id(reader, channel, provider_id)

    async def _card(self, member_id: int) -> str:
        async with self._work.reading() as reader:
            member = await members.get(reader, member_id)
            return await members.card_token(reader, member.id) if member else ""


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
