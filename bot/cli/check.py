"""`check`: what is wrong before anything starts, one line a finding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

import typer

from bot import programmes
from bot.cli.opening import (
    OLDER,
    CannotOpen,
    load_settings,
    open_database,
    read_programme,
    secret_file,
)
from bot.cli.output import Json, say_json
from bot.cli.telegram import NoTelegram, bot_name
from bot.settings import PREFIX, BadSettings, Settings
from bot.storage import settings as kept
from bot.storage.database import Database, DatabaseUnavailable
from bot.storage.keys import WrongSecret, check_secrets
from bot.storage.migrate import pending
from locales import Catalogues

Level = Literal["error", "warning", "info"]

_COLOURS = {"error": "red", "warning": "yellow", "info": "green"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know; `place` is a file, a setting or a part, `key` a key of the file."""

    level: Level
    place: str
    message: str
    line: int | None = None
    key: str = ""

    def __str__(self) -> str:
        place = self.place if self.line is None else f"{self.place}:{self.line}"
        return " ".join(part for part in (place, self.key, self.message) if part)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    online: Annotated[
        bool, typer.Option("--online", help="Ask Telegram whether the token is right.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check settings, programme file and database; changes nothing, exits 1 on an error."""
    found = asyncio.run(findings(online))
    if as_json:
        say_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            typer.secho(finding.level, fg=_COLOURS[finding.level], nl=False)
            typer.echo(f" {finding}")
    if any(finding.level == "error" for finding in found):
        raise typer.Exit(1)


async def findings(online: bool) -> list[Finding]:
    """Everything there is to know, in the order it was looked at."""
    try:
        settings = load_settings()
    except BadSettings as error:
        return [_error(finding) for finding in error.findings]
    source, found = _programme(settings)
    found += [finding async for finding in _database(settings, source)]
    if online:
        found.append(await _telegram(settings))
    return found


def _error(explained: str) -> Finding:
    """An error whose text begins with the setting or file it is about, and a colon."""
    place, _, message = explained.partition(": ")
    return Finding("error", place, message)


def _programme(settings: Settings) -> tuple[str | None, list[Finding]]:
    """The programme file's text, where it can be used, and what there is to know about it."""
    place = str(settings.programme)
    try:
        source = read_programme(settings.programme)
    except CannotOpen as error:
        return None, [_error(finding) for finding in error.findings]
    programme, objections = programmes.read(source, Catalogues.load().languages)
    found = [Finding(o.level, place, o.message, o.line, o.key) for o in objections]
    if not found:
        found.append(Finding("info", place, "is in order"))
    return source if programme else None, found


async def _database(settings: Settings, source: str | None) -> AsyncIterator[Finding]:
    file = settings.sqlite_file
    if file is not None and not file.exists():
        yield Finding("info", "database", f"{file} is not made yet: `regulars run` makes it")
        return
    try:
        async with open_database(settings) as database:
            missing = await pending(database)
            for finding in _schema(database, missing):
                yield finding
            if not missing:
                await check_secrets(database, _secrets(settings))
                if version := await _version(database, settings, source):
                    yield version
    except DatabaseUnavailable as error:
        yield _error(str(error))
    except WrongSecret as error:
        yield Finding("error", "database", str(error))


def _schema(database: Database, missing: list[str]) -> Iterator[Finding]:
    if not missing:
        yield Finding("info", "database", "has the current schema")
    elif database.dialect == "sqlite":
        message = f"lacks {', '.join(missing)}: `regulars run` brings it up; make a backup first"
        yield Finding("info", "database", message)
    else:
        message = f"lacks {', '.join(missing)}: run `regulars migrate`"
        yield Finding("error", "database", message)


def _secrets(settings: Settings) -> list[str]:
    file = secret_file(settings)
    if file is None:
        return [secret.get_secret_value() for secret in settings.secret_key]
    return [file.read_text("utf-8").strip()] if file.exists() else []


async def _version(database: Database, settings: Settings, source: str | None) -> Finding | None:
    """Whether the programme file is what is in force."""
    if source is None:
        return None
    place = str(settings.programme)
    async with database.reading() as reader:
        version = await kept.programme_version(reader, source)
        newest = await kept.newest_programme_version(reader)
    if version is None:
        return Finding("info", place, "will be in force from the next start on")
    return None if version == newest else Finding("warning", place, OLDER)


async def _telegram(settings: Settings) -> Finding:
    try:
        name = await bot_name(settings)
    except NoTelegram as error:
        return _error(str(error))
    if name is None:
        return Finding("info", f"{PREFIX}TELEGRAM_TOKEN", "is not set: Telegram is off")
    return Finding("info", f"{PREFIX}TELEGRAM_TOKEN", f"is the token of @{name}")
