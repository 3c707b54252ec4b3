"""A sender between a real outbox and providers that live in memory and do as they are told."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import inf

from bot.channels.base import Limits, Plain, RawRequest, SendError
from bot.clock import Clock
from bot.domain.messages import (
    Address,
    Event,
    InboundMessage,
    MessageClass,
    OutboundMessage,
    Reply,
    phrase,
)
from bot.domain.wire import to_json
from bot.rendering import Links, Renderer
from bot.sender import Sender
from bot.services.campaigns import Campaign
from bot.services.unit_of_work import Work
from bot.storage import conversations, outbox
from locales import Catalogues
from tests.conftest import NOW

SHOP = "Lípa"
REPLY, TRANSACTIONAL, MARKETING = MessageClass

#: What becomes of a message: it is refused, or it is taken and nobody hears so; or who hands it
#: over dies before or after.
Fate = SendError | str
LOST, DEAD_BEFORE, DEAD_AFTER = "lost", "dead before", "dead after"


class Watch(Clock):
    """Both clocks stand still until they are moved; waiting for an instant moves the machine's."""

    def __init__(self) -> None:
        super().__init__()
        self.at = NOW
        self.real = NOW

    def now(self) -> datetime:
        return self.at

    def real_now(self) -> datetime:
        return self.real

    def passes(self, **time: float) -> None:
        """Let time pass for everybody."""
        self.at += timedelta(**time)
        self.real += timedelta(**time)

    async def wait_until(self, instant: datetime) -> None:
        self.real = max(self.real, instant)
        await asyncio.sleep(0)


class Provider(Plain):
    """A channel whose provider is here; `answers` says whether it can be asked what it took."""

    identity_kind = "phone"

    def __init__(
        self, name: str = "sms", *, rate: float = inf, answers: bool = False, **limits: object
    ) -> None:
        self.name = name
        self.rate = rate
        self.limits = Limits(
            **{
                **{"text": 160, "caption": 160, "buttons": 0, "label": 20},
                **{"pictures": False, "edits": False, "contact": False},
                **limits,  # type: ignore[arg-type]
            }
        )
        #: What it took, with the ids it gave.
        self.taken: list[tuple[OutboundMessage, str]] = []
        #: Every message it was handed, taken or not.
        self.tried: list[OutboundMessage] = []
        #: What becomes of the next messages; those after them are taken.
        self.fates: deque[Fate] = deque()
        #: What it says when it is asked for a message; once empty it knows.
        self.silences: deque[SendError] = deque()
        #: Called with each message before it is taken.
        self.watched: Callable[[OutboundMessage], None] = lambda _: None
        #: Nothing is taken until this is set.
        self.open = asyncio.Event()
        self.open.set()
        self._answers = answers
        self._numbers = itertools.count(1)

    @property
    def texts(self) -> list[str]:
        """What arrived."""
        return [message.text.removeprefix(f"{SHOP}: ") for message, _ in self.taken]

    def fails(self, *fates: Fate) -> None:
        """Decide what becomes of the next messages."""
        self.fates.extend(fates)

    def parse(self, request: RawRequest) -> list[Event]:
        return []

    async def acknowledge(self, message: InboundMessage) -> None:
        """Nothing spins."""

    def cost(self, message: OutboundMessage) -> int:
        return -(-len(message.text) // 70)

    async def send(self, message: OutboundMessage) -> str:
        self.tried.append(message)
        self.watched(message)
        await self.open.wait()
        fate = self.fates.popleft() if self.fates else None
        if isinstance(fate, SendError):
            raise fate
        if fate == DEAD_BEFORE:
            raise asyncio.CancelledError
        number = f"{self.name}-{next(self._numbers)}"
        self.taken.append((message, number))
        if fate == LOST:
            raise SendError("unknown", "no answer")
        if fate == DEAD_AFTER:
            raise asyncio.CancelledError
        return number

    async def sent_before(self, message: OutboundMessage, since: datetime) -> str | None:
        if self.silences:
            raise self.silences.popleft()
        if not self._answers:
            return None
        found = [number for taken, number in self.taken if taken.text == message.text]
        return found[-1] if found else None


class Post:
    """An outbox with a sender at work on it."""

    def __init__(
        self,
        work: Work,
        *providers: Provider,
        at_once: int = 20,
        campaigns: Sequence[Campaign] = (),
    ) -> None:
        self.work = work
        self.campaigns = campaigns
        self.watch = Watch()
        self.providers = {provider.name: provider for provider in providers}
        self.at_once = at_once
        self.sender = self.another()
        self._numbers = itertools.count(1)

    def another(self, work: Work | None = None) -> Sender:
        """The sender of another process."""
        return Sender(
            work=work or self.work,
            clock=self.watch,
            channels=self.providers,
            renderer=Renderer(Catalogues.load(), Links("https://cafe.example")),
            campaigns=self.campaigns,
            at_once=self.at_once,
        )

    async def chat(self, channel: str = "sms", value: str = "", language: str = "en") -> int:
        """Somebody who just wrote to us."""
        address = Address(channel, value or f"+420777{next(self._numbers):06}")
        async with self.work.unit_of_work() as uow:
            found = await conversations.enter(uow.tx, address, "phone", language, self.watch.at)
        return found.id

    async def says(self, chat: int, reply: Reply | str, message_class: MessageClass = REPLY) -> int:
        """Put a message into the outbox; its number there."""
        if isinstance(reply, str):
            reply = said(reply)
        async with self.work.unit_of_work() as uow:
            return await outbox.put(
                uow.tx,
                chat,
                json.dumps(to_json(reply)),
                message_class=message_class,
                member_id=None,
                choices=False,
                due_at=self.watch.at,
                now=self.watch.at,
            )

    async def delivers(self, times: int = 1) -> None:
        """So many rounds of the delivery loop."""
        for _ in range(times):
            await self.sender.deliver_due()

    async def until_done(self, rounds: int = 60, **pause: float) -> None:
        """Rounds with pauses in between until nothing is due or on its way."""
        for _ in range(rounds):
            await self.sender.deliver_due()
            if not await self.counts({"due", "sending"}):
                return
            self.watch.passes(**pause or {"seconds": 30})

    async def state(self, number: int) -> tuple[str, str]:
        """How far a message has come, and why no farther."""
        async with self.work.reading() as reader:
            row = await reader.row("SELECT * FROM outbox WHERE id = $1", number)
        assert row is not None
        return row["state"], row["reason"] or ""

    async def states(self) -> dict[str, int]:
        """How many messages are in each state."""
        async with self.work.reading() as reader:
            rows = await reader.rows("SELECT state, COUNT(*) AS n FROM outbox GROUP BY state")
        return {row["state"]: int(row["n"]) for row in rows}

    async def counts(self, states: set[str]) -> int:
        """How many messages are in any of these states."""
        return sum(n for state, n in (await self.states()).items() if state in states)

    async def conversation(self, chat: int) -> dict[str, object]:
        """What is kept of a conversation."""
        async with self.work.reading() as reader:
            row = await reader.row("SELECT * FROM conversation WHERE id = $1", chat)
        assert row is not None
        return row


def said(text: str) -> Reply:
    """A reply that reads so in every language."""
    return Reply((phrase("ask.answer", shop=SHOP, text=text),))
