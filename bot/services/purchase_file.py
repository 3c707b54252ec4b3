"""Past purchases as lines of a CSV file: the columns, and reading each into a checked `Bought`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TextIO

from bot.domain.earning.basis import categories
from bot.domain.programme import Programme
from bot.domain.programme_values import did_you_mean
from bot.services import csv_file
from bot.services.csv_file import Cells, Line, Problem, instant, money
from bot.services.earning import RECEIPT_LIMIT

COLUMNS = ("member", "at", "amount", "receipt", "location", "items", "discount")
#: What every line needs a value in; an empty `member` is a purchase by nobody.
NEEDED = ("at", "amount")
#: The most different products of a purchase, and the most of each.
MOST_ITEMS = 100
MOST_OF_ONE = 10_000

#: `latte*2=120.00`: the product, how many, and what they cost together.
_ITEM = re.compile(r"([^*=]+)(?:\*(\d{1,6}))?(?:=(\S+))?", re.ASCII)

#: A line of a purchase: product, how many, their price in the minor unit.
ItemLine = tuple[str, int, int | None]


@dataclass(frozen=True, slots=True)
class Bought:
    """A checked line; money is in the minor unit, `member` what the member is known by.

    `content` is the line as written, by column.
    """

    line: int
    member: str
    at: datetime
    amount: int
    discount: int
    location: str | None
    receipt: str
    items: tuple[ItemLine, ...]
    content: str


def read(stream: TextIO) -> Iterator[Line | Problem]:
    """The lines of a file, unless it is no CSV with a header that can be used."""
    return csv_file.lines(stream, COLUMNS, _lacking)


def _lacking(columns: Collection[str]) -> str:
    missing = [column for column in NEEDED if column not in columns]
    return f"a column is missing: {' and '.join(missing)}" if missing else ""


def bought(line: Line, programme: Programme, now: datetime) -> Bought | list[Problem]:
    """The purchase a line is about, or everything that is wrong with the line."""
    cells = Cells(line)
    places = programme.locations
    only = places[0].code if len(places) == 1 else None
    location = cells.read("location", partial(csv_file.location, programme), only)
    price = partial(money, programme)
    found = Bought(
        line=line.number,
        member=line["member"],
        at=cells.read("at", partial(instant, programme.zone(location), now), now),
        amount=cells.read("amount", price, 0),
        discount=cells.read("discount", price, 0),
        location=location,
        receipt=cells.read("receipt", _receipt, ""),
        items=cells.read("items", partial(_items, programme), ()),
        content="\t".join(line[column] for column in COLUMNS),
    )
    for column in NEEDED:
        if not line[column]:
            cells.wrong(f"{column}: it is empty")
    if not cells.problems and found.discount > found.amount:
        cells.wrong("discount: it is more than the amount, which is the price before it")
    return cells.problems or found


def _receipt(text: str) -> str:
    if len(text) > RECEIPT_LIMIT or not text.isprintable():
        raise ValueError(f"write one line of at most {RECEIPT_LIMIT} characters")
    return text


def _items(programme: Programme, text: str) -> tuple[ItemLine, ...]:
    found: dict[str, ItemLine] = {}
    for part in re.split(r"[;,\s]+", text.strip("; ,")):
        match = _ITEM.fullmatch(part)
        if match is None:
            raise ValueError(f'"{part[:40]}" is no item: write them like latte*2=120.00;cake')
        product, count = match[1], int(match[2] or 1)
        codes = [*(each.code for each in programme.products), *categories(programme)]
        if product not in codes:
            hint = did_you_mean(product, codes) or " Name it in the programme, under [[products]]."
            raise ValueError(f'the programme has no product "{product[:40]}".{hint}')
        if product in found:
            raise ValueError(f"{product} is there twice: write it once, with how many")
        if not 1 <= count <= MOST_OF_ONE:
            raise ValueError(f"write 1 to {MOST_OF_ONE} of {product}")
        found[product] = (product, count, money(programme, match[3]) if match[3] else None)
    if len(found) > MOST_ITEMS:
        raise ValueError(f"write at most {MOST_ITEMS} items")
    return tuple(found.values())
