"""S9, S15, S17: what stamps and purchases give, how often, and where the limits are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.members import Role
from bot.domain.messages import Moment
from bot.services import staffing
from bot.services.claims import Claimable
from bot.services.results import Earned, Repeated
from tests.services.shop import COFFEE, DAY, MINUTE, NOW, Shop, cafe, deli, values, why

LIPA = """
[[locations]]
code = "vinohrady"
name = "Vinohrady"

[[locations]]
code = "karlin"
name = "Karlín"

# The card:"""
TWO_PLACES = ("# The card:", LIPA)
STAMP_A_SALE = ('rule = "visit"', 'rule = "purchase"')


# S15


async def test_s15_nine_and_five_at_ten_is_one_reward_and_four_stamps(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, 9, now=NOW - DAY)
    earned = await shop.stamp(anna, bara, 5)
    assert isinstance(earned, Earned)
    assert (earned.given, earned.rewards) == ((("stamps", 5),), ("coffee",))
    assert await shop.has(anna) == (4, 1)
    assert await shop.lines(anna) == [
        ("earn", "stamps", 9),
        ("earn", "stamps", 5),
        ("fill", "stamps", -10),
        ("reward", COFFEE, 1),
    ]
    assert await shop.verify() == []


async def test_s15_an_earned_reward_has_its_own_validity_and_stamps_keep_theirs(
    shop: Shop,
) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, 9, now=NOW - DAY)
    await shop.stamp(anna, bara, 2)
    endings = [(e.unit, e.amount, e.ends_at) for e in (await shop.wallet(anna)).endings()]
    # Both through their last local day in Prague; clocks go forward in between.
    assert endings == [
        (COFFEE, 1, datetime(2026, 5, 31, 22, tzinfo=UTC)),
        ("stamps", 1, datetime(2027, 3, 2, 23, tzinfo=UTC)),
    ]


async def test_s13_every_entry_names_its_rules_and_shares(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, 9, now=NOW - DAY)
    await shop.stamp(anna, bara, 1)
    rules = [entry.rules for entry in await shop.history(anna)]
    assert rules == [(("visit", 9),), (("visit", 1),), (), (("card", 1),)]


async def test_s22_s33a_a_member_hears_what_they_got_where_they_wrote_last(shop: Shop) -> None:
    chat = await shop.chat("anna")
    anna, bara = await shop.member(chat=chat), await shop.colleague()
    await shop.stamp(anna, bara, 9, now=NOW - DAY)
    await shop.stamp(anna, bara, 1)
    assert await shop.told(chat) == ["news.stamps", "news.stamps", "news.reward_until"]


async def test_a_visit_is_noted_and_an_older_one_changes_nothing(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara)
    await shop.stamp(anna, bara, now=NOW - DAY)
    assert (await shop.stored_member(anna)).last_visit_at == NOW


# S9


async def test_s9_the_same_key_stamps_once_and_tells_when(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, key="panel:1")
    again = await shop.stamp(anna, bara, key="panel:1", now=NOW + MINUTE)
    assert again == Repeated("stamp", NOW)
    assert await shop.has(anna) == (1, 0)


async def test_s9_a_stamping_that_is_delivered_again_is_not_told_of_a_limit(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, 10, key="panel:1")
    assert await shop.stamp(anna, bara, 10, key="panel:1") == Repeated("stamp", NOW)


async def test_s9_a_receipt_counts_once_whoever_is_named_and_tells_when(shop: Shop) -> None:
    await shop.work.adopt(deli(), NOW)
    anna, ben, bara = await shop.member(), await shop.member("Ben"), await shop.colleague()
    welcome = (await shop.has(anna, "points"))[0]
    await shop.sale(anna, bara, 1290, "F-7001")
    later = NOW + DAY
    assert await shop.sale(anna, bara, 1290, "F-7001", now=later) == Repeated("sale", NOW)
    assert await shop.sale(ben, bara, 999, "f-7001", now=later) == Repeated("sale", NOW)
    assert await shop.has(anna, "points") == (welcome + 12,)
    assert await shop.has(ben, "points") == (welcome,)
    assert await shop.count("purchase") == 1


