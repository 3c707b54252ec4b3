"""What happens when a member earns: credits, full cards, counts, tiers, ends (S3–S6, S13–S18).

Pure: a `Person` is read under the member's lock, `happen` changes it in memory and says what is to
be written. At the till it is written at once; an import of past purchases does many in one go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.domain import tiers
from bot.domain.amounts import in_minor_units
from bot.domain.earning import Breakdown, Event, Share, Uses, earn
from bot.domain.ending import earns
from bot.domain.expiry import local_midnight
from bot.domain.lasting import be_active, credit, lapse, policy
from bot.domain.ledger import Account, EntryKind
from bot.domain.person import Person
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn, reward_unit
from bot.domain.programme_tiers import Tier
from bot.domain.programme_values import Span
from bot.domain.tallies import (
    POINTS,
    SPEND,
    VISITS,
    Count,
    day_number,
    uses_of,
    window,
)
from bot.domain.tiers import Move, Standing

#: What a member does in person; it keeps alive what ends without activity.
ACTIVE = ("visit", "purchase")
_SINCE_EVER = (0, 99_999_999)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, rule by rule; `given` adds it up by unit; `rewards` are of full cards.

    `recheck_at` is when what is pending comes due.
    """

    breakdown: Breakdown
    shares: tuple[Share, ...] = ()
    given: tuple[tuple[str, int], ...] = ()
    rewards: tuple[str, ...] = ()
    move: Move | None = None
    recheck_at: datetime | None = None


def event_of(
    programme: Programme,
    person: Person,
    trigger: str,
    at: datetime,
    *,
    location: str | None = None,
    count: int = 1,
    amount: Decimal = Decimal(0),
) -> Event:
    """An event of a member with what is known of them; a purchase adds its own facts."""
    event = Event(
        trigger,
        at,
        programme.zone(location),
        count=count,
        amount=amount,
        location=location,
        tags=frozenset(person.member.tags),
        birthday=person.member.birthday,
        first=not person.bought,
    )
    return under(programme, event, person.standing)


def under(programme: Programme, event: Event, standing: Standing) -> Event:
    """The event of a member with the tiers that a standing holds when it happened."""
    codes = [tier.code for tier in standing.held(programme.tiers, event.at)]
    return replace(event, tier=next(iter(codes), None), tiers=frozenset(codes))


def happen(
    programme: Programme,
    person: Person,
    event: Event,
    now: datetime,
    *,
    kind: EntryKind = "earn",
    totals: Mapping[str, int] | None = None,
    reviewed: bool = False,
) -> Outcome:
    """Give what an event earns; `totals` say how often limited rules gave to everybody.

    `reviewed`: what was due before is done, and the event says itself which tiers held.
    """
    totals = totals or {}
    event = event if reviewed else _reviewed(programme, person, event, now)
    lapse(person, now)
    if event.trigger in ACTIVE:
        be_active(programme, person, event.at, event.zone, now)
    uses = uses_so_far(programme, person, event, totals)
    # An import may bring purchases of after the end (S11).
    over = not earns(programme, event.at)
    breakdown = Breakdown() if over else earn(programme, event, uses)
    pending = _pending_day(programme, event)
    shares = [*breakdown.shares]
    _count(programme, person, event, breakdown, pending[0])
    shares += () if over else _challenges(programme, person, event, uses)
    given = _credit(programme, person, event, shares, kind, pending[1])
    rewards = fill_cards(programme, person.account, now, event.zone)
    move = follow_tiers(programme, person, now, since=event.day, by_event=True)
    if event.trigger == "purchase":
        person.bought = True
    counted_later = any(count.from_day for count in person.tallies.added)
    recheck_at = pending[1] if given or counted_later else None
    return Outcome(breakdown, tuple(shares), given, rewards, move, recheck_at)


def follow_tiers(
    programme: Programme,
    person: Person,
    now: datetime,
    *,
    since: date | None = None,
    by_event: bool = False,
) -> Move | None:
    """Do what is due to a member's tier, and what counts since a day gives; the rise, if any.

    All that began to count since it was done last is looked at as well.
    """
    if not programme.tiers.levels:
        return None
    today = now.astimezone(programme.zone()).date()
    today = max(since or today, today)
    moves = tiers.follow(
        programme,
        person.standing,
        person.tallies,
        person.member.joined_at,
        now=now,
        since=min(since or today, person.followed or today),
        today=today,
    )
    before, person.followed = person.tier(programme, now), today
    person.move(replace(move, by_event=by_event) for move in moves)
    after = person.tier(programme, now)
    risen = [move for move in moves if move.reason == "reached"]
    higher = after and programme.tiers.rank(after.code) > _rank(programme, before)
    return risen[-1] if risen and higher else None


def _reviewed(programme: Programme, person: Person, event: Event, now: datetime) -> Event:
    """The event under the tier that held then: what was due before is done before it.

    One of before `now` says itself which tier held, since the member may have another by now (S5).
    """
    if not programme.tiers.levels or event.at < now:
        return event
    follow_tiers(programme, person, event.at)
    return under(programme, event, person.standing)


def _rank(programme: Programme, tier: Tier | None) -> int:
    return programme.tiers.rank(tier.code if tier else None)


