"""Managers put a balance right by hand, with a reason; never below what there is."""

from __future__ import annotations

import pytest

from bot.domain.members import Member, Role, Staff
from bot.services import adjusting
from bot.services.adjusting import Adjustment
from bot.services.results import Earned, Refused, Repeated
from bot.storage import operations
from tests.services.shop import COFFEE, NOW, Shop, why


@pytest.fixture
async def anna(shop: Shop) -> Member:
    return await shop.member(chat=await shop.chat("anna"))


@pytest.fixture
async def marek(shop: Shop) -> Staff:
    return await shop.colleague("Marek", Role.MANAGER, chat=await shop.chat("marek"))


async def adjust(
    shop: Shop, member: Member, by: Staff, amount: int, unit: str = "stamps", key: str = ""
) -> Earned | Refused | Repeated:
    change = Adjustment(unit, amount, "forgot the card")
    async with shop.uow() as uow:
        return await adjusting.adjust(uow, member.id, change, by, key or shop.key(), NOW)


async def test_stamps_are_added_by_hand_and_the_member_reads_why(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    done = await adjust(shop, anna, marek, 3)
    assert isinstance(done, Earned)
    assert await shop.lines(anna) == [("adjust", "stamps", 3)]
    assert await shop.told(await shop.chat("anna")) == ["news.adjusted"]
    async with shop.work.reading() as reader:
        kept = await operations.get(reader, done.operation_id)
    assert kept is not None
    assert (kept.kind, kept.answer) == ("adjust", {"reason": "forgot the card"})
    assert await shop.verify() == []


async def test_s15_added_stamps_fill_a_card(shop: Shop, anna: Member, marek: Staff) -> None:
    done = await adjust(shop, anna, marek, 12)
    assert isinstance(done, Earned)
    assert (done.rewards, await shop.has(anna)) == (("coffee",), (2, 1))


async def test_what_there_is_can_be_taken_and_no_more(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    await adjust(shop, anna, marek, 3)
    assert why(await adjust(shop, anna, marek, -4)) == "adjust.too_much"
    await adjust(shop, anna, marek, -3)
    assert await shop.has(anna) == (0, 0)
    assert why(await adjust(shop, anna, marek, -1)) == "adjust.nothing_there"
    assert await shop.verify() == []


async def test_a_reward_is_given_and_taken_by_hand(shop: Shop, anna: Member, marek: Staff) -> None:
    await adjust(shop, anna, marek, 2, COFFEE)
    assert await shop.has(anna) == (0, 2)
    await adjust(shop, anna, marek, -1, COFFEE)
    assert await shop.has(anna) == (0, 1)


async def test_s9_the_same_adjustment_delivered_twice_counts_once(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    await adjust(shop, anna, marek, 3, key="press")
    assert await adjust(shop, anna, marek, 3, key="press") == Repeated("adjust", NOW)
    assert await shop.has(anna) == (3, 0)


async def test_the_owner_hears_of_a_managers_adjustments_alone(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    eva = await shop.colleague("Eva", Role.OWNER, chat=await shop.chat("eva"))
    await adjust(shop, anna, marek, 3)
    assert await shop.told(await shop.chat("eva")) == ["adjust.owner"]
    await adjust(shop, anna, eva, 3)
    assert await shop.told(await shop.chat("eva")) == ["adjust.owner"]
    assert await shop.told(await shop.chat("marek")) == []


async def test_s17_nobody_adjusts_their_own_card(shop: Shop) -> None:
    chat = await shop.chat("marek")
    marek = await shop.colleague("Marek", Role.MANAGER, chat=chat)
    own = await shop.member("Marek", chat=chat)
    assert why(await adjust(shop, own, marek, 3)) == "staff.own_card"
    assert await shop.has(own) == (0, 0)
