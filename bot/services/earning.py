"""What gives: stamps and purchases at the till, and what members do (S13–S17)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from bot.domain import engine, lasting, refunds
from bot.domain.amounts import in_minor_units
from bot.domain.earning import Event, Item, merged, rules_for
from bot.domain.engine import Outcome
from bot.domain.expiry import Expiry
from bot.domain.ledger import EntryKind
from bot.domain.members import Member, Staff
from bot.domain.messages import phrase
from bot.domain.person import Person
from bot.domain.programme import Programme
from bot.services import ending, limits, news, persons, referrals
from bot.services.results import NOBODY, Earned, Refused, Repeated
from bot.services.unit_of_work import UnitOfWork
from bot.storage import members, operations
from bot.storage.operations import Operation

#: What members do themselves: what it gave is in the answer, not in news that overtake it.
TOLD_IN_REPLY = ("joining", "claim", "profile", "survey", "follow")
#: What somebody else did for them: whoever gives it says what it is for.
TOLD_WITH_WHY = ("referral", "referred", "review")
#: The longest receipt number kept, in characters.
RECEIPT_LIMIT = 40


async def stamp(
    uow: UnitOfWork, member_id: int, count: int, colleague: Staff, key: str, now: datetime
) -> Earned | Refused | Repeated:
    """Stamp a member's card `count` times; the limits of S17 hold."""
    if not uow.programme.rules("visit"):
        return Refused(phrase("staff.no_stamps"))
    if over := ending.no_earning(uow.programme, now):
        return over
    member = await referrals.lock(uow, member_id)
    if member.erased:
        return NOBODY
    if done := await repeated(uow, key):
        return done
    person = await persons.read(uow, member, now)
    location = await limits.location(uow, colleague)
    place = None if isinstance(location, Refused) else location
    event = engine.event_of(uow.programme, person, "visit", now, location=place, count=count)
    if refusal := await limits.not_allowed(uow, person, event, colleague, now):
        return refusal
    if isinstance(location, Refused):
        return location
    return await record(uow, person, event, "stamp", key, now, colleague=colleague)


async def sale(
    uow: UnitOfWork,
    member_id: int,
    amount_minor: int,
    receipt: str,
    colleague: Staff,
    key: str,
    now: datetime,
    *,
    items: Iterable[Item] = (),
    discount_minor: int = 0,
    reward_minor: int = 0,
) -> Earned | Refused | Repeated:
    """Count a purchase; a receipt's number counts once per location, unless undone (S9).

    Of its price, `discount_minor` was taken off and `reward_minor` paid with a reward or credit.
    """
    if not rules_for(uow.programme, "purchase"):
        return Refused(phrase("staff.no_sales"))
    member = await referrals.lock(uow, member_id)
    if member.erased:
        return NOBODY
    location = await limits.location(uow, colleague)
    if isinstance(location, Refused):
        return location
    if over := ending.no_earning(uow.programme, now):
        return over
    if receipt:
        key = f"receipt:{location or ''}:{receipt[:RECEIPT_LIMIT].casefold()}"
        key = await operations.standing_key(uow.tx, key)
    if done := await repeated(uow, key):
        return done
    person = await persons.read(uow, member, now)
    event = replace(
        engine.event_of(uow.programme, person, "purchase", now, location=location),
        amount=major(uow.programme, amount_minor),
        discount=major(uow.programme, discount_minor),
        reward_part=major(uow.programme, reward_minor),
        items=merged(items),
    )
    if refusal := await limits.not_allowed(uow, person, event, colleague, now):
        return refusal
    return await record(
        uow, person, event, "sale", key, now, colleague=colleague, receipt=receipt[:RECEIPT_LIMIT]
    )


