"""What an event gives by the programme's rules: one file per earning rule, listed here (S13)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from babel.numbers import get_currency_precision

from bot.domain.earning import fixed, purchase, visit
from bot.domain.earning.base import Breakdown, Event, Item, Share, Skipped, Uses
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn

#: How much of its unit a rule gives for an event, exactly, of the part of the amount that earns.
Rule = Callable[[Earn, Event, Decimal], Decimal]

#: The rules by the trigger the programme file names.
RULES: Mapping[str, Rule] = {
    "visit": visit.amount,
    "purchase": purchase.amount,
    "product": purchase.amount,
    "joining": fixed.amount,
    "profile": fixed.amount,
    "referral": fixed.amount,
    "referred": fixed.amount,
    "review": fixed.amount,
    "follow": fixed.amount,
    "survey": fixed.amount,
    "birthday": fixed.amount,
    "tenure": fixed.amount,
    "challenge": fixed.amount,
}
_ROUNDING = {"down": ROUND_DOWN, "half_up": ROUND_HALF_UP, "up": ROUND_UP}

__all__ = ["RULES", "Breakdown", "Event", "Item", "Share", "Skipped", "Uses", "earn"]


def earn(
    programme: Programme,
    event: Event,
    uses: Mapping[str, Uses] | None = None,
    only: Collection[str] | None = None,
) -> Breakdown:
    """What an event gives, rule by rule in the file's order, without those that give nothing.

    `uses` are what limits count, by the rule's id; `only` leaves out all other rules.
    """
    shares = []
    for rule in programme.rules(event.trigger):
        exact = RULES[rule.rule](rule, event, event.amount)
        if event.amount >= rule.minimum and (share := _share(programme, rule, exact)):
            shares.append(share)
    return Breakdown(tuple(shares), (), event.amount)


def _share(programme: Programme, rule: Earn, exact: Decimal) -> Share | None:
    if rule.target.partition(":")[0] in ("credit", "cause"):
        exact = exact.scaleb(get_currency_precision(programme.shop.currency))
    amount = int(exact.quantize(Decimal(1), rounding=_ROUNDING[rule.rounding]))
    return Share(rule.id, rule.target, amount, rule.qualifies) if amount else None
