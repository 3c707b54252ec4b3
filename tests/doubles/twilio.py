"""A Twilio on loopback: the REST API towards the bot, phones with people towards tests.

In a test: `async with TwilioDouble() as double: anna = double.phone("+420777000001")`, and
`await double.deliver(anna.write("JOIN"))` once `double.webhooks_at` says where the bot listens.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal, Self

import aiohttp
from aiohttp import web
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from tests.doubles.twilio_phone import Form, Phone, Shown, network_word
from tests.doubles.twilio_rules import (
    ApiError,
    Filled,
    check_content,
    check_message,
    fill,
)

ACCOUNT = "AC" + "0a" * 16
TOKEN = "7e57" * 8
SMS_FROM = "+420777999000"
WHATSAPP_FROM = "whatsapp:+420777999000"

#: What can go wrong with a call. A number: refused with that code. "429", "500", "503": an answer,
#: nothing done. `drop`: the connection ends, nothing done. `lost`: done, then the connection ends.
#: `gateway`: done, then a 502 that is not Twilio's. `hang`: done, never answered.
Kind = Literal["429", "500", "503", "drop", "lost", "gateway", "hang"] | int

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot; `outcome` is "ok", a refusal, or the fault that was asked for.

    `accepted` says whether its effect happened, which is not always what the bot was told.
    """

    method: str
    path: str
    params: Params
    outcome: str = "ok"
    accepted: bool = True


@dataclass(slots=True)
class Taken:
    """A message Twilio took."""

    sid: str
    params: Params
    text: str
    created: datetime
    status: str = "queued"
    code: int = 0

    def as_json(self) -> Params:
        """As the API shows it."""
        return {
            "sid": self.sid,
            "account_sid": ACCOUNT,
            "to": self.params["To"],
            "from": self.params.get("From"),
            "messaging_service_sid": self.params.get("MessagingServiceSid"),
            "body": self.text,
            "num_media": "1" if self.params.get("MediaUrl") else "0",
            "num_segments": "1",
            "direction": "outbound-api",
            "status": self.status,
            "error_code": self.code or None,
            "error_message": None,
            "date_created": format_datetime(self.created),
            "date_updated": format_datetime(self.created),
            "date_sent": None,
            "api_version": "2010-04-01",
            "price": None,
            "price_unit": "USD",
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{self.sid}.json",
            "subresource_uris": {},
        }


@dataclass(slots=True)
class Faults:
    """Failures on demand, by what is called: "messages" or "content"."""

    queued: dict[str, deque[Kind]] = field(default_factory=dict)

    def next(self, what: str) -> Kind | None:
        """What goes wrong with the next call, if anything."""
        waiting = self.queued.get(what)
        return waiting.popleft() if waiting else None


