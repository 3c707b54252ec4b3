"""What a member may like whom we know by what they bought (S41)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.programme import Programme
from bot.domain.programme_earning import Product


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product they have not had, and the one of its kind they have most often."""

    product: Product
    known: Product


def suggest(programme: Programme, had: Mapping[str, int]) -> Suggestion | None:
    """Something new of the category a member buys most, by how many they had of each product.

    Nothing of an excluded category is ever suggested, nor because of one. Of several it is the
    first in the file.
    """
    there = [product for product in programme.products if _may_be_named(programme, product)]
    categories: Counter[str] = Counter()
    for product in there:
        if product.category and had.get(product.code, 0) > 0:
            categories[product.category] += had[product.code]
    for category, _ in categories.most_common():
        of_it = [product for product in there if product.category == category]
        known = max(of_it, key=lambda product: had.get(product.code, 0))
        new = next((product for product in of_it if had.get(product.code, 0) <= 0), None)
        if new:
            return Suggestion(new, known)
    return None


def _may_be_named(programme: Programme, product: Product) -> bool:
    excluded = programme.earning.excluded
    return product.code not in excluded and product.category not in excluded
