"""One inbound message is one transaction: recorded, answered, its replies put into the outbox."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta

import structlog

from bot.channels.base import Channel
from bot.clock import Clock
from bot.conversation import Router, Turn
from bot.domain.messages import (
    Action,
    Button,
    DeliveryReceipt,
    Event,
    InboundMessage,
    Reply,
    UnreadableUpdate,
    phrase,
    without_standing,
)
from bot.meanings import Meanings
from bot.metrics import FAILURES, INBOUND
from bot.routing import HOME, Answered, Routes
from bot.services import halting, outreach
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import conversations, members, outbox, receipts, staff
from locales import Catalogues

log = structlog.get_logger()

#: What is open stays open, so its numbers still answer it: the way out goes by its word.
APOLOGY = Reply(
    (phrase("fallback.failed"),),
    ((Button(phrase("button.menu"), Action(HOME)),),),
    numbered=False,
)

#: Nobody writes so often in a day where an answer costs the shop money. Machines that answer each
#: other do: another shop's bot, or a phone that says its owner is driving.
ANSWERS_A_DAY = 120
DAY = timedelta(days=1)

#: Sends what a conversation was just told.
Deliver = Callable[[Collection[int]], Awaitable[None]]


class Dispatcher:
    """Takes what channels parsed, and has it answered exactly once."""

    def __init__(
        self,
        *,
        work: Work,
        clock: Clock,
        channels: Mapping[str, Channel],
        routers: Sequence[Router],
        words: Catalogues,
        meanings: Meanings,
        deliver: Deliver,
        pages: str = "",
    ) -> None:
        self._work = work
        self._clock = clock
        self._channels = channels
        self._routes = Routes(routers, words, meanings)
        self._words = words
        self._deliver = deliver
        self._pages = pages
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, event: Event) -> None:
        """Store what an event changes; sending goes on after this returns.

        Raises only when nothing could be stored, so that the provider delivers it again.
        """
        if isinstance(event, DeliveryReceipt):
            await self._receipt(event)
            return
        if isinstance(event, UnreadableUpdate):
            await self._keep_unreadable(event)
            return
        if event.action is not None:
            self._start(self._channels[event.address.channel].acknowledge(event))
        try:
            touched = await self._answer_once(event)
        except Exception as error:
            touched = await self._fail(event, error)
        if touched:
            self._start(self._deliver(touched))

    async def idle(self) -> None:
        """Wait until everything started here was sent, for shutting down and for tests."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _receipt(self, receipt: DeliveryReceipt) -> None:
        now = self._clock.now()
        async with self._work.unit_of_work() as uow:
            told_of = await receipts.keep(uow.tx, receipt, now)
            if told_of is not None and receipt.effect == "halted":
                await halting.halt_of_message(uow, told_of, receipt.reason, now)
        if uow.touched:
            self._start(self._deliver(uow.touched))

    async def _keep_unreadable(self, update: UnreadableUpdate) -> None:
        now = self._clock.now()
        async with self._work.unit_of_work() as uow:
            key = (update.channel, update.external_id)
            if await conversations.record_inbound(uow.tx, *key, now):
                await conversations.record_failure(uow.tx, *key, "unreadable", update.raw)
                FAILURES.labels(update.channel).inc()

    async def _answer_once(self, message: InboundMessage) -> Collection[int]:
        channel = message.address.channel
        now = self._clock.now()
        async with self._work.unit_of_work() as uow:
            if not await conversations.record_inbound(uow.tx, channel, message.external_id, now):
                INBOUND.labels(channel, "repeated").inc()
                return ()
            turn = await self._turn(uow, message)
            if await self._goes_in_circles(turn):
                INBOUND.labels(channel, "too_many").inc()
                log.warning("too many answers a day", channel=channel)
                return ()
            answered = await self._routes.answer(turn)
            await self._keep(uow, turn, answered)
        INBOUND.labels(channel, "answered").inc()
        return uow.touched

    async def _turn(self, uow: UnitOfWork, message: InboundMessage) -> Turn:
        channel = self._channels[message.address.channel]
        shop = uow.programme.shop
        now = self._clock.now()
        conversation = await conversations.enter(
            uow.tx,
            message.address,
            channel.identity_kind,
            self._words.language_for(message.language, shop.languages, shop.language),
            now,
            channel.identity_of(message.address.value),
        )
        member_id, staff_id = conversation.member_id, conversation.staff_id
        holder = await members.get(uow.tx, member_id) if member_id else None
        by_number = channel.identity_kind == "phone"
        return Turn(
            uow=uow,
            now=now,
            message=message,
            conversation=conversation,
            member=holder if holder and holder.possessed else None,
            staff=await staff.get(uow.tx, staff_id) if staff_id else None,
            language=conversation.language,
            words=self._words,
            draft=conversation.draft,
            can_share_contact=channel.limits.contact and not by_number,
            short=channel.limits.segments,
            pages=self._pages,
            begun=None if holder and holder.possessed else holder,
            channels=frozenset(self._channels),
            by_number=by_number,
            shows_photos=channel.limits.photos,
        )

    async def _goes_in_circles(self, turn: Turn) -> bool:
        """Whether a conversation by a paid channel had all the answers of a day (S32).

        Words to the network count always; and colleagues stamp all day long.
        """
        limits = self._channels[turn.message.address.channel].limits
        paid = limits.segments or limits.window is not None
        if not paid or turn.staff is not None or turn.message.network is not None:
            return False
        said = await outbox.said_since(turn.uow.tx, turn.conversation.id, turn.now - DAY)
        return said >= ANSWERS_A_DAY

    async def _keep(self, uow: UnitOfWork, turn: Turn, answered: Answered) -> None:
        conversation = turn.conversation
        pressed = turn.message.message_id if turn.message.action else None
        # What is kept is what is shown: a number picks the line that has it.
        replies = [without_standing(r) if turn.short else r for r in answered.replies]
        for number, reply in enumerate(replies):
            first = number == 0 and pressed is not None
            edits = first and reply.edits and reply.picture is None
            await outreach.say(
                uow,
                conversation.id,
                reply,
                turn.now,
                member_id=conversation.member_id,
                edit_of=pressed if edits else None,
                clear_of=pressed if first and not edits and answered.closes else None,
            )
        await conversations.save(
            uow.tx,
            conversation.id,
            step=answered.step,
            draft=answered.draft,
            misses=answered.misses,
            language=turn.language,
        )

    async def _fail(self, message: InboundMessage, error: Exception) -> Collection[int]:
        """Keep a message that could not be handled, apologise, report it once (S39)."""
        frames = traceback.extract_tb(error.__traceback__)
        # The text of an error may hold what a person wrote; where it happened never does.
        where = [f"{frame.name}:{frame.lineno}" for frame in frames[-6:]]
        failure = f"{type(error).__name__} at {' < '.join(reversed(where))}"
        channel = message.address.channel
        async with self._work.unit_of_work() as uow:
            now = self._clock.now()
            if not await conversations.record_inbound(uow.tx, channel, message.external_id, now):
                return ()
            turn = await self._turn(uow, message)
            stored = json.dumps({"text": message.text, "action": repr(message.action)})
            await conversations.record_failure(
                uow.tx, channel, message.external_id, failure, stored, turn.conversation.id
            )
            await outreach.say(uow, turn.conversation.id, APOLOGY, now)
        FAILURES.labels(channel).inc()
        log.error("message could not be handled", channel=channel, failure=failure)
        return uow.touched


def in_order(events: Sequence[Event]) -> list[list[Event]]:
    """Events grouped by address, so that one person's stay in order and others go beside."""
    groups: dict[str, list[Event]] = {}
    for event in events:
        address = event.address.value if isinstance(event, InboundMessage) else ""
        groups.setdefault(address, []).append(event)
    return list(groups.values())
