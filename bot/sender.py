"""Draining the outbox: mark, render, send, note what came of it (S31)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.channels.base import Channel, SendError
from bot.channels.fit import fit
from bot.clock import Clock
from bot.domain.messages import MessageClass
from bot.domain.wire import reply_from_json
from bot.metrics import OUTBOUND, SENDING
from bot.rendering import Renderer
from bot.services.unit_of_work import Work
from bot.storage import conversations, outbox
from bot.storage.outbox import Letter

log = structlog.get_logger()

#: How long one message may be *sending* before its sender counts as lost. Longer than any
#: provider call is allowed to take, so that a slow answer is not taken for a dead process.
SENDING_LEASE = timedelta(seconds=60)
#: How long one message may take in all, rendering and waiting for its turn included, in seconds.
SENDING_SECONDS = 45.0
#: How many times a message that was not taken is tried, and the longest pause between tries.
TRIES = 10
LONGEST_PAUSE_SECONDS = outbox.LONGEST_WAIT.total_seconds()
#: Conversations looked at per round of the delivery loop.
ROUND = 200


class Sender:
    """Sends what is due, in each conversation's order, different conversations side by side."""

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
        self._channels = channels
        self._renderer = renderer
        self._slots = asyncio.Semaphore(at_once)

    async def deliver(self, conversation_ids: Collection[int]) -> None:
        """Send everything due in these conversations."""
        await asyncio.gather(*(self._drain(number) for number in conversation_ids))

    async def deliver_due(self) -> int:
        """One round over all conversations with something due; returns how many there were.

        Messages of processes that died are found here too.
        """
        now, real_now = self._clock.now(), self._clock.real_now()
        async with self._work.unit_of_work() as uow:
            await outbox.release_lost(uow.tx, real_now, now)
        async with self._work.reading() as reader:
            due = await outbox.due_conversations(reader, now, real_now, ROUND)
        await self.deliver(due)
        return len(due)

    async def run(self, stop: asyncio.Event, pause_seconds: float = 1.0) -> None:
        """Deliver what is due until told to stop."""
        while not stop.is_set():
            try:
                busy = await self.deliver_due() == ROUND
            except Exception as error:
                log.error("delivery round failed", error=type(error).__name__)
                busy = False
            if not busy:
                await _wait(stop, pause_seconds)

    async def _drain(self, conversation_id: int) -> None:
        async with self._slots:
            while letter := await self._claim(conversation_id):
                await self._send(letter)

    async def _claim(self, conversation_id: int) -> Letter | None:
        async with self._work.unit_of_work() as uow:
            return await outbox.claim_next(
                uow.tx,
                conversation_id,
                owner=self._work.owner,
                now=self._clock.now(),
                real_now=self._clock.real_now(),
                lease=SENDING_LEASE,
            )

    async def _send(self, letter: Letter) -> None:
        name = letter.address.channel
        outcome: str
        try:
            async with asyncio.timeout(SENDING_SECONDS):
                provider_id = await self._hand_over(letter)
        except TimeoutError:
            await self._not_taken(letter, SendError("unknown", "took too long"))
            outcome = "unknown"
        except SendError as error:
            await self._not_taken(letter, error)
            outcome = error.kind
        except Exception as error:
            # Not the provider's fault: the message can't be made. Nothing else may wait for it.
            log.error("message could not be made", channel=name, error=type(error).__name__)
            await self._settle(letter, "failed", f"not made: {type(error).__name__}")
            outcome = "failed"
        else:
            async with self._work.unit_of_work() as uow:
                await outbox.accepted(uow.tx, letter.id, provider_id)
            outcome = "accepted"
        OUTBOUND.labels(name, letter.message_class.value, outcome).inc()

    async def _hand_over(self, letter: Letter) -> str | None:
        channel = self._channels.get(letter.address.channel)
        if channel is None:
            raise SendError("refused", "this channel is switched off")
        programme = await self._work.programme()
        reply = reply_from_json(json.loads(letter.body))
        rendered = await asyncio.to_thread(
            self._renderer.render, reply, letter.address, letter.language, programme
        )
        message = replace(rendered, edit_of=letter.edit_of, clear_of=letter.clear_of)
        provider_id = None
        for number, part in enumerate(fit(message, channel.limits)):
            try:
                with SENDING.labels(channel.name).time():
                    provider_id = await channel.send(part)
            except SendError as error:
                if number:
                    # The beginning has arrived; saying it again would be worse than the cut.
                    raise SendError("refused", f"cut short: {error.reason}") from error
                raise
        return provider_id

    async def _not_taken(self, letter: Letter, error: SendError) -> None:
        log.warning(
            "message not taken",
            channel=letter.address.channel,
            kind=error.kind,
            reason=error.reason,
            attempt=letter.attempt,
        )
        if error.kind == "later" and letter.attempt < TRIES:
            await self._again(letter, error.retry_after or pause_before(letter.attempt), error)
        elif error.kind == "unknown" and _may_repeat(letter):
            await self._again(letter, pause_before(letter.attempt), error)
        elif error.kind == "unknown":
            await self._settle(letter, "unknown", error.reason)
        else:
            await self._settle(letter, "failed", error.reason, blocks=error.kind == "blocked")

    async def _again(self, letter: Letter, seconds: float, error: SendError) -> None:
        due_at = self._clock.now() + timedelta(seconds=seconds)
        async with self._work.unit_of_work() as uow:
            await outbox.retry(uow.tx, letter.id, due_at, f"{error.kind}: {error.reason}")

    async def _settle(self, letter: Letter, state: str, reason: str, blocks: bool = False) -> None:
        async with self._work.unit_of_work() as uow:
            await outbox.settle(uow.tx, letter.id, state, reason)
            if blocks:
                await conversations.block(uow.tx, letter.conversation_id, self._clock.now())


def _may_repeat(letter: Letter) -> bool:
    # S31: a reply or transactional message may be repeated once, marketing never.
    return letter.message_class is not MessageClass.MARKETING and letter.attempt < 2


def pause_before(attempt: int) -> float:
    """Seconds to wait after a try that was not taken: 1, 2, 4 … up to ten minutes."""
    return min(2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
