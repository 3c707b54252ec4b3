"""What is said unasked keeps to its provider's limits, and to nobody else's troubles (S32)."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.base import SendError
from bot.domain.members import Member
from bot.domain.messages import DeliveryReceipt
from bot.services.unit_of_work import Work
from bot.storage import members, receipts
from tests.delivery.kit import Provider
from tests.delivery.regulars import Regulars, Telling


@pytest.fixture
def post(work: Work) -> Regulars:
    providers = (Provider("telegram"), Provider("email"), Provider("sms"))
    campaigns = (Telling("statement", prefers="email"), Telling("season"))
    return Regulars(work, *providers, campaigns=campaigns)


async def with_mail(post: Regulars, number: int) -> Member:
    """Somebody who writes from Telegram and agreed to mail."""
    member = await post.member("telegram")
    await post.decides(member, "email", granted=True)
    async with post.work.unit_of_work() as uow:
        address = f"anna{number}@example.com"
        await members.attach(uow.tx, member.id, "email", address, proven=True, now=post.watch.at)
    return member


async def test_s32_a_flood_wait_holds_all_that_is_unasked_back_for_as_long_as_it_says(
    post: Regulars,
) -> None:
    post.at_once = 1
    post.sender = post.another()
    for _ in range(3):
        await post.plan(await post.member("telegram"), "season")
    post.providers["telegram"].fails(SendError("later", "429", retry_after=40))
    await post.delivers()
    post.watch.passes(seconds=20)
    await post.delivers()
    assert len(post.providers["telegram"].tried) == 1
    # Replies go on meanwhile.
    await post.says(await post.chat("telegram"), "answer")
    await post.delivers()
    assert post.heard("telegram") == ["answer"]
    for _ in range(3):
        post.watch.passes(seconds=20)
        await post.delivers()
    assert post.heard("telegram") == ["answer", *["season 1"] * 3]


async def test_s32_a_number_that_opted_out_by_receipt_hears_nothing_unasked(
    post: Regulars,
) -> None:
    anna = await post.member("sms")
    await post.plan(anna, "season", "1")
    await post.delivers()
    told = DeliveryReceipt("sms", "sms-1", "failed", "21610", effect="opted_out")
    async with post.work.unit_of_work() as uow:
        await receipts.keep(uow.tx, told, post.watch.at)
    post.watch.passes(days=8)
    number = await post.plan(anna, "season", "2")
    await post.delivers(2)
    assert await post.occasion(number) == ("dropped", "blocked")
    assert len(post.providers["sms"].tried) == 1


async def test_s32_a_mail_server_that_hangs_keeps_nothing_back_elsewhere(post: Regulars) -> None:
    """Known fault: who is written to by mail was waited for among those of Telegram."""
    for number in range(3):
        await post.plan(await with_mail(post, number), "statement")
    petr, jana = await post.member("telegram"), await post.member("telegram")
    mail, telegram = post.providers["email"], post.providers["telegram"]
    mail.open.clear()
    tried, heard, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()
    mail.watched = lambda _: tried.set()
    telegram.watched = lambda _: heard.set() if len(telegram.tried) == 2 else None
    running = asyncio.create_task(post.sender.run(stop, 0.01))
    async with asyncio.timeout(20):
        await tried.wait()
        await post.plan(petr, "season")
        await post.plan(jana, "season")
        await heard.wait()
    assert mail.taken == []
    mail.open.set()
    stop.set()
    await running
    post.sender = post.another()
    post.watch.passes(minutes=1)
    await post.delivers()
    assert post.heard("email") == ["statement 1"] * 3
