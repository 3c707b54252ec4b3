"""When one more message fits every rolling window (S23)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.caps import DAYS, FEWER, free_at
from bot.domain.programme_values import Window, Windows

NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(("window", "days"), DAYS.items())
def test_s23_a_window_is_half_open(window: Window, days: int) -> None:
    out = NOW - timedelta(days=days)
    assert free_at([out], {window: 1}, NOW) == NOW
    assert free_at([out + INSTANT], {window: 1}, NOW) == NOW + INSTANT


def test_s23_windows_are_days_of_24_hours() -> None:
    assert DAYS == {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}


def test_s23_all_windows_have_to_allow_it() -> None:
    said = [NOW - 6 * DAY, NOW - 5 * DAY, NOW - 12 * HOUR]
    assert free_at(said, {"day": 1}, NOW) == NOW + 12 * HOUR
    assert free_at(said, {"week": 2}, NOW) == NOW + 2 * DAY
    assert free_at(said, {"day": 1, "week": 2, "month": 6}, NOW) == NOW + 2 * DAY


def test_s23_a_0_is_none_at_all_and_a_window_left_out_is_unlimited() -> None:
    assert free_at([], {"month": 0}, NOW) is None
    assert free_at([], {"day": 3, "year": 0}, NOW) is None
    assert free_at([NOW] * 1_000, {}, NOW) == NOW
    assert free_at([NOW - 2 * DAY] * 1_000, {"day": 1}, NOW) == NOW


def test_s23_a_cap_that_was_lowered_waits_until_enough_is_out() -> None:
    said = [NOW - hours * HOUR for hours in (1, 2, 3, 4, 5)]
    assert free_at(said, {"day": 2}, NOW) == NOW - 2 * HOUR + DAY


def test_fewer_is_two_a_month() -> None:
    assert free_at([NOW - 29 * DAY, NOW - DAY], FEWER, NOW) == NOW + DAY


#: A quarter of a day: every window is a multiple of it.
STEP = timedelta(hours=6)
STEPS = 4 * 366
LIMITS: st.SearchStrategy[Windows] = st.dictionaries(
    st.sampled_from(list(DAYS)), st.integers(0, 6), max_size=3
)


@settings(deadline=None)
@given(st.lists(st.integers(0, STEPS), max_size=12), LIMITS)
def test_s23_the_first_free_moment_is_the_one_a_count_finds(
    ago: list[int], windows: Windows
) -> None:
    said = [NOW - steps * STEP for steps in ago]

    def fits(at: datetime) -> bool:
        return all(
            sum(at - timedelta(days=DAYS[window]) < each <= at for each in said) < count
            for window, count in windows.items()
        )

    moments = (NOW + steps * STEP for steps in range(STEPS + 1))
    assert free_at(said, windows, NOW) == next((at for at in moments if fits(at)), None)
