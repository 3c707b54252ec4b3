"""How Telegram's SDK reaches the Bot API: over aiohttp, saying whether a request may have arrived.

PTB's own httpx transport sends a quarter as many messages a second. What matters more: it tells
a request that never left from one whose answer was lost only by the wording of an error, and a
message of the second kind must not be sent again (S31).
"""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError
from telegram.request import BaseRequest, RequestData

from bot.channels.base import SendError, impersonal
from bot.channels.transport import Patience, Unanswered, Unreached, exchange, new_session

#: PTB's marker for "the caller named no time-out".
_DEFAULT = BaseRequest.DEFAULT_NONE

#: How the Bot API says that nobody is there, besides 403.
#: https://github.com/TelegramBotAPI/errors
_GONE = ("chat not found", "user not found", "user is deactivated", "peer_id_invalid")


class NotTaken(NetworkError):
    """The request did not reach the Bot API, so nothing of it was done."""


class NoAnswer(NetworkError):
    """The request may have reached the Bot API, whose answer did not reach us."""


class SlowDown(NetworkError):
    """The Bot API wants no more requests for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many requests, wait {seconds:g} s")
        self.seconds = seconds


class AiohttpRequest(BaseRequest):
    """Requests of PTB over one aiohttp session; all times in seconds."""

    __slots__ = ("_answer_s", "_connect_s", "_session")

    def __init__(self, connect_s: float, answer_s: float) -> None:
        self._connect_s = connect_s
        self._answer_s = answer_s
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """How long an answer may take, unless a call says otherwise."""
        return self._answer_s

    async def initialize(self) -> None:
        """Nothing: the session opens with the first request, inside the loop that uses it."""

    async def shutdown(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = _DEFAULT,
        write_timeout: Any = _DEFAULT,
        connect_timeout: Any = _DEFAULT,
        pool_timeout: Any = _DEFAULT,
    ) -> tuple[int, bytes]:
        """One request; raises NotTaken, NoAnswer or SlowDown, none of which holds the address."""
        read_s = _seconds(read_timeout, self._answer_s)
        write_s = _seconds(write_timeout, self._answer_s)
        connect_s = _seconds(connect_timeout, self._connect_s)
        waiting_s = connect_s + _seconds(pool_timeout, 0.0)
        patience = Patience(connect_s, waiting_s, write_s, read_s)
        try:
            answer = await exchange(self._open(), method, url, patience, data=_form(request_data))
        except Unreached as error:
            raise NotTaken(str(error)) from None
        except Unanswered as error:
            raise NoAnswer(str(error)) from None
        _believe(answer.status, answer.body)
        return answer.status, answer.body

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = new_session(self.USER_AGENT)
        return self._session


def _seconds(given: Any, otherwise: float) -> float:
    return float(given) if isinstance(given, int | float) else otherwise


def _form(data: RequestData | None) -> aiohttp.FormData | None:
    """The parameters as a form; it becomes multipart by itself as soon as a file is in it."""
    if data is None:
        return None
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in data.multipart_data.items():
        # aiohttp warns about bytes over 1 MiB: unlike a stream they go out in one piece.
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=filename, content_type=kind)
    return form


def _believe(status: int, payload: bytes) -> None:
    """Raise for an answer that is not the Bot API's own, or that asks us to slow down.

    A proxy's 403 must not pass for "blocked by the user", nor a gateway's 502 for "not taken":
    only the Bot API's JSON knows. https://core.telegram.org/bots/api#making-requests
    """
    try:
        answer = json.loads(payload)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        if status < 300 or status >= 500:
            raise NoAnswer(f"HTTP {status} without an answer of the Bot API")
        raise NotTaken(f"HTTP {status} without an answer of the Bot API")
    if status in (502, 504):
        raise NoAnswer(f"HTTP {status}")
    if status == 429:
        parameters = answer.get("parameters")
        seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
        raise SlowDown(float(seconds) if isinstance(seconds, int | float) else 1.0)


def send_error(error: Exception) -> SendError:
    """What a failed call means for the next try; `error` is PTB's, ours, or a bug's."""
    match error:
        case SlowDown():
            return SendError("later", "too many requests", retry_after=error.seconds)
        case NotTaken():
            return SendError("later", f"not reached: {error.message}")
        case NoAnswer():
            return SendError("unknown", f"no answer: {error.message}")
        case Forbidden():
            return SendError("blocked", impersonal(error.message))
        case BadRequest() if any(sign in error.message.lower() for sign in _GONE):
            return SendError("blocked", impersonal(error.message))
        case BadRequest() | ChatMigrated():
            return SendError("refused", impersonal(error.message))
        case InvalidToken():
            # 401 and 404: nothing a member can help, all of it comes right with the setting.
            return SendError("later", "Telegram knows no bot by this token")
        case NetworkError():
            # The Bot API itself answered that it failed (500, 503).
            return SendError("later", impersonal(error.message))
    # The call went through and we could not read what came back, or the fault is our own.
    return SendError("unknown", type(error).__name__)