async def take_over_paper_card(
    uow: UnitOfWork, member_id: int, count: int, colleague: Staff, now: datetime
) -> Earned | Refused | Repeated:
    """Take over a paper card's stamps: once a member, up to a full card less one (S17).

    When it was undone, once more.
    """
    card = uow.programme.units.stamps
    if card is None:
        return Refused(phrase("staff.no_stamps"))
    if over := ending.no_earning(uow.programme, now):
        return over
    if not 1 <= count < card.card:
        return Refused(phrase("staff.paper_range", most=card.card - 1))
    member = await members.lock(uow.tx, member_id)
    if member.erased:
        return NOBODY
    if refusal := await limits.own_card(uow, member, colleague, now):
        return refusal
    # Also by another card that was joined with this one since.
    if done := await operations.standing(uow.tx, member.id, "takeover"):
        return again(done)
    location = await limits.location(uow, colleague)
    if isinstance(location, Refused):
        return location
    return await credit(
        uow,
        member,
        (("stamps", count),),
        "takeover",
        await operations.standing_key(uow.tx, f"takeover:{member.id}"),
        now,
        kind="takeover",
        rule="paper",
        colleague=colleague,
        location=location,
    )


async def welcome(uow: UnitOfWork, member: Member, now: datetime) -> Sequence[tuple[str, int]]:
    """Give a new member the programme's welcome gift, if it has one; what was given by unit."""
    given = await grant(uow, member, "joining", f"joining:{member.id}", now)
    return given.given if isinstance(given, Earned) else ()


async def grant(
    uow: UnitOfWork,
    member: Member,
    trigger: str,
    key: str,
    now: datetime,
    *,
    about_id: int | None = None,
    colleague: Staff | None = None,
) -> Earned | Repeated | None:
    """Give a locked member what a trigger's rules have for them, once a key; None for nothing.

    The operation's kind is the trigger; the member hears of it unless they did it themselves.
    """
    if not uow.programme.has(trigger) or ending.no_earning(uow.programme, now):
        return None
    if done := await repeated(uow, key):
        return done
    person = await persons.read(uow, member, now)
    event = engine.event_of(uow.programme, person, trigger, now, location=member.home_location)
    earned = await record(
        uow, person, event, trigger, key, now, about_id=about_id, colleague=colleague, sparse=True
    )
    return earned if isinstance(earned, Repeated) or earned.operation_id else None


async def once(uow: UnitOfWork, member: Member, trigger: str, now: datetime) -> Earned | None:
    """Give a locked member what a trigger earns once in a life, also that of who they merged with.

    None where there is nothing, or it was given before.
    """
    if await operations.standing(uow.tx, member.id, trigger):
        return None
    key = await operations.standing_key(uow.tx, f"{trigger}:{member.id}")
    given = await grant(uow, member, trigger, key, now)
    return given if isinstance(given, Earned) else None


async def credit(
    uow: UnitOfWork,
    member: Member,
    amounts: Sequence[tuple[str, int]],
    operation: str,
    key: str,
    now: datetime,
    *,
    kind: EntryKind,
    rule: str,
    colleague: Staff | None = None,
    location: str | None = None,
    lasts: Expiry | None = None,
    about_id: int | None = None,
    silent: bool = False,
) -> Earned | Repeated:
    """Give a locked member amounts no rule computed, such as a paper card; fills cards.

    They last as the programme says, unless they last otherwise.
    """
    operation_id = await operations.begin(
        uow.tx,
        key,
        operation,
        now=now,
        member_id=member.id,
        staff_id=colleague.id if colleague else None,
        location=location,
        about_id=about_id,
    )
    if operation_id is None:
        return await repeated(uow, key) or Repeated(operation, now)
    person = await persons.read(uow, member, now)
    zone = uow.programme.zone(location)
    for unit, amount in amounts:
        named = ((rule, amount),)
        lasting.credit(
            uow.programme, person, kind, unit, amount, at=now, zone=zone, rules=named, lasts=lasts
        )
    rewards = engine.fill_cards(uow.programme, person.account, now, zone)
    await persons.write_given(uow, person, operation_id, now)
    earned = Earned(member, operation_id, tuple(amounts), rewards)
    if not silent:
        await news.tell_earned(uow, earned, kind, now)
    return earned


