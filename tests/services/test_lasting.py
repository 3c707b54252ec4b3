"""S4: what ends without activity, or moves with it, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.members import Staff
from bot.services import expiry, persons
from bot.storage import audiences
from tests.services.shop import DAY, NOW, Shop, cafe, deli

#: The points of the deli end four months after the last visit; it gives 50 for joining.
IDLE = deli(('expires = "end of year + 12 months"', 'expires = "4 months without activity"'))
#: Joined on 2 March 2026: good through 2 July, local midnight is 22:00 UTC.
FIRST_END = datetime(2026, 7, 2, 22, tzinfo=UTC)


def day(month: int, number: int, year: int = 2026) -> datetime:
    return datetime(year, month, number, 10, tzinfo=UTC)


@pytest.fixture
async def till(shop: Shop) -> Staff:
    await shop.work.adopt(IDLE, NOW)
    return await shop.colleague()


async def _ends(shop: Shop, member: object, now: datetime) -> list[tuple[int, datetime]]:
    return [(e.amount, e.ends_at) for e in (await shop.wallet(member, now)).endings()]  # type: ignore[arg-type]


async def test_s4_the_deadline_begins_with_what_is_first_given_and_moves_with_visits(
    shop: Shop, till: Staff
) -> None:
    anna = await shop.member()
    assert await _ends(shop, anna, NOW) == [(50, FIRST_END)]
    await shop.sale(anna, till, 1000, now=day(4, 30))
    end = datetime(2026, 8, 30, 22, tzinfo=UTC)
    assert await _ends(shop, anna, day(4, 30)) == [(60, end)]
    assert [await expiry.expire_lots(shop.work, at) for at in (FIRST_END, end, end)] == [0, 60, 0]
    assert [(e.amount, e.occurred_at) for e in await shop.history(anna) if e.kind == "expire"] == [
        (-60, end)
    ]
    assert await shop.verify() == []


async def test_s4_a_past_deadline_stays_past_though_expiry_has_not_run(
    shop: Shop, till: Staff
) -> None:
    anna = await shop.member()
    await shop.sale(anna, till, 1000, now=FIRST_END)
    assert await shop.has(anna, "points", now=FIRST_END) == (10,)
    assert await expiry.expire_lots(shop.work, FIRST_END) == 50
    assert await shop.has(anna, "points", now=FIRST_END) == (10,)
    assert await shop.verify() == []


async def test_s4_what_comes_back_after_the_deadline_is_not_revived(
    shop: Shop, till: Staff
) -> None:
    """Reserved the day before the deadline; a visit after it; then given back."""
    anna = await shop.member()
    await shop.sale(anna, till, 5000)
    voucher = await shop.voucher(anna, now=NOW + DAY)
    async with shop.uow() as uow:  # redeeming moved it; as if the voucher lasted for months
        await uow.tx.execute("UPDATE activity SET ends_at = $1", NOW + 2 * DAY)
        await uow.tx.execute("UPDATE voucher SET ends_at = $1", NOW + 90 * DAY)
    await shop.sale(anna, till, 700, now=NOW + 3 * DAY)
    await shop.cancel(anna, voucher.id, now=NOW + 3 * DAY)
    assert await shop.has(anna, "points", now=NOW + 3 * DAY) == (7,)
    assert await shop.verify() == []


async def test_s4_redeeming_keeps_points_alive(shop: Shop, till: Staff) -> None:
    anna = await shop.member()
    async with shop.uow() as uow:
        await persons.be_active(uow, await shop.stored_member(anna), day(6, 1))
    assert await _ends(shop, anna, day(6, 1)) == [(50, datetime(2026, 10, 1, 22, tzinfo=UTC))]


async def test_s11_what_was_given_under_an_earlier_programme_goes_on_by_its_rule(
    shop: Shop, till: Staff
) -> None:
    anna = await shop.member()
    await shop.work.adopt(deli(('expires = "end of year + 12 months"', 'expires = "never"')), NOW)
    await shop.sale(anna, till, 1000, now=day(6, 1))
    assert await _ends(shop, anna, day(6, 1)) == [(50, datetime(2026, 10, 1, 22, tzinfo=UTC))]
    assert await expiry.expire_lots(shop.work, day(1, 1, 2027)) == 50
    assert await shop.has(anna, "points", now=day(1, 1, 2027)) == (10,)


async def test_s4_s12_of_two_deadlines_the_later_holds_and_what_was_past_stays_past(
    shop: Shop, till: Staff
) -> None:
    anna, twin = await shop.member(), await shop.member()
    await shop.sale(twin, till, 1000, now=day(6, 1))
    await shop.merge(anna, twin, now=day(6, 2))
    kept = await shop.stored_member(anna)
    assert {end for _, end in await _ends(shop, kept, day(6, 2))} == {
        datetime(2026, 10, 1, 22, tzinfo=UTC)
    }
    late = await shop.member(now=day(6, 2))
    lost = day(11, 1)  # both deadlines are past, and expiry has not run
    await shop.sale(late, till, 300, now=lost)
    await shop.merge(kept, late, now=lost)
    assert await shop.has(await shop.stored_member(kept), "points", now=lost) == (3,)
    assert await shop.verify() == []


async def test_s4_a_visit_in_a_later_month_moves_the_end_on_once(shop: Shop) -> None:
    moving = cafe(('expires = "12 months"', 'expires = "3 months moved by activity"'))
    await shop.work.adopt(moving, NOW)
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, now=datetime(2026, 1, 31, 10, tzinfo=UTC))
    assert (await _ends(shop, anna, NOW))[0][1] == datetime(2026, 4, 30, 22, tzinfo=UTC)
    for number in (5, 6):
        await shop.stamp(anna, bara, now=day(3, number))
    ends = {lot.earned_at: lot.ends_at for lot in await shop.lots(anna, day(3, 6))}
    # On to the day of the month it was earned on, once for March.
    assert ends == {
        datetime(2026, 1, 31, 10, tzinfo=UTC): datetime(2026, 5, 31, 22, tzinfo=UTC),
        day(3, 5): datetime(2026, 6, 5, 22, tzinfo=UTC),
        day(3, 6): datetime(2026, 6, 6, 22, tzinfo=UTC),
    }
    # What has ended is not moved, though expiry has not run.
    await shop.stamp(anna, bara, now=day(6, 2))
    assert await shop.has(anna, "stamps", now=day(6, 2)) == (3,)
    assert await expiry.expire_lots(shop.work, day(6, 2)) == 1
    assert await shop.verify() == []


async def test_s4_those_whose_deadline_is_near_are_an_audience(shop: Shop, till: Staff) -> None:
    anna, bara = await shop.member(), await shop.member()
    await shop.sale(bara, till, 1000, now=day(4, 1))
    async with shop.work.reading() as reader:
        found = await audiences.endings(reader, FIRST_END - DAY, FIRST_END + DAY)
        near = audiences.ending("points", FIRST_END)
        assert found == [("points", FIRST_END)]
        assert [await audiences.includes(reader, near, each.id) for each in (anna, bara)] == [
            True,
            False,
        ]
