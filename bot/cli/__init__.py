"""The commands: `regulars …`, the same as `python -m bot …`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from bot.cli import (
    broadcasts,
    campaigns,
    check,
    delivering,
    ledger,
    members,
    migrating,
    new,
    purchases,
    rules,
    running,
    staff,
    stats,
    templates,
)
from bot.cli.opening import CannotOpen
from bot.cli.output import note
from bot.settings import BadSettings

app = typer.Typer(
    name="regulars",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The loyalty programme that lives in chat.",
)
for noun in (
    running,
    check,
    new,
    templates,
    migrating,
    staff,
    members,
    purchases,
    rules,
    campaigns,
    broadcasts,
    delivering,
    stats,
    ledger,
):
    noun.register(app)


@app.callback()
def options(
    debug: Annotated[  # `main` looks at it: when an error reaches it, this is over
        bool, typer.Option("--debug", help="Show where in the program an error came from.")
    ] = False,
) -> None:
    """The loyalty programme that lives in chat."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave: 0 done, 1 an error, 2 a command that does not exist like that."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        app(arguments, prog_name="regulars")
    except Exception as error:
        if "--debug" in arguments:
            raise
        for line in _explained(error):
            note(line)
        sys.exit(1)


def _explained(error: Exception) -> Sequence[str]:
    if isinstance(error, BadSettings | CannotOpen):
        return [f"error: {finding}" for finding in error.findings]
    if type(error).__module__.startswith("bot."):  # its message was written for people
        return [f"error: {error}"]
    return [
        f"error: {type(error).__name__}: {error}",
        "This should not happen: run it again as `regulars --debug …` to see where, and report it.",
    ]
