"""Prints the replay tables beside their sources; `--write` puts them into docs/programmes.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from bot import programmes
from tests.programmes.table import Row, Table, load, names

PAGE = Path(__file__).parents[2] / "docs" / "programmes.md"
#: What stands below it on the page is written by this.
MARK = "<!-- The tables below are written by `python -m tests.programmes --write`. -->\n"

_COLUMNS = ("when", "does", "has", "tier", "ends", "why")


def page() -> str:
    """The page with its tables as they are now."""
    written = PAGE.read_text("utf-8").partition(MARK)[0]
    return written + MARK + "\n" + "\n".join(map(_section, sorted(map(load, names()), key=_order)))


def _order(table: Table) -> tuple[int, str]:
    return list(programmes.presets()).index(table.preset), table.name


def _section(table: Table) -> str:
    title = programmes.presets()[table.preset]
    variant = table.name.partition("@")[2].replace("-", " ")
    lines = [f"### `{table.preset}`{f', {variant}' if variant else ''}", "", f"{title}.", ""]
    for kind in ("source", "arithmetic"):
        lines += [f"{kind.capitalize()}: {text}." for text in table.note(kind)] + [""]
    lines += [_cells(_COLUMNS), _cells(("---",) * len(_COLUMNS))]
    lines += map(_cells, _rows(table))
    return "\n".join(lines) + "\n"


def _rows(table: Table) -> Iterator[tuple[str, ...]]:
    several = len({row.who for row in table.rows}) > 1
    for row in table.rows:
        yield row.at, _does(row, several), row.has, row.tier, row.ends, row.why


def _does(row: Row, several: bool) -> str:
    return f"{row.who} {row.does}" if several else row.does


def _cells(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), "utf-8")
    else:
        sys.stdout.write(page().partition(MARK)[2])
