"""An amount per unit of money spent, a percentage of it, or per purchase of at least a minimum."""

from __future__ import annotations

from decimal import Decimal

from bot.domain.earning.base import Event
from bot.domain.programme_earning import Earn


def amount(rule: Earn, _event: Event, eligible: Decimal) -> Decimal:
    """The rule's amount, exactly, for what of the purchase earns."""
    if not eligible:
        return Decimal(0)
    if rule.percent is not None:
        return eligible * rule.percent / 100
    if rule.per is None:
        return rule.amount
    if rule.steps:
        return eligible // rule.per * rule.amount
    return eligible * rule.amount / rule.per
