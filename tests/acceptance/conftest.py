"""What transcripts share: cafés on any channel and either database."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack

import pytest

from tests.acceptance.cafe import ByTelegram, ByTwilio, Cafe, InTerminal, Simulated, World, preset
from tests.conftest import MakeDatabase
from tests.doubles.telegram import TelegramDouble
from tests.doubles.twilio import TwilioDouble

OpenCafe = Callable[..., Awaitable[Cafe]]

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


@pytest.fixture
async def open_cafe(channel: str, databases: MakeDatabase) -> AsyncIterator[OpenCafe]:
    """Opens cafés; when the test is over their books have to be right and all letters sent.

    A test that means to leave something unsent, or failed, says so in `cafe.expected_…`.
    """
    async with AsyncExitStack() as stack:

        async def open_one(source: str = "") -> Cafe:
            world: World
            if channel.startswith("telegram"):
                double = await stack.enter_async_context(TelegramDouble())
                mode = "polling" if channel == "telegram-polling" else "webhook"
                world = ByTelegram(double, mode)
            elif channel in ("sms", "whatsapp", "both"):
                twilio = await stack.enter_async_context(TwilioDouble())
                world = ByTwilio(twilio, channel)
            else:
                world = InTerminal() if channel == "console" else Simulated(channel)
            url = stack.enter_context(databases())
            cafe = Cafe(world, url, source or preset())
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
async def cafe(open_cafe: OpenCafe) -> Cafe:
    """The ready-made café."""
    return await open_cafe()
