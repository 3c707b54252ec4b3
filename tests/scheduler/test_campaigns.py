"""Campaigns: who is meant, from when and until when (S25, S26, S28–S30)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.members import Staff
from tests.scheduler.campaigning import Regulars, at, only
from tests.services.shop import NOW, cafe, deli

AUCKLAND, LOS_ANGELES = "Pacific/Auckland", "America/Los_Angeles"


# Birthday


async def test_s30_a_birthday_begins_at_local_midnight_and_ends_at_the_next(shop: Regulars) -> None:
    await shop.follows(cafe() + only("birthday"))
    await shop.regular("Anna", birthday=(3, 14))
    await shop.regular("Jana", birthday=(3, 14), zone=AUCKLAND)
    await shop.regular("Petr", birthday=(3, 15))
    assert await shop.planned("2026-03-13 10:59") == []
    [jana] = await shop.planned("2026-03-13 11:00")
    assert jana == ("Jana", "2026", "2026-03-13 20:00", "2026-03-14 11:00")
    assert await shop.planned("2026-03-13 22:59") == [jana]
    [_, anna] = await shop.planned("2026-03-13 23:00")
    assert anna == ("Anna", "2026", "2026-03-14 08:00", "2026-03-14 23:00")


@pytest.mark.parametrize(
    ("days_after", "back_at", "found"),
    [
        (0, "2026-03-14 12:00", True),
        (0, "2026-03-14 22:59", True),
        (0, "2026-03-14 23:00", False),
        (3, "2026-03-17 08:00", True),
        (3, "2026-03-17 23:00", False),
    ],
)
async def test_s29_after_downtime_a_birthday_is_kept_while_it_lasts(
    shop: Regulars, days_after: int, back_at: str, found: bool
) -> None:
    await shop.follows(cafe() + only("birthday", f"days_after = {days_after}"))
    await shop.regular(birthday=(3, 14))
    due = [each[:3] for each in await shop.planned(back_at)]
    assert due == [("Anna", "2026", "2026-03-14 08:00")] * found


@pytest.mark.parametrize(
    ("leap_day", "kept"), [("28 February", "2027-02-28 08:00"), ("1 March", "2027-03-01 08:00")]
)
async def test_s30_the_29th_of_february_is_kept_once_a_year_by_the_setting(
    shop: Regulars, leap_day: str, kept: str
) -> None:
    await shop.follows(cafe() + only("birthday", f'leap_day = "{leap_day}"'))
    await shop.regular(birthday=(2, 29))
    for year in (2027, 2028):
        for day in ("02-27", "02-28", "03-01", "03-02"):
            await shop.plans(f"{year}-{day} 09:00")
    await shop.plans("2028-02-29 09:00")
    found = [(each[1], each[2]) for each in await shop.planned("2028-03-02 09:00")]
    assert found == [("2027", kept), ("2028", "2028-02-29 08:00")]


async def test_s30_a_birthday_that_was_put_right_is_greeted_on_the_right_day(
    shop: Regulars,
) -> None:
    """Known fault: what was planned for the wrong day was dropped, and this year's with it."""
    await shop.follows(cafe() + only("birthday"))
    anna = await shop.regular(birthday=(3, 14), now=at("2026-03-13 12:00"))
    assert len(await shop.planned("2026-03-13 23:00")) == 1
    await shop.born(anna, (3, 18), at("2026-03-14 07:00"))
    assert await shop.hears(anna, "2026-03-14 08:00") == ""
    [right] = await shop.planned("2026-03-18 08:00")
    assert right[:3] == ("Anna", "2026", "2026-03-18 08:00")
    assert await shop.hears(anna, "2026-03-18 08:00") != ""


