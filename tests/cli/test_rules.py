"""`rules explain`: what a purchase would earn, rule by rule, before it happens (S13)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import CAFE, Ran, Shop
from tests.cli.files import bring_in

#: A café with points besides stamps, and rules of every kind for them.
POINTS = (
    CAFE.replace("[units.stamps]", "[units.points]\n\n[units.stamps]").replace(
        '[[rewards]]\ncode = "coffee"',
        '[[rewards]]\ncode = "cake"\nname = "Cake"\npoints = 100\n\n[[rewards]]\ncode = "coffee"',
    )
    + """
[earning]
excluded = ["tobacco"]

[[products]]
code = "latte"
name = "Latte"
category = "coffee"

[[products]]
code = "cake"
name = "Cake"

[[earn]]
rule = "purchase"
unit = "points"
per = 10

[[earn]]
rule = "purchase"
code = "mondays"
name = "Double Monday"
unit = "points"
multiply = 2
weekdays = ["mon"]

[[earn]]
rule = "product"
code = "latte-day"
unit = "points"
amount = 5
products = ["latte"]
hours = "14:00-17:00"

[[earn]]
rule = "challenge"
code = "regular"
name = "Three visits this week"
unit = "points"
amount = 30
goal = 3

[tiers]
[[tiers.levels]]
code = "green"
name = "Green"
threshold = 0

[[tiers.levels]]
code = "gold"
name = "Gold"
threshold = 500
multiply = 1.5
"""
)
MONDAY = "2026-06-01T10:00+02:00"


@pytest.fixture
def anna(shop: Shop) -> str:
    """A member of the shop with points."""
    shop.programme.write_text(POINTS, "utf-8")
    ran = bring_in(shop, "code,name,phone,stamps\nANNA-1,Anna,+420777123456,9\n")
    assert ran.err == []
    return "ANNA-1"


def explained(shop: Shop, *arguments: str) -> Ran:
    return shop.run("rules", "explain", *arguments)


def answer(shop: Shop, *arguments: str) -> Any:
    ran = explained(shop, *arguments, "--json")
    assert ran.code == 0, ran.err
    return json.loads("\n".join(ran.out))


def test_s13_each_rule_says_what_it_gives_or_why_not(shop: Shop, anna: str) -> None:
    ran = explained(shop, "--member", anna, "--amount", "249", "--at", MONDAY, "--item", "2xlatte")
    assert ran == Ran(
        0,
        [
            "ANNA-1  249.00 CZK, Mon 2026-06-01 10:00, tier Green",
            "  +24 points  purchase (purchase)",
            "  +25 points  Double Monday (mondays)",
            "In all: +49 points",
            "2 rules stay out:",
            "  chosen products (latte-day): not at this time of day",
            "  Three visits this week (regular): the goal is not reached",
            "Challenge Three visits this week: 1 of 3 visits, until 2026-06-07",
        ],
    )


def test_s13_a_program_reads_the_same(shop: Shop, anna: str) -> None:
    found = answer(
        shop,
        *("--member", "+420777123456", "--amount", "600", "--at", "2026-06-02T15:00+02:00"),
        *("--item", "lattex2", "--item", "tobacco=70.50"),
    )
    assert found == {
        "member": "ANNA-1",
        "at": "2026-06-02T13:00:00+00:00",
        "amount": "600.00",
        "eligible": "529.50",
        "tier": "green",
        "shares": [
            {"rule": "purchase", "name": "purchase", "unit": "points", "amount": 52},
            {"rule": "latte-day", "name": "chosen products", "unit": "points", "amount": 10},
        ],
        "skipped": [
            {"rule": "mondays", "name": "Double Monday", "why": "weekday"},
            {"rule": "regular", "name": "Three visits this week", "why": "goal"},
        ],
        "given": {"points": 62},
        "rewards": [],
        "challenges": [
            {
                "rule": "regular",
                "have": "1",
                "goal": "3",
                "counts": "visits",
                "until": "2026-06-07",
                "done": False,
            }
        ],
        "reaches": "gold",
    }


def test_nothing_is_earned_because_no_rule_is_for_purchases(shop: Shop) -> None:
    bring_in(shop, "code,name,stamps\nANNA-1,Anna,0\n")
    said = explained(shop, "--member", "ANNA-1", "--amount", "100").out
    assert said[1] == (
        "It earns nothing: the programme has no rule for purchases, an [[earn]] with "
        '`rule = "purchase"` or `rule = "product"`.'
    )


def test_explaining_changes_nothing(shop: Shop, anna: str) -> None:
    once = explained(shop, "--member", anna, "--amount", "600", "--at", MONDAY)
    assert explained(shop, "--member", anna, "--amount", "600", "--at", MONDAY) == once
    found = shop.run("ledger", "verify").out
    assert found == ["1 entry, 0 differences."]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--amount", "10"), "no member has the code"),
        (("--amount", "ten"), '--amount: "ten" is no amount of CZK'),
        (("--amount", "-5"), '--amount: "-5" is no amount of CZK (negative)'),
        (("--amount", "10", "--item", "late"),
         '--item: there is no product or category with the code "late". Did you mean "latte"?'),
        (("--amount", "10", "--item", "latte=x"), '--item: "latte=x" has no price'),
        (("--amount", "10", "--location", "brno"),
         '--location: there is no location with the code "brno".'),
        (("--amount", "10", "--at", "tomorrow"), '--at: "tomorrow" is no instant'),
    ],
)  # fmt: skip
def test_s39_a_mistake_is_named(
    shop: Shop, anna: str, arguments: tuple[str, ...], said: str
) -> None:
    who = "NOBODY" if said.startswith("no member") else anna
    ran = explained(shop, "--member", who, *arguments)
    assert (ran.code, ran.out) == (1, [])
    assert ran.err[0].startswith(f"error: {said}")
