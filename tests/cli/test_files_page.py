"""docs/files.md says what the code reads: every column, and examples that come in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import programmes
from bot.domain.programme import Programme
from bot.services.member_file import CHANNELS, COLUMNS, Line, Newcomer, newcomer, units
from tests.cli.conftest import CAFE, Ran, Shop
from tests.cli.files import bring_in

PAGE = (Path(__file__).parents[2] / "docs" / "files.md").read_text("utf-8")
ROWS = {
    cells[0]: cells[1:]
    for cells in (re.split(r" *\| *", line.strip("| ")) for line in PAGE.splitlines())
    if len(cells) == 4 and cells[0].startswith("`")
}
PLACES = '[[locations]]\ncode = "vinohrady"\nname = "Vinohrady"\n'


def programme(text: str) -> Programme:
    read, _ = programmes.read(f"{text}\n{PLACES}", ("en", "cs"))
    assert read
    return read


CAFES, SHOPS = programme(CAFE), programme(programmes.preset("points-shop"))


def test_the_page_has_every_column_and_no_other() -> None:
    held = dict.fromkeys((*units(CAFES), *units(SHOPS)))
    assert set(held) == {"stamps", "points", "reward:coffee"}
    opening = ("stamps", "points", "credit", "reward:CODE")
    assert list(ROWS) == [f"`{name}`" for name in (*COLUMNS, *opening)]
    assert f"`{' '.join(CHANNELS)}`" in ROWS["`consent`"][0]


@pytest.mark.parametrize("ours", [CAFES, SHOPS])
def test_the_pages_examples_are_read(ours: Programme) -> None:
    texts = {
        column.strip("`").replace("CODE", "coffee"): cells[-1].strip("`")
        for column, cells in ROWS.items()
    }
    known = (*COLUMNS, *units(ours))
    line = Line(2, {column: text for column, text in texts.items() if column in known})
    person = newcomer(line, ours, datetime.now(UTC))
    assert isinstance(person, Newcomer), person
    assert dict(person.opening) == {unit: int(texts[unit]) for unit in units(ours)}


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_the_pages_file_comes_in(shop: Shop) -> None:
    (text,) = re.findall(r"```csv\n(.*?)```", PAGE, flags=re.DOTALL)
    assert bring_in(shop, text) == Ran(0, ["2 members added, 0 were there already."])


def test_the_command_names_the_columns_and_the_page(run: Callable[..., Ran]) -> None:
    said = " ".join(line.strip("│ ") for line in run("members", "import", "--help").out)
    assert ", ".join(COLUMNS) in said
    assert "docs/files.md" in said
