"""Who would hear what as of an instant, and why others would not; reads only (S34)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain import drawing
from bot.domain.deciding import Candidate, decide
from bot.domain.members import Member
from bot.domain.occasions import Occasion, Outcome, Said
from bot.domain.preferences import Preference
from bot.domain.programme import Programme
from bot.services import planning as planner
from bot.services import reaching, unasked
from bot.services.campaigns import Campaign
from bot.services.reaching import Way, Ways
from bot.services.unit_of_work import Work
from bot.storage import members, occasions, planning, preferences
from bot.storage.database import Reader
from bot.storage.planning import Batch, Page

#: Members a page.
PAGE = 500
#: What is not planned yet has no number: it comes after what has one.
_UNPLANNED = 2**62


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of an occasion: when it is due, or looked at again, and why."""

    member_code: str
    campaign: str
    occurrence: str
    channel: str | None
    due_at: datetime
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class _Shop:
    """What holds for everybody."""

    reader: Reader
    programme: Programme
    campaigns: Mapping[str, Campaign]
    channels: Collection[str]
    now: datetime


@dataclass
class _Person:
    """A member, what they heard, and what is foreseen for them."""

    member: Member
    preference: Preference
    family: Sequence[int]
    said: list[Said]
    ways: Ways
    foreseen: list[Foreseen] = field(default_factory=list)

    def will(
        self,
        occasion: Occasion,
        outcome: Outcome,
        reason: str = "",
        *,
        way: Way | None = None,
        at: datetime | None = None,
    ) -> None:
        """Note what would become of an occasion."""
        self.foreseen.append(
            Foreseen(
                self.member.code,
                occasion.campaign,
                occasion.occurrence,
                way.channel if way else None,
                at or occasion.due_at,
                outcome,
                reason,
            )
        )


async def preview(
    work: Work,
    campaigns: Sequence[Campaign],
    channels: Collection[str],
    now: datetime,
    campaign: str | None = None,
) -> AsyncIterator[Foreseen]:
    """What is planned, and what planning would add, each judged once as the sender would.

    Of one member what comes first counts for what comes later. With `campaign` only its occasions
    are told, but all are judged. `channels` are those that are on.
    """
    programme = await work.programme()
    async with work.reading(long=True) as reader:
        named = {each.name: each for each in campaigns}
        shop = _Shop(reader, programme, named, channels, now)
        batches = [
            batch
            for each in campaigns
            for batch in await planner.batches(reader, programme, each, now)
        ]
        for page in await planning.pages_of_all(reader, batches, PAGE):
            for member_id, wanted in (await _wanted(reader, batches, page)).items():
                for foreseen in await _foresee(shop, member_id, wanted):
                    if campaign in (None, foreseen.campaign):
                        yield foreseen


async def _wanted(
    reader: Reader, batches: Iterable[Batch], page: Page
) -> dict[int, list[Occasion]]:
    """The occasions of a page of members, planned or not, by member."""
    found: defaultdict[int, dict[tuple[str, str], Occasion]] = defaultdict(dict)
    for each in await occasions.planned(reader, page.first, page.until):
        found[each.member_id][each.campaign, each.occurrence] = each
    for batch in batches:
        for member_id, occurrence in await planning.unplanned(reader, batch, page):
            new = Occasion(
                _UNPLANNED, member_id, batch.campaign, occurrence, batch.due_at, batch.ends_at
            )
            found[member_id].setdefault((batch.campaign, occurrence), new)
    return {member_id: list(found[member_id].values()) for member_id in sorted(found)}


async def _foresee(shop: _Shop, member_id: int, wanted: Sequence[Occasion]) -> list[Foreseen]:
    member = await members.get(shop.reader, member_id)
    if member is None:
        return []
    family = await members.family(shop.reader, member.id)
    preference = await preferences.of(shop.reader, member.id)
    said = await unasked.said_to(shop.reader, family, shop.campaigns, shop.now)
    ways = Ways(shop.reader, member, preference, shop.channels)
    person = _Person(member, preference, family, said, ways)
    waiting = [each for each in wanted if await _stands(shop, person, each)]
    while waiting:
        # Each in its own time, and what is due then together.
        now = max(shop.now, min(each.due_at for each in waiting))
        due = [each for each in waiting if each.due_at <= now]
        judged = await _judge(shop, person, due, now)
        waiting = [each for each in waiting if each not in judged]
    return person.foreseen


async def _stands(shop: _Shop, person: _Person, occasion: Occasion) -> bool:
    """Whether an occasion still stands and there is a way to the member."""
    now = max(shop.now, occasion.due_at)
    why = await unasked.why_not(
        shop.reader, shop.programme, shop.campaigns, person.family, occasion, now
    )
    if why:
        person.will(occasion, "dropped", why)
        return False
    way = await person.ways.to(shop.campaigns[occasion.campaign].prefers)
    if isinstance(way, str):
        person.will(occasion, "deferred" if way == reaching.OFF else "dropped", way)
        return False
    return True


async def _judge(
    shop: _Shop, person: _Person, due: Sequence[Occasion], now: datetime
) -> list[Occasion]:
    """Note what becomes of the best of what is due, and of what may not go before it."""
    best: dict[tuple[int, datetime, int], tuple[Occasion, Way]] = {}
    judged = []
    for way, candidates in (await _by_way(shop, person, due)).items():
        order = {each.occasion: each.order for each in candidates}
        circumstances = await reaching.circumstances(
            shop.reader, shop.programme, person.member, person.preference, way.channel, now
        )
        for verdict in decide(candidates, person.said, circumstances, now):
            occasion = verdict.occasion
            if verdict.outcome == "send":
                best[order[occasion]] = occasion, way
                continue
            outcome: Outcome = "deferred" if verdict.outcome == "defer" else "dropped"
            person.will(occasion, outcome, verdict.reason, way=way, at=verdict.at)
            judged.append(occasion)
    if best:
        occasion, way = best[min(best)]
        await _say(shop, person, occasion, way, now)
        judged.append(occasion)
    return judged


async def _by_way(
    shop: _Shop, person: _Person, due: Iterable[Occasion]
) -> dict[Way, list[Candidate]]:
    found: dict[Way, list[Candidate]] = {}
    for occasion in due:
        campaign = shop.campaigns[occasion.campaign]
        way = await person.ways.to(campaign.prefers)
        if isinstance(way, Way):
            candidate = unasked.candidate(shop.programme, campaign, occasion)
            found.setdefault(way, []).append(candidate)
    return found


async def _say(shop: _Shop, person: _Person, occasion: Occasion, way: Way, now: datetime) -> None:
    """Note an occasion that would go now, if there is still something to say."""
    campaign, member = shop.campaigns[occasion.campaign], person.member
    rules = campaign.rules(shop.programme, occasion.occurrence)
    if rules is None:
        return
    case = await unasked.case_of(
        shop.reader, shop.programme, member, person.preference, campaign, rules, now
    )
    # Without a number until it is planned; campaigns put it into buttons.
    if await campaign.message(replace(occasion, id=occasion.id % _UNPLANNED), case) is None:
        person.will(occasion, "dropped", "no longer true", way=way)
    elif drawing.held_out(member.code, campaign.name, rules.hold_out):
        person.will(occasion, "held_out", way=way)
    else:
        # Put off before, and its time has not come yet.
        waits = (occasion.reason or "") if occasion.due_at > shop.now else ""
        person.will(occasion, "deferred" if waits else "planned", waits, way=way)
        person.said.append(Said(now, campaign.name, campaign.group, way.channel))
