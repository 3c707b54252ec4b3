"""Limits at the till (S17): what is refused, and told to the managers."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain import engine
from bot.domain.earning import Event, earn
from bot.domain.expiry import local_midnight
from bot.domain.members import Member, Staff
from bot.domain.messages import Moment, Phrase, phrase
from bot.domain.person import Person
from bot.services import news, outreach, persons
from bot.services.results import NoShift, Refused
from bot.services.unit_of_work import UnitOfWork
from bot.storage import operations, staff


async def own_card(
    uow: UnitOfWork, member: Member, colleague: Staff, now: datetime
) -> Refused | None:
    """The refusal of a colleague's own card (S17); the managers hear of it."""
    if await staff.is_member(uow.tx, colleague.id, member.id):
        return await _refuse(uow, colleague, phrase("staff.own_card"), now)
    return None


async def location(uow: UnitOfWork, colleague: Staff) -> str | Refused | None:
    """Where what a colleague does now belongs to; of several shops the one of their shift."""
    places = uow.programme.locations
    if len(places) < 2:
        return places[0].code if places else None
    if uow.programme.location(colleague.at) is None:
        return NoShift(phrase("staff.shift_first"))
    return colleague.at


async def not_allowed(
    uow: UnitOfWork, person: Person, event: Event, colleague: Staff, now: datetime
) -> Refused | None:
    """The refusal when a limit of S17 is passed; the managers hear of it."""
    member = person.member
    if refusal := await own_card(uow, member, colleague, now):
        return refusal
    totals = await persons.totals_now(uow.tx, uow.programme, event.trigger)
    uses = engine.uses_so_far(uow.programme, person, event, totals)
    shares = earn(uow.programme, event, uses).shares
    stamps = sum(share.amount for share in shares if share.unit == "stamps")
    limits = uow.programme.limits
    if limits.minutes_between and (stamps or event.trigger == "visit"):
        last = await operations.last_stamp_at(uow.tx, member.id)
        if last and now < last + timedelta(minutes=limits.minutes_between):
            zone = uow.programme.zone(colleague.at)
            why = phrase(
                "staff.too_soon",
                at=Moment(last, zone.key, "time"),
                n=limits.minutes_between,
            )
            return await _refuse(uow, colleague, why, now)
    if not stamps:
        return None
    await staff.lock(uow.tx, colleague.id)
    midnight = local_midnight(now.astimezone(uow.programme.zone()).date(), uow.programme.zone())
    for most, key, who in (
        (limits.member_stamps_a_day, "staff.member_limit", {"member_id": member.id}),
        (limits.colleague_stamps_a_day, "staff.colleague_limit", {"staff_id": colleague.id}),
    ):
        given = await operations.stamps_since(uow.tx, midnight, **who)
        if given + stamps > most:
            return await _refuse(uow, colleague, phrase(key, n=most, given=given), now)
    return None


async def _refuse(uow: UnitOfWork, colleague: Staff, why: Phrase, now: datetime) -> Refused:
    report = news.limit_passed(colleague, why)
    await outreach.tell_managers(uow, report, now, except_for=colleague.id)
    return Refused(why)
