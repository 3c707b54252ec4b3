"""What the trade knows to fail: a reward or a tier too far away, an end that comes too soon.

All of it is advice. Where each number is from, and what is ours, is said in docs/programmes.md;
a usual member is who [usual] says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from bot.domain.earning.purchase import of_money
from bot.domain.expiry import Expiry
from bot.domain.problems import Path, Problem
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn
from bot.domain.programme_tiers import Tier
from bot.domain.programme_values import Span

#: Sooner ends, in days, feel like a trick: three months for units, a week for an earned reward.
SHORT_UNITS, SHORT_REWARD = 90, 7
#: A first reward further away than this is given up on.
FAR_VISITS, FAR_PURCHASES, FAR_SPEND = 10, 5, 200
#: In days: a first tier further away moves few people.
FAR_TIER = 30
#: A tier is out of reach when who buys so many times as much as usual would not get there.
KEEN = 5

#: About how many of a currency are a euro, to tell a coffee from a coat; 1 for those left out.
_A_EURO = {
    "CZK": 25,
    "DKK": 7,
    "HUF": 400,
    "INR": 100,
    "ISK": 150,
    "JPY": 150,
    "KRW": 1500,
    "KZT": 500,
    "MDL": 20,
    "MXN": 20,
    "NOK": 10,
    "PLN": 4,
    "RON": 5,
    "RSD": 100,
    "RUB": 100,
    "SEK": 10,
    "TRY": 50,
    "UAH": 50,
}


def check(programme: Programme) -> Iterator[Problem]:
    """What of a programme its owner may regret."""
    yield from _ends(programme)
    yield from _first_reward(programme)
    yield from _first_tier(programme)
    yield from _out_of_reach(programme)


def far_spend(programme: Programme) -> int:
    """The most that a first reward may take, in the shop's currency, where [usual] says nothing."""
    return FAR_SPEND * _A_EURO.get(programme.shop.currency, 1)


def usual_purchase(programme: Programme) -> Fraction:
    """What a usual purchase comes to."""
    return Fraction(programme.usual.purchase or Fraction(far_spend(programme), FAR_PURCHASES))


def _ends(programme: Programme) -> Iterator[Problem]:
    tables: list[tuple[Path, str, Expiry]] = [
        (("units", unit, "expires"), unit, table.expires)
        for unit in ("stamps", "points", "credit")
        if (table := getattr(programme.units, unit))
    ]
    for i, tier in enumerate(programme.tiers.levels):
        if tier.expires:
            tables.append((("tiers", "levels", i, "expires"), "what was earned", tier.expires))
    for path, what, expires in tables:
        if expires.least_days < SHORT_UNITS:
            yield Problem(
                path,
                "warning",
                f"{what} can end within three months, before many people are back: "
                "consider a longer time",
            )
    for i, reward in enumerate(programme.rewards):
        if reward.validity.least_days < SHORT_REWARD:
            yield Problem(
                ("rewards", i, "validity"),
                "warning",
                "an earned reward can end within a week: consider a longer time",
            )


@dataclass(frozen=True, slots=True)
class _Way:
    """How far the first reward is by one rule: so many visits, or purchases and their money."""

    number: int
    spend: Fraction | None = None
    of_visits: bool = False

    def too_far(self, programme: Programme) -> bool:
        if self.of_visits:
            return self.number > FAR_VISITS
        if self.spend is None or programme.usual.purchase:
            return self.number > FAR_PURCHASES
        return self.spend > far_spend(programme)


def _first_reward(programme: Programme) -> Iterator[Problem]:
    for unit in ("stamps", "points", "credit"):
        price = _first_price(programme, unit)
        if price is None:
            continue
        missing = Fraction(price) - sum(
            Fraction(rule.amount) for rule in programme.rules("joining", unit)
        )
        ways = [_way(programme, rule, missing) for rule in _steady(programme, unit)]
        if missing <= 0 or not ways or any(not way.too_far(programme) for way in ways):
            continue
        path: Path = ("units", "stamps", "card") if unit == "stamps" else ("units", unit)
        yield Problem(path, "warning", _too_far(programme, unit, ways[0]))


def _too_far(programme: Programme, unit: str, way: _Way) -> str:
    currency = programme.shop.currency
    some = "credit" if unit == "credit" else f"some {unit}"
    if way.of_visits:
        takes, patience = f"{way.number} visits", f"{FAR_VISITS}"
    elif way.spend is None or programme.usual.purchase:
        takes, patience = f"{way.number} usual purchases", f"{FAR_PURCHASES}"
    else:
        takes = f"{math.ceil(way.spend)} {currency} of spending"
        patience = f"{far_spend(programme)} {currency}"
    message = (
        f"the first reward takes {takes}, and many people give up after {patience}: ask for less, "
        f"or give {some} for joining"
    )
    if not way.of_visits and way.spend and not programme.usual.purchase:
        message += "; where purchases are large with you, write what one comes to in [usual]"
    return message


