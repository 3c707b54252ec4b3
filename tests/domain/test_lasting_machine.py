"""S4, S18: deadlines and ends that activity moves, against a model that lives day by day."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot import programmes
from bot.domain import lasting
from bot.domain.ledger import NotEnough
from bot.domain.members import Member
from bot.domain.person import Activity, Person
from bot.domain.programme import Programme
from bot.domain.tiers import Standing
from tests.domain.ledger_model import Book

ZONE = ZoneInfo("Europe/Prague")
SHOP = """
[shop]
name = "Lipa"
languages = ["en"]
zone = "Europe/Prague"

[units.stamps]
card = 30
reward = "coffee"
expires = "3 months moved by activity"

[units.points]
expires = "9 months or 4 months without activity"

[units.credit]
expires = "5 months without activity"

[[earn]]
rule = "visit"
unit = "stamps"

[[earn]]
rule = "purchase"
unit = "points"
per = 1

[[earn]]
rule = "purchase"
code = "back"
unit = "credit"
percent = 5

[[rewards]]
code = "coffee"
name = "Coffee"

[[rewards]]
code = "voucher"
name = "Store credit"
kind = "credit"

[[rewards]]
code = "tea"
name = "Tea"
points = 10

[tiers]
by = "visits"

[[tiers.levels]]
code = "gold"
name = "Gold"
threshold = 5
expires = "12 months"
"""


def programme() -> Programme:
    found, problems = programmes.read(SHOP, ("en",))
    assert found is not None, problems
    return found


@dataclass
class Heap:
    """What was given at once: `last` is the last day of its own, None for never."""

    unit: str
    left: int
    earned: date
    last: date | None
    by_activity: bool
    gone: bool = False


class Days:
    """A member's life, one day after the other: no instants, no deadlines kept up."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.heaps: list[Heap] = []
        self.alive_since: dict[str, date] = {}
        self.months: dict[str, tuple[int, int]] = {}

    def next_day(self) -> None:
        yesterday, self.today = self.today, self.today + timedelta(days=1)
        for unit, months in (("points", 4), ("credit", 5)):
            since = self.alive_since.get(unit)
            if since and later(since, months) <= yesterday:
                del self.alive_since[unit]
                for heap in self.heaps:
                    heap.gone |= heap.unit == unit and heap.by_activity
        for heap in self.heaps:
            heap.gone |= heap.last is not None and heap.last <= yesterday

    def visit(self) -> None:
        month = (self.today.year, self.today.month)
        if self.months.get("stamps", (0, 0)) < month:
            self.months["stamps"] = month
            for heap in self.heaps:
                earlier = (heap.earned.year, heap.earned.month) < month
                if heap.unit == "stamps" and heap.last and heap.left and not heap.gone and earlier:
                    heap.last = same_day_next_month(heap.last, heap.earned.day)
        for unit in ("points", "credit"):
            self.alive_since[unit] = self.today

    def give(self, unit: str, amount: int, *, gold: bool) -> None:
        lasts = {"stamps": 3, "points": 9, "credit": None}[unit]
        by_activity = unit != "stamps"
        if gold and unit != "stamps":
            lasts, by_activity = 12, False
        if by_activity:
            self.alive_since.setdefault(unit, self.today)
        last = None if lasts is None else later(self.today, lasts)
        self.heaps.append(Heap(unit, amount, self.today, last, by_activity))

    def has(self, unit: str) -> int:
        return sum(heap.left for heap in self.heaps if heap.unit == unit and not heap.gone)

    def last_day(self, heap: Heap) -> date:
        """When it ends as things stand."""
        since = self.alive_since.get(heap.unit)
        idle = later(since, {"points": 4, "credit": 5}[heap.unit]) if heap.by_activity else None
        assert since or not heap.by_activity
        return min(filter(None, (heap.last, idle)), default=date.max)

    def spend(self, unit: str, amount: int) -> bool:
        if self.has(unit) < amount:
            return False
        there = [heap for heap in self.heaps if heap.unit == unit and not heap.gone and heap.left]
        for heap in sorted(there, key=lambda h: (self.last_day(h), h.earned)):
            taken = min(amount, heap.left)
            heap.left -= taken
            amount -= taken
        return True

    def rise(self) -> None:
        """Gold: twelve months from earning, where that is not sooner than it would end."""
        for heap in self.heaps:
            if heap.unit != "stamps" and not heap.gone and heap.left:
                longer = later(heap.earned, 12)
                if longer >= self.last_day(heap):
                    heap.last, heap.by_activity = longer, False


