"""A fixed amount for something a member did: joining, a review, a survey, a friend."""

from __future__ import annotations

from decimal import Decimal

from bot.domain.earning.base import Event
from bot.domain.programme_earning import Earn


def amount(rule: Earn, _event: Event, _eligible: Decimal) -> Decimal:
    """The rule's amount, whatever the event."""
    return rule.amount
