"""The demo's page: phones side by side over one WebSocket, what is done on them, and its clock."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal, Protocol
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import structlog
from aiohttp import WSMsgType, web
from pydantic import BaseModel, Field, NonNegativeInt, TypeAdapter

from bot.channels.simulator import Change, Shown, Simulator
from bot.domain.messages import Action, Address, Contact, InboundMessage
from bot.web.pages import page

#: No message of the page is longer; a socket that sends more is closed.
LARGEST_COMMAND = 64 * 1024
#: The demo is for this machine alone.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: A closed laptop lid says nothing: without an answer in this time the socket is gone.
HEARTBEAT_SECONDS = 30.0
#: How far the clock can be moved. A month is a long one, so that what comes thirty days after a
#: visit has come.
STEPS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}

_log: structlog.stdlib.BoundLogger = structlog.get_logger("simulator")


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone on the page, and who holds it.

    `name` and `language` are what its app says of the person. `role_hint` decides who scans
    whose codes: a customer's are scanned by the colleague's phone and the other way round.
    `talks_to` heads the chat. `opening` is what an empty chat's start button sends.
    `zone` is the time zone its clock shows.
    """

    title: str
    channel: str
    address: str
    name: str
    language: str
    role_hint: Literal["customer", "colleague"]
    talks_to: str = "Regulars"
    opening: str = "/start"
    zone: str = "UTC"


class Typed(BaseModel):
    """The person wrote something."""

    type: Literal["text"]
    phone: NonNegativeInt
    text: Annotated[str, Field(min_length=1, max_length=4096)]


class Pressed(BaseModel):
    """The person pressed a button under a message."""

    type: Literal["press"]
    phone: NonNegativeInt
    message: str
    data: str


class Shared(BaseModel):
    """The person shared the phone's own number."""

    type: Literal["contact"]
    phone: NonNegativeInt


class Scanned(BaseModel):
    """The person held this phone over a code on another one."""

    type: Literal["scan"]
    phone: NonNegativeInt
    link: str


class Later(BaseModel):
    """The visitor wants it to be later."""

    by: Literal["day", "week", "month"]


Command = Typed | Pressed | Shared | Scanned
_COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="type")])

Handle = Callable[[InboundMessage], Awaitable[None]]
#: Told of every moment the moving clock has come to.
Reached = Callable[[datetime], Awaitable[None]]


class PassTime(Protocol):
    """Moves the demo's clock, and everything that happens meanwhile happens."""

    async def __call__(self, by: timedelta, reached: Reached) -> None:
        """Come back when it is that much later."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the page shows: phones, and a clock that can be moved."""

    phones: Sequence[Phone]
    now: Callable[[], datetime]
    pass_time: PassTime


def add_simulator(
    app: web.Application, stage: Stage, simulators: Mapping[str, Simulator], handle: Handle
) -> None:
    """Add `/simulator`, its socket and its clock; each phone's channel is among `simulators`."""
    demo = _Demo(stage, simulators, handle)
    app.router.add_get("/simulator", demo.show)
    app.router.add_get("/simulator/ws", demo.connect)
    app.router.add_post("/simulator/clock", demo.move_clock)
    app.on_shutdown.append(demo.disconnect)


def payload_of(link: str) -> str:
    """The deep-link payload a QR code's link holds: `?start=…`, else the path's last part."""
    parts = urlsplit(link)
    start = parse_qs(parts.query).get("start")
    return start[0] if start else parts.path.rstrip("/").rpartition("/")[2]