async def test_s9_sales_without_a_receipt_each_count(shop: Shop) -> None:
    await shop.work.adopt(deli(), NOW)
    anna, bara = await shop.member(), await shop.colleague()
    welcome = (await shop.has(anna, "points"))[0]
    for _ in range(2):
        await shop.sale(anna, bara, 990)
    assert await shop.has(anna, "points") == (welcome + 18,)


async def test_s9_one_receipt_number_in_two_shops_is_two_receipts(shop: Shop) -> None:
    places = LIPA.removesuffix("# The card:")
    await shop.work.adopt(deli(("# The colours", f"{places}\n# The colours")), NOW)
    anna = await shop.member()
    welcome = (await shop.has(anna, "points"))[0]
    for place in ("vinohrady", "karlin"):
        await shop.sale(anna, await shop.colleague(location=place), 500, "17")
    assert await shop.has(anna, "points") == (welcome + 10,)


async def test_s9_a_receipt_that_was_undone_can_be_entered_for_the_right_member(
    shop: Shop,
) -> None:
    await shop.work.adopt(deli(), NOW)
    anna, ben, bara = await shop.member(), await shop.member("Ben"), await shop.colleague()
    welcome = (await shop.has(anna, "points"))[0]
    for wrong in (anna, anna):
        assert isinstance(await shop.sale(wrong, bara, 700, "88"), Earned)
        await shop.undo(bara)
    assert isinstance(await shop.sale(ben, bara, 700, "88"), Earned)
    assert await shop.sale(anna, bara, 700, "88", now=NOW + MINUTE) == Repeated("sale", NOW)
    assert await shop.has(anna, "points") == (welcome,)
    assert await shop.has(ben, "points") == (welcome + 7,)


# S17: limits


@pytest.mark.parametrize("verb", ["stamp", "paper", "give"])
async def test_s17_nobody_stamps_their_own_card(shop: Shop, verb: str) -> None:
    chat = await shop.chat("bara")
    member = await shop.member("Bára", chat=chat)
    bara, other = await shop.colleague(chat=chat), await shop.colleague("Ota")
    await shop.stamp(member, other, 10)
    before = await shop.lines(member)
    acts = {
        "stamp": lambda: shop.stamp(member, bara),
        "paper": lambda: shop.paper(member, bara, 3),
        "give": lambda: shop.give(member, bara),
    }
    assert why(await acts[verb]()) == "staff.own_card"
    assert await shop.lines(member) == before


async def test_s17_nobody_confirms_their_own_voucher_counts_their_own_sale_or_claims_it(
    shop: Shop,
) -> None:
    await shop.work.adopt(deli(), NOW)
    chat = await shop.chat("bara")
    member = await shop.member("Bára", chat=chat)
    bara, other = await shop.colleague(chat=chat), await shop.colleague("Ota")
    assert why(await shop.sale(member, bara, 9900)) == "staff.own_card"
    kept = await shop.sale_without_card(bara, 9900)
    assert isinstance(kept, Claimable)
    assert why(await shop.claim(member, kept.code)) == "staff.own_card"
    await shop.sale(member, other, 9900)
    voucher = await shop.voucher(member)
    assert why(await shop.use(voucher.code, bara)) == "staff.own_card"
    assert len(await shop.lines(member)) == 3  # the welcome gift, Ota's sale, the voucher


async def test_s17_between_two_stampings_time_has_to_pass(shop: Shop) -> None:
    await shop.work.adopt(cafe(("minutes_between = 0", "minutes_between = 30")), NOW)
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, 2)
    soon = await shop.stamp(anna, bara, now=NOW + 30 * MINUTE - timedelta(microseconds=1))
    assert why(soon) == "staff.too_soon"
    assert values(soon) == {"at": Moment(NOW, "Europe/Prague", "time"), "n": 30}
    assert isinstance(await shop.stamp(anna, bara, now=NOW + 30 * MINUTE), Earned)


async def test_s17_between_stampings_of_different_members_none_has_to(shop: Shop) -> None:
    await shop.work.adopt(cafe(("minutes_between = 0", "minutes_between = 30")), NOW)
    bara = await shop.colleague()
    for name in ("Anna", "Ben"):
        assert isinstance(await shop.stamp(await shop.member(name), bara), Earned)


