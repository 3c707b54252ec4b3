"""How Twilio's SDK reaches the API: one aiohttp session, a base address of our choice, and for
every call whether it may have been carried out.

The SDK's own client has no base address, sends JSON as a form, and opens its session wherever it
is made.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response

from bot.channels.base import SendError, SendKind
from bot.channels.transport import (
    Answer,
    Patience,
    Unanswered,
    Unreached,
    exchange,
    new_session,
)


class TwilioRequest(AsyncTwilioHttpClient):  # type: ignore[misc]  # the SDK is not typed
    """Requests of the SDK; `base` is an address that stands for all of Twilio's hosts."""

    def __init__(self, base: str, patience: Patience) -> None:
        super().__init__(pool_connections=False)
        self._base = base.rstrip("/")
        self._patience = patience
        self._open: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 - the SDK's; ours is the patience
        allow_redirects: bool = False,  # noqa: ARG002 - nothing of Twilio's redirects
    ) -> Response:
        """One call; raises SendError where no answer of Twilio's came, or it is to come later."""
        if self._open is None:
            self._open = new_session()
        sent = dict(headers or {})
        if auth is not None:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        try:
            answer = await exchange(
                self._open,
                method,
                self._target(url),
                self._patience,
                params=params,
                data=_body(data, sent.get("Content-Type", "")),
                headers=sent,
            )
        except Unreached as error:
            raise SendError("later", f"not reached: {error}") from None
        except Unanswered as error:
            raise SendError("unknown", f"no answer: {error}") from None
        _believe(answer)
        return Response(answer.status, answer.body.decode(errors="replace"), answer.headers)

    async def close(self) -> None:
        """Close the connections."""
        if self._open is not None:
            await self._open.close()
            self._open = None

    def _target(self, url: str) -> str:
        parts = urlsplit(url)
        if not self._base:
            return url
        return f"{self._base}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _body(data: Mapping[str, Any] | None, content_type: str) -> bytes | None:
    if not data:
        return None
    if content_type == "application/json":
        return json.dumps(data).encode()
    return urlencode(data, doseq=True).encode()


def _believe(answer: Answer) -> None:
    """Raise for what is no answer of Twilio's own, or leaves open what was done.

    An error of Twilio's is JSON with a code of its own, which the SDK reads; a proxy's is not.
    https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions
    """
    status = answer.status
    if status == 429:
        raise SendError("later", "429 too many requests", _seconds(answer.headers))
    if status == 503:
        raise SendError("later", "HTTP 503", _seconds(answer.headers))
    if status >= 500:
        raise SendError("unknown", f"HTTP {status}")
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    if not isinstance(said, dict) or (status >= 300 and "code" not in said):
        kind: SendKind = "unknown" if status < 300 else "later"
        raise SendError(kind, f"HTTP {status} without an answer of Twilio")


def _seconds(headers: Mapping[str, str]) -> float | None:
    """How long Twilio wants to be left alone, if it says; a date is not worth reading."""
    try:
        return float(headers.get("retry-after", ""))
    except ValueError:
        return None
