"""A Telegram on loopback: the Bot API towards the bot, chats with people in them towards tests.

In a test: `async with TelegramDouble() as double: chat = double.chat(7)`. As a process of its own,
which outlives a bot that is killed: `python -m tests.doubles.telegram --port 8081 --log FILE`, led
over HTTP (telegram_control.py). Unlike the real one it lets a webhook be plain http.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import itertools
import json
import re
import signal
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.doubles.telegram_chat import Chat, Signal, Update
from tests.doubles.telegram_control import add_control
from tests.doubles.telegram_methods import (
    METHODS,
    ApiError,
    Files,
    Kind,
    Params,
    World,
    fault_answer,
)

TOKEN = "100200300:double"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot; `outcome` is "ok", the description of an error, or a fault's kind.

    `accepted` says whether its effect happened, which is not always what the bot was told.
    """

    method: str
    params: Params
    files: Files = field(default_factory=dict)
    outcome: str = "ok"
    accepted: bool = True

    def as_json(self) -> Params:
        """The call without its pictures, of which the hash stays."""
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}
        return {
            "method": self.method,
            "params": self.params,
            "files": hashes,
            "outcome": self.outcome,
            "accepted": self.accepted,
        }


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where updates go, and the secret they carry."""

    url: str
    secret: str = ""


class TelegramDouble:
    """A Bot API server on 127.0.0.1; all it holds is readable and may be changed by a test."""

    def __init__(
        self,
        token: str = TOKEN,
        username: str = "cafe_double_bot",
        record: Callable[[Call], None] | None = None,
    ) -> None:
        self.token = token
        self.username = username
        #: Every call but the polling, in order.
        self.calls: list[Call] = []
        self.webhook: Webhook | None = None
        #: The status of every webhook delivery, 0 where nobody answered.
        self.webhook_answers: list[int] = []
        #: Updates the bot has not confirmed yet.
        self.pending: deque[Update] = deque()
        self.url = ""
        numbers = itertools.count(1)
        bot = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Café"}
        self.world = World({**bot, "username": username}, lambda: next(numbers))
        self._record = record
        self._update_ids = itertools.count(1001)
        self._faults: defaultdict[str, deque[tuple[Kind, float]]] = defaultdict(deque)
        self._allowed: list[str] | None = None
        self._signal = Signal()
        self._poller = 0
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._deliverer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listen on `port`, a free one by default; `url` says where. May be started again."""
        self._closing.clear()
        app = web.Application(client_max_size=20 * 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        add_control(app, self)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._deliverer = asyncio.create_task(self._deliver_for_ever())

    async def stop(self) -> None:
        """Stop listening; calls that hang end."""
        self._closing.set()
        if self._deliverer is not None:
            self._deliverer.cancel()
            await asyncio.gather(self._deliverer, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    # --- for tests ---

    def chat(self, user_id: int, first_name: str = "Anna", language_code: str = "en") -> Chat:
        """The private chat of a person, who has opened the bot; the same one each time."""
        if user_id not in self.world.chats:
            self.world.chats[user_id] = Chat(
                user_id, first_name, language_code, self.push, self.world.next_id
            )
        return self.world.chats[user_id]

    def push(self, kind: str, content: dict[str, Any]) -> Update:
        """Something happened: queue its update, where the bot asked for this kind."""
        update = {"update_id": next(self._update_ids), kind: content}
        if self._allowed is None or kind in self._allowed:
            self.pending.append(update)
            self._signal.ring()
        return update

    def fail_next(self, method: str, kind: Kind, seconds: float = 1, times: int = 1) -> None:
        """Let the next `times` calls of `method` fail; `seconds` is for `retry_after`."""
        self._faults[method].extend([(kind, seconds)] * times)

    def called(self, method: str) -> list[Params]:
        """The parameters of every call of `method` that was accepted."""
        return [call.params for call in self.calls if call.method == method and call.accepted]

    async def deliver(self, update: Update) -> int:
        """POST an update to the webhook, again or out of turn; the status, 0 without an answer."""
        if self.webhook is None:
            raise AssertionError("no webhook is set")
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.secret}
        timeout = aiohttp.ClientTimeout(total=30)
        status = 0
        with suppress(aiohttp.ClientError, TimeoutError):
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.webhook.url, json=update, headers=headers) as response,
            ):
                status = response.status
        self.webhook_answers.append(status)
        return status

    async def settled(self, within_s: float = 30.0) -> None:
        """Wait until the bot has taken every update."""
        await self._signal.wait_for(lambda: True if not self.pending else None, within_s)

    async def wait_for_call(self, method: str, count: int = 1, within_s: float = 30.0) -> Params:
        """The parameters of the `count`-th call of `method`, as soon as it was made."""

        def look() -> Params | None:
            found = [call.params for call in self.calls if call.method == method]
            return found[count - 1] if len(found) >= count else None

        return await self._signal.wait_for(look, within_s)

    async def wait_for_poll(self, count: int = 1, within_s: float = 30.0) -> None:
        """Wait until the bot polls for the `count`-th time."""
        await self._signal.wait_for(lambda: self._poller >= count or None, within_s)

    # --- the Bot API ---

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return _answer(ApiError(401, "Unauthorized"))
        params, files = await _parameters(request)
        fault, seconds = self._faults[method].popleft() if self._faults[method] else (None, 0.0)
        error, result = fault_answer(fault, seconds), None
        if error is None and fault != "drop":
            try:
                result = await self._do(method, params, files)
            except ApiError as refusal:
                error = refusal
        if method != "getUpdates":
            self._note(method, params, files, fault, error)
        if fault == "hang":
            await self._closing.wait()
        if fault in ("drop", "lost", "hang"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault == "gateway":
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        return _answer(error) if error else web.json_response({"ok": True, "result": result})

    async def _do(self, method: str, params: Params, files: Files) -> Params | list[Update] | bool:
        if method == "getUpdates":
            return await self._get_updates(params)
        if method in ("setWebhook", "deleteWebhook"):
            return self._set_webhook(params)
        if method not in METHODS:
            raise ApiError(404, "Not Found")
        return METHODS[method](self.world, params, files)

    def _note(
        self,
        method: str,
        params: Params,
        files: Files,
        fault: Kind | None,
        error: ApiError | None,
    ) -> None:
        outcome = error.description if error else fault or "ok"
        call = Call(method, params, files, outcome, accepted=error is None and fault != "drop")
        self.calls.append(call)
        if self._record is not None:
            self._record(call)
        self._signal.ring()

    def _set_webhook(self, params: Params) -> bool:
        url, secret = str(params.get("url") or ""), str(params.get("secret_token") or "")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise ApiError(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = Webhook(url, secret) if url else None
        if "allowed_updates" in params:
            self._allowed = params["allowed_updates"] or None
        if params.get("drop_pending_updates"):
            self.pending.clear()
        self._signal.ring()
        return True

    async def _get_updates(self, params: Params) -> list[Update]:
        """https://core.telegram.org/bots/api#getupdates"""
        if self.webhook is not None:
            raise ApiError(409, f"Conflict: can't use getUpdates method while {_ACTIVE}")
        self._poller = mine = self._poller + 1
        self._signal.ring()
        if "allowed_updates" in params:
            self._allowed = params["allowed_updates"] or None
        offset = int(params.get("offset") or 0)
        while self.pending and self.pending[0]["update_id"] < offset:
            self.pending.popleft()
        self._signal.ring()
        with suppress(TimeoutError):
            await self._signal.wait_for(
                lambda: bool(self.pending) or self._poller != mine or None,
                float(params.get("timeout") or 0),
            )
        if self._poller != mine:
            raise ApiError(409, f"Conflict: terminated by other getUpdates {_OTHER}")
        return list(itertools.islice(self.pending, int(params.get("limit") or 100)))

    async def _deliver_for_ever(self) -> None:
        """Bring updates to the webhook one after the other, each until it is taken."""
        pause = 0.05
        while True:
            await self._signal.wait_for(
                lambda: True if self.webhook is not None and self.pending else None, 10**9
            )
            update = self.pending[0]
            if 200 <= await self.deliver(update) < 300:
                pause = 0.05
                if self.pending and self.pending[0] is update:
                    self.pending.popleft()
                self._signal.ring()
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, 1.0)


_ACTIVE = "webhook is active; use deleteWebhook to delete the webhook first"
_OTHER = "request; make sure that only one bot instance is running"


#: Parameters that a form carries as JSON.
_STRUCTURED = (
    *("reply_markup", "allowed_updates", "commands", "scope", "link_preview_options"),
    "drop_pending_updates",
)


def _answer(error: ApiError) -> web.Response:
    return web.json_response(error.body(), status=error.code)


async def _parameters(request: web.Request) -> tuple[Params, Files]:
    """The parameters, wherever the Bot API takes them from, with JSON where it expects it."""
    given: dict[str, Any] = dict(request.query)
    files: Files = {}
    if request.content_type == "application/json":
        given |= await request.json()
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                with value.file as uploaded:
                    files[name] = uploaded.read()
            else:
                given[name] = value
    for name in _STRUCTURED:
        if isinstance(given.get(name), str):
            given[name] = json.loads(given[name])
    return given, files


async def _run(port: int, log: Path | None, token: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    def record(call: Call) -> None:
        if log is not None and call.accepted:
            with log.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(call.as_json(), ensure_ascii=False) + "\n")

    double = TelegramDouble(token, record=record)
    await double.start(port)
    print(f"listening on {double.url}", flush=True)
    await stop.wait()
    await double.stop()


def main() -> None:
    """Run the double as a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.telegram")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--token", default=TOKEN)
    given = parser.parse_args()
    asyncio.run(_run(given.port, given.log, given.token))


if __name__ == "__main__":
    main()
