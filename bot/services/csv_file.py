"""CSV files people bring: the lines with their numbers, and what is wrong with them.

A file is read line by line, so that memory does not grow with it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TextIO, TypeVar
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from bot.domain.amounts import LARGEST
from bot.domain.expiry import local_midnight
from bot.domain.programme import Programme
from bot.domain.programme_values import did_you_mean

T = TypeVar("T")

#: In characters.
TEXT_LIMIT = 200

_MONEY = re.compile(r"\d{1,12}(?:\.(\d{1,6}))?", re.ASCII)
_WORDS = re.compile(r"[\s,;]+")
#: Before it nobody kept purchases that anybody would bring in.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line of a file, and what to do; the header is line 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line as written: its texts by column, without the empty ones."""

    number: int
    texts: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.texts.get(column, "")


class Cells:
    """Reads one line's values, and notes every one that can't be used."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.problems: list[Problem] = []

    def read(self, column: str, value: Callable[[str], T], empty: T) -> T:
        """The value of a column's text, or what stands for an empty one."""
        text = self._line[column]
        try:
            return value(text) if text else empty
        except (ValueError, OverflowError) as error:
            self.wrong(f"{column}: {error}")
            return empty

    def wrong(self, message: str) -> None:
        """Note what is wrong with the line."""
        self.problems.append(Problem(self._line.number, message))


def lines(
    stream: TextIO,
    usual: Sequence[str],
    lacking: Callable[[Collection[str]], str],
    more: Sequence[str] = (),
) -> Iterator[Line | Problem]:
    """The lines of a file, and where it is no CSV or its header can't be used.

    Its columns are the `usual` ones and `more`; `lacking` says what is missing among those there.
    """
    known = (*usual, *more)
    separator, texts = _separator(stream)
    reader = csv.reader(texts, strict=True, delimiter=separator)
    columns: Sequence[str] | None = None
    while True:
        number = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            break
        except csv.Error as error:
            yield Problem(number, f"this is no CSV ({error}): mind the quotes")
            return
        if not any(cells):
            continue
        if columns is None:
            columns = [cell.lower() for cell in cells]
            bad = [Problem(number, why) for why in _bad_header(columns, known, lacking)]
            yield from bad
            if bad:
                return
        elif len(cells) != len(columns):
            yield Problem(number, _torn(len(cells), len(columns), separator))
        else:
            pairs = zip(columns, cells, strict=True)
            yield Line(number, {column: cell for column, cell in pairs if cell})
    if columns is None:
        yield Problem(1, f"there is no header: write one, such as {','.join(usual)}")


def _separator(stream: TextIO) -> tuple[str, Iterator[str]]:
    """What is between the columns: where decimals have a comma, Excel writes semicolons."""
    first: list[str] = []
    for text in stream:
        first.append(text)
        if text.strip():
            break
    header = first[-1] if first else ""

    def texts() -> Iterator[str]:
        yield from first
        yield from stream

    return ";" if ";" in header and "," not in header else ",", texts()


def _torn(values: int, columns: int, separator: str) -> str:
    there = "is 1 value" if values == 1 else f"are {values} values"
    marks = "semicolons" if separator == ";" else "commas"
    return f"there {there} for {columns} columns: mind the {marks}"


def _bad_header(
    columns: Sequence[str], known: Sequence[str], lacking: Callable[[Collection[str]], str]
) -> Iterator[str]:
    if len(columns) == 1 and "\t" in columns[0]:
        yield "the columns are separated by tabs: save the file as CSV, with commas or semicolons"
        return
    for column in dict.fromkeys(columns):
        if column not in known:
            hint = did_you_mean(column, known) or f" There are: {', '.join(known)}."
            yield f'there is no column "{column}".{hint}'
        elif columns.count(column) > 1:
            yield f'the column "{column}" is there twice: keep one of the two'
    if missing := lacking(columns):
        yield missing


def instant(zone: ZoneInfo, now: datetime, text: str) -> datetime:
    """A day, which begins at midnight in `zone`, or an instant with its offset; not to come."""
    try:
        day = date.fromisoformat(text)
        at = local_midnight(day, zone)
    except ValueError:
        at = _exact(text)
    if at > now:
        raise ValueError(f"{text} is still to come")
    if at < _EARLIEST:
        raise ValueError(f"{text} is before 1970")
    return at


def _exact(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.utcoffset() is None:
        raise ValueError(
            f'"{text}" is no date: write it as 2026-03-14, or with the time and its offset as '
            "2026-03-14T09:30:00+01:00"
        )
    return at.astimezone(UTC)


def location(programme: Programme, text: str) -> str:
    """The code of one of the programme's locations."""
    if programme.location(text) is None:
        codes = [place.code for place in programme.locations]
        hint = did_you_mean(text, codes) or f" There are: {', '.join(codes) or 'none'}."
        raise ValueError(f'the programme has no location "{text}".{hint}')
    return text


def money(programme: Programme, text: str) -> int:
    """An amount of money with a point, from 0 on, in the currency's minor unit."""
    currency = programme.shop.currency
    precision = get_currency_precision(currency)
    match = _MONEY.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text[:20]}" is no amount: write it with a point, such as 1234.50')
    if len((match[1] or "").rstrip("0")) > precision:
        raise ValueError(f"{text} is more exact than {currency} is")
    amount = int(Decimal(text).scaleb(precision))
    if amount > LARGEST * 10**precision:
        raise ValueError(f"{text} is more than {LARGEST}")
    return amount


def money_text(amount: int, programme: Programme) -> str:
    """An amount in the currency's minor unit as a file holds it."""
    return str(Decimal(amount).scaleb(-get_currency_precision(programme.shop.currency)))


def line_of_text(text: str) -> str:
    """A text of one line that is not too long."""
    if len(text) > TEXT_LIMIT or not text.isprintable():
        raise ValueError(f"write one line of at most {TEXT_LIMIT} characters")
    return text


def words(text: str) -> tuple[str, ...]:
    """The words of a text, each once, with spaces, commas or semicolons between them."""
    return tuple(word for word in dict.fromkeys(_WORDS.split(text.strip(" ,;"))))
