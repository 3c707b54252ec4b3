"""`purchases`: counting past purchases by the programme's rules."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, TextIO

import typer

from bot.cli.members import bad_lines
from bot.cli.opening import CannotOpen, load_settings, open_work
from bot.cli.output import Progress, counted, say
from bot.clock import Clock
from bot.services import replaying
from bot.services.purchase_file import COLUMNS, NEEDED
from bot.storage.spool import Spool

app = typer.Typer(no_args_is_help=True, help="Past purchases.")


def register(commands: typer.Typer) -> None:
    """Add the commands."""
    commands.add_typer(app, name="purchases")


@app.callback()
def purchases() -> None:
    """Past purchases."""


@app.command(
    "import",
    epilog=f"Columns, in any order, of which {' and '.join(NEEDED)} are needed: "
    f"{', '.join(COLUMNS)}. What goes into each: docs/files.md.",
)
def import_purchases(
    file: Annotated[
        Path, typer.Argument(help="CSV in UTF-8 with a header line; commas or semicolons.")
    ],
) -> None:
    """Count past purchases as if they were made now; again changes nothing, it goes on."""
    found = asyncio.run(_import(file))
    there = found.already_there
    say(
        f"{counted(found.added, 'purchase')} counted, {there} {'was' if there == 1 else 'were'} "
        "counted already."
    )


async def _import(file: Path) -> replaying.Replayed:
    settings, clock = load_settings(), Clock()
    with _opened(file) as stream, Spool() as spool:
        lines = _lines_of(stream, file)
        async with open_work(settings, clock, migrate=True) as work:
            now = clock.now()
            with Progress("Lines checked") as progress, _text(stream) as text:
                problems = await replaying.check(work, text, lines, spool, now, progress.tell)
            if problems:
                raise CannotOpen(*bad_lines(file, problems))
            with Progress("Purchases counted") as progress:
                return await replaying.apply(work, spool, now, progress.tell)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as stream:
            yield stream
    except OSError as error:
        if error.filename is None:
            raise
        raise CannotOpen(f"{file} can't be read: {error.strerror}") from None


def _lines_of(stream: BinaryIO, file: Path) -> int:
    """How many lines there are, all of them UTF-8."""
    number = 0
    for number, line in enumerate(stream, 1):
        try:
            line.decode()
        except UnicodeDecodeError:
            raise CannotOpen(
                f"{file}:{number} there is a character that is not UTF-8: save the file as UTF-8, "
                'in Excel by Save As with the type "CSV UTF-8"'
            ) from None
    stream.seek(0)
    return number


@contextmanager
def _text(stream: BinaryIO) -> Iterator[TextIO]:
    # Lines end as they were written: the reader of CSV tells those inside quotes apart.
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()
