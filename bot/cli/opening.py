"""From settings to a database that is ready to work on, for every command that needs one."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import structlog

from bot import logs, programmes
from bot.clock import Clock
from bot.programmes import Finding
from bot.services.unit_of_work import Work
from bot.settings import PREFIX, Settings
from bot.storage import settings as kept
from bot.storage.database import Database
from bot.storage.keys import check_secrets, kept_secret, open_vault
from bot.storage.migrate import migrate as apply_migrations
from bot.storage.migrate import pending
from locales import Catalogues

log = structlog.get_logger()

#: Where `kept_secret` keeps the secret of a SQLite database, beside it.
SECRET_FILE = "secret.key"  # noqa: S105 - the name of a file
#: What to do on PostgreSQL about a programme file whose content was in force before.
OLDER = (
    "a newer version of the programme is in force than what this file says; to bring this one "
    "back, change something in it, such as a comment"
)


class CannotOpen(Exception):
    """There is nothing to work on yet; each finding says what is missing and what to do."""

    def __init__(self, *findings: str) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def load_settings() -> Settings:
    """The settings, with logging set up as they say. Raises BadSettings."""
    settings = Settings.load()
    logs.set_up(settings.log_format, settings.log_level)
    return settings


@asynccontextmanager
async def open_work(settings: Settings, clock: Clock, *, migrate: bool) -> AsyncIterator[Work]:
    """The database with its vault open and the programme file in force; closed at the end.

    `migrate` brings a SQLite schema up by itself; on PostgreSQL that is `regulars migrate`'s.
    Raises CannotOpen, DatabaseUnavailable or WrongSecret. The programme file is read first, so
    that a start without one leaves no database behind.
    """
    languages = Catalogues.load().languages
    source = usable_programme(settings.programme, languages)
    async with open_database(settings) as database:
        if migrate and database.dialect == "sqlite":
            await apply_migrations(database, clock.now())
        work = await _ready(settings, database, languages, clock.now())
        if await work.adopt(source, clock.now(), again=file_decides(database)):
            log.info("programme in force", file=str(settings.programme))
        elif not await is_newest(database, source):
            log.warning("programme file not in force", file=str(settings.programme), hint=OLDER)
        yield work


@asynccontextmanager
async def open_existing(settings: Settings, clock: Clock) -> AsyncIterator[Work]:
    """The database as it is, with the programme that is in force: for commands that bring none.

    Raises as `open_work` does; reads no programme file and makes no database.
    """
    file = settings.sqlite_file
    if file is not None and not file.exists():
        raise CannotOpen(
            f"{PREFIX}DATABASE_URL: there is no database at {file} yet: start Regulars "
            "with `regulars run`, or bring members in with `regulars members import`"
        )
    async with open_database(settings) as database:
        yield await _ready(settings, database, Catalogues.load().languages, clock.now())


@asynccontextmanager
async def open_database(settings: Settings, *, lasting: bool = True) -> AsyncIterator[Database]:
    """The database alone, whatever its schema; closed at the end. Raises DatabaseUnavailable."""
    database = await Database.open(settings.database_url, lasting=lasting)
    try:
        yield database
    finally:
        await database.close()


def file_decides(database: Database) -> bool:
    """Whether the programme file is in force even where its content was before.

    On SQLite one machine has one file. Processes that share a PostgreSQL may have one each, and a
    process that starts with an older file must not bring it back for all of them.
    """
    return database.dialect == "sqlite"


async def is_newest(database: Database, source: str) -> bool:
    """Whether a programme file's content is what is in force."""
    async with database.reading() as reader:
        version = await kept.programme_version(reader, source)
        return version is not None and version == await kept.newest_programme_version(reader)


def read_programme(path: Path) -> str:
    """The text of a programme file; raises CannotOpen."""
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise CannotOpen(
            f"{PREFIX}PROGRAMME: there is no file {path}: write one with "
            f"`regulars new cafe-stamps {path}`, or name yours"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CannotOpen(
            f"{path}: line {line} has a character that is not UTF-8: save the file as UTF-8"
        ) from None
    except OSError as error:
        raise CannotOpen(f"{PREFIX}PROGRAMME: {path} can't be read: {error.strerror}") from None


def usable_programme(path: Path, languages: Collection[str]) -> str:
    """The text of a programme file without errors; raises CannotOpen with all there are."""
    source = read_programme(path)
    programme, findings = programmes.read(source, languages)
    if programme is None:
        raise CannotOpen(*(spelled(path, f) for f in findings if f.level == "error"))
    return source


def spelled(path: Path, finding: Finding) -> str:
    """A finding in a programme file as one line: where, which key, and what to do."""
    place = str(path) if finding.line is None else f"{path}:{finding.line}"
    return " ".join(part for part in (place, finding.key, finding.message) if part)


def secret_file(settings: Settings) -> Path | None:
    """Where the secret of a SQLite database is kept when no setting gives one."""
    file = settings.sqlite_file
    return None if file is None or settings.secret_key else file.parent / SECRET_FILE


async def _ready(
    settings: Settings, database: Database, languages: Collection[str], now: datetime
) -> Work:
    if await pending(database):
        raise CannotOpen("the database does not have the current schema: run `regulars migrate`")
    await open_vault(database, await _secrets(settings, database), now)
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    return Work(database, languages, owner)


async def _secrets(settings: Settings, database: Database) -> Sequence[str]:
    file = secret_file(settings)
    if file is None:
        return [secret.get_secret_value() for secret in settings.secret_key]
    if not file.exists():
        # A new secret would open nothing: say so rather than leave one that looks right.
        await check_secrets(database, [])
    try:
        return [kept_secret(file.parent)]
    except OSError as error:
        raise CannotOpen(
            f"{PREFIX}SECRET_KEY: {file} can't be kept ({error.strerror}): let Regulars write "
            "there, or set a secret"
        ) from None
