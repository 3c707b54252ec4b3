"""What happens when a member earns: credits, full cards, counts, tiers, ends (S3–S6, S13–S18).

Pure: a `Person` is read under the member's lock, `happen` changes it in memory and says what is to
be written. At the till it is written at once; an import of past purchases does many in one go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.domain import tiers
from bot.domain.amounts import in_minor_units
from bot.domain.earning import Breakdown, Event, Share, Uses, earn
from bot.domain.expiry import Expiry, local_midnight, moved
from bot.domain.ledger import Account, EntryKind
from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn, reward_unit
from bot.domain.programme_tiers import Tier
from bot.domain.programme_values import Span
from bot.domain.tallies import (
    POINTS,
    SPEND,
    VISITS,
    Count,
    Tallies,
    day_number,
    uses_of,
    window,
)
from bot.domain.tiers import Move, Standing

#: What a member does in person; it keeps alive what ends without activity.
ACTIVE = ("visit", "purchase")
_SINCE_EVER = (0, 99_999_999)


@dataclass(frozen=True, slots=True)
class Activity:
    """When a member was last active in a unit, and when what ends without activity is gone (S4).

    `moved_month` (YYYYMM, local) is the last month that moved ends on.
    """

    last_at: datetime
    ends_at: datetime | None = None
    moved_month: int = 0


@dataclass
class Person:
    """A member as the engine needs them, read under their lock.

    The account holds the lots of the units that what happens may touch (`units_needed`).
    """

    member: Member
    account: Account
    standing: Standing = field(default_factory=Standing)
    tallies: Tallies = field(default_factory=Tallies)
    activity: dict[str, Activity] = field(default_factory=dict)
    bought: bool = False

    def tier(self, programme: Programme, at: datetime) -> Tier | None:
        """Their tier at an instant."""
        return self.standing.current(programme.tiers, at)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, rule by rule; `given` adds it up by unit; `rewards` are of full cards.

    `recheck_at` is when what is pending comes due.
    """

    breakdown: Breakdown
    shares: tuple[Share, ...]
    given: tuple[tuple[str, int], ...]
    rewards: tuple[str, ...] = ()
    move: Move | None = None
    active: tuple[str, ...] = ()
    recheck_at: datetime | None = None


def policy(programme: Programme, tier: Tier | None, unit: str) -> Expiry:
    """How long what is earned of a unit lasts: the tier's own, else the unit's (S4, S18)."""
    kind, _, code = unit.partition(":")
    if kind == "reward":
        reward = programme.reward(code)
        return reward.validity if reward else Expiry()
    if kind == "cause":
        return Expiry()
    if tier and tier.expires and unit in ("points", "credit"):
        return tier.expires
    part = getattr(programme.units, unit, None)
    return part.expires if part else Expiry()


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
    tier = person.tier(programme, at)
    return Event(
        trigger,
        at,
        programme.zone(location),
        count=count,
        amount=amount,
        location=location,
        tier=tier.code if tier else None,
        tags=frozenset(person.member.tags),
        birthday=person.member.birthday,
        first=not person.bought,
    )


def happen(
    programme: Programme,
    person: Person,
    event: Event,
    now: datetime,
    *,
    kind: EntryKind = "earn",
    totals: Mapping[str, int] | None = None,
) -> Outcome:
    """Give what an event earns; `totals` say how often limited rules gave to everybody."""
    totals = totals or {}
    _end_idle(person, now)
    uses = {r.id: _uses(r, person, event, totals) for r in programme.earn if r.limited}
    breakdown = earn(programme, event, uses)
    pending = _pending_day(programme, event)
    shares = [*breakdown.shares]
    _count(programme, person, event, breakdown, pending[0])
    shares += _challenges(programme, person, event, uses)
    given = _credit(programme, person, event, shares, kind, pending[1])
    rewards = fill_cards(programme, person.account, now, event.zone)
    active = _be_active(programme, person, event, now)
    move = tiers.rise(
        programme, person.standing, person.tallies, person.member.joined_at, now, event.zone
    )
    if move:
        person.standing = move.standing
    if event.trigger == "purchase":
        person.bought = True
    return Outcome(
        breakdown,
        tuple(shares),
        given,
        rewards,
        move,
        active,
        pending[1] if pending[1] and given else None,
    )


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


def reend(account: Account, tier: Tier, zone: ZoneInfo) -> None:
    """Let open lots last as long as a tier just reached says, where that is longer (S18)."""
    lasts = tier.expires
    if lasts is None:
        return
    for lot in account.lots:
        if lot.unit in ("points", "credit") and lot.remaining:
            ends_at = lasts.ends_at(lot.earned_at, zone)
            ends_at = max(ends_at, lot.ends_at) if ends_at and lot.ends_at else None
            idle = lot.idle and bool(lasts.idle_months)
            account.set_end(lot.id, ends_at, idle=idle, moves=lasts.moves)


