"""S16: a friend's first purchase brings both sides theirs, once; what is suspicious waits."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.domain.members import Member, Role, Staff
from bot.services import erasing, inviting
from bot.services.results import Earned, Refused
from bot.storage.conversations import Conversation
from tests.services.shop import COFFEE, DAY, MINUTE, NOW, Shop, cafe, deli, why

BOTH = """
[[earn]]
rule = "referral"
unit = "stamps"
amount = 2

[[earn]]
rule = "referred"
unit = "stamps"
amount = 1
"""
LATER = NOW + DAY


@dataclass(frozen=True)
class Somebody:
    """A member and the chat they write in."""

    member: Member
    chat: Conversation


async def somebody(shop: Shop, name: str = "Anna", chat: Conversation | None = None) -> Somebody:
    chat = chat or await shop.chat()
    return Somebody(await shop.member(name, chat), chat)


async def link(shop: Shop, member: Member) -> inviting.Invitation:
    async with shop.uow() as uow:
        return await inviting.invitation(uow, member.id)


async def follows(shop: Shop, friend: Member, code: str) -> bool:
    async with shop.uow() as uow:
        return await inviting.accept(uow, friend, code, NOW)


async def friend_of(shop: Shop, host: Member, name: str = "Ben") -> Somebody:
    """Somebody who joined by a member's link."""
    found = await somebody(shop, name)
    assert await follows(shop, found.member, (await link(shop, host)).code)
    return found


async def decides(shop: Shop, owner: Staff, *, pays: bool, number: int = 1) -> Refused | None:
    async with shop.uow() as uow:
        return await inviting.decide(uow, number, owner, LATER, pays=pays)


async def waiting(shop: Shop) -> list[inviting.Waiting]:
    async with shop.uow() as uow:
        return await inviting.waiting(uow, 10)


async def has(shop: Shop, member: Member, *units: str) -> tuple[int, ...]:
    """Balances when all of it is over."""
    return await shop.has(member, *units, now=NOW + 60 * DAY)


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    return await shop.colleague()


@pytest.fixture
async def anna(shop: Shop) -> Somebody:
    """Somebody who invites friends, where both sides get stamps for it."""
    await shop.work.adopt(cafe() + BOTH, NOW)
    return await somebody(shop)


async def test_s16_the_first_purchase_brings_both_theirs_once(
    shop: Shop, anna: Somebody, bara: Staff
) -> None:
    ben = await friend_of(shop, anna.member)
    assert await has(shop, ben.member) == (0, 0)
    await shop.stamp(ben.member, bara, now=LATER)
    assert (await has(shop, ben.member), await has(shop, anna.member)) == ((2, 0), (2, 0))
    assert await shop.told(ben.chat) == ["news.stamps", "referred.done", "news.stamps"]
    assert await shop.told(anna.chat) == ["refer.done", "news.stamps"]
    await shop.stamp(ben.member, bara, now=LATER + DAY)
    assert (await has(shop, ben.member), await has(shop, anna.member)) == ((3, 0), (2, 0))
    assert await link(shop, anna.member) == inviting.Invitation(
        (await link(shop, anna.member)).code, came=1, left=19
    )
    assert await shop.verify() == []


async def test_s16_each_side_is_an_operation_of_its_own_about_the_purchase(
    shop: Shop, anna: Somebody, bara: Staff
) -> None:
    ben = await friend_of(shop, anna.member)
    earned = await shop.stamp(ben.member, bara, now=LATER)
    assert isinstance(earned, Earned)
    async with shop.work.reading() as reader:
        rows = await reader.rows(
            "SELECT kind, member_id FROM operation WHERE about_id = $1 ORDER BY id",
            earned.operation_id,
        )
    assert [(row["kind"], row["member_id"]) for row in rows] == [
        ("referred", ben.member.id),
        ("referral", anna.member.id),
    ]


async def test_s16_nobody_invites_themselves_or_is_invited_twice(
    shop: Shop, anna: Somebody
) -> None:
    mine = (await link(shop, anna.member)).code
    assert not await follows(shop, anna.member, mine)
    ben = await friend_of(shop, anna.member)
    eva = await somebody(shop, "Eva")
    assert not await follows(shop, ben.member, (await link(shop, eva.member)).code)
    assert not await follows(shop, eva.member, "NOBODYS1")


