"""A member as the engine needs them: read under their lock, and written down again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain import engine, lasting, tiers
from bot.domain.earning import rules_for
from bot.domain.engine import Outcome
from bot.domain.expiry import add_months, local_midnight
from bot.domain.ledger import Account, EntryRef
from bot.domain.members import Member
from bot.domain.person import Person
from bot.domain.programme import Programme
from bot.domain.programme_values import Span
from bot.domain.tallies import SPEND, VISITS, Tallies, uses_of, window
from bot.domain.tiers import Move
from bot.services import standings
from bot.services.unit_of_work import UnitOfWork
from bot.storage import ledger, operations, progress
from bot.storage.database import Reader


def watched(programme: Programme) -> set[str]:
    """What has to be counted for the programme's tiers, challenges and limits."""
    found = {uses_of(rule.id) for rule in programme.earn if rule.limited}
    if programme.has("challenge"):
        found |= {VISITS, SPEND}
    if counted := tiers.counted(programme.tiers):
        found.add(counted)
    return found


def counter_of(rule_id: str) -> str:
    """The counter of how often a rule gave to everybody."""
    return f"rule:{rule_id}"


async def tallies(reader: Reader, programme: Programme, member_id: int, at: datetime) -> Tallies:
    """A member's counts as far back as tiers and challenges look, by day."""
    found = await progress.tallies(reader, member_id, watched(programme), since_day(programme, at))
    return Tallies(found)


def since_day(programme: Programme, at: datetime) -> int:
    """As far back as tiers and challenges look."""
    day = at.astimezone(programme.zone()).date()
    # A review looks at a window that is over; a late purchase at the days before it. What counts
    # for ever needs no more days than that.
    over = programme.tiers.window
    span = Span("days", 1) if over.kind == "always" else over
    return window(span, add_months(day, -13) - timedelta(days=31))[0]


async def read(uow: UnitOfWork, member: Member, now: datetime, units: Iterable[str] = ()) -> Person:
    """A locked member as the engine needs them; `units` are further ones whose lots are wanted."""
    return await look(uow.tx, uow.programme, member, now, units, watches=uow.watches_activity)


async def look(
    reader: Reader,
    programme: Programme,
    member: Member,
    now: datetime,
    units: Iterable[str] = (),
    *,
    watches: bool = True,
) -> Person:
    """The same of a member nobody locked, to see what would happen; never to be written."""
    active = await progress.activity(reader, member.id) if watches else {}
    needed = lasting.units_needed(programme, active, now) | set(units)
    account = await ledger.open_account(reader, member.id, sorted(needed) or ("",))
    person = Person(member, account, activity=active)
    if watched(programme):
        person.tallies = await tallies(reader, programme, member.id, now)
    if programme.tiers.levels:
        person.standing = await progress.standing(reader, member.id)
        late = await progress.first_recheck(reader, member.id, now)
        person.followed = late and late.astimezone(programme.zone()).date()
        engine.follow_tiers(programme, person, now)
    if any(rule.first for rule in programme.earn):
        person.bought = await operations.has_bought(reader, member.id)
    return person


async def totals(uow: UnitOfWork, trigger: str) -> dict[str, int]:
    """How often rules with a limit for everybody gave, locked; after the member's lock."""
    limited = limited_for(uow.programme, trigger)
    used = await progress.lock_counters(uow.tx, map(counter_of, limited))
    return {rule_id: used[counter_of(rule_id)] for rule_id in limited}


async def totals_now(reader: Reader, programme: Programme, trigger: str) -> dict[str, int]:
    """The same as they are now, without a lock, to see what would be given."""
    limited = limited_for(programme, trigger)
    used = await progress.used(reader, map(counter_of, limited))
    return {rule_id: used[counter_of(rule_id)] for rule_id in limited}


def limited_for(programme: Programme, trigger: str) -> list[str]:
    """The rules with a limit for everybody that something may run, challenges among them."""
    rules = list(rules_for(programme, trigger))
    if trigger in engine.ACTIVE:
        rules += rules_for(programme, "challenge")
    return [rule.id for rule in rules if rule.total]


