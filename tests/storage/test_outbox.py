"""S31, S32: who sends what when, in which order, and how far a message can be said to have come."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from bot.domain.messages import MessageClass
from bot.services.unit_of_work import Work
from bot.storage import outbox
from bot.storage.database import Reader
from bot.storage.outbox import Letter
from tests.services.shop import DAY, MINUTE, NOW, Shop

REPLY, TRANSACTIONAL, MARKETING = MessageClass
SECOND = timedelta(seconds=1)
LEASE = 60 * SECOND


class Post:
    """One outbox as two processes use it, the programme's clock standing still unless said."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.shop = Shop(work)

    async def put(
        self,
        chat: int,
        body: str,
        message_class: MessageClass = REPLY,
        due: timedelta = timedelta(),
        kept_by: str | None = None,
        kept_for: timedelta = 15 * SECOND,
        choices: bool = False,
    ) -> int:
        async with self.work.unit_of_work() as uow:
            return await outbox.put(
                uow.tx,
                chat,
                body,
                message_class=message_class,
                member_id=None,
                choices=choices,
                due_at=NOW + due,
                now=NOW,
                claimed_by=kept_by,
                lease_until=NOW + kept_for if kept_by else None,
            )

    async def claim(
        self, chat: int, owner: str = "a", after: timedelta = timedelta()
    ) -> Letter | None:
        async with self.work.unit_of_work() as uow:
            return await outbox.claim_next(
                uow.tx, chat, owner=owner, now=NOW + after, real_now=NOW + after, lease=LEASE
            )

    async def claimed(self, chat: int, owner: str = "a", after: timedelta = timedelta()) -> str:
        """The body of the message that was claimed, "" for none."""
        letter = await self.claim(chat, owner, after)
        return letter.body if letter else ""

    async def due(self, after: timedelta = timedelta(), limit: int = 100) -> list[int]:
        async with self.work.reading() as reader:
            return await outbox.due_conversations(reader, NOW + after, NOW + after, limit)

    async def accepted(self, letter: int, provider_id: str | None = None) -> None:
        async with self.work.unit_of_work() as uow:
            await outbox.accepted(uow.tx, letter, provider_id)

    async def settle(self, letter: int, state: str, reason: str = "why") -> None:
        async with self.work.unit_of_work() as uow:
            await outbox.settle(uow.tx, letter, state, reason)

    async def retry(self, letter: int, due: timedelta) -> None:
        async with self.work.unit_of_work() as uow:
            await outbox.retry(uow.tx, letter, NOW + due, "later")

    async def release_lost(self, after: timedelta) -> int:
        async with self.work.unit_of_work() as uow:
            return await outbox.release_lost(uow.tx, NOW + after, NOW + after)

    async def receipt(self, provider_id: str, state: str, channel: str = "telegram") -> int:
        async with self.work.unit_of_work() as uow:
            return await outbox.receipt(uow.tx, channel, provider_id, state, "")

    async def state(self, letter: int) -> tuple[str, str | None]:
        async with self.work.reading() as reader:
            row = await reader.row("SELECT state, reason FROM outbox WHERE id = $1", letter)
        assert row is not None
        return row["state"], row["reason"]

    async def chat(self) -> int:
        return (await self.shop.chat()).id


@pytest.fixture
def post(work: Work) -> Post:
    return Post(work)


@pytest.fixture
async def chat(post: Post) -> int:
    return await post.chat()


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
    first = await post.put(chat, "one")
    await post.put(chat, "two")
    await post.claim(chat)
    await post.retry(first, 30 * SECOND)
    assert await post.claimed(chat) == ""
    assert await post.claimed(chat, after=30 * SECOND) == "one"


@pytest.mark.parametrize("state", ["unknown", "failed", "dropped"])
async def test_s32_one_that_is_settled_holds_up_nobody(post: Post, chat: int, state: str) -> None:
    first = await post.put(chat, "one")
    await post.put(chat, "two")
    await post.claim(chat)
    await post.settle(first, state)
    assert await post.claimed(chat) == "two"


async def test_s32_replies_overtake_marketing(post: Post, chat: int) -> None:
    other = await post.chat()
    await post.put(other, "offer", MARKETING)
    await post.put(chat, "tomorrow's offer", MARKETING, due=DAY)
    await post.put(chat, "offer", MARKETING)
    await post.put(chat, "answer")
    assert await post.due() == [chat, other]
    answer = await post.claim(chat)
    assert answer is not None
    assert answer.body == "answer"
    await post.accepted(answer.id)
    # Among themselves the offers keep their order.
    assert await post.claimed(chat) == ""
    assert await post.claimed(chat, after=DAY) == "tomorrow's offer"


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
        await post.put(waiting, "later", due=MINUTE)
        await post.put(waiting, "after it")
        sending = await post.chat()
        await post.put(sending, "on its way")
        await post.claim(sending)
        await post.put(sending, "after it")
    free = await post.chat()
    await post.put(free, "now")
    assert await post.due(limit=1) == [free]
    assert len(await post.due(after=2 * MINUTE)) == 4


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


