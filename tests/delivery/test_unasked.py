"""What is said unasked: one place a message, taken when it is claimed, asked about right before."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.channels.base import SendError
from bot.domain.preferences import Pace
from bot.services import preferences
from bot.services.unit_of_work import Work
from bot.storage import conversations, occasions, spending
from tests.delivery.kit import DEAD_AFTER, DEAD_BEFORE, LOST, Provider
from tests.delivery.regulars import DAY, HOUR, Regulars, Telling

BUTTONS = {"text": 4096, "buttons": 3}


@pytest.fixture
def season() -> Telling:
    return Telling("season")


@pytest.fixture
def winback() -> Telling:
    return Telling("winback", group="winback", gives=False)


@pytest.fixture
def post(work: Work, season: Telling, winback: Telling) -> Regulars:
    providers = (
        Provider("sms"),
        Provider("telegram", **BUTTONS),
        Provider("whatsapp", window=timedelta(hours=24), **BUTTONS),
    )
    # Telegram's addresses are its own; here they are numbers too, which changes nothing.
    return Regulars(work, *providers, campaigns=(season, winback))


# Places (S24, S26)


async def test_s24_what_is_due_is_said_once_and_takes_its_place(post: Regulars) -> None:
    anna = await post.member()
    number = await post.plan(anna, "season")
    await post.delivers(2)
    assert post.heard() == ["season 1"]
    assert await post.occasion(number) == ("taken", "")


async def test_s24_over_the_cap_waits_until_the_first_moment_that_is_free(post: Regulars) -> None:
    anna = await post.member()
    await post.plan(anna, "season", "1")
    second = await post.plan(anna, "season", "2")
    said_at = post.watch.at
    await post.delivers(2)
    assert post.heard() == ["season 1"]
    assert await post.occasion(second) == ("planned", "cap member day")
    assert await post.due(second) == said_at + DAY

    post.watch.at = said_at + DAY - timedelta(seconds=1)
    await post.delivers()
    assert post.heard() == ["season 1"]
    post.watch.at = said_at + DAY
    await post.delivers(3)
    assert post.heard() == ["season 1", "season 2"]


async def test_s26_the_best_goes_first_whoever_was_planned_first(post: Regulars) -> None:
    anna = await post.member()
    await post.plan(anna, "season")
    await post.plan(anna, "winback")
    await post.delivers()
    assert post.heard() == ["winback 1"]


async def test_s26_what_waited_past_its_deadline_is_dropped_with_the_reason(
    post: Regulars,
) -> None:
    anna = await post.member()
    await post.plan(anna, "winback")
    late = await post.plan(anna, "season", lasts=5 * HOUR)
    await post.delivers()
    post.watch.passes(hours=5)
    await post.delivers()
    assert await post.occasion(late) == ("dropped", "too late: cap member day")
    assert post.heard() == ["winback 1"]


async def test_s24_a_definite_refusal_gives_the_place_back(post: Regulars) -> None:
    anna = await post.member()
    first = await post.plan(anna, "winback")
    second = await post.plan(anna, "season")
    post.providers["sms"].fails(SendError("refused", "no"))
    await post.delivers()
    assert await post.occasion(first) == ("failed", "refused: no")
    assert await post.occasion(second) == ("taken", "")
    assert post.heard() == ["season 1"]


async def test_s24_a_provider_that_can_not_now_is_asked_again_with_the_place_free_meanwhile(
    post: Regulars, season: Telling
) -> None:
    anna = await post.member()
    number = await post.plan(anna, "season")
    post.providers["sms"].fails(SendError("later", "429", retry_after=40))
    await post.delivers()
    assert await post.occasion(number) == ("planned", "later: 429")
    post.watch.passes(seconds=39)
    await post.delivers()
    assert post.heard() == []
    post.watch.passes(seconds=2)
    await post.delivers()
    assert post.heard() == ["season 1"]
    # Everything was asked anew before the second try.
    assert season.asked == ["1", "1"]


async def test_s27_a_deferred_try_falls_into_quiet_hours_and_waits_them_out(
    post: Regulars,
) -> None:
    anna = await post.member()
    await post.plan(anna, "season")
    post.watch.at = post.watch.at.replace(hour=19, minute=59, second=50)
    await post.change(('zone = "Europe/Prague"', 'zone = "UTC"'))
    post.providers["sms"].fails(SendError("later", "503", retry_after=30))
    await post.delivers()
    post.watch.passes(seconds=40)
    await post.delivers()
    assert post.heard() == []
    post.watch.at = (post.watch.at + DAY).replace(hour=8, minute=59, second=59)
    await post.delivers()
    assert post.heard() == []
    post.watch.passes(seconds=1)
    await post.delivers()
    assert post.heard() == ["season 1"]


@pytest.mark.parametrize("fate", [LOST, DEAD_AFTER])
async def test_s31_what_may_have_arrived_counts_and_is_never_repeated(
    post: Regulars, fate: str
) -> None:
    anna = await post.member()
    await post.plan(anna, "season", "1")
    second = await post.plan(anna, "season", "2", lasts=10 * DAY)
    post.providers["sms"].fails(fate)
    [ended] = await asyncio.gather(post.delivers(), return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError) == (fate == DEAD_AFTER)
    for _ in range(20):
        post.watch.passes(minutes=5)
        await post.delivers()
    assert post.heard() == ["season 1"]
    assert await post.states() == {"unknown": 1}
    assert await post.occasion(second) == ("planned", "cap member day")


async def test_s31_a_sender_that_dies_before_the_call_repeats_nothing(post: Regulars) -> None:
    anna = await post.member()
    await post.plan(anna, "season")
    post.providers["sms"].fails(DEAD_BEFORE)
    with pytest.raises(asyncio.CancelledError):
        await post.delivers()
    for _ in range(5):
        post.watch.passes(minutes=5)
        await post.delivers()
    # Nobody can know that it did not arrive: it stays unknown, and is seen.
    assert post.heard() == []
    assert await post.states() == {"unknown": 1}


async def test_s31_of_a_long_message_no_part_is_repeated(post: Regulars, season: Telling) -> None:
    anna = await post.member("telegram")
    season.says = "word " * 1_500
    number = await post.plan(anna, "season")
    post.providers["telegram"].fails("taken", SendError("later", "503"))
    for _ in range(5):
        await post.delivers()
        post.watch.passes(minutes=1)
    assert " ".join(post.providers["telegram"].texts).count("word") == 1_500
    assert await post.occasion(number) == ("taken", "")


# On SQLite transactions that write are alone.
@pytest.mark.parametrize("dialect", ["postgres"])
async def test_s24_what_is_stopped_between_choosing_and_marking_is_not_said(
    post: Regulars, season: Telling
) -> None:
    """Whoever stops a broadcast holds no member's lock."""
    anna = await post.member()
    number = await post.plan(anna, "season")

    async def stopped() -> None:
        async with post.work.unit_of_work() as uow:
            await occasions.drop(uow.tx, number, "stopped")

    season.meanwhile = stopped
    await post.delivers()
    assert await post.occasion(number) == ("dropped", "stopped")
    assert (post.providers["sms"].tried, await post.states()) == ([], {})