async def test_s30_a_birthday_moved_by_a_zone_is_greeted_once(shop: Regulars) -> None:
    await shop.follows(cafe() + only("birthday"))
    anna = await shop.regular("Anna", birthday=(3, 14), zone=AUCKLAND)
    await shop.plans("2026-03-13 12:00")
    await shop.moves(anna, LOS_ANGELES)
    # There it is the eve, so what was planned is planned anew.
    assert await shop.planned("2026-03-13 20:30") == []
    assert await shop.hears(anna, "2026-03-13 20:30") == ""
    [only_one] = await shop.planned("2026-03-14 08:00")
    assert only_one == ("Anna", "2026", "2026-03-14 16:00", "2026-03-15 07:00")
    assert await shop.hears(anna, "2026-03-14 16:00") != ""


@pytest.mark.parametrize(
    ("day", "due"),
    [((3, 29), "2026-03-29 01:30"), ((10, 25), "2026-10-25 00:30")],
    ids=["the hour is skipped", "the hour comes twice"],
)
async def test_s28_an_hour_the_clocks_skip_or_repeat_is_due_once(
    shop: Regulars, day: tuple[int, int], due: str
) -> None:
    await shop.follows(cafe() + only("birthday", 'at = "02:30"'))
    await shop.regular(birthday=day)
    for hour in range(24):
        await shop.plans(f"2026-{day[0]:02}-{day[1]:02} {hour:02}:00")
    found = await shop.planned(f"2026-{day[0]:02}-{day[1] + 1:02} 12:00")
    assert [each[2] for each in found] == [due]


# Win-back


async def test_s25_a_win_back_is_due_so_many_days_after_the_last_visit(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("winback"))
    anna, jana = await shop.regular("Anna"), await shop.regular("Jana", zone=AUCKLAND)
    await shop.regular("Petr")
    for member in (anna, jana):
        await shop.stamp(member, till)
    # Auckland's 1 April begins thirteen hours before UTC's, Prague's two.
    assert await shop.planned("2026-03-31 10:59") == []
    [late] = await shop.planned("2026-03-31 11:00")
    assert late == ("Jana", "2026-03-02:30", "2026-03-31 21:00", "2026-04-07 21:00")
    assert await shop.planned("2026-03-31 21:59") == [late]
    [_, here] = await shop.planned("2026-03-31 22:00")
    assert here == ("Anna", "2026-03-02:30", "2026-04-01 08:00", "2026-04-08 08:00")
    assert await shop.hears(jana, "2026-03-31 21:00") == (
        "It's been 30 days since your last visit, and we'd love to see you again.\n"
        "9 more stamps and it's yours: Coffee of your choice"
    )


@pytest.mark.parametrize(
    ("back_at", "found"),
    [
        ("2026-04-01 12:00", True),
        ("2026-04-04 08:00", True),
        ("2026-04-08 07:59", True),
        ("2026-04-08 08:00", False),
    ],
)
async def test_s29_downtime_loses_no_win_back_that_is_due_and_plans_none_that_is_stale(
    shop: Regulars, till: Staff, back_at: str, found: bool
) -> None:
    await shop.follows(cafe() + only("winback"))
    await shop.stamp(await shop.regular(), till)
    due = [each[1:3] for each in await shop.planned(back_at)]
    assert due == [("2026-03-02:30", "2026-04-01 08:00")] * found


async def test_s25_a_rung_ends_where_the_next_one_begins_and_an_edit_repeats_none(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("winback", "days = [30, 33]"))
    await shop.stamp(await shop.regular(), till)
    [first] = await shop.planned("2026-04-01 08:00")
    assert first == ("Anna", "2026-03-02:30", "2026-04-01 08:00", "2026-04-04 08:00")
    [_, second] = await shop.planned("2026-04-04 08:00")
    assert second == ("Anna", "2026-03-02:33", "2026-04-04 08:00", "2026-04-11 08:00")
    await shop.follows(cafe() + only("winback", "days = [29, 33]"), at("2026-04-04 09:00"))
    assert await shop.planned("2026-04-04 09:00") == [first, second]


# Expiry


