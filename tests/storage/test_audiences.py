"""Who is in an audience, by what is true now: the edges of every period, what was taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.members import Member, Staff
from bot.services import joining
from bot.services.unit_of_work import Work
from bot.storage import audiences
from bot.storage.audiences import Audience
from tests.services.shop import COFFEE, DAY, MINUTE, NOW, Shop, cafe, deli

#: A café where a member may get more than a card's stamps a day.
MANY = cafe(("member_stamps_a_day = 10", "member_stamps_a_day = 100"))


@pytest.fixture
def shop(work: Work) -> Shop:
    return Shop(work)


@pytest.fixture
async def till(shop: Shop) -> Staff:
    return await shop.colleague(now=NOW - 400 * DAY)


async def found(shop: Shop, audience: Audience) -> list[tuple[int, str]]:
    """The members of an audience with their marks, and that `includes` says the same of each."""
    async with shop.work.reading() as reader:
        rows = await reader.rows(
            f"SELECT member_id, mark FROM ({audience.sql}) AS a ORDER BY member_id, mark",
            *audience.values,
        )
        listed = [(row["member_id"], row["mark"]) for row in rows]
        for member_id, mark in listed:
            assert await audiences.includes(reader, audience, member_id, mark)
            assert not await audiences.includes(reader, audience, member_id, f"{mark}?")
    return listed


def test_an_audience_stands_within_another_however_many_values_there_are() -> None:
    values = tuple(range(12))
    audience = Audience("SELECT $1, $2, $10, $11, $12, $1", values)
    assert audience.shifted(10) == "SELECT $11, $12, $20, $21, $22, $11"


async def test_s30_birthdays_of_several_days(shop: Shop) -> None:
    born = {(2, 28): "Anna", (2, 29): "Jana", (3, 1): "Petr"}
    members = {}
    for day, name in born.items():
        members[name] = await shop.member(name)
        async with shop.uow() as uow:
            assert await joining.set_birthday(uow, members[name].id, *day, NOW) is None
    async with shop.work.reading() as reader:
        kept = audiences.birthdays(reader, [(2, 28), (2, 29)])
    assert await found(shop, kept) == [(members["Anna"].id, ""), (members["Jana"].id, "")]


async def test_joined_from_and_up_to(shop: Shop) -> None:
    anna, jana = await shop.member("Anna", now=NOW), await shop.member("Jana", now=NOW + MINUTE)
    assert await found(shop, audiences.joined_between(NOW, NOW + MINUTE)) == [(anna.id, "")]
    assert await found(shop, audiences.joined_between(NOW + MINUTE, NOW + DAY)) == [(jana.id, "")]


async def test_s27_only_the_last_visit_counts(shop: Shop, till: Staff) -> None:
    """Who came back has left the audience."""
    anna = await shop.member(now=NOW - 40 * DAY)
    await shop.stamp(anna, till, now=NOW - 30 * DAY)
    that_day = audiences.last_here_between(NOW - 30 * DAY, NOW - 29 * DAY)
    assert await found(shop, that_day) == [(anna.id, "")]
    await shop.stamp(anna, till, now=NOW)
    assert await found(shop, that_day) == []


async def test_s25_lots_of_a_day_are_one_ending(shop: Shop, till: Staff) -> None:
    anna, jana = await shop.member("Anna"), await shop.member("Jana")
    for member, when in ((anna, NOW), (anna, NOW + MINUTE), (jana, NOW), (jana, NOW + DAY)):
        await shop.stamp(member, till, now=when)
    async with shop.work.reading() as reader:
        year = await audiences.endings(reader, NOW, NOW + 400 * DAY)
        [(unit, first), (_, second)] = year
        assert await audiences.endings(reader, first, second) == [(unit, first)]
    assert (unit, second - first) == ("stamps", DAY)
    assert await found(shop, audiences.ending(unit, first)) == [(anna.id, ""), (jana.id, "")]
    assert await found(shop, audiences.ending(unit, second)) == [(jana.id, "")]


async def test_what_is_spent_ends_no_more(shop: Shop, till: Staff) -> None:
    anna = await shop.member()
    await shop.stamp(anna, till, 10)
    async with shop.work.reading() as reader:
        endings = await audiences.endings(reader, NOW, NOW + 400 * DAY)
    assert [unit for unit, _ in endings] == [COFFEE]
    await shop.give(anna, till)
    assert await found(shop, audiences.ending(*endings[0])) == []


async def test_a_reward_waits_until_it_is_reserved_or_over(shop: Shop, till: Staff) -> None:
    """The mark is the reward's lot: two rewards are two messages."""
    await shop.work.adopt(MANY, NOW)
    anna = await shop.member()
    for _ in range(2):
        await shop.stamp(anna, till, 10)
    lots = [lot.id for lot in await shop.lots(anna) if lot.unit == COFFEE]
    later = NOW + 14 * DAY
    waiting = audiences.waiting_rewards(NOW, NOW + MINUTE, later)
    assert await found(shop, waiting) == [(anna.id, str(lot)) for lot in sorted(lots)]
    assert await found(shop, audiences.waiting_rewards(NOW + MINUTE, later, later)) == []
    over = audiences.waiting_rewards(NOW, NOW + MINUTE, NOW + 91 * DAY)
    assert await found(shop, over) == []
    await shop.voucher(anna)
    assert len(await found(shop, waiting)) == 1