# Asked again right before (S27)


async def test_s27_who_stopped_meanwhile_hears_nothing(post: Regulars) -> None:
    anna = await post.member()
    number = await post.plan(anna, "season")
    await post.stops(anna)
    await post.delivers()
    assert post.heard() == []
    assert await post.occasion(number) == ("dropped", "no consent")


async def test_s27_what_is_no_longer_true_is_not_said(post: Regulars, winback: Telling) -> None:
    anna = await post.member()
    number = await post.plan(anna, "winback")
    behind = await post.plan(anna, "season")
    winback.true = False
    await post.delivers()
    assert await post.occasion(number) == ("dropped", "no longer true")
    assert await post.occasion(behind) == ("taken", "")


async def test_s27_a_campaign_that_was_switched_off_says_nothing(
    post: Regulars, season: Telling
) -> None:
    anna = await post.member()
    number = await post.plan(anna, "season")
    gone = await post.plan(anna, "suggestion")
    season.on = False
    await post.delivers()
    assert await post.occasion(number) == ("dropped", "switched off")
    assert await post.occasion(gone) == ("dropped", "switched off")


async def test_s32_replies_go_before_what_is_unasked(post: Regulars) -> None:
    anna = await post.member()
    async with post.work.reading() as reader:
        [place] = await conversations.places(reader, anna.id)
    number = await post.plan(anna, "season")
    answer = await post.says(place.conversation_id, "answer")
    post.providers["sms"].fails(SendError("later", "503", retry_after=20))
    await post.delivers()
    assert await post.occasion(number) == ("planned", "")
    assert await post.state(answer) == ("due", "later: 503")
    for _ in range(3):
        post.watch.passes(seconds=20)
        await post.delivers()
    assert post.heard() == ["answer", "season 1"]


