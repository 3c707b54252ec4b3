"""What would be said at an instant and why not, told without changing anything (S26, S27, S34)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain import drawing
from bot.domain.members import Member, Staff
from bot.domain.preferences import Preference
from bot.services import erasing, foreseeing, unasked
from bot.services.foreseeing import Foreseen
from bot.services.unit_of_work import Work
from bot.storage import preferences
from scheduler.campaigns import CAMPAIGNS
from tests.scheduler.campaigning import CHANNEL, Regulars, at
from tests.services.shop import NOW, cafe

#: Birthdays at nine, and win-backs at ten thirty days after the last visit.
TWO = cafe() + "[campaigns.almost_there]\non = false\n[campaigns.expiry]\non = false\n"
#: The day on which who came at NOW is missed; noon in Prague is ten.
NOON, EVENING = "2026-04-01 10:00", "2026-04-01 19:00"
BIRTHDAY = (4, 1)


@pytest.fixture
async def shop(work: Work) -> Regulars:
    """The café, whose members agreed to messages."""
    shop = Regulars(work)
    await shop.follows(TWO)
    return shop


@pytest.fixture
async def till(shop: Regulars) -> Staff:
    return await shop.colleague()


async def preview(
    shop: Regulars, when: str, campaign: str | None = None, channels: frozenset[str] | None = None
) -> list[Foreseen]:
    on = frozenset({CHANNEL}) if channels is None else channels
    return [each async for each in foreseeing.preview(shop.work, CAMPAIGNS, on, at(when), campaign)]


async def fates(shop: Regulars, when: str, **asked: frozenset[str]) -> list[tuple[str, str]]:
    """What becomes of the one occasion of each member, in their order."""
    return [(each.outcome, each.reason) for each in await preview(shop, when, **asked)]


async def celebrating(shop: Regulars, till: Staff, name: str = "Anna") -> Member:
    """A member who is missed on their birthday."""
    member = await shop.regular(name, birthday=BIRTHDAY)
    await shop.stamp(member, till)
    return member


async def test_s26_the_best_goes_and_the_next_waits_for_its_cap(
    shop: Regulars, till: Staff
) -> None:
    anna = await celebrating(shop, till)
    assert await preview(shop, NOON) == [
        Foreseen(anna.code, "birthday", "2026", CHANNEL, at("2026-04-01 07:00"), "planned"),
        Foreseen(
            anna.code,
            "winback",
            "2026-03-02:30",
            CHANNEL,
            at("2026-04-02 10:00"),
            "deferred",
            "cap member day",
        ),
    ]


async def test_what_is_due_later_is_judged_in_its_own_time(shop: Regulars, till: Staff) -> None:
    """At one in the night the birthday is for nine, and what comes at ten waits for its cap."""
    await celebrating(shop, till)
    found = [(each.campaign, *fate(each)) for each in await preview(shop, "2026-03-31 23:00")]
    assert found == [
        ("birthday", at("2026-04-01 07:00"), "planned", ""),
        ("winback", at("2026-04-02 07:00"), "deferred", "cap member day"),
    ]


def fate(foreseen: Foreseen) -> tuple[object, str, str]:
    return foreseen.due_at, foreseen.outcome, foreseen.reason


async def test_one_campaign_is_shown_but_all_are_judged(shop: Regulars, till: Staff) -> None:
    await celebrating(shop, till)
    [winback] = await preview(shop, NOON, "winback")
    assert (winback.campaign, winback.outcome) == ("winback", "deferred")


async def test_s28_quiet_hours(shop: Regulars) -> None:
    """A birthday greeting ends with the day, before the quiet hours do."""
    await shop.regular(birthday=BIRTHDAY)
    [waits] = await preview(shop, EVENING)
    assert fate(waits) == (at("2026-04-01 22:00"), "deferred", "quiet hours")


async def test_s27_who_is_not_written_to_and_why(shop: Regulars) -> None:
    for name in ("Anna", "Petr", "Eva", "Ivan"):
        await shop.regular(name, birthday=BIRTHDAY)
    jana = await shop.member("Jana")
    await shop.born(jana, BIRTHDAY, NOW)
    _, petr, eva, ivan = shop.names
    async with shop.uow() as uow:
        await uow.tx.execute(
            "UPDATE conversation SET blocked_at = $1 WHERE identity_id IN "
            "(SELECT id FROM identity WHERE member_id = $2)",
            NOW,
            petr,
        )
        await preferences.keep(uow.tx, eva, Preference(pace="gifts"))
        paused = Preference(paused_until=at(NOON) + timedelta(hours=1))
        await preferences.keep(uow.tx, ivan, paused)
    assert await fates(shop, NOON) == [
        ("planned", ""),
        ("dropped", "blocked"),
        ("dropped", "only gifts"),
        ("deferred", "paused"),
        ("dropped", "no consent"),
    ]
    reached = await fates(shop, NOON, channels=frozenset({"sms"}))
    assert reached[0] == ("deferred", "channel off")


async def test_s37_nobody_is_shown_who_was_erased(shop: Regulars) -> None:
    anna = await shop.regular(birthday=BIRTHDAY)
    await shop.plans(NOON)
    async with shop.uow() as uow:
        await erasing.erase(uow, anna.id, NOW)
    assert await preview(shop, NOON) == []


async def test_s34_who_is_held_out(shop: Regulars) -> None:
    await shop.follows(TWO + "[campaigns.birthday]\nhold_out = 50\n")
    members = [await shop.regular(f"M{number}", birthday=BIRTHDAY) for number in range(8)]
    drawn = [drawing.held_out(member.code, "birthday", 50) for member in members]
    assert await fates(shop, NOON) == [("held_out" if out else "planned", "") for out in drawn]


async def test_s34_what_was_put_off_keeps_its_reason(shop: Regulars) -> None:
    await shop.regular(birthday=BIRTHDAY)
    await shop.plans(NOON)
    async with shop.uow() as uow:
        await uow.tx.execute(
            "UPDATE occasion SET due_at = $1, reason = 'budget'", at("2026-04-01 11:00")
        )
    [waits] = await preview(shop, NOON)
    assert fate(waits) == (at("2026-04-01 11:00"), "deferred", "budget")


async def test_what_was_switched_off_since_is_said_to_be(shop: Regulars) -> None:
    await shop.regular(birthday=BIRTHDAY)
    await shop.plans(NOON)
    await shop.follows(TWO + "[campaigns.birthday]\non = false\n")
    assert await fates(shop, NOON) == [("dropped", "switched off")]


async def test_s27_who_came_back_is_not_missed(shop: Regulars, till: Staff) -> None:
    anna = await shop.regular()
    await shop.stamp(anna, till)
    await shop.plans(NOON)
    await shop.stamp(anna, till, now=at(NOON) - timedelta(minutes=1))
    assert await fates(shop, NOON) == [("dropped", "no longer true")]


async def test_looking_changes_nothing(shop: Regulars, till: Staff) -> None:
    await celebrating(shop, till)
    tables = ("occasion", "planning", "outbox", "operation", "entry", "conversation", "spending")
    before = [await shop.count(table) for table in tables]
    assert len(await preview(shop, NOON)) == 2
    assert [await shop.count(table) for table in tables] == before
    assert before[0] == 0


async def test_pages_hold_everybody_once(shop: Regulars, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planned and unplanned, of several campaigns, a page boundary anywhere."""
    members = [await shop.regular(f"M{n}", birthday=BIRTHDAY) for n in range(3)]
    await shop.plans(NOON)
    members += [await shop.regular(f"M{n}", birthday=BIRTHDAY) for n in range(3, 5)]
    for size in range(1, 7):
        monkeypatch.setattr(foreseeing, "PAGE", size)
        assert [each.member_code for each in await preview(shop, NOON)] == [
            member.code for member in members
        ]


@pytest.mark.parametrize("when", ["2026-04-01 06:59", "2026-04-01 07:00", NOON, EVENING])
async def test_the_sender_does_what_was_foreseen(shop: Regulars, till: Staff, when: str) -> None:
    """Whatever members want, and wherever they live."""
    people = [await celebrating(shop, till, name) for name in ("Anna", "Jana", "Petr", "Eva")]
    people.append(await shop.regular("Ivan", birthday=BIRTHDAY, zone="Pacific/Auckland"))
    async with shop.uow() as uow:
        await preferences.keep(uow.tx, people[1].id, Preference(pace="gifts"))
        await preferences.keep(uow.tx, people[2].id, Preference(zone="America/New_York"))
    said = {
        (each.member_code, each.campaign)
        for each in await preview(shop, when)
        if each.outcome == "planned" and each.due_at <= at(when)
    }
    await shop.plans(when)
    picked = set()
    for member in people:
        async with shop.uow() as uow:
            await uow.tx.execute("UPDATE outbox SET state = 'accepted'")
            found = await unasked.pick(
                uow, member.id, {each.name: each for each in CAMPAIGNS}, {CHANNEL}, at(when)
            )
        if found:
            picked.add((member.code, found.occasion.campaign))
    assert picked == said
