"""A fixed amount per visit: what a colleague stamps."""

from __future__ import annotations

from bot.domain.earning.base import Event
from bot.domain.programme import Earn


def amount(rule: Earn, event: Event) -> int:
    """The rule's amount for each visit counted at once."""
    return rule.amount * event.count