@pytest.mark.parametrize("pace", ["fewer", "gifts"])
async def test_s26_what_a_pause_put_off_is_said_once_it_is_ended(
    post: Regulars, pace: Pace
) -> None:
    """Known fault: it waited for the end of the pause that was, and was too late by then."""
    anna = await post.member()
    number = await post.plan(anna, "season", lasts=3 * DAY)
    async with post.work.unit_of_work() as uow:
        await preferences.pause(uow, anna, post.watch.at)
    await post.delivers()
    assert await post.occasion(number) == ("planned", "paused")
    post.watch.passes(days=1)
    async with post.work.unit_of_work() as uow:
        await preferences.set_pace(uow, anna.id, pace)
    await post.delivers()
    assert post.heard() == []
    async with post.work.unit_of_work() as uow:
        await preferences.end_pause(uow, anna.id)
    await post.delivers()
    assert post.heard() == ["season 1"]


# Addresses (S32, S33a)


async def test_s32_who_blocked_the_bot_is_not_called_again_nor_elsewhere(post: Regulars) -> None:
    anna = await post.member("sms", "telegram")
    number = await post.plan(anna, "season")
    post.providers["telegram"].identity_kind = "telegram"
    async with post.work.unit_of_work() as uow:
        await uow.tx.execute(
            "UPDATE identity SET kind = 'telegram' WHERE id IN (SELECT identity_id "
            "FROM conversation WHERE channel = 'telegram')"
        )
        await uow.tx.execute("UPDATE identity SET member_id = $1", anna.id)
    post.providers["telegram"].fails(SendError("blocked", "Forbidden"))
    await post.delivers(2)
    assert await post.occasion(number) == ("dropped", "blocked")
    later = await post.plan(anna, "winback")
    await post.delivers(2)
    assert await post.occasion(later) == ("dropped", "blocked")
    assert len(post.providers["telegram"].tried) == 1
    assert post.providers["sms"].tried == []


async def test_s33a_a_dead_number_lets_another_consented_channel_take_over(
    post: Regulars,
) -> None:
    anna = await post.member("telegram", "sms")
    number = await post.plan(anna, "season")
    post.providers["sms"].fails(SendError("blocked", "30005 nobody has this number"))
    await post.delivers(2)
    assert (post.heard("sms"), post.heard("telegram")) == ([], ["season 1"])
    assert await post.occasion(number) == ("taken", "")


async def test_s32_a_dead_number_is_not_tried_again_for_want_of_another_way(
    post: Regulars,
) -> None:
    anna = await post.member("sms")
    number = await post.plan(anna, "season")
    post.providers["sms"].fails(SendError("blocked", "30005 nobody has this number"))
    await post.delivers(3)
    assert len(post.providers["sms"].tried) == 1
    assert await post.occasion(number) == ("dropped", "no channel")


async def test_s32_who_told_the_network_to_stop_hears_nothing_more_anywhere(
    post: Regulars,
) -> None:
    anna = await post.member("telegram", "sms")
    number = await post.plan(anna, "season")
    post.providers["sms"].fails(SendError("opted_out", "21610"))
    await post.delivers(3)
    assert (post.heard("sms"), post.heard("telegram")) == ([], [])
    assert await post.occasion(number) == ("dropped", "blocked")
    assert len(post.providers["sms"].tried) == 1


async def test_s33a_it_goes_where_they_agreed_even_if_they_last_wrote_elsewhere(
    post: Regulars,
) -> None:
    anna = await post.member("telegram", "sms", yes=["telegram"])
    await post.plan(anna, "season")
    await post.delivers()
    assert (post.heard("sms"), post.heard("telegram")) == ([], ["season 1"])


async def test_s33a_a_channel_that_is_off_is_passed_over(post: Regulars) -> None:
    anna = await post.member("console", "sms")
    await post.plan(anna, "season")
    await post.delivers()
    assert post.heard("sms") == ["season 1"]


async def test_s33a_while_their_only_channel_is_off_it_waits(post: Regulars) -> None:
    bara = await post.member("console")
    number = await post.plan(bara, "season", lasts=2 * HOUR)
    await post.delivers()
    assert await post.occasion(number) == ("planned", "channel off")
    post.watch.passes(hours=2)
    await post.delivers()
    assert await post.occasion(number) == ("dropped", "channel off")


