"""The interval of a lift, against published values, and when it is too early to tell (S34)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.lift import FEW, Group, Lift, lift

#: Newcombe 1998, Statistics in Medicine 17, 873-890, table II, contrasts (a) to (h), method 10.
TABLE_II = [
    (Group(70, 56), Group(80, 48), 0.0524, 0.3339),
    (Group(10, 9), Group(10, 3), 0.1705, 0.8090),
    (Group(7, 6), Group(7, 2), 0.0582, 0.8062),
    (Group(56, 5), Group(29, 0), -0.0381, 0.1926),
    (Group(10, 0), Group(20, 0), -0.1611, 0.2775),
    (Group(10, 0), Group(10, 0), -0.2775, 0.2775),
    (Group(10, 10), Group(20, 0), 0.6791, 1.0000),
    (Group(10, 10), Group(10, 0), 0.6075, 1.0000),
]
GROUPS = st.integers(1, 5_000).flatmap(
    lambda people: st.builds(Group, st.just(people), st.integers(0, people))
)


@pytest.mark.parametrize(("one", "other", "low", "high"), TABLE_II)
def test_s34_the_interval_is_the_published_one(
    one: Group, other: Group, low: float, high: float
) -> None:
    found = lift(one, other)
    assert found.low is not None
    assert found.high is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(GROUPS, GROUPS)
def test_s34_the_interval_holds_the_difference_and_turns_round(one: Group, other: Group) -> None:
    there, back = lift(one, other), lift(other, one)
    assert there.low is not None
    assert there.high is not None
    assert there.difference is not None
    assert -1 - 1e-9 <= there.low <= there.difference + 1e-9
    assert there.difference - 1e-9 <= there.high <= 1 + 1e-9
    assert back.low == pytest.approx(-there.high)
    assert back.high == pytest.approx(-there.low)
    assert back.clear == there.clear


def test_s34_rates_and_their_difference() -> None:
    found = lift(Group(200, 60), Group(100, 20))
    assert (found.sent.rate, found.held_out.rate) == (0.3, 0.2)
    assert found.difference == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("sent", "held_out", "clear"),
    [
        (Group(900, 300), Group(100, 20), True),
        (Group(900, 100), Group(100, 30), True),  # fewer came: that is clear as well
        (Group(900, 220), Group(100, 20), False),  # the interval holds 0
        (Group(FEW, FEW), Group(FEW, 0), True),
        (Group(FEW - 1, FEW - 1), Group(FEW, 0), False),
        (Group(FEW, FEW), Group(FEW - 1, 0), False),
    ],
)
def test_s34_it_is_too_early_to_tell_with_0_in_the_interval_or_few_people(
    sent: Group, held_out: Group, clear: bool
) -> None:
    assert lift(sent, held_out).clear == clear


def test_s34_without_people_in_both_groups_there_is_no_difference() -> None:
    for one, other in (
        (Group(0, 0), Group(5, 1)),
        (Group(5, 1), Group(0, 0)),
        (Group(0, 0), Group(0, 0)),
    ):
        assert lift(one, other) == Lift(one, other, None, None, None)
        assert not lift(one, other).clear
    assert Group(0, 0).rate is None
