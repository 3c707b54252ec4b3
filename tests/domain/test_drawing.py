"""Draws that stay the same, are spread evenly and do not follow one another (S34)."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.drawing import draw, held_out, variant
from bot.domain.members import CODE_ALPHABET

#: Member codes, as many as a town has members.
CODES = ["".join(letters) for letters in product(CODE_ALPHABET[:10], repeat=4)]


def test_s34_a_draw_never_changes_from_version_to_version() -> None:
    """Else a restart after an update would move people between groups."""
    assert [round(draw(code, "spread"), 12) for code in ("K7M2QP", "ANNA22")] == [
        0.941581667137,
        0.417644122666,
    ]
    assert variant("K7M2QP", "winback", ["a", "b", "c"]) == "c"


@given(st.text(), st.text())
def test_a_draw_is_from_0_up_to_1(code: str, what: str) -> None:
    assert 0 <= draw(code, what) < 1
    assert draw(code, what) == draw(code, what)


@pytest.mark.parametrize("percent", [1, 10, 50])
def test_s34_the_share_held_out_is_the_one_asked_for(percent: int) -> None:
    share = sum(held_out(code, "winback", percent) for code in CODES) / len(CODES)
    assert share == pytest.approx(percent / 100, abs=0.02)


def test_s34_nobody_is_held_out_at_0() -> None:
    assert not any(held_out(code, "winback", 0) for code in CODES)


def test_s34_a_larger_share_keeps_everybody_who_was_held_out() -> None:
    few = {code for code in CODES if held_out(code, "winback", 10)}
    assert few < {code for code in CODES if held_out(code, "winback", 20)}


def test_s34_campaigns_do_not_hold_out_the_same_people() -> None:
    both = sum(held_out(c, "winback", 50) and held_out(c, "birthday", 50) for c in CODES)
    assert both / len(CODES) == pytest.approx(0.25, abs=0.02)


def test_s34_variants_are_equal_shares_among_those_who_are_written_to() -> None:
    told = [code for code in CODES if not held_out(code, "winback", 20)]
    shares = Counter(variant(code, "winback", ["mild", "plain", "hot"]) for code in told)
    assert set(shares) == {"mild", "plain", "hot"}
    for count in shares.values():
        assert count / len(told) == pytest.approx(1 / 3, abs=0.02)


def test_s34_without_variants_there_is_none() -> None:
    assert variant("K7M2QP", "winback", []) == ""


def test_s34_a_new_variant_takes_people_for_itself_alone() -> None:
    for code in CODES[:1000]:
        before = variant(code, "winback", ["a", "b"])
        assert variant(code, "winback", ["b", "a"]) == before
        assert variant(code, "winback", ["c", "a", "b"]) in (before, "c")
