"""A fixed amount for something a member did: joining, a review, a survey, a friend."""

from __future__ import annotations

from fractions import Fraction

from bot.domain.earning.base import Event
from bot.domain.earning.basis import Basis
from bot.domain.programme_earning import Earn


def amount(rule: Earn, _event: Event, _basis: Basis) -> Fraction:
    """The rule's amount, whatever the event."""
    return Fraction(rule.amount)
