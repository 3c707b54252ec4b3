"""A programme in a few words, which it also writes as a programme file; plain days and rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Prague")
LATEST = datetime.max.replace(tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Level:
    """A tier: what reaches it, what it multiplies by, how long its points last."""

    code: str
    threshold: int
    multiply: Fraction = Fraction(1)
    expires: str = ""


@dataclass(frozen=True)
class Ladder:
    """How tiers are reached and kept."""

    by: str
    window: str
    keeps: str
    grace: int
    one_step: bool
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Rules:
    """A programme: a stamp card, points, credit, tiers, a challenge, a multiplier, or some."""

    card: int = 0
    stamps_last: str = "never"
    points: Fraction = Fraction(0)
    rounding: str = "down"
    points_last: str = "never"
    percent: int = 0
    double: Fraction | None = None
    double_from: int = 0
    weekend: Fraction | None = None
    stacking: str = "highest"
    pending: int = 0
    below_zero: bool = False
    no_tobacco: bool = False
    challenge: int = 0
    once_a_day: int = 0
    ladder: Ladder | None = None

    def toml(self) -> str:
        """The same as a programme file."""
        out = [
            '[shop]\nname = "Shop"\nlanguages = ["en"]\nzone = "Europe/Prague"\ncurrency = "EUR"',
            '[joining]\nterms = "Come often."\nminimum_age = 0',
            "[limits]\nmember_stamps_a_day = 1000000\ncolleague_stamps_a_day = 1000000\n"
            "undo_minutes = 1440",
            f'[earning]\nstacking = "{self.stacking}"\npending_days = {self.pending}'
            + ('\nexcluded = ["tobacco"]' if self.no_tobacco else ""),
            '[[products]]\ncode = "cigars"\nname = "Cigars"\ncategory = "tobacco"',
            "[ledger]\nwhen_spent = "
            + ('"go_below_zero"' if self.below_zero else '"stop_at_zero"'),
        ]
        if self.card:
            out.append(
                f'[units.stamps]\ncard = {self.card}\nreward = "coffee"\n'
                f'expires = "{self.stamps_last}"'
            )
            out.append('[[earn]]\nrule = "visit"\nunit = "stamps"')
            out.append('[[rewards]]\ncode = "coffee"\nname = "Coffee"\nvalidity = "30 days"')
        if self.points:
            rate = f"amount = {self.points.numerator}\nper = {self.points.denominator}"
            out.append(f'[units.points]\nexpires = "{self.points_last}"')
            out.append(
                f'[[earn]]\nrule = "purchase"\nunit = "points"\n{rate}\n'
                f'rounding = "{self.rounding}"'
            )
            out.append('[[rewards]]\ncode = "cake"\nname = "Cake"\npoints = 7')
            if self.double:
                out.append(
                    '[[earn]]\nrule = "purchase"\ncode = "big"\nunit = "points"\n'
                    f"multiply = {float(self.double)}\nminimum = {self.double_from}"
                )
            if self.weekend:
                out.append(
                    '[[earn]]\nrule = "purchase"\ncode = "weekend"\nunit = "points"\n'
                    f'multiply = {float(self.weekend)}\nweekdays = ["sat", "sun"]'
                )
            if self.once_a_day:
                out.append(
                    '[[earn]]\nrule = "purchase"\ncode = "daily"\nunit = "credit"\n'
                    f"amount = 1\nper_day = {self.once_a_day}"
                )
        if self.percent or self.once_a_day:
            out.append('[units.credit]\n[[rewards]]\ncode = "pay"\nname = "Pay"\nkind = "credit"')
        if self.percent:
            out.append(f'[[earn]]\nrule = "purchase"\nunit = "credit"\npercent = {self.percent}')
        if self.challenge:
            out.append(
                '[[earn]]\nrule = "challenge"\nunit = "points"\namount = 5\n'
                f'goal = {self.challenge}\nwithin = "week"'
            )
        if self.ladder:
            out.append(_tiers(self.ladder))
        return "\n\n".join(out) + "\n"


def _tiers(ladder: Ladder) -> str:
    down = "one_step" if ladder.one_step else "to_balance"
    out = [
        f'[tiers]\nby = "{ladder.by}"\nwindow = "{ladder.window}"\nkeeps = "{ladder.keeps}"\n'
        f'grace_days = {ladder.grace}\ndowngrade = "{down}"'
    ]
    for level in ladder.levels:
        lasts = f'\nexpires = "{level.expires}"' if level.expires else ""
        out.append(
            f'[[tiers.levels]]\ncode = "{level.code}"\nname = "{level.code}"\n'
            f"threshold = {level.threshold}\nmultiply = {float(level.multiply)}{lasts}"
        )
    return "\n\n".join(out)


def local(at: datetime) -> date:
    """The day on the wall."""
    return at.astimezone(ZONE).date()


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The same day some months later, or the last there is."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        if last <= day.day:
            try:
                return date(year, month + 1, last)
            except ValueError:
                continue
    raise AssertionError("a month has 28 days")


def own_end(lasts: str, earned: date) -> datetime | None:
    """When something earned on a day ends, whatever anybody does."""
    words = lasts.partition(" or ")[0].split()
    if words == ["never"] or "without" in words:
        return None
    if words[0] == "end":
        month = months_later(earned.replace(day=1), int(words[4]) if "+" in words else 0)
        return midnight(day_in(month, 31) + DAY)
    number = int(words[0])
    if words[1].startswith("month"):
        return midnight(months_later(earned, number) + DAY)
    return midnight(earned + number * (7 if words[1].startswith("week") else 1) * DAY + DAY)


def idle_months(lasts: str) -> int:
    """After how many months without activity it ends; 0 for never."""
    last = lasts.split(" or ")[-1]
    return int(last.split()[0]) if "without activity" in last else 0


def week_of(day: date) -> tuple[int, int]:
    """The week a day is in, from Monday on."""
    return day.isocalendar()[:2]


def window_begins(window: str, day: date) -> date:
    """The first day of the window a day is in or ends."""
    if window == "always":
        return date.min
    if window == "calendar year":
        return date(day.year, 1, 1)
    if window == "calendar month":
        return day.replace(day=1)
    number, unit = window.split()
    if unit.startswith("month"):
        return months_later(day, -int(number)) + DAY
    return day - (int(number) - 1) * DAY


def day_in(month: date, day: int) -> date:
    """A day of the month, or its last."""
    found = month.replace(day=1)
    while found.day < day and (found + DAY).month == month.month:
        found += DAY
    return found


def together(factors: list[Fraction], stacking: str) -> Fraction:
    """Several multipliers as one."""
    factors = [factor for factor in factors if factor > 1]
    if stacking == "sum":
        return 1 + sum((factor - 1 for factor in factors), Fraction(0))
    if stacking == "product":
        return math.prod(factors, start=Fraction(1))
    return max(factors, default=Fraction(1))


_ROUNDED: dict[str, Callable[[Fraction], int]] = {
    "down": math.floor,
    "up": math.ceil,
    "half_up": lambda exact: math.floor(exact + Fraction(1, 2)),
}


def rounded(exact: Fraction, how: str) -> int:
    """A whole number."""
    return _ROUNDED[how](exact)
