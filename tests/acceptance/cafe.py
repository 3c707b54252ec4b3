"""A café with the real house in it: built as `bot.app` builds it, on one channel and database."""

from __future__ import annotations

import asyncio
import re
import socket
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from bot import demo, programmes
from bot.app import House, build, connect_telegram, connect_twilio, run
from bot.channels.base import Channel
from bot.channels.console import Console
from bot.channels.segments import plain
from bot.channels.simulator import Simulator
from bot.channels.telegram import Telegram
from bot.channels.twilio import Sms, WhatsApp
from bot.clock import Clock
from bot.dispatch import Dispatcher
from bot.domain.members import Role
from bot.domain.messages import phrase
from bot.services import staffing
from bot.services.unit_of_work import Work
from bot.settings import Settings
from bot.storage import verify
from bot.storage.database import Database
from bot.storage.keys import open_vault
from locales import Catalogues
from scheduler.jobs import sweep
from tests.chat import (
    AtConsole,
    Company,
    InLines,
    OnSimulator,
    OnSms,
    OnTelegram,
    OnWhatsApp,
    Person,
)
from tests.conftest import NOW, SECRET
from tests.doubles.telegram import TOKEN, TelegramDouble
from tests.doubles.twilio import ACCOUNT, SMS_FROM, WHATSAPP_FROM, TwilioDouble
from tests.doubles.twilio import TOKEN as TWILIO_TOKEN

#: What the tables of the ledger, and all that hangs on it, say in one line each.
_HELD = (
    "SELECT COUNT(*) AS a, COALESCE(SUM(amount), 0) AS b FROM entry",
    "SELECT COUNT(*) AS a, COALESCE(SUM(remaining), 0) AS b FROM lot",
    "SELECT COUNT(*) AS a, COALESCE(SUM(amount), 0) AS b FROM allocation",
    "SELECT COUNT(*) AS a, COUNT(closed_at) AS b FROM voucher",
    "SELECT COUNT(*) AS a, COUNT(claimed_at) AS b FROM claim",
    "SELECT COUNT(*) AS a, COUNT(member_id) AS b FROM purchase",
    "SELECT COUNT(*) AS a, COUNT(undoes_id) AS b FROM operation",
    "SELECT COUNT(*) AS a, 0 AS b FROM member",
)


class Time(Clock):
    """A clock that stands still until it is moved; leases go by the machine's, and `waited`."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

        #: By how much leases think it is later.
        self.waited = timedelta()

    def now(self) -> datetime:
        return self.at

    def real_now(self) -> datetime:
        return super().real_now() + self.waited

    def advance(self, by: timedelta) -> None:
        self.at += by


class World(ABC):
    """One channel with people on it."""

    def __init__(self) -> None:
        self.company = Company()
        self.house: House | None = None

    @abstractmethod
    async def open(self, database_url: str, work: Work, clock: Clock) -> House:
        """Build the house with this channel, and start what brings messages to it."""

    async def close(self) -> None:
        """Stop what was started; people keep their phones."""
        return

    @abstractmethod
    def person(self, name: str, language: str) -> Person:
        """Somebody new."""

    def _dispatcher(self) -> Dispatcher:
        assert self.house is not None
        return self.house.dispatcher


class Simulated(World):
    """The demo's channels: buttons, or numbered lines."""

    def __init__(self, channel: str) -> None:
        super().__init__()
        self._channel = channel
        # Phones outlive a house that is closed and opened again.
        self._simulators: Mapping[str, Simulator] = demo.channels()

    async def open(self, database_url: str, work: Work, clock: Clock) -> House:
        settings = Settings(database_url=database_url)
        self.house = build(settings, work, clock, self._simulators)
        return self.house

    def person(self, name: str, language: str) -> Person:
        kind = OnSimulator if self._channel == "simulator" else InLines
        simulator = self._simulators[self._channel]
        return kind(self.company, self._dispatcher, lambda: simulator, name, language)


class InTerminal(World):
    """The console of `regulars chat`."""

    def __init__(self) -> None:
        super().__init__()
        self._printed: defaultdict[str, list[str]] = defaultdict(list)
        self._own = ""

    async def open(self, database_url: str, work: Work, clock: Clock) -> House:
        console = Console(self._own, self._print)
        self.house = build(Settings(database_url=database_url), work, clock, {"console": console})
        return self.house

    def person(self, name: str, language: str) -> Person:
        return AtConsole(
            self.company,
            self._dispatcher,
            lambda address: self._printed[address],
            Console.limits,
            name,
            language,
        )

    def _print(self, text: str) -> None:
        found = re.match(r"\(to (\S+)\)\n", text)
        assert found, f"nobody is at this terminal: {text}"
        self._printed[found[1]].append(text[found.end() :].rstrip("\n"))