async def record(
    uow: UnitOfWork,
    person: Person,
    event: Event,
    operation: str,
    key: str,
    now: datetime,
    *,
    colleague: Staff | None = None,
    receipt: str = "",
    about_id: int | None = None,
    sparse: bool = False,
    seller: Staff | None = None,
) -> Earned | Repeated:
    """Write an operation that earns for a member who was read, and tell them.

    With `sparse` nothing is written where nothing is given; its number is 0 then. `seller` is who
    counted a purchase that is claimed now.
    """
    member, trigger = person.member, event.trigger
    totals = await persons.totals(uow, trigger)
    outcome = engine.happen(uow.programme, person, event, now, totals=totals)
    if sparse and not outcome.shares:
        return Earned(member, 0, ())
    operation_id = await operations.begin(
        uow.tx,
        key,
        operation,
        now=now,
        member_id=member.id,
        staff_id=colleague.id if colleague else None,
        location=event.location,
        about_id=about_id,
    )
    if operation_id is None:
        return await repeated(uow, key) or Repeated(operation, now)
    await persons.write(uow, person, outcome, operation_id, now)
    if operation == "claim" and about_id is not None:
        await operations.keep_facts(uow.tx, about_id, facts_of(event, outcome, uow.version))
    elif trigger == "purchase":
        await _keep_purchase(uow, person, event, outcome, operation_id, receipt)
    if trigger in engine.ACTIVE:
        await members.visited(uow.tx, member.id, event.at)
    later = outcome.recheck_at if outcome.recheck_at and outcome.recheck_at > now else None
    earned = Earned(member, operation_id, outcome.given, outcome.rewards, outcome.move, later)
    if operation not in (*TOLD_IN_REPLY, *TOLD_WITH_WHY):
        await news.tell_earned(uow, earned, "earn", now, asks=trigger in engine.ACTIVE)
    if trigger in engine.ACTIVE:
        await referrals.bought(uow, earned, event, colleague or seller, now, grant)
    return earned


def facts_of(event: Event, outcome: Outcome, version: int) -> str:
    """What a purchase's earning went by, to compute a refund by it (S8)."""
    shares, skipped = outcome.breakdown.shares, outcome.breakdown.skipped
    # A multiplier that rounding left without effect has one on a part.
    without = [one.rule for one in skipped if one.why in ("nothing", "outranked")]
    return refunds.facts_text(event, [*(share.rule for share in shares), *without], version)


async def _keep_purchase(
    uow: UnitOfWork,
    person: Person,
    event: Event,
    outcome: Outcome,
    operation_id: int,
    receipt: str,
) -> None:
    currency = uow.programme.shop.currency
    await operations.add_purchase(
        uow.tx,
        operation_id,
        member_id=person.member.id,
        amount_minor=in_minor_units(event.amount, currency),
        currency=currency,
        location=event.location,
        receipt=receipt or None,
        occurred_at=event.at,
        discount_minor=in_minor_units(event.discount, currency),
        facts=facts_of(event, outcome, uow.version),
        items=kept_items(uow.programme, event.items),
    )


def kept_items(programme: Programme, items: Sequence[Item]) -> list[tuple[str, int, int | None]]:
    """The lines of a purchase as they are kept, their prices in the minor unit."""
    currency = programme.shop.currency
    prices = (
        None if item.amount is None else in_minor_units(item.amount, currency) for item in items
    )
    return [(i.product, i.quantity, price) for i, price in zip(items, prices, strict=True)]


def major(programme: Programme, amount_minor: int) -> Decimal:
    """An amount in the currency's major unit."""
    return Decimal(amount_minor).scaleb(-get_currency_precision(programme.shop.currency))


def minor(programme: Programme, amount: int) -> int:
    """An amount of the currency's major unit in its minor unit."""
    return int(Decimal(amount).scaleb(get_currency_precision(programme.shop.currency)))


async def repeated(uow: UnitOfWork, key: str) -> Repeated | None:
    """That an operation was done under this key before, if it was (S9)."""
    done = await operations.by_key(uow.tx, key)
    return again(done) if done else None


def again(done: Operation) -> Repeated:
    """That an operation was done before."""
    return Repeated(done.kind, done.created_at, done.id, done.member_id, done.staff_id)


def zone_of(uow: UnitOfWork, member: Member) -> ZoneInfo:
    """Where a member's days begin and end: at their home shop."""
    return uow.programme.zone(member.home_location)
