"""Tiers and memberships in conversation: balance, panel, till, the fee (S18)."""

from __future__ import annotations

import pytest

from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, on
from tests.acceptance.test_sales import at_the_till

TIERS = """
[tiers]
by = "spend"
window = "12 months"
keeps = "12 months"

[[tiers.levels]]
code = "gold"
name = "Gold"
threshold = 100
multiply = 2
benefits = "A cake a month"

[[tiers.levels]]
code = "club"
name = "Club"
fee = 99
lasts = "12 months"
free_delivery = true
link = "https://lipa.example/club"
"""


@pytest.fixture
async def club(open_cafe: OpenCafe) -> Cafe:
    """The shop with points, a tier to reach and one to pay for."""
    return await open_cafe(preset("points-shop", more=TIERS))


@on("telegram", "whatsapp", "simulator-text")
async def test_s18_a_sale_reaches_a_tier_and_all_see_it(club: Cafe) -> None:
    anna, till, code = await at_the_till(club)
    assert "€100 more for Gold" in (await anna.says("balance"))[0]
    [said] = await till.says(f"sale {code} 100")
    assert "Gold reached" in said.split("\n")
    [news] = anna.sees()
    assert news == (
        "+100 points. You have 150.\nGold is yours now, until 2 March 2027.\nA cake a month\n"
        "Points × 2"
    )
    assert "Tier: Gold until 2 March 2027" in (await anna.says("balance"))[0].split("\n")
    assert "Tier: Gold until 2 March 2027" in (await till.says(code))[0].split("\n")


@on("telegram", "whatsapp", "simulator-text")
async def test_s18_a_membership_is_shown_paid_at_the_till_and_undone(club: Cafe) -> None:
    anna, till, code = await at_the_till(club)
    await anna.says("more")
    [page] = await anna.presses("Membership")
    assert page.split("\n") == [
        "Club: €99, from today until 2 March 2027",
        "Free delivery",
        "Pay at the till, or here: https://lipa.example/club A colleague confirms it.",
    ]
    [asked] = await till.says(f"membership {code}")
    assert asked == "Anna: Club until 2 March 2027. Was €99 paid?"
    [done] = await till.presses("Confirm")
    assert done.split("\n")[0] == "€99 paid: Club"
    assert anna.sees() == ["Paid, thank you: Club until 2 March 2027.\nFree delivery"]
    assert "Membership: Club until 2 March 2027" in (await anna.says("balance"))[0].split("\n")
    [page] = await anna.says("membership")
    assert page.startswith("You have Club until 2 March 2027. Renewing adds to that.")
    [undone] = await till.presses("Undo")
    assert undone.split("\n")[0] == "Taken back: Club"
    assert anna.sees() == ["A correction at the till, taken back: Club."]
    assert "Club until" not in (await anna.says("balance"))[0]


async def test_s38_a_customer_confirms_no_payment(club: Cafe) -> None:
    anna, _, code = await at_the_till(club)
    async with club.nothing_changes():
        await anna.says(f"membership {code} club")
        await anna.says(f"/membership {code} club")


async def test_s18_without_a_membership_there_is_none_to_pay_for(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset("points-shop"))
    anna, till, code = await at_the_till(cafe)
    await anna.says("more")
    assert "Membership" not in anna.buttons
    assert (await anna.says("membership"))[0] == "There is no membership to pay for here."
    [said] = await till.says(f"membership {code}")
    assert said.startswith("There is no membership to pay for here.")
