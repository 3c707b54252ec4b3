"""A member as the engine needs them: read under their lock, and written down again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain import engine
from bot.domain.engine import Outcome, Person
from bot.domain.expiry import add_months
from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.domain.tallies import POINTS, SPEND, VISITS, Tallies, uses_of, window
from bot.services.unit_of_work import UnitOfWork
from bot.storage import ledger, operations, progress
from bot.storage.database import Reader


def watched(programme: Programme) -> set[str]:
    """What has to be counted for the programme's tiers, challenges and limits."""
    found = {uses_of(rule.id) for rule in programme.earn if rule.limited}
    if programme.has("challenge"):
        found |= {VISITS, SPEND}
    if programme.tiers.levels:
        found |= {VISITS, SPEND, POINTS}
    return found


def counter_of(rule_id: str) -> str:
    """The counter of how often a rule gave to everybody."""
    return f"rule:{rule_id}"


async def tallies(reader: Reader, programme: Programme, member_id: int, at: datetime) -> Tallies:
    """A member's counts as far back as tiers and challenges look, by day."""
    day = at.astimezone(programme.zone()).date()
    # A review looks at a window that is over; a late purchase at the days before it.
    since, _ = window(programme.tiers.window, add_months(day, -13) - timedelta(days=31))
    return Tallies(await progress.tallies(reader, member_id, watched(programme), since))


async def read(uow: UnitOfWork, member: Member, now: datetime, units: Iterable[str] = ()) -> Person:
    """A locked member as the engine needs them; `units` are further ones whose lots are wanted."""
    programme = uow.programme
    active = {}
    if engine.watches_activity(programme):
        active = await progress.activity(uow.tx, member.id)
    needed = engine.units_needed(programme, active, now) | set(units)
    account = await ledger.open_account(uow.tx, member.id, sorted(needed) or ("",))
    person = Person(member, account, activity=active)
    if programme.tiers.levels:
        person.standing = await progress.standing(uow.tx, member.id)
    if watched(programme):
        person.tallies = await tallies(uow.tx, programme, member.id, now)
    if any(rule.first for rule in programme.earn):
        person.bought = await operations.has_bought(uow.tx, member.id)
    return person


async def totals(uow: UnitOfWork, trigger: str) -> dict[str, int]:
    """How often rules with a limit for everybody gave, locked; after the member's lock."""
    limited = [rule.id for rule in uow.programme.earn if rule.total and rule.rule == trigger]
    used = await progress.lock_counters(uow.tx, map(counter_of, limited))
    return {rule_id: used[counter_of(rule_id)] for rule_id in limited}


async def write(
    uow: UnitOfWork, person: Person, outcome: Outcome, operation_id: int, now: datetime
) -> None:
    """Write down what happened to a locked member."""
    tx, member_id = uow.tx, person.member.id
    await uow.write(person.account, member_id=member_id, operation_id=operation_id, now=now)
    await progress.add_counts(tx, member_id, operation_id, person.tallies.added)
    person.tallies.added.clear()
    for share in outcome.shares:
        rule = uow.programme.earn_rule(share.rule)
        if rule and rule.total:
            await progress.count(tx, counter_of(rule.id))
    if outcome.active:
        changed = {unit: person.activity[unit] for unit in outcome.active}
        await progress.be_active(tx, member_id, changed)
    if outcome.recheck_at:
        await progress.recheck(tx, member_id, outcome.recheck_at)
    if outcome.move:
        await progress.move(tx, member_id, outcome.move, now, operation_id)
        await _last_longer(uow, person, operation_id, now)


async def _last_longer(uow: UnitOfWork, person: Person, operation_id: int, now: datetime) -> None:
    """A tier just reached lets all open lots last as long as it says (S18)."""
    tier = person.tier(uow.programme, now)
    if tier and tier.expires:
        account = await ledger.open_account(uow.tx, person.member.id, ("points", "credit"))
        engine.reend(account, tier, uow.programme.zone())
        await uow.write(account, member_id=person.member.id, operation_id=operation_id, now=now)