def fill_cards(
    programme: Programme, account: Account, now: datetime, zone: ZoneInfo
) -> tuple[str, ...]:
    """Turn full cards into their reward (S15); the reward's code, once per card."""
    card = programme.units.stamps
    if card is None:
        return ()
    unit = reward_unit(card.reward)
    ends_at = policy(programme, None, unit).ends_at(now, zone)
    return (card.reward,) * account.fill_cards("stamps", card.card, unit, at=now, ends_at=ends_at)


def uses_so_far(
    programme: Programme, person: Person, event: Event, totals: Mapping[str, int]
) -> dict[str, Uses]:
    """How often each rule with a limit gave to a member, and of `totals` to everybody."""
    return {r.id: _uses(r, person, event, totals) for r in programme.earn if r.limited}


def _uses(rule: Earn, person: Person, event: Event, totals: Mapping[str, int]) -> Uses:
    day, what = day_number(event.day), uses_of(rule.id)
    total = person.tallies.total
    return Uses(total(what, day, day, day), total(what, *_SINCE_EVER, day), totals.get(rule.id, 0))


def _pending_day(programme: Programme, event: Event) -> tuple[int, datetime | None]:
    """From which day a purchase's credits count, and the instant; 0 and None for at once.

    Where the days of a purchase's shop are over; a new day of the programme, by which tiers go.
    """
    days, shop = programme.earning.pending_days, programme.zone()
    if not days or event.trigger != "purchase":
        return 0, None
    over = local_midnight(event.day + timedelta(days=days + 1), event.zone)
    day = over.astimezone(shop).date()
    if local_midnight(day, shop) < over:
        day += timedelta(days=1)
    return day_number(day), local_midnight(day, shop)


def _count(
    programme: Programme, person: Person, event: Event, breakdown: Breakdown, from_day: int
) -> None:
    """Count towards tiers, challenges and limits what the programme looks at."""
    day, add = day_number(event.day), person.tallies.add
    challenges = programme.rules("challenge")
    by = programme.tiers.by if programme.tiers.levels else None
    if event.trigger in ACTIVE and (by == "visits" or challenges):
        add(Count(VISITS, day, 1))
    if event.trigger == "purchase" and (by == "spend" or challenges):
        add(
            Count(SPEND, day, in_minor_units(breakdown.eligible, programme.shop.currency), from_day)
        )
    if by == "points":
        points = sum(s.amount for s in breakdown.shares if s.unit == "points" and s.qualifies)
        add(Count(POINTS, day, points, from_day))
    for share in breakdown.shares:
        rule = programme.earn_rule(share.rule)
        if rule and rule.limited:
            add(Count(uses_of(rule.id), day, 1))


def _challenges(
    programme: Programme, person: Person, event: Event, uses: Mapping[str, Uses]
) -> list[Share]:
    """What challenges give that this event completes, once in each of their times."""
    if event.trigger not in ACTIVE:
        return []
    shares: list[Share] = []
    day = day_number(event.day)
    for rule in programme.rules("challenge"):
        first, last = challenge_days(rule, event)
        if person.tallies.total(uses_of(rule.id), first, last, day):
            continue
        if challenge_progress(programme, person, rule, event) < (rule.goal or 0):
            continue
        found = earn(programme, replace(event, trigger="challenge"), uses, only={rule.id})
        if found.shares:
            person.tallies.add(Count(uses_of(rule.id), day, 1))
        shares += found.shares
    return shares


def challenge_days(rule: Earn, event: Event) -> tuple[int, int]:
    """The first and last day of the time a challenge runs that an event is in."""
    day = event.day
    if rule.within == "day":
        return day_number(day), day_number(day)
    if rule.within == "week":
        monday = day - timedelta(days=day.weekday())
        return day_number(monday), day_number(monday + timedelta(days=6))
    span = Span("calendar_month" if rule.within == "month" else "calendar_year")
    return window(span, day)


def challenge_progress(programme: Programme, person: Person, rule: Earn, event: Event) -> Decimal:
    """How far a member is in a challenge: visits, or money in the major unit."""
    first, last = challenge_days(rule, event)
    # Money counts even while it is pending: a challenge is over before it would.
    total = person.tallies.total(
        VISITS if rule.counts == "visits" else SPEND, first, last, _SINCE_EVER[1]
    )
    if rule.counts == "visits":
        return Decimal(total)
    one = in_minor_units(Decimal(1), programme.shop.currency)
    return Decimal(total) / one


def _credit(
    programme: Programme,
    person: Person,
    event: Event,
    shares: Sequence[Share],
    kind: EntryKind,
    available_at: datetime | None,
) -> tuple[tuple[str, int], ...]:
    totals: dict[str, int] = {}
    for unit in dict.fromkeys(share.unit for share in shares):
        rules = [(share.rule, share.amount) for share in shares if share.unit == unit]
        totals[unit] = sum(amount for _, amount in rules)
        cause = unit.startswith("cause:")
        credit(
            programme,
            person,
            "donate" if cause else kind,
            unit,
            totals[unit],
            at=event.at,
            zone=event.zone,
            rules=rules,
            available_at=None if cause else available_at,
        )
    return tuple(totals.items())
