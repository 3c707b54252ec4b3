"""Purchases without the card, claimed later by the code on the receipt (S17)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain import engine
from bot.domain.earning import Item, item_of, rules_for
from bot.domain.members import CODE_ALPHABET, Staff
from bot.domain.messages import Moment, Money, phrase
from bot.services import earning, ending, limits, persons, referrals, tiers
from bot.services.results import NOBODY, Earned, Refused, Repeated
from bot.services.unit_of_work import UnitOfWork
from bot.storage import operations, staff
from bot.storage.database import Row, required_instant


@dataclass(frozen=True, slots=True)
class Claimable:
    """A purchase kept for whoever has the code on the receipt, until `ends_at` (S17)."""

    code: str
    amount: Money
    ends_at: datetime


async def sale_without_card(
    uow: UnitOfWork,
    amount_minor: int,
    colleague: Staff,
    key: str,
    now: datetime,
    *,
    items: Sequence[Item] = (),
) -> Claimable | Refused | Repeated:
    """Keep a purchase for a customer without the card; the code claims it once (S17)."""
    if not rules_for(uow.programme, "purchase"):
        return Refused(phrase("staff.no_sales"))
    if over := ending.no_earning(uow.programme, now):
        return over
    location = await limits.location(uow, colleague)
    if isinstance(location, Refused):
        return location
    operation_id = await operations.begin(
        uow.tx, key, "claimable", now=now, staff_id=colleague.id, location=location
    )
    if operation_id is None:
        return await earning.repeated(uow, key) or Repeated("claimable", now)
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
        items=earning.kept_items(uow.programme, items),
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
    member = await referrals.lock(uow, member_id)
    if member.erased:
        return NOBODY
    found = await _open_claim(uow, code, now)
    if isinstance(found, Refused):
        return found
    seller = await staff.get(uow.tx, found["staff_id"])
    if seller and (refusal := await limits.own_card(uow, member, seller, now)):
        return refusal
    bought_at = required_instant(found["created_at"])
    person = await persons.read(uow, member, now)
    event = engine.event_of(
        uow.programme, person, "purchase", bought_at, location=found["location"]
    )
    event = replace(
        # What it earns is what the purchase would have earned with the card (S5).
        engine.under(uow.programme, event, await tiers.stood(uow, person, bought_at)),
        amount=earning.major(uow.programme, found["amount_minor"]),
        items=await _items(uow, found["operation_id"]),
    )
    key = f"claim:{found['id']}"
    earned = await earning.record(
        uow, person, event, "claim", key, now, seller=seller, about_id=found["operation_id"]
    )
    if isinstance(earned, Earned):
        await operations.close_claim(uow.tx, found["id"], member.id, now)
    return earned if isinstance(earned, Earned) else Refused(phrase("claim.unknown"))


async def _items(uow: UnitOfWork, operation_id: int) -> tuple[Item, ...]:
    """What the purchase was made of, as it was entered."""
    programme = uow.programme
    return tuple(
        item_of(programme, code, many, None if minor is None else earning.major(programme, minor))
        for code, many, minor in await operations.items_of(uow.tx, operation_id)
    )
