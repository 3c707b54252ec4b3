"""What transcripts share: cafés on any channel and either database."""

from __future__ import annotations

import functools
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack

import pytest

from locales.catalogue import Catalogue
from tests.acceptance.cafe import ByTelegram, Cafe, InTerminal, Simulated, World, preset
from tests.conftest import MakeDatabase
from tests.doubles.telegram import TelegramDouble

OpenCafe = Callable[..., Awaitable[Cafe]]

CHANNELS = ("telegram", "simulator", "simulator-text", "console")
DATABASES = ("sqlite", "postgres")


def everywhere() -> pytest.MarkDecorator:
    """Run a transcript on every channel over both databases, and once by long polling."""
    return _on([*itertools.product(CHANNELS, DATABASES), ("telegram-polling", "sqlite")])


def on(*channels: str) -> pytest.MarkDecorator:
    """Run a transcript on these channels, on one database after the other."""
    return _on(zip(channels, itertools.cycle(DATABASES), strict=False))


def _on(where: Iterable[tuple[str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("channel", "dialect"), list(where), indirect=True)


@pytest.fixture(scope="session", autouse=True)
def catalogues_read_once() -> Iterator[None]:
    """Reading the catalogues takes longer than most transcripts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Catalogue, "read", staticmethod(functools.cache(Catalogue.read)))
        yield


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
