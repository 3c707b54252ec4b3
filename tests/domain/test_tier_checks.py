"""What `check` says of tiers (S18)."""

from __future__ import annotations

import pytest

from tests.domain.programme_text import BASE, findings

TIERS = """
[tiers]
window = "12 months"

[[tiers.levels]]
code = "silver"
name = "Silver"
threshold = 100
multiply = 2

[[tiers.levels]]
code = "gold"
name = "Gold"
threshold = 300
multiply = 3
"""
CLUB = """
[[tiers.levels]]
code = "club"
name = "Club"
fee = 990
lasts = "12 months"
multiply = 2
"""


def found(*edits: tuple[str, str], more: str = "") -> list[tuple[str, str]]:
    text = TIERS + more
    for old, new in edits:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    trade = "[usual]\npurchase = 100\n"
    return [(f.key, f.level) for f in findings(f"{trade}{BASE}{text}") if f.key.startswith("tiers")]


def test_tiers_and_a_membership_as_they_should_be() -> None:
    assert found(more=CLUB) == []


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (("threshold = 300", "threshold = 100"), ("tiers.levels[2].threshold", "error")),
        (('code = "gold"', 'code = "silver"'), ("tiers.levels[2].code", "error")),
        (("threshold = 300\n", ""), ("tiers.levels[2]", "error")),
        (("threshold = 300\n", "threshold = 300\nfee = 5\n"), ("tiers.levels[2].fee", "error")),
        (('lasts = "12 months"\n', ""), ("tiers.levels[3].fee", "error")),
        (("fee = 990\n", "threshold = 999\n"), ("tiers.levels[3].lasts", "error")),
        (("multiply = 3", 'link = "x"'), ("tiers.levels[2].link", "error")),
        (('"12 months"', '"calendar year"'), ("tiers.keeps", "warning")),
        (("multiply = 3", "birthday_days = 3"), ("tiers.levels[2].birthday_days", "error")),
        (
            ("multiply = 3", 'birthday_gift = { reward = "tea" }'),
            ("tiers.levels[2].birthday_gift", "error"),
        ),
        (("multiply = 3\n", ""), ("tiers.levels[2]", "warning")),
        (
            ('window = "12 months"', 'keeps = "3 months without activity"'),
            ("tiers.keeps", "error"),
        ),
        (('window = "12 months"', 'by = "visits"'), None),
        (("threshold = 100", 'threshold = "99.999"'), ("tiers.levels[1].threshold", "error")),
    ],
)
def test_what_cannot_run_or_will_be_regretted_is_named(
    edit: tuple[str, str], problem: tuple[str, str] | None
) -> None:
    there = found(edit, more=CLUB)
    assert problem is None or problem in there


def test_a_table_without_tiers_is_an_error() -> None:
    assert ("tiers", "error") in [
        (each.key, each.level) for each in findings(f"{BASE}\n[tiers]\ngrace_days = 3\n")
    ]
