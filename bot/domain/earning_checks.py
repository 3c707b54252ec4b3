"""What is wrong with a programme's earning rules: contradictions, and names of nothing (S13, S41).

That a rule can never give is looked for in earning_chances.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal

from babel.numbers import get_currency_precision

from bot.domain import earning_chances
from bot.domain.earning import TIER_TRIGGERS, categories
from bot.domain.problems import Path, Problem
from bot.domain.programme import Programme
from bot.domain.programme_earning import OF_PURCHASES, Earn
from bot.domain.programme_values import did_you_mean

#: The keys that speak of a purchase's money and lines.
_OF_PURCHASES = (
    "per",
    "percent",
    "steps",
    "rounding",
    "minimum",
    "minimum_items",
    "products",
    "categories",
    "first",
)
_OF_CHALLENGES = ("goal", "counts", "within")
#: What a trigger is, in the middle of a sentence.
_CALLED = {"visit": "a visit", "joining": "joining", "profile": "a profile", "survey": "a survey"}


def check(programme: Programme, today: date | None = None) -> Iterator[Problem]:
    """Everything wrong with [[earn]], [earning] and [[products]]; `today` is the shop's day."""
    yield from _twice(programme)
    for i, rule in enumerate(programme.earn):
        path: Path = ("earn", i)
        yield from _effect(path, rule)
        yield from _trigger(path, rule)
        yield from _unit(path, rule, programme)
        yield from _whole(path, rule)
        yield from _money(path, rule, programme)
        yield from _unknown(path, rule, programme)
        yield from _excluded(path, rule, programme)
        yield from _multiplier(path, rule, programme)
        yield from earning_chances.check(path, rule, programme, today)
    yield from _exclusions(programme)


def _twice(programme: Programme) -> Iterator[Problem]:
    """Two rules the ledger could not tell apart."""
    for i, rule in enumerate(programme.earn):
        for first, other in enumerate(programme.earn[:i]):
            if rule.id != other.id:
                continue
            apart = rule.target != other.target and not (rule.limited or other.limited)
            if rule.code is None and other.code is None and apart:
                continue
            yield Problem(
                ("earn", i, "code") if rule.code else ("earn", i),
                "error",
                f'two rules are called "{rule.id}": give one of them a `code` of its own',
                rival=("earn", first, "code") if other.code else ("earn", first),
            )
            break


def _effect(path: Path, rule: Earn) -> Iterator[Problem]:
    """A rule gives one thing, in one way."""
    given = [key for key in ("unit", "reward", "cause") if getattr(rule, key)]
    if not given:
        yield Problem(
            path,
            "error",
            'this gives nothing: say what with `unit = "points"`, a `reward` or a `cause`',
        )
    for second in given[1:]:
        yield _both(path, second, given[0])
    written = rule.model_fields_set
    ways = ("multiply", "percent", "per", "amount")
    how = [way for way in ways if way in written]
    for way in how[1:]:
        if (how[0], way) != ("per", "amount"):
            yield _both(path, way, how[0])
    for key in ("reward", "cause"):
        if key in given and rule.multiply is not None:
            yield _both(path, "multiply", key)
    if rule.reward and rule.percent is not None:
        yield _both(path, "percent", "reward")
    if rule.steps and rule.per is None:
        yield Problem(
            (*path, "steps"), "error", "steps of how much money? Add `per = 10`, for example"
        )


def _both(path: Path, key: str, other: str) -> Problem:
    return Problem(
        (*path, key),
        "error",
        f"a rule has either `{other}` or `{key}`: keep one, and write another rule for the other",
        rival=(*path, other),
    )


def _trigger(path: Path, rule: Earn) -> Iterator[Problem]:
    """Keys that mean nothing for what the rule is about."""
    written = rule.model_fields_set
    if rule.rule not in OF_PURCHASES:
        what = _CALLED.get(rule.rule, f'"{rule.rule}"')
        for key in (key for key in _OF_PURCHASES if key in written):
            yield Problem(
                (*path, key),
                "error",
                f'{what} has no amount of money: remove `{key}`, or make the rule "purchase"',
            )
    elif "rounding" in written and not (rule.by_money or rule.multiply):
        yield Problem((*path, "rounding"), "warning", "without `per` there is nothing to round")
    if rule.multiply is not None and rule.rule not in (*TIER_TRIGGERS, "product"):
        yield Problem(
            (*path, "multiply"),
            "error",
            'only visits and purchases are multiplied: make the rule "visit" or "purchase"',
        )
    yield from _products(path, rule)
    if rule.rule == "challenge" and rule.goal is None:
        yield Problem(path, "error", "say what reaches it: `goal = 3`, for three visits")
    if rule.rule != "challenge":
        for key in (key for key in _OF_CHALLENGES if key in written):
            yield Problem(
                (*path, key), "error", f'only a challenge has `{key}`: make the rule "challenge"'
            )


def _products(path: Path, rule: Earn) -> Iterator[Problem]:
    named = bool(rule.products or rule.categories)
    if rule.rule == "product" and not named:
        yield Problem(
            path, "error", 'say of which products: `products = ["latte"]`, or `categories`'
        )
    if rule.rule == "purchase" and named and rule.by_money:
        yield Problem(
            (*path, "products" if rule.products else "categories"),
            "warning",
            'this counts the whole purchase once it holds one of these: make the rule "product" '
            "to count these alone",
        )
    if _is_flat(rule):
        yield Problem(
            path,
            "warning",
            "every purchase gives the same, whatever it comes to: add `per = 1`, for example",
        )


