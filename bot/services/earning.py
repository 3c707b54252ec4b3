"""Stamps and purchases at the till: limits, entries, and the news for the member (S15, S17)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from babel.numbers import get_currency_precision

from bot.domain.earning import Event, Share, earn
from bot.domain.expiry import local_midnight
from bot.domain.ledger import Account, EntryKind, reward_unit
from bot.domain.members import CODE_ALPHABET, Member, Staff
from bot.domain.messages import Moment, Money, Phrase, phrase
from bot.domain.programme import Programme
from bot.services import news, outreach
from bot.services.results import NOBODY, Earned, NoShift, Refused, Repeated
from bot.services.unit_of_work import UnitOfWork
from bot.storage import ledger, members, operations, staff
from bot.storage.database import Row, required_instant
from bot.storage.operations import Operation

#: What members do themselves: what it gave is in the answer, not in news that overtake it.
TOLD_IN_REPLY = ("joining", "claim")
#: The longest receipt number kept, in characters.
RECEIPT_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Claimable:
    """A purchase kept for whoever has the code on the receipt, until `ends_at` (S17)."""

    code: str
    amount: Money
    ends_at: datetime


def lot_end(programme: Programme, unit: str, at: datetime, location: str | None) -> datetime | None:
    """When what is earned of a unit at `at` ends, by the programme in force (S4, S11)."""
    zone = programme.zone(location)
    kind, _, code = unit.partition(":")
    if kind == "reward":
        reward = programme.reward(code)
        return reward.validity.ends_at(at, zone) if reward else None
    part = programme.units.stamps if unit == "stamps" else programme.units.points
    return part.expires.ends_at(at, zone) if part else None


async def stamp(
    uow: UnitOfWork, member_id: int, count: int, colleague: Staff, key: str, now: datetime
) -> Earned | Refused | Repeated:
    """Stamp a member's card `count` times; the limits of S17 hold."""
    if not uow.programme.rules("visit"):
        return Refused(phrase("staff.no_stamps"))
    member = await members.lock(uow.tx, member_id)
    if member.erased:
        return NOBODY
    if done := await _repeated(uow, key):
        return done
    event = Event("visit", count)
    if refusal := await _not_allowed(uow, member, event, colleague, now):
        return refusal
    location = await _location(uow, colleague)
    if isinstance(location, Refused):
        return location
    return await _give(
        uow,
        member,
        event,
        "stamp",
        key,
        now,
        colleague=colleague,
        location=location,
    )


async def sale(
    uow: UnitOfWork,
    member_id: int,
    amount_minor: int,
    receipt: str,
    colleague: Staff,
    key: str,
    now: datetime,
) -> Earned | Refused | Repeated:
    """Count a purchase; a receipt's number counts once per location, unless undone (S9)."""
    if not uow.programme.rules("purchase"):
        return Refused(phrase("staff.no_sales"))
    member = await members.lock(uow.tx, member_id)
    if member.erased:
        return NOBODY
    location = await _location(uow, colleague)
    if isinstance(location, Refused):
        return location
    if receipt:
        key = f"receipt:{location or ''}:{receipt[:RECEIPT_LIMIT].casefold()}"
        key = await operations.standing_key(uow.tx, key)
    if done := await _repeated(uow, key):
        return done
    event = Event("purchase", amount=major(uow.programme, amount_minor))
    if refusal := await _not_allowed(uow, member, event, colleague, now):
        return refusal
    earned = await _give(
        uow, member, event, "sale", key, now, colleague=colleague, location=location
    )
    if isinstance(earned, Earned):
        await operations.add_purchase(
            uow.tx,
            earned.operation_id,
            member_id=member.id,
            amount_minor=amount_minor,
            currency=uow.programme.shop.currency,
            location=location,
            receipt=receipt[:RECEIPT_LIMIT] or None,
            occurred_at=now,
        )
    return earned


