"""Gifts of campaigns: the ledger's, never a message's (S26, S33)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.domain import drawing
from bot.domain.campaign_rules import Giving
from bot.domain.engine import fill_cards
from bot.domain.programme import Programme
from bot.domain.programme_earning import reward_unit
from bot.domain.programme_values import Gift
from bot.services import planning
from bot.services.campaigns import Campaign
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import gifts, ledger, members, operations
from bot.storage.database import Reader, instant

log = structlog.get_logger()

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
    unit = _unit(uow.programme, gift) if gift else None
    if gift is None or unit is None:
        return False
    # Who was merged into them brought it along.
    family = await members.family(uow.tx, member.id)
    if await gifts.begun(uow.tx, campaign.name, occurrence, family):
        return False
    key = gifts.key(campaign.name, occurrence, member.id)
    operation_id = await operations.begin(uow.tx, key, "gift", now=now, member_id=member.id)
    if operation_id is None:
        return False
    account = await ledger.open_account(uow.tx, member.id, ("stamps",))
    ends_at = rules.gift_ends.ends_at(now, uow.programme.zone())
    named = ((campaign.name, gift.amount),)
    account.credit("gift", unit, gift.amount, at=now, ends_at=ends_at, rules=named)
    fill_cards(uow.programme, account, now, uow.programme.zone(member.home_location))
    await uow.write(account, member_id=member.id, operation_id=operation_id, now=now)
    return True


def gift_of(rules: Giving, variant: str) -> Gift | None:
    """What a campaign gives to those who get a variant: its own gift, else the campaign's."""
    chosen = rules.variants.get(variant)
    return (chosen.gift if chosen else None) or rules.gift


def _unit(programme: Programme, gift: Gift) -> str | None:
    """The unit of a gift; None where the programme has no such thing any more."""
    units = programme.units
    if gift.kind == "reward":
        return reward_unit(gift.reward) if programme.reward(gift.reward) else None
    return gift.kind if (units.stamps if gift.kind == "stamps" else units.points) else None


async def given(
    reader: Reader, campaign: str, occurrence: str, member_ids: Sequence[int]
) -> GiftGiven | None:
    """What was given to one of these members for an occurrence, unless it was undone."""
    row = await gifts.given(reader, campaign, occurrence, member_ids)
    return GiftGiven(row["unit"], int(row["amount"]), instant(row["ends_at"])) if row else None
