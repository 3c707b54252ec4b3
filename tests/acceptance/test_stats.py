"""Managers and owners look at the key figures of the last thirty days in chat."""

from __future__ import annotations

import pytest

from bot.domain.members import Role
from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, on


@on("simulator")
async def test_the_figures_are_one_screen(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset("points-shop"))
    manager = await cafe.colleague("Petr", Role.MANAGER)
    anna = await cafe.member("Anna")
    await cafe.member("Eva")
    code = await cafe.code_of(anna)
    await manager.says(f"/sale {code} 100")
    await manager.says(f"/sale {code} 50")
    await manager.says("/sale - 50")
    assert await manager.says("/stats") == [
        "The last 30 days\nMembers: 2, new: 2\nVisits: 2\nCame: 1, more than once: 1\n"
        "Purchases with a card: 2, €150, on average €75\n"
        "Purchases without a card: 1, €50, on average €50\n"
        "Members’ share of revenue: 75%\nRewards used: 0\nOffers and reminders sent: 0"
    ]


@on("simulator")
@pytest.mark.parametrize("role", [Role.CASHIER, None])
async def test_s38_nobody_else_reads_them(cafe: Cafe, role: Role | None) -> None:
    someone = await cafe.colleague("Petr", role) if role else await cafe.member("Anna")
    assert "30 days" not in "".join(await someone.says("/stats"))


@on("sms")
async def test_s35_over_sms_they_are_short(cafe: Cafe) -> None:
    owner = await cafe.colleague("Marta", Role.OWNER)
    assert await owner.says("stats") == [
        "The last 30 days\nMembers: 0, new: 0\nVisits: 0\nCame: 0, more than once: 0\n"
        "Rewards used: 0"
    ]
