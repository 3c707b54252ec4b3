"""Members as lines of a CSV file: the columns, and reading each line into a checked `Newcomer`."""

from __future__ import annotations

import csv
import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from io import StringIO
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.domain import emails
from bot.domain.expiry import local_midnight
from bot.domain.programme import Programme
from bot.domain.programme_earning import reward_unit
from bot.domain.programme_values import did_you_mean
from bot.services.joining import NAME_LIMIT, clean_name
from bot.services.phones import e164

T = TypeVar("T")

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
#: In characters.
TEXT_LIMIT = 200

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}", re.ASCII)
_MONTH_DAY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
#: A spreadsheet runs a text that begins like this, without the apostrophes, as a formula.
_FORMULA = re.compile("'*[=+@-]")
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

    @property
    def references(self) -> dict[str, str]:
        """What the member is known by, by column."""
        known = {"code": self.code, "phone": self.phone, "email": self.email}
        return {column: value for column, value in known.items() if value}


@dataclass(frozen=True, slots=True)
class Line:
    """A line as written: its texts by column, without the empty ones."""

    number: int
    texts: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.texts.get(column, "")


def units(programme: Programme) -> tuple[str, ...]:
    """The units a programme's members can hold, each a column of its own."""
    held = [name for name in ("stamps", "points") if getattr(programme.units, name)]
    rewards = [reward_unit(r.code) for r in programme.rewards if r.points is None]
    return (*held, *rewards)


def protected(name: str) -> str:
    """A name as a file holds it: one that a spreadsheet would run gets an apostrophe in front."""
    return f"'{name}" if _FORMULA.match(name) else name


def read(text: str, programme: Programme) -> tuple[list[Line], list[Problem]]:
    """The lines of a file, unless it is no CSV with a header that can be used."""
    separator = _separator(text)
    reader = csv.reader(StringIO(text, newline=""), strict=True, delimiter=separator)
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
            problems.append(Problem(number, _torn(len(cells), len(columns), separator)))
        else:
            texts = zip(columns, cells, strict=True)
            lines.append(Line(number, {column: cell for column, cell in texts if cell}))
    if columns is None and not problems:
        problems.append(Problem(1, f"there is no header: write one, such as {','.join(COLUMNS)}"))
    return lines, problems


def _separator(text: str) -> str:
    """What is between the columns: where decimals have a comma, Excel writes semicolons."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    return ";" if ";" in header and "," not in header else ","


def _torn(values: int, columns: int, separator: str) -> str:
    there = "is 1 value" if values == 1 else f"are {values} values"
    marks = "semicolons" if separator == ";" else "commas"
    return f"there {there} for {columns} columns: mind the {marks}"


def _bad_header(columns: Sequence[str], programme: Programme) -> Iterator[str]:
    known = (*COLUMNS, *units(programme))
    if len(columns) == 1 and "\t" in columns[0]:
        yield "the columns are separated by tabs: save the file as CSV, with commas or semicolons"
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
    """The member a line is about, or everything that is wrong with the line."""
    cells = _Cells(line)
    location = cells.read("location", partial(_location, programme), None)
    instant = partial(_instant, programme.zone(location), now)
    found = Newcomer(
        line=line.number,
        code=cells.read("code", _code, None),
        phone=cells.read("phone", partial(_phone, programme), None),
        email=cells.read("email", _email, None),
        name=cells.read("name", _name, ""),
        language=cells.read("language", partial(_language, programme), programme.shop.language),
        birthday=cells.read("birthday", _birthday, None),
        joined_at=cells.read("joined", instant, now),
        location=location,
        tags=cells.read("tags", _tags, ""),
        consent=cells.read("consent", _channels, ()),
        consent_at=cells.read("consent_at", instant, now),
        consent_source=cells.read("consent_source", _text, ""),
        opening=tuple(
            (unit, amount)
            for unit in units(programme)
            if (amount := cells.read(unit, partial(_amount, programme, unit), 0))
        ),
    )
    if not any(line[column] for column in REFERENCES):
        cells.wrong("there is nothing to know the member by: write a code, phone or email")
    if line["consent"] and not (line["consent_at"] and line["consent_source"]):
        cells.wrong("consent: say when and where it was given, in consent_at and consent_source")
    return cells.problems or found


class _Cells:
    """Reads one line's values, and notes every one that can't be used."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.problems: list[Problem] = []

    def read(self, column: str, value: Callable[[str], T], empty: T) -> T:
        text = self._line[column]
        try:
            return value(text) if text else empty
        except (ValueError, OverflowError) as error:
            self.wrong(f"{column}: {error}")
            return empty

    def wrong(self, message: str) -> None:
        self.problems.append(Problem(self._line.number, message))


def _code(text: str) -> str | None:
    if not _CODE.fullmatch(text.upper()):
        raise ValueError("write 2 to 32 letters, digits and hyphens")
    return text.upper()


def _phone(programme: Programme, text: str) -> str | None:
    number = e164(text, programme)
    if number is None:
        raise ValueError("this is no phone number: write it with its country, such as +420…")
    return number


def _email(text: str) -> str | None:
    address = emails.canonical(text)
    if address is None:
        raise ValueError("this is no e-mail address")
    return address


def _name(text: str) -> str:
    if text[0] == "'" and _FORMULA.match(text):
        text = text[1:]
    if len(text) > NAME_LIMIT:
        raise ValueError(f"write at most {NAME_LIMIT} characters")
    return clean_name(text)


def _language(programme: Programme, text: str) -> str:
    offered = programme.shop.languages
    if text.lower() not in offered:
        raise ValueError(f'the programme has no "{text}": write one of {", ".join(offered)}')
    return text.lower()


def _birthday(text: str) -> tuple[int, int] | None:
    match = _MONTH_DAY.fullmatch(text)
    month, day = (int(match[1]), int(match[2])) if match else (0, 0)
    # A birthday may be 29 February.
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(2000, month)[1]:
        raise ValueError(f'"{text}" is no day of the year: write MM-DD, such as 03-14 for 14 March')
    return month, day


def _instant(zone: ZoneInfo, now: datetime, text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
        at = local_midnight(day, zone)
    except ValueError:
        at = _exact(text)
    if at > now:
        raise ValueError(f"{text} is still to come")
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


def _location(programme: Programme, text: str) -> str | None:
    if programme.location(text) is None:
        codes = [place.code for place in programme.locations]
        hint = did_you_mean(text, codes) or f" There are: {', '.join(codes) or 'none'}."
        raise ValueError(f'the programme has no location "{text}".{hint}')
    return text


def _tags(text: str) -> str:
    return " ".join(dict.fromkeys(_WORDS.split(_text(text.strip(" ,;")))))


def _channels(text: str) -> tuple[str, ...]:
    words = dict.fromkeys(_WORDS.split(text.lower().strip(" ,;")))
    for word in words:
        if word not in CHANNELS:
            raise ValueError(f'there is no channel "{word}": write some of {" ".join(CHANNELS)}')
    return tuple(words)


def _text(text: str) -> str:
    if len(text) > TEXT_LIMIT or not text.isprintable():
        raise ValueError(f"write one line of at most {TEXT_LIMIT} characters")
    return text


def _amount(programme: Programme, unit: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text[:9]) > LARGEST_OPENING or len(text) > 9:
        raise ValueError(f'"{text[:20]}" is no whole number up to {LARGEST_OPENING}')
    card = programme.units.stamps
    if card and unit == "stamps" and int(text) >= card.card:
        raise ValueError(
            f"{card.card} stamps are a full card: write fewer here, and full cards in a column "
            f"{reward_unit(card.reward)}"
        )
    return int(text)
