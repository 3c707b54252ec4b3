"""An amount per unit of money spent, or per purchase of at least a minimum."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from bot.domain.earning.base import Event
from bot.domain.programme import Earn

_ROUNDING = {"down": ROUND_DOWN, "half_up": ROUND_HALF_UP, "up": ROUND_UP}


def amount(rule: Earn, event: Event) -> int:
    """The rule's amount for every `per` spent, rounded once; without `per`, once a purchase."""
    if event.amount < rule.minimum or not event.amount:
        return 0
    if rule.per is None:
        return rule.amount
    exact = event.amount * rule.amount / rule.per
    return int(exact.quantize(Decimal(1), rounding=_ROUNDING[rule.rounding]))
