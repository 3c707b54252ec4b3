"""S28, S33, S33a: what members want of unasked messages, and what they decide about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot import programmes
from bot.domain.members import Consent, Member
from bot.domain.preferences import Pace, Preference
from bot.services import joining, preferences
from bot.storage import members
from bot.storage import preferences as stored
from tests.services.shop import NOW, Shop

HOUR = timedelta(hours=1)


@pytest.fixture
async def anna(shop: Shop) -> Member:
    return await shop.member("Anna")


@pytest.fixture
async def other(shop: Shop) -> Member:
    return await shop.member("Anička", await shop.chat("+420777123456", channel="sms"))


async def wants(shop: Shop, member: Member) -> Preference:
    async with shop.work.reading() as reader:
        return await stored.of(reader, member.id)


async def in_force(shop: Shop, member: Member) -> dict[str, tuple[bool, str]]:
    """What is decided about marketing, by channel: whether granted, and how it was worded."""
    async with shop.work.reading() as reader:
        found = await members.consents(reader, member.id)
    return {c.channel: (c.granted, c.wording) for c in found if c.purpose == "marketing"}


async def decides(shop: Shop, member: Member, at: datetime = NOW, **channels: bool) -> None:
    async with shop.uow() as uow:
        for channel, granted in channels.items():
            await joining.decide_marketing(uow, member.id, channel, granted, "asked", at)


async def stops(shop: Shop, member: Member, at: datetime = NOW) -> int:
    async with shop.uow() as uow:
        return await joining.stop_marketing(uow, member.id, "telegram", at)


async def undoes(shop: Shop, member: Member, number: int, at: datetime = NOW) -> bool:
    async with shop.uow() as uow:
        return await joining.undo_stop(uow, member.id, number, at)


async def test_nothing_said_is_all_messages_where_they_wrote_last(shop: Shop, anna: Member) -> None:
    assert await wants(shop, anna) == Preference()


async def test_each_wish_leaves_the_others_as_they_are(shop: Shop, anna: Member) -> None:
    async with shop.uow() as uow:
        await preferences.prefer(uow, anna.id, "sms")
        await preferences.set_pace(uow, anna.id, "gifts")
        await preferences.live_by(uow, anna.id, "Asia/Tokyo")
        await preferences.pause(uow, anna, NOW)
    until = datetime(2026, 4, 1, 15, tzinfo=UTC)  # 2 April begins in Tokyo
    assert await wants(shop, anna) == Preference("sms", "gifts", until, "Asia/Tokyo")
    async with shop.uow() as uow:
        await preferences.end_pause(uow, anna.id)
        await preferences.prefer(uow, anna.id, None)
    assert await wants(shop, anna) == Preference(None, "gifts", None, "Asia/Tokyo")


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        # It begins in winter and ends in summer.
        ("Europe/Prague", datetime(2026, 3, 2, 11, tzinfo=UTC), datetime(2026, 4, 1, 22)),
        # January has a day that February has not.
        ("Europe/Prague", datetime(2026, 1, 31, 11, tzinfo=UTC), datetime(2026, 2, 27, 23)),
        # A minute before midnight, and after it.
        ("America/New_York", datetime(2026, 6, 2, 3, 59, tzinfo=UTC), datetime(2026, 7, 1, 4)),
        ("America/New_York", datetime(2026, 6, 2, 4, 1, tzinfo=UTC), datetime(2026, 7, 2, 4)),
        # Midnight of 6 September 2026 is skipped in Santiago.
        ("America/Santiago", datetime(2026, 8, 6, 15, tzinfo=UTC), datetime(2026, 9, 6, 4)),
    ],
)
async def test_s28_a_pause_ends_as_the_same_day_begins_by_the_members_clock(
    shop: Shop, anna: Member, zone: str, now: datetime, until: datetime
) -> None:
    async with shop.uow() as uow:
        await preferences.live_by(uow, anna.id, zone)
        await preferences.pause(uow, anna, now)
    assert (await wants(shop, anna)).paused_until == until.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("caps", "pace", "most"),
    [
        ("", "all", 6),
        ("", "fewer", 2),
        ("", "gifts", 6),
        ("[caps]\nmember = { week = 1 }", "all", None),
        ("[caps]\nmember = { week = 1 }", "fewer", 2),
        ("[caps]\nmember = { month = 1 }", "fewer", 1),
        ("[caps]\nmember = { month = 0 }", "all", 0),
    ],
)
def test_no_more_is_promised_than_the_caps_allow(caps: str, pace: Pace, most: int | None) -> None:
    source = f"{programmes.preset('cafe-stamps')}\n{caps}"
    programme, findings = programmes.read(source, ("en", "cs"))
    assert programme is not None, findings
    assert preferences.most_a_month(programme, pace) == most


async def test_s33_undoing_a_stop_restores_each_channel(shop: Shop, anna: Member) -> None:
    await decides(shop, anna, telegram=True, sms=False, whatsapp=True)
    number = await stops(shop, anna, NOW + HOUR)
    assert {granted for granted, _ in (await in_force(shop, anna)).values()} == {False}
    assert await undoes(shop, anna, number, NOW + HOUR)
    assert await in_force(shop, anna) == {
        "sms": (False, "asked"),
        "telegram": (True, "asked"),
        "whatsapp": (True, "asked"),
    }


async def test_s33_of_two_stops_at_one_moment_the_later_is_undone(shop: Shop, anna: Member) -> None:
    await decides(shop, anna, telegram=True)
    first = await stops(shop, anna)
    second = await stops(shop, anna)
    assert not await undoes(shop, anna, first)
    assert await undoes(shop, anna, second)
    # What was before the second is the first.
    assert await in_force(shop, anna) == {"telegram": (False, "stop")}


async def test_s33_a_channel_nobody_decided_about_is_not_stopped_by_an_undone_stop(
    shop: Shop, anna: Member, other: Member
) -> None:
    """Else merging would bring that stop along, for all channels of the other one."""
    number = await stops(shop, anna)
    assert await undoes(shop, anna, number)
    await decides(shop, other, sms=True)
    await shop.merge(anna, other)
    assert (await in_force(shop, anna))["sms"] == (True, "asked")


async def test_s33_nothing_is_undone_after_a_decision_or_by_another_number(
    shop: Shop, anna: Member
) -> None:
    await decides(shop, anna, telegram=True)
    number = await stops(shop, anna)
    assert not await undoes(shop, anna, number + 1)
    await decides(shop, anna, NOW + HOUR, sms=True)
    assert not await undoes(shop, anna, number)
    assert await in_force(shop, anna) == {"telegram": (False, "stop"), "sms": (True, "asked")}
    assert not await undoes(shop, anna, 0)


async def test_s33_what_is_restored_says_when_and_by_what(shop: Shop, anna: Member) -> None:
    await decides(shop, anna, telegram=True)
    number = await stops(shop, anna, NOW + HOUR)
    await undoes(shop, anna, number, NOW + 2 * HOUR)
    async with shop.work.reading() as reader:
        [newest, *_] = await members.decisions(reader, anna.id, "telegram", "marketing")
    assert newest == Consent("telegram", "marketing", True, "asked", "1", "undo", NOW + 2 * HOUR)


async def test_s33a_the_chosen_channel_is_given_up_by_allowing_another_after_a_stop(
    shop: Shop, anna: Member
) -> None:
    await decides(shop, anna, sms=True, telegram=True)
    async with shop.uow() as uow:
        await preferences.prefer(uow, anna.id, "sms")
    await decides(shop, anna, telegram=True)
    assert (await wants(shop, anna)).channel == "sms"
    await stops(shop, anna)
    await decides(shop, anna, NOW + HOUR, telegram=True)
    assert (await wants(shop, anna)).channel is None
