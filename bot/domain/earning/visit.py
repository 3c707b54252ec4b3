"""A fixed amount per visit: what a colleague stamps."""

from __future__ import annotations

from decimal import Decimal

from bot.domain.earning.base import Event
from bot.domain.programme_earning import Earn


def amount(rule: Earn, event: Event, _eligible: Decimal) -> Decimal:
    """The rule's amount for each visit counted at once."""
    return rule.amount * event.count