class TwilioDouble:
    """An API server on 127.0.0.1; all it holds is readable and may be changed by a test.

    `webhooks_at` is the address the bot is called at, whose paths the signatures cover;
    `reached_at` where that is really, when a proxy stands between. `advanced` is Twilio's Advanced
    Opt-Out; `now` its clock.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.url = ""
        self.webhooks_at = ""
        self.reached_at = ""
        self.advanced = False
        self.now = now
        #: Every call, in order.
        self.calls: list[Call] = []
        self.messages: list[Taken] = []
        #: Definitions by ContentSid, those approved before among them.
        self.contents: dict[str, Params] = {}
        #: Those that may be sent outside the window.
        self.approved: set[str] = set()
        #: What stands at /picture.png, for tests that have no server of their own.
        self.picture = b""
        #: The status of every webhook and callback, 0 where nobody answered; and what it said.
        self.answers: list[tuple[int, str]] = []
        self._phones: dict[str, Phone] = {}
        self._faults = Faults()
        self._numbers = itertools.count(1)
        self._validator = RequestValidator(TOKEN)
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listen on `port`, a free one by default; `url` says where. May be started again."""
        self._closing.clear()
        app = web.Application(client_max_size=2**20)
        account = f"/2010-04-01/Accounts/{ACCOUNT}"
        app.router.add_get(f"{account}.json", self._serving(self._account))
        app.router.add_post(f"{account}/Messages.json", self._serving(self._send, "messages"))
        app.router.add_get(f"{account}/Messages.json", self._serving(self._list, "list"))
        app.router.add_post("/v1/Content", self._serving(self._create_content, "content"))
        app.router.add_get("/v1/Content", self._serving(self._list_contents, "contents"))
        app.router.add_get("/picture.png", self._picture)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening; calls that hang end."""
        self._closing.set()
        await self.settled()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- for tests ---

    def phone(self, number: str, *, whatsapp: bool = False, name: str = "") -> Phone:
        """The phone with this number on one of the channels; the same one each time."""
        address = f"whatsapp:{number}" if whatsapp else number
        if address not in self._phones:
            sender = WHATSAPP_FROM if whatsapp else SMS_FROM
            self._phones[address] = Phone(number, whatsapp, sender, ACCOUNT, name)
        return self._phones[address]

    def fail_next(self, kind: Kind, what: str = "messages", times: int = 1) -> None:
        """Let the next `times` calls fail: of "messages", "list", "content" or "contents"."""
        self._faults.queued.setdefault(what, deque()).extend([kind] * times)

    def approve(self, body: str) -> str:
        """The ContentSid of a sentence that may be sent outside the window."""
        sid = f"HX{next(self._numbers):032x}"
        numbers = range(1, body.count("{{") + 1)
        examples = {str(number): f"example {number}" for number in numbers}
        self.contents[sid] = {"variables": examples, "types": {"twilio/text": {"body": body}}}
        self.approved.add(sid)
        return sid

    async def deliver(self, form: Form, path: str = "/twilio/message", **headers: str) -> int:
        """Call the bot with a form, signed, again or out of turn; the status, 0 without answer."""
        phone = self._phones.get(form.get("From", ""))
        if phone is not None and path == "/twilio/message":
            form = self._network(phone, form)
        return await self._call(self.webhooks_at + path, form, headers)

    async def report(self, message: Taken | str, status: str, code: int = 0, **more: str) -> int:
        """Tell the bot what became of a message, at the address it gave with it."""
        taken = self.taken(message) if isinstance(message, str) else message
        taken.status, taken.code = status, code
        form = {
            "MessageSid": taken.sid,
            "SmsSid": taken.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": ACCOUNT,
            "To": taken.params["To"],
            "From": taken.params.get("From") or SMS_FROM,
            "ApiVersion": "2010-04-01",
            **({"ErrorCode": str(code)} if code else {}),
            **more,
        }
        return await self._call(taken.params["StatusCallback"], form, {})

    def taken(self, sid: str) -> Taken:
        """The message with this id."""
        return next(message for message in self.messages if message.sid == sid)

    async def settled(self) -> None:
        """Wait until everything the double does by itself is done."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def signature(self, address: str, form: Form | MultiDict[str]) -> str:
        """What Twilio signs a call with."""
        return str(self._validator.compute_signature(address, form))

    # --- towards the bot ---

    def _network(self, phone: Phone, form: Form) -> Form:
        """What the network does with a message before the bot hears of it."""
        phone.wrote_at = self.now()
        word = network_word(form.get("Body", ""))
        if not word or (phone.whatsapp and not self.advanced):
            return form
        if word == "STOP":
            phone.opted_out = True
        elif word == "START":
            phone.opted_out = False
        phone.network.append(word)
        return {**form, "OptOutType": word} if self.advanced else form

    async def _call(self, address: str, form: Form, headers: dict[str, str]) -> int:
        signed = {"X-Twilio-Signature": self.signature(address, form), **headers}
        target = address
        if self.reached_at:
            target = self.reached_at + address.removeprefix(self.webhooks_at)
        timeout = aiohttp.ClientTimeout(total=30)
        answer = (0, "")
        with suppress(aiohttp.ClientError, TimeoutError):
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(target, data=form, headers=signed) as response,
            ):
                answer = (response.status, await response.text())
        self.answers.append(answer)
        return answer[0]

    # --- the API ---

    def _serving(self, handle: Callable[[Params], Any], what: str = "account") -> Any:
        async def serve(request: web.Request) -> web.StreamResponse:
            params = await _parameters(request)
            fault = self._faults.next(what)
            error = _authorised(request) or _fault_answer(fault)
            result, status = None, 201 if request.method == "POST" else 200
            if error is None and fault != "drop":
                try:
                    result = handle(params)
                    result = await result if asyncio.iscoroutine(result) else result
                except ApiError as refusal:
                    error = refusal
            outcome = str(error) if error else str(fault or "ok")
            accepted = error is None and fault != "drop"
            self.calls.append(Call(request.method, request.path, params, outcome, accepted))
            if fault == "hang":
                await self._closing.wait()
            if fault in ("drop", "lost", "hang"):
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
            if fault == "gateway":
                return web.Response(status=502, text="<html>Bad Gateway</html>")
            if error is not None:
                return web.json_response(error.body(), status=error.status)
            return web.json_response(result, status=status)

        return serve

    async def _picture(self, _request: web.Request) -> web.Response:
        return web.Response(body=self.picture, content_type="image/png")

    def _account(self, params: Params) -> Params:
        return {"sid": ACCOUNT, "friendly_name": "Café double", "status": "active"}

    async def _send(self, params: Params) -> Params:
        """https://www.twilio.com/docs/messaging/api/message-resource"""
        check_message(params, (SMS_FROM, WHATSAPP_FROM))
        whatsapp = params["To"].startswith("whatsapp:")
        phone = self.phone(params["To"].removeprefix("whatsapp:"), whatsapp=whatsapp)
        if phone.opted_out:
            raise ApiError(21610, "Attempt to send to unsubscribed recipient")
        filled = Filled(str(params.get("Body", "")))
        if content := params.get("ContentSid"):
            if content not in self.contents:
                raise ApiError(21655, "The ContentSid is Invalid")
            filled = fill(self.contents[content], str(params.get("ContentVariables", "")))
        sid = f"SM{next(self._numbers):032x}"
        taken = Taken(sid, params, filled.text, self.now())
        self.messages.append(taken)
        await self._pass_on(taken, phone, filled)
        return taken.as_json()

    async def _pass_on(self, taken: Taken, phone: Phone, filled: Filled) -> None:
        """What becomes of a message after it was taken."""
        outside = phone.whatsapp and not phone.in_window(self.now())
        if phone.dead or (outside and taken.params.get("ContentSid") not in self.approved):
            self._later(self.report(taken, "undelivered", phone.dead or 63016))
            return
        picture = None
        for address in taken.params.get("MediaUrl", ()):
            picture = await _fetched(address)
            if picture is None:
                self._later(self.report(taken, "failed", 63019))
                return
        shown = Shown(taken.sid, filled.text, filled.choices, filled.opener, picture)
        phone.messages.append(shown)

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _list(self, params: Params) -> Params:
        found = [m.as_json() for m in self.messages if m.params["To"] == params.get("To")]
        newest = found[::-1][: int(params.get("PageSize", 50))]
        return {"messages": newest, "page": 0, "page_size": 50, "next_page_uri": None}

    def _create_content(self, definition: Params) -> Params:
        """https://www.twilio.com/docs/content/content-api-resources"""
        check_content(definition)
        sid = f"HX{next(self._numbers):032x}"
        self.contents[sid] = definition
        return _content(sid, definition)

    def _list_contents(self, params: Params) -> Params:
        contents = [_content(sid, definition) for sid, definition in self.contents.items()]
        meta = {"key": "contents", "page": 0, "page_size": 50, "next_page_url": None}
        return {"contents": contents, "meta": meta}


