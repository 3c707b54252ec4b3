"""Programme versions: which content becomes the newest, and that it does so once."""

from __future__ import annotations

import asyncio

import pytest

from bot.services.unit_of_work import Work
from bot.storage import settings
from tests.conftest import NOW


async def versions(work: Work) -> list[str]:
    async with work.reading() as reader:
        rows = await reader.rows("SELECT source FROM programme_version ORDER BY id")
    return [row["source"] for row in rows][1:]  # the first is the fixture's


@pytest.mark.parametrize("again", [True, False])
async def test_a_content_that_was_in_force_comes_back_only_where_it_may(
    work: Work, again: bool
) -> None:
    assert await work.adopt("a", NOW, again=again)
    assert not await work.adopt("a", NOW, again=again)
    assert await work.adopt("b", NOW, again=again)
    assert await work.adopt("a", NOW, again=again) == again
    assert not await work.adopt("a", NOW, again=again)
    assert await versions(work) == (["a", "b", "a"] if again else ["a", "b"])
    async with work.reading() as reader:
        newest = await settings.newest_programme_version(reader)
        assert (newest == await settings.programme_version(reader, "a")) == again
        assert await settings.programme_version(reader, "c") is None


@pytest.mark.parametrize("again", [True, False])
async def test_starts_at_once_add_a_new_content_once(work: Work, again: bool) -> None:
    for source in "abcdef":
        starts = (work.adopt(source, NOW, again=again) for _ in range(5))
        assert sorted(await asyncio.gather(*starts)) == [False] * 4 + [True]
    assert await versions(work) == list("abcdef")
