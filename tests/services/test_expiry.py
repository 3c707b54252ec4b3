"""S4: what has ended is taken once, whoever comes to take it and however late."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.services import expiry
from tests.services.shop import DAY, MINUTE, NOW, Shop, deli

#: When stamps given at NOW end: 12 months, through their last local day.
END = datetime(2027, 3, 2, 23, tzinfo=UTC)


async def test_s4_expiry_takes_each_lot_once_at_its_end(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, 4)
    await shop.stamp(anna, bara, 2, now=NOW + DAY)
    late = END + 12 * DAY
    assert [await expiry.expire_lots(shop.work, at) for at in (END - DAY, END, END)] == [0, 4, 0]
    assert await expiry.expire_lots(shop.work, late) == 2
    ended = [(e.amount, e.occurred_at) for e in await shop.history(anna) if e.kind == "expire"]
    assert ended == [(-4, END), (-2, END + DAY)]
    assert await shop.verify() == []


async def test_s4_what_ended_is_gone_before_expiry_runs(shop: Shop) -> None:
    anna, bara = await shop.member(), await shop.colleague()
    await shop.stamp(anna, bara, 4)
    assert [await shop.has(anna, now=at) for at in (END - DAY, END)] == [(4, 0), (0, 0)]
    # Seven days apart they would have filled a card.
    await shop.stamp(anna, bara, 6, now=END)
    assert await shop.has(anna, now=END) == (6, 0)


async def test_s4_more_members_than_a_page_are_all_ended(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "PAGE", 5)
    expected = 13
    await shop.work.adopt(deli(), NOW)  # 50 points for joining
    for _ in range(expected):
        await shop.member()
    assert await expiry.expire_lots(shop.work, datetime(2028, 1, 1, tzinfo=UTC)) == expected * 50
    assert await shop.count("entry") == 2 * expected
    assert await shop.verify() == []


async def test_s4_two_processes_at_once_take_it_once(shop: Shop) -> None:
    bara = await shop.colleague()
    for _ in range(20):
        await shop.stamp(await shop.member(), bara, 3)
    # Each finds everybody; whoever comes second to a member finds nothing left.
    taken = await asyncio.gather(
        *(expiry.expire_lots(shop.work, END) for _ in range(4)),
    )
    assert sum(taken) == 60
    assert await shop.count("entry") == 40
    assert await shop.verify() == []


async def test_s4_what_comes_back_to_an_ended_lot_is_taken_in_the_same_moment(shop: Shop) -> None:
    await shop.work.adopt(deli(), NOW)  # 50 points for joining
    anna, bara = await shop.member(), await shop.colleague()
    await shop.sale(anna, bara, 10000)
    (ending,) = (await shop.wallet(anna)).endings()
    end = ending.ends_at
    voucher = await shop.voucher(anna, now=end - MINUTE)
    assert await expiry.expire_lots(shop.work, end) == 50
    await shop.cancel(anna, voucher.id, now=end)
    assert await shop.has(anna, "points", now=end) == (0,)
    assert [await expiry.expire_lots(shop.work, end) for _ in range(2)] == [100, 0]
    assert await shop.verify() == []


async def test_s19_more_ended_vouchers_than_a_page_are_all_closed_once_by_two_at_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "PAGE", 5)
    await shop.work.adopt(deli(), NOW)
    bara, members = await shop.colleague(), []
    for _ in range(12):
        member = await shop.member()
        members.append(member)
        await shop.sale(member, bara, 5000)
        await shop.voucher(member)
    later = NOW + DAY
    told = await asyncio.gather(*(expiry.expire_vouchers(shop.work, later) for _ in range(2)))
    assert sorted(told[0] + told[1]) == sorted({*told[0], *told[1]})
    assert len(told[0] + told[1]) == len(members)
    assert await shop.has(members[0], "points", now=later) == (100,)
    assert await shop.verify() == []