async def write(
    uow: UnitOfWork, person: Person, outcome: Outcome, operation_id: int, now: datetime
) -> None:
    """Write down what happened to a locked member."""
    tx, member_id = uow.tx, person.member.id
    await write_ledger(uow, person, operation_id, now)
    await progress.add_counts(tx, member_id, operation_id, person.tallies.added)
    person.tallies.added.clear()
    for share in outcome.shares:
        rule = uow.programme.earn_rule(share.rule)
        if rule and rule.total:
            await progress.count(tx, counter_of(rule.id))
    if outcome.recheck_at:
        await progress.recheck(tx, member_id, outcome.recheck_at)
    await write_moves(uow, person, operation_id, now, told=outcome.move)


async def write_moves(
    uow: UnitOfWork,
    person: Person,
    operation_id: int | None,
    now: datetime,
    *,
    told: Move | None = None,
) -> None:
    """Write down how a locked member's tier moved and tell them, unless they are `told` already."""
    moves, member = tuple(person.moves), person.member
    person.moves.clear()
    for move in moves:
        # A tier that an operation brought goes when that is taken back.
        await progress.move(uow.tx, member.id, move, operation_id if move.by_event else None)
    await expect_tenure(uow, member, now)
    if any(move.reason in tiers.RISING for move in moves):
        await last_longer(uow, person, now)
    if moves and told is None:
        await standings.tell(uow, person, moves, now)


async def write_given(uow: UnitOfWork, person: Person, operation_id: int, now: datetime) -> None:
    """Write down what a locked member was given without earning it."""
    await write_ledger(uow, person, operation_id, now)
    await write_moves(uow, person, operation_id, now)


async def expect_tenure(uow: UnitOfWork, member: Member, now: datetime) -> None:
    """Have a member looked at when time alone gives them their next tier (S18)."""
    midnights = (
        local_midnight(day, uow.programme.zone())
        for day in tiers.tenure_days(uow.programme, member.joined_at)
    )
    coming = min((at for at in midnights if at > now), default=None)
    if coming:
        await progress.recheck(uow.tx, member.id, coming)


async def write_ledger(
    uow: UnitOfWork, person: Person, operation_id: int, now: datetime
) -> list[EntryRef]:
    """Write what was posted to a locked member's account, and what became of their deadlines."""
    # Before new lots are there: those have not ended.
    await progress.lapse(uow.tx, person.member.id, person.lapsed)
    refs = await uow.write(
        person.account, member_id=person.member.id, operation_id=operation_id, now=now
    )
    await _write_activity(uow, person)
    return refs


async def be_active(uow: UnitOfWork, member: Member, now: datetime) -> None:
    """A locked member redeems: that keeps alive what ends without activity (S4)."""
    if not uow.watches_activity:
        return
    person = await read(uow, member, now)
    zone = uow.programme.zone(member.home_location)
    lasting.be_active(uow.programme, person, now, zone, now)
    await _write_ends(uow, person)
    await write_moves(uow, person, None, now)


async def lapse(uow: UnitOfWork, member: Member, now: datetime) -> bool:
    """End what a locked member's past deadlines ended; whether there were any."""
    person = Person(member, Account(()))
    person.activity = await progress.activity(uow.tx, member.id)
    lasting.lapse(person, now)
    found = bool(person.lapsed)
    await _write_ends(uow, person)
    return found


async def join_activity(uow: UnitOfWork, kept: Member, other: Member, now: datetime) -> None:
    """Two locked members become one: the later deadline holds, what was past stays past (S12)."""
    for member in (kept, other):
        await lapse(uow, member, now)
    both = [await progress.activity(uow.tx, member.id) for member in (kept, other)]
    await progress.be_active(uow.tx, kept.id, lasting.joined(*both))
    await progress.forget_activity(uow.tx, other.id)


async def last_longer(uow: UnitOfWork, person: Person, now: datetime) -> None:
    """A tier just reached lets all open lots last as long as it says (S18)."""
    tier = person.tier(uow.programme, now)
    if tier and tier.expires:
        person.account = await ledger.open_account(uow.tx, person.member.id, ("points", "credit"))
        lasting.reend(person, tier, uow.programme.zone(person.member.home_location), now)
        await _write_ends(uow, person)


async def _write_ends(uow: UnitOfWork, person: Person) -> None:
    await progress.lapse(uow.tx, person.member.id, person.lapsed)
    await ledger.write_ends(uow.tx, person.account)
    await _write_activity(uow, person)


async def _write_activity(uow: UnitOfWork, person: Person) -> None:
    changed = {unit: person.activity[unit] for unit in person.changed}
    await progress.be_active(uow.tx, person.member.id, changed)
    person.changed.clear()
    person.lapsed.clear()
