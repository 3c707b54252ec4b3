"""Who belongs to a segment, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.segments import parse
from bot.services.unit_of_work import Work
from bot.storage import members, segments
from tests.acceptance.cafe import SALES, TWO_SHOPS, preset
from tests.services.shop import DAY, NOW, Shop

#: Two shops, the second on the other side of the world, and both stamps and sales.
SOURCE = preset(more=TWO_SHOPS.replace('"Karlín"', '"Karlín"\nzone = "America/New_York"') + SALES)
HOUR = timedelta(hours=1)


@pytest.fixture
async def shop(work: Work) -> Shop:
    """The café with two shops, nobody there yet."""
    await work.adopt(SOURCE, NOW)
    return Shop(work)


async def person(shop: Shop, code: str, **given: object) -> None:
    """Somebody brought in with what they have."""
    joined = {"language": "en", "joined_at": NOW - 400 * DAY, **given}
    birthday = joined.pop("birthday", None)
    async with shop.uow() as uow:
        member = await members.create(
            uow.tx, name="", now=NOW, source="import", code=code, **joined
        )
        if isinstance(birthday, tuple):
            await members.set_birthday(uow.tx, member.id, *birthday, NOW)


async def of(shop: Shop, text: str, now: datetime = NOW) -> list[str]:
    """The codes of the members of a segment."""
    programme = await shop.work.programme()
    async with shop.work.reading() as reader:
        found = segments.audience(reader, parse(text, programme), programme, now)
        rows = await reader.rows(
            f"SELECT m.code, a.mark FROM ({found.sql}) a JOIN member m ON m.id = a.member_id "
            "ORDER BY m.code",
            *found.values,
        )
        assert {row["mark"] for row in rows} <= {""}
        return [row["code"] for row in rows]


async def test_by_what_is_known_of_a_person(shop: Shop) -> None:
    await person(shop, "ANNA", home_location="karlin", tags="student regular", birthday=(5, 1))
    await person(shop, "JANA", home_location="vinohrady", language="cs", birthday=(5, 31))
    await person(shop, "PETR", language="cs", tags="Students šéf", birthday=(6, 1))
    assert await of(shop, "all") == ["ANNA", "JANA", "PETR"]
    assert await of(shop, "location:karlin") == ["ANNA"]
    assert await of(shop, "location:karlin,vinohrady") == ["ANNA", "JANA"]
    assert await of(shop, "language:cs") == ["JANA", "PETR"]
    assert await of(shop, "language:cs location:vinohrady") == ["JANA"]
    assert await of(shop, "birthday:5") == ["ANNA", "JANA"]
    assert await of(shop, "birthday:5,6 language:cs") == ["JANA", "PETR"]
    assert await of(shop, "birthday:7") == []
    # A tag is a whole word, in either letter case.
    assert await of(shop, "tag:student") == ["ANNA"]
    assert await of(shop, "tag:Student") == ["ANNA"]
    assert await of(shop, "tag:students") == ["PETR"]
    assert await of(shop, "tag:šéf") == ["PETR"]
    assert await of(shop, "tag:regular,šéf") == ["ANNA", "PETR"]
    assert await of(shop, "tag:regular tag:šéf") == []
    assert await of(shop, "tag:%") == []


async def test_by_when_somebody_was_here_last(shop: Shop) -> None:
    till = await shop.colleague(location="vinohrady")
    recent, away = await shop.member("Anna"), await shop.member("Jana", now=NOW - 50 * DAY)
    never, fresh = await shop.member("Petr", now=NOW - 50 * DAY), await shop.member("Eva")
    await shop.stamp(recent, till, now=NOW - 29 * DAY)
    await shop.stamp(away, till, now=NOW - 31 * DAY)
    assert await of(shop, "here:30") == [recent.code]
    assert await of(shop, "here:31") == sorted([recent.code, away.code])
    assert await of(shop, "not-here:30") == sorted([away.code, never.code])
    assert await of(shop, "not-here:40") == [never.code]
    assert fresh.code not in await of(shop, "not-here:1", now=NOW + HOUR)


async def test_by_visits_and_purchases_that_stand(shop: Shop) -> None:
    till = await shop.colleague(location="vinohrady")
    anna, jana = await shop.member("Anna"), await shop.member("Jana")
    for days in (1, 2, 3):
        await shop.stamp(anna, till, now=NOW - days * DAY)
    await shop.stamp(anna, till, now=NOW - 100 * DAY)
    await shop.sale(jana, till, 30_000, now=NOW - DAY)
    await shop.sale(jana, till, 19_950, now=NOW - 2 * DAY)
    await shop.stamp(jana, till, now=NOW)
    await shop.undo(till, now=NOW)
    assert await of(shop, "visits:3/90") == [anna.code]
    assert await of(shop, "visits:2/90") == sorted([anna.code, jana.code])
    assert await of(shop, "visits:4/90") == []
    assert await of(shop, "visits:4/101") == [anna.code]
    assert await of(shop, "spend:499.50/90") == [jana.code]
    assert await of(shop, "spend:499.51/90") == []
    assert await of(shop, "spend:500/90") == []
    assert await of(shop, "spend:300/1") == [jana.code]


async def test_by_the_hour_of_the_shop_they_were_in(shop: Shop) -> None:
    """Prague is an hour ahead of UTC in winter and two in summer; New York five or four behind."""
    here = await shop.colleague("Bára", location="vinohrady")
    there = await shop.colleague("Eva", location="karlin")
    summer, winter = datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    before, after = await shop.member("Anna"), await shop.member("Jana")
    overseas, nobody = await shop.member("Petr"), await shop.member("Olga")
    await shop.stamp(before, here, now=summer + 12 * HOUR)  # 14:00 in Prague
    await shop.stamp(after, here, now=winter + 13 * HOUR)  # 14:00 in Prague
    await shop.sale(overseas, there, 10_000, now=winter + 19 * HOUR)  # 14:00 in New York
    await shop.stamp(nobody, here, now=now - 91 * DAY)
    assert await of(shop, "hours:14-15", now) == sorted(m.code for m in (before, after, overseas))
    assert await of(shop, "hours:13-14", now) == []
    assert await of(shop, "hours:15-16", now) == []
    assert await of(shop, "hours:20-21", now) == []
    assert await of(shop, "hours:22-15", now) == sorted(m.code for m in (before, after, overseas))
    assert await of(shop, "hours:22-14", now) == []


async def test_across_midnight(shop: Shop) -> None:
    till = await shop.colleague(location="vinohrady")
    late, early = await shop.member("Anna"), await shop.member("Jana")
    day = datetime(2026, 3, 1, tzinfo=ZoneInfo("Europe/Prague"))
    await shop.stamp(late, till, now=day + timedelta(hours=22))
    await shop.stamp(early, till, now=day + timedelta(hours=1, minutes=59))
    assert await of(shop, "hours:22-2") == sorted([late.code, early.code])
    assert await of(shop, "hours:23-2") == [early.code]
    assert await of(shop, "hours:2-22") == []


async def test_nobody_who_joined_later(shop: Shop) -> None:
    await shop.member("Anna")
    later = await shop.member("Jana", now=NOW + HOUR)
    programme = await shop.work.programme()
    async with shop.work.reading() as reader:
        found = segments.audience(reader, parse("all", programme), programme, NOW, joined_by=NOW)
        rows = await reader.rows(f"SELECT member_id FROM ({found.sql}) a", *found.values)
    assert later.id not in [row["member_id"] for row in rows]
    assert len(rows) == 1


def test_clocks_that_change_make_periods() -> None:
    """Summer time ends in Prague on 25 October 2026 at 01:00 UTC."""
    since, until = datetime(2026, 10, 24, 8, 30, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)
    change = datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert segments.offsets(ZoneInfo("Europe/Prague"), since, until) == [
        (since.replace(minute=0), change, 2 * HOUR),
        (change, until + HOUR, HOUR),
    ]
