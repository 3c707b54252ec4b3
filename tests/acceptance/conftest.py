"""What transcripts share: cafés on any channel and either database."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.acceptance.by_email import AppAndEmail
from tests.acceptance.cafe import ByTelegram, ByTwilio, Cafe, InTerminal, Simulated, World, preset
from tests.acceptance.two_channels import AppAndSms
from tests.conftest import MakeDatabase
from tests.doubles.smtp import SmtpDouble
from tests.doubles.telegram import TelegramDouble
from tests.doubles.twilio import TwilioDouble

OpenCafe = Callable[..., Awaitable[Cafe]]
WorldOf = Callable[..., Awaitable[World]]

CHANNELS = ("telegram", "whatsapp", "simulator", "simulator-text", "console")
DATABASES = ("sqlite", "postgres")


def everywhere(*, but: str = "") -> pytest.MarkDecorator:
    """Run a transcript on every channel over both databases, and once by long polling.

    Over SMS the conversation has fewer words and no menu: its transcripts are in test_sms.py.
    """
    channels = [channel for channel in CHANNELS if channel != but]
    return _on([*itertools.product(channels, DATABASES), ("telegram-polling", "sqlite")])


def on(*channels: str) -> pytest.MarkDecorator:
    """Run a transcript on these channels, on one database after the other."""
    return _on(zip(channels, itertools.cycle(DATABASES), strict=False))


def _on(where: Iterable[tuple[str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("channel", "dialect"), list(where), indirect=True)


@pytest.fixture
def channel(request: pytest.FixtureRequest) -> str:
    """The channel people are on: Telegram, unless a transcript says otherwise."""
    return str(getattr(request, "param", "telegram"))


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> str:
    """The kind of database: SQLite, unless a transcript says otherwise."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def databases(
    dialect: str, new_database: MakeDatabase, request: pytest.FixtureRequest
) -> MakeDatabase:
    """Makes databases; what they are copied from is made here, outside any event loop."""
    request.getfixturevalue(f"migrated_{dialect}")
    return new_database


@asynccontextmanager
async def _cafes(databases: MakeDatabase, world_of: WorldOf) -> AsyncIterator[OpenCafe]:
    """Opens cafés; when the test is over their books have to be right and all letters sent.

    A test that means to leave something unsent, or failed, says so in `cafe.expected_…`.
    """
    async with AsyncExitStack() as stack:

        async def open_one(source: str = "", **world: str) -> Cafe:
            made = await world_of(stack, **world)
            cafe = Cafe(made, stack.enter_context(databases()), source or preset())
            await cafe.opens()
            stack.push_async_callback(cafe.closes)
            opened.append(cafe)
            return cafe

        opened: list[Cafe] = []
        yield open_one
        for cafe in opened:
            await cafe.house.dispatcher.idle()
            assert await cafe.differences() == []
            assert await cafe.unsent() == cafe.expected_unsent
            assert await cafe.failures() == cafe.expected_failures


@pytest.fixture
async def open_cafe(channel: str, databases: MakeDatabase) -> AsyncIterator[OpenCafe]:
    """Opens cafés on the transcript's channel."""

    async def world_of(stack: AsyncExitStack) -> World:
        if channel.startswith("telegram"):
            double = await stack.enter_async_context(TelegramDouble())
            return ByTelegram(double, "polling" if channel == "telegram-polling" else "webhook")
        if channel in ("sms", "whatsapp", "both"):
            return ByTwilio(await stack.enter_async_context(TwilioDouble()), channel)
        return InTerminal() if channel == "console" else Simulated(channel)

    async with _cafes(databases, world_of) as open_one:
        yield open_one


@pytest.fixture
async def open_both(databases: MakeDatabase) -> AsyncIterator[OpenCafe]:
    """Opens cafés on an app and over SMS; which app is `app`."""

    async def world_of(stack: AsyncExitStack, app: str = "simulator") -> World:
        return AppAndSms(await stack.enter_async_context(TwilioDouble()), app)

    async with _cafes(databases, world_of) as open_one:
        yield open_one


@pytest.fixture
async def open_mailing(databases: MakeDatabase) -> AsyncIterator[OpenCafe]:
    """Opens cafés on an app, and with a mail server."""

    async def world_of(stack: AsyncExitStack, app: str = "simulator") -> World:
        return AppAndEmail(await stack.enter_async_context(SmtpDouble()), app)

    async with _cafes(databases, world_of) as open_one:
        yield open_one


@pytest.fixture
async def shop(open_both: OpenCafe) -> Cafe:
    """The ready-made café, on an app and over SMS."""
    return await open_both()


@pytest.fixture
async def cafe(open_cafe: OpenCafe) -> Cafe:
    """The ready-made café."""
    return await open_cafe()
