"""Paid memberships: what there is, and that one was paid for (S18).

Whoever takes the money says so: a colleague at the till, or another program with a key of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.amounts import in_minor_units
from bot.domain.members import Member, Staff
from bot.domain.messages import Day, Money, phrase
from bot.domain.person import Person
from bot.domain.programme import Programme
from bot.domain.programme_tiers import Tier
from bot.domain.tiers import Move, Standing, last_day
from bot.services import earning, ending, limits, outreach, persons, standings
from bot.services.results import NOBODY, Refused, Repeated, Undone
from bot.services.unit_of_work import UnitOfWork
from bot.storage import members, memberships, operations, progress
from bot.storage.database import Reader
from bot.storage.memberships import Payment
from bot.storage.operations import Operation

#: The kind of its operations.
PAID = "membership"
_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Paid:
    """A membership that was paid for, and until when; None is without an end."""

    member: Member
    operation_id: int
    tier: Tier
    fee: Money
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Terms:
    """A membership as one member sees it: what it costs, its last day if it is paid for now.

    `refusal` says why they can't; `held` that it is theirs, through the day `held_until`. What is
    renewed before its end begins on the day `since`.
    """

    tier: Tier
    fee: Money
    until: Day | None
    refusal: Refused | None
    held: bool
    held_until: Day | None
    since: Day | None = None

    @property
    def open(self) -> bool:
        """Whether they can pay for it now."""
        return self.refusal is None


def offered(programme: Programme) -> tuple[Tier, ...]:
    """The tiers that are paid for."""
    return tuple(tier for tier in programme.tiers.levels if tier.fee is not None)


def fee(programme: Programme, tier: Tier) -> Money:
    """What a membership costs."""
    currency = programme.shop.currency
    assert tier.fee is not None  # noqa: S101 - it is one that is paid for
    return Money(in_minor_units(tier.fee, currency), currency)


async def terms(uow: UnitOfWork, member: Member, now: datetime) -> list[Terms]:
    """Each membership as a locked or written-for member sees it, lowest first."""
    programme = uow.programme
    standing = await progress.standing(uow.tx, member.id)
    has = standing.paid(programme.tiers, now)
    found = []
    for tier in offered(programme):
        until = _ends(programme, standing, tier, now)
        held = has is not None and has.code == tier.code
        found.append(
            Terms(
                tier,
                fee(programme, tier),
                _day(programme, until if isinstance(until, datetime) else None),
                until if isinstance(until, Refused) else None,
                held,
                _day(programme, standing.paid_until if held else None),
                _next_day(programme, standing.paid_until if held else None),
            )
        )
    return found


def unknown(programme: Programme, code: str) -> Refused:
    """That there is no such membership, and which there are."""
    known = ", ".join(each.code for each in offered(programme))
    if not known:
        return Refused(phrase("membership.none"))
    return Refused(phrase("membership.refused.unknown", word=code, known=known))


async def pay(
    uow: UnitOfWork,
    member_id: int,
    code: str,
    key: str,
    now: datetime,
    *,
    colleague: Staff | None = None,
) -> Paid | Refused | Repeated:
    """Note that a member paid for a membership: it begins now, or goes on after the one they have.

    The fee earns nothing; it is kept for the figures.
    """
    tier = next((each for each in offered(uow.programme) if each.code == code), None)
    if tier is None:
        return unknown(uow.programme, code)
    if over := ending.no_earning(uow.programme, now):
        return over
    member = await members.lock(uow.tx, member_id)
    if member.erased:
        return NOBODY
    if done := await earning.repeated(uow, key):
        return done
    if colleague and (refusal := await limits.own_card(uow, member, colleague, now)):
        return refusal
    person = await persons.read(uow, member, now)
    until = _ends(uow.programme, person.standing, tier, now)
    if isinstance(until, Refused):
        return until
    operation_id = await operations.begin(
        uow.tx,
        key,
        PAID,
        now=now,
        member_id=member.id,
        staff_id=colleague.id if colleague else None,
        location=colleague.at if colleague else None,
    )
    if operation_id is None:
        return await earning.repeated(uow, key) or Repeated(PAID, now)
    paid = Paid(member, operation_id, tier, fee(uow.programme, tier), until)
    await _keep(uow, person, paid, now)
    said = standings.paid(uow.programme, tier, until, now)
    await outreach.tell_member(uow, member.id, said, now)
    return paid


async def _keep(uow: UnitOfWork, person: Person, paid: Paid, now: datetime) -> None:
    was = person.standing
    goes_on = was.paid_tier == paid.tier.code and was.paid_until is not None
    payment = Payment(
        operation_id=paid.operation_id,
        member_id=paid.member.id,
        tier=paid.tier.code,
        fee=paid.fee,
        begins_at=max(was.paid_until or now, now) if goes_on else now,
        ends_at=paid.until,
        was_tier=was.paid_tier,
        was_until=was.paid_until,
    )
    await memberships.add(uow.tx, payment)
    standing = replace(was, paid_tier=paid.tier.code, paid_until=paid.until)
    move = Move(was, standing, "paid", now, by_event=True)
    person.move([move])
    await persons.write_moves(uow, person, paid.operation_id, now, told=move)


def _ends(
    programme: Programme, standing: Standing, tier: Tier, now: datetime
) -> datetime | Refused | None:
    """When a membership paid for now ends; renewed before its end it goes on from there."""
    tiers, has = programme.tiers, standing.paid(programme.tiers, now)
    begins_at = now
    if has is not None and has.code == tier.code:
        if standing.paid_until is None:
            return Refused(phrase("membership.refused.endless", tier=tier.name))
        # It is good through its last day, and goes on with the next.
        begins_at = standing.paid_until - _MOMENT
    elif has is not None and tiers.rank(has.code) > tiers.rank(tier.code):
        return Refused(phrase("membership.refused.higher", tier=has.name))
    return tier.lasts.ends_at(begins_at, programme.zone()) if tier.lasts else None


def _day(programme: Programme, until: datetime | None) -> Day | None:
    return Day(last_day(programme, until)) if until else None


def _next_day(programme: Programme, until: datetime | None) -> Day | None:
    return Day(last_day(programme, until) + timedelta(days=1)) if until else None


@dataclass(frozen=True, slots=True)
class Ending:
    """A paid membership that ends."""

    tier: Tier
    until: datetime


async def paid(reader: Reader, programme: Programme, member_id: int) -> Ending | None:
    """The paid membership a member has, where it ends."""
    standing = await progress.standing(reader, member_id)
    tier = programme.tiers.level(standing.paid_tier)
    return Ending(tier, standing.paid_until) if tier and standing.paid_until else None


async def may_undo(uow: UnitOfWork, found: Operation) -> bool:
    """Whether nothing was paid since: that would go on where this ends."""
    payment = await memberships.newest(uow.tx, found.member_id or 0)
    return payment is not None and payment.operation_id == found.id


async def take_back(
    uow: UnitOfWork, member: Member, found: Operation, reversal: int, now: datetime
) -> Undone:
    """Take back, as part of the operation `reversal`, what a locked member paid last."""
    payment = await memberships.of_operation(uow.tx, found.id)
    person = await persons.read(uow, member, now)
    was = person.standing
    standing = replace(was, paid_tier=payment.was_tier, paid_until=payment.was_until)
    # Where two members became one, the other's payment still stands.
    other = await memberships.newest(uow.tx, member.id)
    if other and (other.ends_at is None or other.ends_at > now):
        standing = replace(was, paid_tier=other.tier, paid_until=other.ends_at)
    move = Move(was, standing, "paid_undone", now)
    person.move([move])
    await persons.write_moves(uow, person, reversal, now, told=move)
    if tier := uow.programme.tiers.level(payment.tier):
        await outreach.tell_member(uow, member.id, standings.unpaid(uow.programme, tier), now)
    return Undone(member, (), membership=payment.tier)