async def test_s25_what_ends_on_a_day_is_one_reminder(shop: Regulars, till: Staff) -> None:
    await shop.follows(cafe() + only("expiry"))
    anna, jana = await shop.regular("Anna"), await shop.regular("Jana", zone=AUCKLAND)
    await shop.stamp(anna, till)
    await shop.stamp(anna, till, now=NOW + timedelta(hours=1))
    await shop.stamp(jana, till)
    assert await shop.planned("2027-02-22 10:59") == []
    [early] = await shop.planned("2027-02-22 11:00")
    assert early == ("Jana", "stamps:2027-03-02:7", "2027-02-22 21:00", "2027-03-02 23:00")
    assert await shop.planned("2027-02-22 22:59") == [early]
    [_, here] = await shop.planned("2027-02-22 23:00")
    assert here == ("Anna", "stamps:2027-03-02:7", "2027-02-23 09:00", "2027-03-02 23:00")


@pytest.mark.parametrize(
    ("back_at", "found"),
    [
        ("2027-02-23 13:00", True),
        ("2027-02-26 09:00", True),
        ("2027-03-02 22:59", True),
        ("2027-03-02 23:00", False),
    ],
)
async def test_s26_a_reminder_comes_until_the_end_and_never_after_it(
    shop: Regulars, till: Staff, back_at: str, found: bool
) -> None:
    await shop.follows(cafe() + only("expiry"))
    await shop.stamp(await shop.regular(), till)
    due = [each[1:3] for each in await shop.planned(back_at)]
    assert due == [("stamps:2027-03-02:7", "2027-02-23 09:00")] * found


async def test_s25_each_number_of_days_reminds_once_up_to_the_next(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("expiry", "days = [14, 3]"))
    await shop.stamp(await shop.regular(), till)
    [first] = await shop.planned("2027-02-16 09:00")
    assert first == ("Anna", "stamps:2027-03-02:14", "2027-02-16 09:00", "2027-02-27 09:00")
    [_, second] = await shop.planned("2027-02-27 09:00")
    assert second == ("Anna", "stamps:2027-03-02:3", "2027-02-27 09:00", "2027-03-02 23:00")


# An unused reward


async def test_s25_a_reward_that_waits_is_named_once(shop: Regulars, till: Staff) -> None:
    await shop.follows(cafe() + only("unused_reward"))
    anna, jana = await shop.regular("Anna"), await shop.regular("Jana")
    for member in (anna, jana):
        await shop.stamp(member, till, 10)
    assert await shop.planned("2026-03-15 22:59") == []
    found = await shop.planned("2026-03-15 23:00")
    assert [(who, due, ends) for who, _, due, ends in found] == [
        ("Anna", "2026-03-16 09:00", "2026-03-19 09:00"),
        ("Jana", "2026-03-16 09:00", "2026-03-19 09:00"),
    ]
    assert await shop.planned("2026-03-19 08:59") == found
    await shop.voucher(jana, now=at("2026-03-16 10:00"))
    assert await shop.hears(anna, "2026-03-16 10:00") == (
        "It's been waiting on your card for 14 days: Coffee of your choice\n"
        "It is good until 31 May 2026."
    )
    assert await shop.hears(jana, "2026-03-16 10:00") == ""


@pytest.mark.parametrize(
    ("back_at", "found"),
    [("2026-03-16 13:00", 1), ("2026-03-19 08:59", 1), ("2026-03-19 09:00", 0)],
)
async def test_s29_a_waiting_reward_is_named_after_downtime_while_it_makes_sense(
    shop: Regulars, till: Staff, back_at: str, found: int
) -> None:
    await shop.follows(cafe() + only("unused_reward"))
    await shop.stamp(await shop.regular(), till, 10)
    assert len(await shop.planned(back_at)) == found


# Almost there


