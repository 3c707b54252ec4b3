"""`new`: a ready-made programme file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import programmes
from bot.cli.opening import CannotOpen
from bot.cli.output import say
from bot.domain.programme_values import did_you_mean


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(new)


def new(
    preset: Annotated[str | None, typer.Argument(help="Which one; --list names them.")] = None,
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("programme.toml"),
    names: Annotated[bool, typer.Option("--list", help="Name the ready-made ones.")] = False,
) -> None:
    """Write a ready-made programme file, with notes, to change as you like."""
    known = programmes.presets()
    if names:
        for name, about in known.items():
            say(f"{name}  {about}")
        return
    if preset is None:
        raise typer.BadParameter("say which one; `regulars new --list` names them")
    if preset not in known:
        hint = did_you_mean(preset, known) or f" There are: {', '.join(known)}."
        raise CannotOpen(f'there is no ready-made programme "{preset}".{hint}')
    text = programmes.preset(preset)
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise CannotOpen(f"{file} is there already: name another file, or move it away") from None
    except OSError as error:
        raise CannotOpen(f"{file} can't be written: {error.strerror}") from None
    say(f"Wrote {file}. Change what you like, then run `regulars check`.")
