"""S27, S37: after somebody is erased nothing goes to them, whatever was planned or on its way."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.base import SendError
from bot.domain.members import Member
from bot.services import erasing
from bot.services.unit_of_work import Work
from bot.storage import members
from tests.delivery.kit import LOST, Provider
from tests.delivery.regulars import Regulars, Telling


@pytest.fixture
def post(work: Work) -> Regulars:
    return Regulars(work, Provider("sms"), campaigns=(Telling("season"),))


async def erase(post: Regulars, member: Member) -> bool:
    async with post.work.unit_of_work() as uow:
        return await erasing.erase(uow, member.id, post.watch.at)


async def test_erased_between_planning_and_sending(post: Regulars) -> None:
    anna = await post.member()
    number = await post.plan(anna, "season")
    await erase(post, anna)
    await post.delivers(2)
    assert await post.occasion(number) == ("dropped", "erased")
    assert post.providers["sms"].tried == []


async def test_what_is_planned_all_the_same_is_dropped(post: Regulars) -> None:
    anna = await post.member()
    await erase(post, anna)
    number = await post.plan(anna, "season")
    await post.delivers(2)
    assert await post.occasion(number) == ("dropped", "erased")
    assert post.providers["sms"].tried == []


@pytest.mark.parametrize(
    "fate", ["", LOST, SendError("later", "busy"), SendError("unknown", "no answer")]
)
async def test_erased_while_it_is_being_sent(post: Regulars, fate: str | SendError) -> None:
    """That one may arrive, and is not tried again whatever came of it."""
    sms, anna = post.providers["sms"], await post.member()
    await post.plan(anna, "season")
    sms.open.clear()
    begun = asyncio.Event()
    sms.watched = lambda _: begun.set()
    if fate:
        sms.fails(fate)
    sending = asyncio.create_task(post.delivers())
    await begun.wait()
    assert await erase(post, anna)
    sms.open.set()
    await sending
    for _ in range(4):
        post.watch.passes(hours=1)
        await post.delivers()
    assert len(sms.tried) == 1
    assert len(sms.taken) == (0 if isinstance(fate, SendError) else 1)


async def test_a_reply_that_waits_for_its_turn_is_not_sent(post: Regulars) -> None:
    anna = await post.member()
    async with post.work.reading() as reader:
        row = await reader.row("SELECT id FROM conversation")
    assert row is not None
    await post.says(row["id"], "hello")
    await erase(post, anna)
    await post.delivers(2)
    assert post.providers["sms"].tried == []


async def test_erased_while_several_processes_deliver(post: Regulars) -> None:
    """Each heard at most one, claimed before; nobody is left with anything to come."""
    everybody = [await post.member() for _ in range(12)]
    for member in everybody:
        await post.plan(member, "season")
    workers = [post.another() for _ in range(4)]
    await asyncio.gather(
        *(worker.deliver_due() for worker in workers),
        *(erase(post, member) for member in everybody),
    )
    tried = len(post.providers["sms"].tried)
    await post.delivers(3)
    assert len(post.providers["sms"].tried) == tried <= len(everybody)
    async with post.work.reading() as reader:
        for table in ("outbox", "occasion"):
            states = await reader.rows(f"SELECT DISTINCT state FROM {table}")
            assert {row["state"] for row in states} <= {"accepted", "taken", "dropped", "unknown"}


async def test_s37_erased_while_they_are_written_to_for_the_first_time(work: Work) -> None:
    """Known fault: each waited for the other, and the database ended one of them."""
    post = Regulars(work, Provider("telegram"), Provider("email"), campaigns=(Telling("season"),))
    for number in range(12):
        anna = await post.member("telegram", yes=["email"])
        address = f"anna{number}@example.com"
        async with post.work.unit_of_work() as uow:
            await members.attach(uow.tx, anna.id, "email", address, proven=True, now=post.watch.at)
        planned = await post.plan(anna, "season")
        _, erased = await asyncio.gather(post.delivers(), erase(post, anna))
        assert erased
        assert await post.occasion(planned) in {("taken", ""), ("dropped", "erased")}
