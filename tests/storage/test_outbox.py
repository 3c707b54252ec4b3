"""S31, S32: who sends what when, in which order, and how far a message can be said to have come."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.messages import MessageClass
from bot.storage import conversations, outbox, pace
from bot.storage.database import Reader
from bot.storage.outbox import Letter
from bot.storage.pace import Slot
from tests.services.shop import DAY, MINUTE, NOW
from tests.storage.post import LEASE, SECOND, Post

REPLY, TRANSACTIONAL, MARKETING = MessageClass


# Order


async def test_s32_an_address_is_told_things_in_the_order_they_were_said(
    post: Post, chat: int
) -> None:
    for body in ("one", "two", "three"):
        await post.put(chat, body)
    said = []
    while letter := await post.claim(chat):
        for owner in ("a", "b"):  # not while one is on its way
            assert await post.claim(chat, owner) is None
        said.append(letter.body)
        await post.accepted(letter.id)
    assert said == ["one", "two", "three"]


async def test_s32_one_that_is_tried_again_later_holds_up_those_after_it(
    post: Post, chat: int
) -> None:
    for body in ("one", "two"):
        await post.put(chat, body)
    await post.retry(await post.take(chat), 30 * SECOND)
    assert await post.claimed(chat) == ""
    assert await post.claimed(chat, after=30 * SECOND) == "one"


@pytest.mark.parametrize("state", ["unknown", "failed", "dropped"])
async def test_s32_one_that_is_settled_holds_up_nobody(post: Post, chat: int, state: str) -> None:
    for body in ("one", "two"):
        await post.put(chat, body)
    await post.settle(await post.take(chat), state)
    assert await post.claimed(chat) == "two"


async def test_s32_replies_overtake_marketing(post: Post, chat: int) -> None:
    other = await post.chat()
    await post.put(other, "offer", MARKETING)
    await post.put(chat, "offer", MARKETING)
    await post.put(chat, "another offer", MARKETING)
    await post.put(chat, "answer")
    assert await post.due() == [chat, other]
    answer = await post.claim(chat)
    assert answer is not None
    assert answer.body == "answer"
    await post.accepted(answer.id)
    # Among themselves the offers keep their order.
    assert await post.claimed(chat) == "offer"


async def test_s22_what_waits_for_its_hour_keeps_no_reply_waiting(post: Post, chat: int) -> None:
    await post.put(chat, "in the morning", due=DAY)
    await post.put(chat, "answer")
    answer = await post.take(chat)
    assert answer.body == "answer"
    await post.accepted(answer.id)
    assert await post.claimed(chat) == ""
    assert await post.due() == []
    assert await post.due(after=DAY) == [chat]
    assert await post.claimed(chat, after=DAY) == "in the morning"


async def test_s32_a_reply_does_not_wait_for_marketing_that_is_on_its_way(
    post: Post, chat: int
) -> None:
    await post.put(chat, "offer", MARKETING)
    assert await post.claimed(chat) == "offer"
    await post.put(chat, "answer")
    assert await post.due() == [chat]
    assert await post.claimed(chat, "b") == "answer"


async def test_conversations_are_found_once_the_longest_waiting_first(post: Post) -> None:
    chats = [await post.chat() for _ in range(3)]
    for number in (1, 2, 0, 1):
        await post.put(chats[number], "text")
    assert await post.due() == [chats[1], chats[2], chats[0]]
    assert await post.due(limit=2) == [chats[1], chats[2]]


async def test_conversations_that_wait_do_not_fill_the_page(post: Post) -> None:
    for _ in range(3):
        waiting = await post.chat()
        await post.put(waiting, "tried")
        await post.retry(await post.take(waiting), MINUTE)
        await post.put(waiting, "after it")
        sending = await post.chat()
        await post.put(sending, "on its way")
        await post.claim(sending)
        await post.put(sending, "after it")
    free = await post.chat()
    await post.put(free, "now")
    assert await post.due(limit=1) == [free]
    assert len(await post.due(after=2 * MINUTE)) == 4


async def test_s32_a_slow_channel_does_not_fill_the_page_of_another(post: Post) -> None:
    texts = [await post.chat("sms") for _ in range(3)]
    for chat in (*texts, await post.chat(), await post.chat()):
        await post.put(chat, "one")
    due = await post.due_by_channel(limit=2)
    assert {name: len(chats) for name, chats in due.items()} == {"sms": 2, "telegram": 2}
    assert due["sms"] == texts[:2]


# Leases


async def test_a_lease_keeps_others_away_until_it_ends(post: Post, chat: int) -> None:
    await post.put(chat, "one", kept_by="a", kept_for=15 * SECOND)
    moment = 15 * SECOND - timedelta(microseconds=1)
    assert await post.due(after=moment) == []
    assert await post.claimed(chat, "b", after=moment) == ""
    assert await post.due(after=15 * SECOND) == [chat]
    assert await post.claimed(chat, "b", after=15 * SECOND) == "one"


async def test_whoever_holds_the_lease_sends_at_once(post: Post, chat: int) -> None:
    await post.put(chat, "one", kept_by="a")
    letter = await post.claim(chat, "a")
    assert letter is not None
    assert (letter.body, letter.attempt, letter.address.channel) == ("one", 1, "telegram")


async def test_s26_nothing_is_sent_before_it_is_due(post: Post, chat: int) -> None:
    await post.put(chat, "one", due=MINUTE, kept_by="a")
    assert await post.claimed(chat, "a", after=MINUTE - SECOND) == ""
    assert await post.claimed(chat, "a", after=MINUTE) == "one"


async def test_s24_two_claimers_get_one_letter(post: Post) -> None:
    chats = [await post.chat() for _ in range(5)]
    for chat in chats:
        await post.put(chat, f"for {chat}")
    got = await asyncio.gather(
        *(post.claimed(chat, f"process {n}") for n in range(20) for chat in chats)
    )
    assert sorted(body for body in got if body) == sorted(f"for {chat}" for chat in chats)


async def test_s24_many_claimers_send_a_conversation_in_order_once(post: Post, chat: int) -> None:
    for number in range(10):
        await post.put(chat, f"{number}")
    said: list[str] = []

    async def drain(owner: str) -> None:
        while len(said) < 10:
            if letter := await post.claim(chat, owner):
                said.append(letter.body)
                await post.accepted(letter.id)

    await asyncio.gather(*(drain(f"process {n}") for n in range(4)))
    assert said == [f"{number}" for number in range(10)]


# In doubt


@pytest.mark.parametrize("message_class", [REPLY, TRANSACTIONAL, MARKETING])
async def test_s31_a_message_whose_sender_was_lost_is_in_doubt_since_it_was_claimed(
    post: Post, chat: int, message_class: MessageClass
) -> None:
    number = await post.put(chat, "one", message_class)
    first = await post.take(chat, after=5 * SECOND)
    assert first.doubtful_since is None
    assert await post.release_lost(LEASE) == 0
    lost = 5 * SECOND + LEASE
    assert await post.claimed(chat, "b", after=lost) == ""  # not before it is known to be lost
    assert await post.release_lost(lost) == 1
    assert await post.state(number) == ("due", "sender lost")
    again = await post.take(chat, "b", after=lost)
    assert (again.body, again.attempt) == ("one", 2)
    assert again.doubtful_since == NOW + 5 * SECOND


async def test_s31_whose_sender_was_lost_twice_stays_unknown(post: Post, chat: int) -> None:
    number = await post.put(chat, "one")
    await post.put(chat, "two")
    for times in (1, 2):
        await post.claim(chat, after=(times - 1) * LEASE)
        assert await post.release_lost(times * LEASE) == 1
    assert await post.state(number) == ("unknown", "sender lost")
    assert await post.release_lost(3 * LEASE) == 0
    assert await post.claimed(chat, after=3 * LEASE) == "two"


async def test_s31_what_was_surely_not_taken_is_in_no_doubt(post: Post, chat: int) -> None:
    """However often it was tried before, it may be in doubt once."""
    number = await post.put(chat, "one")
    for _ in range(3):
        letter = await post.take(chat)
        assert letter.doubtful_since is None
        await post.retry(letter, timedelta())
    await post.claim(chat)
    assert await post.release_lost(LEASE) == 1
    assert await post.state(number) == ("due", "sender lost")
    in_doubt = await post.take(chat, after=LEASE)
    # Not taken this time says nothing of the time before.
    await post.retry(in_doubt, timedelta())
    assert (await post.take(chat, after=2 * LEASE)).doubtful_since == NOW


async def test_s31_an_answer_that_came_late_settles_what_was_in_doubt(post: Post) -> None:
    for lost in (1, 2):
        chat = await post.chat()
        number = await post.put(chat, "one")
        for times in range(lost):
            await post.claim(chat, after=times * LEASE)
            await post.release_lost((times + 1) * LEASE)
        await post.accepted(number, f"{chat}")
        assert await post.state(number) == ("accepted", None)
        assert await post.claimed(chat, after=3 * LEASE) == ""


async def test_s31_who_was_lost_no_longer_says_what_becomes_of_a_message(
    post: Post, chat: int
) -> None:
    number = await post.put(chat, "one")
    slow = await post.take(chat)
    await post.release_lost(LEASE)
    await post.settle(slow, "failed")
    assert (await post.state(number))[0] == "due"
    await post.claim(chat, "b", after=LEASE)
    await post.settle(slow, "failed")
    await post.retry(slow, MINUTE)
    assert (await post.state(number))[0] == "sending"


# What must not be sent any more


@pytest.mark.parametrize(("act", "reason"), [("opt_out", "opted out"), ("block", "blocked")])
async def test_s27_what_is_due_to_who_takes_no_messages_is_dropped(
    post: Post, chat: int, act: str, reason: str
) -> None:
    numbers = [await post.put(chat, body) for body in ("one", "two")]
    later = await post.put(chat, "tomorrow", due=DAY)
    async with post.work.unit_of_work() as uow:
        await getattr(conversations, act)(uow.tx, chat, NOW)
    assert await post.claimed(chat) == ""
    assert [await post.state(number) for number in numbers] == [("dropped", reason)] * 2
    assert await post.state(later) == ("due", None)


# The sender's pace


async def test_s32_a_reply_takes_the_next_slot_and_is_not_sending_meanwhile(post: Post) -> None:
    one, two = await post.chat(), await post.chat()
    for chat in (one, two):
        await post.put(chat, "text")
    assert isinstance(await post.ask(one, rate=2), Letter)
    slot = await post.ask(two, rate=2)
    assert slot == Slot("telegram", False, NOW + SECOND / 2, taken=True)
    async with post.work.reading() as reader:
        assert await outbox.counts(reader) == {"sending": 1, "due": 1}
    claimed = await post.ask(two, after=SECOND / 2, rate=2, booked=slot)
    assert isinstance(claimed, Letter)


async def test_s32_a_slot_that_was_not_used_in_time_is_taken_anew(post: Post, chat: int) -> None:
    await post.put(chat, "text")
    other = await post.chat()
    await post.put(other, "text")
    late = pace.AHEAD + timedelta(microseconds=1)
    assert isinstance(await post.ask(other, after=late, rate=1), Letter)
    taken = Slot("telegram", False, NOW, taken=True)
    slot = await post.ask(chat, after=late, rate=1, booked=taken)
    assert isinstance(slot, Slot)
    assert slot.at == NOW + late + SECOND
    assert isinstance(
        await post.ask(chat, after=late, rate=1, booked=replace(taken, at=NOW + late)), Letter
    )


async def test_what_was_settled_is_not_settled_again(post: Post, chat: int) -> None:
    number = await post.put(chat, "one")
    letter = await post.take(chat)
    await post.accepted(number, "77")
    await post.settle(letter, "failed", "too late")
    await post.retry(letter, MINUTE)
    assert await post.state(number) == ("accepted", None)
    async with post.work.reading() as reader:
        assert await outbox.counts(reader) == {"accepted": 1}


async def test_the_newest_choices_are_found_whatever_was_said_since(post: Post, chat: int) -> None:
    other = await post.chat()
    async with post.work.reading() as reader:
        assert await outbox.last_choices(reader, chat, 2) == []
    for body, choices in (("first", True), ("old", True), ("new", True), ("since", False)):
        await post.put(chat, body, choices=choices)
    await post.put(other, "elsewhere", choices=True)
    async with post.work.reading() as reader:
        assert await outbox.last_choices(reader, chat, 2) == ["new", "old"]


# Cost


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_claiming_reads_open_messages_and_not_a_whole_history(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    rows = Reader.rows

    async def noted(self: Reader, sql: str, *values: Any) -> Any:
        asked.append((sql, *values))
        return await rows(self, sql, *values)

    with monkeypatch.context() as patch:
        patch.setattr(Reader, "rows", noted)
        await post.claim(1)
        await post.due()
    plans = [await _plan(post, *query) for query in asked if "outbox" in query[0]]
    assert plans == [
        {
            "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)",
            "SEARCH o USING INDEX outbox_conversation (conversation_id=? AND state=?)",
        },
        {
            "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)",
            "SEARCH o USING INDEX outbox_due (due_at<?)",
            "SEARCH p USING INDEX outbox_conversation (conversation_id=? AND state=?)",
        },
    ]


async def _plan(post: Post, sql: str, *values: Any) -> set[str]:
    async with post.work.reading() as reader:
        steps = await reader.rows(f"EXPLAIN QUERY PLAN {sql}", *values)
    read = {step["detail"] for step in steps if step["detail"].startswith(("SEARCH", "SCAN"))}
    # What was found, to be numbered by channel.
    return {step for step in read if not step.startswith(("SCAN due", "SCAN (subquery"))}
