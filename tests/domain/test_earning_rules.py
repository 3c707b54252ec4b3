"""What purchases, visits and deeds earn: conditions, effects, multipliers and limits (S13, S14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.earning import Breakdown, Event, Item, Share, Skipped, Uses, earn
from bot.domain.programme import Programme
from tests.domain.earning_model import plain

PRAGUE = ZoneInfo("Europe/Prague")
#: A Monday, at ten in the morning in Prague.
MONDAY = datetime(2026, 6, 1, 8, tzinfo=UTC)

PRODUCTS = (
    {"code": "latte", "name": "Latte", "category": "coffee"},
    {"code": "flat-white", "name": "Flat white", "category": "coffee"},
    {"code": "cake", "name": "Cake", "category": "bakery"},
    {"code": "cigars", "name": "Cigars", "category": "tobacco"},
)
LEVELS = (
    {"code": "green", "name": "Green", "threshold": 0},
    {"code": "gold", "name": "Gold", "threshold": 500, "multiply": "1.2"},
    {"code": "double", "name": "Double", "threshold": 900, "multiply": 2},
)
LATTE, CAKE = Item("latte", None, 1, Decimal(4)), Item("cake", None, 1, Decimal(6))
CIGARS = Item("cigars", None, 1, Decimal(10))


def programme(*rules: dict[str, Any], leap_day: str = "28 February", **earning: Any) -> Programme:
    """A programme with these rules; what is not given a unit gives points."""
    return Programme.model_validate(
        {
            "shop": {"name": "Lípa", "zone": "Europe/Prague"},
            "units": {
                "stamps": {"card": 10, "reward": "coffee"},
                "points": {},
                "credit": {},
            },
            "products": PRODUCTS,
            "tiers": {"levels": LEVELS},
            "causes": ({"code": "trees", "name": "Trees"},),
            "locations": ({"code": "east", "name": "East", "zone": "Asia/Tokyo"},),
            "earning": earning,
            "earn": tuple(
                {**({} if {"reward", "cause"} & rule.keys() else {"unit": "points"}), **rule}
                for rule in rules
            ),
            "rewards": ({"code": "coffee", "name": "Coffee"},),
            "campaigns": {"birthday": {"leap_day": leap_day}},
        }
    )


def purchase(amount: str | int = 10, *items: Item, **known: Any) -> Event:
    """A purchase, on Monday at ten unless said otherwise."""
    event = Event("purchase", MONDAY, PRAGUE, amount=Decimal(amount), items=items)
    return replace(event, **known)


def visit(count: int = 1, **known: Any) -> Event:
    """A stamping, on Monday at ten unless said otherwise."""
    return replace(Event("visit", MONDAY, PRAGUE, count=count), **known)


def given_by(found: Breakdown) -> dict[str, int]:
    """What each rule gave."""
    return {share.rule: share.amount for share in found.shares}


def why(found: Breakdown) -> dict[str, str]:
    """Why each rule that gave nothing stayed out."""
    return {skipped.rule: skipped.why for skipped in found.skipped}


PER_ONE = {"rule": "purchase", "per": 1}
MONDAYS = {"rule": "purchase", "code": "mondays", "multiply": 2, "weekdays": ("mon",)}
COFFEES = {"rule": "purchase", "code": "coffees", "multiply": 3, "categories": ("coffee",)}


# Effects


@pytest.mark.parametrize(
    ("rule", "event", "amount"),
    [
        ({"rule": "visit", "amount": 2}, visit(3), 6),
        ({"rule": "purchase", "amount": 5}, purchase("0.01"), 5),
        ({"rule": "purchase", "per": 1}, purchase("9.99"), 9),
        ({"rule": "purchase", "per": 1, "rounding": "half_up"}, purchase("9.50"), 10),
        ({"rule": "purchase", "per": 1, "rounding": "up"}, purchase("9.01"), 10),
        ({"rule": "purchase", "per": 20, "amount": 3}, purchase(39), 5),
        ({"rule": "purchase", "per": 20, "amount": 3, "steps": True}, purchase("39.99"), 3),
        ({"rule": "purchase", "per": 20, "amount": 3, "steps": True}, purchase(40), 6),
        ({"rule": "purchase", "per": "0.30", "amount": 6}, purchase("4.75"), 95),
        ({"rule": "purchase", "percent": 5}, purchase(199), 9),
        ({"rule": "purchase", "per": 1, "most": 25}, purchase(99), 25),
        # Credit and causes are kept in the currency's minor unit.
        ({"rule": "purchase", "unit": "credit", "percent": 5}, purchase("19.99"), 99),
        ({"rule": "purchase", "unit": "credit", "amount": 1, "per": 20, "steps": True},
         purchase(59), 200),
        ({"rule": "purchase", "unit": "credit", "percent": 10, "most": "1.50"}, purchase(99), 150),
        ({"rule": "review", "unit": "credit", "amount": "2.50"},
         replace(visit(), trigger="review"), 250),
        ({"rule": "purchase", "cause": "trees", "percent": 1}, purchase(250), 250),
        ({"rule": "purchase", "cause": "trees", "amount": "0.10"}, purchase(3), 10),
        ({"rule": "purchase", "reward": "coffee", "minimum": 50}, purchase(50), 1),
        ({"rule": "joining", "amount": 20}, replace(visit(), trigger="joining"), 20),
        # For products: each of them, or their money.
        ({"rule": "product", "products": ("latte",), "amount": 3},
         purchase(20, replace(LATTE, quantity=2), CAKE), 6),
        ({"rule": "product", "categories": ("coffee",)},
         purchase(20, LATTE, Item("flat-white", quantity=4), CAKE), 5),
        ({"rule": "product", "categories": ("bakery",), "per": 1}, purchase(20, LATTE, CAKE), 6),
        ({"rule": "product", "categories": ("coffee", "bakery"), "percent": 50},
         purchase(20, LATTE, CAKE), 5),
        ({"rule": "product", "products": ("latte",)}, purchase(20, Item("latte")), 1),
        # A category stands for a product nobody named.
        ({"rule": "product", "categories": ("coffee",)}, purchase(20, Item("coffee")), 1),
    ],
)  # fmt: skip
def test_s13_a_rule_gives(rule: dict[str, Any], event: Event, amount: int) -> None:
    found = earn(programme(rule), event)
    assert [share.amount for share in found.shares] == [amount]
    assert found.skipped == ()


def test_s13_shares_are_named_by_code_or_trigger_in_their_ledger_unit() -> None:
    found = earn(
        programme(
            {"rule": "purchase", "per": 1, "qualifies": False},
            {"rule": "purchase", "code": "trees", "cause": "trees", "percent": 10},
            {"rule": "product", "code": "cakes", "reward": "coffee", "products": ("cake",)},
        ),
        purchase(30, CAKE),
    )
    assert found.shares == (
        Share("purchase", "points", 30, qualifies=False),
        Share("trees", "cause:trees", 300),
        Share("cakes", "reward:coffee", 1),
    )


def test_s2_a_currency_without_minor_units_gives_whole_credit() -> None:
    base = programme({"rule": "purchase", "unit": "credit", "percent": 5})
    yen = base.model_copy(update={"shop": base.shop.model_copy(update={"currency": "JPY"})})
    assert given_by(earn(yen, purchase(990))) == {"purchase": 49}


# Conditions


@pytest.mark.parametrize(
    ("condition", "gives", "stays_out", "reason"),
    [
        ({"minimum": "10.00"}, purchase(10), purchase("9.99"), "amount"),
        ({"minimum_items": 3}, purchase(9, Item("latte", quantity=2), CAKE), purchase(9, LATTE),
         "items"),
        ({"products": ("cake",)}, purchase(9, CAKE), purchase(9, LATTE), "items"),
        ({"categories": ("coffee",), "minimum_items": 2}, purchase(9, Item("latte", quantity=2)),
         purchase(9, LATTE, Item("cake", quantity=5)), "items"),
        ({"locations": ("east",)}, purchase(9, location="east"), purchase(9), "location"),
        ({"weekdays": ("mon", "tue")}, purchase(9), purchase(9, at=MONDAY + timedelta(days=2)),
         "weekday"),
        ({"hours": "10:00-12:00"}, purchase(9), purchase(9, at=MONDAY + timedelta(hours=2)),
         "hours"),
        ({"begins": date(2026, 6, 1)}, purchase(9), purchase(9, at=MONDAY - timedelta(days=1)),
         "dates"),
        ({"ends": date(2026, 6, 1)}, purchase(9), purchase(9, at=MONDAY + timedelta(days=1)),
         "dates"),
        ({"dates": (date(2026, 6, 1), date(2026, 6, 3))}, purchase(9),
         purchase(9, at=MONDAY + timedelta(days=1)), "dates"),
        ({"tiers": ("green", "gold")}, purchase(9, tier="green"), purchase(9), "tier"),
        ({"tags": ("vip", "press")}, purchase(9, tags=frozenset({"vip"})), purchase(9), "tag"),
        ({"first": True}, purchase(9, first=True), purchase(9), "first"),
        ({"birthday_days": 7}, purchase(9, birthday=(5, 26)), purchase(9, birthday=(5, 25)),
         "birthday"),
        ({"birthday_days": 7}, purchase(9, birthday=(6, 1)), purchase(9, birthday=(6, 2)),
         "birthday"),
        ({"birthday_days": 7}, purchase(9, birthday=(6, 1)), purchase(9), "birthday"),
    ],
)  # fmt: skip
def test_s13_a_condition_keeps_a_rule_out_and_says_which(
    condition: dict[str, Any], gives: Event, stays_out: Event, reason: str
) -> None:
    rules = programme({"rule": "purchase", "amount": 5, **condition})
    assert given_by(earn(rules, gives)) == {"purchase": 5}
    out = earn(rules, stays_out)
    assert (out.shares, why(out)) == ((), {"purchase": reason})


def test_s13_conditions_are_joined_by_and() -> None:
    rules = programme(
        {"rule": "purchase", "amount": 5, "minimum": 10, "weekdays": ("mon",), "tags": ("vip",)}
    )
    vip = frozenset({"vip"})
    assert given_by(earn(rules, purchase(10, tags=vip))) == {"purchase": 5}
    for missing in (
        purchase(9, tags=vip),
        purchase(10),
        purchase(10, tags=vip, at=MONDAY + timedelta(days=1)),
    ):
        assert earn(rules, missing).shares == ()


@pytest.mark.parametrize(
    ("local", "gives"),
    [
        (datetime(2026, 6, 5, 21, 59), False),
        (datetime(2026, 6, 5, 22), True),  # a Friday
        (datetime(2026, 6, 6, 1, 59), True),  # Friday's night goes on
        (datetime(2026, 6, 6, 2), False),
        (datetime(2026, 6, 6, 22), False),
        (datetime(2026, 6, 5, 1), False),  # Thursday's night
    ],
)
def test_s13_hours_across_midnight_are_of_the_day_they_began_on(
    local: datetime, gives: bool
) -> None:
    rules = programme(
        {"rule": "purchase", "amount": 5, "hours": "22:00-02:00", "weekdays": ("fri",)},
        {"rule": "purchase", "code": "day", "amount": 7, "hours": "22:00-02:00",
         "dates": (date(2026, 6, 5),)},
    )  # fmt: skip
    found = earn(rules, purchase(9, at=local.replace(tzinfo=PRAGUE)))
    assert given_by(found) == ({"purchase": 5, "day": 7} if gives else {})


def test_s13_hours_and_days_are_the_locations_own() -> None:
    rules = programme({"rule": "visit", "hours": "17:00-18:00", "weekdays": ("mon",)})
    there = rules.zone("east")
    assert given_by(earn(rules, visit(zone=there, location="east"))) == {"visit": 1}
    assert why(earn(rules, visit())) == {"visit": "hours"}


@pytest.mark.parametrize(
    ("day", "kept", "gives"),
    [
        (date(2026, 2, 27), "28 February", False),
        (date(2026, 2, 28), "28 February", True),
        (date(2026, 3, 1), "28 February", True),
        (date(2026, 3, 2), "28 February", False),
        (date(2026, 2, 28), "1 March", False),
        (date(2026, 3, 2), "1 March", True),
        (date(2028, 2, 28), "28 February", False),
        (date(2028, 2, 29), "28 February", True),
        (date(2028, 3, 1), "1 March", True),
    ],
)
def test_s30_a_leap_days_birthday_is_kept_as_the_programme_says(
    day: date, kept: str, gives: bool
) -> None:
    rules = programme({"rule": "visit", "birthday_days": 2}, leap_day=kept)
    at = datetime.combine(day, time(12), PRAGUE)
    assert bool(earn(rules, visit(at=at, birthday=(2, 29))).shares) == gives


def test_s13_days_from_a_birthday_in_december_go_on_in_january() -> None:
    rules = programme({"rule": "visit", "birthday_days": 7})
    for day, gives in ((5, True), (6, False)):
        at = datetime(2027, 1, day, 12, tzinfo=PRAGUE)
        assert bool(earn(rules, visit(at=at, birthday=(12, 30))).shares) == gives


# Limits


@pytest.mark.parametrize(
    ("limit", "last", "over"),
    [
        ("per_day", Uses(day=1, member=9, total=9), Uses(day=2)),
        ("per_member", Uses(day=1, member=1, total=9), Uses(member=2)),
        ("total", Uses(day=1, member=1, total=1), Uses(total=2)),
    ],
)
def test_s13_a_limit_counts_how_often_a_rule_gave(limit: str, last: Uses, over: Uses) -> None:
    rules = programme({"rule": "visit", "code": "gift", limit: 2})
    assert given_by(earn(rules, visit(), {"gift": last})) == {"gift": 1}
    assert why(earn(rules, visit(), {"gift": over})) == {"gift": limit}


def test_s8_only_some_rules_can_be_asked() -> None:
    rules = programme(PER_ONE, MONDAYS, {"rule": "purchase", "code": "gift", "amount": 5})
    gold = purchase(10, tier="gold")
    assert given_by(earn(rules, gold, only={"purchase", "gift"})) == {"purchase": 10, "gift": 5}
    found = earn(rules, gold, only={"purchase", "tier:gold"})
    assert given_by(found) == {"purchase": 10, "tier:gold": 2}
    assert found.skipped == ()


# Multipliers


def test_s14_a_multiplier_is_a_share_of_its_own() -> None:
    found = earn(programme(PER_ONE, MONDAYS), purchase(20))
    assert found.shares == (Share("purchase", "points", 20), Share("mondays", "points", 20))


def test_s14_the_highest_multiplier_holds_unless_the_programme_says_how() -> None:
    rules = (PER_ONE, {**MONDAYS, "multiply": "1.5"}, {**MONDAYS, "code": "june", "multiply": 2})
    gold = purchase(10, tier="gold")
    highest = earn(programme(*rules), gold)
    assert given_by(highest) == {"purchase": 10, "june": 10}
    assert why(highest) == {"mondays": "outranked", "tier:gold": "outranked"}
    added = earn(programme(*rules, stacking="sum"), gold)
    assert given_by(added) == {"purchase": 10, "mondays": 5, "june": 10, "tier:gold": 2}
    times = earn(programme(*rules, stacking="product"), gold)
    assert sum(given_by(times).values()) == 36
    assert set(given_by(times)) == {"purchase", "mondays", "june", "tier:gold"}


def test_s14_the_members_tier_multiplies_points_and_credit_alone() -> None:
    rules = programme(
        PER_ONE,
        {"rule": "purchase", "code": "back", "unit": "credit", "percent": 5},
        {"rule": "purchase", "code": "stamp", "unit": "stamps"},
        {"rule": "purchase", "code": "trees", "cause": "trees", "percent": 10},
        {"rule": "review", "amount": 50},
    )
    found = earn(rules, purchase(10, tier="double"))
    assert found.shares == (
        Share("purchase", "points", 10),
        Share("back", "credit", 50),
        Share("stamp", "stamps", 1),
        Share("trees", "cause:trees", 100),
        Share("tier:double", "points", 10),
        Share("tier:double", "credit", 50),
    )
    review = replace(visit(), trigger="review", tier="double")
    assert given_by(earn(rules, review)) == {"review": 50}


def test_s14_everything_is_rounded_once() -> None:
    # 10 at a point for each 3, times 1.5, is 5 exactly: not 3 and 1, nor 4.9999.
    rules = programme({"rule": "purchase", "per": 3}, {**MONDAYS, "multiply": "1.5"})
    assert given_by(earn(rules, purchase(10))) == {"purchase": 3, "mondays": 2}


def test_s14_less_than_one_may_be_one_once_it_is_multiplied() -> None:
    rules = programme({"rule": "purchase", "per": 1}, {**MONDAYS, "multiply": 3})
    found = earn(rules, purchase("0.34"))
    assert (given_by(found), found.skipped) == ({"purchase": 0, "mondays": 1}, ())
    assert earn(rules, purchase("0.33")).shares == ()


def test_s14_a_multiplier_that_adds_less_than_one_adds_nothing() -> None:
    rules = programme({"rule": "visit"})
    found = earn(rules, visit(tier="gold"))
    assert (given_by(found), why(found)) == ({"visit": 1}, {"tier:gold": "nothing"})


def test_s14_a_multiplier_for_products_touches_their_money_alone() -> None:
    rules = programme(PER_ONE, COFFEES)
    assert given_by(earn(rules, purchase(20, LATTE, CAKE))) == {"purchase": 20, "coffees": 8}
    # A discount of the whole purchase is spread over its lines.
    half = purchase(20, LATTE, CAKE, discount=Decimal(10))
    assert given_by(earn(rules, half)) == {"purchase": 10, "coffees": 4}
    assert why(earn(rules, purchase(20, CAKE))) == {"coffees": "items"}
    assert why(earn(rules, purchase(20, Item("latte")))) == {"coffees": "nothing"}


def test_s14_where_two_multipliers_meet_the_higher_holds_for_each_line() -> None:
    # Lattes of 4 three times, the rest of 16 twice.
    found = earn(programme(PER_ONE, MONDAYS, COFFEES), purchase(20, LATTE))
    assert given_by(found) == {"purchase": 20, "mondays": 16, "coffees": 8}


def test_s14_a_multiplier_for_products_multiplies_what_each_of_them_gives() -> None:
    rules = programme(
        {"rule": "product", "unit": "stamps", "categories": ("coffee", "bakery")},
        {**COFFEES, "unit": "stamps"},
    )
    found = earn(rules, purchase(20, Item("latte", quantity=2), Item("cake")))
    assert given_by(found) == {"product": 3, "coffees": 4}


def test_s14_stamps_of_visits_are_multiplied_by_rules_for_visits() -> None:
    rules = programme(
        {"rule": "visit", "unit": "stamps"},
        {"rule": "visit", "code": "quiet", "unit": "stamps", "multiply": 2, "hours": "9:00-11:00"},
    )
    assert given_by(earn(rules, visit(3))) == {"visit": 3, "quiet": 3}
    assert given_by(earn(rules, visit(3, at=MONDAY + timedelta(hours=1)))) == {"visit": 3}


def test_s14_most_is_the_most_a_rule_gives_or_a_multiplier_adds() -> None:
    rules = programme({**PER_ONE, "most": 30}, {**MONDAYS, "most": 20})
    assert given_by(earn(rules, purchase(15))) == {"purchase": 15, "mondays": 15}
    assert given_by(earn(rules, purchase(500))) == {"purchase": 30, "mondays": 20}


def test_s6_what_is_added_to_points_that_do_not_qualify_does_not_either() -> None:
    rules = programme({**PER_ONE, "qualifies": False})
    assert [s.qualifies for s in earn(rules, purchase(10, tier="gold")).shares] == [False, False]
    rules = programme(PER_ONE, {**MONDAYS, "qualifies": False})
    assert [s.qualifies for s in earn(rules, purchase(10)).shares] == [True, False]


# What of a purchase earns


@pytest.mark.parametrize(
    ("settings", "event", "points"),
    [
        ({}, purchase(100, discount=Decimal(20)), 80),
        ({}, purchase(100, reward_part=Decimal(30)), 70),
        ({}, purchase(100, discount=Decimal(20), reward_part=Decimal(30)), 50),
        ({}, purchase(100, discount=Decimal(80), reward_part=Decimal(30)), 0),
        ({"on_discount": True}, purchase(100, discount=Decimal(20), reward_part=Decimal(30)), 70),
        ({"on_reward": True}, purchase(100, discount=Decimal(20), reward_part=Decimal(30)), 80),
    ],
)
def test_s14_no_points_on_the_discount_or_on_what_a_reward_paid(
    settings: dict[str, Any], event: Event, points: int
) -> None:
    found = earn(programme(PER_ONE, **settings), event)
    assert (found.eligible, sum(given_by(found).values())) == (Decimal(points), points)


def test_s14_a_purchase_paid_by_a_reward_gives_nothing_at_all() -> None:
    rules = programme(
        {"rule": "purchase", "unit": "stamps"},
        {"rule": "product", "unit": "stamps", "products": ("latte",)},
        {"rule": "purchase", "code": "back", "unit": "credit", "amount": 1},
    )
    found = earn(rules, purchase(4, LATTE, reward_part=Decimal(4)))
    assert (found.shares, set(why(found).values())) == ((), {"nothing"})


def test_s14_a_minimum_is_of_what_earns() -> None:
    rules = programme({**PER_ONE, "minimum": 50})
    assert why(earn(rules, purchase(60, discount=Decimal(11)))) == {"purchase": "amount"}


def test_s41_an_excluded_category_earns_nothing_by_any_rule() -> None:
    rules = programme(
        PER_ONE,
        {"rule": "product", "code": "smoke", "products": ("cigars",), "amount": 99},
        {"rule": "purchase", "code": "any", "amount": 7, "minimum_items": 3},
        {**MONDAYS, "categories": ("tobacco",)},
        excluded=("tobacco",),
    )
    found = earn(rules, purchase(20, LATTE, CAKE, CIGARS))
    assert (found.eligible, given_by(found)) == (Decimal(10), {"purchase": 10})
    assert why(found) == {"smoke": "items", "any": "items", "mondays": "items"}
    assert earn(rules, purchase(10, CIGARS)).shares == ()
    assert given_by(earn(rules, purchase(30, Item("tobacco", amount=Decimal(25))))) == {
        "purchase": 5
    }


def test_s41_where_nobody_said_what_the_excluded_cost_only_priced_lines_earn() -> None:
    rules = programme(PER_ONE, excluded=("tobacco",))
    assert given_by(earn(rules, purchase(20, LATTE, Item("cigars")))) == {"purchase": 4}
    assert earn(rules, purchase(20, Item("latte"), Item("cigars"))).shares == ()


def test_s14_lines_dearer_than_the_purchase_earn_no_more_than_it() -> None:
    rules = programme({"rule": "product", "categories": ("coffee", "bakery"), "per": 1})
    assert given_by(earn(rules, purchase(5, LATTE, CAKE))) == {"product": 5}


# Against a plain model

MONEY = st.integers(0, 5_000).map(lambda cents: Decimal(cents) / 100)
ITEMS = st.builds(
    Item,
    st.sampled_from(["latte", "flat-white", "cake", "cigars", "tea"]),
    st.none(),
    st.integers(1, 3),
    st.none() | MONEY,
)
FACTORS = st.sampled_from(["1.1", "1.25", "1.5", "2", "3"])


@st.composite
def rules_of(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """One rule for visits, purchases or products, with some conditions."""
    trigger = draw(st.sampled_from(["visit", "purchase", "purchase", "product"]))
    rule: dict[str, Any] = {"rule": trigger, "code": f"r{number}"}
    effect = draw(st.sampled_from(["fixed", "per", "steps", "percent", "multiply", "multiply"]))
    rule["unit"] = draw(st.sampled_from(["points", "stamps", "credit"]))
    rule["rounding"] = draw(st.sampled_from(["down", "half_up", "up"]))
    if effect == "multiply":
        rule["multiply"] = draw(FACTORS)
    elif effect == "percent" and trigger != "visit":
        rule["percent"] = draw(st.sampled_from(["0.5", "3", "33.3333"]))
    else:
        rule["amount"] = draw(st.integers(1, 7))
        if effect in ("per", "steps") and trigger != "visit":
            rule["per"] = draw(st.sampled_from(["0.30", "3", "7", "10"]))
            rule["steps"] = effect == "steps"
        if draw(st.booleans()):
            rule["most"] = draw(st.integers(1, 20))
            if effect == "multiply":
                del rule["most"]
    conditions = {
        "minimum": MONEY,
        "minimum_items": st.integers(0, 4),
        "products": st.just(("latte",)) | st.just(("cake", "cigars")),
        "categories": st.just(("coffee",)) | st.just(("bakery", "tobacco")),
        "locations": st.just(("east",)),
        "weekdays": st.just(("mon", "fri")),
        "hours": st.sampled_from(["09:00-17:00", "22:00-02:00"]),
        "begins": st.just(date(2027, 12, 30)),
        "ends": st.just(date(2028, 3, 1)),
        "dates": st.just((date(2028, 2, 29), date(2028, 1, 1))),
        "tiers": st.just(("gold",)),
        "tags": st.just(("vip", "press")),
        "first": st.booleans(),
        "birthday_days": st.integers(1, 10),
        "per_day": st.integers(1, 3),
        "per_member": st.integers(1, 3),
        "total": st.integers(1, 3),
    }
    purchases = ("minimum", "minimum_items", "products", "categories", "first")
    names = draw(st.lists(st.sampled_from(sorted(conditions)), max_size=2, unique=True))
    for name in names:
        if trigger != "visit" or name not in purchases:
            rule[name] = draw(conditions[name])
    if trigger == "product" and not {"products", "categories"} & rule.keys():
        rule["categories"] = ("coffee", "bakery", "tobacco")
    return rule


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Any programme of up to six rules."""
    rules = [draw(rules_of(n)) for n in range(draw(st.integers(1, 6)))]
    return programme(
        *rules,
        leap_day=draw(st.sampled_from(["28 February", "1 March"])),
        excluded=draw(st.sampled_from([(), ("tobacco",), ("bakery", "latte")])),
        stacking=draw(st.sampled_from(["highest", "sum", "product"])),
        on_discount=draw(st.booleans()),
        on_reward=draw(st.booleans()),
    )


