"""S41: something new of what a member buys, and never of what is excluded."""

from __future__ import annotations

from bot.domain.programme import Programme
from bot.domain.suggestions import suggest
from bot.programmes import read
from tests.domain.programme_text import BASE

PRODUCTS = """
[earning]
excluded = ["tobacco"]
""" + "".join(
    f'[[products]]\ncode = "{code}"\nname = "{code}"\ncategory = "{category}"\n'
    for code, category in (
        ("espresso", "coffee"),
        ("flat", "coffee"),
        ("filter", "coffee"),
        ("cake", "pastry"),
        ("strudel", "pastry"),
        ("pipe", "tobacco"),
        ("cigar", "tobacco"),
    )
)


def _programme() -> Programme:
    programme, problems = read(BASE + PRODUCTS, ("en", "cs"))
    assert programme is not None, problems
    return programme


def _suggested(**had: int) -> tuple[str, str] | None:
    found = suggest(_programme(), had)
    return (found.product.code, found.known.code) if found else None


def test_something_new_of_what_they_buy_most() -> None:
    assert _suggested(flat=3, espresso=1, cake=2) == ("filter", "flat")
    assert _suggested(flat=1, cake=2) == ("strudel", "cake")


def test_who_has_had_all_of_one_kind_is_told_of_the_next() -> None:
    assert _suggested(flat=3, espresso=1, filter=1, strudel=1) == ("cake", "strudel")
    assert _suggested(flat=1, espresso=1, filter=1, cake=1, strudel=1) is None


def test_s41_nothing_excluded_is_suggested_nor_a_reason() -> None:
    assert _suggested(pipe=9) is None
    assert _suggested(pipe=9, cake=1) == ("strudel", "cake")
    assert _suggested() is None
