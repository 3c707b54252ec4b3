"""S34: what a campaign changed: who came of those written to, and of those held out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.domain.lift import Group, lift
from bot.domain.members import Member, Staff
from bot.domain.messages import MessageClass
from bot.services import effects
from bot.services.claims import Claimable
from bot.services.effects import Effects
from bot.services.results import Earned, Undone, Used
from bot.storage import outbox
from tests.services.shop import DAY, MINUTE, NOW, Shop, deli

INSTANT = timedelta(milliseconds=1)
#: When everything below was sent: the window of 14 days is over at `LATER`.
SENT = NOW
LATER = NOW + 14 * DAY


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    return await shop.colleague()


async def told(
    shop: Shop,
    member: Member,
    at: datetime = SENT,
    *,
    campaign: str = "winback",
    occurrence: str = "1",
    state: str = "taken",
    variant: str = "",
    outbox_state: str = "",
) -> None:
    """An occasion as the sender leaves it; with `outbox_state`, the message it became."""
    async with shop.uow() as uow:
        number = None
        if outbox_state:
            row = await uow.tx.row("SELECT id FROM conversation ORDER BY id LIMIT 1")
            assert row is not None
            number = await outbox.put(
                uow.tx, row["id"], "{}", message_class=MessageClass.MARKETING,
                member_id=member.id, choices=False, due_at=at, now=at,
            )  # fmt: skip
            await uow.tx.execute("UPDATE outbox SET state = $1 WHERE id = $2", outbox_state, number)
        await uow.tx.execute(
            "INSERT INTO occasion (member_id, campaign, occurrence, state, variant, due_at, "
            "ends_at, planned_at, taken_at, outbox_id) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $6, $8)",
            member.id, campaign, occurrence, state, variant, at, at + DAY, number,
        )  # fmt: skip


async def seen(
    shop: Shop, now: datetime = LATER, campaign: str = "winback", occurrence: str | None = None
) -> Effects:
    programme = await shop.work.programme()
    async with shop.work.reading() as reader:
        return await effects.of(reader, programme, campaign, occurrence, now)


async def people(shop: Shop, count: int) -> list[Member]:
    return [await shop.member(f"Jana {number}", now=NOW - 90 * DAY) for number in range(count)]


async def test_s34_a_visit_counts_from_the_message_to_the_end_of_the_window(
    shop: Shop, bara: Staff
) -> None:
    times = {
        SENT: False, SENT + INSTANT: True, SENT + 13 * DAY: True,
        SENT + 14 * DAY: True, SENT + 14 * DAY + INSTANT: False, SENT - DAY: False,
    }  # fmt: skip
    for member, at in zip(await people(shop, len(times)), times, strict=True):
        await told(shop, member)
        assert isinstance(await shop.stamp(member, bara, now=at), Earned)
    found = await seen(shop, LATER)
    assert found.whole.sent == Group(len(times), sum(times.values()))
    assert found.running == 0


async def test_s34_two_visits_are_one_person_who_came(shop: Shop, bara: Staff) -> None:
    [anna] = await people(shop, 1)
    await told(shop, anna)
    for days in (1, 2):
        await shop.stamp(anna, bara, now=SENT + days * DAY)
    assert (await seen(shop)).whole.sent == Group(1, 1)


async def test_s34_a_visit_that_was_undone_is_none(shop: Shop, bara: Staff) -> None:
    [anna] = await people(shop, 1)
    await told(shop, anna)
    await shop.stamp(anna, bara, now=SENT + DAY)
    assert isinstance(await shop.undo(bara, now=SENT + DAY + MINUTE), Undone)
    assert (await seen(shop)).whole.sent == Group(1, 0)


async def test_s34_who_used_a_reward_came(shop: Shop, bara: Staff) -> None:
    anna, jana = await people(shop, 2)
    for member in (anna, jana):
        await shop.stamp(member, bara, 10, now=SENT - DAY)
        await told(shop, member)
    assert isinstance(await shop.give(anna, bara, now=SENT + DAY), Used)
    await shop.reserve(jana, now=SENT + DAY)  # in bed
    assert (await seen(shop)).whole.sent == Group(2, 1)


async def test_s34_a_purchase_counts_by_when_it_was_made_not_claimed(shop: Shop) -> None:
    await shop.work.adopt(deli(), NOW)
    bara = await shop.colleague()
    bought = {SENT - DAY: False, SENT + DAY: True}
    for member, at in zip(await people(shop, 2), bought, strict=True):
        await told(shop, member)
        receipt = await shop.sale_without_card(bara, 1_000, now=at)
        assert isinstance(receipt, Claimable)
        assert isinstance(await shop.claim(member, receipt.code, SENT + 2 * DAY), Earned)
    [petr] = await people(shop, 1)
    await told(shop, petr)
    assert isinstance(await shop.sale(petr, bara, 2_000, now=SENT + 3 * DAY), Earned)
    assert (await seen(shop)).whole.sent == Group(3, 2)


async def test_s34_those_held_out_and_every_variant_are_compared(shop: Shop, bara: Staff) -> None:
    groups = {
        ("taken", "mild"): (4, 3), ("taken", "hot"): (3, 1), ("held_out", ""): (5, 2),
    }  # fmt: skip
    for (state, variant), (many, came) in groups.items():
        for number, member in enumerate(await people(shop, many)):
            await told(shop, member, state=state, variant=variant)
            if number < came:
                await shop.stamp(member, bara, now=SENT + DAY)
    found = await seen(shop)
    held_out = Group(5, 2)
    assert found == Effects(
        whole=lift(Group(7, 4), held_out),
        variants={"hot": lift(Group(3, 1), held_out), "mild": lift(Group(4, 3), held_out)},
        running=0,
    )


async def test_s34_who_still_has_time_to_come_is_not_counted_yet(shop: Shop, bara: Staff) -> None:
    anna, jana = await people(shop, 2)
    await told(shop, anna)
    await told(shop, jana, SENT + INSTANT)
    await shop.stamp(jana, bara, now=SENT + DAY)
    early, later = await seen(shop, LATER), await seen(shop, LATER + INSTANT)
    assert (early.whole.sent, early.running) == (Group(1, 0), 1)
    assert (later.whole.sent, later.running) == (Group(2, 1), 0)


@pytest.mark.parametrize("state", ["planned", "dropped", "failed"])
async def test_s34_who_was_told_nothing_is_in_no_group(shop: Shop, state: str) -> None:
    [anna] = await people(shop, 1)
    await told(shop, anna, state=state)
    assert (await seen(shop)).whole == lift(Group(0, 0), Group(0, 0))


@pytest.mark.parametrize(
    ("state", "counted"),
    [("accepted", 1), ("delivered", 1), ("unknown", 1), ("sending", 1), ("failed", 0),
     ("dropped", 0)],
)  # fmt: skip
async def test_s34_a_message_that_failed_later_was_told_nobody(
    shop: Shop, state: str, counted: int
) -> None:
    [anna] = await people(shop, 1)
    await told(shop, anna, outbox_state=state)
    assert (await seen(shop)).whole.sent == Group(counted, 0)


async def test_s34_a_person_counts_once_with_the_first_message(shop: Shop, bara: Staff) -> None:
    anna, jana = await people(shop, 2)
    for number in range(3):
        await told(shop, anna, SENT + number * 30 * DAY, occurrence=str(number))
        await told(shop, jana, SENT + number * 30 * DAY, occurrence=str(number))
    await shop.stamp(anna, bara, now=SENT + DAY)
    await shop.stamp(jana, bara, now=SENT + 31 * DAY)
    much_later = SENT + 90 * DAY
    assert (await seen(shop, much_later)).whole.sent == Group(2, 1)
    assert (await seen(shop, much_later, occurrence="1")).whole.sent == Group(2, 1)
    assert (await seen(shop, much_later, occurrence="2")).whole.sent == Group(2, 0)


async def test_s34_what_was_sent_before_anybody_was_held_out_is_not_compared(
    shop: Shop, bara: Staff
) -> None:
    """Nobody was written to in December because of that; it is another season besides."""
    anna, jana, petr = await people(shop, 3)
    await told(shop, anna, SENT, occurrence="before")
    await told(shop, jana, SENT, occurrence="before")
    await shop.stamp(anna, bara, now=SENT + DAY)
    begins = SENT + 30 * DAY
    await told(shop, petr, begins, state="held_out")
    await told(shop, jana, begins, occurrence="since")
    found = await seen(shop, begins + 14 * DAY)
    assert (found.whole.sent, found.whole.held_out) == (Group(1, 0), Group(1, 0))


async def test_s34_other_campaigns_are_their_own(shop: Shop) -> None:
    anna, jana = await people(shop, 2)
    await told(shop, anna, campaign="birthday")
    await told(shop, jana, campaign="broadcast", occurrence="7")
    assert (await seen(shop)).whole.sent == Group(0, 0)
    assert (await seen(shop, campaign="broadcast", occurrence="7")).whole.sent == Group(1, 0)
    assert (await seen(shop, campaign="broadcast", occurrence="8")).whole.sent == Group(0, 0)


async def test_s12_s34_two_cards_of_one_person_are_one_person(shop: Shop, bara: Staff) -> None:
    """Written to on one card, came with the other, and joined both afterwards."""
    one, other, third = await people(shop, 3)
    await told(shop, one)
    await told(shop, other, SENT + DAY)
    await shop.stamp(third, bara, now=SENT + 2 * DAY)
    await shop.merge(one, other, SENT + 3 * DAY)
    await shop.merge(third, one, SENT + 4 * DAY)
    assert (await seen(shop, LATER + DAY)).whole.sent == Group(1, 1)


async def test_s34_the_window_is_the_programmes(shop: Shop, bara: Staff) -> None:
    await shop.work.adopt(deli(("[vouchers]", "[campaigns]\nattribution_days = 2\n\n[vouchers]")),
                          NOW)  # fmt: skip
    anna, jana = await people(shop, 2)
    for member, days in ((anna, 2), (jana, 3)):
        await told(shop, member)
        await shop.sale(member, bara, 1_000, now=SENT + days * DAY)
    found = await seen(shop, SENT + 2 * DAY)
    assert (found.whole.sent, found.running) == (Group(2, 1), 0)
