"""S5, S15: pending credits can be used, fill cards and are told once their time has come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.members import Staff
from bot.services import expiry, rechecking
from tests.services.shop import COFFEE, DAY, NOW, Shop, cafe, deli

PENDING = deli(("[units.points]", "[earning]\npending_days = 14\n\n[units.points]"))
#: 2 March and 14 days: from local midnight of the 17th.
DUE = datetime(2026, 3, 16, 23, tzinfo=UTC)
#: Ten for a stamp a purchase, pending a fortnight.
STAMPS = cafe(("[units.stamps]", "[earning]\npending_days = 14\n\n[units.stamps]")) + (
    '\n[[earn]]\nrule = "purchase"\ncode = "till"\nunit = "stamps"\nper = 10\n'
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
