"""When a lot ends (S4): the policies a programme may name, and the instant each gives."""

from __future__ import annotations

import calendar
import math
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Kind = Literal["never", "days", "weeks", "months", "end_of_month", "end_of_year"]

_AFTER = re.compile(r"(\d{1,4}) (day|week|month)s?( moved by activity)?")
_END = re.compile(r"end of (month|year)(?: \+ (\d{1,3}) months?)?")
_IDLE = re.compile(r"(?:(.+) or )?(\d{1,3}) months? without activity")
_SHAPES = (
    'an expiry is "never", "N days", "N weeks", "N months", "end of month" or "end of year", the '
    'last two also with "+ N months"; "N months moved by activity"; "N months without activity", '
    'also after one of the others and "or"'
)


@dataclass(frozen=True, slots=True)
class Expiry:
    """One expiry policy. `number` counts days, weeks or months; for the ends of a month or year
    it is the months added after that end.

    `idle_months`: it ends as well with so many months without activity, 0 is not at all.
    `moves`: each calendar month with activity, after the one it was earned in, moves its end on
    by a month.
    """

    kind: Kind = "never"
    number: int = 0
    idle_months: int = 0
    moves: bool = False

    @classmethod
    def parse(cls, text: str) -> Expiry:
        """A policy as people write it: `never`, `90 days`, `12 months`, `end of year + 3 months`,
        `6 months moved by activity`, `24 months or 12 months without activity`.

        Raises ValueError for anything else.
        """
        text = " ".join(text.lower().replace(",", " ").split())
        if text == "never":
            return cls()
        if match := _IDLE.fullmatch(text):
            own = cls.parse(match[1] or "never")
            return replace(own, idle_months=_above_zero(match[2]))
        if match := _AFTER.fullmatch(text):
            if match[3] and match[2] != "month":
                raise ValueError("only a number of months can be moved by activity")
            kind: Kind = f"{match[2]}s"  # type: ignore[assignment]
            return cls(kind, _above_zero(match[1]), moves=bool(match[3]))
        if match := _END.fullmatch(text):
            return cls(f"end_of_{match[1]}", int(match[2] or 0))  # type: ignore[arg-type]
        raise ValueError(_SHAPES)

    def __str__(self) -> str:
        """The policy as `parse` reads it."""
        plural = "" if self.number == 1 else "s"
        if self.kind == "never":
            own = "never"
        elif self.kind.startswith("end_of"):
            more = f" + {self.number} month{plural}" if self.number else ""
            own = f"{self.kind.replace('_', ' ')}{more}"
        else:
            moved = " moved by activity" if self.moves else ""
            own = f"{self.number} {self.kind[:-1]}{plural}{moved}"
        if not self.idle_months:
            return own
        idle = f"{self.idle_months} month{'' if self.idle_months == 1 else 's'} without activity"
        return idle if self.kind == "never" else f"{own} or {idle}"

    @property
    def least_days(self) -> float:
        """Roughly how long the unluckiest lot lives: the end of a month may be the same day."""
        own = self.number * {"days": 1, "weeks": 7}.get(self.kind, 30)
        return min(math.inf if self.kind == "never" else own, self.idle_months * 30 or math.inf)

    def ends_at(self, earned_at: datetime, zone: ZoneInfo) -> datetime | None:
        """The instant (UTC) from which a lot earned at `earned_at` is gone; None for never.

        Without what activity does to it: see `deadline` and `moved`. A lot is usable through its
        last local day in `zone`, so this is local midnight of the day after it.
        """
        earned = earned_at.astimezone(zone).date()
        if self.kind == "never":
            return None
        if self.kind == "days":
            last = earned + timedelta(days=self.number)
        elif self.kind == "weeks":
            last = earned + timedelta(weeks=self.number)
        elif self.kind == "months":
            last = add_months(earned, self.number)
        else:
            month = 12 if self.kind == "end_of_year" else earned.month
            last = _last_of_month(add_months(date(earned.year, month, 1), self.number))
        return local_midnight(last + timedelta(days=1), zone)

    def deadline(self, active_at: datetime, zone: ZoneInfo) -> datetime | None:
        """The instant (UTC) from which all is gone without activity after `active_at`."""
        if not self.idle_months:
            return None
        last = add_months(active_at.astimezone(zone).date(), self.idle_months)
        return local_midnight(last + timedelta(days=1), zone)


def moved(ends_at: datetime, earned_at: datetime, months: int, zone: ZoneInfo) -> datetime:
    """An end that months of activity move on: to the day of the month it was earned on."""
    last = ends_at.astimezone(zone).date() - timedelta(days=1)
    month = add_months(last.replace(day=1), months)
    earned = earned_at.astimezone(zone).date()
    day = min(earned.day, _last_of_month(month).day)
    return local_midnight(month.replace(day=day) + timedelta(days=1), zone)


def _above_zero(number: str) -> int:
    if not int(number):
        raise ValueError('an expiry of 0 would end at once; write "never" or a number')
    return int(number)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or that month's last day where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return first.replace(day=min(day.day, _last_of_month(first).day))


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which `day` begins in `zone`.

    Where midnight is skipped by a change of the clock, the day begins at the first minute there is.
    """
    return datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC"))


def _last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
