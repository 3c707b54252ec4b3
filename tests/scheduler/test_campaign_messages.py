"""What campaigns say, if it is still true (S26, S27)."""

from __future__ import annotations

import pytest

from bot.domain.members import Staff
from bot.domain.messages import Reply
from tests.scheduler.campaigning import Regulars, at, only
from tests.services.shop import cafe

# Birthday


async def test_s27_the_greeting_is_for_the_birthday_that_is_kept_now(shop: Regulars) -> None:
    await shop.follows(cafe() + only("birthday"))
    anna = await shop.regular("Anna", birthday=(3, 14))
    jana = await shop.regular("Jana")
    await shop.born(jana, (3, 14), at("2025-03-01 08:00"))
    await shop.plans("2026-03-14 08:00")
    await shop.born(jana, (3, 20), at("2026-03-14 08:00"))
    assert await shop.hears(anna, "2026-03-14 08:00") == (
        "Happy birthday from all of us at Kavárna Lípa!"
    )
    assert await shop.hears(jana, "2026-03-14 08:00") == ""
    # The year's greeting is not lost: it comes on the day that is kept now.
    await shop.plans("2026-03-20 08:00")
    assert await shop.hears(jana, "2026-03-20 08:00") == (
        "Happy birthday from all of us at Kavárna Lípa!"
    )
    assert await shop.reasons() == []


# Win-back


async def test_s27_a_win_back_says_how_long_it_has_been_and_what_is_near(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("winback"))
    anna, jana, petr = [await shop.regular(name) for name in ("Anna", "Jana", "Petr")]
    await shop.stamp(anna, till, 8)
    await shop.stamp(jana, till, 10)
    await shop.stamp(petr, till, 3)
    await shop.plans("2026-04-01 08:00")
    await shop.stamp(petr, till, now=at("2026-04-01 08:30"))
    assert await shop.hears(anna, "2026-04-03 09:00") == (
        "It's been 32 days since your last visit, and we'd love to see you again.\n"
        "2 more stamps and it's yours: Coffee of your choice"
    )
    assert await shop.hears(jana, "2026-04-01 09:00") == (
        "It's been 30 days since your last visit, and we'd love to see you again.\n"
        "Reward ready: Coffee of your choice"
    )
    assert await shop.hears(petr, "2026-04-01 09:00") == ""
    assert await shop.reasons() == ["no longer true"]


# Expiry


async def test_s27_a_reminder_says_how_much_ends_now_and_nothing_of_what_is_spent(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("expiry"))
    anna, jana, petr = [await shop.regular(name) for name in ("Anna", "Jana", "Petr")]
    for member, stamps in ((anna, 3), (jana, 3), (petr, 10)):
        await shop.stamp(member, till, stamps)
    await shop.plans("2026-05-24 08:00")
    assert await shop.hears(petr, "2026-05-24 08:00") == (
        "On your card only until 31 May 2026: Coffee of your choice"
    )
    await shop.stamp(anna, till, 5, now=at("2027-02-20 10:00"))
    await shop.plans("2027-02-23 09:00")
    await shop.stamp(jana, till, 7, now=at("2027-02-23 10:00"))
    assert await shop.hears(anna, "2027-02-23 10:30") == (
        "3 stamps on your card are good only until 2 March 2027.\n"
        "2 more stamps and it's yours: Coffee of your choice"
    )
    assert await shop.hears(jana, "2027-02-23 10:30") == ""
    assert await shop.reasons() == ["no longer true"]


# Almost there


async def test_s27_almost_there_says_what_is_missing_now_and_nothing_of_a_full_card(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("almost_there"))
    anna, jana = await shop.regular("Anna"), await shop.regular("Jana")
    for member in (anna, jana):
        await shop.stamp(member, till, 8)
    await shop.plans("2026-03-05 09:00")
    await shop.stamp(anna, till, 1, now=at("2026-03-05 09:30"))
    await shop.stamp(jana, till, 2, now=at("2026-03-05 09:30"))
    assert await shop.hears(anna, "2026-03-05 10:00") == (
        "1 more stamp and your card is full. Then it's on us: Coffee of your choice"
    )
    assert await shop.hears(jana, "2026-03-05 10:00") == ""
    assert await shop.reasons() == ["no longer true"]


# Milestones


async def test_s27_a_visit_that_was_undone_is_not_thanked_for(shop: Regulars, till: Staff) -> None:
    await shop.follows(cafe() + only("milestone", "visits = [1]"))
    anna = await shop.regular()
    await shop.stamp(anna, till, now=at("2026-03-03 08:55"))
    assert len(await shop.planned("2026-03-03 09:00")) == 1
    await shop.undo(till, now=at("2026-03-03 09:00"))
    assert await shop.hears(anna, "2026-03-03 09:01") == ""
    assert await shop.reasons() == ["no longer true"]


# What can be done with them


async def test_a_reward_that_is_ready_can_be_redeemed_from_the_message(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("winback"))
    anna, jana = await shop.regular("Anna"), await shop.regular("Jana")
    await shop.stamp(anna, till, 10)
    await shop.stamp(jana, till, 1)
    await shop.plans("2026-04-01 08:00")
    ready = await shop.reply(anna, "2026-04-01 08:00")
    not_yet = await shop.reply(jana, "2026-04-01 08:00")
    assert ready is not None
    assert not_yet is not None
    assert _actions(ready) == [["redeem", "card"], ["stop"]]
    assert _actions(not_yet) == [["card"], ["stop"]]
    assert ready.buttons[0][0].action.args[0] == "coffee"


