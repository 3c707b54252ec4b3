"""The lines of a purchase as a colleague types them: `latte`, `2xlatte`, `latte*2`, `cake=4.50`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from difflib import get_close_matches

from bot.domain.amounts import parse_amount
from bot.domain.earning.base import Item
from bot.domain.earning.basis import categories, excludes, item_of, merged, narrowed, wants
from bot.domain.earning.rounding import ledger_units
from bot.domain.programme import Programme
from bot.domain.programme_earning import OF_PURCHASES

#: How many of one thing are believed.
MOST = 999

_BEFORE = re.compile(r"(\d{1,3})[x*×](.+)")
_AFTER = re.compile(r"(.+)[x*×](\d{1,3})")
#: What is meant as a line of a purchase, whether or not there is such a product: a price, or how
#: many of a word. A receipt's number may be 2x4711 or FX12.
_MEANT = re.compile(r"(?:\d{1,3}[x*×])?([^=]*)=.*|\d{1,3}[x*×](\D+)|(\D+)[*×]\d{1,3}")


def codes(programme: Programme) -> tuple[str, ...]:
    """Every code a line of a purchase may have: products, then categories."""
    products = [product.code for product in programme.products]
    return tuple(dict.fromkeys((*products, *categories(programme))))


def item_from(programme: Programme, word: str) -> Item | None:
    """A line of a purchase by what was typed; None where that is no product and no category.

    Raises BadAmount for a price that is none.
    """
    named, _, price = word.casefold().partition("=")
    found = next(_readings(named, frozenset(codes(programme))), None)
    if found is None:
        return None
    code, quantity = found
    amount = None
    if price:
        minor = parse_amount(price, programme.shop.currency)
        amount = Decimal(minor) / ledger_units(programme, "credit")
    return item_of(programme, code, quantity, amount)


def items_among(
    programme: Programme, words: Sequence[str]
) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """The lines of a purchase among typed words, and the words that are none.

    Raises BadAmount for a price that is none.
    """
    found = [(word, item_from(programme, word)) for word in words]
    items = merged(item for _, item in found if item)
    return items, tuple(word for word, item in found if item is None)


def unknown(programme: Programme, words: Sequence[str]) -> tuple[str, str] | None:
    """The first word meant as a line of a purchase that names no product; and what code is near."""
    for word in words:
        meant = _MEANT.fullmatch(word.casefold())
        if meant and item_from(programme, word.partition("=")[0]) is None:
            named = next((part for part in meant.groups() if part), "")
            near = get_close_matches(named, codes(programme), n=1)
            return named or word, near[0] if near else ""
    return None


def exceeds(items: Sequence[Item], amount: Decimal) -> bool:
    """Whether the lines with a price come to more than the whole purchase."""
    return sum((item.amount for item in items if item.amount), Decimal(0)) > amount


def unpriced(programme: Programme, items: Sequence[Item]) -> Item | None:
    """The first line whose price has to be known and was not said."""
    found = (i for i in items if i.amount is None and price_matters(programme, i))
    return next(found, None)


def _readings(named: str, known: frozenset[str]) -> Iterator[tuple[str, int]]:
    if named in known:
        yield named, 1
    if (before := _BEFORE.fullmatch(named)) and before[2] in known and int(before[1]):
        yield before[2], int(before[1])
    if (after := _AFTER.fullmatch(named)) and after[1] in known and int(after[2]):
        yield after[1], int(after[2])


def asked_for(programme: Programme) -> tuple[str, ...]:
    """The products and categories that rules and exclusions speak of, in the file's order."""
    found: list[str] = []
    for rule in programme.earn:
        if rule.rule in OF_PURCHASES:
            found += (*rule.products, *rule.categories)
    return tuple(dict.fromkeys((*found, *programme.earning.excluded)))


def price_matters(programme: Programme, item: Item) -> bool:
    """Whether it changes what a purchase earns how much of it a line was."""
    if excludes(programme, item):
        return True
    rules = [rule for rule in programme.earn if rule.rule in OF_PURCHASES]
    by_money = {rule.target for rule in rules if rule.by_money}
    return any(
        narrowed(rule)
        and wants(rule, item)
        and (
            (rule.rule == "product" and rule.by_money) or (rule.multiply and rule.unit in by_money)
        )
        for rule in rules
    )
