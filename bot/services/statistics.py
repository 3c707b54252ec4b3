"""The programme's key figures over days of the shop's calendar (docs/figures.md says each)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from bot.domain.expiry import local_midnight
from bot.domain.programme import Programme
from bot.domain.tiers import Standing
from bot.services import liability
from bot.services.liability import Owed
from bot.storage import statistics
from bot.storage.database import Reader
from bot.storage.statistics import Movements
from bot.storage.statistics import Purchases as Purchases

#: Days of a period nobody named: today is the last.
DAYS = 30


@dataclass(frozen=True, slots=True)
class Period:
    """Days in the programme's zone, the last one inside, as instants of which the second is not."""

    first: date
    last: date
    since: datetime
    until: datetime

    @classmethod
    def of(cls, programme: Programme, first: date, last: date) -> Period:
        """The days from one to another."""
        zone = programme.zone()
        begins, ends = local_midnight(first, zone), local_midnight(last + timedelta(days=1), zone)
        return cls(first, last, begins, ends)

    @classmethod
    def lately(cls, programme: Programme, now: datetime) -> Period:
        """The last thirty days, with today."""
        today = now.astimezone(programme.zone()).date()
        return cls.of(programme, today - timedelta(days=DAYS - 1), today)


@dataclass(frozen=True, slots=True)
class People:
    """Members at the end; of them the new ones, those who came in the period, and those twice."""

    members: int
    new: int
    active: int
    again: int
    visits: int

    @property
    def repeat_rate(self) -> Decimal | None:
        """The share of those who came that came more than once."""
        return rate(self.again, self.active)


@dataclass(frozen=True, slots=True)
class Money:
    """What members bought, and everybody else."""

    members: Purchases
    others: Purchases

    @property
    def share(self) -> Decimal | None:
        """The members' share of the revenue."""
        return rate(self.members.revenue, self.members.revenue + self.others.revenue)


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a period; tiers and what is owed are as of its end, or of now."""

    period: Period
    people: People
    money: Money
    units: dict[str, Movements]
    rewards: dict[str, int]
    tiers: dict[str, int]
    referrals: tuple[int, int]
    survey: tuple[int, int]
    donations: dict[str, int]
    messages: dict[str, int]
    owed: dict[str, Owed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lately:
    """The figures that are quick to have, for a look in between."""

    people: People
    money: Money
    rewards: dict[str, int]
    referrals: tuple[int, int]
    survey: tuple[int, int]
    donations: dict[str, int]
    messages: dict[str, int]


async def lately(reader: Reader, programme: Programme, now: datetime) -> Lately:
    """The last thirty days, without what needs the whole ledger."""
    period = Period.lately(programme, now)
    since, until = period.since, period.until
    return Lately(
        await people(reader, period),
        await money(reader, period),
        await statistics.rewards_used(reader, since, until),
        await statistics.referrals(reader, since, until),
        await statistics.survey(reader, since, until),
        await statistics.donations(reader, since, until) if programme.causes else {},
        await statistics.messages(reader, since, until),
    )


async def people(reader: Reader, period: Period) -> People:
    """Who is there and who came."""
    there, new = await statistics.members(reader, period.since, period.until)
    visits, active, again = await statistics.visits(reader, period.since, period.until)
    return People(there, new, active, again, visits)


async def money(reader: Reader, period: Period) -> Money:
    """What was bought with a card and without."""
    return Money(*await statistics.purchases(reader, period.since, period.until))


async def figures(reader: Reader, programme: Programme, period: Period, now: datetime) -> Figures:
    """All of them; reads whole tables."""
    since, until = period.since, period.until
    at = min(until, now)
    return Figures(
        period,
        await people(reader, period),
        await money(reader, period),
        await statistics.movements(reader, since, at),
        await statistics.rewards_used(reader, since, until),
        await sizes(reader, programme, at),
        await statistics.referrals(reader, since, until),
        await statistics.survey(reader, since, until),
        await statistics.donations(reader, since, until),
        await statistics.messages(reader, since, until),
        await liability.of(reader, programme, now),
    )


@dataclass(frozen=True, slots=True)
class Day:
    """A day's visits, and its revenue in the minor unit."""

    day: date
    visits: int = 0
    members: int = 0
    others: int = 0


async def daily(reader: Reader, programme: Programme, period: Period) -> list[Day]:
    """Visits and revenue of each day of a period."""
    zone, count = programme.zone(), (period.last - period.first).days + 1
    days = [Day(period.first + timedelta(days=number)) for number in range(count)]
    for hour in await statistics.by_hour(reader, period.since, period.until):
        number = (hour.at.astimezone(zone).date() - period.first).days
        was = days[number]
        days[number] = Day(
            was.day,
            was.visits + hour.visits,
            was.members + hour.members,
            was.others + hour.others,
        )
    return days


async def sizes(reader: Reader, programme: Programme, at: datetime) -> dict[str, int]:
    """How many members are in each tier, the lowest first; nobody counts who is in none."""
    found = {tier.code: 0 for tier in programme.tiers.levels}
    for reached, paid, count in await statistics.standings(reader, at):
        tier = Standing(reached, paid_tier=paid).current(programme.tiers, at)
        if tier:
            found[tier.code] += count
    return found


def rate(part: int, whole: int) -> Decimal | None:
    """A share to four places; None of nothing."""
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else None


def average(found: Purchases) -> int | None:
    """The average purchase in the minor unit."""
    return round(Decimal(found.revenue) / found.count) if found.count else None