async def test_s27_outside_the_window_without_an_approved_sentence_it_fails_visibly(
    post: Regulars,
) -> None:
    anna = await post.member("whatsapp")
    post.watch.passes(hours=25)
    number = await post.plan(anna, "season")
    await post.delivers()
    assert await post.occasion(number) == ("failed", "window: outside the window, no template")


# Halts (S32)


async def test_s32_a_text_taken_for_spam_halts_its_campaign_alone(
    post: Regulars,
) -> None:
    anna, petr = await post.member(), await post.member()
    await post.plan(anna, "season", "summer")
    post.providers["sms"].fails(SendError("halted", "30007 a carrier took it for spam"))
    await post.delivers()
    again = await post.plan(petr, "season", "summer")
    other = await post.plan(petr, "season", "autumn")
    await post.delivers()
    assert await post.occasion(again) == ("planned", "halted")
    assert await post.occasion(other) == ("taken", "")


# Hold-outs (S34)


async def test_s34_who_is_held_out_hears_nothing_and_counts_under_no_cap(
    post: Regulars, season: Telling, winback: Telling
) -> None:
    winback.hold_out = 100
    anna = await post.member()
    held = await post.plan(anna, "winback")
    number = await post.plan(anna, "season")
    await post.delivers()
    assert await post.occasion(held) == ("held_out", "")
    assert await post.occasion(number) == ("taken", "")


# Budgets (S32)


async def test_s32_a_budget_stops_what_is_unasked_until_the_next_month(post: Regulars) -> None:
    await post.add('\n[sms]\nprice = "0.50"\nbudget = "2.40"\n')
    people = [await post.member() for _ in range(4)]
    numbers = [await post.plan(person, "season", lasts=40 * DAY) for person in people]
    await post.delivers()
    # Two segments each, for the first time names who writes and how to stop it.
    assert post.heard() == ["season 1"] * 2
    waiting = [n for n in numbers if (await post.occasion(n))[0] == "planned"]
    assert [await post.occasion(n) for n in waiting] == [("planned", "budget")] * 2
    assert (await post.due(waiting[0])).isoformat() == "2026-04-01T07:00:00+00:00"
    # Replies are not stopped by it.
    async with post.work.reading() as reader:
        [place] = await conversations.places(reader, people[0].id)
    await post.says(place.conversation_id, "answer")
    await post.delivers()
    assert post.heard() == [*["season 1"] * 2, "answer"]


@pytest.mark.parametrize("fate", [LOST, DEAD_AFTER])
async def test_s32_what_is_found_to_have_arrived_is_paid_for_once(
    work: Work, season: Telling, fate: str
) -> None:
    """Known fault: its share of the budget was kept, and it was counted besides."""
    post = Regulars(work, Provider("sms", answers=True), campaigns=(season,))
    await post.add('\n[sms]\nprice = "0.50"\nbudget = "100"\n')
    await post.plan(await post.member(), "season")
    post.providers["sms"].fails(fate)
    await asyncio.gather(post.delivers(), return_exceptions=True)
    for _ in range(20):
        post.watch.passes(minutes=5)
        await post.delivers()
    assert await post.states() == {"accepted": 1}
    async with work.reading() as reader:
        assert await spending.units(reader, "sms", 202603) == 2


async def test_s32_a_budget_that_is_raised_lets_go_what_it_held(post: Regulars) -> None:
    await post.add('\n[sms]\nprice = "0.50"\nbudget = "0.40"\n')
    anna = await post.member()
    number = await post.plan(anna, "season")
    await post.delivers()
    assert await post.occasion(number) == ("planned", "budget")
    await post.add('\n[sms]\nprice = "0.50"\nbudget = "40"\n')
    await post.delivers()
    assert await post.occasion(number) == ("taken", "")


async def test_s23_caps_that_are_loosened_let_go_what_they_held(post: Regulars) -> None:
    anna = await post.member()
    await post.plan(anna, "winback")
    number = await post.plan(anna, "season")
    await post.delivers()
    assert await post.occasion(number) == ("planned", "cap member day")
    await post.add("\n[caps]\nmember = { day = 2 }\n")
    await post.delivers()
    assert await post.occasion(number) == ("taken", "")
