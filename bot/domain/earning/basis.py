"""What of a purchase earns: not what is excluded, nor the discount, nor what a reward paid (S14).

Calculated in fractions: a third of a point times one and a half must not lose its last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from bot.domain.earning.base import Event, Item
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn


@dataclass(frozen=True, slots=True)
class Basis:
    """The money of a purchase that earns, and its lines that may; `whole` is before discounts.

    A discount is spread over the lines in proportion to their prices.
    """

    eligible: Decimal = Decimal(0)
    items: tuple[Item, ...] = ()
    whole: Decimal = Decimal(0)

    def matching(self, rule: Earn) -> tuple[Item, ...]:
        """The lines a rule asks for; all where it names no products or categories."""
        return tuple(item for item in self.items if wants(rule, item))

    def money(self, items: Iterable[Item]) -> Fraction:
        """The money that earns of some lines; nothing for those without a price."""
        prices = sum((item.amount for item in items if item.amount), Decimal(0))
        if not prices or not self.whole:
            return Fraction(0)
        return Fraction(prices) * Fraction(self.eligible) / Fraction(self.whole)

    def parts(self, rule: Earn) -> Sequence[tuple[Item | None, Fraction]]:
        """What fraction of a rule's amount comes of which line; None is of no line."""
        if rule.rule == "product":
            items = self.matching(rule)
            sizes = [
                (i, self.money((i,)) if rule.by_money else Fraction(i.quantity)) for i in items
            ]
            return _of_one(sizes)
        if rule.rule == "purchase" and rule.by_money:
            sizes = [(item, self.money((item,))) for item in self.items]
            rest = Fraction(self.eligible) - sum(size for _, size in sizes)
            return _of_one([*sizes, (None, rest)])
        return ((None, Fraction(1)),)


def _of_one(
    sizes: Sequence[tuple[Item | None, Fraction]],
) -> Sequence[tuple[Item | None, Fraction]]:
    whole = sum((size for _, size in sizes), Fraction(0))
    return [(item, size / whole) for item, size in sizes if size]


def narrowed(rule: Earn) -> bool:
    """Whether a rule names products or categories."""
    return bool(rule.products or rule.categories)


def wants(rule: Earn, item: Item | None) -> bool:
    """Whether a rule is for a line, as all are that name nothing; None is what no line says."""
    if not narrowed(rule):
        return True
    return item is not None and (item.product in rule.products or item.category in rule.categories)


def categories(programme: Programme) -> tuple[str, ...]:
    """Every category the programme speaks of, in the file's order."""
    named = [product.category for product in programme.products if product.category]
    return tuple(dict.fromkeys((*named, *programme.earning.excluded)))


def item_of(
    programme: Programme, code: str, quantity: int = 1, amount: Decimal | None = None
) -> Item:
    """A line of a purchase by the code of a product or of a category."""
    product = programme.product(code)
    if product is not None:
        return Item(code, product.category, quantity, amount)
    return Item(code, code if code in categories(programme) else None, quantity, amount)


def merged(items: Iterable[Item]) -> tuple[Item, ...]:
    """The lines with each product once; of several prices one unknown makes the sum unknown."""
    found: dict[str, Item] = {}
    for item in items:
        if (same := found.get(item.product)) is None:
            found[item.product] = item
            continue
        known = same.amount is not None and item.amount is not None
        found[item.product] = replace(
            same,
            quantity=same.quantity + item.quantity,
            amount=(same.amount or 0) + (item.amount or Decimal(0)) if known else None,
        )
    return tuple(found.values())


def excludes(programme: Programme, item: Item) -> bool:
    """Whether a line earns nothing by any rule (S41)."""
    shut = programme.earning.excluded
    return item.category in shut or item.product in shut


def basis_of(programme: Programme, event: Event) -> Basis:
    """What of an event earns."""
    if not event.amount:
        return Basis()
    if not event.items:
        eligible = _less(programme, event, event.amount)
        return Basis(eligible, (), event.amount)
    items = [
        item if item.category else item_of(programme, item.product, item.quantity, item.amount)
        for item in event.items
    ]
    out = [item for item in items if excludes(programme, item)]
    kept = tuple(item for item in items if item not in out)
    priced = sum((item.amount for item in kept if item.amount), Decimal(0))
    whole = event.amount - sum((item.amount for item in out if item.amount), Decimal(0))
    if any(item.amount is None for item in out):
        # How much of the rest was excluded nobody knows: only what has a price of its own earns.
        whole = min(whole, priced)
    whole = max(whole, Decimal(0))
    return Basis(_less(programme, event, whole), kept, max(whole, priced))


def _less(programme: Programme, event: Event, whole: Decimal) -> Decimal:
    """An amount without the discount and what a reward paid, unless these earn too."""
    earning = programme.earning
    if not earning.on_discount:
        whole -= event.discount
    if not earning.on_reward:
        whole -= event.reward_part
    return max(whole, Decimal(0))