async def test_s17_an_undone_stamping_does_not_make_the_next_one_wait(shop: Shop) -> None:
    await shop.work.adopt(cafe(("minutes_between = 0", "minutes_between = 30")), NOW)
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara)
    await shop.undo(bara)
    assert isinstance(await shop.stamp(anna, bara, now=NOW + MINUTE), Earned)


async def test_s17_a_member_gets_so_many_stamps_a_day_and_managers_hear_of_more(
    shop: Shop,
) -> None:
    managers_chat = await shop.chat("marek")
    await shop.colleague("Marek", Role.MANAGER, managers_chat)
    anna = await shop.member()
    bara, ota = await shop.colleague(), await shop.colleague("Ota")
    await shop.stamp(anna, bara, 6)
    over = await shop.stamp(anna, ota, 5)
    assert (why(over), values(over)) == ("staff.member_limit", {"n": 10, "given": 6})
    assert isinstance(await shop.stamp(anna, ota, 4), Earned)
    assert why(await shop.stamp(anna, ota)) == "staff.member_limit"
    assert await shop.has(anna) == (0, 1)
    assert await shop.told(managers_chat) == ["news.limit", "news.limit"]


async def test_s17_a_day_ends_at_local_midnight(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    # Prague is an hour ahead of UTC in winter.
    before, after = (
        datetime(2026, 3, 2, hour, minute, tzinfo=UTC) for hour, minute in ((22, 59), (23, 0))
    )
    assert isinstance(await shop.stamp(anna, bara, 10, now=before), Earned)
    assert why(await shop.stamp(anna, bara, now=before)) == "staff.member_limit"
    assert isinstance(await shop.stamp(anna, bara, 10, now=after), Earned)


async def test_s17_the_longest_day_of_the_year_is_one_day(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    # 25 October 2026 has 25 hours in Prague: from 22:00 to 23:00 UTC the next day.
    begin, end = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 22, 59, tzinfo=UTC)
    await shop.stamp(anna, bara, 10, now=begin)
    assert why(await shop.stamp(anna, bara, now=end)) == "staff.member_limit"
    assert isinstance(await shop.stamp(anna, bara, now=end + MINUTE), Earned)


async def test_s17_undone_stamps_do_not_count_for_the_day(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, 10)
    await shop.undo(bara)
    assert isinstance(await shop.stamp(anna, bara, 10), Earned)
    assert await shop.has(anna) == (0, 1)


async def test_s17_a_colleague_gives_so_many_stamps_a_day(shop: Shop) -> None:
    limit = ("colleague_stamps_a_day = 300", "colleague_stamps_a_day = 12")
    await shop.work.adopt(cafe(limit), NOW)
    bara, ota = await shop.colleague(), await shop.colleague("Ota")
    anna, ben = await shop.member(), await shop.member("Ben")
    await shop.stamp(anna, bara, 10)
    over = await shop.stamp(ben, bara, 3)
    assert (why(over), values(over)) == ("staff.colleague_limit", {"n": 12, "given": 10})
    assert isinstance(await shop.stamp(ben, bara, 2), Earned)
    assert isinstance(await shop.stamp(ben, ota, 3), Earned)
    assert isinstance(await shop.stamp(ben, bara, 3, now=NOW + DAY), Earned)


async def test_s17_two_stamps_a_visit_count_as_two(shop: Shop) -> None:
    await shop.work.adopt(cafe(("amount = 1", "amount = 2")), NOW)
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, 4)
    assert why(await shop.stamp(anna, bara, 2)) == "staff.member_limit"
    assert isinstance(await shop.stamp(anna, bara), Earned)
    assert await shop.has(anna) == (0, 1)


