"""docs/promises.md says only what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STATES = {"kept", "in part", "not yet"}


def rows() -> list[list[str]]:
    page = (ROOT / "docs" / "promises.md").read_text("utf-8")
    lines = [line for line in page.splitlines() if re.match(r"\| S\d", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_promise_has_its_row() -> None:
    numbers = [*(f"S{n}" for n in range(1, 34)), "S33a", *(f"S{n}" for n in range(34, 42))]
    assert [row[0] for row in rows()] == numbers
    assert {row[1] for row in rows()} <= STATES


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_what_is_claimed_is_named_by_a_test_and_lives_where_it_says(row: list[str]) -> None:
    number, state, _, places, tests = row
    if state == "not yet":
        assert (places, tests) == ("", "")
        return
    for path in re.findall(r"`([^`]+/[^`]*)`", f"{places} {tests}"):
        assert (ROOT / path).exists(), path
    named = re.compile(rf"\b{number}\b|_{number.lower()}_")
    searched = [path for path in (ROOT / "tests").rglob("*.py") if path.name != Path(__file__).name]
    assert any(named.search(path.read_text("utf-8")) for path in searched), number
