"""What an earning rule is given and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.programme import Earn


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may earn: `count` visits, or `amount` in the currency's major unit."""

    trigger: str
    count: int = 1
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Share:
    """What one rule gives of one unit."""

    rule: str
    unit: str
    amount: int


#: How much of its unit a rule gives for an event.
Rule = Callable[[Earn, Event], int]