async def sale_without_card(
    uow: UnitOfWork, amount_minor: int, colleague: Staff, key: str, now: datetime
) -> Claimable | Refused | Repeated:
    """Keep a purchase for a customer without the card; the code claims it once (S17)."""
    if not uow.programme.rules("purchase"):
        return Refused(phrase("staff.no_sales"))
    location = await _location(uow, colleague)
    if isinstance(location, Refused):
        return location
    operation_id = await operations.begin(
        uow.tx, key, "claimable", now=now, staff_id=colleague.id, location=location
    )
    if operation_id is None:
        return await _repeated(uow, key) or Repeated("claimable", now)
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(10))
    ends_at = now + timedelta(days=uow.programme.limits.claim_days)
    money = Money(amount_minor, uow.programme.shop.currency)
    await operations.add_purchase(
        uow.tx,
        operation_id,
        member_id=None,
        amount_minor=amount_minor,
        currency=money.currency,
        location=location,
        receipt=None,
        occurred_at=now,
    )
    await operations.add_claim(
        uow.tx,
        code,
        operation_id,
        amount_minor=amount_minor,
        location=location,
        staff_id=colleague.id,
        now=now,
        ends_at=ends_at,
    )
    return Claimable(code, money, ends_at)


async def claim_refused(uow: UnitOfWork, code: str, now: datetime) -> Refused | None:
    """Why a receipt's code can't be claimed, before anyone is asked to join for it."""
    found = await _open_claim(uow, code, now)
    return found if isinstance(found, Refused) else None


async def _open_claim(uow: UnitOfWork, code: str, now: datetime) -> Row | Refused:
    found = await operations.lock_claim(uow.tx, code.upper())
    if found is None:
        return Refused(phrase("claim.unknown"))
    ends_at = required_instant(found["ends_at"])
    zone = uow.programme.zone(found["location"])
    if found["claimed_at"] is not None:
        at = required_instant(found["claimed_at"])
        return Refused(phrase("claim.taken", at=Moment(at, zone.key)))
    if ends_at <= now:
        return Refused(phrase("claim.ended", at=Moment(ends_at, zone.key, "day")))
    return found


async def claim(uow: UnitOfWork, member_id: int, code: str, now: datetime) -> Earned | Refused:
    """Count a purchase made without the card for the member who has its receipt (S17)."""
    member = await members.lock(uow.tx, member_id)
    if member.erased:
        return NOBODY
    found = await _open_claim(uow, code, now)
    if isinstance(found, Refused):
        return found
    seller = await staff.get(uow.tx, found["staff_id"])
    if seller and (refusal := await _own_card(uow, member, seller, now)):
        return refusal
    bought_at = required_instant(found["created_at"])
    event = Event("purchase", amount=major(uow.programme, found["amount_minor"]))
    key = f"claim:{found['id']}"
    earned = await _give(
        uow, member, event, "claim", key, now, location=found["location"], occurred_at=bought_at
    )
    if isinstance(earned, Earned):
        await operations.close_claim(uow.tx, found["id"], member.id, now)
    return earned if isinstance(earned, Earned) else Refused(phrase("claim.unknown"))


async def take_over_paper_card(
    uow: UnitOfWork, member_id: int, count: int, colleague: Staff, now: datetime
) -> Earned | Refused | Repeated:
    """Take over a paper card's stamps: once a member, up to a full card less one (S17).

    When it was undone, once more.
    """
    card = uow.programme.units.stamps
    if card is None:
        return Refused(phrase("staff.no_stamps"))
    if not 1 <= count < card.card:
        return Refused(phrase("staff.paper_range", most=card.card - 1))
    member = await members.lock(uow.tx, member_id)
    if member.erased:
        return NOBODY
    if refusal := await _own_card(uow, member, colleague, now):
        return refusal
    # Also by another card that was joined with this one since.
    if done := await operations.standing(uow.tx, member.id, "takeover"):
        return _again(done)
    location = await _location(uow, colleague)
    if isinstance(location, Refused):
        return location
    shares = (Share("paper", "stamps", count),)
    return await _post(
        uow,
        member,
        shares,
        "takeover",
        await operations.standing_key(uow.tx, f"takeover:{member.id}"),
        now,
        kind="takeover",
        colleague=colleague,
        location=location,
    )


async def welcome(uow: UnitOfWork, member: Member, now: datetime) -> Sequence[tuple[str, int]]:
    """Give a new member the programme's welcome gift, if it has one; what was given by unit."""
    shares = earn(uow.programme, Event("joining"))
    if not shares:
        return ()
    key = f"joining:{member.id}"
    given = await _post(
        uow, member, shares, "joining", key, now, kind="earn", location=member.home_location
    )
    return given.given if isinstance(given, Earned) else ()


