"""S1, S9: the schema as both databases really have it, and that it refuses what it should."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tortoise.exceptions import IntegrityError

from bot.storage.database import Database
from tests.storage.rows import ROWS, SECOND, execute, insert, refused
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

BAD_VALUES = [
    ("vault_key", {"purpose": "fun"}),
    ("member", {"source": "elsewhere"}),
    ("staff", {"role": "customer"}),
    ("consent", {"purpose": "fun"}),
    ("purchase", {"amount_minor": -1}),
    ("claim", {"amount_minor": 0}),
    ("entry", {"amount": 0}),
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
    ("proof", {"kind": "telegram"}),
    ("occasion", {"state": "eaten"}),
    ("preference", {"pace": "none"}),
    ("broadcast", {"state": "eaten"}),
    ("spending", {"month": 2026}),
    ("counter", {"used": -1}),
    ("purchase_item", {"quantity": 0}),
    ("referral", {"state": "lost"}),
    ("review", {"state": "lost"}),
    ("survey_answer", {"rating": 6}),
    ("survey_answer", {"rating": 0}),
    ("tally_entry", {"amount": 0}),
]


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
        if "revoked_at" in key:
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
        nowhere = "nowhere" if isinstance(ROWS[table].get(first), str) else 999
        row = ROWS[table] | SECOND.get(table, {}) | {first: nowhere}
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
            await execute(full, statement)
    async with full.reading() as reader:
        rows = await reader.rows(f"SELECT amount FROM {table} ORDER BY id")
    untouched = {"entry": [{"amount": 3}, {"amount": 3}], "allocation": [{"amount": 1}]}
    assert rows == untouched[table]
