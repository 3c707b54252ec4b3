"""What a channel is: it proves and parses what comes in, and sends what fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Literal, Protocol

from bot.domain.messages import Event, InboundMessage, OutboundMessage


@dataclass(frozen=True, slots=True)
class Limits:
    """What fits one message of a channel; lengths in characters as the provider counts them.

    `buttons` 0 means choices become numbered lines. `pictures` False means a picture becomes
    its link. `edits`: a sent message can be replaced. `contact`: the app can share a number.
    More choices than `buttons` make a list of up to `rows`, with labels up to `row_label`.
    `question` is the length of a text above buttons where that is less than `text`;
    `picture_buttons` False means a picture goes alone, and the text with the choices after it.
    `fetches`: the provider fetches pictures from a web address of ours. `segments`: a message is
    paid for by its segments, so words are few, and the standing menu is left out. `window`: how
    long after a person wrote anything may be said to them; later only what was approved.
    `unsubscribes`: messages are e-mails, with a subject, links instead of choices, and one that
    stops more of them. `photos`: a photo somebody sent can be shown to others by its name there.
    """

    text: int
    caption: int
    buttons: int
    label: int
    pictures: bool
    edits: bool
    contact: bool
    rows: int = 0
    row_label: int = 0
    question: int = 0
    picture_buttons: bool = True
    fetches: bool = False
    segments: bool = False
    window: timedelta | None = None
    unsubscribes: bool = False
    photos: bool = False


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A webhook call before anyone believed it: headers with lower-case names, and the body.

    `path` is the path with its query exactly as it was called, since signatures cover it.
    """

    headers: Mapping[str, str]
    body: bytes
    path: str = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A path a provider calls, and what it is answered once everything is stored.

    Channels of one provider may share a path; then each of them parses what comes for all.
    """

    path: str
    answer: str = "ok\n"
    content_type: str = "text/plain"


SendKind = Literal["later", "refused", "blocked", "opted_out", "window", "halted", "unknown"]


class SendError(Exception):
    """A message was not taken. `kind` says what that means for the next try (S31, S32).

    `later`: not taken now, may be tried again after `retry_after` seconds.
    `refused`: this message will never be taken. `blocked`: this address takes no more messages
    until its owner writes again. `opted_out`: its owner told the network to stop, and only a word
    to the network lifts that. `window`: only an approved sentence may be sent now. `halted`: the
    provider takes this text for spam, or paused its template: nobody else may get it for now.
    `unknown`: no answer came; it may have been delivered.
    """

    def __init__(
        self,
        kind: SendKind,
        reason: str,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason
        self.retry_after = retry_after


class NotProven(Exception):
    """The request does not come from the provider it claims to come from."""


class Unreadable(Exception):
    """The request comes from the provider but is not in its format."""


def impersonal(reason: str) -> str:
    """A provider's wording, short and without numbers that could be somebody's phone or a token."""
    return re.sub(r"\d{5,}(:[\w-]+)?", "…", reason)[:160]


class Channel(Protocol):
    """One way to talk with people. `identity_kind` is what its address proves about a person.

    `rate` is how many units a second its sender may send, all processes together.
    """

    name: str
    identity_kind: str
    limits: Limits
    webhooks: tuple[Webhook, ...]
    rate: float

    def identity_of(self, address: str) -> str:
        """The one form of an address by which its person is known, however it was written."""

    def parse(self, request: RawRequest) -> list[Event]:
        """What a webhook call holds; raises NotProven or Unreadable."""

    async def acknowledge(self, message: InboundMessage) -> None:
        """Stop the app's spinner for a pressed button; never raises."""

    async def send(self, message: OutboundMessage) -> str | None:
        """Send one message; the provider's id of it, or None without one. Raises SendError."""

    def cost(self, message: OutboundMessage) -> int:
        """How many units of `rate` a message takes: segments over SMS, else one."""

    async def sent_before(self, message: OutboundMessage, since: datetime) -> str | None:
        """The provider's id of this message if it took it after `since` without our hearing so.

        None where it did not, or can't be asked. Raises SendError "later" or "unknown" when the
        provider does not answer.
        """


class Plain:
    """What most channels have in common; a channel that differs says so itself."""

    webhooks: tuple[Webhook, ...] = ()
    rate: float = inf

    def identity_of(self, address: str) -> str:
        """The address itself."""
        return address

    def cost(self, message: OutboundMessage) -> int:  # noqa: ARG002 - the protocol's
        """One."""
        return 1

    async def sent_before(self, message: OutboundMessage, since: datetime) -> str | None:  # noqa: ARG002
        """None: the provider can't be asked."""
        return None