async def test_s17_stamps_for_purchases_have_the_same_limits(shop: Shop) -> None:
    changes = (
        STAMP_A_SALE,
        ("member_stamps_a_day = 10", "member_stamps_a_day = 2"),
        ("minutes_between = 0", "minutes_between = 30"),
    )
    await shop.work.adopt(cafe(*changes), NOW)
    anna, bara = await shop.member(), await shop.colleague()
    assert isinstance(await shop.sale(anna, bara, 8900), Earned)
    assert why(await shop.sale(anna, bara, 8900)) == "staff.too_soon"
    assert isinstance(await shop.sale(anna, bara, 8900, now=NOW + 30 * MINUTE), Earned)
    assert why(await shop.sale(anna, bara, 8900, now=NOW + 60 * MINUTE)) == "staff.member_limit"
    assert await shop.has(anna, now=NOW + DAY) == (2, 0)


async def test_s17_a_rule_that_gave_all_it_may_is_no_reason_to_refuse_a_purchase(
    shop: Shop,
) -> None:
    limited = ("amount = 1", "amount = 1\nper_day = 2\ntotal = 3")
    changes = (STAMP_A_SALE, limited, ("member_stamps_a_day = 10", "member_stamps_a_day = 2"))
    await shop.work.adopt(cafe(*changes), NOW)
    anna, ben, bara = await shop.member(), await shop.member("Ben"), await shop.colleague()
    for given in (1, 1, 0, 0):
        counted = await shop.sale(anna, bara, 8900)
        assert isinstance(counted, Earned)
        assert dict(counted.given) == ({"stamps": 1} if given else {})
    # One is left of what everybody gets of this rule.
    for given in (1, 0):
        counted = await shop.sale(ben, bara, 8900)
        assert isinstance(counted, Earned)
        assert dict(counted.given) == ({"stamps": 1} if given else {})
    assert await shop.has(anna) == (2, 0)


async def test_s17_with_several_locations_a_shift_says_where(shop: Shop) -> None:
    await shop.work.adopt(cafe(TWO_PLACES), NOW)
    anna, bara = await shop.member(), await shop.colleague()
    assert why(await shop.stamp(anna, bara)) == "staff.shift_first"
    assert why(await shop.paper(anna, bara, 3)) == "staff.shift_first"
    async with shop.uow() as uow:
        assert await staffing.start_shift(uow, bara, "brno") is not None
        assert await staffing.start_shift(uow, bara, "karlin") is None
    assert isinstance(await shop.stamp(anna, await shop.again(bara)), Earned)
    async with shop.work.reading() as reader:
        places = await reader.rows("SELECT location FROM operation WHERE kind = 'stamp'")
    assert places == [{"location": "karlin"}]


async def test_s17_with_one_shop_nobody_needs_a_shift(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    assert isinstance(await shop.stamp(anna, bara), Earned)


# S17: paper cards


async def test_s17_a_paper_card_is_taken_over_once_and_named_as_such(shop: Shop) -> None:
    chat = await shop.chat("anna")
    anna, bara = await shop.member(chat=chat), await shop.colleague()
    assert isinstance(await shop.paper(anna, bara, 7), Earned)
    again = await shop.paper(anna, bara, 2, now=NOW + DAY)
    assert again == Repeated("takeover", NOW)
    assert await shop.lines(anna) == [("takeover", "stamps", 7)]
    assert await shop.told(chat) == ["news.paper"]


@pytest.mark.parametrize(("count", "taken"), [(0, 0), (1, 1), (9, 9), (10, 0), (-1, 0)])
async def test_s17_a_paper_card_has_at_most_a_full_card_less_one(
    shop: Shop, count: int, taken: int
) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    result = await shop.paper(anna, bara, count)
    if not taken:
        assert (why(result), values(result)) == ("staff.paper_range", {"most": 9})
    assert await shop.has(anna) == (taken, 0)


async def test_s17_a_paper_card_counts_for_no_day_and_fills_the_card(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, 10)
    await shop.paper(anna, bara, 9)
    assert await shop.has(anna) == (9, 1)
    await shop.stamp(anna, bara, now=NOW + DAY)
    assert await shop.has(anna, now=NOW + DAY) == (0, 2)


async def test_s17_a_paper_card_that_was_undone_can_be_entered_right(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.paper(anna, bara, 9)
    await shop.undo(bara)
    assert isinstance(await shop.paper(anna, bara, 6), Earned)
    assert await shop.paper(anna, bara, 6, now=NOW + DAY) == Repeated("takeover", NOW)
    assert await shop.has(anna) == (6, 0)
