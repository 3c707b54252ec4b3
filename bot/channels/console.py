"""The conversation in a terminal: plain lines in, plain lines out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from bot.channels.base import Limits, Plain, RawRequest, Unreadable
from bot.domain.messages import Event, InboundMessage, OutboundMessage


class Console(Plain):
    """Fulfils `Channel`; `own` is the address whose terminal this is.

    What others hear because of what is typed here is printed too, with their number before it.
    """

    name = "console"
    #: Whoever runs the program says which number they are.
    identity_kind = "phone"
    limits = Limits(
        text=100_000,
        caption=100_000,
        buttons=0,
        label=80,
        pictures=False,
        edits=False,
        contact=False,
    )

    def __init__(self, own: str, write: Callable[[str], None]) -> None:
        self._own = own
        self._write = write
        self._numbers = count(1)

    def parse(self, request: RawRequest) -> list[Event]:
        """A terminal has no webhook."""
        raise Unreadable(f"the terminal has no webhook for {len(request.body)} bytes")

    async def acknowledge(self, message: InboundMessage) -> None:
        """A terminal has no spinner."""

    async def send(self, message: OutboundMessage) -> str:
        """Print a message."""
        text = message.text
        if message.scan:
            text = f"{text}\n[QR] {message.scan}"
        if message.address.value != self._own:
            text = f"(to {message.address.value})\n{text}"
        self._write(text + "\n")
        return str(next(self._numbers))