def major(programme: Programme, amount_minor: int) -> Decimal:
    """An amount in the currency's major unit."""
    return Decimal(amount_minor).scaleb(-get_currency_precision(programme.shop.currency))


def minor(programme: Programme, amount: int) -> int:
    """An amount of the currency's major unit in its minor unit."""
    return int(Decimal(amount).scaleb(get_currency_precision(programme.shop.currency)))


async def _repeated(uow: UnitOfWork, key: str) -> Repeated | None:
    done = await operations.by_key(uow.tx, key)
    return _again(done) if done else None


def _again(done: Operation) -> Repeated:
    return Repeated(done.kind, done.created_at, done.id, done.member_id, done.staff_id)


async def _own_card(
    uow: UnitOfWork, member: Member, colleague: Staff, now: datetime
) -> Refused | None:
    if await staff.is_member(uow.tx, colleague.id, member.id):
        return await _refuse(uow, colleague, phrase("staff.own_card"), now)
    return None


async def _location(uow: UnitOfWork, colleague: Staff) -> str | Refused | None:
    places = uow.programme.locations
    if len(places) < 2:
        return places[0].code if places else None
    if uow.programme.location(colleague.at) is None:
        return NoShift(phrase("staff.shift_first"))
    return colleague.at


async def _not_allowed(
    uow: UnitOfWork, member: Member, event: Event, colleague: Staff, now: datetime
) -> Refused | None:
    """The refusal when a limit of S17 is passed; the managers hear of it."""
    if refusal := await _own_card(uow, member, colleague, now):
        return refusal
    shares = earn(uow.programme, event)
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


async def _give(
    uow: UnitOfWork,
    member: Member,
    event: Event,
    operation: str,
    key: str,
    now: datetime,
    *,
    colleague: Staff | None = None,
    location: str | None = None,
    occurred_at: datetime | None = None,
) -> Earned | Repeated:
    shares = earn(uow.programme, event)
    earned = await _post(
        uow,
        member,
        shares,
        operation,
        key,
        now,
        kind="earn",
        colleague=colleague,
        location=location,
        occurred_at=occurred_at,
    )
    if isinstance(earned, Earned):
        await members.visited(uow.tx, member.id, occurred_at or now)
    return earned


async def _post(
    uow: UnitOfWork,
    member: Member,
    shares: Sequence[Share],
    operation: str,
    key: str,
    now: datetime,
    *,
    kind: EntryKind,
    colleague: Staff | None = None,
    location: str | None = None,
    occurred_at: datetime | None = None,
) -> Earned | Repeated:
    """Write an operation that gives, fill cards, and tell the member."""
    operation_id = await operations.begin(
        uow.tx,
        key,
        operation,
        now=now,
        member_id=member.id,
        staff_id=colleague.id if colleague else None,
        location=location,
    )
    if operation_id is None:
        return await _repeated(uow, key) or Repeated(operation, now)
    at = occurred_at or now
    account = await ledger.open_account(uow.tx, member.id, ("stamps",))
    totals: dict[str, int] = {}
    for unit in dict.fromkeys(share.unit for share in shares):
        rules = [(share.rule, share.amount) for share in shares if share.unit == unit]
        totals[unit] = sum(amount for _, amount in rules)
        ends_at = lot_end(uow.programme, unit, at, location)
        account.credit(kind, unit, totals[unit], at=at, ends_at=ends_at, rules=rules)
    rewards = fill_cards(uow.programme, account, now, location)
    await uow.write(account, member_id=member.id, operation_id=operation_id, now=now)
    earned = Earned(member, operation_id, tuple(totals.items()), rewards)
    if operation not in TOLD_IN_REPLY:
        await news.tell_earned(uow, earned, kind, now)
    return earned


def fill_cards(
    programme: Programme, account: Account, now: datetime, location: str | None
) -> tuple[str, ...]:
    """Turn full cards into their reward (S15); the reward's code, once per card."""
    card = programme.units.stamps
    if card is None:
        return ()
    unit = reward_unit(card.reward)
    ends_at = lot_end(programme, unit, now, location)
    filled = account.fill_cards("stamps", card.card, unit, at=now, ends_at=ends_at)
    return (card.reward,) * filled
