"""What a channel is: it proves and parses what comes in, and sends what fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.domain.messages import Event, InboundMessage, OutboundMessage


@dataclass(frozen=True, slots=True)
class Limits:
    """What fits one message of a channel; lengths in characters as the provider counts them.

    `buttons` 0 means choices become numbered lines. `pictures` False means a picture becomes
    its link. `edits`: a sent message can be replaced. `contact`: the app can share a number.
    """

    text: int
    caption: int
    buttons: int
    label: int
    pictures: bool
    edits: bool
    contact: bool


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A webhook call before anyone believed it: headers with lower-case names, and the body."""

    headers: Mapping[str, str]
    body: bytes


class SendError(Exception):
    """A message was not taken. `kind` says what that means for the next try (S31, S32).

    `later`: not taken now, may be tried again after `retry_after` seconds.
    `refused`: this message will never be taken. `blocked`: this address takes no more messages
    until its owner writes again. `unknown`: no answer came; it may have been delivered.
    """

    def __init__(
        self,
        kind: Literal["later", "refused", "blocked", "unknown"],
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


class Channel(Protocol):
    """One way to talk with people. `identity_kind` is what its address proves about a person."""

    name: str
    identity_kind: str
    limits: Limits

    def parse(self, request: RawRequest) -> list[Event]:
        """What a webhook call holds; raises NotProven or Unreadable."""

    async def acknowledge(self, message: InboundMessage) -> None:
        """Stop the app's spinner for a pressed button; never raises."""

    async def send(self, message: OutboundMessage) -> str | None:
        """Send one message; the provider's id of it, or None without one. Raises SendError."""
