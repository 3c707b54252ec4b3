"""Every ready-made programme gives what its rules say, line by line of its table."""

from __future__ import annotations

import pytest

from bot import programmes
from bot.services.unit_of_work import Work
from tests.programmes.__main__ import PAGE, page
from tests.programmes.replay import Replay
from tests.programmes.table import load, names


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("swept", [True, False], ids=["swept", "unswept"])
async def test_s4_s13_s18_a_programme_gives_what_its_rules_say(
    work: Work, name: str, swept: bool
) -> None:
    table, replay = load(name), Replay(work, swept=swept)
    await replay.open(table)
    for row in table.rows:
        found = await replay.play(row)
        line = f"line {row.number} of {name}: {row.who} {row.does}"
        assert (line, found.has) == (line, row.has)
        assert (line, found.tier) == (line, row.tier or found.tier)
        assert (line, found.ends) == (line, row.ends or found.ends)
    assert await replay.shop.verify() == []


def test_every_ready_made_programme_has_a_table_with_its_source() -> None:
    tables = [load(name) for name in names()]
    assert {table.preset for table in tables} == set(programmes.presets())
    for table in tables:
        assert table.note("source"), table.name
        assert table.note("arithmetic"), table.name


def test_the_page_shows_the_tables_that_are_played() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python -m tests.programmes --write"
