"""The kinds of values a programme file is made of, each refused in words for the shop owner.

Amounts of units are integers; rates are `Decimal`; money in the file is a decimal in the
currency's major unit ("12.50").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import phonenumbers
from babel.numbers import list_currencies
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from bot.domain.expiry import Expiry
from bot.domain.messages import Wording

#: In characters. A name stands on the card, on buttons and in one-segment texts (S35).
NAME_LIMIT = 60
#: In characters: the terms and what is around them fit one Telegram message (S35).
TERMS_LIMIT = 3_500

#: Of any unit, at once.
LARGEST_QUANTITY = 1_000_000

_SUM = re.compile(r"\d{1,9}(\.\d{1,4})?", re.ASCII)


class Part(BaseModel):
    """A table of the programme file: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question to put after a message about `word`, or nothing where no known word is near."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_lower, n=1)
    return f' Did you mean "{by_lower[near[0]]}"?' if near else ""


def listed(words: Iterable[str]) -> str:
    """Words for a message, each in quotes."""
    return ", ".join(f'"{word}"' for word in words)


def _wording(value: Any) -> Wording:
    if isinstance(value, Wording):
        return value
    if isinstance(value, str):
        return Wording.of(value.strip())
    if isinstance(value, dict) and value and all(isinstance(t, str) for t in value.values()):
        return Wording.of({language: text.strip() for language, text in value.items()})
    raise ValueError('write a text in quotes, or one a language: { en = "Coffee", cs = "Káva" }')


def _name(value: Wording) -> Wording:
    for _, text in value.texts:
        if not text:
            raise ValueError("this name is empty: write what people should read")
        if len(text) > NAME_LIMIT or not text.isprintable():
            raise ValueError(f"write a name on one line, at most {NAME_LIMIT} characters long")
    return value


def _terms(value: Wording) -> Wording:
    if any(len(text) > TERMS_LIMIT for _, text in value.texts):
        raise ValueError(
            f"the terms are longer than the {TERMS_LIMIT} characters that fit one message: "
            "put them on a page of your own and write its address here"
        )
    return value


def _expiry(value: Any) -> Expiry:
    if isinstance(value, Expiry):
        return value
    if isinstance(value, str):
        return Expiry.parse(value)
    raise ValueError('write how long in quotes, such as "90 days", "12 months" or "never"')


def _sum(value: Any) -> Decimal:
    written = str(value).strip()
    if isinstance(value, bool) or not _SUM.fullmatch(written):
        raise ValueError('write an amount of money, with a point and no currency: 12 or "12.50"')
    return Decimal(written)


def above_zero(value: Decimal) -> Decimal:
    """The amount, which may not be nothing."""
    if not value:
        raise ValueError("write an amount above 0")
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: str) -> str:
    if value not in _zones():
        hint = did_you_mean(value, _zones()) or ' A name looks like "Europe/Prague".'
        raise ValueError(f'there is no time zone "{value}".{hint}')
    return value


def _currency(value: str) -> str:
    if value not in list_currencies():
        raise ValueError(f'"{value}" is no ISO 4217 currency: write three letters, such as "EUR"')
    return value


def _country(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f'"{value}" is no country: write two capital letters, such as "CZ"')
    return value