EVENTS = st.builds(
    Event,
    st.sampled_from(["visit", "purchase", "purchase"]),
    st.datetimes(datetime(2027, 12, 25), datetime(2028, 3, 5), timezones=st.just(UTC)),
    st.sampled_from([PRAGUE, ZoneInfo("Asia/Tokyo")]),
    count=st.integers(1, 3),
    amount=MONEY,
    discount=st.just(Decimal(0)) | MONEY,
    reward_part=st.just(Decimal(0)) | MONEY,
    items=st.lists(ITEMS, max_size=4, unique_by=lambda item: item.product).map(tuple),
    location=st.sampled_from([None, "east"]),
    tier=st.sampled_from([None, "green", "gold", "double"]),
    tags=st.sampled_from([frozenset(), frozenset({"vip"}), frozenset({"new"})]),
    birthday=st.sampled_from([None, (2, 29), (12, 30), (1, 1)]),
    first=st.booleans(),
)  # fmt: skip
USES = st.dictionaries(
    st.sampled_from([f"r{n}" for n in range(6)]),
    st.builds(Uses, st.integers(0, 2), st.integers(0, 3), st.integers(0, 4)),
)


@given(programmes(), EVENTS, USES)
def test_s13_s14_s41_earning_agrees_with_a_plain_model(
    rules: Programme, event: Event, uses: dict[str, Uses]
) -> None:
    if event.trigger == "visit":
        event = replace(event, amount=Decimal(0), items=())
    found = earn(rules, event, uses)
    totals, alone = plain(rules, event, uses)
    multipliers = {r.id for r in rules.earn if r.multiply} | {"tier:gold", "tier:double"}
    shares = [(share.rule, share.amount) for share in found.shares]
    assert {rule: n for rule, n in shares if rule not in multipliers} == alone
    assert _totals(found) == totals


def _totals(found: Breakdown) -> dict[str, int]:
    by_unit: dict[str, int] = {}
    for share in found.shares:
        by_unit[share.unit] = by_unit.get(share.unit, 0) + share.amount
    return by_unit


@given(programmes(), EVENTS, USES)
def test_s13_every_rule_of_the_trigger_gives_or_says_why_not(
    rules: Programme, event: Event, uses: dict[str, Uses]
) -> None:
    found = earn(rules, event, uses)
    asked = {
        rule.id
        for rule in rules.earn
        if rule.rule == event.trigger or (event.trigger, rule.rule) == ("purchase", "product")
    }
    gave = {share.rule for share in found.shares if not share.rule.startswith("tier:")}
    out = [skipped.rule for skipped in found.skipped if not skipped.rule.startswith("tier:")]
    assert gave | set(out) == asked
    assert len(gave) + len(out) == len(asked)
    assert all(amount > 0 for amount in _totals(found).values())


def test_s13_a_rule_that_stays_out_is_named_once() -> None:
    found = earn(programme(PER_ONE, MONDAYS), purchase(0))
    assert found.skipped == (Skipped("purchase", "nothing"), Skipped("mondays", "nothing"))
