"""A piece of past purchases: its members read at once, changed in memory, written at once.

The engine and the rows are those of a purchase at a till (services/earning.py, persons.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain import engine, lasting, tiers
from bot.domain.earning import Item
from bot.domain.earning.basis import item_of
from bot.domain.engine import Outcome
from bot.domain.expiry import local_midnight
from bot.domain.ledger import Account
from bot.domain.members import Member
from bot.domain.person import Person
from bot.domain.programme import Programme
from bot.domain.tallies import Tallies
from bot.services import earning, persons
from bot.services.ranks import Ranks
from bot.services.unit_of_work import UnitOfWork
from bot.storage import crowd
from bot.storage.bulk import Batch, Held
from bot.storage.spool import Sold


class Again(Exception):
    """Two members became one while they were being locked: begin the piece again."""


@dataclass
class _Past:
    """A locked member as they are after the purchases counted so far.

    `bought` says that they bought something before, where any rule asks; `rechecks` are when they
    are to be looked at again. `ranks` are the tiers they had before the import.
    """

    person: Person
    held: Held
    ranks: Ranks
    bought: bool = False
    rechecks: set[datetime] = field(default_factory=set)


async def count_piece(uow: UnitOfWork, piece: Sequence[Sold], now: datetime) -> int:
    """Count the purchases that are not counted yet, each member's in order; how many."""
    people = await _lock(uow, {sold.member_id for sold in piece if sold.member_id})
    done = await crowd.known_keys(uow.tx, [sold.key for sold in piece])
    new = [sold for sold in piece if sold.key not in done]
    found = await _read(uow, people, new)
    totals = Counter(await persons.totals(uow, "purchase"))
    batch = Batch(uow.tx, uow.version, now)
    for sold in new:
        member = people.get(sold.member_id) if sold.member_id else None
        past = found[member.id] if member else None
        if past:
            await _count(uow, batch, past, sold, totals)
        else:
            await _keep(uow, batch, sold, await _begin(batch, sold, None))
    for past in found.values():
        for at in past.rechecks:
            batch.recheck(past.person.member.id, at)
    await batch.write()
    return len(new)


async def _lock(uow: UnitOfWork, ids: set[int]) -> dict[int, Member]:
    """Members as they are now, by the number they had when the file was checked."""
    now = await crowd.kept(uow.tx, ids)
    locked = await crowd.lock(uow.tx, sorted(set(now.values())))
    if locked is None:
        raise Again
    return {before: locked[number] for before, number in now.items() if number in locked}


async def _read(
    uow: UnitOfWork, people: dict[int, Member], lines: Sequence[Sold]
) -> dict[int, _Past]:
    """The members of some lines as the engine needs them, as `persons.read` gives one."""
    tx, programme = uow.tx, uow.programme
    first: dict[int, datetime] = {}
    last: dict[int, datetime] = {}
    members = {}
    for sold in lines:
        if sold.member_id and (member := people.get(sold.member_id)):
            members[member.id] = member
            first[member.id] = min(sold.at, first.get(member.id, sold.at))
            last[member.id] = max(sold.at, last.get(member.id, sold.at))
    if not members:
        return {}
    ids, tiered = sorted(members), bool(programme.tiers.levels)
    activity = await crowd.activity(tx, ids) if uow.watches_activity else {}
    since = persons.since_day(programme, min(first.values()))
    counts = await crowd.tallies(tx, ids, sorted(persons.watched(programme)), since)
    standings = await crowd.standings(tx, ids) if tiered else {}
    changes = await crowd.tier_changes(tx, list(standings)) if tiered else {}
    payments = await crowd.payments(tx, list(standings)) if tiered else {}
    rechecks = await crowd.rechecks(tx, ids) if tiered else {}
    owing = await crowd.debts(tx, ids)
    bought = await crowd.bought(tx, ids) if _asks_for_first(programme) else set[int]()
    found = {}
    for number in ids:
        person = Person(members[number], Account(()), tallies=Tallies(counts.get(number, ())))
        person.activity = dict(activity.get(number, {}))
        person.standing = standings.get(number, person.standing)
        late = rechecks.get(number)
        if late and late <= first[number]:
            person.followed = late.astimezone(programme.zone()).date()
        held = Held(number, {}, set(), list(owing.get(number, ())))
        ranks = Ranks(changes.get(number, []), payments.get(number, []))
        found[number] = _Past(person, held, ranks, number in bought)
    for unit in lasting.UNITS:
        wanting = [n for n in ids if unit in _needed(programme, found[n], first[n], last[n])]
        lots = await crowd.open_lots(tx, wanting, [unit])
        for number in wanting:
            found[number].held.take_in(lots[number], [unit])
    return found


def _asks_for_first(programme: Programme) -> bool:
    return any(rule.first for rule in programme.earn)


