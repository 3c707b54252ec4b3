"""S11 with S34: as a programme ends, what invites to collect stops before what reminds to use."""

from __future__ import annotations

import pytest

from bot.domain.ending import invites
from bot.domain.members import Staff
from scheduler.campaigns import CAMPAIGNS
from tests.scheduler.campaigning import Regulars, at, only
from tests.services.shop import cafe

#: Earning ends with 10 March, redeeming with 20 March.
ENDS = "\n[ending]\nlast_earning = 2026-03-10\nlast_redeeming = 2026-03-20\n"
EARNING, REDEEMING = "2026-03-10 22:59", "2026-03-20 22:59"
NO_EARNING, OVER = "2026-03-10 23:00", "2026-03-20 23:00"


@pytest.mark.parametrize(
    ("when", "left"),
    [
        (EARNING, {each.name for each in CAMPAIGNS}),
        (NO_EARNING, {"expiry", "unused_reward", "broadcast"}),
        (REDEEMING, {"expiry", "unused_reward", "broadcast"}),
        (OVER, {"broadcast"}),
    ],
)
async def test_s11_what_a_campaign_is_for_ends_when_it_can_no_more_be_done(
    shop: Regulars, when: str, left: set[str]
) -> None:
    await shop.work.adopt(cafe() + ENDS, at("2026-03-01 12:00"))
    programme = await shop.work.programme()
    assert {each.name for each in CAMPAIGNS if invites(programme, each.name, at(when))} == left


async def test_s11_nobody_is_invited_to_collect_when_earning_is_over(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("almost_there"))
    anna = await shop.regular()
    await shop.stamp(anna, till, 8, now=at("2026-03-07 10:00"))
    # Planned for a moment that comes when earning is over, or not planned at all.
    await shop.follows(cafe() + only("almost_there") + ENDS)
    assert len(await shop.planned("2026-03-10 12:00")) == 1
    assert await shop.hears(anna, "2026-03-11 12:00") == ""
    assert await shop.reasons() == ["programme ends"]
    petr = await shop.regular("Petr")
    await shop.stamp(petr, till, 8, now=at("2026-03-09 10:00"))
    assert len(await shop.planned("2026-03-12 12:00")) == 1


async def test_s11_a_reward_is_reminded_of_while_it_can_be_used(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("unused_reward", "days = 3") + ENDS)
    anna = await shop.regular()
    await shop.stamp(anna, till, 10, now=at("2026-03-09 10:00"))
    assert len(await shop.planned("2026-03-12 12:00")) == 1
    assert await shop.hears(anna, "2026-03-12 12:00") != ""


async def test_s11_nothing_is_reminded_of_that_can_no_more_be_used(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("unused_reward", "days = 11") + ENDS)
    anna = await shop.regular()
    await shop.stamp(anna, till, 10, now=at("2026-03-09 10:00"))
    assert len(await shop.planned("2026-03-20 22:00")) == 1
    assert await shop.hears(anna, OVER) == ""
    assert await shop.reasons() == ["programme ends"]
