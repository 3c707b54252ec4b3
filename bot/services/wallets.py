"""What a member has: balances, rewards within reach, what ends when. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.amounts import in_minor_units
from bot.domain.ending import earns, redeems, sooner
from bot.domain.ledger import Heap, LedgerEntry, Lot, binding_order
from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.domain.programme_earning import Reward, reward_unit
from bot.storage import ledger, lots, members, operations
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
class Coming:
    """How much of a unit can be spent from an instant on."""

    unit: str
    amount: int
    available_at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """What wrote an entry: the operation's kind, and the reason a colleague gave."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a member has at an instant, added up by unit and end, and what they owe."""

    programme: Programme
    heaps: tuple[Heap, ...]
    owed: tuple[tuple[str, int], ...]
    at: datetime

    @property
    def units(self) -> tuple[str, ...]:
        """The units of which something is there, pending or owed, in order of their ends."""
        return tuple(dict.fromkeys([*(heap.unit for heap in self.heaps), *dict(self.owed)]))

    def balance(self, unit: str) -> int:
        """What there is of a unit; below zero after a reversal of what was spent (S7)."""
        ours = (h.amount for h in self.heaps if h.unit == unit and h.available_at is None)
        return sum(ours) - dict(self.owed).get(unit, 0)

    def endings(self) -> Sequence[Ending]:
        """Every end a member has, soonest first (S3), of what is still pending too."""
        totals: dict[tuple[datetime, str], int] = {}
        for heap in self.heaps:
            if heap.ends_at is not None:
                key = (heap.ends_at, heap.unit)
                totals[key] = totals.get(key, 0) + heap.amount
        return [Ending(unit, amount, ends_at) for (ends_at, unit), amount in totals.items()]

    def coming(self) -> Sequence[Coming]:
        """What waits for the end of the time to return things, soonest first."""
        totals: dict[tuple[datetime, str], int] = {}
        for heap in self.heaps:
            if heap.available_at is not None:
                key = (heap.available_at, heap.unit)
                totals[key] = totals.get(key, 0) + heap.amount
        return [Coming(unit, totals[at, unit], at) for at, unit in sorted(totals)]

    def offers(self) -> Sequence[Offer]:
        """The programme's rewards, those within reach first, then by what is missing.

        What only a campaign gives is there once it was given: nothing can be collected for it; nor
        for anything once the programme is ending.
        """
        if not redeems(self.programme, self.at):
            return []
        collects = earns(self.programme, self.at)
        offers = [self._offer(reward) for reward in self.programme.rewards]
        offers = [offer for offer in offers if offer.available or (offer.missing and collects)]
        return sorted(offers, key=lambda offer: (not offer.available, offer.missing))

    def _offer(self, reward: Reward) -> Offer:
        available = max(self.balance(reward_unit(reward.code)), 0)
        if reward.kind == "credit":
            least = max(in_minor_units(reward.minimum, self.programme.shop.currency), 1)
            return Offer(reward, int(self.balance("credit") >= least), 0, "credit")
        if reward.points is not None:
            have = self.balance("points")
            missing = 0 if available else max(reward.points - have, 0)
            return Offer(reward, available + max(have, 0) // reward.points, missing, "points")
        card = self.programme.units.stamps
        missing = card.card - self.balance("stamps") if card and card.reward == reward.code else 0
        return Offer(reward, available, 0 if available else missing, "stamps")


async def wallet(reader: Reader, programme: Programme, member_id: int, now: datetime) -> Wallet:
    """The member's wallet as of `now`, whether or not expiry has run."""
    found = await lots.heaps(reader, member_id, now) if redeems(programme, now) else []
    heaps = [
        replace(heap, ends_at=sooner(programme, heap.ends_at))
        for heap in found
        if _is_held(heap.unit)
    ]
    owed = await ledger.owed(reader, member_id)
    return Wallet(programme, tuple(heaps), tuple(owed.items()), now)


async def open_lots(reader: Reader, member_id: int, now: datetime) -> list[Lot]:
    """The lots a member has something left of at an instant, one by one, in binding order."""
    found = await lots.open_lots(reader, member_id)
    held = (lot for lot in found if _is_held(lot.unit) and not lot.ended(now))
    return sorted(held, key=binding_order)


async def history(
    reader: Reader, member_id: int, page: int, size: int
) -> tuple[list[LedgerEntry], bool]:
    """A page of a member's entries, newest first, and whether there are older ones."""
    found = await ledger.history(reader, member_id, size + 1, page * size)
    return found[:size], len(found) > size


async def written_by(reader: Reader, entries: Sequence[LedgerEntry]) -> Mapping[int, Written]:
    """What entries were written by, by the operation's number."""
    found = await operations.some(reader, {entry.operation_id for entry in entries})
    return {n: Written(by.kind, str(by.answer.get("reason", ""))) for n, by in found.items()}


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


def _is_held(unit: str) -> bool:
    """Whether a unit is the member's: what was given to a cause is no balance."""
    return not unit.startswith("cause:")
