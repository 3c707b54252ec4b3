"""A café where people chat by an app with buttons, or text: both channels in one house."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from bot import demo
from bot.app import House, build, connect_twilio, run
from bot.channels.base import Channel
from bot.channels.twilio import Sms
from bot.clock import Clock
from bot.services.unit_of_work import Work
from bot.settings import Settings
from tests.acceptance.cafe import ByTwilio, Cafe, preset
from tests.chat import InLines, OnSimulator, OnSms, Person
from tests.conftest import MakeDatabase
from tests.doubles.twilio import ACCOUNT, SMS_FROM, TOKEN, TwilioDouble

OpenBoth = Callable[..., Awaitable[Cafe]]


class AppAndSms(ByTwilio):
    """An app, with buttons that can share a number or with neither, and Twilio's SMS.

    People are on the app, unless they are asked to text.
    """

    def __init__(self, double: TwilioDouble, app: str) -> None:
        super().__init__(double, "sms")
        self._app = demo.channels()[app]

    async def open(self, database_url: str, work: Work, clock: Clock) -> House:
        self.double.now = clock.now
        settings = Settings(
            database_url=database_url,
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=SecretStr(TOKEN),
            twilio_api_url=self.double.url,
            twilio_sms_from=SMS_FROM,
            twilio_sms_rate=10_000,
            public_url=self.double.webhooks_at,
            port=self._port,
        )
        account, by_twilio = connect_twilio(settings)
        channels: dict[str, Channel] = {self._app.name: self._app, **by_twilio}
        self.house = build(settings, work, clock, channels, twilio=account)
        self._stop, listening = asyncio.Event(), asyncio.Event()
        self._running = asyncio.create_task(run(self.house, ("web",), self._stop, listening.set))
        await listening.wait()
        return self.house

    def person(self, name: str, language: str) -> Person:
        kind = OnSimulator if self._app.limits.buttons else InLines
        return kind(self.company, self._dispatcher, lambda: self._app, name, language)

    def texter(self, name: str, language: str = "en") -> OnSms:
        """Somebody with any phone at all."""
        return OnSms(self.company, self._dispatcher, Sms.limits, self.double, name, language)


def texter(cafe: Cafe, name: str = "Anna", language: str = "en") -> OnSms:
    """Somebody who texts with this café."""
    assert isinstance(cafe.world, AppAndSms)
    return cafe.world.texter(name, language)


@asynccontextmanager
async def both_channels(databases: MakeDatabase) -> AsyncIterator[OpenBoth]:
    """Opens cafés on both; when it is over their books are right and all letters are sent."""
    async with AsyncExitStack() as stack:
        opened: list[Cafe] = []

        async def open_one(source: str = "", app: str = "simulator") -> Cafe:
            double = await stack.enter_async_context(TwilioDouble())
            url = stack.enter_context(databases())
            cafe = Cafe(AppAndSms(double, app), url, source or preset())
            await cafe.opens()
            stack.push_async_callback(cafe.closes)
            opened.append(cafe)
            return cafe

        yield open_one
        for cafe in opened:
            await cafe.house.dispatcher.idle()
            assert await cafe.differences() == []
            assert await cafe.unsent() == cafe.expected_unsent
            assert await cafe.failures() == cafe.expected_failures
