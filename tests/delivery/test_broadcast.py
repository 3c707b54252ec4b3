"""S24, S34: a broadcast while its messages are on their way, and what is said of them later."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.base import SendError
from bot.domain.broadcasts import Progress
from bot.domain.messages import DeliveryReceipt
from bot.domain.segments import EVERYBODY
from bot.services import broadcasts
from bot.services.results import Refused
from bot.services.unit_of_work import Work
from bot.storage import receipts
from scheduler.campaigns.broadcast import Broadcast
from tests.delivery.kit import Provider
from tests.delivery.regulars import Regulars


@pytest.fixture
def post(work: Work) -> Regulars:
    return Regulars(work, Provider("sms"), campaigns=(Broadcast(),))


async def begun(post: Regulars, people: int) -> int:
    """A broadcast to so many, planned for all of them; its number."""
    for _ in range(people):
        await post.member()
    async with post.work.unit_of_work() as uow:
        made = await broadcasts.draft(uow, {"en": "Hello"}, EVERYBODY, None, post.watch.at)
        await broadcasts.start(uow, made.id, people, post.watch.at)
    await broadcasts.advance(post.work, post.watch.at)
    return made.id


async def progress(post: Regulars, number: int) -> Progress:
    async with post.work.reading() as reader:
        found = await broadcasts.show(reader, number)
    assert not isinstance(found, Refused)
    return found[1]


async def test_s34_what_failed_after_all_was_not_sent(post: Regulars) -> None:
    number = await begun(post, 3)
    await post.delivers()
    assert await progress(post, number) == Progress(3, 0, 0, {}, {})
    async with post.work.unit_of_work() as uow:
        told = DeliveryReceipt("sms", "sms-1", "failed", "30003 switched off")
        await receipts.keep(uow.tx, told, post.watch.at)
    assert await progress(post, number) == Progress(2, 0, 0, {"30003 switched off": 1}, {})


async def test_s24_refused_after_its_stop_it_is_not_tried_again(post: Regulars) -> None:
    number, sms = await begun(post, 1), post.providers["sms"]
    calling = asyncio.Event()
    sms.watched = lambda _: calling.set()
    sms.open.clear()
    sms.fails(SendError("later", "503"))
    sending = asyncio.create_task(post.delivers())
    await calling.wait()
    async with post.work.unit_of_work() as uow:
        await broadcasts.stop(uow, number, post.watch.at)
    sms.open.set()
    await sending
    for _ in range(3):
        post.watch.passes(minutes=5)
        await broadcasts.advance(post.work, post.watch.at)
        await post.delivers()
    assert len(sms.tried) == 1
    assert (await progress(post, number)).not_sent == 1
