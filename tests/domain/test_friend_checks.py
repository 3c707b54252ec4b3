"""What [referrals], [survey] and [follow] say to the rules that need them: every finding."""

from __future__ import annotations

import pytest

from bot.domain.problems import Level
from bot.programmes import Finding
from tests.domain.programme_text import BASE, findings

REFERRED = '[[earn]]\nrule = "referred"\nunit = "points"\namount = 5\n'

#: what is added to a good programme with `#!` on the line to be named, key, level, message
ADDED: list[tuple[str, str, Level, str]] = [
    (
        "[referrals] #!\nlimit = 3",
        "referrals",
        "error",
        'there is no rule "referral" or "referred", so inviting friends brings nothing: add an '
        "[[earn]] with one of them, or remove this table",
    ),
    (
        '[[earn]] #!\nrule = "survey"\nunit = "points"\namount = 5',
        "earn[3]",
        "error",
        "there is no [survey] to answer: add it with a question, or remove this rule",
    ),
    (
        '[[earn]] #!\nrule = "follow"\nunit = "points"\namount = 5',
        "earn[3]",
        "error",
        "there is nowhere to follow the shop: add [follow] with a name and a link, or remove "
        "this rule",
    ),
    (
        '[follow]\nname = "Instagram"\nlink = "instagram.com/lipa" #!',
        "follow.link",
        "error",
        "write the whole address, beginning with https://",
    ),
    (
        '[[earn]] #!\nrule = "review"\nunit = "points"\namount = 5',
        "earn[3]",
        "warning",
        "it gives for each review, however many somebody writes: `per_member` or `per_day` "
        "limits that",
    ),
]


def _of_ours(text: str) -> tuple[Finding, ...]:
    return tuple(f for f in findings(text) if f not in findings(BASE))


@pytest.mark.parametrize(("added", "key", "level", "message"), ADDED)
def test_what_does_not_fit_is_named_with_its_line(
    added: str, key: str, level: Level, message: str
) -> None:
    text = f"{BASE}\n{added}\n"
    [line] = [n for n, written in enumerate(text.split("\n"), 1) if "#!" in written]
    found = [(f.key, f.level, f.message, f.line) for f in _of_ours(text)]
    assert found == [(key, level, message, line)]


def test_s16_one_side_alone_is_a_programme() -> None:
    assert _of_ours(f"{BASE}\n{REFERRED}\n[referrals]\nminimum = 5\n") == ()


def test_s16_a_minimum_needs_purchases() -> None:
    stamps = BASE.replace('[[earn]]\nrule = "purchase"\nunit = "points"\nper = 1\n', "").replace(
        "[units.points]\n", ""
    )
    stamps = stamps.replace('\n[[rewards]]\ncode = "cake"\nname = "Cake"\npoints = 100\n', "")
    text = f"{stamps}\n{REFERRED.replace('points', 'stamps')}\n[referrals]\nminimum = 5\n"
    assert [(f.key, f.level) for f in findings(text) if f.level == "error"] == [
        ("referrals.minimum", "error")
    ]
