"""A mail server on this machine: aiosmtpd, with people behind it; it can refuse, hang, hang up."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "karta@lipa.example", "p@ss:w/rd"


@dataclass
class Arrived:
    """A message as it lies with its reader."""

    sender: str
    recipient: str
    raw: bytes
    session: Mapping[str, Any]

    @property
    def message(self) -> EmailMessage:
        """It, read by the standard library."""
        found = message_from_bytes(self.raw, policy=default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def plain(self) -> str:
        """The plain text with its foot."""
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def text(self) -> str:
        """What stands in the plain text above the foot."""
        return self.plain.partition("\n\n-- \n")[0].rstrip("\n")

    @property
    def page(self) -> str:
        """What stands in the page."""
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())

    @property
    def pictures(self) -> list[EmailMessage]:
        """The pictures that came in it."""
        return [p for p in self.message.walk() if p.get_content_maintype() == "image"]


@dataclass
class SmtpDouble:
    """Listens while the block lasts; what `fails` holds becomes of the next messages in turn.

    A fate is a stage and what happens there: `("rcpt", "550 5.1.1 …")`, `("data", "hang")`,
    `("data", "hang up")`; stages are connect, mail, rcpt, begin and data. With `context` it
    speaks TLS, at once or after STARTTLS; with `login` it wants one.
    """

    context: ssl.SSLContext | None = None
    at_once: bool = False
    login: bool = False
    arrived: list[Arrived] = field(default_factory=list)
    fails: deque[tuple[str, str]] = field(default_factory=deque)
    #: How many connections were made.
    connections: int = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._connection, "127.0.0.1", 0, ssl=self.context if self.at_once else None
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        self.hangs_up()
        for task in self._tasks:
            task.cancel()  # one whose handshake failed waits for ever
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def __post_init__(self) -> None:
        self._open: list[_Connection] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def url(self, login: str = "") -> str:
        """How settings name it."""
        scheme = "smtps" if self.at_once else "smtp"
        return f"{scheme}://{f'{login}@' if login else ''}127.0.0.1:{self.port}"

    def hangs_up(self) -> None:
        """End all connections, as after a pause too long."""
        for connection in self._open:
            connection.hangs_up()

    def fate(self, stage: str) -> str:
        """What happens to a message at a stage; empty where nothing does."""
        if self.fails and self.fails[0][0] == stage:
            return self.fails.popleft()[1]
        return ""

    def _connection(self) -> _Connection:
        self.connections += 1
        connection = _Connection(self)
        self._open.append(connection)
        return connection


class _Connection(SMTP):
    """One connection; replies as the double says."""

    def __init__(self, double: SmtpDouble) -> None:
        starttls = double.context if not double.at_once else None
        with warnings.catch_warnings():
            # Its advice against logins in the clear: it does not know of TLS from the start.
            warnings.simplefilter("ignore")
            super().__init__(
                _People(double),
                hostname="mx.example",
                ident="double",
                tls_context=starttls,
                auth_required=double.login,
                auth_require_tls=double.login and not double.at_once,
                authenticator=_authenticated,
                loop=asyncio.get_running_loop(),
            )
        self._double = double

    @property
    def encrypted(self) -> bool:
        """Whether nobody can listen in."""
        return bool(self.transport and self.transport.get_extra_info("sslcontext"))

    def hangs_up(self) -> None:
        """End this connection without a word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def _handle_client(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._double._tasks.add(task)
        try:
            if await self._happens("connect"):
                return
            await super()._handle_client()
        except (ConnectionError, asyncio.CancelledError):
            pass

    async def _happens(self, stage: str) -> bool:
        """Let a fate happen; whether it took the place of a reply."""
        fate = self._double.fate(stage)
        if fate == "hang":
            await asyncio.sleep(60)
        elif fate == "hang up":
            self.hangs_up()
        elif fate:
            await self.push(fate)
        return bool(fate)

    async def smtp_DATA(self, arg: str) -> None:
        if not await self._happens("begin"):
            await super().smtp_DATA(arg)


def _authenticated(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
) -> AuthResult:
    right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


class _People:
    """Whoever reads the mail."""

    def __init__(self, double: SmtpDouble) -> None:
        self._double = double

    async def handle_MAIL(
        self, server: _Connection, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if fate := self._double.fate("mail"):
            return fate
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: _Connection, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if fate := self._double.fate("rcpt"):
            return fate
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: _Connection, session: Session, envelope: Envelope) -> str:
        fate = self._double.fate("data")
        if fate and fate[:1].isdigit():
            return fate
        assert isinstance(envelope.content, bytes)
        tls = server.encrypted
        about = {"helo": session.host_name, "tls": tls, "login": session.authenticated}
        [recipient] = envelope.rcpt_tos
        assert envelope.mail_from is not None
        self._double.arrived.append(Arrived(envelope.mail_from, recipient, envelope.content, about))
        if fate == "hang":
            await asyncio.sleep(60)
        if fate == "hang up":
            server.hangs_up()
        return "250 OK"
