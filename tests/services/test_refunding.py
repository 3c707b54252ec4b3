"""S7, S8: what was counted is taken back whole or in part, at the rate of its day, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.members import Member, Role, Staff
from bot.domain.messages import Money
from bot.domain.rewards import Voucher
from bot.services import handing_over, refunding
from bot.services.refunding import Ambiguous
from bot.services.results import Earned, Refused, Repeated, Undone
from bot.storage.operations import Operation
from tests.services.shop import DAY, NOW, Shop, cafe, deli, values, why


@pytest.fixture
async def shop(shop: Shop) -> Shop:
    """A shop that gives a point for each whole euro."""
    await shop.work.adopt(deli(), NOW - DAY)
    return shop


@pytest.fixture
async def anna(shop: Shop) -> Member:
    return await shop.member(chat=await shop.chat("anna"), now=NOW - DAY)


@pytest.fixture
async def marek(shop: Shop) -> Staff:
    return await shop.colleague("Marek", Role.MANAGER)


async def points(shop: Shop, member: Member) -> int:
    """What a member has, without the gift of joining."""
    return (await shop.has(member, "points"))[0] - 50


async def bought(shop: Shop, member: Member, by: Staff, minor: int, receipt: str = "") -> int:
    """The number of a purchase that was counted."""
    earned = await shop.sale(member, by, minor, receipt)
    assert isinstance(earned, Earned)
    return earned.operation_id


async def reverse(
    shop: Shop, by: Staff, operation: int, amount: int | None = None, key: str = ""
) -> Undone | Refused | Repeated:
    async with shop.uow() as uow:
        key = key or shop.key()
        return await refunding.reverse(uow, operation, by, key, NOW + DAY, amount)


async def test_s7_a_manager_takes_a_whole_purchase_back(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    sale = await bought(shop, anna, marek, 14990)
    undone = await reverse(shop, marek, sale)
    assert isinstance(undone, Undone)
    assert (undone.taken, await points(shop, anna)) == ((("points", 149),), 0)
    assert (await shop.lines(anna))[-2:] == [("earn", "points", 149), ("reverse", "points", -149)]
    assert (await shop.told(await shop.chat("anna")))[-1] == "news.undone.points"
    assert why(await reverse(shop, marek, sale)) == "staff.undone_already"
    assert await shop.verify() == []


async def test_s8_small_refunds_take_back_what_one_of_their_sum_does(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    ben = await shop.member("Ben", now=NOW - DAY)
    one, many = await bought(shop, ben, marek, 1000), await bought(shop, anna, marek, 1000)
    await reverse(shop, marek, one, 999)
    for part in (50, 49, 300, 600):
        await reverse(shop, marek, many, part)
    assert await points(shop, ben) == await points(shop, anna) == 0
    await reverse(shop, marek, many, 1)
    assert await points(shop, anna) == 0
    assert await shop.verify() == []


async def test_s8_a_refund_goes_by_the_rate_of_that_day(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    sale = await bought(shop, anna, marek, 1000)
    await shop.work.adopt(deli(("per = 1\n", "per = 5\n")), NOW)
    undone = await reverse(shop, marek, sale, 250)
    assert isinstance(undone, Undone)
    # Of 10 euro 7.50 were kept, which gave 7 points then.
    assert (undone.taken, await points(shop, anna)) == ((("points", 3),), 7)


async def test_s8_never_more_than_was_paid_and_what_was_refunded_is_named(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    sale = await bought(shop, anna, marek, 1000)
    paid = Money(1000, "EUR")
    too_much = await reverse(shop, marek, sale, 1001)
    assert (why(too_much), values(too_much)) == ("reverse.too_much", {"paid": paid})
    await reverse(shop, marek, sale, 400)
    more = await reverse(shop, marek, sale, 601)
    assert why(more) == "reverse.too_much_more"
    assert values(more) == {"paid": paid, "refunded": Money(400, "EUR"), "left": Money(600, "EUR")}
    await reverse(shop, marek, sale, 600)
    assert why(await reverse(shop, marek, sale, 1)) == "reverse.all_refunded"
    assert why(await reverse(shop, marek, sale)) == "reverse.all_refunded"
    assert await points(shop, anna) == 0


async def test_s9_the_same_refund_delivered_twice_counts_once(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    sale = await bought(shop, anna, marek, 1000)
    await reverse(shop, marek, sale, 300, key="press")
    assert await reverse(shop, marek, sale, 300, key="press") == Repeated("refund", NOW + DAY)
    assert await points(shop, anna) == 7


@pytest.mark.parametrize(("policy", "left"), [("stop_at_zero", 0), ("go_below_zero", -40)])
async def test_s7_when_it_was_spent_the_programme_says_what_happens(
    shop: Shop, anna: Member, marek: Staff, policy: str, left: int
) -> None:
    await shop.work.adopt(deli(('when_spent = "stop_at_zero"', f'when_spent = "{policy}"')), NOW)
    sale = await bought(shop, anna, marek, 9000)
    assert not isinstance(await shop.give(anna, marek, "cheese"), Refused)
    # 50 for joining and 90 for this, less 100: 40 are there of the 80 that go.
    await reverse(shop, marek, sale, 8000)
    assert (await shop.has(anna, "points"))[0] == left
    assert await shop.verify() == []


async def test_s8_a_whole_reversal_after_part_refunds_takes_the_rest(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    sale = await bought(shop, anna, marek, 1000)
    await reverse(shop, marek, sale, 450)
    undone = await reverse(shop, marek, sale)
    assert isinstance(undone, Undone)
    assert (undone.taken, await points(shop, anna)) == ((("points", 5),), 0)


async def test_s8_an_undo_after_a_part_refund_takes_the_rest(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    sale = await bought(shop, anna, marek, 1000)
    async with shop.uow() as uow:
        await refunding.reverse(uow, sale, marek, "part", NOW, 450)
    undone = await shop.undo(marek, now=NOW, operation=sale)
    assert isinstance(undone, Undone)
    assert (undone.taken, await points(shop, anna)) == ((("points", 5),), 0)


async def test_s8_a_claimed_purchase_can_be_refunded_in_part(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    kept = await shop.sale_without_card(marek, 1000)
    earned = await shop.claim(anna, kept.code)  # type: ignore[union-attr]
    assert isinstance(earned, Earned)
    await shop.work.adopt(deli(("per = 1\n", "per = 5\n")), NOW)
    undone = await reverse(shop, marek, earned.operation_id, 250)
    assert isinstance(undone, Undone)
    assert (undone.taken, await points(shop, anna)) == ((("points", 3),), 7)


async def test_s8_a_purchase_of_before_a_merge_is_refunded_from_the_kept_card(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    later = await shop.member("Anna", now=NOW)
    sale = await bought(shop, later, marek, 1000)
    await shop.merge(anna, later)
    undone = await reverse(shop, marek, sale, 400)
    assert isinstance(undone, Undone)
    assert (undone.member.id, undone.taken) == (anna.id, (("points", 4),))
    assert await points(shop, anna) == 6
    assert await shop.verify() == []


async def test_s7_a_refund_turns_a_full_card_back(shop: Shop, marek: Staff) -> None:
    rule = '[[earn]]\nrule = "purchase"\nunit = "stamps"\nper = 100\n'
    await shop.work.adopt(f"{cafe()}\n{rule}", NOW)
    ben = await shop.member("Ben")
    await shop.stamp(ben, marek, 7, now=NOW - DAY)
    sale = await bought(shop, ben, marek, 50000)
    assert await shop.has(ben) == (2, 1)
    undone = await reverse(shop, marek, sale, 30000)
    assert isinstance(undone, Undone)
    assert (undone.taken, undone.rewards, await shop.has(ben)) == (
        (("stamps", 3),),
        ("coffee",),
        (9, 0),
    )
    assert await shop.verify() == []


async def test_s7_several_units_go_together_and_each_by_its_own_rounding(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    rule = '[[earn]]\nrule = "purchase"\ncode = "back"\nunit = "credit"\npercent = 5\n'
    rule += 'rounding = "up"\n[units.credit]\n'
    rule += '[[rewards]]\ncode = "account"\nname = "Account"\nkind = "credit"\n'
    await shop.work.adopt(f"{deli()}\n{rule}", NOW)
    sale = await bought(shop, anna, marek, 1010)
    assert await shop.has(anna, "points", "credit") == (60, 51)
    undone = await reverse(shop, marek, sale, 11)
    assert isinstance(undone, Undone)
    # 9.99 were kept: 9 points, and 49.95 cents, which are 50.
    assert undone.taken == (("points", 1), ("credit", 1))


async def test_s6_what_a_purchase_counted_towards_a_limit_goes_with_it(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    await shop.work.adopt(deli(("per = 1\n", "per = 1\nper_member = 1\n")), NOW)
    sale = await bought(shop, anna, marek, 1000)
    await bought(shop, anna, marek, 1000)
    assert await points(shop, anna) == 10
    await reverse(shop, marek, sale)
    await bought(shop, anna, marek, 700)
    assert await points(shop, anna) == 7


class TestNumbers:
    """What a number names: an entry, or a receipt."""

    async def found(self, shop: Shop, by: Staff, reference: str) -> object:
        async with shop.uow() as uow:
            return await refunding.find(uow, reference, by)

    async def test_a_receipt_names_its_purchase(
        self, shop: Shop, anna: Member, marek: Staff
    ) -> None:
        sale = await bought(shop, anna, marek, 1000, "A-17")
        found = await self.found(shop, marek, "a-17")
        assert isinstance(found, Operation)
        assert found.id == sale

    async def test_an_entry_is_named_by_its_number(
        self, shop: Shop, anna: Member, marek: Staff
    ) -> None:
        sale = await bought(shop, anna, marek, 1000)
        for reference in (f"#{sale}", str(sale)):
            found = await self.found(shop, marek, reference)
            assert isinstance(found, Operation)
            assert found.id == sale

    async def test_a_number_of_two_things_is_asked_about(
        self, shop: Shop, anna: Member, marek: Staff
    ) -> None:
        entry = await bought(shop, anna, marek, 1000)
        sale = await bought(shop, anna, marek, 1000, str(entry))
        assert await self.found(shop, marek, str(entry)) == Ambiguous(entry, sale)

    async def test_an_unknown_number_is_refused(self, shop: Shop, marek: Staff) -> None:
        for reference in ("#99999", "99999", "#", "x" * 90, "9" * 40):
            assert why(await self.found(shop, marek, reference)) == "reverse.unknown"


async def test_a_reward_handed_over_and_an_unclaimed_sale_are_not_taken_back(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    await bought(shop, anna, marek, 9000)
    await shop.give(anna, marek, "cheese")
    await shop.sale_without_card(marek, 1000)
    async with shop.work.reading() as reader:
        rows = await reader.rows("SELECT id, kind FROM operation ORDER BY id")
    kinds = {row["kind"]: row["id"] for row in rows}
    assert why(await reverse(shop, marek, kinds["used"])) == "staff.reward_final"
    assert why(await reverse(shop, marek, kinds["reserve"])) == "reverse.not_that"
    assert why(await reverse(shop, marek, kinds["claimable"])) == "reverse.unknown"


async def test_s8_a_reward_used_on_the_purchase_may_be_given_back_with_its_old_end(
    shop: Shop, marek: Staff
) -> None:
    await shop.work.adopt(
        cafe(('code = "coffee"', 'code = "coffee"\nkind = "amount"\namount = 2'))
        + '\n[[earn]]\nrule = "purchase"\nunit = "stamps"\nper = 1\n',
        NOW,
    )
    ben = await shop.member("Ben")
    await shop.stamp(ben, marek, 10, now=NOW - DAY)
    before = (await shop.wallet(ben)).endings()
    async with shop.uow() as uow:
        given = await handing_over.give(uow, ben.id, "coffee", marek, "give", NOW, amount_minor=500)
    assert not isinstance(given, Refused | Repeated)
    assert given.earned is not None
    undone = await reverse(shop, marek, given.earned.operation_id)
    assert isinstance(undone, Undone)
    assert [voucher.reward for voucher in undone.used] == ["coffee"]
    async with shop.uow() as uow:
        restored = await refunding.restore(
            uow, undone.used[0].id, marek, "restore", NOW + timedelta(minutes=1)
        )
    assert isinstance(restored, Voucher)
    assert await shop.has(ben) == (0, 1)
    assert (await shop.wallet(ben)).endings() == before


async def test_a_reward_comes_back_only_for_a_purchase_that_was_taken_back(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    await bought(shop, anna, marek, 9000)
    used = await shop.give(anna, marek, "cheese")
    assert not isinstance(used, Refused | Repeated)
    async with shop.uow() as uow:
        refused = await refunding.restore(uow, used.voucher.id, marek, "restore", NOW)
    assert why(refused) == "voucher.final"
