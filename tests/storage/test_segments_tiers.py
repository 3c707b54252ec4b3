"""Segments by tier and by what was bought, on both databases (S18)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.earning import Item
from bot.domain.members import Member
from bot.domain.segments import parse
from bot.services import earning, memberships
from bot.services.unit_of_work import Work
from bot.storage import segments
from tests.services.shop import DAY, NOW, Shop, deli


@pytest.fixture
def shop(work: Work) -> Shop:
    """Nobody there yet."""
    return Shop(work)


SOURCE = (
    deli()
    + """
[[products]]
code = "latte"
name = "Latte"
category = "coffee"

[tiers]
[[tiers.levels]]
code = "green"
name = "Green"
threshold = 0

[[tiers.levels]]
code = "club"
name = "Club"
fee = 99
lasts = "12 months"

[[tiers.levels]]
code = "gold"
name = "Gold"
threshold = 100
"""
)


async def of(shop: Shop, text: str, *people: Member) -> list[str]:
    programme = await shop.work.programme()
    async with shop.work.reading() as reader:
        found = segments.audience(reader, parse(text, programme), programme, NOW + DAY)
        rows = await reader.rows(f"SELECT member_id FROM ({found.sql}) a", *found.values)
    among = {row["member_id"] for row in rows}
    return [each.name for each in people if each.id in among]


async def test_s18_a_segment_by_tier_goes_by_the_higher_of_earned_and_paid(shop: Shop) -> None:
    await shop.work.adopt(SOURCE, NOW)
    bara = await shop.colleague()
    people = [await shop.member(name) for name in ("Anna", "Jana", "Petr", "Eva")]
    anna, jana, petr, _ = people
    await shop.sale(anna, bara, 10_000)
    for each in (anna, jana):
        async with shop.uow() as uow:
            await memberships.pay(uow, each.id, "club", shop.key(), NOW, colleague=bara)
    await shop.sale(petr, bara, 100)
    assert await of(shop, "tier:gold", *people) == ["Anna"]
    assert await of(shop, "tier:club", *people) == ["Jana"]
    assert await of(shop, "tier:green", *people) == ["Petr", "Eva"]
    assert await of(shop, "tier:green,gold", *people) == ["Anna", "Petr", "Eva"]


async def test_a_segment_by_product_goes_by_what_was_bought_lately(shop: Shop) -> None:
    await shop.work.adopt(SOURCE, NOW)
    bara = await shop.colleague()
    anna, jana = await shop.member("Anna"), await shop.member("Jana")
    for member, product, at in ((anna, "latte", NOW), (jana, "latte", NOW - 40 * DAY)):
        async with shop.uow() as uow:
            items = (Item(product, quantity=1, amount=Decimal(3)),)
            key = shop.key()
            await earning.sale(uow, member.id, 300, "", bara, key, at, items=items)
    assert await of(shop, "product:latte/30", anna, jana) == ["Anna"]
    assert await of(shop, "product:coffee/90", anna, jana) == ["Anna", "Jana"]
    await shop.undo(bara)
    assert await of(shop, "product:latte/30", anna, jana) == []