# Lost senders


@pytest.mark.parametrize("message_class", [REPLY, TRANSACTIONAL])
async def test_s31_a_reply_whose_sender_was_lost_is_repeated_once_then_unknown(
    post: Post, chat: int, message_class: MessageClass
) -> None:
    number = await post.put(chat, "one", message_class)
    await post.claim(chat)
    assert await post.release_lost(LEASE - SECOND) == 0
    assert await post.claimed(chat, "b", after=LEASE) == ""  # not before it is known to be lost
    assert await post.release_lost(LEASE) == 1
    assert await post.state(number) == ("due", "sender lost")
    again = await post.claim(chat, "b", after=LEASE)
    assert again is not None
    assert (again.body, again.attempt) == ("one", 2)
    assert await post.release_lost(2 * LEASE) == 1
    assert await post.state(number) == ("unknown", "sender lost")
    assert await post.release_lost(3 * LEASE) == 0
    assert await post.claimed(chat, after=3 * LEASE) == ""


async def test_s31_marketing_whose_sender_was_lost_is_never_repeated(post: Post, chat: int) -> None:
    number = await post.put(chat, "offer", MARKETING)
    await post.claim(chat)
    assert await post.release_lost(LEASE) == 1
    assert await post.state(number) == ("unknown", "sender lost")
    assert await post.claimed(chat, after=LEASE) == ""


async def test_s31_an_answer_that_came_late_settles_an_unknown_message(
    post: Post, chat: int
) -> None:
    number = await post.put(chat, "offer", MARKETING)
    await post.claim(chat)
    await post.release_lost(LEASE)
    await post.accepted(number, "77")
    assert await post.state(number) == ("accepted", None)


# Receipts


async def test_s31_receipts_in_any_order_never_move_a_state_back(post: Post) -> None:
    for order in permutations(("accepted", "delivered", "failed", "lost")):
        await _receive(post, await post.chat(), order)


async def _receive(post: Post, chat: int, order: tuple[str, ...]) -> None:
    """`rank` tells how far a message has come; what is final is whichever receipt came first."""
    rank = {"sending": 0, "unknown": 1, "accepted": 1, "delivered": 2, "failed": 2}
    number = await post.put(chat, "one", MARKETING)
    await post.claim(chat)
    await post.accepted(number, f"{chat}")
    seen = [(await post.state(number))[0]]
    for event in order:
        if event == "accepted":
            await post.accepted(number, f"{chat}")
        elif event == "lost":
            await post.release_lost(LEASE)
        else:
            await post.receipt(f"{chat}", event)
        seen.append((await post.state(number))[0])
    assert [rank[state] for state in seen] == sorted(rank[state] for state in seen), order
    first = next(event for event in order if event in ("delivered", "failed"))
    assert seen[-1] == first, order


async def test_s31_a_receipt_settles_an_unknown_message(post: Post, chat: int) -> None:
    number = await post.put(chat, "one")
    await post.claim(chat)
    await post.accepted(number, "77")
    async with post.work.unit_of_work() as uow:
        await uow.tx.execute("UPDATE outbox SET state = 'unknown' WHERE id = $1", number)
    assert await post.receipt("77", "delivered") == 1
    assert (await post.state(number))[0] == "delivered"


async def test_a_receipt_of_another_channel_or_message_changes_nothing(
    post: Post, chat: int
) -> None:
    number = await post.put(chat, "one")
    await post.claim(chat)
    await post.accepted(number, "77")
    assert await post.receipt("77", "failed", channel="sms") == 0
    assert await post.receipt("78", "failed") == 0
    assert await post.state(number) == ("accepted", None)


async def test_what_was_settled_is_not_settled_again(post: Post, chat: int) -> None:
    number = await post.put(chat, "one")
    await post.claim(chat)
    await post.accepted(number, "77")
    await post.settle(number, "failed", "too late")
    await post.retry(number, MINUTE)
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
        {"SEARCH outbox USING INDEX outbox_conversation (conversation_id=? AND state=?)"},
        {
            "SEARCH o USING INDEX outbox_due (due_at<?)",
            "SEARCH p USING INDEX outbox_conversation (conversation_id=? AND state=?)",
        },
    ]


async def _plan(post: Post, sql: str, *values: Any) -> set[str]:
    async with post.work.reading() as reader:
        steps = await reader.rows(f"EXPLAIN QUERY PLAN {sql}", *values)
    return {step["detail"] for step in steps if step["detail"].startswith(("SEARCH", "SCAN"))}
