"""A fixed amount per visit: what a colleague stamps."""

from __future__ import annotations

from fractions import Fraction

from bot.domain.earning.base import Event
from bot.domain.earning.basis import Basis
from bot.domain.programme_earning import Earn


def amount(rule: Earn, event: Event, _basis: Basis) -> Fraction:
    """The rule's amount for each visit counted at once."""
    return Fraction(rule.amount) * event.count
