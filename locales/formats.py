"""Numbers, money, days and times as natives write them; Babel does the work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from bot.domain.folding import fold
from bot.domain.messages import Day, Moment, Money

#: The region whose habits go with a language; one without a row goes by its own.
REGIONS: Mapping[str, str] = {
    "en": "en_GB",
    "cs": "cs_CZ",
    "pl": "pl_PL",
    "ro": "ro_RO",
    "ru": "ru_RU",
}

#: What people read where Babel's sign is not it.
_SIGNS: Mapping[tuple[str, str], str] = {("ro", "RON"): "lei"}

#: Below this a number is written without grouping: 2026, 1234, but 12 345.
_GROUPED_FROM = 10_000


@cache
def locale_of(language: str) -> Locale:
    """Babel's locale for a language; raises babel.UnknownLocaleError when there is none."""
    return Locale.parse(REGIONS.get(language, language))


def format_number(number: int, language: str) -> str:
    """A whole number, grouped from 10 000 on."""
    if abs(number) < _GROUPED_FROM:
        return str(number)
    return numbers.format_decimal(number, locale=locale_of(language))


def format_money(money: Money, language: str) -> str:
    """An amount with its currency's sign; whole amounts without decimals: 100 Kč, £3, £3.50."""
    precision = numbers.get_currency_precision(money.currency)
    amount = Decimal(money.minor).scaleb(-precision)
    whole = amount == amount.to_integral_value()
    return numbers.format_currency(
        amount,
        money.currency,
        format=_money_pattern(language, money.currency, whole),
        locale=locale_of(language),
        currency_digits=not whole,
    )


@cache
def _money_pattern(language: str, currency: str, whole: bool) -> str:
    locale = locale_of(language)
    pattern = str(locale.currency_formats["standard"].pattern)
    if whole:
        pattern = pattern.replace(".00", "")
    if sign := _SIGNS.get((language, currency)):
        pattern = pattern.replace("¤", sign)
    elif numbers.get_currency_symbol(currency, locale)[-1].isalpha():
        # Babel leaves out CLDR's space between a sign of letters and the number: CZK100.
        pattern = pattern.replace("¤#", "¤\N{NO-BREAK SPACE}#")
    return pattern


def format_day(day: Day, language: str) -> str:
    """A day with its month in words: 30 June 2026, or 30 June when it comes every year."""
    locale = locale_of(language)
    if day.yearly:
        return dates.format_skeleton("MMMMd", day.on, locale=locale)
    return dates.format_date(day.on, "long", locale)


def format_moment(moment: Moment, language: str) -> str:
    """An instant by the clock of its zone: 14:05, 30 June 2026, or both."""
    locale = locale_of(language)
    local = moment.at.astimezone(ZoneInfo(moment.zone))
    day = dates.format_date(local.date(), "long", locale)
    time = dates.format_time(local, "short", locale=locale)
    if moment.show == "both":
        return str(dates.get_datetime_format("medium", locale)).format(time, day)
    return day if moment.show == "day" else time


def month_words(languages: Iterable[str]) -> dict[str, int]:
    """The folded names of the months, in all forms, for `parse_birthday`."""
    words: dict[str, set[int]] = {}
    for language in languages:
        locale = locale_of(language)
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for month, name in dates.get_month_names(width, context, locale).items():
                    words.setdefault(fold(name).strip("."), set()).add(month)
    return {
        word: months.pop() for word, months in words.items() if len(months) == 1 and word.isalpha()
    }
