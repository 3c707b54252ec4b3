"""Broadcasts below the conversation: counted, planned in pages, halted, ended."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from bot.domain.broadcasts import Broadcast, Progress
from bot.domain.deciding import Candidate, decide
from bot.domain.members import Member, Role
from bot.domain.messages import Money
from bot.domain.occasions import Occasion
from bot.domain.preferences import Preference
from bot.domain.segments import parse
from bot.services import broadcasts, erasing, halting, joining, reaching, reasons
from bot.services import preferences as wishes
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork
from bot.storage import conversations, halts, members, preferences
from locales import Catalogues
from tests.acceptance.cafe import TWO_SHOPS, preset
from tests.services.shop import DAY, NOW, Shop, cafe

WORDS = Catalogues.load()
HOUR = timedelta(hours=1)
CHANNELS = frozenset({"telegram", "sms", "whatsapp", "email"})


async def agreed(shop: Shop, name: str = "Anna", now: datetime = NOW, **chat: str) -> Member:
    """A member who wants offers where they write."""
    where = await shop.chat(now=now, **chat)
    member = await shop.member(name, where, now)
    await decides(shop, member, where.address.channel)
    return member


async def decides(shop: Shop, member: Member, channel: str, *, yes: bool = True) -> None:
    async with shop.uow() as uow:
        await joining.decide_marketing(uow, member.id, channel, yes, "resume.done", NOW)


async def drafted(
    shop: Shop, segment: str = "all", staff_id: int | None = None, **texts: str
) -> Broadcast:
    """A draft, in English unless given."""
    async with shop.uow() as uow:
        chosen = parse(segment, uow.programme)
        return await broadcasts.draft(uow, texts or {"en": "Hello!"}, chosen, staff_id, NOW)


async def started(
    shop: Shop, segment: str = "all", staff_id: int | None = None, now: datetime = NOW
) -> int:
    """The number of a broadcast that is on its way; nobody is planned for yet."""
    made = await drafted(shop, segment, staff_id)
    async with shop.uow() as uow:
        assert isinstance(await broadcasts.start(uow, made.id, 0, now), Broadcast)
    return made.id


async def shown(shop: Shop, number: int) -> tuple[str, Progress]:
    """Its state, and how far it is."""
    async with shop.work.reading() as reader:
        found = await broadcasts.show(reader, number)
        assert not isinstance(found, Refused)
        return found[0].state, found[1]


async def planned_for(shop: Shop, number: int) -> list[int]:
    """The members it is planned for; each as often as it is."""
    async with shop.work.reading() as reader:
        rows = await reader.rows(
            "SELECT member_id FROM occasion WHERE campaign = 'broadcast' AND occurrence = $1 "
            "AND state = 'planned' ORDER BY member_id",
            str(number),
        )
        return [row["member_id"] for row in rows]


def ids(people: Sequence[Member]) -> list[int]:
    return sorted(person.id for person in people)


# --- Planning ---


async def test_s29_a_kill_between_pages_goes_on_where_it_stopped(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is skipped and nobody is planned twice, wherever it dies."""
    monkeypatch.setattr(broadcasts, "PAGE", 2)
    people = [await agreed(shop) for _ in range(7)]
    number = await started(shop)
    pages: list[int] = []
    real = broadcasts.planning.add
    dies_at = itertools.count(1)

    async def add(tx: object, batch: object, page: object, now: datetime) -> int:
        pages.append(page.first)  # type: ignore[attr-defined]
        if next(dies_at) in (2, 4, 5):
            raise RuntimeError("killed")
        return await real(tx, batch, page, now)  # type: ignore[arg-type]

    monkeypatch.setattr(broadcasts.planning, "add", add)
    for kills in itertools.count():
        try:
            await broadcasts.advance(shop.work, NOW)
            break
        except RuntimeError:
            assert kills < 3
    assert await planned_for(shop, number) == ids(people)
    firsts = sorted(set(pages))
    assert len(firsts) == 4, "each page is done once, but for those that were killed"
    assert Counter(pages) == Counter({firsts[0]: 1, firsts[1]: 2, firsts[2]: 3, firsts[3]: 1})


