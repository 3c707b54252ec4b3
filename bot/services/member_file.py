"""Members as lines of a CSV file: the columns, and reading each line into a checked `Newcomer`."""

from __future__ import annotations

import csv
import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO

from bot.domain.expiry import local_midnight
from bot.domain.ledger import reward_unit
from bot.domain.programme import Programme, did_you_mean
from bot.services.joining import NAME_LIMIT, clean_name
from bot.services.phones import e164

COLUMNS = (
    "code",
    "phone",
    "name",
    "email",
    "language",
    "birthday",
    "joined",
    "location",
    "tags",
    "consent",
    "consent_at",
    "consent_source",
)
#: The columns one of which says who a line is about; each kind is known once in a file.
REFERENCES = ("code", "phone", "email")
CHANNELS = ("telegram", "sms", "whatsapp", "email")
#: The most of a unit a line may open with.
LARGEST_OPENING = 1_000_000
#: A spreadsheet would run a text that begins like this as a formula; an apostrophe stops it.
FORMULA = ("=", "+", "-", "@")
#: In characters.
TEXT_LIMIT = 200

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_MONTH_DAY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_WORDS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line of a file, and what to do; the header is line 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A checked line: somebody to make a member, with what they open with, by unit."""

    line: int
    code: str | None
    phone: str | None
    email: str | None
    name: str
    language: str
    birthday: tuple[int, int] | None
    joined_at: datetime
    location: str | None
    tags: str
    consent: tuple[str, ...]
    consent_at: datetime
    consent_source: str
    opening: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line as written: its texts by column, without the empty ones."""

    number: int
    texts: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.texts.get(column, "")


class _Wrong(ValueError):
    """A value can't be used; the message names its column and says what to write."""


def units(programme: Programme) -> tuple[str, ...]:
    """The units a programme's members can hold, each a column of its own."""
    held = [name for name in ("stamps", "points") if getattr(programme.units, name)]
    rewards = [reward_unit(r.code) for r in programme.rewards if r.points is None]
    return (*held, *rewards)


def read(text: str, programme: Programme) -> tuple[list[Line], list[Problem]]:
    """The lines of a file, unless it is no CSV with a header that can be used."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    lines: list[Line] = []
    problems: list[Problem] = []
    columns: Sequence[str] | None = None
    while True:
        number = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            break
        except csv.Error as error:
            problems.append(Problem(number, f"this is no CSV ({error}): mind the quotes"))
            break
        if not any(cells):
            continue
        if columns is None:
            columns = [cell.lower() for cell in cells]
            if problems := [Problem(number, why) for why in _bad_header(columns, programme)]:
                break
        elif len(cells) != len(columns):
            why = f"there are {len(cells)} values for {len(columns)} columns: mind the commas"
            problems.append(Problem(number, why))
        else:
            texts = zip(columns, cells, strict=True)
            lines.append(Line(number, {column: cell for column, cell in texts if cell}))
    if columns is None and not problems:
        problems.append(Problem(1, f"there is no header: write one, such as {','.join(COLUMNS)}"))
    return lines, problems


def _bad_header(columns: Sequence[str], programme: Programme) -> Iterator[str]:
    known = (*COLUMNS, *units(programme))
    if len(columns) == 1 and re.search(r"[;\t]", columns[0]):
        yield "the columns are not separated by commas: save the file as CSV with commas"
        return
    for column in dict.fromkeys(columns):
        if column not in known:
            hint = did_you_mean(column, known) or f" There are: {', '.join(known)}."
            yield f'there is no column "{column}".{hint}'
        elif columns.count(column) > 1:
            yield f'the column "{column}" is there twice: keep one of the two'
    if not set(REFERENCES) & set(columns):
        yield "a column that says who is who is missing: code, phone or email"


def newcomer(line: Line, programme: Programme, now: datetime) -> Newcomer | list[Problem]:
    """A line's member, or everything that is wrong with it."""
    wrong: list[Problem] = []

    def attempt[T](read: Callable[[Line, Programme, datetime], T]) -> T | None: ...