def units_needed(programme: Programme, activity: Mapping[str, Activity], now: datetime) -> set[str]:
    """The units whose lots have to be read before something happens, to stay few."""
    needed = {"stamps"} if programme.units.stamps else set()
    month = _month(now, programme.zone())
    for unit, was in activity.items():
        moves = any(p.moves for p in _policies(programme, unit)) and was.moved_month < month
        if moves or (was.ends_at is not None and was.ends_at <= now):
            needed.add(unit)
    return needed


def _policies(programme: Programme, unit: str) -> list[Expiry]:
    return [policy(programme, tier, unit) for tier in (None, *programme.tiers.levels)]


def watches_activity(programme: Programme) -> bool:
    """Whether anything ends by activity, so that it has to be known."""
    units = [unit for unit in ("stamps", "points", "credit") if getattr(programme.units, unit)]
    return any(p.idle_months or p.moves for unit in units for p in _policies(programme, unit))


def _uses(rule: Earn, person: Person, event: Event, totals: Mapping[str, int]) -> Uses:
    day, what = day_number(event.day), uses_of(rule.id)
    total = person.tallies.total
    return Uses(total(what, day, day, day), total(what, *_SINCE_EVER, day), totals.get(rule.id, 0))


def _pending_day(programme: Programme, event: Event) -> tuple[int, datetime | None]:
    """From which local day a purchase's credits count, and the instant; 0 and None for at once."""
    days = programme.earning.pending_days
    if not days or event.trigger != "purchase":
        return 0, None
    day = event.day + timedelta(days=days + 1)
    return day_number(day), local_midnight(day, event.zone)


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
    tier = person.tier(programme, event.at)
    totals: dict[str, int] = {}
    for unit in dict.fromkeys(share.unit for share in shares):
        rules = [(share.rule, share.amount) for share in shares if share.unit == unit]
        totals[unit] = sum(amount for _, amount in rules)
        lasts = policy(programme, tier, unit)
        person.account.credit(
            "donate" if unit.startswith("cause:") else kind,
            unit,
            totals[unit],
            at=event.at,
            ends_at=lasts.ends_at(event.at, event.zone),
            rules=rules,
            available_at=None if unit.startswith("cause:") else available_at,
            idle=bool(lasts.idle_months),
            moves=lasts.moves,
        )
    return tuple(totals.items())


def _end_idle(person: Person, now: datetime) -> None:
    """A deadline that is past stays past, whether or not expiry has run (S4)."""
    if any(was.ends_at and was.ends_at <= now for was in person.activity.values()):
        person.account.expire(now)


def _be_active(
    programme: Programme, person: Person, event: Event, now: datetime
) -> tuple[str, ...]:
    """Move deadlines and ends on by what the member did in person; the units that changed."""
    if event.trigger not in ACTIVE or not watches_activity(programme):
        return ()
    return be_active(programme, person, event.at, event.zone, now)


def be_active(
    programme: Programme, person: Person, at: datetime, zone: ZoneInfo, now: datetime
) -> tuple[str, ...]:
    """Move deadlines and ends on because the member was active `at` an instant (S4)."""
    tier, changed = person.tier(programme, at), []
    for unit in ("stamps", "points", "credit"):
        lasts = policy(programme, tier, unit)
        if not (lasts.idle_months or lasts.moves):
            continue
        was = person.activity.get(unit)
        deadline = lasts.deadline(at, zone)
        if was and was.ends_at and deadline and now < was.ends_at:
            deadline = max(deadline, was.ends_at)
        month = _month(at, zone)
        if was and was.moved_month < month:
            _move_ends(person.account, unit, at, zone, now)
        person.activity[unit] = Activity(
            max(at, was.last_at) if was else at, deadline, max(month, was.moved_month if was else 0)
        )
        changed.append(unit)
    return tuple(changed)


def _move_ends(account: Account, unit: str, at: datetime, zone: ZoneInfo, now: datetime) -> None:
    for lot in account.lots:
        if not (lot.unit == unit and lot.moves and lot.remaining and lot.ends_at):
            continue
        if lot.ends_at > now and _month(lot.earned_at, zone) < _month(at, zone):
            ends_at = moved(lot.ends_at, lot.earned_at, 1, zone)
            account.set_end(lot.id, ends_at, idle=lot.idle, moves=True)


def _month(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    return local.year * 100 + local.month
