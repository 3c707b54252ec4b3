"""S1, S9: the schema as both databases really have it, and that it refuses what it should."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from bot.storage.database import Database, Reader
from bot.storage.migrate import migrate, migrations, pending

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

#: Every table's columns in order; "?" where there may be nothing.
COLUMNS = {
    "allocation": "id entry_id entry_month lot_id amount",
    "card": "id member_id token_hash token_sealed created_at revoked_at?",
    "claim": "id code_hash operation_id amount_minor location? staff_id? created_at ends_at "
    "claimed_at?",
    "consent": "id member_id channel purpose granted wording version source at",
    "conversation": "id channel address_hash address_sealed identity_id language step? "
    "draft_sealed? misses blocked_at? last_inbound_at created_at",
    "debt": "entry_id entry_month member_id unit amount remaining",
    "entry": "id month operation_id member_id unit amount kind rules programme_version_id? "
    "reverses_id? reverses_month? occurred_at recorded_at",
    "identity": "id kind value_hash value_sealed member_id? staff_id? proven_at? created_at",
    "inbound": "id channel external_id received_at failure? message_sealed?",
    "invitation": "id token_hash staff_id created_at ends_at used_at?",
    "lease": "name owner until_at",
    "lot": "id entry_id entry_month member_id unit amount remaining rule earned_at ends_at?",
    "member": "id code name_sealed language birthday_sealed? birthday_hash? birthday_set_at? "
    "home_location? source terms_version? minimum_age? tags joined_at last_visit_at?",
    "member_word": "member_id word_hash",
    "operation": "id key kind member_id? staff_id? location? undoes_id? answer_sealed created_at",
    "outbox": "id conversation_id member_id? class body_sealed choices edit_of? clear_of? state "
    "reason? attempts claimed_by? lease_until? due_at created_at sent_at? provider_id?",
    "programme_version": "id digest source created_at",
    "purchase": "id operation_id member_id? amount_minor currency location? receipt? occurred_at",
    "schema_version": "name applied_at",
    "setting": "name value_sealed",
    "staff": "id name_sealed role location? shift_location? created_at removed_at?",
    "vault_key": "id purpose wrapped created_at",
    "voucher": "id code member_id reward programme_version_id entry_id entry_month state "
    "reserved_at ends_at closed_at? staff_id? location?",
}

CHECKS = [
    "allocation amount",
    "claim amount_minor",
    "consent purpose",
    "debt amount",
    "debt amount remaining",
    "entry amount",
    "entry kind",
    "entry month",
    "lot amount",
    "lot amount remaining",
    "member source",
    "outbox class",
    "outbox state",
    "purchase amount_minor",
    "staff role",
    "vault_key purpose",
    "voucher state",
]

#: Primary and unique keys that are not a number made by the database.
KEYS = [
    "allocation (entry_id, lot_id)",
    "card (member_id) WHERE revoked_at IS NULL",
    "card (token_hash)",
    "claim (code_hash)",
    "conversation (channel, address_hash)",
    "debt (entry_id)",
    "entry (id, month)",
    "identity (kind, value_hash)",
    "inbound (channel, external_id)",
    "invitation (token_hash)",
    "lease (name)",
    "member (code)",
    "member_word (member_id, word_hash)",
    "operation (key)",
    "operation (undoes_id)",
    "purchase (operation_id)",
    "schema_version (name)",
    "setting (name)",
    "voucher (code)",
]

INDEXES = [
    "allocation_lot: allocation (lot_id)",
    "consent_member: consent (member_id, channel, purpose, id)",
    "conversation_identity: conversation (identity_id)",
    "debt_open: debt (member_id, unit) WHERE remaining > 0",
    "entry_member: entry (member_id, id)",
    "entry_operation: entry (operation_id)",
    "identity_member: identity (member_id) WHERE member_id IS NOT NULL",
    "identity_staff: identity (staff_id) WHERE staff_id IS NOT NULL",
    "lot_ending: lot (ends_at) WHERE remaining > 0 AND ends_at IS NOT NULL",
    "lot_entry: lot (entry_id)",
    "lot_open: lot (member_id, unit, ends_at, earned_at, id) WHERE remaining > 0",
    "member_birthday: member (birthday_hash) WHERE birthday_hash IS NOT NULL",
    "member_last_visit: member (last_visit_at) WHERE last_visit_at IS NOT NULL",
    "member_word_hash: member_word (word_hash)",
    "operation_member: operation (member_id, created_at, id) WHERE member_id IS NOT NULL",
    "operation_staff: operation (staff_id, created_at, id) WHERE staff_id IS NOT NULL",
    "outbox_choices: outbox (conversation_id, id) WHERE choices",
    "outbox_conversation: outbox (conversation_id, state, id)",
    "outbox_due: outbox (due_at, id) WHERE state = 'due'",
    "outbox_provider: outbox (provider_id) WHERE provider_id IS NOT NULL",
    "outbox_sending: outbox (lease_until) WHERE state = 'sending'",
    "programme_version_digest: programme_version (digest)",
    "purchase_member: purchase (member_id, occurred_at) WHERE member_id IS NOT NULL",
    "voucher_member: voucher (member_id, id)",
    "voucher_open: voucher (ends_at) WHERE state = 'reserved'",
]

REFERENCES = [
    "allocation (entry_id, entry_month) -> entry (id, month)",
    "allocation (lot_id) -> lot (id)",
    "card (member_id) -> member (id)",
    "claim (operation_id) -> operation (id)",
    "claim (staff_id) -> staff (id)",
    "consent (member_id) -> member (id)",
    "conversation (identity_id) -> identity (id)",
    "debt (entry_id, entry_month) -> entry (id, month)",
    "debt (member_id) -> member (id)",
    "entry (member_id) -> member (id)",
    "entry (operation_id) -> operation (id)",
    "entry (programme_version_id) -> programme_version (id)",
    "entry (reverses_id, reverses_month) -> entry (id, month)",
    "identity (member_id) -> member (id)",
    "identity (staff_id) -> staff (id)",
    "invitation (staff_id) -> staff (id)",
    "lot (entry_id, entry_month) -> entry (id, month)",
    "lot (member_id) -> member (id)",
    "member_word (member_id) -> member (id)",
    "operation (member_id) -> member (id)",
    "operation (staff_id) -> staff (id)",
    "operation (undoes_id) -> operation (id)",
    "outbox (conversation_id) -> conversation (id)",
    "outbox (member_id) -> member (id)",
    "purchase (member_id) -> member (id)",
    "purchase (operation_id) -> operation (id)",
    "voucher (entry_id, entry_month) -> entry (id, month)",
    "voucher (member_id) -> member (id)",
    "voucher (programme_version_id) -> programme_version (id)",
    "voucher (staff_id) -> staff (id)",
]

TRIGGERS = {
    "sqlite": [
        "allocation_no_delete BEFORE DELETE ON allocation",
        "allocation_no_update BEFORE UPDATE ON allocation",
        "entry_no_delete BEFORE DELETE ON entry",
        "entry_no_update BEFORE UPDATE ON entry",
    ],
    "postgres": [
        "allocation_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.allocation "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()",
        "entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()",
    ],
}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url)
    try:
        yield database
    finally:
        await database.close()


# Reading it back


class Sqlite:
    """The schema as SQLite tells it."""

    def __init__(self, reader: Reader) -> None:
        self.rows = reader.rows

    async def columns(self) -> dict[str, str]:
        found = {}
        for table in await self._tables():
            # Unlike other primary keys, a rowid is never empty without saying so.
            found[table] = " ".join(
                row["name"]
                + ("" if row["notnull"] or (row["pk"] and row["type"] == "INTEGER") else "?")
                for row in await self.rows(f"PRAGMA table_info({table})")
            )
        return found

    async def checks(self) -> list[str]:
        found = []
        for row in await self.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
            for line in row["sql"].splitlines():
                if match := re.search(r"^\s*(\w+) .*\bCHECK \((.*)", line):
                    column, condition = match.groups()
                    named = {column} | ({"amount"} & set(re.findall(r"\w+", condition)))
                    found.append(" ".join([row["name"], *sorted(named)]))
        return sorted(found)

    async def keys(self) -> list[str]:
        return sorted(text for _, text, unique in await self._indexes() if unique)

    async def indexes(self) -> list[str]:
        return sorted(
            f"{name}: {text}" for name, text, unique in await self._indexes() if not unique
        )

    async def references(self) -> list[str]:
        found = []
        for table in await self._tables():
            parts: dict[int, list[Any]] = defaultdict(list)
            for row in await self.rows(f"PRAGMA foreign_key_list({table})"):
                parts[row["id"]].append(row)
            for rows in parts.values():
                ours = ", ".join(row["from"] for row in rows)
                theirs = ", ".join(row["to"] for row in rows)
                found.append(f"{table} ({ours}) -> {rows[0]['table']} ({theirs})")
        return sorted(found)

    async def triggers(self) -> list[str]:
        rows = await self.rows("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
        return sorted(row["sql"].split("\n")[0].removeprefix("CREATE TRIGGER ") for row in rows)

    async def _tables(self) -> list[str]:
        rows = await self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [row["name"] for row in rows if not row["name"].startswith("sqlite_")]

    async def _indexes(self) -> list[tuple[str, str, bool]]:
        found = []
        for table in await self._tables():
            for index in await self.rows(f"PRAGMA index_list({table})"):
                name = index["name"]
                columns = await self.rows(f"PRAGMA index_info({name})")
                (source,) = await self.rows("SELECT sql FROM sqlite_master WHERE name = $1", name)
                where = (source["sql"] or "").partition("WHERE ")[2]
                found.append((name, _index(table, columns, where), bool(index["unique"])))
        return found


class Postgres:
    """The schema as PostgreSQL's catalogue tells it."""

    def __init__(self, reader: Reader) -> None:
        self.rows = reader.rows

    async def columns(self) -> dict[str, str]:
        found = defaultdict(list)
        for row in await self.rows(
            "SELECT table_name, column_name, is_nullable FROM information_schema.columns "
            "WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
        ):
            mark = "?" if row["is_nullable"] == "YES" else ""
            found[row["table_name"]].append(row["column_name"] + mark)
        return {table: " ".join(columns) for table, columns in found.items()}

    async def checks(self) -> list[str]:
        rows = await self._constraints("c")
        return sorted(" ".join([row["name"], *sorted(row["ours"])]) for row in rows)

    async def keys(self) -> list[str]:
        return sorted(text for _, text, unique in await self._indexes() if unique)

    async def indexes(self) -> list[str]:
        return sorted(
            f"{name}: {text}" for name, text, unique in await self._indexes() if not unique
        )

    async def references(self) -> list[str]:
        rows = await self._constraints("f")
        return sorted(
            f"{row['name']} ({', '.join(row['ours'])}) -> "
            f"{row['other']} ({', '.join(row['theirs'])})"
            for row in rows
        )

    async def triggers(self) -> list[str]:
        rows = await self.rows(
            "SELECT pg_get_triggerdef(oid) AS sql FROM pg_trigger WHERE NOT tgisinternal"
        )
        return sorted(row["sql"].removeprefix("CREATE TRIGGER ") for row in rows)

    async def _constraints(self, kind: str) -> list[Any]:
        columns = (
            "ARRAY(SELECT a.attname::text FROM unnest(c.{0}key) WITH ORDINALITY k (number, place) "
            "JOIN pg_attribute a ON a.attrelid = c.{1} AND a.attnum = k.number ORDER BY k.place)"
        )
        return await self.rows(
            "SELECT c.conrelid::regclass::text AS name, c.confrelid::regclass::text AS other, "
            f"{columns.format('con', 'conrelid')} AS ours, "
            f"{columns.format('conf', 'confrelid')} AS theirs FROM pg_constraint c "
            "WHERE c.contype::text = $1 AND c.connamespace = 'public'::regnamespace",
            kind,
        )

    async def _indexes(self) -> list[tuple[str, str, bool]]:
        found = []
        for row in await self.rows(
            "SELECT x.indexrelid::regclass::text AS name, x.indrelid::regclass::text AS tbl, "
            "x.indisunique, pg_get_expr(x.indpred, x.indrelid) AS predicate, "
            "ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, true) "
            "FROM generate_series(1, x.indnkeyatts) n) AS columns "
            "FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid "
            "WHERE t.relnamespace = 'public'::regnamespace"
        ):
            columns = [{"name": name} for name in row["columns"]]
            if row["indisunique"] and row["columns"] == ["id"]:
                continue  # the number made by the database
            text = _index(row["tbl"], columns, row["predicate"] or "")
            found.append((row["name"], text, row["indisunique"]))
        return found


def _index(table: str, columns: list[Any], where: str) -> str:
    """An index in words both databases can be brought to."""
    plain = re.sub(r"::\w+|[()\[\]]", "", where).replace("= ANY ARRAY", "IN ")
    listed = ", ".join(row["name"] for row in columns)
    return f"{table} ({listed})" + (f" WHERE {plain}" if where else "")


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
