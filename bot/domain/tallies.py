"""What operations counted towards tiers, challenges and limits, by local day (S6, S18).

Days are integers YYYYMMDD. What is pending counts from its `from_day` on; 0 is at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.expiry import add_months
from bot.domain.programme_values import Span

#: Visits, money spent (minor units), points that qualify; a limited rule is `rule:<id>`.
VISITS, SPEND, POINTS = "visits", "spend", "points"


def uses_of(rule_id: str) -> str:
    """What counts how often a rule gave."""
    return f"rule:{rule_id}"


def day_number(day: date) -> int:
    """A day as the tallies keep it."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day a number stands for."""
    return date(number // 10_000, number // 100 % 100, number % 100)


@dataclass(frozen=True, slots=True)
class Count:
    """One thing counted on a day; below zero when it is taken back."""

    what: str
    day: int
    amount: int
    from_day: int = 0


class Tallies:
    """A member's counts, added up by day, and those being added."""

    def __init__(self, counts: Iterable[Count] = ()) -> None:
        self._by_day: dict[str, dict[tuple[int, int], int]] = {}
        self.added: list[Count] = []
        for count in counts:
            self._put(count)

    def _put(self, count: Count) -> None:
        days = self._by_day.setdefault(count.what, {})
        key = (count.day, count.from_day)
        days[key] = days.get(key, 0) + count.amount

    def add(self, count: Count) -> None:
        """Count something more; nothing is nothing."""
        if count.amount:
            self._put(count)
            self.added.append(count)

    def total(self, what: str, first: int, last: int, today: int) -> int:
        """What counts, as of `today`, of the days from `first` to `last`."""
        return sum(
            amount
            for (day, from_day), amount in self._by_day.get(what, {}).items()
            if first <= day <= last and from_day <= today
        )

    def coming(self, what: str, today: date) -> dict[date, int]:
        """What begins to count after a day, by the day it does."""
        found: dict[date, int] = {}
        for (_, from_day), amount in self._by_day.get(what, {}).items():
            if from_day > day_number(today) and amount:
                found[day_of(from_day)] = found.get(day_of(from_day), 0) + amount
        return found

    def known_on(self, what: str, first: date, last: date) -> set[date]:
        """The days from the first to the last on which something began to count."""
        begins, ends = day_number(first), day_number(last)
        known = {max(key) for key in self._by_day.get(what, {})}
        return {day_of(day) for day in known if begins <= day <= ends}

    def days_touched(self, what: str, known: date) -> set[date]:
        """The days, from the first of what began to count on a day, that anything is of."""
        number, days = day_number(known), self._by_day.get(what, {})
        begins = min((key[0] for key in days if max(key) == number), default=number)
        return {day_of(day) for day, _ in days if max(begins, 1) <= day <= number}


def window(span: Span, day: date) -> tuple[int, int]:
    """The first and last day of the span that `day` is in, or that ends with it."""
    if span.kind == "calendar_year":
        return day_number(date(day.year, 1, 1)), day_number(date(day.year, 12, 31))
    if span.kind == "calendar_month":
        first = day.replace(day=1)
        return day_number(first), day_number(add_months(first, 1) - timedelta(days=1))
    if span.kind == "months":
        return day_number(add_months(day, -span.number)) + 1, day_number(day)
    if span.kind == "days":
        return day_number(day - timedelta(days=span.number - 1)), day_number(day)
    return 0, 99_999_999