async def test_s25_a_card_that_is_nearly_full_is_named_once_a_card(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe(("member_stamps_a_day = 10", "")) + only("almost_there"))
    anna, jana = await shop.regular("Anna"), await shop.regular("Jana")
    await shop.stamp(anna, till, 8)
    await shop.stamp(jana, till, 7)
    assert await shop.planned("2026-03-04 22:59") == []
    [first] = await shop.planned("2026-03-04 23:00")
    assert first == ("Anna", "stamps:1", "2026-03-05 09:00", "2026-03-08 09:00")
    # The same card three days after another visit, then the next card.
    await shop.stamp(anna, till, now=at("2026-03-06 10:00"))
    assert await shop.planned("2026-03-09 09:00") == [first]
    await shop.stamp(anna, till, 10, now=at("2026-03-10 10:00"))
    [_, second] = await shop.planned("2026-03-13 09:00")
    assert second == ("Anna", "stamps:2", "2026-03-13 09:00", "2026-03-16 09:00")


@pytest.mark.parametrize(
    ("back_at", "found"),
    [("2026-03-05 13:00", 1), ("2026-03-08 08:59", 1), ("2026-03-08 09:00", 0)],
)
async def test_s29_almost_there_is_said_after_downtime_while_it_makes_sense(
    shop: Regulars, till: Staff, back_at: str, found: int
) -> None:
    await shop.follows(cafe() + only("almost_there"))
    await shop.stamp(await shop.regular(), till, 9)
    assert len(await shop.planned(back_at)) == found