async def test_s27_whoever_joins_meanwhile_is_not_in_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasts, "PAGE", 1)
    people = [await agreed(shop), await agreed(shop, "Jana")]
    number = await started(shop)
    later = await agreed(shop, "Petr", NOW + timedelta(seconds=1))
    await broadcasts.advance(shop.work, NOW + HOUR)
    assert await planned_for(shop, number) == ids(people)
    await broadcasts.advance(shop.work, NOW + 2 * HOUR)
    assert later.id not in await planned_for(shop, number)


async def test_its_segment_is_that_of_the_start(shop: Shop) -> None:
    till = await shop.colleague()
    here, away = await agreed(shop), await agreed(shop, "Jana")
    await shop.stamp(here, till, now=NOW - 29 * DAY)
    await shop.stamp(away, till, now=NOW - 31 * DAY)
    number = await started(shop, "here:30")
    await broadcasts.advance(shop.work, NOW + 2 * DAY)
    assert await planned_for(shop, number) == [here.id]


async def test_s33_nobody_without_consent_is_planned(shop: Shop) -> None:
    anna, jana, eva = [await agreed(shop) for _ in range(3)]
    await shop.member("Petr")
    await decides(shop, jana, "telegram", yes=False)
    async with shop.uow() as uow:
        await erasing.erase(uow, eva.id, NOW)
    number = await started(shop)
    await broadcasts.advance(shop.work, NOW)
    assert await planned_for(shop, number) == [anna.id]


async def test_s37_who_is_erased_meanwhile_is_dropped(shop: Shop) -> None:
    anna, jana = await agreed(shop), await agreed(shop, "Jana")
    number = await started(shop)
    await broadcasts.advance(shop.work, NOW)
    async with shop.uow() as uow:
        await erasing.erase(uow, jana.id, NOW)
    assert await planned_for(shop, number) == [anna.id]
    assert (await shown(shop, number))[1].why == {"erased": 1}


async def test_who_moves_to_another_zone_or_merges_is_still_in_it(shop: Shop) -> None:
    """What campaigns plan is planned anew; a broadcast is planned once."""
    anna, jana, other = await agreed(shop), await agreed(shop, "Jana"), await shop.member("Jana")
    number = await started(shop)
    await broadcasts.advance(shop.work, NOW)
    async with shop.uow() as uow:
        await wishes.live_by(uow, anna.id, "America/New_York")
        await wishes.live_by(uow, other.id, "America/New_York")
    await shop.merge(jana, other)
    assert await planned_for(shop, number) == ids([anna, jana])


async def test_resuming_does_not_start_over(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "PAGE", 2)
    people = [await agreed(shop) for _ in range(5)]
    number = await started(shop)
    await broadcasts._page(shop.work, number, NOW)
    assert await planned_for(shop, number) == ids(people[:2])
    await pause(shop, number)
    await broadcasts.advance(shop.work, NOW + HOUR)
    assert await planned_for(shop, number) == ids(people[:2]), "nothing more while it is paused"
    # Of those planned one was dropped meanwhile: it is not planned again.
    async with shop.uow() as uow:
        await uow.tx.execute(
            "UPDATE occasion SET state = 'dropped', reason = 'blocked' WHERE member_id = $1",
            people[0].id,
        )
        await broadcasts.resume(uow, number, NOW + HOUR)
    await broadcasts.advance(shop.work, NOW + HOUR)
    assert await planned_for(shop, number) == ids(people[1:])
    assert (await shown(shop, number))[1].why == {"blocked": 1}


async def pause(shop: Shop, number: int, by: int | None = None) -> None:
    async with shop.uow() as uow:
        assert isinstance(await broadcasts.pause(uow, number, by, NOW), Broadcast)


# --- Ending ---


async def test_stopping_drops_who_waits(shop: Shop) -> None:
    await agreed(shop)
    number = await started(shop)
    await broadcasts.advance(shop.work, NOW)
    async with shop.uow() as uow:
        await broadcasts.stop(uow, number, NOW)
    state, progress = await shown(shop, number)
    assert (state, progress.waiting, progress.why) == ("stopped", 0, {"stopped": 1})
    await broadcasts.advance(shop.work, NOW + HOUR)
    assert await planned_for(shop, number) == []


