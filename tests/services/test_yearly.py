"""What comes with the year: a tier's birthday gift, rules for birthdays and tenure (S13, S18)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.members import Member
from bot.services import gifts, joining, yearly
from bot.storage.members import set_birthday
from scheduler.campaigns import CAMPAIGNS
from tests.services.shop import DAY, NOW, Shop, deli

RULES = """
[[earn]]
rule = "birthday"
unit = "points"
amount = 30

[[earn]]
rule = "tenure"
unit = "points"
amount = 40

[tiers]
[[tiers.levels]]
code = "gold"
name = "Gold"
threshold = 100
birthday_gift = { points = 500 }
birthday_days = 7

[quiet_hours]
start = "20:00"
end = "09:00"
"""
#: Noon in Prague on 14 March.
BIRTHDAY = datetime(2026, 3, 14, 11, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def in_force(shop: Shop) -> None:
    await shop.work.adopt(deli() + RULES, NOW - DAY)


async def born(shop: Shop, name: str = "Anna", spent: int = 0, month: int = 3) -> Member:
    """A member with a birthday on the 14th, who spent something already."""
    member = await shop.member(name)
    async with shop.uow() as uow:
        await set_birthday(uow.tx, member.id, month, 14, NOW)
    if spent:
        await shop.sale(member, await shop.colleague(), spent * 100)
    return member


async def points(shop: Shop, member: Member, now: datetime) -> int:
    return (await shop.has(member, "points", now=now))[0]


async def test_s18_a_tiers_birthday_gift_comes_once_and_lasts_its_days(shop: Shop) -> None:
    anna = await born(shop, spent=100)
    before = await points(shop, anna, BIRTHDAY)
    for _ in range(2):
        await yearly.give(shop.work, BIRTHDAY)
    assert await points(shop, anna, BIRTHDAY) == before + 500 + 30
    assert await points(shop, anna, BIRTHDAY + 6 * DAY) == before + 530
    assert await points(shop, anna, BIRTHDAY + 7 * DAY) == before + 30
    assert await shop.verify() == []


async def test_s13_who_has_no_tier_gets_what_the_rules_give(shop: Shop) -> None:
    chat = await shop.chat()
    anna = await shop.member(chat=chat)
    async with shop.uow() as uow:
        await joining.set_birthday(uow, anna.id, 3, 14, NOW)
    before = await points(shop, anna, BIRTHDAY)
    await yearly.give(shop.work, BIRTHDAY)
    assert await points(shop, anna, BIRTHDAY) == before + 30
    assert "news.points" in await shop.told(chat)


async def test_s18_the_tiers_gift_comes_instead_of_the_campaigns(shop: Shop) -> None:
    campaign = "[campaigns.birthday]\ngift = { points = 5 }\n"
    await shop.work.adopt(deli() + RULES + campaign, NOW)
    gold, plain = await born(shop, spent=100), await born(shop, "Jana")
    before = [await points(shop, each, BIRTHDAY) for each in (gold, plain)]
    greeting = [each for each in CAMPAIGNS if each.name == "birthday"]
    await gifts.give(shop.work, greeting, BIRTHDAY)
    after = [await points(shop, each, BIRTHDAY) for each in (gold, plain)]
    assert [now - then for now, then in zip(after, before, strict=True)] == [500, 5]
    await yearly.give(shop.work, BIRTHDAY)
    assert await points(shop, gold, BIRTHDAY) == after[0] + 30


async def test_s18_the_gift_does_not_hang_on_the_greeting(shop: Shop) -> None:
    await shop.work.adopt(deli() + RULES + "[campaigns.birthday]\non = false\n", NOW)
    anna = await born(shop, spent=100)
    before = await points(shop, anna, BIRTHDAY)
    await yearly.give(shop.work, BIRTHDAY)
    assert await points(shop, anna, BIRTHDAY) == before + 530


async def test_s29_days_of_downtime_lose_nothing_and_the_night_waits(shop: Shop) -> None:
    anna = await born(shop, spent=100)
    before = await points(shop, anna, BIRTHDAY)
    night = datetime(2026, 3, 14, 3, tzinfo=UTC)
    await yearly.give(shop.work, night)
    assert await points(shop, anna, night) == before
    late = BIRTHDAY + 3 * DAY
    await yearly.give(shop.work, late)
    assert await points(shop, anna, late) == before + 530
    # As long as it would have been there: a week from the birthday.
    assert await points(shop, anna, BIRTHDAY + 7 * DAY) == before + 30


async def test_s13_each_year_as_a_member_counts_once(shop: Shop) -> None:
    anna = await shop.member()
    before = await points(shop, anna, NOW)
    await yearly.give(shop.work, NOW + DAY)
    assert await points(shop, anna, NOW) == before
    for years in (1, 2):
        day = NOW.replace(year=NOW.year + years) + timedelta(hours=1)
        for _ in range(2):
            await yearly.give(shop.work, day)
    lines = [line for line in await shop.lines(anna) if line[2] == 40]
    assert len(lines) == 2


async def test_s12_two_who_were_merged_have_one_birthday(shop: Shop) -> None:
    anna, other = await born(shop), await born(shop, "Jana")
    await yearly.give(shop.work, BIRTHDAY)
    await shop.merge(anna, other, BIRTHDAY)
    before = await points(shop, anna, BIRTHDAY)
    await yearly.give(shop.work, BIRTHDAY + DAY)
    assert await points(shop, anna, BIRTHDAY + DAY) == before
