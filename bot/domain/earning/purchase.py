"""An amount per unit of money spent, a percentage of it, or once per purchase."""

from __future__ import annotations

from fractions import Fraction

from bot.domain.earning.base import Event
from bot.domain.earning.basis import Basis
from bot.domain.earning.rounding import near
from bot.domain.programme_earning import Earn


def amount(rule: Earn, _event: Event, basis: Basis) -> Fraction:
    """The rule's amount for what of the purchase earns."""
    return of_money(rule, Fraction(basis.eligible)) if basis.eligible else Fraction(0)


def of_money(rule: Earn, money: Fraction) -> Fraction:
    """The rule's amount for some money: each whole `per` of it with `steps`, else also parts."""
    if rule.percent is not None:
        return money * Fraction(rule.percent) / 100
    if rule.per is None:
        return Fraction(rule.amount)
    times = money / Fraction(rule.per)
    return Fraction(rule.amount) * (near(times) // 1 if rule.steps else times)
