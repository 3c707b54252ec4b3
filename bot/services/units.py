"""Amounts of units as they are said: so many stamps or points, money of a bonus account."""

from __future__ import annotations

from decimal import Decimal

from bot.domain.amounts import in_minor_units
from bot.domain.messages import Money, Phrase, Value, phrase
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn, reward_unit
from bot.domain.programme_values import Gift
from bot.services.wallets import Wallet

#: The unit whose amounts are money.
CREDIT = "credit"


def value(programme: Programme, unit: str, amount: int) -> int | Money:
    """An amount as a place in a sentence takes it."""
    return Money(amount, programme.shop.currency) if unit == CREDIT else amount


def said(
    programme: Programme,
    key: str,
    unit: str,
    amount: int,
    *,
    have: int | None = None,
    **values: Value,
) -> Phrase:
    """A sentence about an amount of a unit: `n` of what is counted, the `amount` of money.

    `have` is what there is of the unit in all.
    """
    if have is not None:
        values["have"] = value(programme, unit, have)
    name = "amount" if unit == CREDIT else "n"
    return Phrase(key, {name: value(programme, unit, amount), **values})


def worth(programme: Programme, unit: str, amount: int) -> Value | None:
    """How much of a unit reads: an amount with its unit, or the reward's name.

    None where the programme has no such thing any more.
    """
    kind, _, code = unit.partition(":")
    if code:
        reward = programme.reward(code)
        return reward.name if reward else None
    if getattr(programme.units, kind, None) is None:
        return None
    return said(programme, f"amount.{kind}", kind, amount)


def given(programme: Programme, gift: Gift) -> Value | None:
    """What a gift is; None where the programme has no such thing any more."""
    if gift.kind == "reward":
        return worth(programme, reward_unit(gift.reward), 1)
    if gift.kind == CREDIT:
        return worth(
            programme, CREDIT, in_minor_units(Decimal(gift.amount), programme.shop.currency)
        )
    return worth(programme, gift.kind, gift.amount)


def signed(programme: Programme, unit: str, amount: int) -> Phrase:
    """What came or went of any unit: so many stamps more, a reward less, money for a cause."""
    sign = "plus" if amount > 0 else "minus"
    kind, _, code = unit.partition(":")
    much = abs(amount)
    if kind == "reward":
        reward = programme.reward(code)
        name = reward.name if reward else code
        return phrase(f"reward_amount.{sign}", n=much, reward=name)
    if kind == "cause":
        cause = programme.cause(code)
        money = Money(much, programme.shop.currency)
        return phrase(f"cause_amount.{sign}", amount=money, cause=cause.name if cause else code)
    return said(programme, f"amount.{sign}.{kind}", kind, much)


def balances(purse: Wallet) -> tuple[Phrase, ...]:
    """What a member has of each unit of the programme, the number that matters first."""
    lines, units = [], purse.programme.units
    if units.stamps:
        have, total = purse.balance("stamps"), units.stamps.card
        lines.append(phrase("balance.stamps", n=have, total=total))
    for unit in ("points", CREDIT):
        if getattr(units, unit):
            lines.append(said(purse.programme, f"balance.{unit}", unit, purse.balance(unit)))
    return tuple(lines)


def promised(programme: Programme, trigger: str) -> tuple[Value, ...]:
    """What a trigger's rules give, each an amount with its unit or a reward's name."""
    found = (_given(programme, rule) for rule in programme.rules(trigger))
    return tuple(given for given in found if given is not None)


def _given(programme: Programme, rule: Earn) -> Value | None:
    amount = Decimal(1) if rule.reward else rule.amount
    if rule.target == CREDIT:
        return worth(programme, CREDIT, in_minor_units(amount, programme.shop.currency))
    return worth(programme, rule.target, int(amount))