def later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def same_day_next_month(day: date, number: int) -> date:
    first = later(day.replace(day=1), 1)
    return first.replace(day=min(number, calendar.monthrange(first.year, first.month)[1]))


class Lasting(RuleBasedStateMachine):
    """Anything a member does, with expiry running or not, and what was lost never comes back."""

    @initialize(begins=st.dates(date(2026, 1, 1), date(2026, 12, 31)))
    def begin(self, begins: date) -> None:
        self.programme = programme()
        self.book, self.days = Book(), Days(begins)
        self.activity: dict[str, Activity] = {}
        self.gold = False

    @property
    def now(self) -> datetime:
        return datetime.combine(self.days.today, datetime.min.time(), ZONE).replace(hour=12)

    def person(self) -> Person:
        account = self.book.account(deadlines=_deadlines(self.activity))
        standing = Standing("gold", self.now) if self.gold else Standing()
        member = Member(1, "A", "Anna", "en", self.now, None, None)
        return Person(member, account, standing, activity=dict(self.activity))

    def write(self, person: Person) -> None:
        """As `persons.write_ledger` has it."""
        for unit, ends_at in person.lapsed.items():
            self.book.lapse(unit, ends_at)
        self.book.write(person.account)
        self.activity |= {unit: person.activity[unit] for unit in person.changed}

    @rule(days=st.integers(1, 45) | st.sampled_from([60, 61, 91, 92, 110, 140]))
    def wait(self, days: int) -> None:
        for _ in range(days):
            self.days.next_day()

    @rule()
    def visit(self) -> None:
        person = self.person()
        lasting.be_active(self.programme, person, self.now, ZONE, self.now)
        self.write(person)
        self.days.visit()

    @rule(unit=st.sampled_from(lasting.UNITS), amount=st.integers(1, 5))
    def gift(self, unit: str, amount: int) -> None:
        person = self.person()
        lasting.credit(self.programme, person, "gift", unit, amount, at=self.now, zone=ZONE)
        self.write(person)
        self.days.give(unit, amount, gold=self.gold)

    @rule(unit=st.sampled_from(lasting.UNITS), amount=st.integers(1, 6))
    def spend(self, unit: str, amount: int) -> None:
        person = self.person()
        spent = self.days.spend(unit, amount)
        try:
            person.account.debit("reserve", unit, amount, at=self.now)
        except NotEnough:
            assert not spent
        else:
            assert spent
            self.write(person)

    @rule()
    def expire(self) -> None:
        person = self.person()
        lasting.lapse(person, self.now)
        person.account.expire(self.now)
        self.write(person)

    @rule()
    def reach_gold(self) -> None:
        if not self.gold:
            self.gold = True
            person = self.person()
            gold = self.programme.tiers.levels[-1]
            lasting.reend(person, gold, ZONE, self.now)
            self.write(person)
            self.days.rise()

    @invariant()
    def same_as_day_by_day(self) -> None:
        account = self.person().account
        for unit in lasting.UNITS:
            assert account.spendable(unit, self.now) == self.days.has(unit)

    @invariant()
    def sums_up(self) -> None:
        self.book.check()


def _deadlines(activity: Mapping[str, Activity]) -> dict[str, datetime | None]:
    return {unit: each.ends_at for unit, each in activity.items()}


TestLasting = Lasting.TestCase
TestLasting.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
