"""What commands print: answers to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from types import TracebackType
from typing import Annotated, Any, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

#: The option of every command whose answer a program may read.
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]


def say(text: str = "") -> None:
    """A line of the answer."""
    typer.echo(text)


def note(text: str) -> None:
    """A line beside the answer, which a program that reads the answer does not see."""
    typer.echo(text, err=True)


def say_json(answer: Any) -> None:
    """The answer as JSON."""
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things: "1 member", "2 members"."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


class Progress:
    """How far long work is: a bar on a terminal, a line each tenth elsewhere."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._tenth = 0
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task(label, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def tell(self, done: int, total: int) -> None:
        """Show that `done` of `total` are done."""
        if not self._bar.disable:
            self._bar.update(self._task, completed=done, total=total)
        elif total and (tenth := 10 * done // total) > self._tenth:
            self._tenth = tenth
            note(f"{self._label}: {done} of {total}")
