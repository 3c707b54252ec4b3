"""Two years of a chain in six time zones, hour by hour: people come, stay away, have birthdays.

`python -m tests.simulation.two_years` runs it whole and prints what was sent (`make soak`);
test_two_years.py runs it in larger steps. Everything is real but the clock and the provider.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from bot import programmes
from bot.domain.caps import DAYS
from bot.domain.members import Member, Role, Staff
from bot.domain.messages import Address, OutboundMessage
from bot.domain.programme import Programme
from bot.domain.quiet import quiet_until
from bot.services import earning, joining, redeeming, staffing
from bot.services.results import Earned
from bot.services.unit_of_work import Work
from bot.services.wallets import wallet
from bot.storage import conversations, members
from bot.storage.database import Database
from bot.storage.keys import open_vault
from bot.storage.migrate import migrate
from locales import Catalogues
from scheduler.campaigns import CAMPAIGNS
from scheduler.jobs import plan, sweep
from tests.conftest import SECRET
from tests.delivery.kit import Post, Provider

#: Both hemispheres, half hours, and clocks that change by half an hour or at midnight.
ZONES = (
    "Europe/Prague",
    "America/New_York",
    "America/Santiago",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
)
BEGIN = datetime(2026, 12, 1, 4, tzinfo=UTC)
YEARS = 2
#: Days on which something is special somewhere: leap day, the year's ends, changes of the clock.
BIRTHDAYS = (
    (2, 29),
    (2, 28),
    (3, 1),
    (1, 1),
    (12, 31),
    (3, 28),
    (3, 14),
    (10, 31),
    (4, 4),
    (6, 15),
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: How long the machine is off, once in two hundred steps.
OFF = timedelta(hours=4)

PROGRAMME = "".join(
    [
        *(
            f'\n[[locations]]\ncode = "shop{n}"\nname = "Shop {n}"\nzone = "{zone}"\n'
            for n, zone in enumerate(ZONES)
        ),
        "\n[campaigns.milestone]\non = true\nvisits = [5, 20]\nyears = [1]\n",
        "\n[campaigns.anniversary]\non = true\n",
        "\n[campaigns.unused_reward]\non = true\n",
        "\n[campaigns.statement]\non = true\n",
        "\n[campaigns.birthday]\non = true\ngift = { stamps = 1 }\n",
    ]
)


@dataclass
class Person:
    """A member: where they live, how often they come, and whether they agreed to messages."""

    member: Member
    zone: ZoneInfo
    birthday: tuple[int, int]
    willing: bool
    every: float
    next_visit: datetime
    number: str


@dataclass
class Heard:
    """What arrived: when (the programme's time), where, what."""

    at: datetime
    number: str
    text: str


@dataclass
class Years:
    """The run: its people and what they heard."""

    work: Work
    seed: int
    people: list[Person] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.provider = Provider("telegram", text=4096, buttons=8)
        self.provider.watched = self._hear
        self.post = Post(self.work, self.provider, campaigns=CAMPAIGNS)
        self.post.watch.at = BEGIN
        # Leases are the machine's: those of messages that wait for morning run out as they should.
        self.post.watch.real = datetime.now(UTC)
        self.till = Staff(1, "Jana", Role.OWNER, "shop0")

    def _hear(self, message: OutboundMessage) -> None:
        self.heard.append(Heard(self.post.watch.at, message.address.value, message.text))

    async def open(self, people: int) -> None:
        """Put the programme in force and let everybody join."""
        text = programmes.preset("cafe-stamps")
        limits = "member_stamps_a_day = 10"
        assert limits in text
        await self.work.adopt(text.replace(limits, "member_stamps_a_day = 30") + PROGRAMME, BEGIN)
        async with self.work.unit_of_work() as uow:
            await staffing.invite(uow, "Jana", Role.OWNER, None, BEGIN)
        for number in range(people):
            self.people.append(await self._join(number))

    async def _join(self, number: int) -> Person:
        place = number % len(ZONES)
        address = Address("telegram", f"{number + 1}")
        willing = self.dice.random() < 0.85
        async with self.work.unit_of_work() as uow:
            chat = await conversations.enter(uow.tx, address, "telegram", "en", BEGIN)
            joined = await joining.join(
                uow, chat, name="Anna", language="en", location=f"shop{place}", now=BEGIN
            )
            member = joined.member
            birthday = BIRTHDAYS[number % len(BIRTHDAYS)]
            await members.set_birthday(uow.tx, member.id, *birthday, BEGIN)
            await joining.decide_marketing(
                uow, member.id, "telegram", willing, "join.marketing", BEGIN
            )
        every = self.dice.choice([2.0, 5.0, 12.0, 40.0, 100.0])
        first = BEGIN + timedelta(days=self.dice.random() * every)
        return Person(
            member, ZoneInfo(ZONES[place]), birthday, willing, every, first, address.value
        )

    async def live(self, *steps: timedelta) -> None:
        """Let time pass in steps; the machine is off for four hours now and then."""
        until = BEGIN.replace(year=BEGIN.year + YEARS)
        for step in cycle(steps):
            if self.post.watch.at >= until:
                return
            off = step < OFF and self.dice.random() < 0.005
            self.post.watch.passes(seconds=(OFF if off else step).total_seconds())
            await self._come()
            await sweep(self.work, self.post.watch, self.post.sender.deliver)
            await plan(self.work, self.post.watch, CAMPAIGNS, self.post.sender.deliver)
            while await self.post.sender.deliver_due():
                pass

    async def _come(self) -> None:
        now = self.post.watch.at
        for person in self.people:
            if person.next_visit > now:
                continue
            hour = now.astimezone(person.zone).hour
            if 8 <= hour < 19:
                await self._visit(person, now)
                days = self.dice.expovariate(1 / person.every)
                person.next_visit = now + timedelta(days=max(days, 0.5))

    async def _visit(self, person: Person, now: datetime) -> None:
        key = f"{person.number}:{now.isoformat()}"
        count = self.dice.choice([1, 1, 2])
        async with self.work.unit_of_work() as uow:
            earned = await earning.stamp(uow, person.member.id, count, self.till, key, now)
        assert isinstance(earned, Earned), earned
        await self.post.sender.deliver(uow.touched)
        async with self.work.reading() as reader:
            have = await wallet(reader, await self.work.programme(), person.member.id, now)
        if have.balance("reward:coffee") and self.dice.random() < 0.5:
            async with self.work.unit_of_work() as uow:
                await redeeming.reserve(uow, person.member.id, "coffee", f"{key}:r", now)

    # What must hold

    async def check(self) -> Counter[str]:
        """Raise AssertionError where a promise was broken; how many were sent of each campaign."""
        programme = await self.work.programme()
        rows = await self._occasions()
        self._check_caps(programme, rows)
        self._check_quiet(programme, rows)
        self._check_birthdays(rows)
        now = self.post.watch.at
        for row in rows:
            waits = row["state"] == "planned" and _at(row["ends_at"]) > now
            assert waits or row["state"] in ("taken", "dropped"), (self.seed, row)
            assert row["state"] != "dropped" or row["reason"], (self.seed, row)
        return Counter(row["campaign"] for row in rows if row["state"] == "taken")

    async def _occasions(self) -> list[dict[str, object]]:
        async with self.work.reading() as reader:
            return await reader.rows("SELECT * FROM occasion ORDER BY id")

    def _check_caps(self, programme: Programme, rows: list[dict[str, object]]) -> None:
        groups = {campaign.name: campaign.group for campaign in CAMPAIGNS}
        taken = defaultdict[tuple[object, str], list[datetime]](list)
        for row in rows:
            if row["state"] == "taken":
                taken[row["member_id"], ""].append(_at(row["taken_at"]))
                taken[row["member_id"], groups[str(row["campaign"])]].append(_at(row["taken_at"]))
        for (member_id, group), times in taken.items():
            windows = programme.caps.groups.get(group, {}) if group else programme.caps.member
            for window, most in windows.items():
                for at in times:
                    inside = [t for t in times if at - timedelta(days=DAYS[window]) < t <= at]
                    assert len(inside) <= most, (self.seed, member_id, group, window, at)

    def _check_quiet(self, programme: Programme, rows: list[dict[str, object]]) -> None:
        zones = {person.member.id: person.zone for person in self.people}
        willing = {person.member.id for person in self.people if person.willing}
        for row in rows:
            if row["state"] == "taken":
                at, zone = _at(row["taken_at"]), zones[int(str(row["member_id"]))]
                assert quiet_until(at, programme.quiet_hours, zone) is None, (self.seed, row)
                assert row["member_id"] in willing, (self.seed, row)

    def _check_birthdays(self, rows: list[dict[str, object]]) -> None:
        """Each willing member is wished well once a birthday, on the day where they live."""
        found = {
            (row["member_id"], row["occurrence"]): row
            for row in rows
            if row["campaign"] == "birthday"
        }
        for person in self.people:
            for day in birthdays(person, self.post.watch.at):
                row = found.pop((person.member.id, str(day.year)), None)
                if not person.willing:
                    assert row is None, (self.seed, row)
                    continue
                assert row is not None, (self.seed, person, day)
                if row["state"] == "taken":
                    local = _at(row["taken_at"]).astimezone(person.zone).date()
                    assert local == day, (self.seed, person, row)
                else:
                    assert "cap" in str(row["reason"]), (self.seed, person, row)
        assert not found, (self.seed, found)


def birthdays(person: Person, until: datetime) -> Iterator[date]:
    """The local days of a person's birthdays that are over."""
    month, day = person.birthday
    for year in range(BEGIN.year, BEGIN.year + YEARS + 1):
        leap = date(year, 12, 31).timetuple().tm_yday == 366
        on = date(year, 2, 28) if (month, day) == (2, 29) and not leap else date(year, month, day)
        begin = datetime(on.year, on.month, on.day, tzinfo=person.zone)
        if begin >= BEGIN and begin + 2 * DAY <= until:
            yield on


def _at(value: object) -> datetime:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at.astimezone(UTC)


async def run(seed: int, people: int, step: timedelta) -> None:
    """The whole of it on a SQLite file of its own, with what came of it printed."""
    started = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite://{Path(folder) / 'years.db'}", lasting=False)
        try:
            await migrate(database, BEGIN)
            await open_vault(database, [SECRET], BEGIN)
            years = Years(Work(database, Catalogues.load().languages, "years"), seed)
            await years.open(people)
            await years.live(step)
            sent = await years.check()
            reasons = Counter(
                str(row["reason"]) for row in await years._occasions() if row["state"] == "dropped"
            )
        finally:
            await database.close()
    print(
        f"seed {seed}: {people} members, two years in steps of {step}, "
        f"{perf_counter() - started:.0f} s"
    )
    print("sent:", dict(sent), "in all", sum(sent.values()))
    print("dropped:", dict(reasons))


def main() -> None:
    """Run it with a seed of one's own, or a new one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--minutes", type=int, default=60)
    given = parser.parse_args()
    asyncio.run(run(given.seed, given.people, timedelta(minutes=given.minutes)))


if __name__ == "__main__":
    main()
