"""How long what a member has lasts: policies, deadlines, ends that activity moves (S4, S18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.expiry import Expiry, moved
from bot.domain.ledger import Account, EntryKind, Lot, Posting
from bot.domain.person import Activity, Person
from bot.domain.programme import Programme
from bot.domain.programme_tiers import Tier

#: What a member collects; it may end by activity, and of it points and credit by their tier.
UNITS = ("stamps", "points", "credit")
_BY_TIER = ("points", "credit")
_FOREVER = datetime.max.replace(tzinfo=UTC)


def policy(programme: Programme, tier: Tier | None, unit: str) -> Expiry:
    """How long what is earned of a unit lasts: the tier's own, else the unit's (S4, S18).

    Rewards last from when they were earned, whatever their owner does.
    """
    kind, _, code = unit.partition(":")
    if kind == "reward":
        reward = programme.reward(code)
        return replace(reward.validity, idle_months=0, moves=False) if reward else Expiry()
    if tier and tier.expires and unit in _BY_TIER:
        return tier.expires
    part = getattr(programme.units, unit, None) if unit in UNITS else None
    return part.expires if part else Expiry()


def watches_activity(programme: Programme) -> bool:
    """Whether anything ends by activity, so that it has to be known."""
    units = [unit for unit in UNITS if getattr(programme.units, unit)]
    return any(p.idle_months or p.moves for unit in units for p in _policies(programme, unit))


def units_needed(programme: Programme, activity: Mapping[str, Activity], now: datetime) -> set[str]:
    """The units whose lots have to be read before something happens, to stay few."""
    needed = {"stamps"} if programme.units.stamps else set()
    # A shop further east may be in the next month already.
    month = _month(now + timedelta(days=1), programme.zone())
    for unit in UNITS:
        was = activity.get(unit)
        moves = any(p.moves for p in _policies(programme, unit)) or (was and was.moved_month)
        if moves and (was is None or was.moved_month < month):
            needed.add(unit)
    return needed


def credit(
    programme: Programme,
    person: Person,
    kind: EntryKind,
    unit: str,
    amount: int,
    *,
    at: datetime,
    zone: ZoneInfo,
    rules: Sequence[tuple[str, int]] = (),
    lasts: Expiry | None = None,
    available_at: datetime | None = None,
) -> Posting:
    """Give an amount that lasts as the programme says, unless it `lasts` otherwise."""
    if lasts is None:
        lasts = policy(programme, person.tier(programme, at), unit)
    return person.account.credit(
        kind,
        unit,
        amount,
        at=at,
        ends_at=lasts.ends_at(at, zone),
        rules=rules,
        available_at=available_at,
        idle=bool(lasts.idle_months),
        moves=lasts.moves,
        deadline=_deadline(person, unit, lasts, at, zone) if lasts.idle_months else None,
    )


def lapse(person: Person, now: datetime) -> None:
    """A deadline that is past stays past, whether or not expiry has run (S4)."""
    for unit, was in tuple(person.activity.items()):
        if was.ends_at is not None and was.ends_at <= now:
            person.lapsed[unit] = was.ends_at
            person.keep(unit, replace(was, ends_at=None, idle_months=0))


def be_active(
    programme: Programme, person: Person, at: datetime, zone: ZoneInfo, now: datetime
) -> None:
    """Move deadlines and ends on because the member was active `at` an instant (S4)."""
    lapse(person, now)
    tier, month = person.tier(programme, at), _month(at, zone)
    for unit in UNITS:
        lasts, was = policy(programme, tier, unit), person.activity.get(unit, Activity(at))
        # What was given under another programme, or another tier, goes on as it was (S11).
        idle_months = max(lasts.idle_months, was.idle_months)
        moves = lasts.moves or bool(was.moved_month)
        if not (idle_months or moves):
            continue
        deadline = _later(Expiry(idle_months=idle_months).deadline(at, zone), was.ends_at)
        person.account.set_deadline(unit, deadline, at=now)
        if moves and was.moved_month < month:
            _move_ends(person.account, unit, at, zone, now)
            was = replace(was, moved_month=month)
        last_at = max(at, was.last_at)
        person.keep(unit, Activity(last_at, deadline, was.moved_month, idle_months))


def joined(one: Mapping[str, Activity], another: Mapping[str, Activity]) -> dict[str, Activity]:
    """The activity of one member out of two, whose past deadlines have lapsed (S12)."""
    both = {unit: [m[unit] for m in (one, another) if unit in m] for unit in {*one, *another}}
    return {
        unit: Activity(
            max(each.last_at for each in found),
            max((each.ends_at for each in found if each.ends_at), default=None),
            max(each.moved_month for each in found),
            max(each.idle_months for each in found),
        )
        for unit, found in both.items()
    }


def reend(person: Person, tier: Tier, zone: ZoneInfo, now: datetime) -> None:
    """Let open lots last as long as a tier just reached says, where that is longer (S18)."""
    lasts = tier.expires
    if lasts is None:
        return
    lapse(person, now)
    for unit in _BY_TIER:
        was = person.activity.get(unit, Activity(now))
        deadline = _later(lasts.deadline(was.last_at, zone), was.ends_at)
        if lasts.idle_months and deadline:
            person.account.set_deadline(unit, deadline, at=now)
            months = max(lasts.idle_months, was.idle_months)
            person.keep(unit, replace(was, ends_at=deadline, idle_months=months))
        for lot in person.account.lots:
            if lot.unit == unit and lot.remaining and not lot.ended(now):
                _reend(person.account, lot, lasts, deadline, zone)


def _reend(
    account: Account, lot: Lot, lasts: Expiry, deadline: datetime | None, zone: ZoneInfo
) -> None:
    own, idle = lasts.ends_at(lot.earned_at, zone), bool(lasts.idle_months)
    offered = replace(lot, own_end=own, idle=idle, moves=lasts.moves, deadline=deadline)
    if (offered.ends_at or _FOREVER) >= (lot.ends_at or _FOREVER):
        account.set_end(lot.id, own, idle=idle, moves=lasts.moves)


def _deadline(
    person: Person, unit: str, lasts: Expiry, at: datetime, zone: ZoneInfo
) -> datetime | None:
    """The member's deadline, which begins with what they are first given."""
    lapse(person, at)
    was = person.activity.get(unit, Activity(at))
    if was.ends_at is None:
        months = lasts.idle_months
        was = replace(was, ends_at=lasts.deadline(at, zone), idle_months=months)
        person.keep(unit, was)
    return was.ends_at


def _move_ends(account: Account, unit: str, at: datetime, zone: ZoneInfo, now: datetime) -> None:
    for lot in account.lots:
        if lot.unit == unit and lot.moves and lot.remaining and lot.own_end:
            earlier = _month(lot.earned_at, zone) < _month(at, zone)
            if earlier and not lot.ended(now):
                own_end = moved(lot.own_end, lot.earned_at, 1, zone)
                account.set_end(lot.id, own_end, idle=lot.idle, moves=True)


def _policies(programme: Programme, unit: str) -> list[Expiry]:
    return [policy(programme, tier, unit) for tier in (None, *programme.tiers.levels)]


def _later(one: datetime | None, another: datetime | None) -> datetime | None:
    return max(filter(None, (one, another)), default=None)


def _month(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    return local.year * 100 + local.month
