"""S24: fifty workers at cap − 1 send one, whoever they are and however often they try."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

from bot.channels.base import SendError
from bot.services.unit_of_work import Work
from tests.delivery.kit import Provider
from tests.delivery.regulars import DAY, Regulars, Telling

WORKERS = 50


def regulars(work: Work, *campaigns: Telling) -> Regulars:
    return Regulars(work, Provider("sms"), Provider("telegram"), campaigns=campaigns)


async def all_at_once(post: Regulars) -> None:
    """Fifty senders, each of a process of its own, look for work at the same moment."""
    workers = [
        post.another(Work(post.work.database, ("en", "cs"), owner=f"worker {number}"))
        for number in range(WORKERS)
    ]
    await asyncio.gather(*(worker.deliver_due() for worker in workers))


async def test_s24_fifty_workers_at_one_below_the_cap_send_one(work: Work) -> None:
    post = regulars(work, Telling("season"))
    await post.add("\n[caps]\nmember = { week = 2 }\n")
    anna = await post.member()
    await post.plan(anna, "season", "before")
    await post.delivers()
    for number in range(WORKERS):
        await post.plan(anna, "season", f"{number}", lasts=30 * DAY)
    await all_at_once(post)
    assert len(post.heard()) == 2
    # Leases of workers that found nothing run out; nobody gets more for that.
    post.watch.passes(minutes=1)
    await all_at_once(post)
    assert len(post.heard()) == 2
    post.watch.passes(days=7)
    await all_at_once(post)
    await all_at_once(post)
    assert len(post.heard()) == 4


async def test_s24_a_refusal_frees_one_place_and_one_alone(work: Work) -> None:
    post = regulars(work, Telling("season"))
    await post.add("\n[caps]\nmember = { day = 1 }\n")
    anna = await post.member()
    for number in range(WORKERS):
        await post.plan(anna, "season", f"{number}", lasts=30 * DAY)
    post.providers["sms"].fails(*[SendError("refused", "no")] * 5)
    for _ in range(3):
        await all_at_once(post)
        post.watch.passes(minutes=1)
    assert (len(post.providers["sms"].tried), len(post.heard())) == (6, 1)


async def test_s23_a_cap_of_nothing_sends_nothing_and_no_cap_sends_all(work: Work) -> None:
    post = regulars(work, Telling("season"))
    anna = await post.member()
    await post.add("\n[caps]\nmember = { day = 0 }\n")
    for number in range(10):
        await post.plan(anna, "season", f"never {number}")
    await all_at_once(post)
    assert post.providers["sms"].tried == []
    await post.add("\n[caps]\n")
    for number in range(10):
        await post.plan(anna, "season", f"always {number}")
    await all_at_once(post)
    assert sorted(post.heard()) == [f"season always {number}" for number in range(10)]


async def test_s24_many_members_many_workers_and_faults_stay_within_every_window(
    work: Work,
) -> None:
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    post = regulars(work, Telling("season"), Telling("winback", group="winback"))
    await post.add("\n[caps]\nmember = { day = 1, week = 3 }\ngroups.winback = { week = 1 }\n")
    people = [await post.member(*dice.choice([("sms",), ("telegram",)])) for _ in range(6)]
    workers = [
        post.another(Work(post.work.database, ("en", "cs"), owner=f"worker {number}"))
        for number in range(5)
    ]
    times: dict[str, list[tuple[object, str]]] = {}
    for provider in post.providers.values():
        provider.watched = lambda message: times.setdefault(message.address.value, []).append(
            (post.watch.at, message.text)
        )
    for step in range(60):
        for person in people:
            await post.plan(person, dice.choice(["season", "winback"]), f"{step}", lasts=2 * DAY)
        await asyncio.gather(*(worker.deliver_due() for worker in workers))
        post.watch.passes(hours=dice.randrange(1, 8))
    for address, heard in times.items():
        moments = [at for at, _ in heard]
        for at in moments:
            day = [other for other in moments if at - timedelta(days=1) < other <= at]  # type: ignore[operator]
            week = [other for other in moments if at - timedelta(days=7) < other <= at]  # type: ignore[operator]
            assert len(day) <= 1, (seed, address)
            assert len(week) <= 3, (seed, address)
        backs = [at for at, text in heard if "winback" in text]
        for at in backs:
            assert len([o for o in backs if at - timedelta(days=7) < o <= at]) == 1, (seed, address)  # type: ignore[operator]
    assert len(times) == 6, seed
