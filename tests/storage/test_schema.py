"""S1, S9: the schema as both databases really have it, and that it refuses what it should."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from bot.storage.database import Database
from bot.storage.migrate import migrate, migrations, pending
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

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url)
    try:
        yield database
    finally:
        await database.close()


# Reading it back


@pytest.fixture
async def schema(database: Database) -> AsyncIterator[Sqlite | Postgres]:
    async with database.reading() as reader:
        yield Sqlite(reader) if database.dialect == "sqlite" else Postgres(reader)


async def test_the_tables_and_what_may_be_empty(schema: Sqlite | Postgres) -> None:
    assert await schema.columns() == COLUMNS


async def test_the_checks(schema: Sqlite | Postgres) -> None:
    assert await schema.checks() == CHECKS


async def test_the_unique_keys(schema: Sqlite | Postgres) -> None:
    assert await schema.keys() == KEYS


async def test_the_indexes(schema: Sqlite | Postgres) -> None:
    assert await schema.indexes() == INDEXES


async def test_the_references(schema: Sqlite | Postgres) -> None:
    assert await schema.references() == REFERENCES


async def test_the_triggers(schema: Sqlite | Postgres, dialect: str) -> None:
    assert await schema.triggers() == TRIGGERS[dialect]


# What it refuses

#: One valid row of every table, in an order in which they can be inserted; ids are 1.
ROWS: dict[str, dict[str, Any]] = {
    "vault_key": {"purpose": "data", "wrapped": "x", "created_at": NOW},
    "setting": {"name": "a", "value_sealed": "x"},
    "lease": {"name": "a", "owner": "x", "until_at": NOW},
    "programme_version": {"digest": "d", "source": "x", "created_at": NOW},
    "member": {
        "code": "AAAAAA",
        "name_sealed": "x",
        "language": "en",
        "source": "chat",
        "tags": "",
        "joined_at": NOW,
    },
    "member_word": {"member_id": 1, "word_hash": "w"},
    "card": {"member_id": 1, "token_hash": "t", "token_sealed": "x", "created_at": NOW},
    "staff": {"name_sealed": "x", "role": "owner", "created_at": NOW},
    "invitation": {"token_hash": "t", "staff_id": 1, "created_at": NOW, "ends_at": NOW},
    "identity": {
        "kind": "phone",
        "value_hash": "v",
        "value_sealed": "x",
        "member_id": 1,
        "staff_id": 1,
        "created_at": NOW,
    },
    "conversation": {
        "channel": "telegram",
        "address_hash": "a",
        "address_sealed": "x",
        "identity_id": 1,
        "language": "en",
        "misses": 0,
        "last_inbound_at": NOW,
        "created_at": NOW,
    },
    "consent": {
        "member_id": 1,
        "channel": "telegram",
        "purpose": "marketing",
        "granted": True,
        "wording": "x",
        "version": "1",
        "source": "chat",
        "at": NOW,
    },
    "inbound": {"channel": "telegram", "external_id": "1", "received_at": NOW},
    "operation": {
        "key": "k",
        "kind": "stamp",
        "member_id": 1,
        "staff_id": 1,
        "undoes_id": 1,
        "answer_sealed": "x",
        "created_at": NOW,
    },
    "purchase": {
        "operation_id": 1,
        "member_id": 1,
        "amount_minor": 0,
        "currency": "CZK",
        "occurred_at": NOW,
    },
    "claim": {
        "code_hash": "c",
        "operation_id": 1,
        "amount_minor": 1,
        "staff_id": 1,
        "created_at": NOW,
        "ends_at": NOW,
    },
    "entry": {
        "month": 202603,
        "operation_id": 1,
        "member_id": 1,
        "unit": "stamps",
        "amount": 3,
        "kind": "earn",
        "rules": "[]",
        "programme_version_id": 1,
        "reverses_id": 1,
        "reverses_month": 202603,
        "occurred_at": NOW,
        "recorded_at": NOW,
    },
    "lot": {
        "entry_id": 1,
        "entry_month": 202603,
        "member_id": 1,
        "unit": "stamps",
        "amount": 3,
        "remaining": 3,
        "rule": "visit",
        "earned_at": NOW,
    },
    "allocation": {"entry_id": 1, "entry_month": 202603, "lot_id": 1, "amount": 1},
    "debt": {
        "entry_id": 1,
        "entry_month": 202603,
        "member_id": 1,
        "unit": "stamps",
        "amount": 2,
        "remaining": 0,
    },
    "voucher": {
        "code": "VVVVVV",
        "member_id": 1,
        "reward": "coffee",
        "programme_version_id": 1,
        "entry_id": 1,
        "entry_month": 202603,
        "state": "reserved",
        "reserved_at": NOW,
        "ends_at": NOW,
        "staff_id": 1,
    },
    "outbox": {
        "conversation_id": 1,
        "member_id": 1,
        "class": "reply",
        "body_sealed": "x",
        "choices": False,
        "state": "due",
        "attempts": 0,
        "due_at": NOW,
        "created_at": NOW,
    },
}
#: What makes a second row of a table differ from the first wherever a key asks for it.
SECOND: dict[str, dict[str, Any]] = {
    "setting": {"name": "b"},
    "lease": {"name": "b"},
    "member": {"code": "BBBBBB"},
    "member_word": {"word_hash": "x"},
    "card": {"token_hash": "u", "revoked_at": NOW},
    "invitation": {"token_hash": "u"},
    "identity": {"value_hash": "w"},
    "conversation": {"address_hash": "b"},
    "inbound": {"external_id": "2"},
    "operation": {"key": "l", "undoes_id": None},
    "purchase": {"operation_id": 2},
    "claim": {"code_hash": "d"},
    "entry": {"reverses_id": None, "reverses_month": None},
    "allocation": {"entry_id": 2},
    "debt": {"entry_id": 2},
    "voucher": {"code": "WWWWWW"},
}
BAD_VALUES = [
    ("vault_key", {"purpose": "fun"}),
    ("member", {"source": "elsewhere"}),
    ("staff", {"role": "customer"}),
    ("consent", {"purpose": "fun"}),
    ("purchase", {"amount_minor": -1}),
    ("claim", {"amount_minor": 0}),
    ("entry", {"amount": 0}),
    ("entry", {"kind": "gift"}),
    ("entry", {"month": 2026}),
    ("entry", {"month": 20260302}),
    ("lot", {"amount": 0, "remaining": 0}),
    ("lot", {"amount": -3, "remaining": -3}),
    ("lot", {"remaining": -1}),
    ("lot", {"remaining": 4}),
    ("allocation", {"amount": 0}),
    ("debt", {"amount": 0}),
    ("debt", {"remaining": -1}),
    ("debt", {"remaining": 3}),
    ("voucher", {"state": "lost"}),
    ("outbox", {"class": "spam"}),
    ("outbox", {"state": "eaten"}),
]


async def insert(database: Database, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    async with database.transaction() as tx:
        await tx.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())


async def refused(database: Database, table: str, row: dict[str, Any]) -> bool:
    try:
        await insert(database, table, row)
    except IntegrityError:
        return True
    return False


@pytest.fixture
async def full(database: Database) -> Database:
    """A database with a valid row in every table, and a second operation and entry."""
    for table, row in ROWS.items():
        await insert(database, table, row)
    for table in ("operation", "entry"):
        await insert(database, table, ROWS[table] | SECOND[table])
    return database


async def test_every_check_refuses_a_bad_row(full: Database) -> None:
    assert {" ".join([table, *sorted(bad)]) for table, bad in BAD_VALUES} | {
        "lot amount remaining",
        "debt amount remaining",
    } >= set(CHECKS) - {"lot amount"}
    accepted = [
        (table, bad)
        for table, bad in BAD_VALUES
        if not await refused(full, table, ROWS[table] | SECOND.get(table, {}) | bad)
    ]
    assert accepted == []


async def test_no_key_is_taken_twice(full: Database) -> None:
    accepted = []
    for key in KEYS:
        table, columns = key.split(" (")
        if table == "schema_version" or key == "entry (id, month)":
            continue
        named = columns.partition(")")[0].split(", ")
        same = {column: ROWS[table][column] for column in named}
        if "WHERE" in key:
            same |= {"revoked_at": None}
        if not await refused(full, table, ROWS[table] | SECOND[table] | same):
            accepted.append(key)
    assert accepted == []


async def test_a_second_row_with_keys_of_its_own_is_welcome(full: Database) -> None:
    refusals = [
        table
        for table in ROWS
        if table not in ("operation", "entry")
        and await refused(full, table, ROWS[table] | SECOND.get(table, {}))
    ]
    assert refusals == []


async def test_nothing_refers_to_what_is_not_there(full: Database) -> None:
    accepted = []
    for reference in REFERENCES:
        table, rest = reference.split(" (", 1)
        first = rest.partition(")")[0].split(", ")[0]
        row = ROWS[table] | SECOND.get(table, {}) | {first: 999}
        if table == "entry":
            row |= {"reverses_month": 202603} if first == "reverses_id" else {}
        if not await refused(full, table, row):
            accepted.append(reference)
    assert accepted == []


async def test_what_must_be_there_must_be_there(full: Database) -> None:
    accepted = []
    for table, row in ROWS.items():
        required = [c for c in COLUMNS[table].split() if not c.endswith("?") and c in row]
        for column in required:
            if not await refused(full, table, row | SECOND.get(table, {}) | {column: None}):
                accepted.append(f"{table}.{column}")
    assert accepted == []


@pytest.mark.parametrize("table", ["entry", "allocation"])
async def test_s1_the_ledger_is_appended_to_and_nothing_else(full: Database, table: str) -> None:
    statements = [
        f"UPDATE {table} SET amount = 7",
        f"UPDATE {table} SET amount = amount WHERE id = 1",
        f"DELETE FROM {table}",
        f"DELETE FROM {table} WHERE id = 1",
    ]
    if full.dialect == "postgres":
        statements.append(f"TRUNCATE {table} CASCADE")
    else:
        statements.append(
            "REPLACE INTO allocation (id, entry_id, entry_month, lot_id, amount) "
            "VALUES (1, 1, 202603, 1, 2)"
        )
    for statement in statements:
        with pytest.raises(IntegrityError, match=r"append-only|never (changed|deleted)"):
            await _execute(full, statement)
    async with full.reading() as reader:
        rows = await reader.rows(f"SELECT amount FROM {table} ORDER BY id")
    untouched = {"entry": [{"amount": 3}, {"amount": 3}], "allocation": [{"amount": 1}]}
    assert rows == untouched[table]


async def _execute(database: Database, statement: str) -> None:
    async with database.transaction() as tx:
        await tx.execute(statement)


# Migrating


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
