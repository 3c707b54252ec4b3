"""The one door to the database: opening it, transactions that lock first, reads beside them.

SQLite: one writing connection; transactions begin IMMEDIATE, since a deferred one that reads and
then writes fails with "database is locked" as soon as a second process does the same. Long reads
use a connection of their own. PostgreSQL: a pool.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import asyncpg
from tortoise.backends.base.client import (
    BaseDBAsyncClient,
    TransactionalDBClient,
    TransactionContextPooled,
)
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.connection import get_connections
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError, OperationalError, TransactionManagementError

from bot.storage.vault import Vault

Dialect = Literal["sqlite", "postgres"]
Row = dict[str, Any]

#: How long SQLite waits for another process's transaction, in milliseconds.
BUSY_TIMEOUT_MS = 20_000

_PLACEHOLDER = re.compile(r"\$(?=\d)")


def _as_text(instant: datetime) -> str:
    """An instant as SQLite keeps it: text of one length in UTC, so that it sorts as instants do."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone")
    utc = instant.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")


# Tortoise registers one that keeps the zone as it is. Values go through it however they are sent.
sqlite3.register_adapter(datetime, _as_text)


class DatabaseUnavailable(Exception):
    """The database can't be opened; the message says where and what to do."""


class Reader:
    """A connection to ask with SQL that both databases understand; placeholders are $1, $2, …"""

    def __init__(self, client: BaseDBAsyncClient, dialect: Dialect, vault: Vault | None) -> None:
        self.client = client
        self.dialect: Dialect = dialect
        self._vault = vault

    @property
    def vault(self) -> Vault:
        """What seals and opens personal data; there once `open_vault` ran."""
        if self._vault is None:
            raise RuntimeError("the vault is not open yet")
        return self._vault

    def _native(self, sql: str) -> str:
        return _PLACEHOLDER.sub("?", sql) if self.dialect == "sqlite" else sql

    async def rows(self, sql: str, *values: Any) -> list[Row]:
        """The rows a statement gives, RETURNING included."""
        return await self.client.execute_query_dict(self._native(sql), list(values))

    async def row(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        found = await self.rows(sql, *values)
        return found[0] if found else None


class Transaction(Reader):
    """An open transaction; on PostgreSQL rows are locked by `lock`, SQLite locks as it begins."""

    async def execute(self, sql: str, *values: Any) -> int:
        """Run a statement; returns the number of rows an UPDATE or DELETE changed."""
        return (await self.client.execute_query(self._native(sql), list(values)))[0]

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once per row of values."""
        if rows:
            await self.client.execute_many(self._native(sql), [list(row) for row in rows])

    async def alone(self, what: str) -> None:
        """Go on once nobody else is at the same thing; it is ours until the transaction ends.

        For what spans rows that no single lock covers. Comes after the conversation's lock and
        before any other.
        """
        if self.dialect == "postgres":
            # https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
            await self.rows("SELECT pg_advisory_xact_lock(hashtext($1))", what)

    async def as_tables_are(self) -> None:
        """Have statements planned for the tables as they are now, until the transaction ends.

        PostgreSQL keeps a plan that was right while a table was empty, and scans it for every row
        as it fills.
        """
        if self.dialect == "postgres":
            # https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-PLAN-CACHE-MODE
            await self.execute("SET LOCAL plan_cache_mode = force_custom_plan")

    @property
    def lock(self) -> str:
        """What to append to a SELECT that is read in order to change the row.

        NO KEY: a row that refers to this one can be inserted meanwhile. Otherwise a colleague's
        receipt for a customer who is just writing would wait for their conversation, which waits
        for the member the colleague holds.
        """
        return " FOR NO KEY UPDATE" if self.dialect == "postgres" else ""


class _Immediate(SqliteTransactionWrapper):
    async def begin(self) -> None:
        try:
            # What a failed commit left open is not to be committed after all.
            await self._connection.rollback()
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise TransactionManagementError(error) from error
        except BaseException:
            # Cancelled, but the connection's thread begins all the same: the file must not stay
            # locked for other processes.
            await self._connection.rollback()
            raise


# Tortoise's contexts keep the lock or the pooled connection for ever when beginning fails or is
# cancelled; after that SQLite hangs at once and PostgreSQL after as many times as the pool is big.


class _SqliteContext(SqliteTransactionContext):
    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            self._trxlock.release()
            raise
        client: TransactionalDBClient = self.connection
        self.token = get_connections().set(self.connection_name, client)
        return client


class _PostgresContext(TransactionContextPooled):
    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        pool = self.client._parent._pool
        self.client._connection = await pool.acquire()
        try:
            await self.client.begin()
        except BaseException:
            await pool.release(self.client._connection)
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client


class Database:
    """An open database; make one with `await Database.open(url)` and close it when done."""

    def __init__(self, context: TortoiseContext, dialect: Dialect) -> None:
        self.dialect: Dialect = dialect
        self.vault: Vault | None = None
        self._context = context
        self._client = context.connections.get("default")
        self._readers = {
            long: context.connections.get(name if dialect == "sqlite" else "default")
            for long, name in ((False, "reader"), (True, "long_reader"))
        }

    @classmethod
    async def open(cls, url: str, *, lasting: bool = True) -> Database:
        """Open a `sqlite://path` or `postgres://user:pass@host:5432/db`.

        Where it need not be `lasting`, SQLite does not wait for the disk. Raises
        DatabaseUnavailable, with what to do.
        """
        dialect: Dialect = "sqlite" if url.startswith("sqlite://") else "postgres"
        # Tortoise keeps statements per connection name across databases of one process.
        EXECUTOR_CACHE.clear()
        context = TortoiseContext()
        try:
            with context:  # models look their database up while they are being set up
                await context.init(
                    config={
                        "connections": _connections(url, dialect, lasting),
                        "apps": {"regulars": {"models": ["bot.storage.models"]}},
                        "use_tz": True,
                        "timezone": "UTC",
                    },
                    # Handlers run in tasks that were not started where the database was opened.
                    _enable_global_fallback=True,
                )
            database = cls(context, dialect)
            await database._client.execute_query("SELECT 1")
        except (
            OSError,
            DBConnectionError,
            OperationalError,
            asyncpg.PostgresError,
            sqlite3.Error,
            ValueError,
        ) as error:
            await context.close_connections()
            raise DatabaseUnavailable(
                f"REGULARS_DATABASE_URL: the database at {safe_url(url)} does not answer "
                f"({type(error).__name__}). Is it running, and are name and password right?"
            ) from error
        return database

    async def close(self) -> None:
        """Close every connection; aiosqlite's threads would keep the process alive."""
        await self._context.close_connections()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction that commits at the end of the block and rolls back on any exception."""
        context: Any
        if isinstance(self._client, SqliteClient):
            context = _SqliteContext(_Immediate(self._client), self._client._lock)
        else:
            context = self._client._in_transaction()
            context = _PostgresContext(context.client, context._pool_init_lock)
        async with context as client:
            yield Transaction(client, self.dialect, self.vault)

    @asynccontextmanager
    async def without_references(self) -> AsyncIterator[None]:
        """SQLite does not check references inside the block, so that tables can be rebuilt.

        https://www.sqlite.org/lang_altertable.html#otheralter; no effect in a transaction.
        """
        await self._client.execute_query("PRAGMA foreign_keys=OFF")
        try:
            yield
        finally:
            await self._client.execute_query("PRAGMA foreign_keys=ON")

    @asynccontextmanager
    async def reading(self, *, long: bool = False) -> AsyncIterator[Reader]:
        """Read without holding up those who write; sees what was committed.

        On SQLite reads go one after the other: what takes seconds goes beside the others (`long`).
        """
        yield Reader(self._readers[long], self.dialect, self.vault)


def _connections(url: str, dialect: Dialect, lasting: bool) -> dict[str, Any]:
    if dialect == "postgres":
        parts = urlsplit(url)
        if parts.scheme not in ("postgres", "postgresql", "asyncpg") or not parts.path.strip("/"):
            raise ValueError("not a sqlite:// or postgres:// address")
        return {"default": "asyncpg" + url[len(parts.scheme) :]}
    path = url.removeprefix("sqlite://")
    file = Path(path)
    # Nobody but its owner: what is not encrypted in it is nobody else's business either.
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    credentials = {
        "file_path": path,
        "busy_timeout": BUSY_TIMEOUT_MS,
        # What was answered is on the disk: a till never takes a stamp back after a power cut.
        "synchronous": "FULL" if lasting else "OFF",
        # REPLACE deletes too, and the ledger's triggers are to see it.
        "recursive_triggers": "ON",
    }
    engine = "tortoise.backends.sqlite"
    return {
        "default": {"engine": engine, "credentials": credentials},
        "reader": {"engine": engine, "credentials": {**credentials, "query_only": "ON"}},
        "long_reader": {"engine": engine, "credentials": {**credentials, "query_only": "ON"}},
    }


def marks(count: int, first: int = 1) -> str:
    """Placeholders for `count` values: `$1, $2, $3`."""
    return ", ".join(f"${number}" for number in range(first, first + count))


def safe_url(url: str) -> str:
    """A database address without name, password and options, for messages."""
    if url.startswith("sqlite://"):
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}/{parts.path.rpartition('/')[2]}"


def instant(value: datetime | str | None) -> datetime | None:
    """A column's instant as an aware UTC datetime, from either database."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.astimezone(UTC) if value else None


def required_instant(value: datetime | str) -> datetime:
    """As `instant`, for a column that is never empty."""
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).astimezone(UTC)
