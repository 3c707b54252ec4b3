"""A welcome gift, once, when a member joins."""

from __future__ import annotations

from bot.domain.earning.base import Event
from bot.domain.programme import Earn


def amount(rule: Earn, _event: Event) -> int:
    """The rule's amount, whatever the event."""
    return rule.amount
