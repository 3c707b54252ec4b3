"""One message to many: counted before, planned in pages, paused, resumed, stopped (S22–S27)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot.channels import segments as sms
from bot.domain.amounts import in_minor_units
from bot.domain.broadcasts import CAMPAIGN, Broadcast, Progress
from bot.domain.members import Role
from bot.domain.messages import MessageClass, Money, Phrase, Reply, Wording, phrase
from bot.domain.programme import Programme
from bot.domain.segments import BadSegment, Segment, parse
from bot.services import halting, outreach, reaching, reasons, unasked
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import broadcasts, conversations, planning, reach, segments, staff
from bot.storage.database import Reader
from bot.storage.planning import Batch
from locales import Catalogues

#: What a text may have, in characters: with what stands around it, it fits one WhatsApp message.
#: https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages
TEXT_LIMIT = 900
#: How long after its start a broadcast makes sense; nothing moves it.
DEADLINE = timedelta(hours=72)
#: Members looked at in one transaction while planning.
PAGE = 2_000
#: What a template's value may have, on one line.
VALUE_LIMIT = 600
#: What a text for everybody has no places for: {name}.
_PLACE = re.compile(r"\{\s*[^\W\d]\w*\s*\}")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a broadcast would come to: people by channel, segments over SMS, what that costs.

    `longest` is how many segments the longest of its texts takes; `cost` is None where no price
    is known.
    """

    people: Mapping[str, int]
    segments: int
    longest: int
    cost: Money | None

    @property
    def total(self) -> int:
        """How many people in all."""
        return sum(self.people.values())


# --- Making one ---


def too_long(text: str) -> int:
    """How many characters a text has too many."""
    return max(len(text) - TEXT_LIMIT, 0)


def no_place(text: str) -> Phrase | None:
    """What is wrong with a text that has a place to fill in, {name}; None where it has none."""
    found = _PLACE.search(text)
    return phrase("broadcast.no_places", place=found[0]) if found else None


async def draft(
    uow: UnitOfWork,
    texts: Mapping[str, str],
    segment: Segment,
    staff_id: int | None,
    now: datetime,
) -> Broadcast:
    """Keep a broadcast that nobody gets yet; its first text stands in for a missing language."""
    return await broadcasts.create(uow.tx, staff_id, Wording.of(texts), str(segment), now)


def message(texts: Wording, programme: Programme) -> Reply:
    """What people get, but for how they stop it."""
    shop = programme.shop.name
    on_one_line = Wording(tuple((code, _on_one_line(text)) for code, text in texts.texts))
    return Reply(
        (phrase("campaign.broadcast", shop=shop, text=texts),),
        numbered=False,
        template=phrase("template.campaign_broadcast", shop=shop, text=on_one_line),
    )


def _on_one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= VALUE_LIMIT else f"{line[: VALUE_LIMIT - 1].rstrip()}…"


async def estimate(
    reader: Reader,
    broadcast: Broadcast,
    programme: Programme,
    words: Catalogues,
    channels: Collection[str],
    now: datetime,
) -> Estimate:
    """Who would get a broadcast if it went out now, and what it would cost."""
    segment = parse(broadcast.segment, programme)
    found = await reach.reached(
        reader,
        segments.audience(reader, segment, programme, now),
        channels,
        {name: reaching.IDENTITY_KINDS[name] for name in reaching.FIRST_CONTACT},
        conversations.PERISHABLE,
        now + DEADLINE,
    )
    people: Counter[str] = Counter()
    each: Counter[int] = Counter()
    for group in found:
        people[group.channel] += group.people
        if group.channel == outreach.SMS:
            each[_segments(broadcast.texts, programme, words, group.language)] += group.people
    total = sum(length * count for length, count in each.items())
    longest = max(each, default=0)
    return Estimate(dict(people), total, longest, _cost(programme, people, total))


def _segments(texts: Wording, programme: Programme, words: Catalogues, language: str) -> int:
    """What a text takes over SMS the first time, when it says how to stop at length."""
    voice = words.voice(language, friendly=programme.shop.friendly, short=True)
    said = message(texts, programme).phrases
    how = unasked.first_time(programme)
    text = "\n".join(words.render(each, voice) for each in (*said, how))
    return sms.count(text if programme.sms.accents else sms.plain(text, language)).segments


