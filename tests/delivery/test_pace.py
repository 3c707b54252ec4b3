"""S32: nobody is *sending* who waits for a turn, and who waits keeps nobody else waiting."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from bot.services.unit_of_work import Work
from tests.delivery.kit import MARKETING, Post, Provider, Watch

SECOND = timedelta(seconds=1)


class Held(Watch):
    """A watch on which nobody's moment comes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_for: list[datetime] = []
        self.let_go = asyncio.Event()
        self._more = asyncio.Condition()

    async def wait_until(self, instant: datetime) -> None:
        async with self._more:
            self.waited_for.append(instant)
            self._more.notify_all()
        await self.let_go.wait()
        await super().wait_until(instant)

    async def has_waiting(self, number: int) -> None:
        """Until so many wait for their moment."""
        async with self._more:
            await self._more.wait_for(lambda: len(self.waited_for) >= number)


async def test_s32_who_waits_is_not_sending_and_takes_no_place(work: Work) -> None:
    provider, free = Provider("sms", rate=1), Provider("whatsapp")
    post = Post(work, provider, free, at_once=1)
    post.watch = watch = Held()
    post.sender = post.another()
    chats = [await post.chat() for _ in range(3)]
    for chat in chats:
        await post.says(chat, "text")
    delivering = asyncio.create_task(post.sender.deliver_due())
    await watch.has_waiting(2)
    assert await post.states() == {"accepted": 1, "due": 2}
    assert watch.waited_for == [watch.at + SECOND, watch.at + 2 * SECOND]
    # The only place is free meanwhile.
    assert not post.sender._places["sms"].locked()
    watch.let_go.set()
    await delivering
    assert await post.states() == {"accepted": 3}
    assert watch.real == watch.at + 2 * SECOND


async def test_s32_replies_go_before_bulk_that_waited_longer(work: Work) -> None:
    provider = Provider("sms", rate=1)
    post = Post(work, provider)
    post.watch = watch = Held()
    post.sender = post.another()
    offers, chats = [[await post.chat() for _ in range(4)] for _ in range(2)]
    for offered, chat in zip(offers, chats, strict=True):
        await post.says(offered, "offer", MARKETING)
        await post.says(chat, "answer")
    answering = asyncio.create_task(post.sender.deliver(chats))
    await watch.has_waiting(3)
    assert sorted(watch.waited_for) == [watch.at + n * SECOND for n in (1, 2, 3)]
    offering = asyncio.create_task(post.sender.deliver(offers))
    await watch.has_waiting(4)
    assert watch.waited_for[3] == watch.at + 4 * SECOND
    watch.let_go.set()
    await asyncio.gather(answering, offering)
    assert sorted(provider.texts) == ["answer"] * 4 + ["offer"] * 4


async def test_s32_bulk_that_waits_lets_a_reply_through(work: Work) -> None:
    provider = Provider("sms", rate=1)
    post = Post(work, provider, at_once=1)
    post.watch = watch = Held()
    post.sender = post.another()
    for _ in range(2):
        await post.says(await post.chat(), "offer", MARKETING)
    delivering = asyncio.create_task(post.sender.deliver_due())
    await watch.has_waiting(1)
    assert provider.texts == ["offer"]
    watch.real += SECOND
    chat = await post.chat()
    await post.says(chat, "answer")
    await post.sender.deliver([chat])
    assert provider.texts == ["offer", "answer"]
    watch.let_go.set()
    await delivering
    assert provider.texts == ["offer", "answer", "offer"]


async def test_s32_a_long_message_takes_as_many_turns_as_it_has_units(work: Work) -> None:
    provider = Provider("sms", rate=1)
    post = Post(work, provider)
    moments: list[datetime] = []
    provider.watched = lambda _: moments.append(post.watch.real)
    long, short = await post.chat(), await post.chat()
    await post.says(long, "x" * 150)
    await post.delivers()
    await post.says(short, "text")
    await post.delivers()
    assert provider.cost(provider.tried[0]) == 3
    assert moments == [post.watch.at, post.watch.at + 3 * SECOND]


async def test_s32_what_waits_too_long_is_left_to_a_later_round(work: Work) -> None:
    """It is not forgotten, and a round does not last for ever."""
    provider = Provider("sms", rate=1 / 30)
    post = Post(work, provider)
    for _ in range(4):
        await post.says(await post.chat(), "text")
    await post.delivers()
    assert await post.states() == {"accepted": 1, "due": 3}
    began = post.watch.real
    await post.until_done(seconds=10)
    assert await post.states() == {"accepted": 4}
    assert post.watch.real - began >= 90 * SECOND
