"""One shop's way to its mail server, saying for certain whether a message may have left (S31)."""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException

from bot.channels.base import SendError

#: Whether a connection is encrypted: never, where the server offers it, else not at all, at once.
Encryption = Literal["never", "offered", "required", "at once"]

#: How many connections a process keeps to its server; servers allow a few per client.
CONNECTIONS = 4

#: "5.1.1" after the code of a reply: https://www.rfc-editor.org/rfc/rfc3463
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
#: Nobody has this address, or no longer: bad mailbox, domain or syntax, moved, null MX, disabled.
_NOBODY = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
#: What a refused recipient means to servers that say no more than the code.
_NOBODY_CODES = frozenset({550, 551, 553})
#: Credentials are wanted, or not good: https://www.rfc-editor.org/rfc/rfc4954#section-6
_CREDENTIALS = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over, and how."""

    host: str
    port: int
    encryption: Encryption
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> Server:
        """`smtp://user:password@host:587` (upgraded by STARTTLS) or `smtps://…` (TLS at once).

        A login is never sent in the clear, but to this very machine.
        """
        parts = urlsplit(url)
        host, user = parts.hostname or "", unquote(parts.username or "")
        encryption: Encryption = "required" if user else "offered"
        if parts.scheme == "smtps":
            encryption = "at once"
        elif _is_here(host):
            encryption = "never"
        port = parts.port or (465 if parts.scheme == "smtps" else 587)
        return cls(host, port, encryption, user, unquote(parts.password or ""))


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for one reply, for a free connection, for all that comes before a message itself, and
    for that; the last three together are less than a message may take in all (bot/handover.py).
    """

    reply_s: float = 8.0
    wait_s: float = 5.0
    begin_s: float = 15.0
    accept_s: float = 20.0


class Mailbag:
    """Hands over messages, a few at a time, on connections that are kept for the next ones.

    `name` is how we greet the server: the domain we write from.
    """

    def __init__(
        self,
        server: Server,
        name: str,
        patience: Patience | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._server = server
        self._name = name
        self._patience = patience or Patience()
        self._context = context
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._idle: list[aiosmtplib.SMTP] = []

    async def deliver(self, sender: str, recipient: str, content: bytes) -> None:
        """Hand over one message; raises SendError."""
        try:
            async with asyncio.timeout(self._patience.wait_s):
                await self._places.acquire()
        except TimeoutError:
            raise SendError("later", "all connections are busy") from None
        try:
            client = await self._begun(sender, recipient)
            await self._finished(client, content)
        finally:
            self._places.release()

    async def check(self) -> None:
        """Connect, encrypt and log in, as for a message; raises SendError."""
        try:
            async with asyncio.timeout(self._patience.begin_s):
                self._idle.append(await self._connected())
        except (SMTPException, OSError, TimeoutError) as error:
            raise _meaning(error) from None

    async def close(self) -> None:
        """Close the connections that are kept."""
        while self._idle:
            await _left(self._idle.pop())

    async def _begun(self, sender: str, recipient: str) -> aiosmtplib.SMTP:
        """A connection that waits for a message between these two; till then nothing was sent."""
        client = None
        try:
            async with asyncio.timeout(self._patience.begin_s):
                client = await self._connected()
                await client.mail(sender)
                await client.rcpt(recipient)
        except (SMTPException, OSError, TimeoutError) as error:
            await self._after(client, error)
            raise _meaning(error) from None
        except BaseException:
            if client is not None:
                client.close()
            raise
        return client

    async def _finished(self, client: aiosmtplib.SMTP, content: bytes) -> None:
        try:
            async with asyncio.timeout(self._patience.accept_s):
                await client.data(content, timeout=self._patience.accept_s)
        except SMTPDataError as error:
            await self._after(client, error)
            raise _meaning(error) from None
        except (SMTPException, OSError, TimeoutError) as error:
            client.close()
            raise SendError("unknown", type(error).__name__) from None
        except BaseException:
            client.close()
            raise
        self._idle.append(client)

    async def _after(self, client: aiosmtplib.SMTP | None, error: Exception) -> None:
        """Keep a connection on which one message was refused, for the next."""
        if client is None:
            return
        if isinstance(error, SMTPResponseException) and client.is_connected:
            self._idle.append(client)
        else:
            client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        while self._idle:
            client = self._idle.pop()
            try:
                # The server may have hung up meanwhile, which is known only by asking.
                await client.rset()
            except (SMTPException, OSError):
                client.close()
            else:
                return client
        server, encryption = self._server, self._server.encryption
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            local_hostname=self._name,
            timeout=self._patience.reply_s,
            use_tls=encryption == "at once",
            start_tls={"offered": None, "required": True}.get(encryption, False),
            tls_context=self._context,
        )
        await client.connect()
        return client


async def _left(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit(timeout=1.0)
    except (SMTPException, OSError):
        client.close()


def _meaning(error: Exception) -> SendError:
    """What a failure means that came before the message was taken.

    Only the reply's codes are kept: its text may quote the address.
    """
    if not isinstance(error, SMTPResponseException):
        return SendError("later", type(error).__name__)
    found = _ENHANCED.match(error.message)
    enhanced = found[1] if found else ""
    reason = f"{error.code} {enhanced}".strip()
    if not 500 <= error.code < 600:
        return SendError("later", reason)
    if error.code in _CREDENTIALS:
        return SendError("later", f"{reason} credentials")
    recipient = isinstance(error, SMTPRecipientRefused)
    if enhanced in _NOBODY or (recipient and not enhanced and error.code in _NOBODY_CODES):
        return SendError("blocked", reason)
    return SendError("refused", reason)
