"""A shop in a folder of its own, and the commands run in it as its owner would."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
import structlog

from bot import programmes
from bot.cli import main
from bot.cli.opening import open_existing
from bot.clock import Clock
from bot.services.unit_of_work import Work
from bot.settings import PREFIX, Settings
from tests.conftest import SECRET

T = TypeVar("T")

#: The ready-made café with a contact of its own.
CAFE = programmes.preset("cafe-stamps").replace("ahoj@lipa.example", "at the counter")


@dataclass(frozen=True)
class Ran:
    """What a command printed, line by line, and how it left."""

    code: int
    out: list[str]
    err: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shop:
    """A folder with a programme file and settings that name a database."""

    folder: Path
    dialect: str
    run: Callable[..., Ran]

    @property
    def programme(self) -> Path:
        return self.folder / "programme.toml"

    def ask(self, question: Callable[[Work], Awaitable[T]]) -> T:
        """The answer the database gives, opened as a command opens it."""

        async def answer() -> T:
            async with open_existing(Settings.load(), Clock()) as work:
                return await question(work)

        return asyncio.run(answer())

    def sql(self, statement: str) -> None:
        """Change the database behind everyone's back."""

        async def change(work: Work) -> None:
            async with work.database.transaction() as tx:
                await tx.execute(statement)

        self.ask(change)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting from outside reaches a test, and no logging set up by a command leaves it."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command and returns what came of it."""

    def command(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as leaving:
            main(arguments)
        printed = capsys.readouterr()
        assert isinstance(leaving.value.code, int)
        return Ran(leaving.value.code, printed.out.splitlines(), printed.err.splitlines())

    return command


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, dialect: str) -> Callable[[str], None]:
    """Makes the settings name a database; PostgreSQL has a secret, SQLite keeps its own."""

    def database(url: str) -> None:
        monkeypatch.setenv(f"{PREFIX}DATABASE_URL", url)
        if dialect == "postgres":
            monkeypatch.setenv(f"{PREFIX}SECRET_KEY", SECRET)

    return database


@pytest.fixture
def shop(
    tmp_path: Path,
    dialect: str,
    database_url: str,
    run: Callable[..., Ran],
    use: Callable[[str], None],
) -> Shop:
    """The ready-made café on a migrated database of either kind."""
    use(database_url)
    (tmp_path / "programme.toml").write_text(CAFE, "utf-8")
    return Shop(tmp_path, dialect, run)
