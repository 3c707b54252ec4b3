"""Checked lines of a file of purchases, kept and sorted on disk until they are applied.

A database of its own that SQLite makes in the temporary folder and deletes when it is closed:
memory does not grow with the file (https://www.sqlite.org/inmemorydb.html#temp_db). It holds no
name and no number; what a member is known by stays in the file.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

_SCHEMA = (
    "CREATE TABLE line (number INTEGER PRIMARY KEY, key TEXT, content TEXT, receipted INTEGER, "
    "member_id INTEGER, at INTEGER, amount INTEGER, discount INTEGER, location TEXT, "
    "receipt TEXT, items TEXT)"
)
# Equal lines without a receipt are as many purchases; a receipt is one however often it is there.
_SORTED = """CREATE TABLE sorted AS SELECT number,
    CASE WHEN receipted THEN key ELSE key || ':' || nth END AS key,
    member_id, at, amount, discount, location, receipt, items
    FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY key ORDER BY number) AS nth FROM line)
    WHERE nth = 1 OR NOT receipted ORDER BY {order}"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Sold:
    """A past purchase to be counted; money in the minor unit, `items` as (product, n, price).

    `key` is what it counts under, once.
    """

    line: int
    key: str
    member_id: int | None
    at: datetime
    amount: int
    discount: int
    location: str | None
    receipt: str
    items: tuple[tuple[str, int, int | None], ...]


class Spool:
    """The lines of one file; use as a context, `add` them all, then `sort`, then read `piece`s."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add(self, lines: Iterable[tuple[Sold, str]]) -> None:
        """Keep lines, each with a digest of what is written in it."""
        self._db.execute("BEGIN")
        self._db.executemany(
            f"INSERT INTO line VALUES ({', '.join('?' * 11)})",
            [
                (
                    sold.line,
                    sold.key,
                    content,
                    bool(sold.receipt),
                    sold.member_id,
                    _number(sold.at),
                    sold.amount,
                    sold.discount,
                    sold.location,
                    sold.receipt,
                    json.dumps(sold.items) if sold.items else None,
                )
                for sold, content in lines
            ],
        )
        self._db.execute("COMMIT")

    def clashes(self, most: int) -> Sequence[tuple[int, int]]:
        """Lines whose receipt is on an earlier line with something else, and that line."""
        return self._db.execute(
            "SELECT l.number, f.first FROM line l JOIN (SELECT key, MIN(number) AS first FROM line "
            "WHERE receipted GROUP BY key HAVING COUNT(DISTINCT content) > 1) f ON f.key = l.key "
            "JOIN line o ON o.number = f.first WHERE l.content <> o.content "
            "ORDER BY l.number LIMIT ?",
            (most,),
        ).fetchall()

    def sort(self, *, by_time: bool) -> int:
        """Put the lines in order: each member's by time, or all of them; how many there are.

        A receipt that is there twice is one.
        """
        order = "at, number" if by_time else "member_id, at, number"
        self._db.execute(_SORTED.format(order=order))
        return int(self._db.execute("SELECT COUNT(*) FROM sorted").fetchone()[0])

    def digest(self) -> str:
        """What stands for these lines in this order."""
        found = hashlib.sha256()
        for row in self._db.execute("SELECT key, member_id FROM sorted ORDER BY rowid"):
            found.update(repr(row).encode())
        return found.hexdigest()

    def piece(self, after: int, size: int) -> list[Sold]:
        """The next lines in order after so many."""
        rows = self._db.execute(
            "SELECT number, key, member_id, at, amount, discount, location, receipt, items "
            "FROM sorted WHERE rowid > ? ORDER BY rowid LIMIT ?",
            (after, size),
        )
        return [_sold(row) for row in rows]


def _number(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _sold(row: tuple[Any, ...]) -> Sold:
    number, key, member_id, at, amount, discount, location, receipt, items = row
    return Sold(
        number,
        key,
        member_id,
        _EPOCH + at * _MICROSECOND,
        amount,
        discount,
        location,
        receipt,
        tuple((product, count, price) for product, count, price in json.loads(items or "[]")),
    )
