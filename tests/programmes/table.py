"""A replay's table: who does what when, and what they have afterwards by the rules.

A table is a CSV file with notes at its head. `# source:` says where its rules are from and when
they were read, `# arithmetic:` how its numbers were computed, and `# change: old -> new` changes
a line of the ready-made programme before it is played.

Its columns: `at` is the programme's wall clock, empty for the same minute as the line above, `who`
a member's name, empty for the same one, and `does` one of the verbs of replay.py. Then what there
is: `has` balances, `tier` the tier's code or "-", `ends` the last days ("29 points 2027-06-01"); an
empty cell says nothing. Several stand apart by ";". `why` is for people.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "tables"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `number` is the file's."""

    number: int
    at: str
    who: str
    does: str
    has: str
    tier: str
    ends: str
    why: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table as written; `notes` are its head, by kind, in order."""

    name: str
    notes: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]

    @property
    def preset(self) -> str:
        """The programme it is for: its name up to an @."""
        return self.name.partition("@")[0]

    def note(self, kind: str) -> list[str]:
        """The notes of one kind."""
        return [text for found, text in self.notes if found == kind]


def names() -> list[str]:
    """The tables there are."""
    return sorted(file.stem for file in FOLDER.glob("*.csv"))


def load(name: str) -> Table:
    """A table by its name."""
    lines = (FOLDER / f"{name}.csv").read_text("utf-8").splitlines()
    head = [line.removeprefix("# ") for line in lines if line.startswith("#")]
    notes = [(kind, text.strip()) for kind, _, text in (line.partition(":") for line in head)]
    return Table(name, tuple(notes), tuple(_rows(lines, len(head))))


def _rows(lines: list[str], skipped: int) -> Iterator[Row]:
    at, who = "", "Anna"
    for number, cells in enumerate(csv.DictReader(lines[skipped:], strict=True), skipped + 2):
        values = {key: value.strip() for key, value in cells.items()}
        at, who = values["at"] or at, values["who"] or who
        yield Row(number, **{**values, "at": at, "who": who})