def _cost(programme: Programme, people: Mapping[str, int], segment_count: int) -> Money | None:
    parts = (
        (programme.sms.price, segment_count),
        (programme.whatsapp.price, people.get(reaching.WHATSAPP, 0)),
    )
    known = [price * units for price, units in parts if price is not None and units]
    if not known:
        return None
    currency = programme.shop.currency
    return Money(in_minor_units(sum(known, Decimal()), currency), currency)


async def test(uow: UnitOfWork, broadcast: Broadcast, now: datetime) -> int:
    """Say it in the owners' own chats as members would get it; returns in how many."""
    chats = await staff.conversations(uow.tx, (Role.OWNER,))
    for number in chats:
        chat = await conversations.get(uow.tx, number)
        if chat is not None:
            reply = message(broadcast.texts, uow.programme)
            reply = await unasked.stoppable(uow, reply, chat.address.channel, number)
            await outreach.say(uow, number, reply, now, message_class=MessageClass.TRANSACTIONAL)
    return len(chats)


# --- Its life ---


async def find(uow: UnitOfWork, broadcast_id: int) -> Broadcast | Refused:
    """A broadcast, locked; refused where there is none with this number."""
    found = await broadcasts.lock(uow.tx, broadcast_id)
    return found or Refused(phrase("broadcast.unknown"))


async def start(
    uow: UnitOfWork, broadcast_id: int, people: int, now: datetime
) -> Broadcast | Refused:
    """Let a draft go out to whoever is of its segment at this moment."""
    found = await find(uow, broadcast_id)
    if isinstance(found, Refused):
        return found
    if found.state != "draft":
        return Refused(phrase("broadcast.begun_before"))
    await broadcasts.start(uow.tx, found.id, people, now)
    return found


async def pause(
    uow: UnitOfWork, broadcast_id: int, staff_id: int | None, now: datetime
) -> Broadcast | Refused:
    """Send nothing more of a broadcast until it is resumed; its deadline stays."""
    found = await find(uow, broadcast_id)
    if isinstance(found, Refused):
        return found
    if found.state != "running":
        return Refused(phrase("broadcast.not_running"))
    await halting.halt(uow, found.key, halting.BY_HAND, now, by=staff_id)
    await broadcasts.pause(uow.tx, found.id, halting.BY_HAND)
    return found


async def resume(uow: UnitOfWork, broadcast_id: int, now: datetime) -> Broadcast | Refused:
    """Go on where it stopped."""
    found = await find(uow, broadcast_id)
    if isinstance(found, Refused):
        return found
    if found.state != "paused":
        return Refused(phrase("broadcast.not_paused"))
    await halting.lift(uow, found.key, now)
    return found


async def stop(uow: UnitOfWork, broadcast_id: int, now: datetime) -> Broadcast | Refused:
    """End a broadcast, or throw a draft away: nobody else gets it."""
    found = await find(uow, broadcast_id)
    if isinstance(found, Refused):
        return found
    if found.state in ("stopped", "done"):
        return Refused(phrase("broadcast.over"))
    await broadcasts.stop(uow.tx, found.id)
    # Of very many the scheduler drops the rest, so that nobody at the till waits for it.
    if await broadcasts.drop_planned(uow.tx, found.id, broadcasts.STOPPED, PAGE) < PAGE:
        await _end(uow, found, now)
    return found


async def _end(uow: UnitOfWork, broadcast: Broadcast, now: datetime) -> None:
    await halting.lift(uow, broadcast.key, now)
    await broadcasts.end(uow.tx, broadcast.id, now)


def told(progress: Progress, *, short: bool = False) -> tuple[Phrase, ...]:
    """How far a broadcast is, in words: how many, and why not the others, or mostly not."""
    counts = phrase(
        "broadcast.progress",
        sent=progress.sent + progress.on_the_way,
        waiting=progress.waiting,
        not_sent=progress.not_sent,
    )
    put_off, not_sent = reasons.lines(progress.put_off), reasons.lines(progress.why)
    if short:
        return (counts, *(put_off or not_sent)[:1])
    if put_off:
        put_off = (phrase("broadcast.put_off"), *put_off)
    if not_sent:
        not_sent = (phrase("broadcast.not_sent"), *not_sent)
    return (counts, *put_off, *not_sent)


