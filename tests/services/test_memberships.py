"""Paid memberships that are taken back after a renewal, or after two cards became one (S7, S18)."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.domain.members import Member, Role, Staff
from bot.services import memberships, refunding
from bot.services.memberships import Paid
from bot.services.results import Refused, Repeated, Undone
from bot.storage import progress
from tests.services.shop import DAY, MINUTE, NOW, Shop, deli, why

CLUB = """
[tiers]
[[tiers.levels]]
code = "club"
name = "Club"
fee = 990
lasts = "12 months"
"""


@pytest.fixture
async def marek(shop: Shop) -> Staff:
    await shop.work.adopt(deli() + CLUB, NOW - DAY)
    return await shop.colleague("Marek", Role.MANAGER)


async def paid(shop: Shop, member: Member, by: Staff, now: datetime) -> int:
    async with shop.uow() as uow:
        done = await memberships.pay(uow, member.id, "club", shop.key(), now, colleague=by)
    assert isinstance(done, Paid)
    return done.operation_id


async def reverse(shop: Shop, operation: int, by: Staff) -> Undone | Refused | Repeated:
    async with shop.uow() as uow:
        return await refunding.reverse(uow, operation, by, shop.key(), NOW + 2 * DAY)


async def until(shop: Shop, member: Member) -> int | None:
    """The year in which what a member paid for ends."""
    async with shop.work.reading() as reader:
        ends = (await progress.standing(reader, member.id)).paid_until
    return ends.year if ends else None


async def test_s7_a_manager_takes_the_later_payment_back_before_the_earlier_one(
    shop: Shop, marek: Staff
) -> None:
    anna = await shop.member()
    first = await paid(shop, anna, marek, NOW)
    renewed = await paid(shop, anna, marek, NOW + DAY)
    assert await until(shop, anna) == 2028
    assert why(await reverse(shop, first, marek)) == "membership.refused.renewed"
    assert await until(shop, anna) == 2028
    assert isinstance(await reverse(shop, renewed, marek), Undone)
    assert await until(shop, anna) == 2027
    assert isinstance(await reverse(shop, first, marek), Undone)
    assert await until(shop, anna) is None


async def test_s12_of_two_who_paid_and_became_one_the_other_payment_stands(
    shop: Shop, marek: Staff
) -> None:
    anna, other = await shop.member(), await shop.member(now=NOW + MINUTE)
    hers = await paid(shop, anna, marek, NOW)
    theirs = await paid(shop, other, marek, NOW + MINUTE)
    await shop.merge(anna, other, NOW + 2 * MINUTE)
    assert isinstance(await shop.undo(marek, NOW + 3 * MINUTE, theirs), Undone)
    assert await until(shop, anna) == 2027
    assert isinstance(await shop.undo(marek, NOW + 3 * MINUTE, hers), Undone)
    assert await until(shop, anna) is None
