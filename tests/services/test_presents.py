"""S20: a reward given to a friend waits for who has its code; it is taken once or goes back."""

from __future__ import annotations

import pytest

from bot.domain.members import Member, Staff
from bot.services import expiry, presents
from bot.services.presents import Present, Taken
from bot.services.results import Repeated, Used
from tests.services.rewarding import every_kind
from tests.services.shop import DAY, NOW, Shop, cafe, why

#: A café whose coffee can be given away.
GIVEN = cafe(('code = "coffee"\n', 'code = "coffee"\nfriend = true\n'))
FORTNIGHT = 14 * DAY


@pytest.fixture(autouse=True)
async def programme(shop: Shop) -> None:
    await shop.work.adopt(GIVEN, NOW - 30 * DAY)


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    return await shop.colleague()


@pytest.fixture
async def anna(shop: Shop, bara: Staff) -> Member:
    """A member with an earned coffee."""
    member = await shop.member(chat=await shop.chat("anna"))
    await shop.stamp(member, bara, 10, now=NOW - DAY)
    return member


async def given(shop: Shop, member: Member, code: str = "coffee") -> Present:
    """A present, which must be there."""
    present = await shop.present(member, code)
    assert isinstance(present, Present)
    return present


async def test_s20_a_friend_gets_the_reward_with_its_old_end(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    [ending] = (await shop.wallet(anna)).endings()
    present, ben = await given(shop, anna), await shop.member("Ben")
    assert await shop.has(anna) == (0, 0)
    taken = await shop.take(ben, present.code.lower(), now=NOW + DAY)
    assert isinstance(taken, Taken)
    assert (taken.reward.code, taken.ends_at) == ("coffee", ending.ends_at)
    assert (await shop.wallet(ben, NOW + DAY)).endings() == [ending]
    assert await shop.lines(ben) == [("present", "reward:coffee", 1)]
    assert (await shop.told(await shop.chat("anna")))[-1] == "present.taken"
    assert isinstance(await shop.give(ben, bara, now=NOW + DAY), Used)
    assert await shop.verify() == []


async def test_s20_a_present_is_not_to_oneself_and_taken_once(shop: Shop, anna: Member) -> None:
    present, ben = await given(shop, anna), await shop.member("Ben")
    assert why(await shop.take(anna, present.code)) == "present.own"
    await shop.take(ben, present.code)
    assert why(await shop.take(ben, present.code)) == "present.taken_already"
    assert why(await shop.take(await shop.member("Eva"), present.code)) == "present.taken_already"
    assert why(await shop.take(ben, "AAAA")) == "present.unknown"


async def test_s20_a_present_is_no_voucher(shop: Shop, anna: Member, bara: Staff) -> None:
    present = await given(shop, anna)
    assert why(await shop.use(present.voucher.code, bara)) == "voucher.unknown"
    assert why(await shop.use(present.code, bara)) == "voucher.unknown"
    assert why(await shop.give(anna, bara)) == "reward.missing.stamps"


async def test_s20_a_present_nobody_takes_goes_back_after_a_fortnight(
    shop: Shop, anna: Member
) -> None:
    [ending] = (await shop.wallet(anna)).endings()
    present, ben = await given(shop, anna), await shop.member("Ben")
    assert present.voucher.ends_at == NOW + FORTNIGHT
    assert why(await shop.take(ben, present.code, now=NOW + FORTNIGHT)) == "present.gone"
    assert await expiry.expire_vouchers(shop.work, NOW + FORTNIGHT) == [
        (await shop.chat("anna")).id
    ]
    assert (await shop.told(await shop.chat("anna")))[-1] == "present.ended"
    assert (await shop.wallet(anna, NOW + FORTNIGHT)).endings() == [ending]


async def test_s20_a_present_waits_no_longer_than_the_reward_lasts(
    shop: Shop, anna: Member
) -> None:
    [ending] = (await shop.wallet(anna)).endings()
    async with shop.uow() as uow:
        present = await presents.give(uow, anna.id, "coffee", "late", ending.ends_at - DAY)
    assert isinstance(present, Present)
    assert present.voucher.ends_at == ending.ends_at


async def test_s20_a_present_can_be_taken_back_while_nobody_has_it(
    shop: Shop, anna: Member
) -> None:
    present, ben = await given(shop, anna), await shop.member("Ben")
    await shop.cancel(anna, present.voucher.id)
    assert await shop.has(anna) == (0, 1)
    assert why(await shop.take(ben, present.code)) == "present.gone"
    again = await given(shop, anna)
    await shop.take(ben, again.code)
    assert why(await shop.cancel(anna, again.voucher.id)) == "voucher.used"
    assert await shop.verify() == []


async def test_s20_only_what_the_shop_allows_can_be_given(shop: Shop, anna: Member) -> None:
    await shop.work.adopt(cafe(("minutes = 15", "minutes = 14")), NOW)
    assert why(await shop.present(anna)) == "reward.gone"


async def test_s9_the_same_press_gives_once(shop: Shop, anna: Member) -> None:
    await shop.present(anna, key="press")
    assert isinstance(await shop.present(anna, key="press"), Repeated)
    assert await shop.count("voucher") == 1


async def test_s20_a_reward_bought_with_points_lasts_from_when_it_is_taken(shop: Shop) -> None:
    await shop.work.adopt(every_kind(), NOW - DAY)
    anna, ben = await shop.member(), await shop.member("Ben")
    present = await given(shop, anna, "friendly")
    assert await shop.has(anna, "points") == (40,)
    await shop.take(ben, present.code, now=NOW + DAY)
    assert await shop.has(ben, "reward:friendly", "points", now=NOW + DAY) == (1, 50)
    ends = {e.unit: e.ends_at for e in (await shop.wallet(ben, NOW + DAY)).endings()}
    assert (ends["reward:friendly"] - NOW).days == 31
    # A reward that was earned is taken before any points are.
    await shop.voucher(ben, "friendly", now=NOW + DAY)
    assert await shop.has(ben, "reward:friendly", "points", now=NOW + DAY) == (0, 50)