async def show(reader: Reader, broadcast_id: int) -> tuple[Broadcast, Progress] | Refused:
    """A broadcast and how far it is; who is not planned for yet waits, or is stopped, as well."""
    found = await broadcasts.get(reader, broadcast_id)
    if found is None:
        return Refused(phrase("broadcast.unknown"))
    progress = await broadcasts.progress(reader, broadcast_id)
    unplanned = found.people - progress.over - progress.waiting
    if found.planned_at is None and unplanned > 0:
        if found.open:
            progress = replace(progress, waiting=progress.waiting + unplanned)
        elif found.state == "stopped":
            why = Counter(progress.why) + Counter({broadcasts.STOPPED: unplanned})
            progress = replace(progress, why=dict(why))
    return found, progress


async def newest(reader: Reader, limit: int) -> list[Broadcast]:
    """The last broadcasts, newest first."""
    return await broadcasts.newest(reader, limit)


async def texts_of(reader: Reader, broadcast_id: int) -> Wording | None:
    """What a broadcast says, while it goes out."""
    found = await broadcasts.get(reader, broadcast_id)
    return found.texts if found and found.state == "running" else None


# --- What the scheduler does ---


async def advance(work: Work, now: datetime) -> Collection[int]:
    """Plan the people of running broadcasts, page by page, and end those that are through.

    A process that dies between two pages loses nothing: the next goes on after the last page.
    Returns the conversations where somebody was told that theirs is done.
    """
    async with work.reading() as reader:
        open_ones = await broadcasts.open_ones(reader)
    touched: dict[int, None] = {}
    for broadcast in open_ones:
        while await _page(work, broadcast.id, now):
            pass
        if why := _pointless(broadcast, now):
            while await _drop(work, broadcast.id, why) == PAGE:
                pass
        touched |= await _settle(work, broadcast.id, now)
    return touched


def _pointless(broadcast: Broadcast, now: datetime) -> str:
    """Why nobody of a broadcast is to be written to any more; "" where they are."""
    if broadcast.state == "stopped":
        return broadcasts.STOPPED
    late = broadcast.started_at is not None and now >= broadcast.started_at + DEADLINE
    return "too late" if late else ""


async def _drop(work: Work, broadcast_id: int, why: str) -> int:
    async with work.unit_of_work() as uow:
        return await broadcasts.drop_planned(uow.tx, broadcast_id, why, PAGE)


async def _page(work: Work, broadcast_id: int, now: datetime) -> bool:
    """Plan one page; False when there is nothing more to plan, or not now."""
    async with work.unit_of_work() as uow:
        found = await broadcasts.lock(uow.tx, broadcast_id)
        if found is None or found.state != "running" or found.planned_at is not None:
            return False
        page = None
        if found.started_at is not None and now < found.started_at + DEADLINE:
            page = await broadcasts.next_page(uow.tx, found, PAGE)
        try:
            if page is not None:
                await planning.add(uow.tx, _batch(uow, found, found.started_at or now), page, now)
        except BadSegment as error:
            # The programme changed under it: a location is gone.
            await halting.halt(uow, found.key, str(error), now)
            return False
        await broadcasts.planned(uow.tx, found.id, page, now)
        return page is not None


def _batch(uow: UnitOfWork, broadcast: Broadcast, started_at: datetime) -> Batch:
    segment = parse(broadcast.segment, uow.programme)
    return Batch(
        campaign=CAMPAIGN,
        occurrence=str(broadcast.id),
        audience=segments.audience(
            uow.tx, segment, uow.programme, started_at, joined_by=started_at
        ),
        due_at=started_at,
        ends_at=started_at + DEADLINE,
    )


async def _settle(work: Work, broadcast_id: int, now: datetime) -> dict[int, None]:
    """End a broadcast that everybody was planned for and that nobody waits for any more."""
    async with work.unit_of_work() as uow:
        found = await broadcasts.lock(uow.tx, broadcast_id)
        if found is None or found.ended_at is not None:
            return {}
        planned = found.planned_at is not None or _pointless(found, now)
        if not planned or await broadcasts.under_way(uow.tx, found.id):
            return {}
        await _end(uow, found, now)
        if found.state != "stopped":
            await _tell_done(uow, found, now)
        return uow.touched


async def _tell_done(uow: UnitOfWork, broadcast: Broadcast, now: datetime) -> None:
    if broadcast.staff_id is None:
        return
    reply = Reply(
        (
            phrase("broadcast.done", number=str(broadcast.id)),
            *told(await broadcasts.progress(uow.tx, broadcast.id)),
        ),
        numbered=False,
    )
    for conversation_id in await staff.conversations_of(uow.tx, broadcast.staff_id):
        await outreach.say(
            uow, conversation_id, reply, now, message_class=MessageClass.TRANSACTIONAL
        )
