"""Numbers, money, days and times as natives write them; Babel does the work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from bot.domain.folding import fold
from bot.domain.messages import Day, Moment, Money
from locales.voices import is_short, language_of


@dataclass(frozen=True, slots=True)
class Habits:
    """How a language's people write: as in their region, and where CLDR is not it.

    `signs` are currencies' signs, `day` a pattern for a whole date and `short_day` the one for
    where each character counts; amounts of money have their thousands apart from `grouped_from` on.
    """

    region: str
    signs: Mapping[str, str] = field(default_factory=dict)
    day: str = "long"
    short_day: str = "dd.MM.y"
    grouped_from: int = 1_000


#: One without a row goes by its own region.
HABITS: Mapping[str, Habits] = {
    # 30/06/2026 would be read either way round.
    "en": Habits("en_GB", short_day="d MMM y"),
    "cs": Habits("cs_CZ", short_day="d.M.y"),
    # Four digits stand together: https://publications.europa.eu/code/pl/pl-4100800.htm
    "pl": Habits("pl_PL", day="d MMMM y\N{NO-BREAK SPACE}'r.'", grouped_from=10_000),
    "ro": Habits("ro_RO", signs={"RON": "lei"}),
    "ru": Habits("ru_RU"),
}

#: Below this a number is written without grouping: 2026, 1234, but 12 345.
_GROUPED_FROM = 10_000


def habits_of(voice: str) -> Habits:
    """How the people write who speak the language of a voice."""
    language = language_of(voice)
    return HABITS.get(language) or Habits(language)


@cache
def locale_of(voice: str) -> Locale:
    """Babel's locale for a language; raises babel.UnknownLocaleError when there is none."""
    return Locale.parse(habits_of(voice).region)


def format_number(number: int | Decimal, language: str) -> str:
    """A number, grouped from 10 000 on."""
    if isinstance(number, int) and abs(number) < _GROUPED_FROM:
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
        group_separator=abs(amount) >= habits_of(language).grouped_from,
    )


@cache
def _money_pattern(language: str, currency: str, whole: bool) -> str:
    locale = locale_of(language)
    pattern = str(locale.currency_formats["standard"].pattern)
    if whole:
        pattern = pattern.replace(".00", "")
    if sign := habits_of(language).signs.get(currency):
        pattern = pattern.replace("¤", sign)
    elif numbers.get_currency_symbol(currency, locale)[-1].isalpha():
        # Babel leaves out CLDR's space between a sign of letters and the number: CZK100.
        pattern = pattern.replace("¤#", "¤\N{NO-BREAK SPACE}#")
    return pattern


def format_day(day: Day, language: str) -> str:
    """A day with its month in words: 30 June 2026, or 30 June when it comes every year.

    Over SMS a whole date is as short as the language's people write it: 30.6.2026.
    """
    locale = locale_of(language)
    if day.yearly:
        return dates.format_skeleton("MMMMd", day.on, locale=locale)
    return _format_date(day.on, language)


def format_moment(moment: Moment, language: str) -> str:
    """An instant by the clock of its zone: 14:05, 30 June 2026, or both."""
    locale = locale_of(language)
    local = moment.at.astimezone(ZoneInfo(moment.zone))
    day = _format_date(local.date(), language)
    time = dates.format_time(local, "short", locale=locale)
    if moment.show == "both":
        return str(dates.get_datetime_format("medium", locale)).format(time, day)
    return day if moment.show == "day" else time


def _format_date(day: date, language: str) -> str:
    habits = habits_of(language)
    pattern = habits.short_day if is_short(language) else habits.day
    return dates.format_date(day, pattern, locale_of(language))


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
