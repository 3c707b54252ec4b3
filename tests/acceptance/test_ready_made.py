"""Every ready-made programme can be talked to: joining, the till, and each answer a member asks."""

from __future__ import annotations

import pytest

from bot import programmes
from tests.acceptance.cafe import preset
from tests.acceptance.conftest import OpenCafe, on
from tests.chat import Person

ASKED = ("balance", "card", "rewards", "redeem", "vouchers", "history", "refer", "privacy", "more")


async def walk(person: Person) -> None:
    """Asks everything there is to ask; each gets an answer."""
    for command in ASKED:
        assert await person.says(f"/{command}"), command
    await person.says("/cancel")


@on("simulator", "simulator-text")
@pytest.mark.parametrize("name", programmes.presets())
async def test_a_ready_made_programme_answers_whatever_is_asked(
    open_cafe: OpenCafe, name: str
) -> None:
    cafe = await open_cafe(preset(name))
    till = await cafe.colleague()
    anna = await cafe.member()
    await walk(anna)
    code = await cafe.code_of(anna)
    by_visit = bool((await cafe.work.programme()).rules("visit"))
    said = await till.says(f"stamp {code} 10" if by_visit else f"sale {code} 900")
    assert said[0].startswith("+"), said
    await cafe.passes(days=40)
    await walk(anna)
    for command in (f"find {code}", "help"):
        assert await till.says(command), command
