"""What we send to Twilio, held against Twilio's own OpenAPI documents by Prism.

`make test-providers` fetches both with npm; nothing here leaves the machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.channels.base import SendError
from bot.channels.twilio import Account, Sms, WhatsApp
from bot.channels.twilio_content import shape_of
from bot.domain.messages import Approved
from tests.channels.twilio_kit import choices, to_anna
from tests.doubles.twilio import ACCOUNT, SMS_FROM, TOKEN, WHATSAPP_FROM

MODULES = Path(os.environ.get("REGULARS_TEST_NODE_MODULES", ".providers/node_modules"))
SPECIFICATIONS = MODULES / "@twilio-alpha/mcp/twilio-oai/spec/json"
CONTENT = "HX" + "0c" * 16


class Prism:
    """A server that holds each request against a document, and logs what it thinks of it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        self._process = process
        self._log = process.stdout
        self.url = ""

    async def line(self, pattern: str) -> re.Match[str]:
        """The next line of the log that matches."""
        async with asyncio.timeout(60):
            while True:
                written = (await self._log.readline()).decode()
                assert written, "Prism ended"
                if found := re.search(pattern, written):
                    return found

    async def verdict(self) -> str:
        """What it says of the next request."""
        return (await self.line(r"\[VALIDATOR\].*?(The request passed|error.*)"))[1].strip()


@asynccontextmanager
async def prism(document: str) -> AsyncIterator[Prism]:
    """Prism over one of Twilio's documents, on a free port."""
    process = await asyncio.create_subprocess_exec(
        *(MODULES / ".bin/prism", "mock", "-h", "127.0.0.1", "-p", "0", "--errors"),
        SPECIFICATIONS / document,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "NO_COLOR": "1"},
    )
    server = Prism(process)
    try:
        server.url = (await server.line(r"listening on (http://\S+)"))[1]
        yield server
    finally:
        process.terminate()
        await process.communicate()


@pytest.fixture
async def api() -> AsyncIterator[tuple[Prism, Account]]:
    """The Messages and Accounts API."""
    async with _at("twilio_api_v2010.json") as both:
        yield both


@pytest.fixture
async def content() -> AsyncIterator[tuple[Prism, Account]]:
    """The Content API."""
    async with _at("twilio_content_v1.json") as both:
        yield both


@asynccontextmanager
async def _at(document: str) -> AsyncIterator[tuple[Prism, Account]]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(prism(document))
        account = Account(ACCOUNT, TOKEN, "https://lipa.example", (), api_url=server.url)
        stack.push_async_callback(account.close)
        yield server, account


async def test_messages(api: tuple[Prism, Account]) -> None:
    server, account = api
    sms, whatsapp = Sms(account, SMS_FROM, 1.0), WhatsApp(account, WHATSAPP_FROM, 1.0)
    service = Sms(account, "MG" + "0b" * 16, 1.0)
    to = {"to": "whatsapp:+420777000007", "from_": WHATSAPP_FROM}
    _, values = shape_of(to_anna("whatsapp", "Well?\nSure?", buttons=choices("Yes")), 3)
    for send in (
        lambda: sms.send(to_anna("sms", reference="42")),
        lambda: service.send(to_anna("sms")),
        lambda: whatsapp.send(to_anna("whatsapp", "Žluťoučký kůň 🙂")),
        lambda: whatsapp.send(to_anna("whatsapp", approved=Approved(CONTENT, ("3", "10")))),
        lambda: account.send("", **to, content_sid=CONTENT, content_variables=values),
        account.name,
    ):
        await send()
        assert await server.verdict() == "The request passed"


def test_pictures() -> None:
    """Prism reads no lists in forms, so that this one is looked up."""
    document = json.loads((SPECIFICATIONS / "twilio_api_v2010.json").read_text("utf-8"))
    path = document["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]
    form = path["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    assert form["schema"]["properties"]["MediaUrl"]["type"] == "array"


async def test_a_look_at_what_was_sent(api: tuple[Prism, Account]) -> None:
    server, account = api
    with pytest.raises(SendError):  # Prism's own example of an answer does not fit the document
        await Sms(account, SMS_FROM, 1.0).sent_before(to_anna("sms"), datetime.now(UTC))
    assert await server.verdict() == "The request passed"


@pytest.mark.parametrize("number", [1, 3, 4, 10])
async def test_content(content: tuple[Prism, Account], number: int) -> None:
    server, account = content
    buttons = choices(*map(str, range(number)))
    shape, _ = shape_of(to_anna("whatsapp", "One\n\ntwo", buttons=buttons, opener="Choose"), 3)
    assert await account._make_content(shape.definition())
    assert await server.verdict() == "The request passed"


async def test_what_does_not_fit_is_seen(api: tuple[Prism, Account]) -> None:
    server, account = api
    with pytest.raises(SendError):
        await account.send("", to="+420777000007", from_=SMS_FROM, content_sid="HX1")
    assert "ContentSid" in await server.verdict()
