"""S7, S9, S10, S17, S19: everybody at once; the ledger is proven after each race."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.members import Member, Staff
from bot.domain.messages import Address
from bot.domain.rewards import Voucher
from bot.services import expiry
from bot.services.claims import Claimable
from bot.services.presents import Present
from bot.services.results import Earned, Refused, Repeated, Undone, Used
from bot.storage import conversations, members
from bot.storage.database import Transaction
from tests.services.rewarding import every_kind
from tests.services.shop import DAY, NOW, Shop, cafe, deli

THOUSAND = 1000
#: A race of a thousand has to be over by then, in seconds; a hang is a failure, not a wait.
PATIENCE = 60.0


@pytest.fixture
async def anna(shop: Shop, bara: Staff) -> Member:
    """A member with one earned coffee and nothing else."""
    member = await shop.member()
    await shop.stamp(member, bara, 10, now=NOW - DAY)
    return member


async def race(count: int, act: Callable[[int], Awaitable[Any]]) -> list[Any]:
    """What `count` runs of `act` give, all started at once."""
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*(act(number) for number in range(count)))


def kinds(results: list[Any]) -> dict[str, int]:
    """How often each answer was given; refusals by their phrase."""
    return dict(Counter(r.why.key if isinstance(r, Refused) else type(r).__name__ for r in results))


async def test_s10_a_thousand_who_reserve_the_last_reward_get_it_once(
    shop: Shop, anna: Member
) -> None:
    results = await race(THOUSAND, lambda _: shop.reserve(anna))
    assert kinds(results) == {"Voucher": 1, "reward.missing.stamps": THOUSAND - 1}
    assert await shop.has(anna) == (0, 0)
    assert (await shop.count("voucher"), await shop.verify()) == (1, [])


async def test_s10_a_thousand_who_reserve_three_rewards_get_three(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    for days in (1, 2):
        await shop.stamp(anna, bara, 10, now=NOW + days * DAY)
    results = await race(THOUSAND, lambda _: shop.reserve(anna, now=NOW + 2 * DAY))
    assert kinds(results) == {"Voucher": 3, "reward.missing.stamps": THOUSAND - 3}
    codes = {result.code for result in results if isinstance(result, Voucher)}
    assert (len(codes), await shop.verify()) == (3, [])


async def test_s19_a_thousand_who_confirm_one_voucher_hand_it_over_once(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna)
    results = await race(THOUSAND, lambda _: shop.use(voucher.code, bara))
    assert kinds(results) == {"Used": 1, "voucher.used": THOUSAND - 1}
    assert await shop.verify() == []


async def test_s19_a_thousand_who_give_the_last_reward_give_it_once(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    results = await race(THOUSAND, lambda _: shop.give(anna, bara))
    assert kinds(results) == {"Used": 1, "reward.missing.stamps": THOUSAND - 1}
    assert (await shop.count("voucher"), await shop.verify()) == (1, [])


async def test_s20_a_thousand_members_who_want_the_last_of_a_stock_get_it_once(
    shop: Shop, bara: Staff
) -> None:
    await shop.work.adopt(every_kind(), NOW - DAY)
    people = [await shop.member(f"Member {number}") for number in range(20)]
    results = await race(THOUSAND, lambda n: shop.reserve(people[n % 20], "few"))
    assert kinds(results) == {"Voucher": 1, "reward.refused.stock": THOUSAND - 1}
    left = sum([(await shop.has(member, "points"))[0] for member in people])
    assert (await shop.count("voucher"), left) == (1, 20 * 50 - 10)
    # Given back once, though everybody tries, it can be had once more.
    [voucher] = [result for result in results if isinstance(result, Voucher)]
    owner = next(member for member in people if member.id == voucher.member_id)
    await race(50, lambda _: shop.cancel(owner, voucher.id))
    results = await race(50, lambda n: shop.give(people[n % 20], bara, "few"))
    assert kinds(results) == {"Used": 1, "reward.refused.stock": 49}
    assert await shop.verify() == []


async def test_s20_a_thousand_friends_who_take_one_present_get_it_once(shop: Shop) -> None:
    await shop.work.adopt(every_kind(), NOW - DAY)
    anna = await shop.member()
    present = await shop.present(anna, "friendly")
    assert isinstance(present, Present)
    friends = [await shop.member(f"Member {number}") for number in range(20)]
    results = await race(THOUSAND, lambda n: shop.take(friends[n % 20], present.code))
    assert kinds(results) == {"Taken": 1, "present.taken_already": THOUSAND - 1}
    assert sum([(await shop.has(f, "reward:friendly"))[0] for f in friends]) == 1
    assert await shop.verify() == []


async def test_s8_a_thousand_who_give_a_used_reward_back_give_it_back_once(
    shop: Shop, bara: Staff
) -> None:
    await shop.work.adopt(every_kind(), NOW - DAY)
    anna = await shop.member()
    voucher = await shop.voucher(anna, "friendly")
    assert isinstance(await shop.use(voucher.code, bara), Used)
    results = await race(THOUSAND, lambda _: shop.restore(voucher.id, bara))
    assert kinds(results) == {"Voucher": 1, "voucher.restored": THOUSAND - 1}
    assert (await shop.has(anna, "points"), await shop.verify()) == ((50,), [])


async def test_s9_a_thousand_deliveries_of_one_stamp_stamp_once(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    results = await race(THOUSAND, lambda _: shop.stamp(anna, bara, key="telegram:4711"))
    assert kinds(results) == {"Earned": 1, "Repeated": THOUSAND - 1}
    assert {r for r in results if isinstance(r, Repeated)} == {Repeated("stamp", NOW)}
    assert (await shop.has(anna), await shop.verify()) == ((1, 1), [])


async def test_s19_using_cancelling_and_expiring_one_voucher_end_it_in_one_way(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna)
    acts: list[Callable[[], Awaitable[Any]]] = [
        lambda: shop.use(voucher.code, bara),
        lambda: shop.cancel(anna, voucher.id),
        lambda: expiry.expire_vouchers(shop.work, voucher.ends_at),
    ]
    results = await race(30, lambda number: acts[number % 3]())
    async with shop.work.reading() as reader:
        row = await reader.row("SELECT state FROM voucher")
    assert row is not None
    answers = {"used": Used, "cancelled": Voucher}
    ended = [r for r in results if isinstance(r, Used | Voucher)]
    assert [type(r) for r in ended] == ([answers[row["state"]]] if row["state"] in answers else [])
    assert await shop.has(anna) == (0, 0 if row["state"] == "used" else 1)
    releases = [line for line in await shop.lines(anna) if line[0] == "release"]
    assert len(releases) == (0 if row["state"] == "used" else 1)
    assert await shop.verify() == []


async def test_s17_fifty_colleagues_keep_one_members_daily_limit_exactly(
    shop: Shop, anna: Member
) -> None:
    colleagues = [await shop.colleague(f"Colleague {number}") for number in range(50)]
    results = await race(50, lambda number: shop.stamp(anna, colleagues[number]))
    assert kinds(results) == {"Earned": 10, "staff.member_limit": 40}
    assert (await shop.has(anna), await shop.verify()) == ((0, 2), [])


async def test_s15_ten_stamps_at_once_fill_the_card_though_clocks_were_read_in_another_order(
    shop: Shop,
) -> None:
    colleagues = [await shop.colleague(f"Colleague {number}") for number in range(10)]
    for seed in range(5):
        ben = await shop.member("Ben")
        moments = random.Random(seed).sample(range(1000), 10)

        async def act(number: int, ben: Member = ben, moments: list[int] = moments) -> object:
            now = NOW + timedelta(microseconds=moments[number])
            return await shop.stamp(ben, colleagues[number], now=now)

        results = await race(10, act)
        assert kinds(results) == {"Earned": 10}
        assert await shop.has(ben, now=NOW + DAY) == (0, 1), f"seed {seed}"
    assert await shop.verify() == []


async def test_s17_one_colleague_at_fifty_members_keeps_their_daily_limit_exactly(
    shop: Shop, bara: Staff
) -> None:
    limit = ("colleague_stamps_a_day = 300", "colleague_stamps_a_day = 20")
    await shop.work.adopt(cafe(limit), NOW)
    people = [await shop.member(f"Member {number}") for number in range(50)]
    results = await race(50, lambda number: shop.stamp(people[number], bara))
    assert kinds(results) == {"Earned": 20, "staff.colleague_limit": 30}
    assert await shop.verify() == []


async def test_s7_fifty_who_undo_one_stamping_undo_it_once(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara, 5)
    earned = await shop.stamp(anna, bara, 4)
    assert isinstance(earned, Earned)
    results = await race(50, lambda _: shop.undo(bara, operation=earned.operation_id))
    assert kinds(results) == {"Undone": 1, "staff.undone_already": 49}
    assert (await shop.has(anna), await shop.verify()) == ((5, 1), [])


async def test_s9_fifty_deliveries_of_one_undo_undo_one_stamping(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    for count in (5, 3):
        await shop.stamp(anna, bara, count)
    results = await race(50, lambda _: shop.undo(bara, key="telegram:4712"))
    assert kinds(results) == {"Undone": 1, "Repeated": 49}
    assert [r.taken for r in results if isinstance(r, Undone)] == [(("stamps", 3),)]
    assert (await shop.has(anna), await shop.verify()) == ((5, 1), [])


async def test_s17_fifty_members_who_claim_one_receipt_get_it_once(shop: Shop, bara: Staff) -> None:
    await shop.work.adopt(deli(), NOW)
    people = [await shop.member(f"Member {number}") for number in range(50)]
    kept = await shop.sale_without_card(bara, 4200)
    assert isinstance(kept, Claimable)
    results = await race(50, lambda number: shop.claim(people[number], kept.code))
    assert kinds(results) == {"Earned": 1, "claim.taken": 49}
    points = Counter([(await shop.has(member, "points"))[0] for member in people])
    assert (points, await shop.verify()) == ({50: 49, 92: 1}, [])


async def test_s9_one_receipt_entered_for_fifty_members_counts_for_one(
    shop: Shop, bara: Staff
) -> None:
    await shop.work.adopt(deli(), NOW)
    people = [await shop.member(f"Member {number}") for number in range(50)]
    results = await race(50, lambda number: shop.sale(people[number], bara, 900, "F-1"))
    assert kinds(results) == {"Earned": 1, "Repeated": 49}
    assert (await shop.count("purchase"), await shop.verify()) == (1, [])


async def test_s17_a_paper_card_taken_over_by_fifty_is_taken_over_once(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    results = await race(50, lambda _: shop.paper(anna, bara, 6))
    assert kinds(results) == {"Earned": 1, "Repeated": 49}
    assert await shop.has(anna) == (6, 1)


async def test_a_busy_evening_ends_with_a_proven_ledger(shop: Shop) -> None:
    """Everything on a few members at once: nobody waits for ever, nothing is lost."""
    colleagues = [await shop.colleague(f"Colleague {n}") for n in range(6)]
    people = [await shop.member(f"Member {n}") for n in range(4)]

    async def act(number: int) -> object:
        member, by = people[number % 4], colleagues[number % 6]
        now = NOW + (number // 40) * DAY
        match number % 5:
            case 0 | 1:
                return await shop.stamp(member, by, 1 + number % 3, now=now)
            case 2:
                return await shop.undo(by, now=now)
            case 3:
                reserved = await shop.reserve(member, now=now)
                if isinstance(reserved, Voucher) and number % 2:
                    return await shop.use(reserved.code, by, now=now)
                return reserved
            case _:
                return await expiry.expire_vouchers(shop.work, now)

    await race(400, act)
    assert await shop.verify() == []


# Deadlocks


async def test_a_customer_who_writes_and_a_colleague_who_stamps_them_do_not_wait_in_a_ring(
    shop: Shop, bara: Staff
) -> None:
    """Many rounds: the customer's own messages and receipts for them, both ways at once."""
    chats = [await shop.chat(f"anna {number}") for number in range(3)]
    people = [await shop.member("Anna", chat=chat) for chat in chats]

    async def write(number: int) -> None:
        async with shop.uow() as uow:
            await conversations.enter(
                uow.tx, Address("telegram", f"anna {number % 3}"), "telegram", "en", NOW
            )
            await asyncio.sleep(0)
            await members.lock(uow.tx, people[number % 3].id)

    async def act(number: int) -> object:
        if number % 2:
            return await write(number)
        day = NOW + (number // 6) * DAY
        return await shop.stamp(people[number % 3], bara, now=day)

    began = time.monotonic()
    await race(120, act)
    # PostgreSQL finds a deadlock after a second and ends one of the two.
    assert time.monotonic() - began < PATIENCE / 2
    assert await shop.verify() == []


@pytest.mark.parametrize("dialect", ["postgres"])
@pytest.mark.parametrize("lock", ["ours", "FOR UPDATE"])
async def test_a_receipt_goes_into_the_chat_of_somebody_who_is_just_writing(
    shop: Shop, lock: str
) -> None:
    """The customer holds their conversation and wants the member; the colleague holds the member
    and puts a receipt into the conversation, which refers to it.

    Ours lets the receipt in. With FOR UPDATE it would wait for the conversation, whose holder waits
    for the member: a ring that PostgreSQL breaks by ending one of them, after a second of silence.
    """
    chat = await shop.chat("anna")
    anna = await shop.member(chat=chat)
    conversation_held, member_held = asyncio.Event(), asyncio.Event()

    def suffix(tx: Transaction) -> str:
        return tx.lock if lock == "ours" else f" {lock}"

    async def customer() -> None:
        async with shop.uow() as uow:
            select = f"SELECT id FROM conversation WHERE id = $1{suffix(uow.tx)}"
            await uow.tx.rows(select, chat.id)
            conversation_held.set()
            await member_held.wait()
            await uow.tx.rows(f"SELECT id FROM member WHERE id = $1{suffix(uow.tx)}", anna.id)

    async def colleague() -> None:
        async with shop.uow() as uow:
            await conversation_held.wait()
            await uow.tx.rows(f"SELECT id FROM member WHERE id = $1{suffix(uow.tx)}", anna.id)
            member_held.set()
            await uow.tx.execute(
                "INSERT INTO outbox (conversation_id, member_id, class, body_sealed, choices, "
                "state, due_at, created_at) VALUES ($1, $2, 'reply', 'x', FALSE, 'due', $3, $3)",
                chat.id,
                anna.id,
                NOW,
            )

    results = await asyncio.gather(customer(), colleague(), return_exceptions=True)
    broken = [result for result in results if result is not None]
    if lock == "ours":
        assert (broken, await shop.count("outbox")) == ([], 1)
    else:
        assert [type(error).__name__ for error in broken] == ["DeadlockDetectedError"]
