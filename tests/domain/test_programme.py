"""The programme's types: what each value may be, and how a programme is asked."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.domain.expiry import Expiry
from bot.domain.messages import Wording
from bot.domain.problems import Problem
from bot.domain.programme import Joining, Location, Look, Programme, Shop
from bot.domain.programme_checks import check
from bot.domain.programme_earning import Earn, Reward, StampCard

CAFE: dict[str, Any] = {
    "shop": {"name": "Kavárna Lípa", "zone": "Europe/Prague"},
    "joining": {"terms": "Ten coffees, the eleventh is on us."},
    "locations": [
        {"code": "vinohrady", "name": "Vinohrady"},
        {"code": "soho", "name": "Soho", "zone": "Europe/London"},
    ],
    "units": {"stamps": {"card": 10, "reward": "coffee"}, "points": {}},
    "earn": [
        {"rule": "visit", "unit": "stamps"},
        {"rule": "purchase", "unit": "points", "per": 1},
        {"rule": "joining", "unit": "points", "amount": 20},
    ],
    "rewards": [
        {"code": "coffee", "name": {"en": "Coffee", "cs": "Káva"}, "validity": "90 days"},
        {"code": "cake", "name": "Cake", "points": 100},
    ],
}


@pytest.fixture
def cafe() -> Programme:
    return Programme.model_validate(CAFE)


def test_a_whole_programme_has_no_problems(cafe: Programme) -> None:
    assert check(cafe, {"en", "cs"}) == ()


def test_things_are_found_by_their_codes(cafe: Programme) -> None:
    assert cafe.reward("cake") == cafe.rewards[1]
    assert cafe.reward("gone") is None
    assert cafe.location("soho") == cafe.locations[1]
    assert cafe.location("gone") is None
    assert cafe.location(None) is None


def test_a_location_has_its_own_zone_or_the_programmes(cafe: Programme) -> None:
    assert cafe.zone() == ZoneInfo("Europe/Prague")
    assert cafe.zone("vinohrady") == ZoneInfo("Europe/Prague")
    assert cafe.zone("soho") == ZoneInfo("Europe/London")
    assert cafe.zone("gone") == ZoneInfo("Europe/Prague")


def test_rules_are_found_by_trigger_and_unit(cafe: Programme) -> None:
    assert cafe.rules("joining") == (Earn(rule="joining", unit="points", amount=20),)
    assert cafe.rules("joining", "stamps") == ()
    assert cafe.rules("purchase", "points") == (cafe.earn[1],)


def test_s2_money_is_exact_however_it_is_written() -> None:
    written: list[Any] = [1, "1.50", " 1.50 ", Decimal("1.50"), "0.01"]
    rules = [Earn(rule="purchase", unit="points", per=per) for per in written]
    assert [rule.per for rule in rules] == [
        Decimal(1),
        Decimal("1.50"),
        Decimal("1.50"),
        Decimal("1.50"),
        Decimal("0.01"),
    ]


@pytest.mark.parametrize(
    "per",
    [True, "1,50", "-1", -1, "1e3", Decimal("1E+400"), Decimal("NaN"), Decimal("Infinity"), "",
     "1.50 Kč", "12345678901", "0.00001", [1], {"a": 1}, None, "١"],
)  # fmt: skip
def test_s2_anything_else_is_no_money(per: object) -> None:
    with pytest.raises(ValidationError, match="write an amount of money"):
        Earn.model_validate({"rule": "purchase", "unit": "points", "minimum": per})


@pytest.mark.parametrize(
    ("part", "values"),
    [
        (Shop, {"name": "Lípa", "zone": "Europe"}),
        (Shop, {"name": "Lípa", "zone": "../../etc/passwd"}),
        (Shop, {"name": "Lípa", "zone": ""}),
        (Shop, {"name": "Lípa", "currency": "eur"}),
        (Shop, {"name": "Lípa", "currency": "EUX"}),
        (Shop, {"name": "  "}),
        (Shop, {"name": {}}),
        (Shop, {"name": {"en": "Lípa", "cs": ""}}),
        (Shop, {"name": "Lí\npa"}),
        (Shop, {"name": "L" * 61}),
        (Look, {"ink": "#fff"}),
        (Look, {"ink": "white"}),
        (Look, {"ink": "#ffffff\n"}),
        (Joining, {"terms": "L" * 3501}),
        (Joining, {"terms_version": " "}),
        (Joining, {"birthday": 1}),
        (Joining, {"minimum_age": True}),
        (Joining, {"minimum_age": "16"}),
        (Joining, {"minimum_age": Decimal("16")}),
        (Location, {"code": "Vinohrady", "name": "V"}),
        (Location, {"code": "-", "name": "V"}),
        (Location, {"code": "v" * 32, "name": "V"}),
        (Location, {"code": "kavárna", "name": "V"}),
        (StampCard, {"card": 1, "reward": "coffee"}),
        (StampCard, {"card": 31, "reward": "coffee"}),
        (StampCard, {"card": 10, "reward": "coffee", "expires": 90}),
        (Reward, {"code": "coffee", "name": "Coffee", "points": 0}),
        (Reward, {"code": "coffee", "name": "Coffee", "stock": 0}),
    ],
)
def test_a_value_out_of_its_range_is_refused(part: type[Shop], values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        part.model_validate(values)


def test_a_part_is_frozen(cafe: Programme) -> None:
    with pytest.raises(ValidationError):
        cafe.shop.currency = "CZK"  # type: ignore[misc]


def test_texts_are_one_for_all_languages_or_one_for_each(cafe: Programme) -> None:
    assert cafe.rewards[0].name == Wording((("en", "Coffee"), ("cs", "Káva")))
    assert cafe.rewards[1].name == Wording((("", "Cake"),))
    assert cafe.rewards[0].validity == Expiry("days", 90)


def test_problems_name_their_place_by_path_and_both_rivals(cafe: Programme) -> None:
    twice = cafe.model_copy(update={"locations": cafe.locations + cafe.locations[:1]})
    assert check(twice, {"en", "cs"}) == (
        Problem(
            ("locations", 2, "code"),
            "error",
            'two locations have the code "vinohrady": give one of them another',
            rival=("locations", 0, "code"),
        ),
    )
