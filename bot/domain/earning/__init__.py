"""What a visit, a purchase or joining gives: one file per earning rule, listed here (S13)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.earning import joining, purchase, visit
from bot.domain.earning.base import Event, Rule, Share
from bot.domain.programme import Programme

#: The rules by the name the programme file gives them.
RULES: Mapping[str, Rule] = {
    "visit": visit.amount,
    "purchase": purchase.amount,
    "joining": joining.amount,
}

__all__ = ["RULES", "Event", "Share", "earn"]


def earn(programme: Programme, event: Event) -> tuple[Share, ...]:
    """What an event gives, rule by rule in the file's order, without those that give nothing."""
    shares = (
        Share(rule.rule, rule.unit, RULES[rule.rule](rule, event))
        for rule in programme.rules(event.trigger)
    )
    return tuple(share for share in shares if share.amount)
