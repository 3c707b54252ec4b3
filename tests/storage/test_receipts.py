"""S31: receipts, in whatever order, and the answer itself: a message ends in one state."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, combinations, permutations

import pytest

from bot.domain.messages import MessageClass
from bot.storage import conversations
from tests.services.shop import DAY, MINUTE, NOW
from tests.storage.post import LEASE, Post

#: What can be heard of a message, in any order: the call's answer, receipts, and nothing at all.
HEARD = ("answer", "sent", "delivered", "failed", "lost")
#: How far each says that a message has come.
STATES = {"answer": "accepted", "sent": "accepted", "failed": "failed", "delivered": "delivered"}
RANKS = ("due", "sending", "unknown", "accepted", "failed", "delivered")


async def tell(post: Post, number: int, provider_id: str, heard: str) -> None:
    if heard == "answer":
        await post.accepted(number, provider_id)
    elif heard == "lost":
        await post.release_lost(LEASE)
    else:
        await post.receipt(provider_id, heard, reference=f"{number}")


def orders() -> Iterable[tuple[str, ...]]:
    """All of it in every order, each of it twice, and every part of it."""
    parts = chain.from_iterable(combinations(HEARD, count) for count in range(1, 4))
    return chain(
        permutations(HEARD),
        chain.from_iterable(map(permutations, parts)),
        ((*order, *order) for order in permutations(HEARD[1:4])),
    )


async def test_s31_all_orders_end_in_one_state_and_none_moves_back(post: Post) -> None:
    chat = await post.chat()
    for order in orders():
        number = await post.put(chat, "one", MessageClass.MARKETING)
        await post.claim(chat)
        states = ["sending"]
        for heard in order:
            await tell(post, number, f"id {number}", heard)
            states.append((await post.state(number))[0])
        reached = [STATES[heard] for heard in order if heard in STATES]
        assert states[-1] == max(reached or ["due"], key=RANKS.index), order
        # Being lost is no step back: nothing was known before either.
        known = [state for state in states if RANKS.index(state) > RANKS.index("unknown")]
        assert known == sorted(known, key=RANKS.index), order
        await post.forget(number)


async def test_s31_a_message_whose_answer_was_lost_is_known_by_our_mark(
    post: Post, chat: int
) -> None:
    number = await post.put(chat, "one")
    await post.claim(chat)
    await post.release_lost(LEASE)
    assert await post.receipt("SM1", "sent", reference=f"{number}")
    assert await post.state(number) == ("accepted", None)
    assert await post.claimed(chat, after=LEASE) == "", "it is not repeated"
    # Now it is known by its id, and another's mark does not matter.
    assert await post.receipt("SM1", "delivered", reference="999")
    assert not await post.receipt("SM2", "failed", reference=f"{number}")
    assert await post.state(number) == ("delivered", None)


async def test_a_receipt_of_another_channel_or_message_changes_nothing(
    post: Post, chat: int
) -> None:
    number = await post.put(chat, "one")
    assert not await post.receipt("SM1", "sent", reference=f"{number}"), "it was never handed over"
    await post.claim(chat)
    for mark in ("", "0", f"{number + 1}", f"-{number}", "1; DROP", "²", "9" * 40):
        assert not await post.receipt("SM1", "sent", reference=mark)
    assert not await post.receipt("SM1", "failed", channel="sms", reference=f"{number}")
    await post.accepted(number, "SM1")
    assert not await post.receipt("SM1", "failed", channel="sms")
    assert await post.state(number) == ("accepted", None)


async def test_s31_a_failure_keeps_its_reason(post: Post, chat: int) -> None:
    number = await post.put(chat, "one")
    await post.claim(chat)
    await post.receipt("SM1", "failed", reference=f"{number}", reason="30007 taken for spam")
    assert await post.state(number) == ("failed", "30007 taken for spam")


# What a failure says of an address


async def flags(post: Post, chat: int) -> tuple[bool, bool]:
    """Whether a conversation is opted out, and whether it is blocked."""
    async with post.work.reading() as reader:
        row = await reader.row("SELECT * FROM conversation WHERE id = $1", chat)
    assert row is not None
    return row["opted_out_at"] is not None, row["blocked_at"] is not None


@pytest.mark.parametrize(
    ("effect", "expected"),
    [("", (False, False)), ("opted_out", (True, False)), ("blocked", (False, True))],
)
async def test_s32_a_failure_acts_on_the_conversation(
    post: Post, chat: int, effect: str, expected: tuple[bool, bool]
) -> None:
    other = await post.chat()
    number = await post.put(chat, "one")
    await post.claim(chat)
    await post.accepted(number, "SM1")
    assert await post.receipt("SM1", "failed", effect=effect)
    assert await flags(post, chat) == expected
    assert await flags(post, other) == (False, False)


async def test_s32_a_failure_told_again_does_not_undo_what_its_owner_did_since(
    post: Post, chat: int
) -> None:
    number = await post.put(chat, "one")
    await post.claim(chat)
    await post.accepted(number, "SM1")
    await post.receipt("SM1", "failed", effect="opted_out")
    async with post.work.unit_of_work() as uow:
        await conversations.opt_in(uow.tx, chat)
    assert not await post.receipt("SM1", "failed", effect="opted_out")
    assert await flags(post, chat) == (False, False)


async def test_s32_who_wrote_since_is_not_dead(post: Post) -> None:
    address = "+420777000111"
    chat = (await post.shop.chat(address)).id
    number = await post.put(chat, "one")
    await post.claim(chat)
    await post.accepted(number, "SM1")
    await post.shop.chat(address, NOW + MINUTE)
    assert await post.receipt("SM1", "failed", effect="blocked")
    assert await flags(post, chat) == (False, False)
    assert (await post.state(number))[0] == "failed"


async def test_s31_what_arrived_after_all_did_not_fail(post: Post, chat: int) -> None:
    number = await post.put(chat, "one")
    await post.claim(chat)
    await post.accepted(number, "SM1")
    await post.receipt("SM1", "delivered")
    assert not await post.receipt("SM1", "failed", effect="blocked")
    assert (await post.state(number), await flags(post, chat)) == (
        ("delivered", None),
        (False, False),
    )
    assert await post.claimed(chat, after=DAY) == ""