def _shaped(pattern: str, problem: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(problem)
        return value

    return AfterValidator(check)


#: One text for all languages, or a table of them: `{ en = "Coffee", cs = "Káva" }`.
Text = Annotated[Wording, BeforeValidator(_wording)]
Name = Annotated[Text, AfterValidator(_name)]
Terms = Annotated[Text, AfterValidator(_terms)]
Ends = Annotated[Expiry, BeforeValidator(_expiry)]
#: Money in the major unit: 12, 12.50 or "12.50".
Sum = Annotated[Decimal, BeforeValidator(_sum)]
Zone = Annotated[str, AfterValidator(_zone)]
Currency = Annotated[str, AfterValidator(_currency)]
Colour = Annotated[
    str, _shaped("#[0-9a-fA-F]{6}", 'write a colour as # and six hex digits, such as "#2f4a3c"')
]
#: A name other parts of the file, links and the database refer to.
Code = Annotated[
    str,
    _shaped(
        "[a-z0-9][a-z0-9_-]{0,30}",
        "a code has up to 31 small letters without accents, digits, - and _, and starts with "
        "a letter or digit",
    ),
]
Version = Annotated[
    str, _shaped(r"\S.{0,39}", 'write a version in 1 to 40 characters, such as "2026-06"')
]
#: https://www.twilio.com/docs/content/content-api-resources
ContentSid = Annotated[
    str, _shaped("HX[0-9a-fA-F]{32}", "a ContentSid is HX and 32 hex digits, from Twilio's console")
]
Country = Annotated[str, AfterValidator(_country)]
#: Strict: `true` and "5" are no numbers, and 1 is no `true`.
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Count = Annotated[Whole, Field(ge=1, le=1_000_000)]


Window = Literal["day", "week", "month", "quarter", "year"]


def _windows(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("write how many messages in which time: { day = 1, week = 2 }")
    return value


#: How many messages in each rolling window; 0 is none, a window left out is unlimited (S23).
Windows = Annotated[
    Mapping[Window, Annotated[Whole, Field(ge=0, le=1_000_000)]], BeforeValidator(_windows)
]

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def _clock(value: Any) -> time:
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0)
    if isinstance(value, str) and (found := _CLOCK.fullmatch(value.strip())):
        return time(int(found[1]), int(found[2]))
    raise ValueError('write a time of day in quotes, such as "09:00" or "18:30"')


#: A time of day where the member is.
ClockTime = Annotated[time, BeforeValidator(_clock)]


def _calendar_day(value: Any) -> date:
    day = value
    if not isinstance(day, date) or isinstance(day, datetime):
        try:
            day = date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValueError('write a day as year-month-day, such as "2026-12-24"') from None
    # What follows a day has to be one too.
    if not 1900 <= day.year < 3000:
        raise ValueError("write a day of our time, or leave this out for without an end")
    return day


CalendarDay = Annotated[date, BeforeValidator(_calendar_day)]


def _quantity(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError("write how much, such as 10 or 0.50")
    written = str(value).strip()
    if not _SUM.fullmatch(written) or not 0 <= Decimal(written) <= LARGEST_QUANTITY:
        raise ValueError(f"write a number from 0 to {LARGEST_QUANTITY}, with a point: 10 or 0.50")
    return Decimal(written)


#: How much of a unit, or of what is counted; whole but for money.
Quantity = Annotated[Decimal, BeforeValidator(_quantity)]
Positive = Annotated[Quantity, AfterValidator(above_zero)]


def _factor(value: Any) -> Decimal:
    written = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,3}(\.\d{1,4})?", written, re.ASCII):
        raise ValueError("write a number with a point, such as 2, 1.5 or 0.25")
    return Decimal(written)


#: A rate: a multiplier or a percentage.
Factor = Annotated[Decimal, BeforeValidator(_factor)]


@dataclass(frozen=True, slots=True)
class HourRange:
    """Times of day from `start` up to `end`, across midnight where `end` is earlier."""

    start: time
    end: time

    def __contains__(self, clock: time) -> bool:
        """Whether a time of day lies in it."""
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def _range_meant(parts: Sequence[str]) -> str:
    """Two times of day for somebody who wrote hours alone; else any two."""
    hours = [part.strip() for part in parts]
    if len(hours) == 2 and all(_CLOCK.fullmatch(f"{hour}:00") for hour in hours):
        return "-".join(f"{int(hour):02}:00" for hour in hours)
    return "14:00-17:00"


def _hours(value: Any) -> HourRange:
    if isinstance(value, HourRange):
        return value
    parts = value.split("-") if isinstance(value, str) else []
    try:
        start, end = (_clock(part) for part in parts)
    except ValueError:
        raise ValueError(f'write from when to when, such as "{_range_meant(parts)}"') from None
    if start == end:
        raise ValueError("that is no time at all: write two different times of day")
    return HourRange(start, end)


Hours = Annotated[HourRange, BeforeValidator(_hours)]

Tag = Annotated[str, _shaped(r"\S{1,40}", "a tag is one word")]


@dataclass(frozen=True, slots=True)
class Span:
    """Over what something is added up: all time, a calendar month or year, or the last so many."""

    kind: Literal["always", "calendar_year", "calendar_month", "months", "days"] = "always"
    number: int = 0

    def __str__(self) -> str:
        """The span as it is written in the file."""
        if not self.number:
            return self.kind.replace("_", " ")
        return f"{self.number} {self.kind[:-1] if self.number == 1 else self.kind}"


_SPANS = {"always": "always", "calendar year": "calendar_year", "calendar month": "calendar_month"}


def _span(value: Any) -> Span:
    if isinstance(value, Span):
        return value
    text = " ".join(str(value).lower().split())
    if text in _SPANS:
        return Span(_SPANS[text])  # type: ignore[arg-type]
    if (match := re.fullmatch(r"(\d{1,4}) (day|month)s?", text, re.ASCII)) and int(match[1]):
        return Span(f"{match[2]}s", int(match[1]))  # type: ignore[arg-type]
    raise ValueError('write "calendar year", "calendar month", "12 months", "90 days" or "always"')


SpanGiven = Annotated[Span, BeforeValidator(_span)]


@dataclass(frozen=True, slots=True)
class Gift:
    """What a campaign gives: `amount` of a unit, or one reward; the ledger's, never a message's.

    Of credit the amount is money in the major unit.
    """

    kind: Literal["stamps", "points", "credit", "reward"]
    amount: int = 1
    reward: str = ""


def _gift(value: Any) -> Gift:
    if isinstance(value, Gift):
        return value
    if isinstance(value, dict) and len(value) == 1:
        [(kind, given)] = value.items()
        if kind == "reward" and isinstance(given, str) and given:
            return Gift("reward", reward=given)
        if (
            kind in ("stamps", "points", "credit")
            and type(given) is int
            and 1 <= given <= 1_000_000
        ):
            return Gift(kind, given)
    raise ValueError(
        "write what is given: { stamps = 1 }, { points = 50 }, { credit = 5 } or "
        '{ reward = "coffee" }'
    )


GiftGiven = Annotated[Gift, BeforeValidator(_gift)]


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several ways to word a campaign, tried on a share of the members each (S34)."""

    text: Wording | None
    gift: Gift | None


def _variant(value: Any) -> Variant:
    if isinstance(value, Variant):
        return value
    if not isinstance(value, dict) or not value or set(value) - {"text", "gift"}:
        raise ValueError('a variant has a `text`, a `gift` or both: { text = "…" }')
    return Variant(
        _wording(value["text"]) if "text" in value else None,
        _gift(value["gift"]) if "gift" in value else None,
    )


Variants = Mapping[Code, Annotated[Variant, BeforeValidator(_variant)]]