# What the shop wrote itself


async def test_s26_the_shops_own_words_are_said_with_their_places_filled(
    shop: Regulars, till: Staff
) -> None:
    text = 'text = "{name}, {shop} misses you: {days} now, {missing} to go for {reward}."'
    await shop.follows(cafe() + only("winback", text))
    anna = await shop.regular("Anna")
    await shop.stamp(anna, till, 8)
    await shop.plans("2026-04-01 08:00")
    assert await shop.hears(anna, "2026-04-01 08:00") == (
        "Anna, Kavárna Lípa misses you: 30 days now, 2 stamps to go for Coffee of your choice."
    )


async def test_s34_a_variant_has_its_own_words_in_each_language(
    shop: Regulars, till: Staff
) -> None:
    variants = 'variants.b = { text = { en = "{days} already", cs = "Už {days}" } }'
    await shop.follows(cafe() + only("winback", variants))
    anna = await shop.regular("Anna")
    await shop.stamp(anna, till)
    await shop.plans("2026-04-01 08:00")
    assert await shop.hears(anna, "2026-04-01 08:00") == "30 days already"
    assert await shop.hears(anna, "2026-04-01 08:00", "cs") == "Už 30 dní"


async def test_s26_own_words_with_a_place_that_has_nothing_are_left_for_ours(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("winback", 'text = "Only {missing} to go."'))
    anna = await shop.regular("Anna")
    await shop.stamp(anna, till, 10)
    await shop.plans("2026-04-01 08:00")
    assert await shop.hears(anna, "2026-04-01 08:00") == (
        "It's been 30 days since your last visit, and we'd love to see you again.\n"
        "Reward ready: Coffee of your choice"
    )


# Gifts


GIFT = 'gift = { stamps = 2 }\ngift_ends = "14 days"'


async def test_s26_a_gift_is_named_when_the_ledger_has_it_and_then_only(shop: Regulars) -> None:
    await shop.follows(cafe() + only("birthday", GIFT))
    anna, jana = await shop.regular("Anna", birthday=(3, 14)), await shop.regular("Jana")
    await shop.plans("2026-03-14 08:00")
    assert await shop.hears(anna, "2026-03-14 08:00") == (
        "Happy birthday from all of us at Kavárna Lípa!"
    )
    assert await shop.gives("2026-03-14 08:00") == 1
    assert await shop.hears(anna, "2026-03-14 08:00") == (
        "Happy birthday from all of us at Kavárna Lípa!\n"
        "Our gift is on your card until 28 March 2026: 2 stamps"
    )
    reply = await shop.reply(anna, "2026-03-14 08:00")
    assert reply is not None
    assert reply.template is not None
    assert reply.template.key == "template.campaign_birthday_gift"
    assert await shop.has(anna, "stamps", now=at("2026-03-14 08:00")) == (2,)
    assert await shop.has(jana, "stamps", now=at("2026-03-14 08:00")) == (0,)


async def test_s26_own_words_about_a_gift_wait_for_the_gift(shop: Regulars) -> None:
    text = 'text = "All the best, {name}! From us: {gift}"'
    await shop.follows(cafe() + only("birthday", f"{GIFT}\n{text}"))
    anna = await shop.regular("Anna", birthday=(3, 14))
    await shop.plans("2026-03-14 08:00")
    assert await shop.hears(anna, "2026-03-14 08:00") == (
        "Happy birthday from all of us at Kavárna Lípa!"
    )
    await shop.gives("2026-03-14 08:00")
    assert await shop.hears(anna, "2026-03-14 08:00") == "All the best, Anna! From us: 2 stamps"


async def test_s26_a_win_back_names_the_gift_rather_than_what_is_near(
    shop: Regulars, till: Staff
) -> None:
    await shop.follows(cafe() + only("winback", GIFT))
    anna = await shop.regular("Anna")
    await shop.stamp(anna, till)
    await shop.gives("2026-04-01 08:00")
    await shop.plans("2026-04-01 08:00")
    assert await shop.hears(anna, "2026-04-01 08:00") == (
        "It's been 30 days since your last visit, and we'd love to see you again.\n"
        "Our gift is on your card until 15 April 2026: 2 stamps"
    )


async def test_s26_a_gift_is_named_to_who_a_member_became_by_merging(shop: Regulars) -> None:
    await shop.follows(cafe() + only("anniversary", GIFT))
    anna, jana = await shop.regular("Anna"), await shop.regular("Jana")
    when = "2027-03-02 09:00"
    await shop.gives(when)
    await shop.plans(when)
    await shop.merge(anna, jana, now=at(when))
    assert await shop.hears(anna, when) == (
        "1 year since you joined us. Thank you for coming.\n"
        "Our gift is on your card until 16 March 2027: 2 stamps"
    )


# A programme that changes


@pytest.mark.parametrize("changed", ["days = [5]", "on = false"])
async def test_s27_what_the_programme_says_no_more_is_not_said(
    shop: Regulars, till: Staff, changed: str
) -> None:
    await shop.follows(cafe() + only("winback"))
    anna = await shop.regular()
    await shop.stamp(anna, till)
    await shop.plans("2026-04-01 08:00")
    edited = only("winback", changed).replace("on = true\non = false", "on = false")
    await shop.follows(cafe() + edited, at("2026-04-01 08:30"))
    assert await shop.hears(anna, "2026-04-01 09:00") == ""
    assert await shop.reasons() == ["switched off"]


def _actions(reply: Reply) -> list[list[str]]:
    return [[button.action.name for button in row] for row in reply.buttons]
