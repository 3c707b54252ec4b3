"""What a member has: balances, rewards within reach, what ends when. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import ledger as rules
from bot.domain.ledger import LedgerEntry, Lot, binding_order
from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.domain.programme_earning import Reward, reward_unit
from bot.storage import ledger, members, operations
from bot.storage.database import Reader

#: How long after joining a colleague is offered to take over a paper card.
PAPER_OFFERED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Ending:
    """How much of a unit ends at an instant."""

    unit: str
    amount: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward as a member sees it: how often it can be taken now, and what is missing for one.

    `missing` counts the unit it is bought with: points, or stamps to the next full card.
    """

    reward: Reward
    available: int
    missing: int
    unit: str


@dataclass(frozen=True, slots=True)
class Wallet:
    """A member's lots that can be spent at an instant, and what they owe."""

    programme: Programme
    lots: tuple[Lot, ...]
    owed: tuple[tuple[str, int], ...]
    at: datetime

    def balance(self, unit: str) -> int:
        """What there is of a unit; below zero after a reversal of what was spent (S7)."""
        return rules.spendable(self.lots, unit, self.at) - dict(self.owed).get(unit, 0)

    def endings(self) -> Sequence[Ending]:
        """Every end a member has, soonest first (S3)."""
        totals: dict[tuple[datetime, str], int] = {}
        for lot in sorted(self.lots, key=binding_order):
            if lot.ends_at is not None:
                key = (lot.ends_at, lot.unit)
                totals[key] = totals.get(key, 0) + lot.remaining
        return [Ending(unit, amount, ends_at) for (ends_at, unit), amount in totals.items()]

    def offers(self) -> Sequence[Offer]:
        """The programme's rewards, those within reach first, then by what is missing.

        What only a campaign gives is there once it was given: nothing can be collected for it.
        """
        offers = [self._offer(reward) for reward in self.programme.rewards]
        offers = [offer for offer in offers if offer.available or offer.missing]
        return sorted(offers, key=lambda offer: (not offer.available, offer.missing))

    def _offer(self, reward: Reward) -> Offer:
        if reward.points is not None:
            have = self.balance("points")
            missing = max(reward.points - have, 0)
            return Offer(reward, max(have, 0) // reward.points, missing, "points")
        available = self.balance(reward_unit(reward.code))
        card = self.programme.units.stamps
        missing = card.card - self.balance("stamps") if card and card.reward == reward.code else 0
        return Offer(reward, available, 0 if available else missing, "stamps")


async def wallet(reader: Reader, programme: Programme, member_id: int, now: datetime) -> Wallet:
    """The member's wallet as of `now`, whether or not expiry has run."""
    lots = [lot for lot in await ledger.open_lots(reader, member_id) if lot.alive(now)]
    owed = await ledger.owed(reader, member_id)
    return Wallet(programme, tuple(lots), tuple(owed.items()), now)


async def history(
    reader: Reader, member_id: int, page: int, size: int
) -> tuple[list[LedgerEntry], bool]:
    """A page of a member's entries, newest first, and whether there are older ones."""
    found = await ledger.history(reader, member_id, size + 1, page * size)
    return found[:size], len(found) > size


async def earned_between(
    reader: Reader, member_id: int, since: datetime, until: datetime
) -> dict[str, int]:
    """What a member earned or was given of each unit in a period."""
    family = await members.family(reader, member_id)
    return await ledger.earned_between(reader, family, since, until)


async def card_payload(reader: Reader, member_id: int) -> str:
    """The deep-link payload a member's QR card holds."""
    return f"c_{await members.card_token(reader, member_id)}"


async def paper_card_open(reader: Reader, member: Member, now: datetime) -> bool:
    """Whether a paper card's stamps could still be taken over (S17)."""
    if now - member.joined_at > PAPER_OFFERED:
        return False
    return await operations.standing(reader, member.id, "takeover") is None
