"""An amount for each of some products or categories, or for the money spent on them."""

from __future__ import annotations

from fractions import Fraction

from bot.domain.earning import purchase
from bot.domain.earning.base import Event
from bot.domain.earning.basis import Basis
from bot.domain.programme_earning import Earn


def amount(rule: Earn, _event: Event, basis: Basis) -> Fraction:
    """The rule's amount for the lines it asks for; nothing where a reward paid for everything."""
    items = basis.matching(rule)
    if rule.by_money:
        return purchase.of_money(rule, basis.money(items))
    if not basis.eligible:
        return Fraction(0)
    return Fraction(rule.amount) * sum(item.quantity for item in items)