class ByTelegram(World):
    """Telegram's double under the real SDK, with the real web server or by long polling."""

    def __init__(self, double: TelegramDouble, mode: str) -> None:
        super().__init__()
        self._double = double
        self._mode = mode
        self._port = free_port()
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def open(self, database_url: str, work: Work, clock: Clock) -> House:
        settings = Settings(
            database_url=database_url,
            telegram_token=SecretStr(TOKEN),
            telegram_api_url=self._double.url,
            telegram_mode=self._mode,
            telegram_rate=10_000,
            public_url=f"http://127.0.0.1:{self._port}",
            port=self._port,
        )
        self._stop = asyncio.Event()
        telegram = await connect_telegram(settings, work, self._stop)
        assert telegram is not None
        self.house = build(settings, work, clock, {telegram.name: telegram}, telegram=telegram)
        method = "setWebhook" if self._mode == "webhook" else "deleteWebhook"
        before = len([call for call in self._double.calls if call.method == method])
        part = "web" if self._mode == "webhook" else "polling"
        self._running = asyncio.create_task(run(self.house, (part,), self._stop))
        await self._double.wait_for_call(method, before + 1)
        return self.house

    async def close(self) -> None:
        self._stop.set()
        if self._running is not None:
            await self._running

    def person(self, name: str, language: str) -> Person:
        return OnTelegram(
            self.company, self._dispatcher, Telegram.limits, self._double, name, language
        )


class ByTwilio(World):
    """Twilio's double under the real SDK, with the real web server.

    `channel` is sms, whatsapp, or both; then people are on WhatsApp.
    """

    def __init__(self, double: TwilioDouble, channel: str) -> None:
        super().__init__()
        self.double = double
        self._channels = ("sms", "whatsapp") if channel == "both" else (channel,)
        #: Channels of the same house that are not Twilio's.
        self._beside: Mapping[str, Channel] = {}
        self._port = free_port()
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        double.webhooks_at = f"http://127.0.0.1:{self._port}"

    async def open(self, database_url: str, work: Work, clock: Clock) -> House:
        self.double.now = clock.now
        senders = {"sms": SMS_FROM, "whatsapp": WHATSAPP_FROM}
        settings = Settings(
            database_url=database_url,
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=SecretStr(TWILIO_TOKEN),
            twilio_api_url=self.double.url,
            public_url=self.double.webhooks_at,
            port=self._port,
            twilio_sms_rate=10_000,
            twilio_whatsapp_rate=10_000,
            **{f"twilio_{channel}_from": senders[channel] for channel in self._channels},
        )
        account, by_twilio = connect_twilio(settings)
        channels = {**self._beside, **by_twilio}
        self.house = build(settings, work, clock, channels, twilio=account)
        self._stop, listening = asyncio.Event(), asyncio.Event()
        self._running = asyncio.create_task(run(self.house, ("web",), self._stop, listening.set))
        await listening.wait()
        return self.house

    async def close(self) -> None:
        self._stop.set()
        if self._running is not None:
            await self._running

    def person(self, name: str, language: str) -> Person:
        whatsapp = "whatsapp" in self._channels
        kind = OnWhatsApp if whatsapp else OnSms
        limits = (WhatsApp if whatsapp else Sms).limits
        return kind(self.company, self._dispatcher, limits, self.double, name, language)


