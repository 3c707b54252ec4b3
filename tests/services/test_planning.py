"""Planning: whom campaigns want to write to, once each, whenever and by whomever it is asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.members import Member
from bot.services import erasing, joining, planning, preferences
from bot.services.unit_of_work import Work
from bot.storage import audiences
from bot.storage import planning as storage
from bot.storage.database import required_instant
from bot.storage.planning import Batch
from tests.services.asking import LONG_AGO, Asking
from tests.services.shop import DAY, MINUTE, NOW, Shop, cafe

LOCATIONS = """
[[locations]]
code = "tokyo"
name = "Shibuya"
zone = "Asia/Tokyo"

[[locations]]
code = "letna"
name = "Letná"
"""


async def agreed(
    shop: Shop, name: str = "Anna", *, channel: str = "telegram", granted: bool = True
) -> Member:
    """A member who decided about messages."""
    member = await shop.member(name)
    await decides(shop, member, channel, granted=granted)
    return member


async def decides(shop: Shop, member: Member, channel: str, *, granted: bool) -> None:
    async with shop.uow() as uow:
        await joining.decide_marketing(uow, member.id, channel, granted, "asked", NOW)


async def planned(shop: Shop) -> list[int]:
    """The numbers of the members something is planned for."""
    async with shop.work.reading() as reader:
        rows = await reader.rows("SELECT member_id FROM occasion ORDER BY member_id, id")
    return [row["member_id"] for row in rows]


async def due_at(shop: Shop) -> dict[int, datetime]:
    async with shop.work.reading() as reader:
        rows = await reader.rows("SELECT member_id, due_at FROM occasion")
    return {row["member_id"]: required_instant(row["due_at"]) for row in rows}


async def test_s33_only_who_agrees_now_on_some_channel_is_planned(shop: Shop) -> None:
    anna = await agreed(shop, "Anna")
    await shop.member("Jana")
    await agreed(shop, "Petr", granted=False)
    stopped = await agreed(shop, "Eva")
    await decides(shop, stopped, "telegram", granted=False)
    one_left = await agreed(shop, "Ivan")
    await decides(shop, one_left, "sms", granted=True)
    await decides(shop, one_left, "telegram", granted=False)
    back = await agreed(shop, "Olga", granted=False)
    await decides(shop, back, "telegram", granted=True)
    assert await planning.plan(shop.work, [Asking()], NOW) == {"asking": 3}
    assert await planned(shop) == [anna.id, one_left.id, back.id]


async def test_s12_s37_nothing_is_planned_for_the_merged_and_the_erased(shop: Shop) -> None:
    anna, jana, petr = [await agreed(shop, name) for name in ("Anna", "Jana", "Petr")]
    await shop.merge(anna, jana)
    async with shop.uow() as uow:
        await erasing.erase(uow, petr.id, NOW)
    await planning.plan(shop.work, [Asking()], NOW)
    assert await planned(shop) == [anna.id]


async def test_s25_an_occurrence_is_planned_once_whatever_became_of_it(shop: Shop) -> None:
    anna = await agreed(shop)
    asking = Asking()
    assert await planning.plan(shop.work, [asking], NOW) == {"asking": 1}
    for state in ("planned", "taken", "failed", "dropped", "held_out"):
        async with shop.uow() as uow:
            await uow.tx.execute("UPDATE occasion SET state = $1", state)
        assert await planning.plan(shop.work, [asking], NOW, again=True) == {"asking": 0}
    assert await planning.plan(shop.work, [replace(asking, occurrence="2")], NOW, again=True) == {
        "asking": 1
    }
    assert await planned(shop) == [anna.id, anna.id]


async def test_s29_a_campaign_is_looked_at_every_ten_minutes(shop: Shop) -> None:
    asking, other = Asking(), Asking("other")
    looked = []
    for when in (0, 9, 10, 19, 20):
        await planning.plan(shop.work, [asking], NOW + when * MINUTE)
        looked.append(len(asking.scenes))
    assert looked == [1, 1, 2, 2, 3]
    assert await planning.due(shop.work, [asking, other], NOW + 25 * MINUTE) == [other]
    assert await planning.due(shop.work, [asking], NOW + 30 * MINUTE) == [asking]


async def test_a_clock_that_was_set_back_stops_nothing(shop: Shop) -> None:
    asking = Asking()
    await planning.plan(shop.work, [asking], NOW + DAY)
    assert await planning.due(shop.work, [asking], NOW) == [asking]


async def test_a_campaign_that_fails_stops_no_other_and_is_asked_again(shop: Shop) -> None:
    anna = await agreed(shop)
    bad, good = Asking("bad", fails=True), Asking("good")
    assert await planning.plan(shop.work, [bad, good], NOW) == {"good": 1}
    assert await planned(shop) == [anna.id]
    assert await planning.due(shop.work, [bad, good], NOW) == [bad]


async def test_what_is_too_late_is_not_planned(shop: Shop) -> None:
    """S29: after a stop nothing stale is sent."""
    await agreed(shop)
    asking = Asking()
    [batch] = await batches(shop, asking, NOW)
    assert await batches(shop, _ending(asking, NOW), NOW) == []
    assert batch.ends_at > NOW


async def batches(shop: Shop, campaign: Asking, now: datetime) -> list[Batch]:
    async with shop.work.reading() as reader:
        return await planning.batches(reader, await shop.work.programme(), campaign, now)


def _ending(asking: Asking, ends_at: datetime) -> Asking:
    """The campaign, whose time is over at an instant."""
    real = asking.wanted

    async def wanted(scene):  # type: ignore[no-untyped-def]
        return [replace(each, ends_at=ends_at) for each in await real(scene)]

    ending = Asking("ending")
    ending.wanted = wanted  # type: ignore[method-assign]
    return ending


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
async def test_pages_hold_everybody_once(shop: Shop, size: int) -> None:
    everybody = [(await agreed(shop, name)).id for name in "ABCDE"]
    audience = audiences.joined_between(LONG_AGO, NOW + DAY)
    batch = Batch("asking", "1", audience, NOW, NOW + DAY)
    new = []
    async with shop.work.reading(long=True) as reader:
        for page in await storage.pages(reader, batch, size):
            assert await storage.any_new(reader, batch, page)
            async with shop.uow() as uow:
                new.append(await storage.add(uow.tx, batch, page, NOW))
            assert not await storage.any_new(reader, batch, page)
    assert new == [min(size, 5 - done) for done in range(0, 5, size)]
    assert await planned(shop) == everybody


async def test_nobody_is_no_page(shop: Shop) -> None:
    [batch] = await batches(shop, Asking(), NOW)
    async with shop.work.reading() as reader:
        assert await storage.pages(reader, batch) == []


async def test_where_nothing_is_new_nothing_is_written(shop: Shop) -> None:
    """Nobody at the till waits for a look around."""
    await agreed(shop)
    await shop.member("Jana")
    [batch] = await batches(shop, Asking(), NOW)
    async with shop.work.reading() as reader:
        [page] = await storage.pages(reader, batch)
        assert await storage.any_new(reader, batch, page)
        await planning.plan(shop.work, [Asking()], NOW)
        assert not await storage.any_new(reader, batch, page)


async def test_s29_two_who_plan_at_once_plan_once(shop: Shop) -> None:
    everybody = [(await agreed(shop, name)).id for name in "ABCDEFGH"]
    other = Work(shop.work.database, ("en", "cs"), owner="another process")
    asking = Asking()
    both = await asyncio.gather(
        *(planning.plan(work, [asking], NOW) for work in (shop.work, other, shop.work, other))
    )
    assert sum(each["asking"] for each in both) == len(everybody)
    assert await planned(shop) == everybody


async def test_s28_each_zone_has_its_own_morning(shop: Shop) -> None:
    """The zone the member set, else the home location's, else the shop's."""
    await shop.work.adopt(cafe() + LOCATIONS, NOW)
    names = ("here", "letna", "tokyo", "moved")
    here, letna, tokyo, moved = [await agreed(shop, name) for name in names]
    async with shop.uow() as uow:
        for member, home in ((letna, "letna"), (tokyo, "tokyo"), (moved, "tokyo")):
            await uow.tx.execute(
                "UPDATE member SET home_location = $1 WHERE id = $2", home, member.id
            )
        await preferences.live_by(uow, moved.id, "America/Los_Angeles")
    asking = Asking()
    assert await planning.plan(shop.work, [asking], NOW) == {"asking": 4}
    prague, shibuya, coast = (datetime(2026, 3, 2, h, tzinfo=UTC) for h in (9, 1, 18))
    assert await due_at(shop) == {
        here.id: prague,
        letna.id: prague,
        tokyo.id: shibuya,
        moved.id: coast,
    }
    zones = sorted(scene.zone.key for scene in asking.scenes)
    assert zones == ["America/Los_Angeles", "Asia/Tokyo", "Europe/Prague"]


async def test_where_all_live_in_one_zone_nobody_is_asked_for_theirs(shop: Shop) -> None:
    [batch] = await batches(shop, Asking(), NOW)
    assert batch.zone is None


async def test_a_programme_edited_between_two_passes_holds_from_the_next(shop: Shop) -> None:
    """Campaigns see the newest version, whoever saved it."""
    asking = Asking()
    await planning.plan(shop.work, [asking], NOW)
    other = Work(shop.work.database, ("en", "cs"), owner="another process")
    await other.adopt(cafe(('zone = "Europe/Prague"', 'zone = "Asia/Tokyo"')), NOW)
    await planning.plan(shop.work, [asking], NOW + timedelta(hours=1))
    assert [scene.zone.key for scene in asking.scenes] == ["Europe/Prague", "Asia/Tokyo"]
