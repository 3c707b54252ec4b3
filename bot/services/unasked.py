"""Choosing what a member hears unasked, the moment before it is sent (S24, S26, S27, S34)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain import drawing
from bot.domain.campaign_rules import CampaignRules, Giving
from bot.domain.deciding import Candidate, Circumstances, Verdict, decide
from bot.domain.ending import invites
from bot.domain.members import Member
from bot.domain.messages import Action, Button, Phrase, Reply, phrase
from bot.domain.occasions import Occasion, Said
from bot.domain.preferences import Pace, Preference, zone_of
from bot.domain.programme import Programme
from bot.services import reaching
from bot.services.campaigns import Campaign, Case
from bot.services.outreach import SMS
from bot.services.preferences import most_a_month
from bot.services.reaching import Way, Ways
from bot.services.unit_of_work import UnitOfWork
from bot.services.wallets import wallet
from bot.storage import members, occasions, preferences, spending
from bot.storage.database import Reader

#: The longest window a cap has.
LONGEST_WINDOW = timedelta(days=365)
#: Paid by the unit, so what was sent is counted.
PAID = frozenset({SMS, reaching.WHATSAPP})


@dataclass(frozen=True, slots=True)
class Picked:
    """An occasion whose moment has come, and what is said where; no place is taken yet."""

    occasion: Occasion
    conversation_id: int
    channel: str
    member: Member
    reply: Reply
    variant: str


class Gone(Exception):
    """The occasion was dropped between being picked and taking its place."""


@dataclass(frozen=True)
class _Member:
    """A locked member with all that concerns what they hear."""

    uow: UnitOfWork
    member: Member
    family: Sequence[int]
    preference: Preference
    campaigns: Mapping[str, Campaign]
    ways: Ways
    now: datetime

    def campaign(self, occasion: Occasion) -> Campaign:
        """The campaign of an occasion that is live."""
        return self.campaigns[occasion.campaign]


async def pick(
    uow: UnitOfWork,
    member_id: int,
    campaigns: Mapping[str, Campaign],
    channels: Collection[str],
    now: datetime,
) -> Picked | None:
    """The best of what is due for a member that may be said now; the rest is put off or dropped.

    Locks the member, so that nothing else is picked for them until the transaction ends. None as
    well while a reply to them is still on its way, which goes first.
    """
    await members.hold_identities(uow.tx, member_id)
    member = await members.lock(uow.tx, member_id)
    family = await members.family(uow.tx, member.id)
    preference = await preferences.of(uow.tx, member.id)
    ways = Ways(uow.tx, member, preference, channels)
    who = _Member(uow, member, family, preference, campaigns, ways, now)
    due = [each for each in await occasions.due(uow.tx, family, now) if await _live(who, each)]
    said = await said_to(uow.tx, family, campaigns, now) if due else []
    while due:
        verdict, way = await _best(who, due, said)
        if verdict is None or way is None:
            return None
        picked = await _spoken(who, verdict.occasion, way)
        if picked is not None:
            waits = await occasions.waits_for_reply(uow.tx, picked.conversation_id, now)
            return None if waits else picked
        due = [each for each in due if each.id != verdict.occasion.id]
    return None


async def said_to(
    reader: Reader, family: Sequence[int], campaigns: Mapping[str, Campaign], now: datetime
) -> list[Said]:
    """What a member heard unasked within the longest window of a cap."""
    taken = await occasions.taken_since(reader, family, now - LONGEST_WINDOW)
    return [
        Said(at, name, campaigns[name].group if name in campaigns else name, channel)
        for at, name, channel in taken
    ]


async def _live(who: _Member, occasion: Occasion) -> bool:
    """Whether an occasion still stands; dropped where it does not."""
    uow = who.uow
    why = "erased" if who.member.erased else ""
    why = why or await why_not(uow.tx, uow.programme, who.campaigns, who.family, occasion, who.now)
    if why:
        await occasions.drop(uow.tx, occasion.id, why)
    return not why


async def why_not(
    reader: Reader,
    programme: Programme,
    campaigns: Mapping[str, Campaign],
    family: Sequence[int],
    occasion: Occasion,
    now: datetime,
) -> str:
    """Why an occasion stands no more, whatever holds for its member; empty where it does."""
    campaign = campaigns.get(occasion.campaign)
    if campaign is None or campaign.rules(programme, occasion.occurrence) is None:
        return "switched off"
    if not invites(programme, campaign.name, now):
        return "programme ends"
    if await occasions.decided(reader, family, occasion.campaign, occasion.occurrence):
        return "said before"
    return ""


async def _best(
    who: _Member, due: Sequence[Occasion], said: Sequence[Said]
) -> tuple[Verdict | None, Way | None]:
    """The occasion to go now and where; every one that is judged on the way is noted."""
    by_way: dict[Way, list[Candidate]] = {}
    for occasion in due:
        campaign = who.campaign(occasion)
        way = await who.ways.to(campaign.prefers)
        if way == reaching.OFF and who.now < occasion.ends_at:
            until = min(who.now + reaching.OFF_FOR, occasion.ends_at)
            await occasions.defer(who.uow.tx, occasion.id, until, way)
        elif isinstance(way, str):
            await occasions.drop(who.uow.tx, occasion.id, way)
        else:
            by_way.setdefault(way, []).append(candidate(who.uow.programme, campaign, occasion))
    best: tuple[tuple[int, datetime, int], Verdict, Way] | None = None
    for way, candidates in by_way.items():
        order = {each.occasion: each.order for each in candidates}
        for verdict in decide(candidates, said, await _circumstances(who, way), who.now):
            await _note(who, verdict)
            place = order[verdict.occasion]
            if verdict.outcome == "send" and (best is None or place < best[0]):
                best = place, verdict, way
    return (best[1], best[2]) if best else (None, None)


async def _circumstances(who: _Member, way: Way) -> Circumstances:
    uow = who.uow
    if way.channel in PAID:
        # The month's sum is ours from here on, so that a budget holds whoever else sends.
        await spending.add(uow.tx, way.channel, reaching.month(uow.programme, who.now), 0)
    return await reaching.circumstances(
        uow.tx, uow.programme, who.member, who.preference, way.channel, who.now
    )


def candidate(programme: Programme, campaign: Campaign, occasion: Occasion) -> Candidate:
    """An occasion with what its campaign says of it."""
    rank = programme.campaigns.rank(campaign.name)
    rules = campaign.rules(programme, occasion.occurrence)
    gives = campaign.gives or (isinstance(rules, Giving) and rules.gives)
    return Candidate(occasion, campaign.group, rank, gives)


async def _note(who: _Member, verdict: Verdict) -> None:
    if verdict.outcome == "drop":
        await occasions.drop(who.uow.tx, verdict.occasion.id, verdict.reason)
    elif verdict.outcome == "defer" and verdict.at is not None:
        await occasions.defer(who.uow.tx, verdict.occasion.id, verdict.at, verdict.reason)


async def _spoken(who: _Member, occasion: Occasion, way: Way) -> Picked | None:
    """What is said; None where it is no longer true, or the member is held out."""
    uow, member, campaign = who.uow, who.member, who.campaign(occasion)
    rules = campaign.rules(uow.programme, occasion.occurrence)
    if rules is None:
        return None
    case = await case_of(uow.tx, uow.programme, member, who.preference, campaign, rules, who.now)
    reply = await campaign.message(occasion, case)
    if reply is None:
        await occasions.drop(uow.tx, occasion.id, "no longer true")
        return None
    if drawing.held_out(member.code, campaign.name, rules.hold_out):
        await occasions.hold_out(uow.tx, occasion.id, who.now)
        return None
    conversation_id = await reaching.begun(uow.tx, member, way, who.now)
    reply = await stoppable(uow, reply, way.channel, conversation_id, who.preference.pace)
    return Picked(occasion, conversation_id, way.channel, member, reply, case.variant)


async def case_of(
    reader: Reader,
    programme: Programme,
    member: Member,
    preference: Preference,
    campaign: Campaign,
    rules: CampaignRules,
    now: datetime,
) -> Case:
    """A member as a campaign sees them at this moment, with the wording they get of it."""
    return Case(
        reader=reader,
        programme=programme,
        member=member,
        wallet=await wallet(reader, programme, member.id, now),
        now=now,
        zone=zone_of(member, preference, programme),
        variant=drawing.variant(member.code, campaign.name, tuple(rules.variants)),
    )


async def stoppable(
    uow: UnitOfWork, reply: Reply, channel: str, conversation_id: int, pace: Pace = "all"
) -> Reply:
    """A message with how to stop more of them: a button, or over SMS a few words."""
    if channel != SMS:
        stop = Button(phrase("button.offers_off"), Action("stop"))
        return replace(reply, numbered=False, buttons=(*reply.buttons, (stop,)))
    first = await occasions.first_on(uow.tx, conversation_id)
    how = first_time(uow.programme, pace) if first else phrase("unasked.sms_stop")
    return replace(reply, numbered=False, buttons=(), phrases=(*reply.phrases, how))


def first_time(programme: Programme, pace: Pace = "all") -> Phrase:
    """What the first unasked message over SMS says besides: who, how often, help and stop."""
    shop, a_month = programme.shop.name, most_a_month(programme, pace)
    if a_month:
        return phrase("unasked.sms_first", shop=shop, n=a_month)
    return phrase("unasked.sms_first_any", shop=shop)


async def take(uow: UnitOfWork, picked: Picked, outbox_id: int, now: datetime) -> None:
    """Take the place for a message that is *sending* from now on, and its share of the budget.

    Raises Gone where a broadcast was stopped meanwhile, which takes no member's lock.
    """
    occasion, variant = picked.occasion, picked.variant
    if not await occasions.take(uow.tx, occasion.id, outbox_id, picked.channel, variant, now):
        raise Gone
    await spent(uow, picked.channel, reaching.units_of(uow.programme, picked.channel), now)


async def spent(uow: UnitOfWork, channel: str, units: int, now: datetime) -> None:
    """Count what a paid channel took, or gave back."""
    if channel in PAID and units:
        await spending.add(uow.tx, channel, reaching.month(uow.programme, now), units)
