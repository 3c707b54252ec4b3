"""S25: inviting friends and trying something new, once a month; memberships that end."""

from __future__ import annotations

from bot.domain.earning import Item
from bot.domain.members import Member, Staff
from bot.services import earning, inviting, memberships
from tests.scheduler.campaigning import Regulars, at, only
from tests.services.shop import NOW, cafe, deli

BOTH = """
[[earn]]
rule = "referral"
unit = "stamps"
amount = 2

[[earn]]
rule = "referred"
reward = "coffee"
"""
PRODUCTS = """
[[products]]
code = "flat"
name = "Flat white"
category = "coffee"

[[products]]
code = "filter"
name = "Filter coffee"
category = "coffee"
"""
CLUB = """
[[tiers.levels]]
code = "club"
name = "Club"
fee = 50
lasts = "30 days"
"""


async def test_s25_friends_can_be_invited_is_said_once_a_month(shop: Regulars, till: Staff) -> None:
    await shop.follows(cafe() + BOTH + only("referral"))
    anna = await shop.regular()
    await shop.stamp(anna, till)
    assert await shop.planned("2026-03-09 12:00") == [
        ("Anna", "2026-03", "2026-03-09 09:00", "2026-03-12 09:00")
    ]
    assert await shop.hears(anna, "2026-03-09 12:00") == (
        "Who else would like it at Kavárna Lípa? You can invite friends.\n"
        "After their first purchase they get: Coffee of your choice\n"
        "For each friend's first purchase you get: 2 stamps"
    )
    await shop.stamp(anna, till, now=at("2026-03-10 10:00"))
    assert len(await shop.planned("2026-03-17 12:00")) == 1
    await shop.stamp(anna, till, now=at("2026-03-28 10:00"))
    assert [each[1] for each in await shop.planned("2026-04-04 12:00")] == ["2026-03", "2026-04"]


async def test_s27_who_has_brought_a_friend_is_not_asked_to(shop: Regulars, till: Staff) -> None:
    await shop.follows(cafe() + BOTH + only("referral"))
    anna, ben = await shop.regular(), await shop.regular("Ben")
    await shop.stamp(anna, till)
    await shop.plans("2026-03-09 12:00")
    async with shop.uow() as uow:
        code = (await inviting.invitation(uow, anna.id)).code
        assert await inviting.accept(uow, ben, code, NOW)
    assert await shop.hears(anna, "2026-03-09 12:00") == ""
    assert await shop.reasons() == ["no longer true"]


async def test_nobody_is_asked_to_invite_where_it_brings_nothing(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("referral"))
    await shop.stamp(await shop.regular(), till)
    assert await shop.planned("2026-03-09 12:00") == []


async def _buys(shop: Regulars, member: Member, till: Staff, product: str, when: str) -> None:
    async with shop.uow() as uow:
        items = (Item(product, "coffee"),)
        await earning.sale(uow, member.id, 400, "", till, shop.key(), at(when), items=items)


async def test_s25_something_new_of_what_they_buy_is_suggested(shop: Regulars, till: Staff) -> None:
    await shop.follows(deli() + PRODUCTS + only("suggestion"))
    anna, ben = await shop.regular(), await shop.regular("Ben")
    for member in (anna, ben):
        await _buys(shop, member, till, "flat", "2026-03-02 11:00")
    assert [each[:2] for each in await shop.planned("2026-03-09 12:00")] == [
        ("Anna", "2026-03"),
        ("Ben", "2026-03"),
    ]
    assert await shop.hears(anna, "2026-03-09 12:00") == (
        "You often have Flat white. A tip for next time: Filter coffee."
    )
    await _buys(shop, ben, till, "filter", "2026-03-09 12:00")
    assert await shop.hears(ben, "2026-03-09 12:30") == ""


async def test_s25_the_end_of_a_membership_is_said_before(shop: Regulars, till: Staff) -> None:
    await shop.follows(cafe() + CLUB + only("expiry"))
    anna = await shop.regular()
    async with shop.uow() as uow:
        paid = await memberships.pay(uow, anna.id, "club", shop.key(), NOW, colleague=till)
        assert isinstance(paid, memberships.Paid)
        assert paid.until is not None
    [(_, occurrence, _, _)] = await shop.planned("2026-03-25 12:00")
    assert occurrence == "membership:2026-04-01:7"
    assert await shop.hears(anna, "2026-03-25 12:00") == (
        "Club is paid until 1 April 2026. It can be renewed at the till."
    )
    async with shop.uow() as uow:
        await memberships.pay(uow, anna.id, "club", shop.key(), at("2026-03-25 12:00"))
    assert await shop.hears(anna, "2026-03-25 12:00") == ""
