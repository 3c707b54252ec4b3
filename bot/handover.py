"""Handing a claimed message to its provider: made, asked about where in doubt, sent (S27, S31)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import structlog

from bot.channels.base import Channel, Limits, SendError, SendKind
from bot.channels.fit import fit
from bot.domain.messages import Mail, MessageClass, OutboundMessage, Reply
from bot.domain.programme import Programme
from bot.domain.wire import reply_from_json
from bot.metrics import SENDING
from bot.rendering import Renderer
from bot.storage.outbox import Letter

log = structlog.get_logger()

#: How long one message may take in all, in seconds.
SENDING_SECONDS = 45.0
#: How long a provider may take to say whether it took a message, in seconds.
ASKING_SECONDS = 20.0

#: Whether a message of ours on a channel is known by this id of the provider already.
Known = Callable[[str, str], Awaitable[bool]]
#: The token of a member's card, empty where there is none.
Card = Callable[[int], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; `units` is what it took of its sender's rate, `parts_taken` how many parts
    of the message have arrived with the provider by now.
    """

    kind: Literal["accepted", "failed"] | SendKind
    provider_id: str | None = None
    reason: str = ""
    retry_after: float | None = None
    units: int = 1
    parts_taken: int = 0


class Handover:
    """Makes messages fit for their channels, and hands them over. Never raises."""

    def __init__(
        self, channels: Mapping[str, Channel], renderer: Renderer, known: Known, card: Card
    ) -> None:
        self._channels = channels
        self._renderer = renderer
        self._known = known
        self._card = card

    async def __call__(self, letter: Letter, programme: Programme, now: datetime) -> Outcome:
        """What comes of a message that is marked as *sending*."""
        outcome = await self._outcome(letter, programme, now)
        return replace(outcome, parts_taken=max(outcome.parts_taken, letter.parts_taken))

    async def _outcome(self, letter: Letter, programme: Programme, now: datetime) -> Outcome:
        try:
            async with asyncio.timeout(SENDING_SECONDS):
                return await self._hand_over(letter, programme, now)
        except TimeoutError:
            return Outcome("unknown", reason="took too long")
        except SendError as error:
            return _refused(error)
        except Exception as error:
            # Not the provider's fault: the message can't be made. Nothing else may wait for it.
            channel = letter.address.channel
            log.error("message could not be made", channel=channel, error=type(error).__name__)
            return Outcome("failed", reason=f"not made: {type(error).__name__}")

    async def _hand_over(self, letter: Letter, programme: Programme, now: datetime) -> Outcome:
        channel = self._channels.get(letter.address.channel)
        if channel is None:
            raise SendError("refused", "this channel is switched off")
        reply = reply_from_json(json.loads(letter.body))
        if not _inside(channel.limits, letter.last_inbound_at, now):
            return await self._send(channel, letter, [self._approved(letter, reply, programme)])
        parts = await self._parts(channel, letter, reply, programme)
        outcome = await self._send(channel, letter, parts, min(letter.parts_taken, len(parts) - 1))
        if outcome.kind != "window":
            return outcome
        return await self._send(channel, letter, [self._approved(letter, reply, programme)])

    async def _parts(
        self, channel: Channel, letter: Letter, reply: Reply, programme: Programme
    ) -> list[OutboundMessage]:
        rendered = await asyncio.to_thread(
            self._renderer.render,
            reply,
            letter.address,
            letter.language,
            programme,
            channel.limits,
        )
        message = replace(rendered, edit_of=letter.edit_of, clear_of=letter.clear_of)
        media = self._renderer.media(letter.id) if channel.limits.fetches else ""
        mail = await self._mail(letter, reply, programme) if channel.limits.unsubscribes else None
        return [
            replace(part, media=media if part.picture is not None else "", mail=mail)
            for part in fit(replace(message, photo=reply.photo), channel.limits)
        ]

    async def _mail(self, letter: Letter, reply: Reply, programme: Programme) -> Mail:
        offers = letter.message_class is MessageClass.MARKETING
        return self._renderer.mail(
            reply,
            letter.language,
            programme,
            card=await self._card(letter.member_id) if letter.member_id else "",
            unsubscribes=letter.conversation_id if offers else None,
        )

    def _approved(self, letter: Letter, reply: Reply, programme: Programme) -> OutboundMessage:
        approved = self._renderer.approved(reply, letter.address, letter.language, programme)
        if approved is None:
            raise SendError("window", "outside the window, no template")
        return approved

    async def _send(
        self, channel: Channel, letter: Letter, parts: Sequence[OutboundMessage], taken: int = 0
    ) -> Outcome:
        """Send the parts that were not `taken` before."""
        units = sum(channel.cost(part) for part in parts[taken:])
        # Receipts of the last part are those of the whole, whose id is kept.
        marked = [*parts[:-1], replace(parts[-1], reference=str(letter.id))]
        provider_id = None
        for number, part in enumerate(marked[taken:], taken):
            try:
                provider_id = await self._send_part(channel, letter, part)
            except SendError as error:
                return replace(_refused(error), units=units, parts_taken=number)
        return Outcome("accepted", provider_id, units=units)

    async def _send_part(
        self, channel: Channel, letter: Letter, part: OutboundMessage
    ) -> str | None:
        if letter.doubtful_since is not None:
            found = await self._found(channel, part, letter.doubtful_since)
            if found is not None:
                return found
            if letter.message_class is MessageClass.MARKETING:
                raise SendError("unknown", "it may have arrived, and is not repeated")
        with SENDING.labels(channel.name).time():
            return await channel.send(part)

    async def _found(self, channel: Channel, part: OutboundMessage, since: datetime) -> str | None:
        """The provider's id of a message in doubt, if it took it."""
        try:
            async with asyncio.timeout(ASKING_SECONDS):
                found = await channel.sent_before(part, since)
        except (SendError, TimeoutError) as error:
            # Nothing was sent by that: it is no second doubt.
            why = error.reason if isinstance(error, SendError) else "took too long"
            raise SendError("later", f"in doubt, not answered: {why}") from error
        # The same text may have been said a moment before.
        if found is None or await self._known(channel.name, found):
            return None
        return found


def _inside(limits: Limits, last_inbound_at: datetime | None, now: datetime) -> bool:
    """Whether anything may be said to a person, rather than what was approved alone (S27).

    Not a second is added for safety: the provider counts from when they wrote, we from when we
    heard, and what it refuses for that is said by the approved sentence after all.
    """
    if limits.window is None:
        return True
    return last_inbound_at is not None and now < last_inbound_at + limits.window


def _refused(error: SendError) -> Outcome:
    return Outcome(error.kind, reason=error.reason, retry_after=error.retry_after)