async def test_of_very_many_the_rest_is_dropped_in_pages(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopping holds nobody up at the till; meanwhile nobody is written to."""
    monkeypatch.setattr(broadcasts, "PAGE", 2)
    for _ in range(5):
        await agreed(shop)
    number = await started(shop)
    await broadcasts.advance(shop.work, NOW)
    async with shop.uow() as uow:
        await broadcasts.stop(uow, number, NOW)
    state, progress = await shown(shop, number)
    assert (state, progress.waiting, progress.why) == ("stopped", 3, {"stopped": 2})
    async with shop.work.reading() as reader:
        assert await broadcasts.texts_of(reader, number) is None
    await broadcasts.advance(shop.work, NOW)
    state, progress = await shown(shop, number)
    assert (state, progress.waiting, progress.why) == ("stopped", 0, {"stopped": 5})


async def test_who_was_counted_and_not_planned_yet_is_stopped_too(shop: Shop) -> None:
    """Known fault: a stop before the scheduler's turn told 0, 0, 0."""
    made = await drafted(shop)
    async with shop.uow() as uow:
        await broadcasts.start(uow, made.id, 3, NOW)
        await broadcasts.stop(uow, made.id, NOW)
    state, progress = await shown(shop, made.id)
    assert (state, progress.waiting, progress.why) == ("stopped", 0, {"stopped": 3})


async def test_s37_who_is_erased_waits_for_nothing_and_is_not_stopped(shop: Shop) -> None:
    await agreed(shop)
    jana = await agreed(shop, "Jana")
    made = await drafted(shop)
    async with shop.uow() as uow:
        await broadcasts.start(uow, made.id, 2, NOW)
    await broadcasts.advance(shop.work, NOW)
    async with shop.uow() as uow:
        await erasing.erase(uow, jana.id, NOW)
    assert (await shown(shop, made.id))[1].waiting == 1
    async with shop.uow() as uow:
        await broadcasts.stop(uow, made.id, NOW)
    assert (await shown(shop, made.id))[1].why == {"erased": 1, "stopped": 1}


@pytest.mark.parametrize(
    ("waits_for", "why", "told"),
    [
        ("paused", "too late: paused", "why.paused"),
        ("fewer", "too late: fewer", "why.fewer"),
        ("quiet hours", "too late: quiet hours", "why.quiet"),
        (None, "too late", "why.too_late"),
    ],
)
async def test_s34_what_waited_too_long_is_told_with_what_it_waited_for(
    shop: Shop, waits_for: str | None, why: str, told: str
) -> None:
    await agreed(shop)
    number = await started(shop)
    await broadcasts.advance(shop.work, NOW)
    async with shop.uow() as uow:
        await uow.tx.execute("UPDATE occasion SET reason = $1", waits_for)
    await broadcasts.advance(shop.work, NOW + 72 * HOUR)
    _, progress = await shown(shop, number)
    assert progress.why == {why: 1}
    assert [line.key for line in reasons.lines(progress.why)] == [told]


def test_s34_who_wants_only_gifts_is_told_as_that() -> None:
    assert reasons.kind("only gifts") == "only_gifts"


async def test_s26_after_72_hours_it_is_over_paused_or_not(shop: Shop) -> None:
    owner = await shop.colleague("Petr", Role.OWNER, chat := await shop.chat())
    await agreed(shop)
    number = await started(shop, staff_id=owner.id)
    await broadcasts.advance(shop.work, NOW)
    await pause(shop, number, owner.id)
    await broadcasts.advance(shop.work, NOW + 72 * HOUR - timedelta(seconds=1))
    assert (await shown(shop, number))[0] == "paused"
    await broadcasts.advance(shop.work, NOW + 72 * HOUR)
    state, progress = await shown(shop, number)
    assert (state, progress.why) == ("done", {"too late": 1})
    assert await halted(shop) == frozenset()
    assert await shop.told(chat) == [
        "broadcast.done",
        "broadcast.progress",
        "broadcast.not_sent",
        "why.too_late",
    ]


async def test_a_broadcast_to_nobody_is_done_at_once(shop: Shop) -> None:
    number = await started(shop)
    await broadcasts.advance(shop.work, NOW)
    assert (await shown(shop, number))[0] == "done"


async def test_what_cannot_be_done_any_more_is_refused(shop: Shop) -> None:
    number = await started(shop)
    async with shop.uow() as uow:
        assert refused(await broadcasts.start(uow, number, 0, NOW)) == "broadcast.begun_before"
        assert refused(await broadcasts.resume(uow, number, NOW)) == "broadcast.not_paused"
        await broadcasts.stop(uow, number, NOW)
        assert refused(await broadcasts.stop(uow, number, NOW)) == "broadcast.over"
        assert refused(await broadcasts.pause(uow, number, None, NOW)) == "broadcast.not_running"
        assert refused(await broadcasts.pause(uow, 99, None, NOW)) == "broadcast.unknown"


def refused(result: object) -> str:
    assert isinstance(result, Refused), result
    return result.why.key


# --- Halting ---


async def halted(shop: Shop) -> frozenset[str]:
    async with shop.work.reading() as reader:
        return await halts.halted(reader)


async def test_s32_what_the_provider_takes_for_spam_is_halted_and_told_once(shop: Shop) -> None:
    chat = await shop.chat()
    await shop.colleague("Petr", Role.OWNER, chat)
    await agreed(shop)
    number = await started(shop)
    await broadcasts.advance(shop.work, NOW)
    for _ in range(3):
        async with shop.uow() as uow:
            await halting.halt(uow, f"broadcast:{number}", "30007 spam", NOW)
    assert await halted(shop) == {f"broadcast:{number}"}
    assert (await shown(shop, number))[0] == "paused"
    assert await shop.told(chat) == ["campaigns.halted"]


async def test_its_owner_pauses_it_while_the_provider_halts_it(shop: Shop) -> None:
    """Known fault: each waited for the other, and the database ended one of them."""
    for _ in range(5):
        number = await started(shop)

        async def by_hand(number: int = number) -> None:
            async with shop.uow() as uow:
                await broadcasts.pause(uow, number, None, NOW)

        async def by_the_provider(number: int = number) -> None:
            async with shop.uow() as uow:
                await halting.halt(uow, f"broadcast:{number}", "30007 spam", NOW)

        await asyncio.gather(*(act() for _ in range(4) for act in (by_hand, by_the_provider)))
        assert (await shown(shop, number))[0] == "paused"
        assert f"broadcast:{number}" in await halted(shop)


async def test_lifting_a_halt_looks_at_once_at_what_it_put_off(shop: Shop) -> None:
    await agreed(shop)
    number = await started(shop)
    await broadcasts.advance(shop.work, NOW)
    await pause(shop, number)
    async with shop.uow() as uow:
        await uow.tx.execute(
            "UPDATE occasion SET due_at = $1, reason = 'halted'", NOW + timedelta(minutes=59)
        )
        assert await halting.lift(uow, f"broadcast:{number}", NOW)
        rows = await uow.tx.rows("SELECT reason FROM occasion WHERE due_at <= $1", NOW)
    assert rows == [{"reason": None}]
    assert (await shown(shop, number))[0] == "running"


async def test_a_segment_the_programme_has_no_more_halts_it(shop: Shop) -> None:
    await shop.work.adopt(preset(more=TWO_SHOPS), NOW)
    await agreed(shop)
    number = await started(shop, "location:karlin")
    await shop.work.adopt(cafe(), NOW, again=True)
    await broadcasts.advance(shop.work, NOW)
    state, _ = await shown(shop, number)
    assert state == "paused"
    assert await planned_for(shop, number) == []


# --- Counting ---


#: Wishes by the number of somebody who never wrote and agreed to SMS.
WISHES = {
    128: Preference(pace="gifts"),
    256: Preference(pace="fewer"),
    512: Preference(paused_until=NOW + 72 * HOUR),
    640: Preference(paused_until=NOW + 72 * HOUR - timedelta(seconds=1)),
    896: Preference(paused_until=NOW),
}


async def test_s33a_people_are_counted_where_the_sender_would_write(shop: Shop) -> None:
    """Whatever somebody has and wishes, the count is whom the sender would write to in time."""
    everybody = [await agreed(shop)]
    for case in range(128):
        everybody.append(await _somebody(shop, case))
    for case, wish in WISHES.items():
        for person in (await agreed(shop), await _somebody(shop, case)):
            async with shop.uow() as uow:
                await preferences.keep(uow.tx, person.id, wish)
            everybody.append(person)
    made = await drafted(shop)
    programme = await shop.work.programme()
    occasion = Occasion(1, 1, "broadcast", str(made.id), NOW, NOW + broadcasts.DEADLINE)
    candidate = Candidate(occasion, "broadcast", 0, gives=False)
    expected: Counter[str] = Counter()
    async with shop.work.reading() as reader:
        for person in everybody:
            preference = await preferences.of(reader, person.id)
            way = await reaching.way_to(reader, person, preference, CHANNELS)
            if isinstance(way, str):
                continue
            holds = await reaching.circumstances(
                reader, programme, person, preference, way.channel, NOW
            )
            [verdict] = decide([candidate], [], holds, NOW)
            if verdict.outcome == "send" or (
                verdict.at and verdict.at < candidate.occasion.ends_at
            ):
                expected[way.channel] += 1
        found = await broadcasts.estimate(reader, made, programme, WORDS, CHANNELS, NOW)
    assert len(expected) == 3
    assert found.people == dict(expected)


async def _somebody(shop: Shop, case: int) -> Member:
    """One of 128: what they agreed to, what they prefer, what became of their chats."""
    texts, prefers, dead, blocked, opted_out, email, app = (bool(case >> n & 1) for n in range(7))
    member = await _joined(shop, case, app=app, blocked=blocked)
    number, address = f"+420777{case:06}", f"anna{case}@example.com"
    async with shop.uow() as uow:
        await members.attach(uow.tx, member.id, "phone", number, proven=True, now=NOW)
        if texts or case % 3:
            await joining.decide_marketing(uow, member.id, "sms", True, "resume.done", NOW)
        if email:
            await members.attach(uow.tx, member.id, "email", address, proven=True, now=NOW)
            await joining.decide_marketing(uow, member.id, "email", True, "resume.done", NOW)
        if prefers:
            channel = ("sms", "email", "telegram")[case % 3]
            await preferences.keep(uow.tx, member.id, Preference(channel=channel))
    if texts:
        chat = await shop.chat(number, NOW, "sms")
        async with shop.uow() as uow:
            await _befalls(uow, chat.id, dead=dead, opted_out=opted_out)
    return await shop.stored_member(member)


async def _joined(shop: Shop, case: int, *, app: bool, blocked: bool) -> Member:
    """A member who joined in an app, or was brought in and never wrote."""
    if not app:
        async with shop.uow() as uow:
            return await members.create(
                uow.tx, name="", language="cs", now=NOW, source="import", code=f"C{case}"
            )
    chat = await shop.chat(now=NOW - HOUR)
    member = await shop.member(f"Anna {case}", chat)
    if case % 5:
        await decides(shop, member, "telegram")
    if blocked:
        async with shop.uow() as uow:
            await conversations.block(uow.tx, chat.id, NOW)
    return member


async def _befalls(uow: UnitOfWork, chat: int, *, dead: bool, opted_out: bool) -> None:
    if dead:
        await conversations.block(uow.tx, chat, NOW)
    if opted_out:
        await conversations.opt_out(uow.tx, chat, NOW)


@pytest.mark.parametrize(
    ("price", "cost"),
    [("", None), ("price = 1.105", Money(442, "CZK"))],
)
async def test_segments_and_their_cost_are_said_before(
    shop: Shop, price: str, cost: Money | None
) -> None:
    """Two people at two segments each; without a price the segments alone."""
    await shop.work.adopt(preset(more=f"[sms]\n{price}"), NOW)
    await agreed(shop, channel="sms", address="+420777000001")
    await agreed(shop, "Jana", channel="sms", address="+420777000002")
    await agreed(shop, "Petr")
    made = await drafted(shop, en="x" * 200)
    programme = await shop.work.programme()
    async with shop.work.reading() as reader:
        found = await broadcasts.estimate(reader, made, programme, WORDS, CHANNELS, NOW)
    assert found.people == {"sms": 2, "telegram": 1}
    assert (found.segments, found.longest, found.cost) == (4, 2, cost)


async def test_a_channel_that_is_off_reaches_nobody(shop: Shop) -> None:
    await agreed(shop, channel="sms", address="+420777000001")
    made = await drafted(shop)
    programme = await shop.work.programme()
    async with shop.work.reading() as reader:
        found = await broadcasts.estimate(reader, made, programme, WORDS, {"telegram"}, NOW)
    assert (found.total, found.segments, found.cost) == (0, 0, None)
