"""A channel without a provider: phones that live in memory and are shown on the demo's page."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Literal
from uuid import uuid4

from bot.channels.base import Limits, Plain, RawRequest, Unreadable
from bot.domain.messages import Event, InboundMessage, OutboundMessage, RenderedButton

#: What one phone remembers; older messages scroll away for good.
SCREEN = 200

#: Who put a message on the screen; a note is the phone's own remark ("code scanned").
Author = Literal["bot", "person", "note"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One message on a phone's screen."""

    id: str
    author: Author
    at: datetime
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()
    picture: bytes | None = None
    scan: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A message that came to a phone or changed there; not `fresh` when it was there before."""

    address: str
    message: Shown
    fresh: bool = True


def _now() -> datetime:
    return datetime.now(UTC)


class Simulator(Plain):
    """Fulfils `Channel`: what it sends can be looked at and listened to."""

    identity_kind = "simulator"

    def __init__(self, name: str, limits: Limits, now: Callable[[], datetime] = _now) -> None:
        self.name = name
        self.limits = limits
        self._now = now
        self._phones: dict[str, deque[Shown]] = {}
        self._listeners: set[asyncio.Queue[Change]] = set()
        # The database may outlive this process: an id of an earlier run must not name a message
        # of this one.
        self._run = uuid4().hex[:8]
        self._numbers = count(1)

    def parse(self, request: RawRequest) -> list[Event]:
        """Raises Unreadable: nobody calls a simulator from outside."""
        raise Unreadable(f"{self.name} has no webhook, yet {len(request.body)} bytes came")

    async def acknowledge(self, message: InboundMessage) -> None:
        """Does nothing: a simulated button has no spinner to stop."""

    async def send(self, message: OutboundMessage) -> str | None:
        """Put a message on its phone's screen, or change the one it edits; its id there."""
        phone = message.address.value
        self._clear(phone, message.clear_of)
        edited = self._find(phone, message.edit_of)
        # As on Telegram, an edit leaves the old picture where it is; a new one is a new message.
        if edited and self.limits.edits and message.picture is None:
            self._change(phone, replace(edited, text=message.text, buttons=message.buttons))
            return edited.id
        self._clear(phone, message.edit_of)
        return self._add(
            phone,
            Shown(
                id=self._new_id(),
                author="bot",
                at=self._now(),
                text=message.text,
                buttons=message.buttons,
                picture=message.picture,
                scan=message.scan,
            ),
        )

    def write(self, address_value: str, text: str, author: Author = "person") -> str:
        """Show what the phone's owner did there; the message's id."""
        return self._add(address_value, Shown(self._new_id(), author, self._now(), text))

    def phone(self, address_value: str) -> tuple[Shown, ...]:
        """The messages on one phone's screen, oldest first."""
        return tuple(self._phones.get(address_value, ()))

    async def listen(self) -> AsyncGenerator[Change, None]:
        """Every phone's messages as they are, then each change, until it is closed."""
        changes: asyncio.Queue[Change] = asyncio.Queue()
        # Both in one step, without an await between them: nothing is missed and nothing doubled.
        for address, messages in self._phones.items():
            for message in messages:
                changes.put_nowait(Change(address, message, fresh=False))
        self._listeners.add(changes)
        try:
            while True:
                yield await changes.get()
        finally:
            self._listeners.discard(changes)

    def _new_id(self) -> str:
        return f"{self._run}-{next(self._numbers)}"

    def _find(self, phone: str, message_id: str | None) -> Shown | None:
        return next((m for m in self.phone(phone) if m.id == message_id), None)

    def _clear(self, phone: str, message_id: str | None) -> None:
        answered = self._find(phone, message_id)
        if answered and answered.buttons:
            self._change(phone, replace(answered, buttons=()))

    def _add(self, phone: str, message: Shown) -> str:
        self._phones.setdefault(phone, deque(maxlen=SCREEN)).append(message)
        self._tell(Change(phone, message))
        return message.id

    def _change(self, phone: str, message: Shown) -> None:
        screen = self._phones[phone]
        screen[[m.id for m in screen].index(message.id)] = message
        self._tell(Change(phone, message))

    def _tell(self, change: Change) -> None:
        for listener in self._listeners:
            listener.put_nowait(change)