def _content(sid: str, definition: Params) -> Params:
    name = definition.get("friendly_name")
    return {**definition, "sid": sid, "account_sid": ACCOUNT, "friendly_name": name}


def _authorised(request: web.Request) -> ApiError | None:
    wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    if request.headers.get("Authorization") != wanted:
        return ApiError(20003, "Authenticate", 401)
    return None


def _fault_answer(kind: Kind | None) -> ApiError | None:
    if isinstance(kind, int):
        return ApiError(kind, "refused on demand")
    answers = {
        "429": ApiError(20429, "Too Many Requests", 429),
        "500": ApiError(20500, "Internal Server Error", 500),
        "503": ApiError(20503, "Service Unavailable", 503),
    }
    return answers.get(kind or "")


async def _parameters(request: web.Request) -> Params:
    if request.content_type == "application/json":
        return dict(json.loads(await request.read()))
    given: Params = dict(request.query)
    posted = await request.post()
    for name in posted:
        values = posted.getall(name)
        given[name] = values if name == "MediaUrl" else values[0]
    return given


async def _fetched(address: str) -> bytes | None:
    """A picture, asked for as Twilio does: HEAD, then GET; None where it can't be had."""
    with suppress(aiohttp.ClientError, TimeoutError):
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            async with session.head(address) as head:
                fits = head.status == 200 and head.content_type.startswith("image/")
            async with session.get(address) as found:
                content = await found.read()
                if fits and found.status == 200 and head.content_length == len(content):
                    return content
    return None