def _needed(programme: Programme, past: _Past, first: datetime, last: datetime) -> set[str]:
    activity = past.person.activity
    return lasting.units_needed(programme, activity, first) | lasting.units_needed(
        programme, activity, last
    )


async def _count(
    uow: UnitOfWork, batch: Batch, past: _Past, sold: Sold, totals: Counter[str]
) -> None:
    """Count a member's purchase, as `earning.sale` does."""
    programme, person, held = uow.programme, past.person, past.held
    needed = lasting.units_needed(programme, person.activity, sold.at)
    await held.fetch(uow.tx, needed)
    person.account = held.account(needed, person.activity)
    person.bought = past.bought
    if programme.tiers.levels:
        engine.follow_tiers(programme, person, sold.at)
    event = engine.event_of(programme, person, "purchase", sold.at, location=sold.location)
    event = replace(
        # What it earns is what it would have earned then (S13).
        engine.under(programme, event, past.ranks.at(programme, person, sold.at)),
        amount=earning.major(programme, sold.amount),
        discount=earning.major(programme, sold.discount),
        reward_part=earning.major(programme, 0),
        items=tuple(_item(programme, *item) for item in sold.items),
    )
    outcome = engine.happen(programme, person, event, sold.at, totals=totals, reviewed=True)
    # A purchase for nothing is none, as `operations.has_bought` has it.
    past.bought |= sold.amount > 0 and _asks_for_first(programme)
    operation_id = await _begin(batch, sold, person.member.id)
    await _write(uow, batch, past, outcome, operation_id, sold.at)
    for rule in (programme.earn_rule(share.rule) for share in outcome.shares):
        if rule and rule.total:
            totals[rule.id] += 1
            batch.count(persons.counter_of(rule.id))
    facts = earning.facts_of(event, outcome, uow.version)
    await _keep(uow, batch, sold, operation_id, person.member.id, facts)
    batch.visited(person.member.id, sold.at)


def _item(programme: Programme, product: str, quantity: int, amount: int | None) -> Item:
    price = None if amount is None else earning.major(programme, amount)
    return item_of(programme, product, quantity, price)


async def _begin(batch: Batch, sold: Sold, member_id: int | None) -> int:
    return await batch.operation(sold.key, "sale", member_id, sold.location, sold.at)


async def _keep(
    uow: UnitOfWork,
    batch: Batch,
    sold: Sold,
    operation_id: int,
    member_id: int | None = None,
    facts: str | None = None,
) -> None:
    currency = uow.programme.shop.currency
    values = (
        member_id,
        sold.amount,
        currency,
        sold.location,
        sold.receipt or None,
        sold.at,
        sold.discount,
        facts,
    )
    await batch.purchase(operation_id, values, sold.items)


async def _write(
    uow: UnitOfWork, batch: Batch, past: _Past, outcome: Outcome, operation_id: int, at: datetime
) -> None:
    """Keep what happened, as `persons.write` does."""
    person, member_id = past.person, past.person.member.id
    batch.lapse(past.held, person.lapsed)
    await batch.post(past.held, person.account, operation_id)
    _keep_activity(batch, person)
    batch.counts(member_id, operation_id, person.tallies.added)
    person.tallies.added.clear()
    moves = tuple(person.moves)
    person.moves.clear()
    for move in moves:
        batch.move(member_id, move, operation_id)
    if any(move.reason in tiers.RISING for move in moves):
        await _last_longer(uow, batch, past, at)
    # What comes due before the next purchase is looked at by that.
    coming = {_tenure_at(uow.programme, person.member, at), outcome.recheck_at, *past.rechecks}
    past.rechecks = {due for due in coming if due and due > at}


def _tenure_at(programme: Programme, member: Member, at: datetime) -> datetime | None:
    """When a member reaches the next tier by being one for so long."""
    days = tiers.tenure_days(programme, member.joined_at)
    midnights = (local_midnight(day, programme.zone()) for day in days)
    return min((midnight for midnight in midnights if midnight > at), default=None)


async def _last_longer(uow: UnitOfWork, batch: Batch, past: _Past, at: datetime) -> None:
    person, held = past.person, past.held
    tier = person.tier(uow.programme, at)
    if tier and tier.expires:
        units = ("points", "credit")
        await held.fetch(uow.tx, units)
        person.account = held.account(units, person.activity)
        lasting.reend(person, tier, uow.programme.zone(person.member.home_location), at)
        batch.lapse(held, person.lapsed)
        batch.ends(held, person.account)
        _keep_activity(batch, person)


def _keep_activity(batch: Batch, person: Person) -> None:
    changed = {unit: person.activity[unit] for unit in person.changed}
    batch.activity(person.member.id, changed)
    person.changed.clear()
    person.lapsed.clear()
