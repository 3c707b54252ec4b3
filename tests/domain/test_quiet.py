"""Quiet hours by the clock on the wall, against a walk minute by minute (S28)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.campaign_rules import QuietHours
from bot.domain.quiet import quiet_until

MINUTE = timedelta(minutes=1)
PRAGUE = ZoneInfo("Europe/Prague")
NIGHT = QuietHours()


def hours(start: str, end: str) -> QuietHours:
    return QuietHours(start=time.fromisoformat(start), end=time.fromisoformat(end))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def quiet(at: datetime, hours: QuietHours, zone: ZoneInfo) -> bool:
    """The plain reading of the promise, of one minute."""
    wall = at.astimezone(zone).time()
    if hours.start == hours.end:
        return False
    if hours.start < hours.end:
        return hours.start <= wall < hours.end
    return not hours.end <= wall < hours.start


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-02 19:59:59.999999", None),
        ("2026-03-02 20:00", "2026-03-03 09:00"),
        ("2026-03-02 23:59:59.5", "2026-03-03 09:00"),
        ("2026-03-03 00:00", "2026-03-03 09:00"),
        ("2026-03-03 08:59:59.999999", "2026-03-03 09:00"),
        ("2026-03-03 09:00", None),
    ],
)
def test_s28_from_eight_up_to_nine_is_quiet_across_midnight(at: str, until: str | None) -> None:
    local = datetime.fromisoformat(at).replace(tzinfo=PRAGUE)
    end = datetime.fromisoformat(until).replace(tzinfo=PRAGUE) if until else None
    assert quiet_until(local, NIGHT, PRAGUE) == end


def test_s28_hours_within_a_day() -> None:
    nap = hours("13:00", "15:00")
    assert quiet_until(utc("2026-03-02 11:59"), nap, PRAGUE) is None
    assert quiet_until(utc("2026-03-02 12:00"), nap, PRAGUE) == utc("2026-03-02 14:00")
    assert quiet_until(utc("2026-03-02 14:00"), nap, PRAGUE) is None


@given(st.datetimes(timezones=st.just(UTC)), st.times())
def test_s28_the_same_start_and_end_is_never(at: datetime, clock: time) -> None:
    assert quiet_until(at, QuietHours(start=clock, end=clock), PRAGUE) is None


def test_s28_an_end_the_clocks_skip_is_over_where_they_land() -> None:
    # 02:00 becomes 03:00 on 29 March 2026, which is 01:00 UTC.
    assert quiet_until(utc("2026-03-28 23:00"), hours("22:00", "02:30"), PRAGUE) == utc(
        "2026-03-29 01:00"
    )


def test_s28_a_day_whose_free_hour_is_skipped_stays_quiet() -> None:
    # All that isn't quiet is 02:15 to 02:45, which is not there that day.
    assert quiet_until(utc("2026-03-28 23:00"), hours("02:45", "02:15"), PRAGUE) == utc(
        "2026-03-30 00:15"
    )


def test_s28_an_hour_the_clocks_repeat_is_quiet_both_times() -> None:
    # 03:00 becomes 02:00 on 25 October 2026, which is 01:00 UTC.
    night = hours("02:00", "03:00")
    assert quiet_until(utc("2026-10-25 00:30"), night, PRAGUE) == utc("2026-10-25 02:00")
    assert quiet_until(utc("2026-10-25 01:30"), night, PRAGUE) == utc("2026-10-25 02:00")


def test_s28_an_end_the_clocks_repeat_comes_twice() -> None:
    night = hours("22:00", "02:30")
    assert quiet_until(utc("2026-10-24 22:00"), night, PRAGUE) == utc("2026-10-25 00:30")
    assert quiet_until(utc("2026-10-25 00:45"), night, PRAGUE) is None
    assert quiet_until(utc("2026-10-25 01:15"), night, PRAGUE) == utc("2026-10-25 01:30")


def test_s28_the_same_moment_in_any_zone_of_its_own() -> None:
    twice = datetime(2026, 10, 25, 2, 15, tzinfo=PRAGUE, fold=1)
    assert quiet_until(twice, hours("03:00", "04:00"), PRAGUE) is None
    assert quiet_until(twice, NIGHT, ZoneInfo("Asia/Tokyo")) is None


#: Days on which the clocks of a zone change, or near it; Kathmandu's never do.
DAYS = {
    "Europe/Prague": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),
    "America/Santiago": ("2026-04-05", "2026-09-06"),
    "Asia/Kathmandu": ("2026-04-05",),
    "Pacific/Auckland": ("2026-04-05", "2026-09-27"),
}
DAY = st.sampled_from([(zone, day) for zone, days in DAYS.items() for day in days])
#: Every quarter of an hour, those around the changes more often.
CLOCK = st.one_of(st.integers(0, 95), st.integers(0, 16)).map(
    lambda quarter: time(quarter // 4, quarter % 4 * 15)
)


@settings(deadline=None)
@given(DAY, CLOCK, CLOCK, st.integers(-36 * 60, 36 * 60), st.sampled_from([0, 1, 59_999_999]))
def test_s28_a_walk_minute_by_minute_finds_the_same_end(
    day: tuple[str, str], start: time, end: time, minutes: int, past: int
) -> None:
    zone, rules = ZoneInfo(day[0]), QuietHours(start=start, end=end)
    at = datetime.fromisoformat(day[1]).replace(tzinfo=zone).astimezone(UTC) + minutes * MINUTE
    walk = at
    while quiet(walk, rules, zone):
        walk += MINUTE
    expected = walk if walk > at else None
    assert quiet_until(at + timedelta(microseconds=past), rules, zone) == expected
