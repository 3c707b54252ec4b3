"""Transactions: all or nothing, whatever interrupts them; instants compare as instants."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asyncpg.transaction import Transaction as BeginOnPostgres
from hypothesis import given
from hypothesis import strategies as st

from bot.storage.database import Database, Transaction, required_instant

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

#: More than any wait here takes; a hang fails instead of ending by pytest's own timeout.
PATIENCE = 5.0


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = await Database.open(url)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as database:
        yield database


@pytest.fixture
def other_process(database_url: str) -> Iterator[sqlite3.Connection]:
    """A connection to the same file that knows nothing of ours, as another process has."""
    connection = sqlite3.connect(database_url.removeprefix("sqlite://"), isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


async def add(tx: Transaction, name: str) -> None:
    await tx.execute("INSERT INTO setting (name, value_sealed) VALUES ($1, 'x')", name)


async def names(database: Database) -> list[str]:
    async with database.reading() as reader:
        return [row["name"] for row in await reader.rows("SELECT name FROM setting ORDER BY name")]


async def test_what_a_block_wrote_is_gone_when_it_raises(database: Database) -> None:
    async with database.transaction() as tx:
        await add(tx, "kept")

    async def fail() -> None:
        async with database.transaction() as tx:
            await add(tx, "gone")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await names(database) == ["kept"]


async def test_a_cancelled_block_leaves_nothing_behind(database: Database) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as tx:
            await add(tx, "gone")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(PATIENCE), database.transaction() as tx:
        await add(tx, "kept")
    assert await names(database) == ["kept"]


async def test_cancelled_anywhere_it_is_all_or_nothing_and_the_next_one_goes_on(
    database: Database,
) -> None:
    async def write(number: int) -> None:
        async with database.transaction() as tx:
            await add(tx, f"{number} a")
            await add(tx, f"{number} b")

    for steps in range(40):
        task = asyncio.create_task(write(steps))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    async with asyncio.timeout(PATIENCE), database.transaction() as tx:
        await add(tx, "last")
    stored = await names(database)
    whole = [name for name in stored[:-1] if name.endswith("a")]
    assert [f"{name[:-1]}b" for name in whole] == [n for n in stored[:-1] if n.endswith("b")]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_waiting_for_another_process_can_be_given_up(
    database: Database, other_process: sqlite3.Connection
) -> None:
    other_process.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(_write(database, "gone"))
    await asyncio.sleep(0.05)  # it is now waiting inside SQLite, which tells nobody
    waiting.cancel()
    other_process.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await waiting
    # It holds neither its own lock nor, a moment later, the file's.
    await asyncio.sleep(0.3)
    other_process.execute("PRAGMA busy_timeout = 100")
    other_process.execute("BEGIN IMMEDIATE")
    other_process.execute("COMMIT")
    async with asyncio.timeout(PATIENCE):
        await _write(database, "kept")
    assert await names(database) == ["kept"]


async def _write(database: Database, name: str) -> None:
    async with database.transaction() as tx:
        await add(tx, name)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_database_that_was_busy_too_long_can_be_used_afterwards(
    database_url: str, other_process: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.database.BUSY_TIMEOUT_MS", 1)
    async with opened(database_url) as database:
        other_process.execute("BEGIN IMMEDIATE")
        with pytest.raises(Exception, match="database is locked"):
            await _write(database, "gone")
        other_process.execute("COMMIT")
        async with asyncio.timeout(PATIENCE):
            await _write(database, "kept")
        assert await names(database) == ["kept"]


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_beginnings_that_fail_or_are_given_up_do_not_use_up_the_pool(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def answers_never(self: BeginOnPostgres) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def fails(self: BeginOnPostgres) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(BeginOnPostgres, "start", answers_never)
        for _ in range(6):
            begun.clear()
            task = asyncio.create_task(_write(database, "gone"))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        patch.setattr(BeginOnPostgres, "start", fails)
        for _ in range(6):
            with pytest.raises(ConnectionResetError):
                await _write(database, "gone")
    async with asyncio.timeout(PATIENCE):
        await _write(database, "kept")
    assert await names(database) == ["kept"]


@pytest.mark.parametrize("dialect", ["postgres"])
async def test_connections_the_server_closed_are_replaced(database: Database) -> None:
    async def be_cut_off() -> None:
        async with database.transaction() as tx:
            await add(tx, "gone")
            await tx.rows("SELECT pg_terminate_backend(pg_backend_pid())")

    for _ in range(8):
        with pytest.raises(Exception, match=r"terminat|closed"):
            await be_cut_off()
    async with asyncio.timeout(PATIENCE):
        await _write(database, "kept")
    assert await names(database) == ["kept"]


async def test_a_unit_of_work_beside_a_unit_of_work_waits_and_loses_nothing(
    database: Database,
) -> None:
    await asyncio.gather(*(_write(database, f"{number:03}") for number in range(100)))
    assert await names(database) == [f"{number:03}" for number in range(100)]


# Instants


async def stored(tx: Transaction, until: datetime) -> None:
    await tx.execute("DELETE FROM lease")
    await tx.execute("INSERT INTO lease (name, owner, until_at) VALUES ('a', 'b', $1)", until)


EARLIER = [
    NOW - timedelta(microseconds=1),
    NOW,
    (NOW - timedelta(seconds=1)).astimezone(ZoneInfo("Asia/Tokyo")),
    NOW.astimezone(ZoneInfo("America/New_York")),
]
LATER = [
    NOW + timedelta(microseconds=1),
    NOW + timedelta(seconds=1),
    (NOW + timedelta(microseconds=1)).astimezone(ZoneInfo("America/New_York")),
    (NOW + timedelta(hours=1)).astimezone(ZoneInfo("Asia/Tokyo")),
]


async def test_a_long_read_holds_up_no_other(database: Database) -> None:
    """An audience of a million is looked for while customers are answered."""
    counting = (
        "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 2000000) "
        "SELECT COUNT(*) AS n FROM s"
    )

    async def count() -> list[dict[str, Any]]:
        async with database.reading(long=True) as reader:
            return await reader.rows(counting)

    long = asyncio.create_task(count())
    await asyncio.sleep(0)
    async with database.reading() as reader:
        assert await reader.rows("SELECT 1 AS one") == [{"one": 1}]
    assert not long.done()
    assert await long == [{"n": 2_000_000}]


async def test_instants_compare_as_instants_in_any_zone_and_precision(database: Database) -> None:
    count = "SELECT COUNT(*) AS n FROM lease WHERE until_at"
    async with database.transaction() as tx:
        for earlier, later in product(EARLIER, LATER):
            await stored(tx, later)
            assert await tx.row(f"{count} <= $1", earlier) == {"n": 0}
            assert await tx.row(f"{count} > $1", earlier) == {"n": 1}
            await stored(tx, earlier)
            assert await tx.row(f"{count} <= $1", later) == {"n": 1}
            assert await tx.row(f"{count} > $1", later) == {"n": 0}
            assert await tx.row(f"{count} = $1", earlier.astimezone(UTC)) == {"n": 1}
            row: Any = await tx.row("SELECT until_at FROM lease")
            assert required_instant(row["until_at"]) == earlier


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
INSTANTS = st.datetimes(datetime(2000, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS)


@given(one=INSTANTS, other=INSTANTS)
def test_sqlite_keeps_instants_as_text_that_sorts(one: datetime, other: datetime) -> None:
    connection = sqlite3.connect(":memory:")
    row = connection.execute("SELECT ?1 < ?2, ?1 = ?2", (one, other)).fetchone()
    connection.close()
    assert row == (one < other, one == other)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="an instant without a zone"):
        async with database.transaction() as tx:
            await stored(tx, NOW.replace(tzinfo=None))
