"""What still stands of a purchase once a part of it was given back (S8).

The earning of what was kept is computed anew, by the rules and facts of that day. What stands is a
function of how much was kept alone, so that several refunds take back what one of their sum would.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from math import ceil
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from bot.domain.amounts import in_minor_units
from bot.domain.earning import Event, Item, earn
from bot.domain.ledger import Given
from bot.domain.programme import Programme
from bot.domain.tallies import POINTS, SPEND, VISITS, Count, uses_of


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a purchase as it was kept; its price in the minor unit, where one was said."""

    product: str
    quantity: int
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase as it was kept; `refunded` is what was given back of what was `paid`.

    `facts` are what its earning went by; None where that was not kept.
    """

    operation_id: int
    amount: int
    discount: int
    refunded: int
    currency: str
    location: str | None
    occurred_at: datetime
    facts: Mapping[str, object] | None
    lines: tuple[Line, ...] = ()

    @property
    def paid(self) -> int:
        """What was paid in money: not the discount, nor what a reward paid."""
        reward = Decimal(str((self.facts or {}).get("reward_part", 0)))
        return max(self.amount - self.discount - in_minor_units(reward, self.currency), 0)

    @property
    def kept(self) -> int | None:
        """What of the payment was not given back yet; None when the whole purchase was."""
        return None if 0 < self.amount <= self.refunded else self.paid - self.refunded

    @property
    def version(self) -> int | None:
        """The programme version it was counted under, where that was kept."""
        found = (self.facts or {}).get("version")
        return found if isinstance(found, int) else None

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that gave something for the purchase itself."""
        found = (self.facts or {}).get("rules", ())
        return tuple(str(rule) for rule in found) if isinstance(found, Sequence) else ()


@dataclass(frozen=True, slots=True)
class Granted:
    """An entry of an operation that gave something, by which rules, and what came of it since.

    `taken` was taken back by earlier refunds.
    """

    given: Given
    rules: tuple[tuple[str, int], ...]
    taken: int = 0

    @property
    def left(self) -> int:
        """The most that can still be taken back: neither what ended nor what was taken already."""
        return max(self.given.amount - self.given.expired - self.taken, 0)


@dataclass(frozen=True, slots=True)
class Stands:
    """What a part of a purchase earns: by unit, and what it counts."""

    units: Mapping[str, int]
    spend: int
    points: int
    rules: frozenset[str]


def facts_text(event: Event, rules: Sequence[str], version: int) -> str:
    """What a purchase's earning went by, as JSON; its money and lines are kept in columns."""
    return json.dumps(
        {
            "tier": event.tier,
            "tiers": sorted(event.tiers),
            "tags": sorted(event.tags),
            "birthday": event.birthday,
            "first": event.first,
            "reward_part": str(event.reward_part),
            "rules": list(dict.fromkeys(rules)),
            "version": version,
        }
    )


def stands(programme: Programme, purchase: Purchase, kept: int | None) -> Stands | None:
    """What `kept` of a purchase's payment earns, by the programme and the facts of that day.

    None where nothing is kept, or nobody knows what it went by.
    """
    if kept is None or purchase.facts is None or not purchase.paid:
        return None
    zone = programme.zone(purchase.location)
    found = earn(programme, _part(purchase, kept, zone), only=purchase.rules)
    units: dict[str, int] = {}
    for share in found.shares:
        units[share.unit] = units.get(share.unit, 0) + share.amount
    return Stands(
        units,
        in_minor_units(found.eligible, purchase.currency),
        sum(s.amount for s in found.shares if s.unit == "points" and s.qualifies),
        frozenset(share.rule for share in found.shares),
    )


def remaining(granted: Granted, purchase: Purchase, kept: int | None, part: Stands | None) -> int:
    """What stands of an entry while `kept` of its purchase's payment is; None is nothing of it.

    It is what the rules give for that part, and what a challenge gave. Where it was not kept what
    the rules went by it is in proportion.
    """
    amount = granted.given.amount
    if kept is None:
        return 0
    if kept >= purchase.paid:
        return amount
    if part is None:
        return amount * kept // purchase.paid
    of_purchase = sum(share for rule, share in granted.rules if rule in purchase.rules)
    return amount - of_purchase + min(of_purchase, part.units.get(granted.given.unit, 0))


def recount(
    counted: Sequence[Count], purchase: Purchase | None, part: Stands | None
) -> list[Count]:
    """What to count, mostly below zero, so that it stands for the part that was kept (S6).

    Without a part all goes. That somebody was there stays true otherwise, as does a challenge.
    """
    found = []
    for count in counted:
        stays = _stays(count, purchase, part) if purchase and part else 0
        if stays != count.amount:
            found.append(replace(count, amount=stays - count.amount))
    return found


def _stays(count: Count, purchase: Purchase, part: Stands) -> int:
    if count.what == VISITS:
        return count.amount
    if count.what in (SPEND, POINTS):
        return min(count.amount, part.spend if count.what == SPEND else part.points)
    gone = {uses_of(rule) for rule in purchase.rules} - {uses_of(rule) for rule in part.rules}
    return 0 if count.what in gone else count.amount


def _part(purchase: Purchase, kept: int, zone: ZoneInfo) -> Event:
    facts = purchase.facts or {}
    whole, precision = purchase.paid, get_currency_precision(purchase.currency)

    def part(minor: int | Decimal) -> Decimal:
        return (Decimal(minor) * kept / whole).scaleb(-precision)

    birthday = facts.get("birthday")
    reward = Decimal(str(facts.get("reward_part", 0))).scaleb(precision)
    return Event(
        "purchase",
        purchase.occurred_at,
        zone,
        amount=part(purchase.amount),
        discount=part(purchase.discount),
        reward_part=part(reward),
        items=tuple(
            Item(
                line.product,
                None,
                ceil(line.quantity * kept / whole),
                None if line.amount_minor is None else part(line.amount_minor),
            )
            for line in purchase.lines
        ),
        location=purchase.location,
        tier=str(facts["tier"]) if facts.get("tier") else None,
        tiers=_words(facts.get("tiers")),
        tags=_words(facts.get("tags")),
        birthday=(int(birthday[0]), int(birthday[1])) if isinstance(birthday, list) else None,
        first=bool(facts.get("first")),
    )


def _words(found: object) -> frozenset[str]:
    return frozenset(str(word) for word in found) if isinstance(found, list) else frozenset()
