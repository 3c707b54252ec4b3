"""From an exact amount to the ledger's integers (S2)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, floor

from babel.numbers import get_currency_precision

from bot.domain.programme import Programme


@cache
def _minor_units(currency: str) -> int:
    return int(Decimal(1).scaleb(get_currency_precision(currency)))


def ledger_units(programme: Programme, unit: str) -> int:
    """How many of the ledger's integers one of a unit is: money is kept in its minor unit."""
    money = unit == "credit" or unit.startswith("cause:")
    return _minor_units(programme.shop.currency) if money else 1


def near(exact: Fraction) -> Fraction:
    """An amount to twelve places: a part of a price is a decimal, whose last digit is not exact."""
    return Fraction(round(exact * 10**12), 10**12)


def rounded(exact: Fraction, how: str) -> int:
    """An amount above 0 as an integer: down, half up, or up."""
    exact = near(exact)
    if how == "up":
        return ceil(exact)
    return floor(exact + Fraction(1, 2)) if how == "half_up" else floor(exact)
