"""Stamps or purchases at many tills: through the engine, and as the same statements by hand."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

import asyncpg

from benchmarks.cafe import NOON, Regular, Till, furnish
from benchmarks.databases import Place, opened
from benchmarks.recording import RecordingDatabase, Statement, number_apart
from bot.services import earning
from bot.services.results import Earned
from bot.services.unit_of_work import UnitOfWork, Work

#: The statements of each stamp at one till, in order.
Shift = Sequence[Sequence[Statement]]

#: What is done for a regular, under a key.
Deed = Callable[[UnitOfWork, Till, Regular, str], Awaitable[object]]

#: Every regular's card gets full once, as one in ten stamps does in life.
STAMPS_EACH = 10
#: As many as our database opens, which is the default of Tortoise's pool.
CONNECTIONS = 5
#: What a SQLite connection is told at its start; the yardstick takes over what ours was told.
_PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "journal_size_limit", "cache_size")


async def stamp(uow: UnitOfWork, till: Till, regular: Regular, key: str) -> object:
    """A stamp of a regular's card."""
    return await earning.stamp(uow, regular.id, 1, till.colleague, key, NOON)


async def sell(uow: UnitOfWork, till: Till, regular: Regular, key: str) -> object:
    """A regular's purchase, with its receipt."""
    return await earning.sale(uow, regular.id, 12_345, key, till.colleague, key, NOON)


@asynccontextmanager
async def furnished(
    place: Place, tills: int, regulars: int, *, deed: Deed = stamp, preset: str = "cafe-stamps"
) -> AsyncIterator[Stage]:
    """A café before its first stamp, to be copied, and what its stamps will ask the database."""
    with place.copy() as url:
        async with opened(url) as work:
            cafe = await furnish(work, tills, regulars, preset)
            await number_apart(work.database)
        with place.copy(url) as copy:
            async with opened(copy, RecordingDatabase) as work:
                shifts = [await _recorded(work, till, deed) for till in cafe]
                pragmas = await _pragmas(work)
        yield Stage(place, url, cafe, shifts, pragmas, deed)


class Stage:
    """Both ways to stamp; a round starts from the same café and stamps the same cards."""

    def __init__(
        self,
        place: Place,
        url: str,
        cafe: Sequence[Till],
        shifts: Sequence[Shift],
        pragmas: Sequence[str],
        deed: Deed,
    ) -> None:
        self._place = place
        self._url = url
        self._cafe = cafe
        self._shifts = shifts
        self._pragmas = pragmas
        self._deed = deed
        self._stamps = sum(len(shift) for shift in shifts)

    @property
    def statements(self) -> float:
        """How many statements one stamp takes, beginning and commit aside."""
        return sum(len(stamp) for shift in self._shifts for stamp in shift) / self._stamps

    async def engine(self) -> float:
        """Stamp through the engine, all tills at once; seconds a stamp."""
        with self._place.copy(self._url) as url:
            async with opened(url) as work:
                # Connections are opened as they are wanted; that is not what is measured.
                await asyncio.gather(*(work.programme() for _ in self._cafe))
                started = perf_counter()
                await asyncio.gather(*(serve_all(work, till, self._deed) for till in self._cafe))
                return (perf_counter() - started) / self._stamps

    async def by_sqlite3(self) -> float:
        """Run the statements on a bare sqlite3 connection; seconds a stamp."""
        with self._place.copy(self._url) as url:
            connection = sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)
            for pragma in self._pragmas:
                connection.execute(pragma)
            started = perf_counter()
            for shift in self._shifts:
                for stamp in shift:
                    _replay(connection, stamp)
            seconds = perf_counter() - started
            connection.close()
        return seconds / self._stamps

    async def by_asyncpg(self) -> float:
        """Run the statements on bare asyncpg connections, all tills at once; seconds a stamp."""
        with self._place.copy(self._url) as url:
            async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
                numbers: dict[int, int] = {}
                started = perf_counter()
                await asyncio.gather(*(_replay_shift(pool, s, numbers) for s in self._shifts))
                return (perf_counter() - started) / self._stamps

    async def by_hand(
        self, one: Callable[[asyncpg.Connection, Till, Regular, str], Awaitable[object]]
    ) -> float:
        """Do the same on bare asyncpg connections in a way of one's own; seconds each."""
        with self._place.copy(self._url) as url:
            async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:

                async def shift(till: Till) -> None:
                    for regular, key in _served(till):
                        async with pool.acquire() as connection:
                            await one(connection, till, regular, key)

                started = perf_counter()
                await asyncio.gather(*(shift(till) for till in self._cafe))
                return (perf_counter() - started) / self._stamps


def _served(till: Till) -> Iterator[tuple[Regular, str]]:
    """Each regular in turn, until all have been served so often that cards are full."""
    for number in range(STAMPS_EACH):
        for regular in till.regulars:
            yield regular, f"benchmark:{regular.id}:{number}"


async def serve_all(work: Work, till: Till, deed: Deed) -> None:
    """One till's shift."""
    for regular, key in _served(till):
        async with work.unit_of_work() as uow:
            earned = await deed(uow, till, regular, key)
        if not isinstance(earned, Earned):
            raise TypeError(f"not served: {earned}")


async def _recorded(work: Work, till: Till, deed: Deed) -> Shift:
    database = work.database
    if not isinstance(database, RecordingDatabase):
        raise TypeError("this database is not recorded")
    database.recorder.take()
    await serve_all(work, till, deed)
    return database.recorder.take()


async def _pragmas(work: Work) -> list[str]:
    if work.database.dialect != "sqlite":
        return []
    async with work.database.transaction() as tx:
        told = [(name, await tx.row(f"PRAGMA {name}")) for name in _PRAGMAS]
    return [f"PRAGMA {name} = {row[name]}" for name, row in told if row]


def _replay(connection: sqlite3.Connection, stamp: Sequence[Statement]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in stamp:
        if statement.many:
            connection.executemany(statement.sql, statement.values)
        else:
            connection.execute(statement.sql, statement.values).fetchall()
    connection.execute("COMMIT")


async def _replay_shift(pool: asyncpg.Pool, shift: Shift, numbers: dict[int, int]) -> None:
    for stamp in shift:
        async with pool.acquire() as connection, connection.transaction():
            for statement in stamp:
                await _ask(connection, statement, numbers)


async def _ask(
    connection: asyncpg.Connection, statement: Statement, numbers: dict[int, int]
) -> None:
    """Run a statement; `numbers` leads from a recorded row's number to the one it has now."""
    if statement.many:
        rows = [[numbers.get(value, value) for value in row] for row in statement.values]
        await connection.executemany(statement.sql, rows)
        return
    values = list(statement.values)
    for place in statement.marks:
        values[place] = numbers[values[place]]
    found = await connection.fetch(statement.sql, *values)
    if statement.made is not None:
        numbers[statement.made] = found[0]["id"]
