"""`members`: bringing them in, taking them out, looking at one, erasing one."""

from __future__ import annotations

import asyncio
import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from bot.cli.opening import CannotOpen, load_settings, open_existing, open_work
from bot.cli.output import Json, Progress, counted, note, say, say_json
from bot.cli.sheet import Sheet, balances, sheet, show
from bot.clock import Clock
from bot.domain import emails
from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.services import erasing, exporting, importing
from bot.services.csv_file import Problem
from bot.services.member_file import COLUMNS, REFERENCES
from bot.services.staffing import referred_to
from bot.services.unit_of_work import Work
from bot.storage import members
from bot.storage.database import Reader

app = typer.Typer(no_args_is_help=True, help="Members: import, export, look at one, erase one.")

#: How a member is named.
Reference = Annotated[
    str, typer.Argument(help="A member code, a card token, a phone number or an e-mail address.")
]

#: Bad lines shown one by one.
SHOWN = 50

#: What erasing takes and leaves.
GOES = (
    "Goes: name, birthday, numbers, addresses, tags, cards, messages and questions; what is left "
    "on the card is written off."
)
STAYS = (
    "Stays: the ledger and the consents, nobody's; and a keyed hash of the code and of each number "
    "and address, so that no import brings them back."
)


def register(commands: typer.Typer) -> None:
    """Add the commands."""
    commands.add_typer(app, name="members")


@app.command(
    "import",
    epilog=f"Columns, in any order, of which one of {', '.join(REFERENCES)} is needed: "
    f"{', '.join(COLUMNS)}; and one for each unit to open with: stamps, points, reward:CODE. "
    "What goes into each: docs/files.md.",
)
def import_members(
    file: Annotated[
        Path, typer.Argument(help="CSV in UTF-8 with a header line; commas or semicolons.")
    ],
) -> None:
    """Bring members in from a CSV file; again changes nothing, after a stop it goes on."""
    imported = asyncio.run(_import(file))
    there = imported.already_there
    say(
        f"{counted(imported.added, 'member')} added, {there} {'was' if there == 1 else 'were'} "
        "there already."
    )


async def _import(file: Path) -> importing.Imported:
    settings, clock = load_settings(), Clock()
    text = _read(file)
    async with open_work(settings, clock, migrate=True) as work:
        now = clock.now()
        with Progress("Lines checked") as progress:
            people, problems = await importing.check(work, text, now, progress.tell)
        if problems:
            raise CannotOpen(*bad_lines(file, problems))
        with Progress("Members brought in") as progress:
            return await importing.bring_in(work, people, now, progress.tell)


def _read(file: Path) -> str:
    try:
        # Lines end as they were written: the reader of CSV tells those inside quotes apart.
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CannotOpen(
            f"{file}:{line} there is a character that is not UTF-8: save the file as UTF-8, in "
            'Excel by Save As with the type "CSV UTF-8"'
        ) from None
    except OSError as error:
        raise CannotOpen(f"{file} can't be read: {error.strerror}") from None


def bad_lines(file: Path, problems: list[Problem]) -> Iterator[str]:
    """What to say of the bad lines of a file of which nothing was kept."""
    for problem in problems[:SHOWN]:
        yield f"{file}:{problem.line} {problem.message}"
    if more := problems[SHOWN:]:
        yield f"+{len(more)} more"
    yield "Nothing was imported: put these right and import the file again."


@app.command("export")
def export_members(
    file: Annotated[
        Path | None, typer.Argument(help="Where to write it; standard output without.")
    ] = None,
) -> None:
    """Write every member with their balances as CSV, which `members import` reads."""
    count = asyncio.run(_export(file))
    note(f"{counted(count, 'member')} exported.")


async def _export(file: Path | None) -> int:
    clock = Clock()
    async with open_existing(load_settings(), clock) as work:
        with _written(file) as stream:
            return await _write(work, stream, clock)


async def _write(work: Work, stream: TextIO, clock: Clock) -> int:
    writer = csv.DictWriter(stream, await exporting.columns(work), lineterminator="\n")
    writer.writeheader()
    count, total = 0, await exporting.count(work)
    with Progress("Members exported") as progress:
        async for page in exporting.lines(work, clock.now()):
            writer.writerows(page)
            count += len(page)
            progress.tell(count, max(count, total))
    return count


@contextmanager
def _written(file: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is there only when it is whole, for its owner alone.

    What is there and is no file, such as a pipe, is written in place: nothing may replace it.
    """
    if file is None:
        yield sys.stdout
        return
    if file.exists() and not file.is_file():
        with _in_place(file) as stream:
            yield stream
        return
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
        part.replace(file)
    except OSError as error:
        raise CannotOpen(f"{file} can't be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _in_place(file: Path) -> Iterator[TextIO]:
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            yield stream
    except OSError as error:
        raise CannotOpen(f"{file} can't be written: {error.strerror}") from None


@app.command("show")
def show_member(
    code: Reference,
    as_json: Json = False,
) -> None:
    """Show what is held on one member."""
    found, programme = asyncio.run(_show(code))
    if as_json:
        say_json(found)
    else:
        show(found, programme)


async def _show(code: str) -> tuple[Sheet, Programme]:
    clock = Clock()
    async with open_existing(load_settings(), clock) as work, work.unit_of_work() as uow:
        member = await find_member(uow.tx, uow.programme, code)
        return await sheet(uow, member, clock.now()), uow.programme


async def find_member(reader: Reader, programme: Programme, code: str) -> Member:
    """The member an operator named, in any of the ways they are known by."""
    if "@" in code:
        address = emails.canonical(code)
        member = await members.by_identity(reader, "email", address) if address else None
    else:
        member = await referred_to(reader, programme, code)
    if member is None:
        raise CannotOpen(
            f'no member has the code, card, phone number or e-mail address "{code}": '
            "write a number with its country, such as +420777123456"
        )
    return member


@app.command("erase")
def erase_member(
    code: Reference,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
) -> None:
    """Erase a member for good, as they can themselves in chat; the ledger stays without a name."""
    found, programme = asyncio.run(_show(code))
    say(f"{found['code']}  {found['name']}")
    for line in balances(found, programme):
        say(line)
    say(GOES)
    say(STAYS)
    if not (yes or _agreed()):
        raise CannotOpen("nothing was erased")
    asyncio.run(_erase(found["code"]))
    say("Erased.")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise CannotOpen("nobody is here to be asked: run it again with --yes to erase for good")
    return typer.confirm("Erase this member for good?")


async def _erase(code: str) -> None:
    clock = Clock()
    async with open_existing(load_settings(), clock) as work, work.unit_of_work() as uow:
        await erasing.erase(uow, (await find_member(uow.tx, uow.programme, code)).id, clock.now())
