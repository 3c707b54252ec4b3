"""What people read a rule as, or a line of a purchase (S13)."""

from __future__ import annotations

from bot.domain.earning import RULES, Item
from bot.domain.messages import Phrase, Wording, phrase
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn


def name_of(programme: Programme, rule_id: str, unit: str) -> Phrase | Wording:
    """The name of what gave a share of a unit; of a rule that is gone, what it was for."""
    kind, _, code = rule_id.partition(":")
    if kind == "tier":
        tier = programme.tiers.level(code)
        return tier.name if tier else phrase("history.earn.other")
    rule = _rule(programme, rule_id, unit)
    if rule is None:
        known = rule_id in RULES
        return phrase(f"history.earn.{rule_id}" if known else "history.earn.other")
    if rule.name:
        return rule.name
    if rule.multiply is not None:
        return phrase("rule.multiplied", factor=rule.multiply.normalize())
    return phrase(f"history.earn.{rule.rule}")


def product_name(programme: Programme, code: str) -> Wording:
    """A product's name; a category has none but its code."""
    product = programme.product(code)
    return product.name if product else Wording.of(code)


def item_name(programme: Programme, item: Item) -> Phrase | Wording:
    """A line of a purchase as it is said: so many of what."""
    name = product_name(programme, item.product)
    if item.quantity == 1:
        return name
    return phrase("staff.item", count=item.quantity, item=name)


def _rule(programme: Programme, rule_id: str, unit: str) -> Earn | None:
    """Rules without a code may share their name where they give different units."""
    found = [rule for rule in programme.earn if rule.id == rule_id]
    return next((rule for rule in found if rule.target == unit), next(iter(found), None))
