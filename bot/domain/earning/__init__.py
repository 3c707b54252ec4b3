"""What an event gives by the programme's rules: one file per kind of rule, listed here (S13)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from bot.domain.earning import fixed, product, purchase, visit
from bot.domain.earning.base import WHY, Breakdown, Event, Item, Share, Skipped, Uses
from bot.domain.earning.basis import Basis, basis_of, categories, item_of, merged
from bot.domain.earning.conditions import Case, why_not
from bot.domain.earning.multiplying import Given, Multiplier, multiplied, whole
from bot.domain.earning.rounding import ledger_units, rounded
from bot.domain.programme import Programme
from bot.domain.programme_earning import OF_PURCHASES, Earn

#: How much of its unit a rule gives for an event, exactly; money in the major unit.
Rule = Callable[[Earn, Event, Basis], Fraction]

#: The rules by the trigger the programme file names.
RULES: Mapping[str, Rule] = {
    "visit": visit.amount,
    "purchase": purchase.amount,
    "product": product.amount,
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

#: A tier's multiplier is for these units, of what members do in person.
TIER_UNITS, TIER_TRIGGERS = ("points", "credit"), ("visit", "purchase")

__all__ = [
    "RULES",
    "TIER_UNITS",
    "WHY",
    "Breakdown",
    "Event",
    "Item",
    "Share",
    "Skipped",
    "Uses",
    "categories",
    "earn",
    "item_of",
    "merged",
    "rules_for",
    "tier_rule",
]


def rules_for(programme: Programme, trigger: str) -> tuple[Earn, ...]:
    """The rules an event runs, in the file's order: a purchase also those for its products."""
    triggers = OF_PURCHASES if trigger == "purchase" else (trigger,)
    return tuple(rule for rule in programme.earn if rule.rule in triggers)


def tier_rule(code: str) -> str:
    """What the ledger names a tier's multiplier by."""
    return f"tier:{code}"


def earn(
    programme: Programme,
    event: Event,
    uses: Mapping[str, Uses] | None = None,
    only: Collection[str] | None = None,
) -> Breakdown:
    """What an event gives, rule by rule, and why other rules for it give nothing.

    `uses` are what limits count, by the rule's id; `only` leaves out all other rules.
    """
    basis = basis_of(programme, event)
    leap_day = programme.campaigns.birthday.leap_day
    given: list[Given] = []
    skipped: list[Skipped] = []
    multipliers: list[Multiplier] = []
    for rule in rules_for(programme, event.trigger):
        if only is not None and rule.id not in only:
            continue
        case = Case(event, basis, (uses or {}).get(rule.id, Uses()), leap_day)
        if why := why_not(rule, case):
            skipped.append(Skipped(rule.id, why))
        elif rule.multiply is not None:
            multipliers.append(_multiplier(programme, rule, rule.multiply))
        else:
            given.append(_given(programme, rule, event, basis))
    multipliers += _of_tier(programme, event, only)
    shares = []
    for one in given:
        # Less than one may be one once it is multiplied: then it has a share, of nothing.
        if one.amount or whole(one, multipliers, programme.earning.stacking, basis):
            shares.append(one.share)
        else:
            skipped.append(Skipped(one.rule.id, "nothing"))
    for found in multiplied(given, multipliers, programme.earning.stacking, basis):
        if isinstance(found, Share):
            shares.append(found)
        else:
            skipped.append(found)
    return Breakdown(tuple(shares), tuple(skipped), basis.eligible)


def _given(programme: Programme, rule: Earn, event: Event, basis: Basis) -> Given:
    exact = RULES[rule.rule](rule, event, basis) * ledger_units(programme, rule.target)
    most = _most(programme, rule)
    if most is not None and exact > most:
        exact = Fraction(most)
    return Given(rule, exact, rounded(exact, rule.rounding))


def _most(programme: Programme, rule: Earn) -> int | None:
    if rule.most is None:
        return None
    return int(Fraction(rule.most) * ledger_units(programme, rule.target))


def _multiplier(programme: Programme, rule: Earn, factor: Decimal) -> Multiplier:
    units = (rule.target,)
    return Multiplier(rule.id, Fraction(factor), units, rule, _most(programme, rule))


def _of_tier(
    programme: Programme, event: Event, only: Collection[str] | None
) -> Sequence[Multiplier]:
    tier = programme.tiers.level(event.tier)
    if tier is None or tier.multiply <= 1 or event.trigger not in TIER_TRIGGERS:
        return ()
    name = tier_rule(tier.code)
    if only is not None and name not in only:
        return ()
    return (Multiplier(name, Fraction(tier.multiply), TIER_UNITS),)
