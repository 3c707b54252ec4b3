"""S7: a colleague takes a mistake back, once, within ten minutes; never more than it gave."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.members import Member, Role, Staff
from bot.services.results import Earned, Repeated, Undone, Used
from tests.services.shop import COFFEE, DAY, MINUTE, NOW, Shop, cafe, deli, values, why


@pytest.fixture
async def anna(shop: Shop) -> Member:
    return await shop.member(chat=await shop.chat("anna"))


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    return await shop.colleague()


async def test_s7_an_undo_takes_back_what_was_given_and_tells_the_member(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara, 3)
    undone = await shop.undo(bara, now=NOW + MINUTE)
    assert isinstance(undone, Undone)
    assert (undone.member.id, undone.taken) == (anna.id, (("stamps", 3),))
    assert await shop.lines(anna) == [("earn", "stamps", 3), ("reverse", "stamps", -3)]
    assert await shop.told(await shop.chat("anna")) == ["news.stamps", "news.undone.stamps"]
    assert await shop.verify() == []


async def test_an_undo_works_for_ten_minutes_and_not_a_moment_longer(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara)
    end = NOW + 10 * MINUTE
    late = await shop.undo(bara, now=end)
    assert (why(late), values(late)) == ("staff.undo_too_late", {"n": 10})
    assert isinstance(await shop.undo(bara, now=end - timedelta(microseconds=1)), Undone)


async def test_s7_nothing_is_undone_twice(shop: Shop, anna: Member, bara: Staff) -> None:
    earned = await shop.stamp(anna, bara, 2)
    assert isinstance(earned, Earned)
    await shop.undo(bara, operation=earned.operation_id)
    again = await shop.undo(bara, operation=earned.operation_id)
    assert why(again) == "staff.undone_already"
    assert why(await shop.undo(bara)) == "staff.nothing_to_undo"
    assert await shop.has(anna) == (0, 0)


async def test_s9_the_same_press_undoes_once_and_not_the_one_before(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara, 1)
    await shop.stamp(anna, bara, 2)
    await shop.undo(bara, key="press")
    assert await shop.undo(bara, key="press", now=NOW + MINUTE) == Repeated("undo", NOW)
    assert await shop.has(anna) == (1, 0)


async def test_undo_without_a_number_goes_back_one_by_one(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    ota = await shop.colleague("Ota")
    await shop.stamp(anna, bara, 1)
    await shop.stamp(anna, bara, 2)
    await shop.stamp(anna, ota, 4)
    taken = [await shop.undo(bara) for _ in range(2)]
    assert [undone.taken for undone in taken if isinstance(undone, Undone)] == [
        (("stamps", 2),),
        (("stamps", 1),),
    ]
    assert why(await shop.undo(bara)) == "staff.nothing_to_undo"
    assert await shop.has(anna) == (4, 0)


async def test_only_what_one_did_oneself_can_be_undone(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    manager = await shop.colleague("Marek", Role.MANAGER)
    earned = await shop.stamp(anna, bara)
    assert isinstance(earned, Earned)
    for operation in (earned.operation_id, earned.operation_id + 99, 0):
        refused = await shop.undo(manager, operation=operation)
        assert why(refused) == "staff.nothing_to_undo"
    assert await shop.has(anna) == (1, 0)


async def test_s19_a_reward_handed_over_is_final(shop: Shop, anna: Member, bara: Staff) -> None:
    await shop.stamp(anna, bara, 10, now=NOW - DAY)
    assert isinstance(await shop.give(anna, bara), Used)
    assert why(await shop.undo(bara)) == "staff.reward_final"
    async with shop.work.reading() as reader:
        row = await reader.row("SELECT id FROM operation WHERE kind = 'reserve'")
    assert row is not None
    assert why(await shop.undo(bara, operation=row["id"])) == "staff.nothing_to_undo"


async def test_s7_a_stamp_that_filled_a_card_turns_the_reward_back_with_old_ends(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara, 9, now=NOW - DAY)
    before = (await shop.wallet(anna)).endings()
    await shop.stamp(anna, bara, 5)
    undone = await shop.undo(bara)
    assert isinstance(undone, Undone)
    assert undone.taken == (("stamps", 5),)
    assert (await shop.wallet(anna)).endings() == before
    assert await shop.has(anna) == (9, 0)
    assert await shop.verify() == []


@pytest.mark.parametrize(
    ("policy", "taken", "stamps"),
    [("stop_at_zero", (("stamps", 4),), 0), ("go_below_zero", (("stamps", 5),), -1)],
)
async def test_s7_once_the_reward_is_reserved_or_used_the_policy_applies(
    shop: Shop, anna: Member, bara: Staff, policy: str, taken: object, stamps: int
) -> None:
    setting = f'[ledger]\nwhen_spent = "{policy}"\n\n[vouchers]'
    await shop.work.adopt(cafe(("[vouchers]", setting)), NOW)
    await shop.stamp(anna, bara, 9, now=NOW - DAY)
    await shop.stamp(anna, bara, 5)
    await shop.voucher(anna)
    undone = await shop.undo(bara)
    assert isinstance(undone, Undone)
    assert (undone.taken, await shop.has(anna)) == (taken, (stamps, 0))
    await shop.stamp(anna, bara, 3)
    assert await shop.has(anna) == (3 + stamps, 0)
    assert await shop.verify() == []


async def test_s7_both_units_of_a_purchase_are_taken_back(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    stamps = """
[units.stamps]
card = 5
reward = "pickle"

[[rewards]]
code = "pickle"
name = "A pickle"
validity = "90 days"

[[earn]]
rule = "purchase"
unit = "stamps"

# The colours"""
    await shop.work.adopt(deli(("# The colours", stamps)), NOW)
    for _ in range(5):
        await shop.sale(anna, bara, 1000)
    pickle = "reward:pickle"
    assert await shop.has(anna, "points", "stamps", pickle) == (50, 0, 1)
    undone = await shop.undo(bara)
    assert isinstance(undone, Undone)
    assert undone.taken == (("points", 10), ("stamps", 1))
    assert await shop.has(anna, "points", "stamps", pickle) == (40, 4, 0)
    assert await shop.verify() == []


async def test_s7_with_nothing_left_to_take_it_is_undone_all_the_same(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara, 10)
    await shop.voucher(anna)
    undone = await shop.undo(bara)
    assert isinstance(undone, Undone)
    assert undone.taken == ()
    assert (await shop.lines(anna))[-1] == ("reserve", COFFEE, -1)
    assert "news.undone.stamps" not in await shop.told(await shop.chat("anna"))


async def test_s19_undo_after_a_reward_takes_nothing_from_who_came_before(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara, 10, now=NOW - DAY)
    ben, voucher = await shop.member("Ben"), await shop.voucher(anna)
    earned = await shop.stamp(ben, bara, 2)
    assert isinstance(earned, Earned)
    await shop.use(voucher.code, bara, now=NOW + MINUTE)
    for _ in range(2):
        assert why(await shop.undo(bara, now=NOW + MINUTE)) == "staff.reward_final"
    assert await shop.has(ben) == (2, 0)
    # By its own button Ben's can still be taken back; and what came after the reward is undone.
    await shop.stamp(ben, bara, 3, now=NOW + 2 * MINUTE)
    assert isinstance(await shop.undo(bara, now=NOW + 3 * MINUTE), Undone)
    undone = await shop.undo(bara, now=NOW + 3 * MINUTE, operation=earned.operation_id)
    assert isinstance(undone, Undone)
    assert await shop.has(ben) == (0, 0)