async def test_s25_a_price_that_is_near_is_named_once_however_many_rewards_have_it(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(deli() + only("almost_there", "within = 10"))
    anna, jana = await shop.regular("Anna"), await shop.regular("Jana")
    await shop.sale(anna, till, 42_00)
    await shop.sale(jana, till, 39_00)
    [found] = await shop.planned("2026-03-05 09:00")
    assert found == ("Anna", "points/100:0", "2026-03-05 09:00", "2026-03-08 09:00")
    assert await shop.hears(anna, "2026-03-05 09:00") == (
        "8 more points on your card and it's yours: Coffee and cake"
    )


# Milestones


async def test_s25_a_milestone_is_thanked_for_at_the_next_hour(shop: Regulars, till: Staff) -> None:
    await shop.follows(cafe() + only("milestone", "visits = [2]"))
    anna, jana = await shop.regular("Anna"), await shop.regular("Jana")
    await shop.stamp(anna, till)
    await shop.stamp(anna, till, now=at("2026-03-03 17:00"))
    await shop.stamp(jana, till)
    assert await shop.planned("2026-03-03 22:59") == []
    [found] = await shop.planned("2026-03-03 23:00")
    assert found == ("Anna", "visits:2", "2026-03-04 09:00", "2026-03-07 09:00")
    await shop.stamp(anna, till, now=at("2026-03-04 08:00"))
    assert await shop.planned("2026-03-05 09:00") == [found]
    assert await shop.hears(anna, "2026-03-05 09:00") == (
        "2 visits so far. Thank you for every one of them."
    )


@pytest.mark.parametrize(
    ("back_at", "found"),
    [("2026-03-03 13:00", 1), ("2026-03-06 08:59", 1), ("2026-03-06 09:00", 0)],
)
async def test_s29_a_milestone_is_thanked_for_after_downtime_while_it_makes_sense(
    shop: Regulars, till: Staff, back_at: str, found: int
) -> None:
    await shop.follows(cafe() + only("milestone", "visits = [1]"))
    await shop.stamp(await shop.regular(), till)
    assert len(await shop.planned(back_at)) == found


async def test_s25_years_and_money_are_milestones_too(shop: Regulars, till: Staff) -> None:
    await shop.follows(deli() + only("milestone", "visits = []\nyears = [1]\namounts = [100]"))
    anna = await shop.regular()
    await shop.sale(anna, till, 60_00, now=at("2027-02-20 10:00"))
    await shop.sale(anna, till, 39_99, now=at("2027-02-26 10:00"))
    assert await shop.planned("2027-02-27 09:00") == []
    await shop.sale(anna, till, 1, now=at("2027-03-01 10:00"))
    assert [each[1:] for each in await shop.planned("2027-03-02 09:00")] == [
        ("amount:100", "2027-03-02 09:00", "2027-03-05 09:00"),
        ("years:1", "2027-03-02 09:00", "2027-03-05 09:00"),
    ]
    assert await shop.hears(anna, "2027-03-02 09:00") == (
        "€100 in purchases with us so far. Thank you."
    )


# The anniversary


async def test_s25_an_anniversary_is_once_a_year_and_not_on_the_day_itself(
    shop: Regulars,
) -> None:
    await shop.follows(cafe() + only("anniversary"))
    anna = await shop.regular()
    for day in ("2026-03-02 12:00", "2026-03-05 12:00", "2027-03-01 22:59"):
        assert await shop.planned(day) == []
    [first] = await shop.planned("2027-03-01 23:00")
    assert first == ("Anna", "2027", "2027-03-02 09:00", "2027-03-05 09:00")
    assert await shop.hears(anna, "2027-03-04 09:00") == (
        "1 year since you joined us. Thank you for coming."
    )
    [_, second] = await shop.planned("2028-03-05 08:59")
    assert second == ("Anna", "2028", "2028-03-02 09:00", "2028-03-05 09:00")


async def test_s25_who_joined_on_the_29th_of_february_is_thanked_every_year(
    shop: Regulars,
) -> None:
    await shop.follows(cafe() + only("anniversary"))
    await shop.regular(now=at("2028-02-29 12:00"))
    for year in range(2029, 2033):
        for day in ("02-27", "02-28", "03-01", "03-02"):
            await shop.plans(f"{year}-{day} 12:00")
    found = await shop.planned("2032-02-29 12:00")
    assert [each[2][:10] for each in found] == [
        "2029-02-28",
        "2030-02-28",
        "2031-02-28",
        "2032-02-29",
    ]


# The statement


async def test_s25_a_statement_comes_once_a_month_for_who_earned_something(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("statement"))
    anna = await shop.regular("Anna")
    await shop.regular("Jana")
    await shop.stamp(anna, till, 3)
    await shop.stamp(anna, till, 1, now=at("2026-03-31 21:59"))
    await shop.stamp(anna, till, 2, now=at("2026-03-31 22:01"))
    assert await shop.planned("2026-03-31 21:59") == []
    [found] = await shop.planned("2026-03-31 22:00")
    assert found == ("Anna", "2026-03", "2026-04-01 08:00", "2026-04-04 08:00")
    assert await shop.planned("2026-04-04 07:59") == [found]
    assert await shop.hears(anna, "2026-04-02 08:00") == (
        "4 stamps last month. Your card has 6 of 10 now."
    )


async def test_s25_a_statement_is_of_the_month_that_is_over_where_the_member_is(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("statement"))
    anna = await shop.regular("Anna", zone=AUCKLAND)
    await shop.stamp(anna, till)
    [found] = await shop.planned("2026-03-31 11:00")
    assert found == ("Anna", "2026-03", "2026-03-31 21:00", "2026-04-03 21:00")
    assert await shop.hears(anna, "2026-03-31 21:00") == (
        "1 stamp last month. Your card has 1 of 10 now."
    )


async def test_s27_last_month_is_not_said_in_the_month_after(shop: Regulars, till: Staff) -> None:
    await shop.follows(cafe() + only("statement", "day = 28"))
    anna = await shop.regular(now=at("2027-01-05 10:00"))
    await shop.stamp(anna, till, now=at("2027-01-05 11:00"))
    [found] = await shop.planned("2027-02-28 20:00")
    assert found == ("Anna", "2027-01", "2027-02-28 09:00", "2027-02-28 23:00")
