"""What the trade knows to fail is warned of, with what to do; and nothing else is."""

from __future__ import annotations

import pytest

from bot.programmes import preset, read
from tests.domain.programme_text import EVERY_LANGUAGE, findings

SHOP = """\
[shop]
name = "Lahůdky"
currency = "{currency}"
{usual}
[joining]
terms = "Points."

[units.points]

[[earn]]
rule = "purchase"
unit = "points"
per = {per}
{more}
[[rewards]]
code = "cake"
name = "Cake"
points = {points}
"""
LEVELS = """
[tiers]
by = "{by}"
window = "{window}"
[[tiers.levels]]
code = "friend"
name = "Friend"
threshold = 0
[[tiers.levels]]
code = "best"
name = "Best"
threshold = {threshold}
free_delivery = true
"""


def warnings(points: int = 100, currency: str = "EUR", usual: str = "", per: str = "1",
             more: str = "") -> list[tuple[str, str]]:  # fmt: skip
    """Where the shop is warned and of what."""
    text = SHOP.format(points=points, currency=currency, usual=usual, per=per, more=more)
    found = findings(text)
    assert {finding.level for finding in found} <= {"warning"}
    return [(finding.key, finding.message) for finding in found]


def usual(purchase: str, days: int = 7) -> str:
    return f"[usual]\npurchase = {purchase}\ndays = {days}\n"


def tiers(by: str, threshold: int, window: str = "12 months", **given: str) -> list[str]:
    """The warnings about a shop's one tier that has to be reached."""
    levels = LEVELS.format(by=by, window=window, threshold=threshold)
    if by == "tenure":
        levels = levels.replace(f'window = "{window}"\n', "")
    found = warnings(more=levels, **given)  # type: ignore[arg-type]
    assert {key for key, _ in found} <= {"tiers.levels[2].threshold"}
    return [message for _, message in found]


@pytest.mark.parametrize(
    ("currency", "points"), [("EUR", 200), ("CZK", 5000), ("PLN", 800), ("RON", 1000)]
)
def test_a_first_reward_may_take_200_of_spending_in_money_of_that_size(
    currency: str, points: int
) -> None:
    assert warnings(points, currency) == []
    [(key, message)] = warnings(points + 1, currency)
    assert key == "units.points"
    assert message == (
        f"the first reward takes {points + 1} {currency} of spending, and many people give up "
        f"after {points} {currency}: ask for less, or give some points for joining; where "
        "purchases are large with you, write what one comes to in [usual]"
    )


def test_where_a_usual_purchase_is_known_five_of_them_are_the_measure() -> None:
    assert warnings(500, usual=usual("100")) == []
    assert warnings(501, usual=usual("100")) == [
        ("units.points", "the first reward takes 6 usual purchases, and many people give up after "
         "5: ask for less, or give some points for joining")
    ]  # fmt: skip
    assert len(warnings(100, usual=usual('"4.50"'))) == 1


def test_what_joining_gives_brings_the_first_reward_nearer() -> None:
    welcome = '[[earn]]\nrule = "joining"\nunit = "points"\namount = 50\n'
    assert warnings(250, more=welcome) == []
    assert len(warnings(251, more=welcome)) == 1


def test_the_first_reward_is_one_that_everybody_can_have() -> None:
    levels = LEVELS.format(by="spend", window="always", threshold=40)
    cheap = '[[rewards]]\ncode = "tea"\nname = "Tea"\npoints = 10\ntiers = ["best"]\n'
    assert len(warnings(250, more=levels + cheap)) == 1


def test_money_back_is_measured_by_the_least_that_can_be_spent() -> None:
    text = """\
[shop]
name = "Lahůdky"
[joining]
terms = "5 %."
[units.credit]
[[earn]]
rule = "purchase"
unit = "credit"
percent = 5
[[rewards]]
code = "credit"
kind = "credit"
name = "Bonus account"
minimum = {}
"""
    assert findings(text.format(10)) == ()
    [finding] = findings(text.format('"10.05"'))
    assert finding.message.startswith("the first reward takes 201 EUR of spending")
    assert "give credit for joining" in finding.message


def test_a_first_tier_within_thirty_usual_days_is_near_enough() -> None:
    # 40 a week: five purchases are four weeks.
    assert tiers("spend", 200) == []
    assert tiers("spend", 201) == [
        "a usual member takes 35 days to this first tier, and what is further away than 30 moves "
        "few people: ask for less; how much and how often they buy is said in [usual]"
    ]
    assert tiers("spend", 300, usual=usual("150", 30)) == []
    assert tiers("visits", 5) == []
    assert len(tiers("visits", 6)) == 1
    assert tiers("points", 200) == []
    assert len(tiers("points", 201)) == 1
    assert len(tiers("tenure", 2)) == 1


def test_a_tier_nobody_reaches_within_its_window_is_named() -> None:
    # Five times 40 a week is 857 in 30 days.
    assert len(tiers("spend", 857, "30 days")) == 1
    far, out = tiers("spend", 858, "30 days")
    assert far.startswith("a usual member takes")
    assert out == (
        "this tier is out of reach: even who buys 5 times as much as usual comes to 857 within "
        "the `window`: ask for less, or look further back"
    )
    assert len(tiers("spend", 100_000, "always")) == 1


@pytest.mark.parametrize("table", ["credit", "points"])
def test_what_ends_within_three_months_is_warned_of(table: str) -> None:
    change = {
        "credit": ("cashback", 'expires = "12 months"', "units.credit.expires"),
        "points": ("coffee-stars", '"6 months moved by activity"', "units.points.expires"),
    }
    name, old, key = change[table]
    text = preset(name).replace(old, old.replace("12 months", "2 months").replace("6 m", "2 m"))
    _, found = read(text, EVERY_LANGUAGE)
    assert key in [finding.key for finding in found]


def test_a_tier_that_lets_things_end_soon_is_warned_of() -> None:
    text = preset("coffee-stars").replace('expires = "never"', 'expires = "60 days"')
    _, found = read(text, EVERY_LANGUAGE)
    assert [f.key for f in found if f.key.endswith("expires")] == [
        "tiers.levels[2].expires",
        "tiers.levels[3].expires",
    ]


def test_caps_that_are_off_are_warned_of() -> None:
    _, found = read(preset("cafe-stamps") + "\n[caps]\n", EVERY_LANGUAGE)
    assert [f.key for f in found] == ["shop.contact", "caps.member"]
