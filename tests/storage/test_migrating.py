"""S1: a database comes to the current schema once, whole, whoever asks and how many at once."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any, get_args

import pytest
from tortoise.exceptions import IntegrityError

from bot.domain.ledger import EntryKind
from bot.storage.database import Database
from bot.storage.migrate import migrate, migrations, pending
from tests.storage.rows import NOW, ROWS, SECOND, execute, insert, refused
from tests.storage.schema import (
    CHECKS,
    COLUMNS,
    INDEXES,
    KEYS,
    REFERENCES,
    TRIGGERS,
    Postgres,
    Sqlite,
)


async def test_migrating_twice_changes_nothing(bare_database_url: str, dialect: str) -> None:
    names = list(migrations(dialect))
    database = await Database.open(bare_database_url)
    try:
        assert await pending(database) == names
        assert await migrate(database, NOW) == names
        assert await migrate(database, NOW) == []
        assert await pending(database) == []
    finally:
        await database.close()


Contents = dict[str, list[dict[str, Any]]]


@pytest.fixture
async def upgraded(
    bare_database_url: str, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Database, Contents, Contents]]:
    """A database of the first version with rows in every table, brought to the current schema.

    And what was in its columns before, and after.
    """
    database = await Database.open(bare_database_url)
    try:
        with monkeypatch.context() as first_version:
            initial = {"0001_initial": migrations(dialect)["0001_initial"]}
            first_version.setattr("bot.storage.migrate.migrations", lambda _: initial)
            assert await migrate(database, NOW) == ["0001_initial"]
        columns = await _columns(database)
        rows = {
            table: {name: value for name, value in row.items() if name in columns[table]}
            for table, row in ROWS.items()
            if table in columns
        }
        assert rows.keys() == columns.keys() - {"schema_version"}
        for table, row in rows.items():
            await insert(database, table, row)
        await insert(database, "conversation", rows["conversation"] | SECOND["conversation"])
        await execute(database, "DELETE FROM conversation WHERE id = 2")
        before = await _rows(database, columns)
        assert await migrate(database, NOW) == list(migrations(dialect))[1:]
        yield database, before, await _rows(database, columns)
    finally:
        await database.close()


async def test_s1_a_database_of_the_first_version_comes_along_whole(
    upgraded: tuple[Database, Contents, Contents],
) -> None:
    database, before, after = upgraded
    assert after == before
    async with database.reading() as reader:
        schema = Sqlite(reader) if database.dialect == "sqlite" else Postgres(reader)
        assert await schema.columns() == COLUMNS
        assert await schema.checks() == CHECKS
        assert await schema.keys() == KEYS
        assert await schema.indexes() == INDEXES
        assert await schema.references() == REFERENCES
        assert await schema.triggers() == TRIGGERS[database.dialect]
        kinds = await reader.rows("SELECT name FROM entry_kind ORDER BY name")
        assert [row["name"] for row in kinds] == sorted(get_args(EntryKind))
        [card] = await reader.rows("SELECT main FROM card")
        assert card["main"]


async def test_s1_it_goes_on_as_if_it_had_been_made_so(
    upgraded: tuple[Database, Contents, Contents],
) -> None:
    """No number comes twice, though one was taken back; what was refused still is."""
    database, _, _ = upgraded
    for table, number in (("conversation", 3), ("entry", 2), ("lot", 2)):
        await insert(database, table, ROWS[table] | SECOND.get(table, {}))
        assert await _newest(database, table) == number
    nobody = {"address_hash": "nobody", "identity_id": 9}
    assert await refused(database, "conversation", ROWS["conversation"] | nobody)
    assert await refused(database, "entry", ROWS["entry"] | {"kind": "loan"})
    with pytest.raises(IntegrityError):
        await execute(database, "DELETE FROM entry")


async def _columns(database: Database) -> dict[str, set[str]]:
    async with database.reading() as reader:
        schema = Sqlite(reader) if database.dialect == "sqlite" else Postgres(reader)
        columns = await schema.columns()
    return {table: {name.rstrip("?") for name in names.split()} for table, names in columns.items()}


async def _rows(database: Database, columns: dict[str, set[str]]) -> Contents:
    """All that is in these columns, but for the note of what was migrated."""
    async with database.reading() as reader:
        return {
            table: await reader.rows(f"SELECT {', '.join(sorted(names))} FROM {table}")
            for table, names in columns.items()
            if table != "schema_version"
        }


async def _newest(database: Database, table: str) -> int:
    async with database.reading() as reader:
        (row,) = await reader.rows(f"SELECT MAX(id) AS id FROM {table}")
    return int(row["id"])


MIGRATE = """
import asyncio, json, sys
from datetime import UTC, datetime
from bot.storage.database import Database
from bot.storage.migrate import migrate

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    database = await Database.open(sys.argv[1])
    print(json.dumps(await migrate(database, datetime.now(UTC))))
    await database.close()

asyncio.run(main())
"""


async def test_processes_that_start_together_migrate_once(
    bare_database_url: str, dialect: str
) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            MIGRATE,
            bare_database_url,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    said = await asyncio.gather(*(process.communicate(b"\n") for process in processes))
    assert [process.returncode for process in processes] == [0, 0, 0]
    applied = sorted((json.loads(out) for out, _ in said), key=len)
    assert applied == [[], [], list(migrations(dialect))]
