"""`check`: what is wrong before anything starts, one line a finding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from bot import programmes
from bot.cli.opening import (
    OLDER,
    CannotOpen,
    file_decides,
    load_settings,
    open_database,
    read_programme,
    secret_file,
)
from bot.cli.output import Json, say_json
from bot.cli.smtp import NoMail, try_login
from bot.cli.telegram import NoTelegram, bot_name
from bot.cli.templates import missing as without_content
from bot.cli.templates import wanted as wanted_templates
from bot.cli.twilio import NoTwilio, account_name
from bot.domain.programme_values import did_you_mean
from bot.settings import ENV_FILE, PREFIX, PUT_TOKEN, BadSettings, Settings, without_prefix
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
        bool,
        typer.Option(
            "--online",
            help="Ask Telegram, Twilio and the mail server whether tokens and logins are right.",
        ),
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
    found: list[Finding] = []
    try:
        found += _without_prefix()
        settings = load_settings()
    except BadSettings as error:
        return [*found, *(_error(finding) for finding in error.findings)]
    source, about_it = _programme(settings)
    found += about_it
    found += [finding async for finding in _database(settings, source)]
    found += [finding async for finding in _telegram(settings, online)]
    found += [finding async for finding in _twilio(settings, online)]
    found += _approved(settings, source)
    found += [finding async for finding in _email(settings, online)]
    return found


def _without_prefix() -> Iterator[Finding]:
    for line, name in without_prefix():
        message = f"has no effect: did you mean {PREFIX}{name.upper()}?"
        yield Finding("warning", ENV_FILE, message, line, name)


def _error(explained: str) -> Finding:
    """An error whose text begins with the setting or file (and line) it is about, and a colon."""
    place, _, message = explained.partition(": ")
    file, _, line = place.rpartition(":")
    if line.isdigit():
        return Finding("error", file, message, int(line))
    return Finding("error", place, message)


def _programme(settings: Settings) -> tuple[str | None, list[Finding]]:
    """The programme file's text, where it can be used, and what there is to know about it."""
    place = str(settings.programme)
    try:
        source = read_programme(settings.programme)
    except CannotOpen as error:
        return None, [_error(finding) for finding in error.findings]
    programme, objections = programmes.read(
        source, Catalogues.load().languages, datetime.now(UTC).date()
    )
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
                if source is not None and (version := await _version(database, settings, source)):
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


async def _version(database: Database, settings: Settings, source: str) -> Finding | None:
    """Whether the programme file is what is in force."""
    place = str(settings.programme)
    async with database.reading() as reader:
        version = await kept.programme_version(reader, source)
        newest = await kept.newest_programme_version(reader)
    if version is not None and version == newest:
        return None
    if version is None or file_decides(database):
        return Finding("info", place, "will be in force from the next start on")
    return Finding("error", place, OLDER)


async def _telegram(settings: Settings, online: bool) -> AsyncIterator[Finding]:
    if settings.telegram_token is None:
        yield Finding("info", "Telegram", f"is off: {PUT_TOKEN}")
    elif online:
        try:
            name = await bot_name(settings)
        except NoTelegram as error:
            yield _error(str(error))
        else:
            yield Finding("info", f"{PREFIX}TELEGRAM_TOKEN", f"is the token of @{name}")


async def _twilio(settings: Settings, online: bool) -> AsyncIterator[Finding]:
    if settings.twilio:
        on = (
            ("SMS", settings.twilio_sms_from),
            ("WhatsApp", settings.twilio_whatsapp_from),
        )
        names = " and ".join(name for name, sender in on if sender)
        called = f"{settings.public_url}/twilio/message"
        yield Finding("info", names, f"on: have Twilio call {called} when a message comes in")
    if settings.twilio and online:
        try:
            name = await account_name(settings)
        except NoTwilio as error:
            yield _error(str(error))
        else:
            yield Finding("info", f"{PREFIX}TWILIO_ACCOUNT_SID", f"is the account {name}")


async def _email(settings: Settings, online: bool) -> AsyncIterator[Finding]:
    if settings.email_from is None:
        return
    yield Finding("info", "E-mail", f"is on: sent as {settings.email_from}")
    if settings.public_url and not settings.public_url.startswith("https://"):
        message = "mail programs stop e-mails by one click at https:// alone: write such an address"
        yield Finding("warning", f"{PREFIX}PUBLIC_URL", message)
    if online:
        try:
            await try_login(settings)
        except NoMail as error:
            yield _error(str(error))
        else:
            yield Finding("info", f"{PREFIX}SMTP_URL", "the mail server takes the login")


def _approved(settings: Settings, source: str | None) -> Iterator[Finding]:
    """The sentences that WhatsApp can't say to somebody who wrote more than a day ago."""
    if not settings.twilio_whatsapp_from or source is None:
        return
    words = Catalogues.load()
    programme, _ = programmes.read(source, words.languages)
    if programme is None:
        return
    place = str(settings.programme)
    for language in programme.shop.languages:
        names = [t.name for t in without_content(programme, words) if t.language == language]
        if names:
            message = (
                f"no ContentSid in {language} for {', '.join(names)}: `regulars templates` prints "
                "what to submit for approval; answers within 24 hours need none"
            )
            yield Finding("warning", place, message, key="whatsapp.templates")
    known = {template.name for template in wanted_templates(programme, words)}
    for name in programme.whatsapp.templates.keys() - known:
        message = f"nothing is said by this name.{did_you_mean(name, known)}"
        yield Finding("warning", place, message, key=f"whatsapp.templates.{name}")