def _way(programme: Programme, rule: Earn, missing: Fraction) -> _Way:
    if rule.rule == "visit":
        return _Way(math.ceil(missing / Fraction(rule.amount)), of_visits=True)
    usual = max(usual_purchase(programme), Fraction(rule.minimum))
    if rule.per is None and rule.percent is None:
        # A stamp for each purchase is a stamp a visit; other things are bought less often.
        number = math.ceil(missing / Fraction(rule.amount))
        return _Way(number, of_visits=rule.unit == "stamps")
    rate = of_money(rule.model_copy(update={"steps": False}), Fraction(1))
    spend = missing / rate
    return _Way(math.ceil(spend / usual), spend)


def _first_price(programme: Programme, unit: str) -> Decimal | int | None:
    """What the first reward costs that is there for everybody; nothing for an amount from 0 on."""
    if unit == "stamps":
        return programme.units.stamps.card if programme.units.stamps else None
    if unit == "credit":
        if programme.units.credit is None:
            return None
        spent = [reward.minimum for reward in programme.rewards if reward.kind == "credit"]
        return min(spent, default=None)
    if programme.units.points is None:
        return None
    ours = [reward.points for reward in programme.rewards if reward.points and not reward.tiers]
    return min(ours, default=None)


def _steady(programme: Programme, unit: str) -> list[Earn]:
    """The rules that give a unit for a visit or a purchase, to anybody and at any time."""
    rules = programme.rules("visit", unit) + programme.rules("purchase", unit)
    return [
        rule
        for rule in rules
        if rule.multiply is None
        and not (rule.tiers or rule.tags or rule.first or rule.birthday_days)
        and not (rule.dates or rule.begins or rule.ends or rule.hours or rule.weekdays)
        and not (rule.products or rule.categories)
    ]


def _first_tier(programme: Programme) -> Iterator[Problem]:
    levels = list(enumerate(programme.tiers.levels))
    i, first = next(((i, tier) for i, tier in levels if tier.threshold), (0, None))
    if first is None or first.threshold is None:
        return
    days = _days_to(programme, Fraction(first.threshold))
    if days is not None and days > FAR_TIER:
        yield Problem(
            ("tiers", "levels", i, "threshold"),
            "warning",
            f"a usual member takes {days} days to this first tier, and what is further away than "
            f"{FAR_TIER} moves few people: ask for less; how much and how often they buy is said "
            "in [usual]",
        )


def _days_to(programme: Programme, threshold: Fraction) -> int | None:
    """In how many days a usual member reaches what a tier asks for; None where nobody can say."""
    if programme.tiers.by == "tenure":
        return math.ceil(threshold * 30)
    if programme.tiers.by == "points":
        welcome = sum(r.amount for r in programme.rules("joining", "points") if r.qualifies)
        threshold = max(threshold - Fraction(welcome), Fraction(0))
    a_visit = _counts(programme)
    if not a_visit:
        return None
    # The first purchase is on the first day.
    return (max(math.ceil(threshold / a_visit), 1) - 1) * programme.usual.days


def _counts(programme: Programme) -> Fraction:
    """How much a usual visit counts towards a tier."""
    if programme.tiers.by == "visits":
        return Fraction(1)
    usual = usual_purchase(programme)
    if programme.tiers.by == "spend":
        return usual
    rules = [rule for rule in _steady(programme, "points") if rule.qualifies]
    return sum(
        (
            Fraction(rule.amount) if rule.rule == "visit" else of_money(rule, usual)
            for rule in rules
            if rule.rule == "visit" or usual >= rule.minimum
        ),
        Fraction(0),
    )


def _out_of_reach(programme: Programme) -> Iterator[Problem]:
    tiers = programme.tiers
    days = _days_of(tiers.window)
    if tiers.by == "tenure" or days is None:
        return
    for i, tier in enumerate(tiers.levels):
        if not tier.threshold:
            continue
        best = _counts(programme) * _raised(programme, tiers.levels[:i])
        most = math.floor(best * Fraction(days * KEEN, programme.usual.days))
        if best and most < tier.threshold:
            yield Problem(
                ("tiers", "levels", i, "threshold"),
                "warning",
                f"this tier is out of reach: even who buys {KEEN} times as much as usual comes to "
                f"{most} within the `window`: ask for less, or look further back",
            )


def _raised(programme: Programme, below: tuple[Tier, ...]) -> Fraction:
    """By what the tiers below multiply what counts on the way up."""
    if programme.tiers.by != "points":
        return Fraction(1)
    return Fraction(max((tier.multiply for tier in below), default=Decimal(1)))


def _days_of(window: Span) -> int | None:
    if window.kind == "always":
        return None
    if window.kind in ("days", "months"):
        return window.number * (30 if window.kind == "months" else 1)
    return 365 if window.kind == "calendar_year" else 30
