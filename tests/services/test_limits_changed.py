"""Limits for everybody that come and go with the programme, and what is taken back since (S11)."""

from __future__ import annotations

from bot.services.results import Earned, Undone
from bot.storage import progress
from tests.services.shop import DAY, NOW, Shop, deli

PURCHASE = 'rule = "purchase"\n'
COUNTER = "rule:purchase"


async def used(shop: Shop) -> int:
    async with shop.work.reading() as reader:
        return (await progress.used(reader, (COUNTER,)))[COUNTER]


async def test_s11_what_was_given_before_there_was_a_limit_can_be_taken_back(shop: Shop) -> None:
    daily = deli((PURCHASE, f"{PURCHASE}per_day = 5\n"))
    await shop.work.adopt(daily, NOW - DAY)
    anna, bara = await shop.member(), await shop.colleague()
    await shop.sale(anna, bara, 1000)
    await shop.work.adopt(daily.replace("per_day = 5\n", "per_day = 5\ntotal = 9\n"), NOW)
    assert isinstance(await shop.undo(bara), Undone)
    assert (await used(shop), await shop.verify()) == (0, [])
    await shop.sale(anna, bara, 1000)
    assert (await used(shop), await shop.verify()) == (1, [])


async def test_s11_what_is_taken_back_while_the_limit_is_off_counts_for_it_when_it_is_on(
    shop: Shop,
) -> None:
    limited = deli((PURCHASE, f"{PURCHASE}total = 1\n"))
    await shop.work.adopt(limited, NOW - DAY)
    anna, bara = await shop.member(), await shop.colleague()
    await shop.sale(anna, bara, 1000)
    await shop.work.adopt(deli(), NOW)
    assert isinstance(await shop.undo(bara), Undone)
    assert await shop.verify() == []
    await shop.work.adopt(limited, NOW, again=True)
    again = await shop.sale(anna, bara, 1000)
    assert isinstance(again, Earned)
    assert again.given == (("points", 10),)
