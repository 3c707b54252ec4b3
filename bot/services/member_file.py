"""Members as lines of a CSV file: the columns, and reading each line into a checked `Newcomer`."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import StringIO

from bot.domain import emails
from bot.domain.programme import Programme
from bot.domain.programme_earning import reward_unit
from bot.services import csv_file
from bot.services.csv_file import Cells, Line, Problem, instant, line_of_text, words
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

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}", re.ASCII)
_MONTH_DAY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
#: A spreadsheet runs a text that begins like this, without the apostrophes, as a formula.
_FORMULA = re.compile("'*[=+@-]")


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


def units(programme: Programme) -> tuple[str, ...]:
    """The units a programme's members can hold, each a column of its own."""
    held = [name for name in ("stamps", "points", "credit") if getattr(programme.units, name)]
    # What is spent as credit or points is held as these.
    earned = [r for r in programme.rewards if r.points is None and r.kind != "credit"]
    rewards = [reward_unit(reward.code) for reward in earned]
    return (*held, *rewards)


def amount_text(unit: str, amount: int, programme: Programme) -> str:
    """A balance as a file holds it: credit as money with a point, everything else whole."""
    return csv_file.money_text(amount, programme) if unit == "credit" else str(amount)


def protected(name: str) -> str:
    """A name as a file holds it: one that a spreadsheet would run gets an apostrophe in front."""
    return f"'{name}" if _FORMULA.match(name) else name


def read(text: str, programme: Programme) -> tuple[list[Line], list[Problem]]:
    """The lines of a file, unless it is no CSV with a header that can be used."""
    stream = StringIO(text, newline="")
    found = list(csv_file.lines(stream, COLUMNS, _lacking, units(programme)))
    lines = [line for line in found if isinstance(line, Line)]
    return lines, [line for line in found if isinstance(line, Problem)]


def _lacking(columns: Collection[str]) -> str:
    if set(REFERENCES) & set(columns):
        return ""
    return "a column that says who is who is missing: code, phone or email"


def newcomer(line: Line, programme: Programme, now: datetime) -> Newcomer | list[Problem]:
    """The member a line is about, or everything that is wrong with the line."""
    cells = Cells(line)
    location = cells.read("location", partial(csv_file.location, programme), None)
    day = partial(instant, programme.zone(location), now)
    found = Newcomer(
        line=line.number,
        code=cells.read("code", _code, None),
        phone=cells.read("phone", partial(_phone, programme), None),
        email=cells.read("email", _email, None),
        name=cells.read("name", _name, ""),
        language=cells.read("language", partial(_language, programme), programme.shop.language),
        birthday=cells.read("birthday", _birthday, None),
        joined_at=cells.read("joined", day, now),
        location=location,
        tags=cells.read("tags", _tags, ""),
        consent=cells.read("consent", _channels, ()),
        consent_at=cells.read("consent_at", day, now),
        consent_source=cells.read("consent_source", line_of_text, ""),
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


def _tags(text: str) -> str:
    return " ".join(words(line_of_text(text)))


def _channels(text: str) -> tuple[str, ...]:
    named = words(text.lower())
    for word in named:
        if word not in CHANNELS:
            raise ValueError(f'there is no channel "{word}": write some of {" ".join(CHANNELS)}')
    return named


def _amount(programme: Programme, unit: str, text: str) -> int:
    if unit == "credit":
        return csv_file.money(programme, text)
    if not (text.isascii() and text.isdigit()) or int(text[:9]) > LARGEST_OPENING or len(text) > 9:
        raise ValueError(f'"{text[:20]}" is no whole number up to {LARGEST_OPENING}')
    card = programme.units.stamps
    if card and unit == "stamps" and int(text) >= card.card:
        raise ValueError(
            f"{card.card} stamps are a full card: write fewer here, and full cards in a column "
            f"{reward_unit(card.reward)}"
        )
    return int(text)
