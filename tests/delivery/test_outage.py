"""S32: an hour in which nothing is taken, and what comes after; replies before bulk; order."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest

from bot.channels.base import SendError
from bot.services.unit_of_work import Work
from tests.delivery.kit import MARKETING, TRANSACTIONAL, Post, Provider

HOUR = 3600

FAULTS = {
    "429": SendError("later", "429", retry_after=30),
    "503": SendError("later", "503"),
    "refused": SendError("later", "connection refused"),
}


@pytest.fixture
def post(work: Work) -> Post:
    return Post(work, Provider("sms"), Provider("whatsapp"))


async def by_chat(post: Post, channel: str = "sms") -> dict[str, list[str]]:
    """What everybody read, in the order in which it came."""
    found = defaultdict[str, list[str]](list)
    for message, _ in post.providers[channel].taken:
        found[message.address.value].append(message.text[-1])
    return found


@pytest.mark.parametrize("fault", FAULTS)
async def test_s32_an_hour_without_a_provider_loses_nothing_and_no_order(
    post: Post, fault: str
) -> None:
    provider = post.providers["sms"]
    provider.watched = lambda _: provider.fates.append(FAULTS[fault])
    people = [await post.chat() for _ in range(3)]
    for minute in range(60):
        if minute < 9:
            await post.says(people[minute % 3], f"{minute}", TRANSACTIONAL)
        await post.delivers()
        post.watch.passes(minutes=1)
    assert provider.taken == []
    assert await post.states() == {"due": 9}
    # It is asked again and again, but not without end.
    assert 3 * 10 < len(provider.tried) < 3 * 60

    provider.watched = lambda _: None
    provider.fates.clear()
    await post.until_done()
    assert sorted((await by_chat(post)).values()) == [list("036"), list("147"), list("258")]
    assert await post.states() == {"accepted": 9}


async def test_s32_after_it_a_conversation_goes_on_within_minutes(post: Post) -> None:
    provider = post.providers["sms"]
    provider.watched = lambda _: provider.fates.append(FAULTS["503"])
    await post.says(await post.chat(), "one")
    await post.until_done(rounds=60, minutes=1)
    provider.watched = lambda _: None
    for _ in range(5):
        post.watch.passes(minutes=1)
        await post.delivers()
    assert provider.texts == ["one"]


async def test_s32_one_channel_down_holds_up_no_other(post: Post) -> None:
    """A provider that hangs takes places of its own channel alone."""
    post = Post(post.work, *post.providers.values(), at_once=1)
    silent = post.providers["sms"]
    silent.open.clear()
    for _ in range(3):
        await post.says(await post.chat("sms"), "one")
    delivering = asyncio.create_task(post.sender.deliver_due())
    chats = [await post.chat("whatsapp") for _ in range(3)]
    for chat in chats:
        await post.says(chat, "one")
    await post.sender.deliver(chats)
    assert (len(post.providers["whatsapp"].taken), silent.taken) == (3, [])
    silent.open.set()
    await delivering
    assert len(silent.taken) == 3


async def test_s32_a_limit_holds_back_bulk_while_replies_go_on(post: Post) -> None:
    provider = Provider("sms", rate=30)
    post = Post(post.work, provider)
    provider.fails(SendError("later", "429", retry_after=120))
    await post.says(await post.chat(), "first")
    await post.delivers()
    for text in ("offer", "another offer"):
        await post.says(await post.chat(), text, MARKETING)
    await post.says(await post.chat(), "second")
    for _ in range(10):
        post.watch.passes(seconds=10)
        await post.delivers()
        assert provider.texts == ["second"]
    post.watch.passes(seconds=20)
    await post.delivers()
    assert sorted(provider.texts[1:]) == ["another offer", "first", "offer"]
