"""Putting a balance right by hand: a manager's `/adjust`, with a reason that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain import engine, lasting
from bot.domain.ledger import NotEnough
from bot.domain.members import Role, Staff
from bot.domain.messages import Phrase, Reply, phrase
from bot.domain.person import Person
from bot.domain.programme import Programme
from bot.services import limits, news, outreach, persons, units
from bot.services.results import NOBODY, Earned, Refused, Repeated
from bot.services.unit_of_work import UnitOfWork
from bot.storage import members, operations

#: The longest reason kept, in characters.
REASON_LIMIT = 200
#: The largest adjustment, in the ledger's units; of stamps and rewards far less, as cards are
#: filled one by one.
_LARGEST, _MOST = 100_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a balance is to be changed by, and why."""

    unit: str
    amount: int
    reason: str


def unit_names(programme: Programme) -> tuple[str, ...]:
    """The units a balance can be adjusted in: what is collected, and each reward by its code."""
    collected = [u for u in ("stamps", "points", "credit") if getattr(programme.units, u)]
    return (*collected, *(f"reward:{reward.code}" for reward in programme.rewards))


def largest(unit: str) -> int:
    """The most of a unit that one adjustment gives or takes."""
    return _LARGEST if unit in ("points", "credit") else _MOST


def clean_reason(text: str) -> str:
    """A reason on one line, without what can't be seen, as long as is kept."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:REASON_LIMIT].strip()


async def short_of(
    uow: UnitOfWork, member_id: int, change: Adjustment, now: datetime
) -> Phrase | None:
    """Why a balance can't be lowered by so much: no more than there is can be taken."""
    member = await members.get(uow.tx, member_id)
    if member is None or change.amount > 0:
        return None
    person = await persons.read(uow, member, now, {change.unit})
    return _short(uow.programme, person, change, now)


def _short(
    programme: Programme, person: Person, change: Adjustment, now: datetime
) -> Phrase | None:
    account = person.account
    there = account.spendable(change.unit, now) - account.owed(change.unit)
    if there + change.amount >= 0:
        return None
    if there <= 0:
        return phrase("adjust.nothing_there")
    return phrase("adjust.too_much", have=units.signed(programme, change.unit, -there))


async def adjust(
    uow: UnitOfWork,
    member_id: int,
    change: Adjustment,
    colleague: Staff,
    key: str,
    now: datetime,
) -> Earned | Refused | Repeated:
    """Change a balance, once a key; full cards are filled, and the owner hears of it.

    It is undone by another adjustment.
    """
    member = await members.lock(uow.tx, member_id)
    if member.erased:
        return NOBODY
    if refusal := await limits.own_card(uow, member, colleague, now):
        return refusal
    if done := await operations.by_key(uow.tx, key):
        return Repeated(done.kind, done.created_at, done.id, done.member_id, done.staff_id)
    person = await persons.read(uow, member, now, {change.unit})
    if why := _short(uow.programme, person, change, now):
        return Refused(why)
    try:
        rewards = _post(uow.programme, person, change, now)
    except NotEnough:
        return Refused(phrase("adjust.nothing_there"))
    operation_id = await operations.begin(
        uow.tx,
        key,
        "adjust",
        now=now,
        member_id=member.id,
        staff_id=colleague.id,
        location=colleague.at,
        answer={"reason": change.reason},
    )
    if operation_id is None:
        return Repeated("adjust", now)
    await persons.write_given(uow, person, operation_id, now)
    adjusted = Earned(member, operation_id, ((change.unit, change.amount),), rewards)
    await _tell(uow, adjusted, change, colleague, now)
    return adjusted


def _post(
    programme: Programme, person: Person, change: Adjustment, now: datetime
) -> tuple[str, ...]:
    zone = programme.zone(person.member.home_location)
    if change.amount > 0:
        rules = (("adjust", change.amount),)
        lasting.credit(
            programme, person, "adjust", change.unit, change.amount, at=now, zone=zone, rules=rules
        )
    else:
        person.account.debit("adjust", change.unit, -change.amount, at=now)
    return engine.fill_cards(programme, person.account, now, zone)


async def _tell(
    uow: UnitOfWork, adjusted: Earned, change: Adjustment, colleague: Staff, now: datetime
) -> None:
    amount = units.signed(uow.programme, change.unit, change.amount)
    await news.tell_adjusted(uow, adjusted, amount, change.reason, now)
    if colleague.role < Role.OWNER:
        said = phrase(
            "adjust.owner",
            colleague=colleague.name,
            code=adjusted.member.code,
            amount=amount,
            reason=change.reason,
        )
        await outreach.tell_managers(
            uow, Reply((said,)), now, except_for=colleague.id, roles=(Role.OWNER,)
        )
