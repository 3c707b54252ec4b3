"""One HTTP request to a provider, saying for certain whether it may have arrived (S31)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

#: aiohttp rounds time-outs over five seconds up to a whole second; our own must come after it.
_ROUNDING_S = 1.0

_NEVER_LEFT = (
    aiohttp.ClientConnectorError,  # refused, unreachable, no such host, no TLS
    aiohttp.ConnectionTimeoutError,  # also when no connection of the pool got free in time
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


class Unreached(Exception):
    """The request did not arrive, so nothing of it was done."""


class Unanswered(Exception):
    """The request may have arrived, but its answer did not reach us."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each part of a request may take, in seconds; `wait_s` is for a connection."""

    connect_s: float
    wait_s: float
    write_s: float
    read_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def new_session(user_agent: str | None = None) -> aiohttp.ClientSession:
    """A session that keeps no cookies; open it inside the loop that uses it."""
    headers = {"User-Agent": user_agent} if user_agent else None
    return aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar())


async def exchange(
    session: aiohttp.ClientSession, method: str, url: str, patience: Patience, **request: Any
) -> Answer:
    """One request and its whole answer; raises Unreached or Unanswered.

    Neither holds the address, nor the error it came from: an address may hold a token.
    """
    times = aiohttp.ClientTimeout(
        total=None,
        connect=patience.wait_s,
        sock_connect=patience.connect_s,
        sock_read=patience.read_s,
    )
    # aiohttp bounds connecting and reading but not writing, which can stall for ever on a picture.
    # `connect` ends first, so this end always comes after something was sent.
    whole_s = patience.wait_s + patience.write_s + patience.read_s + 2 * _ROUNDING_S
    try:
        async with (
            asyncio.timeout(whole_s),
            session.request(
                method, url, timeout=times, allow_redirects=False, **request
            ) as response,
        ):
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, headers, await response.read())
    except _NEVER_LEFT as error:
        raise Unreached(type(error).__name__) from None
    except Exception as error:  # a time-out, a lost connection, or a fault of our own
        raise Unanswered(type(error).__name__) from None