def _is_flat(rule: Earn) -> bool:
    """Whether a rule gives points for each purchase, without a condition: `per` was forgotten."""
    if rule.rule != "purchase" or rule.unit != "points":
        return False
    return not (rule.model_fields_set - {"rule", "code", "name", "unit", "amount", "rounding"})


def _unit(path: Path, rule: Earn, programme: Programme) -> Iterator[Problem]:
    if rule.unit and getattr(programme.units, rule.unit) is None:
        yield Problem(
            (*path, "unit"),
            "error",
            f"the programme has no {rule.unit}: add a table [units.{rule.unit}], "
            "or remove this rule",
        )


def _whole(path: Path, rule: Earn) -> Iterator[Problem]:
    """Stamps, points and rewards come whole; only an amount for so much money is rounded."""
    if rule.unit == "credit" or rule.cause:
        return
    for key in ("amount", "most"):
        value: Decimal | None = getattr(rule, key)
        rounds = key == "amount" and rule.per is not None and not rule.steps
        if value is not None and value % 1 and not rounds:
            what = rule.unit or "rewards"
            yield Problem(
                (*path, key), "error", f"{what} come whole: write {int(value)} or {int(value) + 1}"
            )
    if rule.goal is not None and rule.counts == "visits" and rule.goal % 1:
        yield Problem((*path, "goal"), "error", "visits are whole: write a whole number")


def _money(path: Path, rule: Earn, programme: Programme) -> Iterator[Problem]:
    currency = programme.shop.currency
    smallest = Decimal(1).scaleb(-get_currency_precision(currency))
    keys = ["per", "minimum"]
    if rule.unit == "credit" or rule.cause:
        keys += ["most"] if rule.per is not None else ["most", "amount"]
    if rule.counts == "spend":
        keys.append("goal")
    for key in keys:
        amount: Decimal | None = getattr(rule, key)
        if amount is not None and amount % smallest:
            yield Problem(
                (*path, key),
                "error",
                f"{amount} can't be paid: the smallest amount is {smallest} {currency}",
            )


def _unknown(path: Path, rule: Earn, programme: Programme) -> Iterator[Problem]:
    """What a rule names and the programme does not have."""
    kinds = categories(programme)
    for key, what, codes, known in (
        ("products", "product", rule.products, [p.code for p in programme.products]),
        ("categories", "category", rule.categories, kinds),
        ("locations", "location", rule.locations, [p.code for p in programme.locations]),
        ("tiers", "tier", rule.tiers, [level.code for level in programme.tiers.levels]),
    ):
        for n, code in enumerate(codes):
            yield from _named((*path, key, n), what, code, known)
    if rule.reward:
        rewards = {reward.code: reward for reward in programme.rewards}
        yield from _named((*path, "reward"), "reward", rule.reward, rewards)
        if (given := rewards.get(rule.reward)) and given.points is not None:
            yield Problem(
                (*path, "reward"),
                "error",
                f'the reward "{rule.reward}" is for points: name one without `points`',
                rival=("rewards", programme.rewards.index(given), "points"),
            )
    if rule.cause:
        yield from _named((*path, "cause"), "cause", rule.cause, [c.code for c in programme.causes])


def _named(path: Path, what: str, code: str, known: Collection[str]) -> Iterator[Problem]:
    if code not in known:
        hint = did_you_mean(code, known)
        yield Problem(path, "error", f'there is no {what} with the code "{code}".{hint}')


def _excluded(path: Path, rule: Earn, programme: Programme) -> Iterator[Problem]:
    """A rule for what must not earn by any rule (S41)."""
    shut = programme.earning.excluded
    for key, codes in (("products", rule.products), ("categories", rule.categories)):
        for n, code in enumerate(codes):
            product = programme.product(code) if key == "products" else None
            why = next((c for c in (code, product and product.category) if c and c in shut), None)
            if why:
                yield Problem(
                    (*path, key, n),
                    "error",
                    f'"{code}" earns nothing, since "{why}" is excluded: remove it here or there',
                    rival=("earning", "excluded", shut.index(why)),
                )


def _multiplier(path: Path, rule: Earn, programme: Programme) -> Iterator[Problem]:
    if rule.multiply is None or rule.unit is None:
        return
    triggers = OF_PURCHASES if rule.rule in OF_PURCHASES else (rule.rule,)
    if not any(
        other.rule in triggers and other.target == rule.unit and other.multiply is None
        for other in programme.earn
    ):
        yield Problem(
            (*path, "multiply"),
            "error",
            f"there is nothing to multiply: no other rule for a {triggers[0]} gives {rule.unit}",
        )


def _exclusions(programme: Programme) -> Iterator[Problem]:
    """A misspelled exclusion would let earn what must not."""
    known = {product.category for product in programme.products if product.category}
    known |= {product.code for product in programme.products}
    for n, code in enumerate(programme.earning.excluded):
        if code not in known and (hint := did_you_mean(code, known)):
            yield Problem(
                ("earning", "excluded", n), "warning", f'no product is of "{code}".{hint}'
            )
