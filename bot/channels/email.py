"""E-mail through the shop's own mail server: outgoing only."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address as Mailbox
from email.utils import parseaddr
from hashlib import blake2b

from bot.channels.base import Limits, Plain, RawRequest, SendError, Unreadable
from bot.channels.email_message import build
from bot.channels.smtp import Mailbag, Patience, Server
from bot.domain import emails
from bot.domain.messages import Event, InboundMessage, Mail, OutboundMessage


def _now() -> datetime:
    return datetime.now(UTC)


class Email(Plain):
    """Fulfils `Channel`. `sender` is an address of the shop's, alone or as `Name <address>`."""

    name = "email"
    identity_kind = "email"
    #: Far more than anybody reads, far less than any server refuses.
    limits = Limits(
        text=100_000,
        caption=100_000,
        buttons=0,
        label=80,
        pictures=True,
        edits=False,
        contact=False,
        unsubscribes=True,
    )

    def __init__(
        self,
        server: Server,
        sender: str,
        *,
        rate: float = 10.0,
        now: Callable[[], datetime] = _now,
        patience: Patience | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        name, address = parseaddr(sender)
        self._sender = Mailbox(name, addr_spec=address)
        self.rate = rate
        self._now = now
        self._bag = Mailbag(server, self._sender.domain, patience, context)

    def identity_of(self, address: str) -> str:
        """The address in the one form it is known by."""
        return emails.canonical(address) or address

    def parse(self, request: RawRequest) -> list[Event]:
        """Nothing comes in by e-mail."""
        raise Unreadable(f"e-mail has no webhook for {len(request.body)} bytes")

    async def acknowledge(self, message: InboundMessage) -> None:
        """Nothing spins here."""

    async def send(self, message: OutboundMessage) -> str:
        """Hand over one message; its Message-ID, which a repeat has too. Raises SendError."""
        address = emails.canonical(message.address.value)
        if address is None or address != message.address.value:
            raise SendError("refused", "this is no e-mail address")
        message_id = self._id_of(message)
        content = build(
            message.text,
            message.mail or _bare(message.text),
            message.picture,
            sender=self._sender,
            recipient=Mailbox(addr_spec=address),
            message_id=message_id,
            date=self._now(),
        )
        await self._bag.deliver(self._sender.addr_spec, address, content)
        return message_id

    async def check(self) -> None:
        """Connect and log in as for a message; raises SendError."""
        await self._bag.check()

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._bag.close()

    def _id_of(self, message: OutboundMessage) -> str:
        """The same for the same message; numbers alone would begin anew with a new database."""
        mark = message.reference or secrets.token_hex(8)
        what = f"{mark}\0{message.address.value}\0{message.text}".encode("utf-8", "replace")
        return f"<{blake2b(what, digest_size=16).hexdigest()}@{self._sender.domain}>"


def _bare(text: str) -> Mail:
    """What stands around a message that came without it."""
    first = text.strip().split("\n")[0]
    return Mail(subject=first[:78], sender="", language="en")
