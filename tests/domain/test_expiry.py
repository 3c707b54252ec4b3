"""S4: when a lot ends. Instants are compared in UTC; zones are where change of clocks is odd."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.expiry import Expiry, add_months, local_midnight

PRAGUE = ZoneInfo("Europe/Prague")
POLICIES = st.one_of(
    st.builds(Expiry, st.sampled_from(["days", "weeks", "months"]), st.integers(1, 9999)),
    st.builds(Expiry, st.sampled_from(["end_of_month", "end_of_year"]), st.integers(0, 999)),
)
ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(2015, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def ends(policy: str, earned: str, zone: ZoneInfo = PRAGUE) -> str | None:
    """The end as local wall time, of a lot earned at a local wall time."""
    at = Expiry.parse(policy).ends_at(datetime.fromisoformat(earned).replace(tzinfo=zone), zone)
    return at.astimezone(zone).isoformat() if at else None


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("never", Expiry()),
        ("1 day", Expiry("days", 1)),
        ("90 days", Expiry("days", 90)),
        ("8 weeks", Expiry("weeks", 8)),
        (" 12  MONTHS ", Expiry("months", 12)),
        ("end of month", Expiry("end_of_month", 0)),
        ("end of month + 1 month", Expiry("end_of_month", 1)),
        ("end of year", Expiry("end_of_year", 0)),
        ("End of year + 3 months", Expiry("end_of_year", 3)),
    ],
)
def test_s4_policies_are_read_as_people_write_them(text: str, policy: Expiry) -> None:
    assert Expiry.parse(text) == policy


@pytest.mark.parametrize(
    "text", ["", "90", "days", "-1 days", "1.5 months", "0 days", "0 months", "2 years",
             "end of week", "end of year - 1 month", "99999 days", "never ever"],
)  # fmt: skip
def test_s4_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an expiry"):
        Expiry.parse(text)


@pytest.mark.parametrize(
    ("earned", "end"),
    [
        ("2026-01-31T10:00", "2026-03-01T00:00:00+01:00"),  # 28 February is its last day
        ("2028-01-31T10:00", "2028-03-01T00:00:00+01:00"),  # 29 February
        ("2026-01-28T10:00", "2026-03-01T00:00:00+01:00"),
        ("2026-01-27T10:00", "2026-02-28T00:00:00+01:00"),
        ("2026-03-31T10:00", "2026-05-01T00:00:00+02:00"),
        ("2026-12-31T23:59", "2027-02-01T00:00:00+01:00"),
    ],
)
def test_s4_a_month_later_is_the_same_day_or_the_last(earned: str, end: str) -> None:
    assert ends("1 month", earned) == end


@pytest.mark.parametrize(
    ("policy", "end"),
    [
        ("never", None),
        ("1 day", "2026-02-16T00:00:00+01:00"),
        ("2 weeks", "2026-03-01T00:00:00+01:00"),
        ("12 months", "2027-02-15T00:00:00+01:00"),
        ("end of month", "2026-03-01T00:00:00+01:00"),
        ("end of month + 1 month", "2026-04-01T00:00:00+02:00"),
        ("end of month + 12 months", "2027-03-01T00:00:00+01:00"),
        ("end of year", "2027-01-01T00:00:00+01:00"),
        ("end of year + 2 months", "2027-03-01T00:00:00+01:00"),
        ("end of year + 12 months", "2028-01-01T00:00:00+01:00"),
    ],
)
def test_s4_each_policy_from_14_february(policy: str, end: str | None) -> None:
    assert ends(policy, "2026-02-14T18:30") == end


def test_s4_a_lot_is_usable_through_its_last_local_day() -> None:
    """The end is the instant after the last: midnight, and the day is the shop's, not UTC's."""
    late = datetime(2026, 6, 30, 23, 30, tzinfo=PRAGUE)
    early = datetime(2026, 7, 1, 0, 30, tzinfo=PRAGUE)
    policy = Expiry("end_of_month")
    assert late.astimezone(UTC).day == early.astimezone(UTC).day == 30
    assert policy.ends_at(late, PRAGUE) == datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
    assert policy.ends_at(early, PRAGUE) == datetime(2026, 7, 31, 22, 0, tzinfo=UTC)


def test_s4_days_count_local_days_over_a_change_of_the_clock() -> None:
    """29 March 2026 has 23 hours in Prague, 25 October 25."""
    assert ends("1 day", "2026-03-28T12:00") == "2026-03-30T00:00:00+02:00"
    assert ends("1 day", "2026-10-24T12:00") == "2026-10-26T00:00:00+01:00"
    assert ends("1 day", "2026-03-29T12:00") == "2026-03-31T00:00:00+02:00"


def test_s4_both_passes_of_a_repeated_hour_end_together() -> None:
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=PRAGUE, fold=fold) for fold in (0, 1))
    assert second - first == timedelta(0)  # the same wall time …
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)  # … an hour apart
    policy = Expiry("days", 1)
    assert policy.ends_at(first, PRAGUE) == policy.ends_at(second, PRAGUE)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        # Midnight is skipped: the day begins at 01:00.
        ("America/Santiago", date(2025, 9, 7), "2025-09-07T01:00:00-03:00"),
        ("Africa/Cairo", date(2024, 4, 26), "2024-04-26T01:00:00+03:00"),
        ("America/Havana", date(2025, 3, 9), "2025-03-09T01:00:00-04:00"),
        # Midnight comes twice: the day begins with the first.
        ("America/Havana", date(2025, 11, 2), "2025-11-02T00:00:00-04:00"),
        # The hour before midnight comes twice.
        ("America/Santiago", date(2025, 4, 6), "2025-04-06T00:00:00-04:00"),
        # The whole day is skipped: the next one begins.
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-31T00:00:00+14:00"),
    ],
)
def test_s4_a_day_begins_with_the_first_minute_there_is(zone: str, day: date, begins: str) -> None:
    begin = local_midnight(day, ZoneInfo(zone))
    assert begin.utcoffset() == timedelta(0)
    assert begin.astimezone(ZoneInfo(zone)).isoformat() == begins


@given(ZONES, st.dates(date(2015, 1, 1), date(2100, 1, 1)))
def test_s4_no_zone_has_the_day_before_its_beginning(zone: ZoneInfo, day: date) -> None:
    begin = local_midnight(day, zone)
    assert begin.astimezone(zone).date() == day
    assert (begin - timedelta(seconds=1)).astimezone(zone).date() == day - timedelta(days=1)


@given(POLICIES, INSTANTS, ZONES)
def test_s4_an_end_is_the_beginning_of_a_local_day_after_the_earning(
    policy: Expiry, earned: datetime, zone: ZoneInfo
) -> None:
    end = policy.ends_at(earned, zone)
    assert end is not None
    assert end > earned
    assert end == local_midnight(end.astimezone(zone).date(), zone)


@given(POLICIES, INSTANTS, INSTANTS, ZONES)
def test_s4_what_is_earned_later_never_ends_sooner(
    policy: Expiry, one: datetime, other: datetime, zone: ZoneInfo
) -> None:
    first, second = (policy.ends_at(at, zone) for at in sorted((one, other)))
    assert first is not None
    assert second is not None
    assert first <= second


@given(st.dates(date(2015, 1, 1), date(2100, 1, 1)), st.integers(0, 999))
def test_s4_added_months_keep_the_day_where_the_month_has_it(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
