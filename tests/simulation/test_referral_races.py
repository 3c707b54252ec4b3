"""S16: whatever is counted at once, an invitation is paid once, and no limit is passed."""

from __future__ import annotations

import pytest

from bot.domain.members import Role, Staff
from bot.services import inviting
from bot.services.results import Earned
from tests.services.shop import DAY, NOW, Shop, cafe
from tests.services.test_referrals import BOTH, friend_of, somebody
from tests.simulation.test_races import THOUSAND, kinds, race

LATER = NOW + DAY
_MANY = ("member_stamps_a_day = 10", "member_stamps_a_day = 2000")
_MORE = ("colleague_stamps_a_day = 300", "colleague_stamps_a_day = 5000")


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    return await shop.colleague()


async def test_s16_a_thousand_purchases_at_once_pay_one_referral(shop: Shop, bara: Staff) -> None:
    await shop.work.adopt(cafe(_MANY, _MORE) + BOTH, NOW)
    anna = await somebody(shop)
    ben = await friend_of(shop, anna.member)
    results = await race(THOUSAND, lambda _: shop.stamp(ben.member, bara, now=LATER))
    assert kinds(results) == {"Earned": THOUSAND}
    assert await shop.has(anna.member, now=LATER) == (2, 0)
    given = [line for line in await shop.lines(anna.member) if line[0] == "earn"]
    assert (given, await shop.verify()) == ([("earn", "stamps", 2)], [])


async def test_s16_friends_who_race_for_the_last_place_of_a_limit_pay_once(
    shop: Shop, bara: Staff
) -> None:
    await shop.work.adopt(cafe() + BOTH + "[referrals]\nlimit = 1\na_week = 1000\n", NOW)
    anna = await somebody(shop)
    friends = [await friend_of(shop, anna.member, f"Friend {n}") for n in range(20)]
    results = await race(20, lambda n: shop.stamp(friends[n].member, bara, now=LATER))
    assert kinds(results) == {"Earned": 20}
    assert await shop.has(anna.member, now=LATER) == (2, 0)
    assert [await shop.has(each.member, now=LATER) for each in friends] == [(2, 0)] * 20
    assert await shop.verify() == []


async def test_s16_friends_who_invite_each_other_in_a_ring_never_wait_for_ever(
    shop: Shop, bara: Staff
) -> None:
    await shop.work.adopt(cafe() + BOTH, NOW)
    people = [await somebody(shop, f"Member {n}") for n in range(12)]
    for n, person in enumerate(people):
        async with shop.uow() as uow:
            code = (await inviting.invitation(uow, people[(n * 5 + 1) % 12].member.id)).code
            await inviting.accept(uow, person.member, code, NOW)
    results = await race(12, lambda n: shop.stamp(people[n].member, bara, now=LATER))
    assert all(isinstance(result, Earned) for result in results)
    assert await shop.verify() == []


async def test_s16_owners_who_decide_at_once_decide_once(shop: Shop, bara: Staff) -> None:
    await shop.work.adopt(cafe() + BOTH + "[referrals]\na_week = 1\n", NOW)
    owner = await shop.colleague("Petr", Role.OWNER)
    anna = await somebody(shop)
    for name in ("Ben", "Eva"):
        friend = await friend_of(shop, anna.member, name)
        await shop.stamp(friend.member, bara, now=LATER)

    async def decide(number: int) -> object:
        async with shop.uow() as uow:
            return await inviting.decide(uow, 2, owner, LATER, pays=number % 2 == 0)

    results = await race(50, decide)
    assert kinds(results) == {"NoneType": 1, "referrals.decided": 49}
    [row] = await _states(shop)
    paid = 4 if row == "paid" else 2
    assert await shop.has(anna.member, now=LATER) == (paid, 0)
    assert await shop.verify() == []


async def _states(shop: Shop) -> list[str]:
    async with shop.work.reading() as reader:
        return [
            row["state"] for row in await reader.rows("SELECT state FROM referral WHERE id = 2")
        ]
