"""S9, S10, S12: two become one while both are in use; the ledger is proven after each race."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from bot.domain.members import Member, Staff
from bot.domain.messages import Address
from bot.domain.rewards import Voucher
from bot.services import expiry, joining, linking
from bot.services.merging import Merged
from bot.services.presents import Present
from bot.storage import conversations, referrals
from tests.services.rewarding import every_kind
from tests.services.shop import DAY, NOW, Shop
from tests.simulation.test_races import kinds, race

PHONE = "+420777123456"
#: A shop where members invite friends, and give rewards to each other.
INVITING = (
    every_kind().replace('[[locations]]\ncode = "harbour"\nname = "Harbour"\n', "")
    + """
[[earn]]
rule = "referral"
unit = "points"
amount = 20

[[earn]]
rule = "referred"
unit = "points"
amount = 10
"""
).replace('locations = ["harbour"]\n', "")


async def total(shop: Shop, people: list[Member]) -> tuple[int, int]:
    """Stamps and coffees of all, each person counted once."""
    kept = {await shop.stored_member(member) for member in people}
    held = [await shop.has(member, now=NOW + 9 * DAY) for member in kept]
    return sum(stamps for stamps, _ in held), sum(coffees for _, coffees in held)


async def test_s12_many_devices_that_join_two_cards_both_ways_join_them_once(
    shop: Shop, bara: Staff
) -> None:
    anna, other = await shop.member(now=NOW - DAY), await shop.member()
    await shop.stamp(anna, bara, 7)
    await shop.stamp(other, bara, 5)

    async def act(number: int) -> Any:
        one, another = (anna, other) if number % 2 else (other, anna)
        return await shop.merge(one, another)

    results = await race(50, act)
    assert kinds(results) == {"Merged": 1, "merge.one_already": 49}
    assert await shop.has(anna) == (2, 1)
    assert await shop.verify() == []


async def test_s12_a_few_people_who_are_all_one_become_one_in_any_order(
    shop: Shop, bara: Staff
) -> None:
    """Chains, rings and the same pair at once: nobody waits in a ring, nothing is lost."""
    people = [await shop.member(f"Anna {number}") for number in range(6)]
    for member in people:
        await shop.stamp(member, bara, 3)

    async def act(number: int) -> Any:
        return await shop.merge(people[number % 6], people[(number * 7 + 1) % 6])

    results = await race(60, act)
    assert len([result for result in results if isinstance(result, Merged)]) == 5
    assert len({(await shop.stored_member(member)).id for member in people}) == 1
    # Eighteen stamps: one card of ten, and eight more.
    assert await total(shop, people) == (8, 1)
    assert await shop.verify() == []


async def test_s10_stamps_and_rewards_while_two_become_one_are_lost_for_neither(
    shop: Shop,
) -> None:
    colleagues = [await shop.colleague(f"Colleague {number}") for number in range(8)]
    for evening in range(4):
        now = NOW + evening * DAY
        anna, other = await shop.member(now=now - DAY), await shop.member(now=now)
        people = [anna, other]
        for member in people:
            await shop.stamp(member, colleagues[0], 10, now=now - DAY)

        async def act(number: int, people: list[Member] = people, now: Any = now) -> Any:
            if number == 9:
                return await shop.merge(people[0], people[1], now)
            member = people[number % 2]
            if number % 3 == 0:
                return await shop.reserve(member, now=now)
            return await shop.stamp(member, colleagues[number % 8], now=now)

        results = await race(18, act)
        counted = Counter(type(result).__name__ for result in results)
        # The day's limit is one person's, so some stamps may come too late.
        refused = counted["Refused"]
        stamps = counted["Earned"] + 20
        vouchers = [result for result in results if isinstance(result, Voucher)]
        assert counted["Merged"] == 1
        assert refused == 18 - 1 - len(vouchers) - counted["Earned"]
        left, coffees = await total(shop, people)
        assert left + 10 * (coffees + len(vouchers)) == stamps
        for voucher in vouchers:
            await shop.use(voucher.code, colleagues[0], now=now)
        assert await total(shop, people) == (left, coffees)
    assert await shop.verify() == []


async def test_s19_a_voucher_ends_in_one_way_while_its_member_becomes_another(
    shop: Shop, bara: Staff
) -> None:
    anna, other = await shop.member(now=NOW - DAY), await shop.member()
    await shop.stamp(other, bara, 10, now=NOW - DAY)
    voucher = await shop.voucher(other)
    acts: list[Callable[[], Awaitable[Any]]] = [
        lambda: shop.use(voucher.code, bara),
        lambda: shop.merge(anna, other),
        lambda: shop.cancel(other, voucher.id),
        lambda: expiry.expire_vouchers(shop.work, voucher.ends_at),
    ]
    await race(24, lambda number: acts[number % 4]())
    async with shop.work.reading() as reader:
        row = await reader.row("SELECT state, member_id FROM voucher")
    assert row is not None
    assert row["member_id"] == anna.id
    assert await shop.has(anna) == (0, 0 if row["state"] == "used" else 1)
    assert await shop.verify() == []


async def test_s12_a_number_proven_in_many_chats_while_its_owner_writes_from_it(
    shop: Shop, bara: Staff
) -> None:
    """Joining cards, taking one over and using one here too, all about one number at once."""
    async with shop.uow() as uow:
        begun = await joining.enrol(uow, PHONE, bara, shop.key(), NOW)
    assert isinstance(begun, joining.Joined)
    await shop.stamp(begun.member, bara, 3)
    people = [begun.member]
    for number in range(3):
        people.append(await shop.member(chat=await shop.chat(f"anna {number}")))
        await shop.stamp(people[-1], bara)

    async def prove(number: int) -> Any:
        # Three have a card of their own, one has not.
        address = Address("telegram", f"anna {number % 4}")
        async with shop.uow() as uow:
            chat = await conversations.enter(uow.tx, address, "telegram", "en", NOW)
            return await linking.prove_phone(uow, chat, PHONE, NOW, joins=True)

    async def write(number: int) -> Any:
        # On two channels, of which one is new each time.
        address = Address("sms", PHONE) if number % 2 else Address(f"app{number}", PHONE)
        async with shop.uow() as uow:
            chat = await conversations.enter(uow.tx, address, "phone", "en", NOW)
            assert chat.member_id is not None
            return await joining.take_possession(uow, chat.member_id, chat, "Anna", "en", NOW)

    results = await race(40, lambda number: write(number) if number % 5 == 4 else prove(number))
    assert set(kinds(results)) <= {"int", "Member"}
    [kept] = {await shop.stored_member(member) for member in people}
    assert await shop.has(kept) == (6, 0)
    assert (await shop.chat("anna 3")).member_id == kept.id
    assert await shop.verify() == []


async def test_merging_waits_for_nobody_who_only_stamps(shop: Shop, bara: Staff) -> None:
    """Each merge among many stamps of other members ends soon."""
    pairs = [(await shop.member(now=NOW - DAY), await shop.member()) for _ in range(10)]
    passers_by = [await shop.member() for _ in range(10)]
    async with asyncio.timeout(10):
        await asyncio.gather(
            *(shop.merge(*pair) for pair in pairs),
            *(shop.stamp(member, bara) for member in passers_by),
        )
    assert await shop.verify() == []


async def test_s10_presents_and_invitations_between_people_who_become_one(
    shop: Shop, bara: Staff
) -> None:
    """Two are locked in the order of those they are by now: nobody waits in a ring."""
    await shop.work.adopt(INVITING, NOW - DAY)
    people = [await shop.member(f"Anna {number}") for number in range(8)]
    for number, friend in enumerate(people):
        async with shop.uow() as uow:
            await referrals.begin(uow.tx, people[number * 3 % 8 - 1].id, friend.id, NOW)
        await shop.sale(friend, bara, 5000)
    presents = [await shop.present(member, "friendly") for member in people]
    pairs, chance = ((6, 2), (7, 6), (5, 3), (3, 1)), random.Random(5)

    async def act(number: int) -> Any:
        member, given = chance.choice(people), chance.choice(presents)
        assert isinstance(given, Present)
        if number < len(pairs):
            one, other = pairs[number]
            return await shop.merge(people[one], people[other])
        if number % 4 == 0:
            return await shop.sale(member, bara, 100)
        return await shop.take(member, given.code)

    results = await race(300, act)
    assert len([result for result in results if isinstance(result, Merged)]) == 4
    assert await shop.verify() == []
