"""A birthday as people type it: a day and a month, however written."""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

from bot.domain.folding import fold

#: A birthday has 29 February, so it is looked up in a leap year.
_LEAP_YEAR = 2000

#: More than any date has, with room for a greeting's worth of spaces.
_CHARACTERS = 40

#: A month may be cut to as few letters.
_LETTERS = 3

_YEAR_FIRST = re.compile(r"\d{4}\s*([-/.])\s*(\d{1,2})\s*\1\s*(\d{1,2})\.?")
_DAY_FIRST = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})(?:\s*\2\s*(?:\d{4}|\d{2})?)?")
_WORD = re.compile(r"\d+|[^\W\d_]+")

#: What stands around the day, month and year in a sentence: 14th of March, 14 марта 1990 г.
_AROUND = frozenset({"st", "nd", "rd", "th", "of", "the", "de", "r", "roku", "г", "года"})


#: When 29 February is kept in other years (S30).
LeapDay = Literal["28 February", "1 March"]

_KEPT: Mapping[LeapDay, tuple[int, int]] = {"28 February": (2, 28), "1 March": (3, 1)}
_LEAP = (2, 29)


def kept_on(year: int, birthday: tuple[int, int], leap_day: LeapDay) -> date:
    """The day of a year on which a birthday is kept."""
    month, day = _KEPT[leap_day] if birthday == _LEAP and not isleap(year) else birthday
    return date(year, month, day)


def kept_that_day(day: date, leap_day: LeapDay) -> tuple[tuple[int, int], ...]:
    """The birthdays that are kept on a day: its own, and 29 February's in other years."""
    own = (day.month, day.day)
    return (own, _LEAP) if not isleap(day.year) and own == _KEPT[leap_day] else (own,)


def joined_that_day(day: date, years: int) -> tuple[date, date] | None:
    """First and last of the days whose anniversary, so many years later, is on a day.

    29 February is kept on 28 February in other years; None where no day is.
    """
    year = day.year - years
    try:
        same = day.replace(year=year)
    except ValueError:
        return None
    following = same + timedelta(days=1)
    leap = (following.month, following.day) == (2, 29)
    kept_early = leap and (day + timedelta(days=1)).month == 3
    return same, following if kept_early else same


class BadBirthday(ValueError):
    """The text is no day of the year.

    `not_a_date`: it cannot be read as a day and a month; `no_such_day`: it can, but the month
    has no such day.
    """

    def __init__(self, reason: Literal["not_a_date", "no_such_day"]) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_birthday(text: str, month_words: Mapping[str, int]) -> tuple[int, int]:
    """The month and day in `text`; raises BadBirthday.

    `month_words` are folded names of months; the beginning of one, three letters or more, is
    enough when it is clear. In numbers the day comes first, wherever one lives, unless only the
    other order is a date (3/14) or the year is in front (1990-03-14). A year is not kept.
    """
    folded = fold(text).strip(" \t\n,!")
    if not folded or len(folded) > _CHARACTERS:
        raise BadBirthday("not_a_date")
    if match := _YEAR_FIRST.fullmatch(folded):
        return _checked(int(match[2]), int(match[3]))
    if match := _DAY_FIRST.fullmatch(folded):
        day, month = int(match[1]), int(match[3])
        # 14/3 and 3/14: what can be no month is the day.
        return _checked(day, month) if month > 12 >= day else _checked(month, day)
    return _in_words(folded, month_words)


def _checked(month: int, day: int) -> tuple[int, int]:
    if not (1 <= month <= 12 and 1 <= day <= monthrange(_LEAP_YEAR, month)[1]):
        raise BadBirthday("no_such_day")
    return month, day


def _in_words(folded: str, month_words: Mapping[str, int]) -> tuple[int, int]:
    words = [word for word in _WORD.findall(folded) if word not in _AROUND]
    numbers = [word for word in words if word.isdecimal()]
    months = {_month(word, month_words) for word in words if not word.isdecimal()}
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if len(months) != 1 or len(words) - len(numbers) != 1:
        raise BadBirthday("not_a_date")
    if len(days) != 1 or len(years) > 1 or len(days) + len(years) != len(numbers):
        raise BadBirthday("not_a_date")
    return _checked(months.pop(), int(days[0]))


def _month(word: str, month_words: Mapping[str, int]) -> int:
    if word in month_words:
        return month_words[word]
    meant = {month for name, month in month_words.items() if name.startswith(word)}
    if len(word) < _LETTERS or len(meant) != 1:
        raise BadBirthday("not_a_date")
    return meant.pop()
