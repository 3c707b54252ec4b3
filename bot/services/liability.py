"""What the shop owes its members by unit: what it is worth, and how much of it will be used.

Breakage is the share of a unit that ended unused, of the programme's own lots whose time is over.
Accounting asks for such an estimate (IFRS 15, B44 to B47): of a young programme it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.amounts import in_minor_units
from bot.domain.programme import Programme
from bot.storage import statistics
from bot.storage.database import Reader
from bot.storage.statistics import Ended

#: Fewer lots than these say nothing of those to come.
ENOUGH = 30
_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Owed:
    """What members have of a unit, its worth and what it will cost, in the minor unit.

    `each` is what one of it costs the shop; None where the programme doesn't say. `breakage` is
    None where too little has ended to tell.
    """

    amount: int
    each: Decimal | None
    breakage: Decimal | None

    @property
    def value(self) -> int | None:
        """What it would cost if all of it was used."""
        return None if self.each is None else round(self.amount * self.each)

    @property
    def expected(self) -> int | None:
        """What it will cost if as much is used as was until now."""
        if self.each is None or self.breakage is None:
            return None
        return round(self.amount * self.each * (1 - self.breakage))


async def of(reader: Reader, programme: Programme, now: datetime) -> dict[str, Owed]:
    """What is owed now, by unit."""
    there = await statistics.outstanding(reader, now)
    ended = await statistics.ended(reader, now)
    return {
        unit: Owed(there[unit], cost(programme, unit), breakage(ended.get(unit)))
        for unit in sorted(there)
    }


def cost(programme: Programme, unit: str) -> Decimal | None:
    """What one of a unit costs the shop in the minor unit, where the programme says so."""
    kind, _, code = unit.partition(":")
    if kind == "credit":
        return Decimal(1)
    card, points = programme.units.stamps, programme.units.points
    if kind == "points":
        return _minor(programme, points.value if points else None)
    reward = programme.reward(card.reward if kind == "stamps" and card else code)
    each = _minor(programme, reward.cost if reward else None)
    return each / card.card if each is not None and kind == "stamps" and card else each


def breakage(ended: Ended | None) -> Decimal | None:
    """The share that ended unused of what could have been used, of enough lots."""
    if ended is None or ended.lots < ENOUGH or not ended.used + ended.expired:
        return None
    return (Decimal(ended.expired) / (ended.used + ended.expired)).quantize(_PLACES)


def _minor(programme: Programme, amount: Decimal | None) -> Decimal | None:
    if amount is None:
        return None
    one = in_minor_units(Decimal(1), programme.shop.currency)
    return amount * one