class Cafe:
    """A shop whose people chat with the bot; make one with `open_cafe`."""

    def __init__(self, world: World, database_url: str, source: str) -> None:
        self.world = world
        self.clock = Time(NOW)
        self.words = Catalogues.load()
        #: What a test means to leave behind; anything else is a mistake.
        self.expected_unsent: list[tuple[str, str]] = []
        self.expected_failures: list[str] = []
        self._owner = "test"
        self._url = database_url
        self._source = source

    async def opens(self) -> None:
        """Open the database and build the house."""
        self.database = await Database.open(self._url, lasting=False)
        try:
            await open_vault(self.database, [SECRET], NOW)
            self.work = Work(self.database, self.words.languages, owner=self._owner)
            await self.work.adopt(self._source, self.clock.now())
            self.house = await self.world.open(self._url, self.work, self.clock)
        except BaseException:
            await self.database.close()  # one left open would fail every test after this one
            raise

    async def closes(self) -> None:
        """Stop as a process stops."""
        try:
            await self.world.close()
            await self.house.dispatcher.idle()
        finally:
            await self.database.close()

    async def dies(self) -> None:
        """End as a killed process does, nothing finished, and start again; leases stay taken."""
        await self.database.close()
        self._owner = f"{self._owner}'"
        await self.opens()

    async def reopens(self) -> None:
        """Stop, and start again on the same database."""
        await self.closes()
        await self.opens()

    # --- who is there ---

    def guest(self, name: str = "Anna", language: str = "en") -> Person:
        """Somebody who has not written yet."""
        return self.world.person(name, language)

    async def member(self, name: str = "Anna", language: str = "en") -> Person:
        """Somebody who has joined, and left out all that can be left out but the name."""
        person = self.guest(name, language)
        await person.opens("join")
        await person.presses(self.label("button.join", language))
        await self.introduces(person)
        for _question in ("number", "offers", "birthday"):
            for no in ("button.skip", "button.no_thanks"):
                if self.label(no, language) in person.buttons:
                    await person.presses(self.label(no, language))
        return person

    async def introduces(self, person: Person) -> None:
        """Somebody says who they are, as far as their app does not: a name, or no number."""
        if self.asks_name:
            await person.says(person.name)
        elif (skip := self.label("button.skip", person.language)) in person.buttons:
            await person.presses(skip)

    async def colleague(
        self,
        name: str = "Jana",
        role: Role = Role.CASHIER,
        location: str | None = None,
        language: str = "en",
    ) -> Person:
        """A colleague who has opened their invitation."""
        person = self.guest(name, language)
        await person.opens(f"s_{await self.invites(name, role, location)}")
        return person

    async def invites(
        self, name: str = "Jana", role: Role = Role.CASHIER, location: str | None = None
    ) -> str:
        """A token that makes whoever opens it first a colleague."""
        async with self.work.unit_of_work() as uow:
            return await staffing.invite(uow, name, role, location, self.clock.now())

    @property
    def asks_name(self) -> bool:
        """Whether joining asks for a name, because no app tells one."""
        return isinstance(self.world.company.people[-1], (InLines, AtConsole, OnSms))

    @property
    def by_sms(self) -> bool:
        """Whether people here text."""
        return isinstance(self.world.company.people[-1], OnSms)

    @property
    def has_buttons(self) -> bool:
        """Whether people here press buttons, rather than type what stands on a line."""
        return not self.asks_name

    def label(self, key: str, language: str = "en") -> str:
        """What a button reads."""
        if self.by_sms:
            voice = self.words.voice(language, short=True)
            return plain(self.words.render(phrase(key), voice), language)
        return self.words.render(phrase(key), language)

    async def code_of(self, person: Person) -> str:
        """A member's code, as they read it in their settings."""
        [settings] = await person.says("settings")
        return settings.split("\n")[0].rpartition(" ")[2]

    async def card_of(self, person: Person) -> str:
        """The link in the code on a member's card."""
        await person.says("card")
        assert person.picture is not None
        return person.picture

    # --- what happens beside the conversation ---

    async def passes(self, **time: float) -> None:
        """Let time pass, and do what is due then."""
        self.world.company.look_away()
        self.clock.advance(timedelta(**time))
        await sweep(self.work, self.clock, self.house.sender.deliver)
        await self.house.sender.deliver_due()

    # --- what is in the books ---

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """What the database says."""
        async with self.database.reading() as reader:
            return await reader.rows(sql, *values)

    def opened(self, column: str, sealed: str) -> str:
        """What stands in a sealed column."""
        assert self.database.vault is not None
        return self.database.vault.open(column, sealed)

    async def held(self) -> list[tuple[int, int]]:
        """A fingerprint of the ledger, and of all that hangs on it."""
        return [(int(row["a"]), int(row["b"])) for sql in _HELD for row in await self.rows(sql)]

    @asynccontextmanager
    async def nothing_changes(self) -> AsyncIterator[None]:
        """Nothing in the books changes inside the block."""
        before = await self.held()
        yield
        assert await self.held() == before

    async def differences(self) -> list[verify.Difference]:
        """What `regulars ledger verify` finds."""
        async with self.database.reading() as reader:
            return await verify.differences(reader)

    async def unsent(self) -> list[tuple[str, str]]:
        """Messages that did not arrive, as (state, reason)."""
        rows = await self.rows(
            "SELECT state, COALESCE(reason, '') AS reason FROM outbox "
            "WHERE state NOT IN ('accepted', 'delivered') ORDER BY id"
        )
        return [(row["state"], row["reason"]) for row in rows]

    async def failures(self) -> list[str]:
        """Where messages failed to be handled."""
        rows = await self.rows("SELECT failure FROM inbound WHERE failure IS NOT NULL ORDER BY id")
        return [row["failure"] for row in rows]


def preset(name: str = "cafe-stamps", *changes: tuple[str, str], more: str = "") -> str:
    """A ready-made programme with some of its lines changed, and more tables at its end."""
    source = programmes.preset(name)
    for old, new in changes:
        assert source.count(old) == 1, f"{old!r} is {source.count(old)} times in {name}"
        source = source.replace(old, new)
    return f"{source}\n{more}"


#: Tables that give a programme a second shop.
TWO_SHOPS = """
[[locations]]
code = "vinohrady"
name = "Vinohrady"

[[locations]]
code = "karlin"
name = "Karlín"
"""

#: A café that counts sales besides stamps.
SALES = """
[[earn]]
rule = "purchase"
unit = "stamps"
amount = 1
per = 100
"""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