class _Demo:
    """The page's routes; phones are known to it by their place in the list."""

    def __init__(self, stage: Stage, simulators: Mapping[str, Simulator], handle: Handle) -> None:
        self._stage = stage
        self._phones = stage.phones
        self._channels = [simulators[phone.channel] for phone in stage.phones]
        self._places = {(p.channel, p.address): place for place, p in enumerate(stage.phones)}
        self._handle = handle
        self._sockets: set[web.WebSocketResponse] = set()
        self._moving = False

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page itself."""
        zone = self._phones[0].zone
        return page("simulator.html", request, {"phones": self._described(), "zone": zone})

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """The page's socket: all messages so far, then changes one way and actions the other."""
        _only_our_page(request)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=LARGEST_COMMAND)
        await socket.prepare(request)
        self._sockets.add(socket)
        listeners = [
            asyncio.create_task(self._tell(socket, channel)) for channel in set(self._channels)
        ]
        try:
            await socket.send_json(self._clock())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._obey(socket, message.data)
        finally:
            self._sockets.discard(socket)
            for listener in listeners:
                listener.cancel()
            await asyncio.gather(*listeners, return_exceptions=True)
        return socket

    async def move_clock(self, request: web.Request) -> web.StreamResponse:
        """Make it a day, a week or a month later; answers when it is."""
        _only_our_page(request)
        try:
            later = Later.model_validate_json(await request.read())
        except ValueError:
            raise web.HTTPBadRequest(text="A day, a week or a month.\n") from None
        if self._moving:
            raise web.HTTPConflict(text="The clock is moving already. Wait until it stands.\n")
        self._moving = True
        try:
            await self._stage.pass_time(STEPS[later.by], self._tell_clock)
        finally:
            self._moving = False
            await self._tell_clock(self._stage.now())
        return web.Response(status=204)

    async def disconnect(self, _app: web.Application) -> None:
        """Close every socket, so that the server's stop need not wait for the browsers."""
        for socket in list(self._sockets):
            await socket.close()

    def _described(self) -> list[dict[str, object]]:
        return [
            {
                "title": phone.title,
                "name": phone.name,
                "talks_to": phone.talks_to,
                "role": phone.role_hint,
                "opening": phone.opening,
                "zone": phone.zone,
                "looks": "buttons" if channel.limits.buttons else "lines",
                "scanner": self._scanner_of(phone),
            }
            for phone, channel in zip(self._phones, self._channels, strict=True)
        ]

    def _scanner_of(self, shown_on: Phone) -> int | None:
        """The place of the phone that scans what this one shows."""
        others = (n for n, p in enumerate(self._phones) if p.role_hint != shown_on.role_hint)
        return next(others, None)

    def _clock(self) -> dict[str, object]:
        now = self._stage.now()
        return {"type": "clock", "now": now.isoformat(), "moving": self._moving}

    async def _tell_clock(self, _reached: datetime) -> None:
        """Tell every page what time it is, and whether it moves."""
        for socket in list(self._sockets):
            with suppress(ConnectionError):  # the page is just being closed
                await socket.send_json(self._clock())

    async def _tell(self, socket: web.WebSocketResponse, channel: Simulator) -> None:
        async with aclosing(channel.listen()) as changes:
            async for change in changes:
                place = self._places.get((channel.name, change.address))
                if place is not None:  # the bot also writes to people who have no phone here
                    await socket.send_json(_as_json(place, change))

    async def _obey(self, socket: web.WebSocketResponse, text: str) -> None:
        try:
            inbound = self._act(_COMMAND.validate_json(text))
        except (ValueError, IndexError):  # no command, no link, no such phone
            await socket.send_json({"type": "problem", "text": "That can't be sent."})
            return
        try:
            await self._handle(inbound)
        except Exception as error:
            _log.error("message not stored", error=type(error).__name__)
            problem = "The bot could not take that. Its log says why."
            await socket.send_json({"type": "problem", "text": problem})

    def _act(self, command: Command) -> InboundMessage:
        """Show on the phone what its owner did, and what the channel would make of it."""
        phone, channel = self._phones[command.phone], self._channels[command.phone]
        text, action, message_id, contact = "", None, None, None
        match command:
            case Typed():
                text = command.text
                channel.write(phone.address, text)
            case Pressed():
                action, message_id = Action.unpack(command.data), command.message
            case Shared():
                contact = Contact(f"+42077700000{command.phone + 1}", own=True)
                channel.write(phone.address, contact.phone)
            case Scanned():
                text = f"/start {payload_of(command.link)}"
                channel.write(phone.address, "Code scanned with the camera", author="note")
        return InboundMessage(
            address=Address(phone.channel, phone.address),
            external_id=uuid4().hex,
            text=text,
            action=action,
            message_id=message_id,
            contact=contact,
            name=phone.name,
            language=phone.language,
        )


def _only_our_page(request: web.Request) -> None:
    """A browser lets any site call us, and tells us which site it was.

    And a name that was made to lead here is not ours, whatever page it calls itself.
    """
    ours = request.url.host in LOOPBACK
    if not ours or request.headers.get("Origin", "").partition("://")[2] != request.host:
        raise web.HTTPForbidden(text="open the simulator's own page\n")


def _as_json(place: int, change: Change) -> dict[str, object]:
    return {
        "type": "message",
        "phone": place,
        "fresh": change.fresh,
        "message": _message(change.message),
    }


def _message(shown: Shown) -> dict[str, object]:
    return {
        "id": shown.id,
        "from": shown.author,
        "at": shown.at.isoformat(),
        "text": shown.text,
        "buttons": [
            [{"label": b.label, "data": b.data, "contact": b.contact} for b in row]
            for row in shown.buttons
        ],
        "picture": b64encode(shown.picture).decode() if shown.picture else "",
        "scan": shown.scan,
    }
