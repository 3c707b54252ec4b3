"""S17: a purchase without the card is claimed by the code on its receipt, once, within 7 days."""

from __future__ import annotations

import pytest

from bot.domain.messages import Moment, Money
from bot.services.claims import Claimable
from bot.services.results import Earned
from tests.services.shop import DAY, MINUTE, NOW, Shop, deli, values, why


@pytest.fixture
async def kept(shop: Shop) -> Claimable:
    """A purchase of 12.90 without the card."""
    await shop.work.adopt(deli(), NOW)
    claimable = await shop.sale_without_card(await shop.colleague(), 1290)
    assert isinstance(claimable, Claimable)
    return claimable


async def test_s17_a_purchase_without_the_card_is_claimed_once(shop: Shop, kept: Claimable) -> None:
    anna, ben = await shop.member(), await shop.member("Ben")
    welcome = (await shop.has(anna, "points"))[0]
    assert kept.amount == Money(1290, "EUR")
    later = NOW + DAY
    claimed = await shop.claim(anna, kept.code.lower(), now=later)
    assert isinstance(claimed, Earned)
    assert claimed.given == (("points", 12),)
    for member in (anna, ben):
        taken = await shop.claim(member, kept.code, now=later + MINUTE)
        assert (why(taken), values(taken)) == (
            "claim.taken",
            {"at": Moment(later, "Europe/Bratislava")},
        )
    assert (await shop.has(anna, "points"), await shop.has(ben, "points")) == (
        (welcome + 12,),
        (welcome,),
    )


async def test_s17_a_claim_counts_from_the_day_of_the_purchase(shop: Shop, kept: Claimable) -> None:
    anna = await shop.member()
    await shop.claim(anna, kept.code, now=NOW + 2 * DAY)
    assert (await shop.history(anna))[-1].occurred_at == NOW
    assert (await shop.stored_member(anna)).last_visit_at == NOW


async def test_s17_a_claim_is_possible_within_seven_days(shop: Shop, kept: Claimable) -> None:
    anna = await shop.member()
    end = NOW + 7 * DAY
    assert kept.ends_at == end
    late = await shop.claim(anna, kept.code, now=end)
    assert (why(late), values(late)) == (
        "claim.ended",
        {"at": Moment(end, "Europe/Bratislava", "day")},
    )
    assert isinstance(await shop.claim(anna, kept.code, now=end - MINUTE), Earned)


async def test_s17_an_unknown_code_claims_nothing(shop: Shop, kept: Claimable) -> None:
    anna = await shop.member()
    assert why(await shop.claim(anna, kept.code[:-1])) == "claim.unknown"
    assert len(await shop.lines(anna)) == 1
