"""S5, S15: pending credits can be used, fill cards and are told once their time has come."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.members import Staff
from bot.services import expiry, rechecking, tiers
from bot.storage import progress
from tests.services.shop import COFFEE, DAY, NOW, Shop, cafe, deli

PENDING = deli(("[units.points]", "[earning]\npending_days = 14\n\n[units.points]"))
#: 2 March and 14 days: from local midnight of the 17th.
DUE = datetime(2026, 3, 16, 23, tzinfo=UTC)
#: Ten for a stamp a purchase, pending a fortnight.
STAMPS = cafe(("[units.stamps]", "[earning]\npending_days = 14\n\n[units.stamps]")) + (
    '\n[[earn]]\nrule = "purchase"\ncode = "till"\nunit = "stamps"\nper = 10\n'
)


def far_apart(zone: str) -> str:
    """A programme in a zone with shops at both ends of the day, and a tier."""
    text = re.sub(r"(?m)^zone = .*$", f'zone = "{zone}"', PENDING, count=1)
    return (
        text.replace("pending_days = 14", "pending_days = 1")
        + """
[[locations]]
code = "east"
name = "East"
zone = "Pacific/Auckland"

[[locations]]
code = "west"
name = "West"
zone = "Pacific/Honolulu"

[tiers]
[[tiers.levels]]
code = "gold"
name = "Gold"
threshold = 100
"""
    )


@pytest.fixture
async def till(shop: Shop) -> Staff:
    await shop.work.adopt(PENDING, NOW)
    return await shop.colleague()


async def test_what_is_pending_is_not_spendable_and_says_from_when(shop: Shop, till: Staff) -> None:
    anna = await shop.member()  # 50 points for joining, at once
    await shop.sale(anna, till, 6000)
    purse = await shop.wallet(anna)
    assert purse.balance("points") == 50
    assert [(c.unit, c.amount, c.available_at) for c in purse.coming()] == [("points", 60, DUE)]
    assert [end.amount for end in purse.endings()] == [110]
    assert (await shop.wallet(anna, DUE)).balance("points") == 110
    assert (await shop.wallet(anna, DUE)).coming() == []


async def test_they_hear_of_it_once_however_often_it_is_looked_for(shop: Shop, till: Staff) -> None:
    anna = await shop.member()
    for _ in range(2):
        await shop.sale(anna, till, 1000)
    assert await rechecking.recheck(shop.work, DUE - DAY) == []
    assert len(await rechecking.recheck(shop.work, DUE)) == 1
    assert await rechecking.recheck(shop.work, DUE) == []
    assert await shop.count("recheck") == 0


async def test_s15_stamps_that_come_due_fill_the_card(shop: Shop) -> None:
    await shop.work.adopt(STAMPS, NOW)
    anna, bara = await shop.member(), await shop.colleague()
    for at in (NOW, NOW + DAY):
        await shop.sale(anna, bara, 6000, now=at)
    assert await shop.has(anna, now=NOW + DAY) == (0, 0)
    await rechecking.recheck(shop.work, DUE + 2 * DAY)
    assert await shop.has(anna, now=DUE + 2 * DAY) == (2, 1)
    filled = [e for e in await shop.history(anna) if e.unit == COFFEE]
    assert [e.occurred_at for e in filled] == [DUE + DAY]
    assert await shop.verify() == []


async def test_s7_what_was_taken_back_does_not_come_due(shop: Shop, till: Staff) -> None:
    anna = await shop.member()
    await shop.sale(anna, till, 6000)
    undone = await shop.undo(till)
    assert undone.taken == (("points", 60),)  # type: ignore[union-attr]
    assert await rechecking.recheck(shop.work, DUE) == []
    assert await shop.has(anna, "points", now=DUE) == (50,)
    assert await shop.verify() == []


async def test_s4_what_ends_while_it_is_pending_is_taken(shop: Shop) -> None:
    short = PENDING.replace('expires = "end of year + 12 months"', 'expires = "7 days"')
    await shop.work.adopt(short, NOW)
    anna, bara = await shop.member(), await shop.colleague()
    await shop.sale(anna, bara, 6000)
    assert await expiry.expire_lots(shop.work, DUE) == 110
    assert await rechecking.recheck(shop.work, DUE) == []
    assert await shop.has(anna, "points", now=DUE) == (0,)
    assert await shop.verify() == []


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Auckland"])
@pytest.mark.parametrize("place", ["east", "west"])
async def test_s18_a_purchase_in_another_zone_counts_for_a_tier_as_it_can_be_spent(
    shop: Shop, zone: str, place: str
) -> None:
    """Neither a day before, nor never: the shop's day may begin while it is yesterday there."""
    await shop.work.adopt(far_apart(zone), NOW)
    anna, bara = await shop.member(), await shop.colleague(location=place)
    await shop.sale(anna, bara, 10_000)
    seen = set()
    for hour in range(0, 100):
        at = NOW + timedelta(hours=hour)
        await rechecking.recheck(shop.work, at)
        async with shop.work.reading() as reader:
            stored = await progress.standing(reader, anna.id)
            shown = await tiers.look(reader, await shop.work.programme(), anna, at)
        assert shown is not None
        seen.add((await shop.has(anna, "points", now=at), stored.tier, shown.tier is not None))
    assert seen == {((50,), None, False), ((150,), "gold", True)}