@pytest.mark.parametrize(("stamps", "found_there"), [(7, False), (8, True), (9, True), (10, False)])
async def test_almost_full_is_at_most_so_many_short(
    shop: Shop, till: Staff, stamps: int, found_there: bool
) -> None:
    anna = await shop.member()
    await shop.stamp(anna, till, stamps)
    near = audiences.almost_full_cards(10, 2, NOW, NOW + MINUTE, NOW + 3 * DAY)
    assert await found(shop, near) == ([(anna.id, "1")] if found_there else [])
    assert await found(shop, audiences.almost_full_cards(10, 2, NOW + MINUTE, NOW + DAY, NOW)) == []


async def test_s25_the_mark_is_the_cards_number_and_an_undone_card_keeps_it(
    shop: Shop, till: Staff
) -> None:
    await shop.work.adopt(MANY, NOW)
    anna = await shop.member()
    near = audiences.almost_full_cards(10, 2, NOW, NOW + DAY, NOW + DAY)
    await shop.stamp(anna, till, 9, NOW)
    assert await found(shop, near) == [(anna.id, "1")]
    await shop.stamp(anna, till, 10, NOW + MINUTE)
    assert await found(shop, near) == [(anna.id, "2")]
    # Nine again, of the first card.
    await shop.undo(till, NOW + 2 * MINUTE)
    assert await found(shop, near) == [(anna.id, "1")]


async def test_stamps_that_ended_are_not_on_the_card(shop: Shop, till: Staff) -> None:
    """S3: whether or not expiry has run."""
    anna = await shop.member(now=NOW - 400 * DAY)
    await shop.stamp(anna, till, 8, NOW - 380 * DAY)
    await shop.stamp(anna, till, 1, NOW)
    assert await found(shop, audiences.almost_full_cards(10, 2, NOW, NOW + DAY, NOW)) == []
    async with shop.work.reading() as reader:
        rows = await reader.rows("SELECT SUM(remaining) AS n FROM lot")
    assert rows[0]["n"] == 9


async def test_s7_what_is_owed_is_not_on_the_card(shop: Shop, till: Staff) -> None:
    anna = await shop.member()
    await shop.stamp(anna, till, 9)
    near = audiences.almost_full_cards(10, 1, NOW, NOW + DAY, NOW)
    assert await found(shop, near) == [(anna.id, "1")]
    async with shop.uow() as uow:
        await uow.tx.execute(
            "INSERT INTO debt (entry_id, entry_month, member_id, unit, amount, remaining) "
            "SELECT id, month, member_id, unit, 1, 1 FROM entry"
        )
    assert await found(shop, near) == []


