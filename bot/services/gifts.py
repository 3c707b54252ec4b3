"""Gifts of campaigns: the ledger's, never a message's (S26, S33)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import structlog

from bot.domain import drawing, lasting
from bot.domain.amounts import in_minor_units
from bot.domain.campaign_rules import Giving
from bot.domain.ending import earns
from bot.domain.engine import fill_cards
from bot.domain.expiry import Expiry
from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.domain.programme_earning import reward_unit
from bot.domain.programme_values import Gift
from bot.services import persons, planning, tiers
from bot.services.campaigns import Campaign
from bot.services.results import Earned
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import gifts, members, operations
from bot.storage.database import Reader, instant

log = structlog.get_logger()

#: The campaign whose gift a tier may have one of its own for.
BIRTHDAY = "birthday"
#: Members a page; each is given theirs in a transaction of its own.
PAGE = 500


@dataclass(frozen=True, slots=True)
class GiftGiven:
    """What the ledger gave: how much of a unit, and when it ends."""

    unit: str
    amount: int
    ends_at: datetime | None


async def give(work: Work, campaigns: Sequence[Campaign], now: datetime) -> int:
    """Give everybody what campaigns have for them, once an occurrence; returns how many got it.

    Whatever they consented to, and whether or not they are held out. A campaign that fails does
    not stop the others.
    """
    count = 0
    for campaign in campaigns:
        try:
            count += await _give_all(work, campaign, now)
        except Exception as error:
            log.error("giving failed", campaign=campaign.name, error=type(error).__name__)
    return count


async def _give_all(work: Work, campaign: Campaign, now: datetime) -> int:
    count, programme = 0, await work.programme()
    if not earns(programme, now):
        return 0
    async with work.reading(long=True) as reader:
        for batch in await planning.batches(reader, programme, campaign, now):
            rules = campaign.rules(programme, batch.occurrence)
            if not isinstance(rules, Giving) or not rules.gives:
                continue
            after = 0
            while page := await gifts.ungiven(reader, batch, after, PAGE):
                for member_id, mark in page:
                    async with work.unit_of_work() as uow:
                        count += await _give(uow, campaign, batch.occurrence + mark, member_id, now)
                after = page[-1][0]
    return count


async def _give(
    uow: UnitOfWork, campaign: Campaign, occurrence: str, member_id: int, now: datetime
) -> bool:
    member = await members.lock(uow.tx, member_id)
    rules = campaign.rules(uow.programme, occurrence)
    if member.id != member_id or member.erased or not isinstance(rules, Giving):
        return False
    gift = gift_of(rules, drawing.variant(member.code, campaign.name, tuple(rules.variants)))
    lasts: Expiry | None = rules.gift_ends
    if campaign.name == BIRTHDAY and (own := await of_tier(uow, member, now)):
        gift, lasts = own
    if gift is None:
        return False
    return bool(await hand_over(uow, member, campaign.name, occurrence, gift, lasts, now))


async def of_tier(
    uow: UnitOfWork, member: Member, now: datetime, back: int = 0
) -> tuple[Gift, Expiry | None] | None:
    """The birthday gift of a member's tier, so many days after the day, and how long it lasts."""
    if not any(tier.birthday_gift for tier in uow.programme.tiers.levels):
        return None
    stands = await tiers.look(uow.tx, uow.programme, member, now)
    tier = stands.tier if stands else None
    if tier is None or tier.birthday_gift is None:
        return None
    if tier.birthday_days is None:
        return tier.birthday_gift, None
    # The day itself is the first of them.
    return tier.birthday_gift, Expiry("days", max(tier.birthday_days - 1 - back, 0))


async def hand_over(
    uow: UnitOfWork,
    member: Member,
    name: str,
    occurrence: str,
    gift: Gift,
    lasts: Expiry | None,
    now: datetime,
) -> Earned | None:
    """Give a locked member something, once an occurrence of what it is given for.

    None where they, or whoever was merged into them, have it already; or nobody can any more. It
    lasts as the programme says unless it `lasts` otherwise.
    """
    unit = _unit(uow.programme, gift)
    # Who was merged into them brought it along.
    family = await members.family(uow.tx, member.id)
    if unit is None or await gifts.begun(uow.tx, name, occurrence, family):
        return None
    key = gifts.key(name, occurrence, member.id)
    operation_id = await operations.begin(uow.tx, key, "gift", now=now, member_id=member.id)
    if operation_id is None:
        return None
    person = await persons.read(uow, member, now)
    zone, amount = uow.programme.zone(member.home_location), _amount(uow.programme, gift)
    lasting.credit(
        uow.programme,
        person,
        "gift",
        unit,
        amount,
        at=now,
        zone=uow.programme.zone(),
        rules=((name, amount),),
        lasts=lasts,
    )
    rewards = fill_cards(uow.programme, person.account, now, zone)
    await persons.write_given(uow, person, operation_id, now)
    return Earned(member, operation_id, ((unit, amount),), rewards)


def gift_of(rules: Giving, variant: str) -> Gift | None:
    """What a campaign gives to those who get a variant: its own gift, else the campaign's."""
    chosen = rules.variants.get(variant)
    return (chosen.gift if chosen else None) or rules.gift


def _unit(programme: Programme, gift: Gift) -> str | None:
    """The unit of a gift; None where the programme has no such thing any more."""
    if gift.kind == "reward":
        return reward_unit(gift.reward) if programme.reward(gift.reward) else None
    return gift.kind if getattr(programme.units, gift.kind) else None


def _amount(programme: Programme, gift: Gift) -> int:
    """A gift's amount in the ledger's unit: of credit the file says the major one."""
    if gift.kind != "credit":
        return gift.amount
    return in_minor_units(Decimal(gift.amount), programme.shop.currency)


async def given(
    reader: Reader, campaign: str, occurrence: str, member_ids: Sequence[int]
) -> GiftGiven | None:
    """What was given to one of these members for an occurrence, unless it was undone."""
    row = await gifts.given(reader, campaign, occurrence, member_ids)
    return GiftGiven(row["unit"], int(row["amount"]), instant(row["ends_at"])) if row else None
