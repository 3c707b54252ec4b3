"""The demo café as time passes: what its phones show unasked, when, and what they never show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.app import House, build
from bot.channels.simulator import Shown, Simulator
from bot.demo import Life, channels, furnish
from bot.domain.campaign_rules import DEFAULT_CAPS
from bot.domain.caps import DAYS
from bot.services.unit_of_work import Work
from bot.settings import Settings
from bot.storage import verify
from bot.storage.database import Database
from bot.storage.keys import open_vault
from locales import Catalogues
from tests.acceptance.cafe import Time
from tests.chat import Company, InLines, OnSimulator
from tests.conftest import SECRET, MakeDatabase

ZONE = ZoneInfo("Europe/Prague")
#: A Monday morning in the café, an hour before anything is said unasked.
OPENING = datetime(2026, 3, 2, 9, 20, tzinfo=ZONE).astimezone(UTC)
MONTH = timedelta(days=31)


@dataclass
class Demo:
    """The demo without its page: people at its phones, and a clock that stands until moved."""

    house: House
    simulators: dict[str, Simulator]
    clock: Time
    company: Company = field(default_factory=Company)

    def __post_init__(self) -> None:
        self.life = Life(self.house.work, self.clock, self.house.sender)
        self.till = self.person("till", "en")
        self.till.address = "till"

    def person(self, name: str, language: str, channel: str = "simulator") -> OnSimulator:
        kind = OnSimulator if channel == "simulator" else InLines
        simulator = self.simulators[channel]
        return kind(self.company, lambda: self.house.dispatcher, lambda: simulator, name, language)

    async def joins(self, name: str, offers: str, *, birthday: str = "") -> OnSimulator:
        """Somebody on a phone with buttons joins, and answers whether offers may come."""
        person = self.person(name, "en")
        await person.opens("join")
        await person.presses("Join")
        await person.presses(offers)
        if birthday:
            await person.says("settings")
            await person.presses("Birthday")
            await person.says(birthday)
        return person

    async def stamps(self, person: OnSimulator, number: int) -> None:
        """The till gives stamps."""
        [found] = await self.till.says(f"find {person.name}")
        code = found.split("\n")[0].rpartition(" ")[2]
        await self.till.says(f"stamp {code} {number}")

    def shows(self, person: OnSimulator, since: datetime) -> list[tuple[datetime, str]]:
        """What the bot said to somebody after an instant, with the shop's local time."""
        return [
            (shown.at.astimezone(ZONE), shown.text)
            for shown in self._screen(person)
            if shown.author == "bot" and shown.at > since
        ]

    @staticmethod
    def hours_of(shown: list[tuple[datetime, str]]) -> list[str]:
        """The day and hour of what was shown."""
        return [f"{at:%d.%m. %H:%M}" for at, _ in shown]

    def _screen(self, person: OnSimulator) -> tuple[Shown, ...]:
        return self.simulators[person.channel].phone(person.address)


@pytest.fixture
async def cafe(databases: MakeDatabase) -> AsyncIterator[Demo]:
    clock = Time(OPENING)
    with databases() as url:
        database = await Database.open(url, lasting=False)
        try:
            await open_vault(database, [SECRET], OPENING)
            work = Work(database, Catalogues.load().languages, owner="demo")
            sign_in = await furnish(work, OPENING)
            simulators = channels(clock)
            house = build(Settings(database_url=url), work, clock, simulators)
            for message in sign_in:
                await house.dispatcher.handle(message)
            await house.dispatcher.idle()
            yield Demo(house, simulators, clock)
            async with database.reading() as reader:
                assert await verify.differences(reader) == []
        finally:
            await database.close()


async def test_time_passes_from_full_hour_to_full_hour(cafe: Demo) -> None:
    """Whoever looks on sees each hour; in the end it is exactly as much later as was asked."""
    hours: list[datetime] = []

    async def reached(at: datetime) -> None:
        hours.append(at)

    await cafe.life.pass_time(timedelta(days=1), reached)
    assert [at - OPENING for at in (hours[0], hours[1], hours[-2], hours[-1])] == [
        timedelta(minutes=40),
        timedelta(hours=1, minutes=40),
        timedelta(hours=23, minutes=40),
        timedelta(days=1),
    ]
    assert len(hours) == 25


async def test_what_ends_meanwhile_is_heard_of_at_its_hour(cafe: Demo) -> None:
    """A voucher of 15 minutes that nobody confirmed is back on the card an hour later."""
    anna = await cafe.joins("Anna", "No, thanks")
    await cafe.stamps(anna, 10)
    await anna.presses("Redeem now")
    before = cafe.clock.now()
    await cafe.life.pass_time(timedelta(days=1))
    assert cafe.hours_of(cafe.shows(anna, before)) == ["02.03. 10:00"]


async def test_a_month_later_members_have_heard_what_concerns_them(cafe: Demo) -> None:
    """Two stamps from a coffee after three days, the birthday, and after thirty: come back.

    S33: the same month is silent for who wants no offers, and for who stopped them.
    """
    anna = await cafe.joins("Anna", "Yes, please", birthday="20 March")
    petra = await cafe.joins("Petra", "No, thanks", birthday="20 March")
    olga = await cafe.joins("Olga", "Yes, please", birthday="20 March")
    for person in (anna, petra, olga):
        await cafe.stamps(person, 8)
    await olga.says("stop")
    before = cafe.clock.now()
    await cafe.life.pass_time(MONTH)
    assert cafe.hours_of(cafe.shows(anna, before)) == [
        "05.03. 10:00",
        "20.03. 09:00",
        "01.04. 10:00",
    ]
    assert [cafe.shows(person, before) for person in (petra, olga)] == [[], []]


async def test_s23_s28_a_quarter_later_nobody_heard_too_much_or_at_night(cafe: Demo) -> None:
    """A visit a month: one a day, two a week, six a month at most, from nine to eight."""
    anna = await cafe.joins("Anna", "Yes, please", birthday="31 March")
    petr = cafe.person("Petr", "cs", "simulator-text")
    for said in ("join", "1", "Petr", "1"):
        await petr.says(said)
    heard: dict[str, list[tuple[datetime, str]]] = {"Anna": [], "Petr": []}
    for stamps in (10, 8, 1):
        for person in (anna, petr):
            await cafe.stamps(person, stamps)
        before = cafe.clock.now()
        await cafe.life.pass_time(MONTH)
        for person in (anna, petr):
            heard[person.name] += cafe.shows(person, before)
    # Come back, once a quarter; almost there; the coffee that ends.
    assert cafe.hours_of(heard["Petr"]) == ["01.04. 10:00", "05.04. 10:00", "24.05. 10:00"]
    # With the birthday before them these would be three in a week: one waits until they are not.
    birthday, *others = cafe.hours_of(heard["Anna"])
    assert (birthday, others) == ("31.03. 09:00", ["01.04. 10:00", "07.04. 09:00", "24.05. 10:00"])
    for shown in heard.values():
        times = [at for at, _ in shown]
        assert [at for at in times if not 9 <= at.hour < 20] == []
        for window, most in DEFAULT_CAPS.member.items():
            length = timedelta(days=DAYS[window])
            windows = [[at for at in times if end - length < at <= end] for end in times]
            assert max(map(len, windows)) <= most