async def test_almost_enough_points_by_how_much_is_missing(shop: Shop, till: Staff) -> None:
    await shop.work.adopt(deli(), NOW)
    programme = await shop.work.programme()
    price = min(reward.points for reward in programme.rewards if reward.points)
    anna = await shop.member()
    await shop.sale(anna, till, 20_00)
    [points] = await shop.has(anna, "points")
    assert 0 < points < price
    missing = 100 * (price - points) / price

    def near(percent: int) -> Audience:
        return audiences.almost_enough_points(price, percent, NOW, NOW + DAY, NOW)

    assert await found(shop, near(int(missing) - 1)) == []
    assert await found(shop, near(int(missing) + 1)) == [(anna.id, "0")]


async def stamped(shop: Shop, till: Staff, *days: int) -> Member:
    """A member who was stamped on these days, counted from NOW."""
    member = await shop.member(now=NOW - 30 * DAY)
    for day in days:
        await shop.stamp(member, till, now=NOW + timedelta(days=day))
    return member


async def test_the_visit_that_counts_came_in_the_period(shop: Shop, till: Staff) -> None:
    anna = await stamped(shop, till, -3, -2, -1)
    assert await found(shop, audiences.reached_visits(3, NOW - 2 * DAY, NOW)) == [(anna.id, "")]
    assert await found(shop, audiences.reached_visits(3, NOW - DAY, NOW)) == []
    assert await found(shop, audiences.reached_visits(3, NOW - 3 * DAY, NOW - DAY)) == [
        (anna.id, "")
    ]
    assert await found(shop, audiences.reached_visits(2, NOW - DAY, NOW)) == []
    assert await found(shop, audiences.reached_visits(4, NOW - 30 * DAY, NOW)) == []


async def test_a_visit_that_was_undone_is_none(shop: Shop, till: Staff) -> None:
    anna = await stamped(shop, till, -2, -1)
    await shop.stamp(anna, till, now=NOW - MINUTE)
    assert await found(shop, audiences.reached_visits(3, NOW - DAY, NOW)) == [(anna.id, "")]
    await shop.undo(till, NOW)
    assert await found(shop, audiences.reached_visits(3, NOW - DAY, NOW)) == []


async def test_purchases_reach_an_amount_once(shop: Shop, till: Staff) -> None:
    await shop.work.adopt(deli(), NOW)
    anna = await shop.member(now=NOW - 9 * DAY)
    await shop.sale(anna, till, 60_00, now=NOW - 3 * DAY)
    await shop.sale(anna, till, 40_00, now=NOW - DAY)
    assert await found(shop, audiences.reached_amount(100_00, NOW - 2 * DAY, NOW)) == [
        (anna.id, "")
    ]
    assert await found(shop, audiences.reached_amount(100_01, NOW - 2 * DAY, NOW)) == []
    # It was there before.
    assert await found(shop, audiences.reached_amount(60_00, NOW - 2 * DAY, NOW)) == []
    await shop.undo(till, NOW - DAY + MINUTE)
    assert await found(shop, audiences.reached_amount(100_00, NOW - 2 * DAY, NOW)) == []


async def test_active_is_whoever_has_an_entry_in_the_period(shop: Shop, till: Staff) -> None:
    anna, jana = await shop.member("Anna"), await shop.member("Jana")
    await shop.stamp(anna, till, now=NOW + MINUTE)
    async with shop.uow() as uow:  # a birthday is an operation, but moves nothing
        await joining.set_birthday(uow, jana.id, 5, 17, NOW - 400 * DAY)
        await joining.set_birthday(uow, jana.id, 5, 18, NOW + MINUTE)
    assert await found(shop, audiences.active_between(NOW, NOW + DAY)) == [(anna.id, "")]
    assert await found(shop, audiences.active_between(NOW, NOW + MINUTE)) == []
