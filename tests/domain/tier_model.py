"""Tiers as a plain, slow clerk would keep them: every midnight, and whenever anything is counted.

He keeps every count in a list, adds up the whole window each time, and never looks back further
than the last change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rules:
    """The rules, in days: thresholds by tier from the lowest, 0 being nothing."""

    thresholds: tuple[int, ...]
    window: int | Literal["always", "year"]
    keeps: int | Literal["year"]
    one_step: bool
    grace: int


@dataclass
class Clerk:
    """One member's book; tiers are counted from 1, 0 is none."""

    rules: Rules
    counts: list[tuple[date, date, int]] = field(default_factory=list)
    tier: int = 0
    changed: date | None = None
    last: date | None = None
    grace: bool = False

    def counted(self, day: date, known: date, amount: int) -> None:
        """Something is counted on a day, and known from another on."""
        self.counts.append((day, max(day, known), amount))

    def midnight(self, day: date) -> None:
        """A day begins: what ended with the day before is looked at."""
        while self.last is not None and self.last < day:
            self._review()

    def look(self, today: date) -> None:
        """What is known today: the tier of any day since the last change, and of that day's eve."""
        since = min((d for d, _, _ in self.counts), default=today)
        floor = self.changed - DAY if self.changed else since
        day = max(since, floor)
        while day <= today:
            reached = self._reached(day, self._begins(day), today)
            if reached > self.tier:
                self.tier, self.changed, self.grace = reached, self._as_changed(day, today), False
                self.last = self._kept_until(day)
                self.midnight(today)
            day += DAY

    def _as_changed(self, day: date, today: date) -> date:
        # The eve of what was reached today is today; of a day gone by, the day before it.
        return today + DAY if day == today else day

    def _review(self) -> None:
        assert self.last is not None
        ended = self.last - timedelta(days=self.rules.grace if self.grace else 0)
        supported = self._reached(self.last, self._begins(ended), self.last)
        due = self.last + DAY
        if supported >= self.tier:
            self.last, self.grace = self._again(ended, due), False
        elif self.rules.grace and not self.grace:
            self.last, self.grace = self.last + timedelta(days=self.rules.grace), True
        else:
            self.tier = self.tier - 1 if self.rules.one_step else supported
            self.changed = due
            self.last = self._again(ended, due) if self.tier else None
            self.grace = False

    def _again(self, ended: date, due: date) -> date:
        last = self._kept_until(ended)
        return last if last + DAY > due else self._kept_until(due)

    def _kept_until(self, day: date) -> date:
        if self.rules.keeps == "year":
            return date(day.year + 1, 12, 31)
        return day + timedelta(days=self.rules.keeps)

    def _begins(self, day: date) -> date:
        if self.rules.window == "always":
            return date.min
        if self.rules.window == "year":
            return date(day.year, 1, 1)
        return day - timedelta(days=self.rules.window - 1)

    def _reached(self, day: date, begins: date, known: date) -> int:
        total = sum(
            amount for on, when, amount in self.counts if begins <= on <= day and when <= known
        )
        return sum(threshold <= total for threshold in self.rules.thresholds)
