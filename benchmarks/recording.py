"""The statements a piece of work runs, to be run again by hand with nothing around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tortoise.context import TortoiseContext

from bot.storage.database import Database, Dialect, Transaction

#: Where the numbers of recorded rows begin: nothing else in a statement is as large, so that one
#: which stands for a row just made is told from an amount.
FIRST_NUMBER = 1_000_000_000
#: How far apart the tables' numbers are.
APART = 1_000_000_000
#: Tables a stamp or a purchase adds rows to.
TABLES = ("operation", "entry", "lot", "allocation", "outbox", "inbound", "purchase")


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL as the driver gets it, with its values; `many` runs it once for each of them.

    `made` is the number it gave a new row; `marks` are the places of values that may be one.
    """

    sql: str
    values: Sequence[Any]
    many: bool = False
    made: int | None = None
    marks: Sequence[int] = ()


@dataclass
class Recorder:
    """Notes what runs in a database's transactions, of which there may be one at a time."""

    transactions: list[list[Statement]] = field(default_factory=list)
    _inside: bool = False

    def take(self) -> list[list[Statement]]:
        """The statements of each transaction since the last time."""
        taken, self.transactions = self.transactions, []
        return taken

    def attach(self, tx: Transaction) -> None:
        """Note whatever this transaction's connection is asked, our own SQL and the ORM's."""
        self.transactions.append([])
        for name in ("execute_query", "execute_query_dict", "execute_insert", "execute_many"):
            setattr(tx.client, name, self._noting(getattr(tx.client, name), "many" in name))

    def _noting(self, run: Callable[..., Any], many: bool) -> Callable[..., Any]:
        async def noting(sql: str, values: Sequence[Any] | None = None) -> Any:
            if self._inside:  # one way of asking may be made of another
                return await run(sql, values)
            self._inside = True
            try:
                found = await run(sql, values)
            finally:
                self._inside = False
            made = _made(sql, found)
            marks = [n for n, value in enumerate(values or ()) if not many and _is_number(value)]
            self.transactions[-1].append(Statement(sql, list(values or ()), many, made, marks))
            return found

        return noting


def _made(sql: str, found: Any) -> int | None:
    if not sql.startswith("INSERT") or not isinstance(found, list) or not found:
        return None
    number = found[0].get("id")
    return number if _is_number(number) else None


def _is_number(value: Any) -> bool:
    return type(value) is int and value >= FIRST_NUMBER


class RecordingDatabase(Database):
    """A database whose transactions are noted in `recorder`."""

    def __init__(self, context: TortoiseContext, dialect: Dialect) -> None:
        super().__init__(context, dialect)
        self.recorder = Recorder()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """As the database's own, but noted."""
        async with super().transaction() as tx:
            self.recorder.attach(tx)
            yield tx


async def number_apart(database: Database) -> None:
    """Number new rows of each table from a range of its own."""
    async with database.transaction() as tx:
        for place, table in enumerate(TABLES):
            first = FIRST_NUMBER + place * APART
            if tx.dialect == "sqlite":
                await tx.execute("DELETE FROM sqlite_sequence WHERE name = $1", table)
                await tx.execute("INSERT INTO sqlite_sequence VALUES ($1, $2)", table, first)
            else:
                await tx.execute(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH {first}")