async def test_s16_who_was_erased_comes_back_as_nobodys_friend(shop: Shop, anna: Somebody) -> None:
    chat = await shop.chat("ben")
    ben = await somebody(shop, "Ben", chat)
    async with shop.uow() as uow:
        await erasing.erase(uow, ben.member.id, NOW)
    again = await somebody(shop, "Ben", await shop.chat("ben"))
    assert not await follows(shop, again.member, (await link(shop, anna.member)).code)


async def test_s16_who_turns_out_to_be_a_member_already_brings_nothing(
    shop: Shop, bara: Staff
) -> None:
    await shop.work.adopt(cafe() + BOTH, NOW)
    old = await somebody(shop, "Ben")
    anna = await somebody(shop)
    new = await friend_of(shop, anna.member)
    await shop.merge(old.member, new.member)
    await shop.stamp(old.member, bara, now=LATER)
    assert (await has(shop, old.member), await has(shop, anna.member)) == ((1, 0), (0, 0))


async def test_s16_the_friends_of_a_member_who_is_merged_are_the_kept_ones(
    shop: Shop, bara: Staff
) -> None:
    await shop.work.adopt(cafe() + BOTH, NOW)
    elder, anna = await somebody(shop, "Anna"), await somebody(shop, "Anna")
    ben = await friend_of(shop, anna.member)
    code = (await link(shop, anna.member)).code
    await shop.merge(elder.member, anna.member)
    await shop.stamp(ben.member, bara, now=LATER)
    assert await has(shop, elder.member) == (2, 0)
    eva = await somebody(shop, "Eva")
    assert await follows(shop, eva.member, code.lower())


async def test_s16_a_purchase_counts_from_the_minimum_and_within_the_days(shop: Shop) -> None:
    rules = BOTH.replace("stamps", "points") + "[referrals]\nminimum = 10\ndays = 30\n"
    await shop.work.adopt(deli() + rules, NOW)
    bara = await shop.colleague()
    anna = await somebody(shop)
    ben, eva = await friend_of(shop, anna.member), await friend_of(shop, anna.member, "Eva")
    [before] = await has(shop, anna.member, "points")
    await shop.sale(ben.member, bara, 999, now=LATER)
    assert await has(shop, anna.member, "points") == (before,)
    await shop.sale(ben.member, bara, 1000, now=LATER + DAY)
    assert await has(shop, anna.member, "points") == (before + 2,)
    await shop.sale(eva.member, bara, 1000, now=NOW + 30 * DAY)
    assert await has(shop, anna.member, "points") == (before + 2,)


async def test_s16_beyond_the_limit_the_friend_alone_gets_what_was_promised(
    shop: Shop, bara: Staff
) -> None:
    await shop.work.adopt(cafe() + BOTH + "[referrals]\nlimit = 1\n", NOW)
    anna = await somebody(shop)
    ben, eva = await friend_of(shop, anna.member), await friend_of(shop, anna.member, "Eva")
    await shop.stamp(ben.member, bara, now=LATER)
    await shop.stamp(eva.member, bara, now=LATER + DAY)
    assert [await has(shop, each.member) for each in (anna, ben, eva)] == [(2, 0), (2, 0), (2, 0)]
    assert (await shop.told(anna.chat))[-1] == "refer.over"
    found = await link(shop, anna.member)
    assert (found.came, found.left) == (2, 0)
    late = await somebody(shop, "Ota")
    assert not await follows(shop, late.member, found.code)


