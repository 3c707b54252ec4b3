"""A season is said once to each of its segment, between its first day and its last."""

from __future__ import annotations

from bot.domain.members import Staff
from tests.scheduler.campaigning import ON_BY_DEFAULT, Regulars, at
from tests.services.shop import cafe

OFF = "".join(f"[campaigns.{name}]\non = false\n" for name in ON_BY_DEFAULT)
#: A week of March, in a programme with no other campaign.
SPRING = f"""
{OFF}
[[campaigns.seasons]]
code = "spring"
name = {{ en = "Spring week", cs = "Jarní týden" }}
begins = 2026-03-09
ends = 2026-03-15
"""


async def season(shop: Regulars, more: str = "") -> None:
    await shop.follows(cafe() + SPRING + more)


async def test_s25_each_hears_of_it_once_whatever_day_it_is_planned(shop: Regulars) -> None:
    await season(shop)
    anna = await shop.regular()
    assert await shop.planned("2026-03-08 22:00") == []
    # Monday in Prague has begun; it is said at ten.
    assert await shop.planned("2026-03-08 23:00") == [
        ("Anna", "spring", "2026-03-09 09:00", "2026-03-12 09:00")
    ]
    await shop.regular("Jana", now=at("2026-03-11 12:00"))
    assert await shop.planned("2026-03-11 13:00") == [
        ("Anna", "spring", "2026-03-09 09:00", "2026-03-12 09:00"),
        ("Jana", "spring", "2026-03-11 09:00", "2026-03-14 09:00"),
    ]
    assert await shop.hears(anna, "2026-03-09 09:00") == (
        "News for members from Kavárna Lípa: Spring week, until 15 March 2026."
    )


async def test_s29_after_days_of_downtime_it_is_still_said(shop: Regulars) -> None:
    await season(shop)
    await shop.regular()
    assert await shop.planned("2026-03-14 12:00") == [
        ("Anna", "spring", "2026-03-14 09:00", "2026-03-15 23:00")
    ]
    assert len(await shop.planned("2026-03-15 22:59")) == 1


async def test_nothing_after_its_last_day(shop: Regulars) -> None:
    await season(shop)
    anna = await shop.regular()
    await shop.plans("2026-03-15 12:00")
    assert await shop.hears(anna, "2026-03-15 23:00") == ""
    await shop.regular("Jana", now=at("2026-03-15 22:00"))
    assert len(await shop.planned("2026-03-16 09:00")) == 1


async def test_its_segment_is_asked_when_it_is_planned(shop: Regulars, till: Staff) -> None:
    await season(shop, 'segment = "visits:2/30"')
    anna = await shop.regular()
    await shop.regular("Jana")
    for day in (5, 6):
        await shop.stamp(anna, till, now=at(f"2026-03-0{day} 12:00"))
    assert [who for who, *_ in await shop.planned("2026-03-09 08:00")] == ["Anna"]


async def test_s27_one_that_was_switched_off_meanwhile_is_not_said(shop: Regulars) -> None:
    await season(shop)
    anna = await shop.regular()
    await shop.plans("2026-03-09 08:00")
    await season(shop, "on = false")
    assert await shop.hears(anna, "2026-03-09 09:00") == ""
    assert await shop.reasons() == ["switched off"]


async def test_it_is_said_in_the_shops_own_words(shop: Regulars) -> None:
    await season(shop, 'text = "{name}, {season} until {until}!"\ngift = { stamps = 2 }')
    anna = await shop.regular()
    await shop.gives("2026-03-09 08:00")
    await shop.plans("2026-03-09 08:00")
    assert await shop.hears(anna, "2026-03-09 09:00") == ("Anna, Spring week until 15 March 2026!")
