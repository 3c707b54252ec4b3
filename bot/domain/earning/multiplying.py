"""Multipliers of one purchase or visit: which of them holds, and what it adds (S14)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from bot.domain.earning.base import Item, Share, Skipped
from bot.domain.earning.basis import Basis, wants
from bot.domain.earning.rounding import rounded
from bot.domain.programme_earning import Earn


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule gives before it is multiplied, in the ledger's units: exactly, and rounded."""

    rule: Earn
    exact: Fraction
    amount: int

    @property
    def share(self) -> Share:
        """What the ledger says of it."""
        return Share(self.rule.id, self.rule.target, self.amount, self.rule.qualifies)


@dataclass(frozen=True, slots=True)
class Multiplier:
    """What multiplies some units: a rule, or the member's tier. `most` is what it adds at most."""

    id: str
    factor: Fraction
    units: tuple[str, ...]
    rule: Earn | None = None
    most: int | None = None

    def touches(self, item: Item | None) -> bool:
        """Whether it multiplies what comes of a line; None is what comes of none."""
        return self.rule is None or wants(self.rule, item)


def multiplied(
    given: Sequence[Given], multipliers: Sequence[Multiplier], stacking: str, basis: Basis
) -> Iterator[Share | Skipped]:
    """What each multiplier adds to what rules give, or that it adds nothing and why.

    Of one rule's amount the strongest adds first, each next one what it makes of that more, so
    that everything is rounded once and the shares add up to the rounded whole.
    """
    ranked = sorted(multipliers, key=lambda one: -one.factor)
    for one in multipliers:
        place = ranked.index(one)
        shares = [
            share
            for unit in one.units
            if (share := _added(given, unit, ranked[: place + 1], stacking, basis))
        ]
        yield from shares
        if not shares:
            alone = (_added(given, unit, [one], stacking, basis) for unit in one.units)
            beaten = stacking == "highest" and any(alone)
            yield Skipped(one.id, "outranked" if beaten else "nothing")


def _added(
    given: Sequence[Given], unit: str, ranked: Sequence[Multiplier], stacking: str, basis: Basis
) -> Share | None:
    """What the last of some multipliers adds to those before it."""
    last, amount, qualifies = ranked[-1], 0, False
    for base in given:
        if base.rule.target == unit:
            more = whole(base, ranked, stacking, basis)
            more -= whole(base, ranked[:-1], stacking, basis)
            amount += more
            qualifies = qualifies or (more > 0 and base.rule.qualifies)
    if last.most is not None:
        amount = min(amount, last.most)
    counts = qualifies and (last.rule is None or last.rule.qualifies)
    return Share(last.id, unit, amount, counts) if amount else None


def whole(base: Given, multipliers: Sequence[Multiplier], stacking: str, basis: Basis) -> int:
    """What a rule and some multipliers give together."""
    alike = [one for one in multipliers if base.rule.target in one.units]
    if not alike:
        return base.amount
    exact = sum(
        part * _together([one.factor for one in alike if one.touches(item)], stacking)
        for item, part in basis.parts(base.rule)
    )
    return rounded(base.exact * exact, base.rule.rounding)


def _together(factors: Sequence[Fraction], stacking: str) -> Fraction:
    """Several multipliers as one: 2× and 1.5× are 2×, or 2.5×, or 3×."""
    if stacking == "sum":
        return 1 + sum((factor - 1 for factor in factors), Fraction(0))
    return (
        prod(factors, start=Fraction(1))
        if stacking == "product"
        else max(factors, default=Fraction(1))
    )