async def test_s16_many_in_a_week_wait_for_the_owner_who_pays(shop: Shop, bara: Staff) -> None:
    await shop.work.adopt(cafe() + BOTH + "[referrals]\na_week = 1\n", NOW)
    chat = await shop.chat()
    owner = await shop.colleague("Petr", Role.OWNER, chat)
    anna = await somebody(shop)
    ben, eva = await friend_of(shop, anna.member), await friend_of(shop, anna.member, "Eva")
    await shop.stamp(ben.member, bara, now=LATER)
    await shop.stamp(eva.member, bara, now=LATER)
    assert (await has(shop, anna.member), await has(shop, eva.member)) == ((2, 0), (1, 0))
    assert await waiting(shop) == [inviting.Waiting(2, "Anna", "Eva", "many")]
    assert "referrals.wait" in await shop.told(chat)
    assert (await shop.told(eva.chat))[-1] == "referred.waits"
    assert await decides(shop, owner, pays=True, number=2) is None
    assert (await has(shop, anna.member), await has(shop, eva.member)) == ((4, 0), (2, 0))
    assert why(await decides(shop, owner, pays=True, number=2)) == "referrals.decided"


async def test_s16_what_the_owner_refuses_brings_nothing_and_both_hear_it(
    shop: Shop, anna: Somebody
) -> None:
    owner = await shop.colleague("Petr", Role.OWNER)
    # Anna works here, and counts her friend's purchase herself.
    works = await shop.colleague("Anna", chat=anna.chat)
    ben = await friend_of(shop, anna.member)
    await shop.stamp(ben.member, works, now=LATER)
    assert [each.sign for each in await waiting(shop)] == ["colleague"]
    assert await decides(shop, owner, pays=False) is None
    assert (await has(shop, anna.member), await has(shop, ben.member)) == ((0, 0), (1, 0))
    assert (await shop.told(anna.chat))[-1] == "refer.refused"
    assert (await shop.told(ben.chat))[-1] == "referred.refused"


async def test_s16_two_purchases_at_one_till_within_minutes_wait(
    shop: Shop, anna: Somebody, bara: Staff
) -> None:
    ben, eva = await friend_of(shop, anna.member), await friend_of(shop, anna.member, "Eva")
    await shop.stamp(anna.member, bara, now=LATER)
    await shop.stamp(ben.member, bara, now=LATER + 4 * MINUTE)
    await shop.stamp(eva.member, bara, now=LATER + 5 * MINUTE)
    assert [(each.friend, each.sign) for each in await waiting(shop)] == [("Ben", "together")]


async def test_s16_undone_the_first_purchase_takes_both_back_and_the_next_counts(
    shop: Shop, anna: Somebody, bara: Staff
) -> None:
    ben = await friend_of(shop, anna.member)
    earned = await shop.stamp(ben.member, bara, now=LATER)
    assert isinstance(earned, Earned)
    await shop.undo(bara, now=LATER + MINUTE)
    assert (await has(shop, ben.member), await has(shop, anna.member)) == ((0, 0), (0, 0))
    assert (await shop.told(anna.chat))[-1] == "news.undone.stamps"
    await shop.stamp(ben.member, bara, now=LATER + 2 * MINUTE)
    assert (await has(shop, ben.member), await has(shop, anna.member)) == ((2, 0), (2, 0))
    assert (await shop.count("referral"), await shop.verify()) == (1, [])


async def test_s16_a_friend_may_be_given_a_reward_instead(shop: Shop, bara: Staff) -> None:
    gift = '\n[[earn]]\nrule = "referred"\nreward = "coffee"\n'
    await shop.work.adopt(cafe() + gift, NOW)
    anna = await somebody(shop)
    ben = await friend_of(shop, anna.member)
    await shop.stamp(ben.member, bara, now=LATER)
    assert await has(shop, ben.member, "stamps", COFFEE) == (1, 1)
    assert await shop.told(anna.chat) == []


async def test_s16_a_purchase_claimed_later_counts_too(shop: Shop) -> None:
    await shop.work.adopt(deli() + BOTH.replace("stamps", "points"), NOW)
    bara = await shop.colleague()
    anna = await somebody(shop)
    ben = await friend_of(shop, anna.member)
    [before] = await has(shop, anna.member, "points")
    kept = await shop.sale_without_card(bara, 500)
    assert not isinstance(kept, Refused)
    await shop.claim(ben.member, kept.code, now=LATER)  # type: ignore[union-attr]
    assert await has(shop, anna.member, "points") == (before + 2,)
