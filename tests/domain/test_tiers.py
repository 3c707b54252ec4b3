"""Tiers: every way to reach one, reviews, grace, and what comes late (S6, S18)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.domain.expiry import local_midnight
from bot.domain.programme import Programme
from bot.domain.tallies import POINTS, SPEND, VISITS, Count, Tallies, day_number
from bot.domain.tiers import Move, Standing, follow, merged, months_between, progress, without

ZONE = ZoneInfo("Europe/Prague")
JOINED = datetime(2024, 1, 31, 12, tzinfo=UTC)
SILVER = {"code": "silver", "name": "Silver", "threshold": 100}
GOLD = {"code": "gold", "name": "Gold", "threshold": 300}


def programme(*levels: dict[str, object], **tiers: object) -> Programme:
    """A programme with these tiers; Silver from 100 and Gold from 300 unless others are given."""
    return Programme.model_validate(
        {
            "shop": {"name": "Lípa", "zone": "Europe/Prague", "currency": "CZK"},
            "units": {},
            "tiers": {"levels": levels or (SILVER, GOLD), **tiers},
        }
    )


class Member:
    """One member's counts and standing, looked at whenever a test says so."""

    def __init__(self, shop: Programme, joined_at: datetime = JOINED) -> None:
        self.shop, self.joined_at = shop, joined_at
        self.tallies, self.standing = Tallies(), Standing()
        self.what = {"spend": SPEND, "visits": VISITS, "points": POINTS}.get(shop.tiers.by, "")

    def spends(self, day: str, amount: int, *, seen: str = "", from_day: str = "") -> list[str]:
        """Something counts on a day; written down when it was `seen`. What moved."""
        on = date.fromisoformat(day)
        known = day_number(date.fromisoformat(from_day)) if from_day else 0
        minor = amount * 100 if self.what == SPEND else amount
        self.tallies.add(Count(self.what, day_number(on), minor, known))
        return self.looked_at(seen or day, since=on)

    def looked_at(self, day: str, since: date | None = None) -> list[str]:
        """What moves when somebody looks at noon of a day."""
        return [f"{move.reason} {move.standing.tier}" for move in self.moves(day, since)]

    def moves(self, day: str, since: date | None = None) -> tuple[Move, ...]:
        now = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZONE)
        found = follow(self.shop, self.standing, self.tallies, self.joined_at, now=now, since=since)
        self.standing = found[-1].standing if found else self.standing
        return found

    @property
    def last_day(self) -> str | None:
        """The last day of their tier."""
        at = self.standing.review_at
        return str((at - timedelta(seconds=1)).astimezone(ZONE).date()) if at else None


@pytest.mark.parametrize("by", ["spend", "visits", "points"])
def test_s18_a_tier_is_reached_at_once_by_whatever_it_goes_by(by: str) -> None:
    anna = Member(programme(by=by))
    assert anna.spends("2026-03-02", 99) == []
    assert anna.spends("2026-03-03", 1) == ["reached silver"]
    assert anna.spends("2026-03-04", 200) == ["reached gold"]


def test_s18_a_single_purchase_reaches_the_highest_tier_it_can() -> None:
    assert Member(programme()).spends("2026-03-02", 300) == ["reached gold"]


def test_s18_money_counts_to_the_last_haler() -> None:
    anna = Member(programme({**SILVER, "threshold": "99.50"}))
    anna.tallies.add(Count(SPEND, 20260302, 9949))
    assert anna.looked_at("2026-03-02") == []
    anna.tallies.add(Count(SPEND, 20260302, 1))
    assert anna.looked_at("2026-03-02") == ["reached silver"]


def test_s18_tenure_reaches_a_tier_on_the_day_and_from_the_31st_with_a_shorter_month() -> None:
    shop = programme({**SILVER, "threshold": 1}, {**GOLD, "threshold": 12}, by="tenure")
    assert Member(shop).looked_at("2024-02-28") == []
    assert Member(shop).looked_at("2024-02-29") == ["reached silver"]
    anna = Member(shop)
    [silver, gold] = anna.moves("2025-06-01", since=date(2024, 2, 1))
    assert (silver.at, gold.at) == (
        local_midnight(date(2024, 2, 29), ZONE),
        local_midnight(date(2025, 1, 31), ZONE),
    )


@pytest.mark.parametrize(
    ("first", "day", "months"),
    [
        (date(2024, 1, 31), date(2024, 2, 28), 0),
        (date(2024, 1, 31), date(2024, 2, 29), 1),
        (date(2024, 1, 31), date(2024, 3, 30), 1),
        (date(2024, 3, 15), date(2025, 3, 14), 11),
        (date(2024, 3, 15), date(2025, 3, 15), 12),
        (date(2024, 3, 15), date(2024, 3, 14), 0),
    ],
)
def test_months_as_a_member(first: date, day: date, months: int) -> None:
    assert months_between(first, day) == months


@pytest.mark.parametrize(
    ("window", "counts", "no_more"),
    [
        ("calendar year", "2026-12-31", "2027-01-01"),
        ("calendar month", "2026-03-31", "2026-04-01"),
        ("3 months", "2026-06-01", "2026-06-02"),
        ("10 days", "2026-03-11", "2026-03-12"),
        ("always", "2036-03-02", None),
    ],
)
def test_s18_what_counts_is_what_lies_in_the_window(
    window: str, counts: str, no_more: str | None
) -> None:
    anna = Member(programme(window=window))
    anna.spends("2026-03-02", 99)
    assert anna.spends(counts, 1) == ["reached silver"]
    if no_more:
        other = Member(programme(window=window))
        other.spends("2026-03-02", 99)
        assert other.spends(no_more, 1) == []


def test_s18_the_review_moves_with_each_upgrade_and_not_with_what_keeps_a_tier() -> None:
    anna = Member(programme(keeps="12 months"))
    anna.spends("2026-03-02", 100)
    assert anna.last_day == "2027-03-02"
    anna.spends("2026-05-01", 50)
    assert anna.last_day == "2027-03-02"
    anna.spends("2026-06-01", 150)
    assert anna.last_day == "2027-06-01"


def test_s18_a_calendar_year_is_kept_to_the_end_of_the_next() -> None:
    anna = Member(programme(window="calendar year", keeps="end of year + 12 months"))
    anna.spends("2025-11-20", 350)
    assert (anna.standing.tier, anna.last_day) == ("gold", "2026-12-31")
    anna.spends("2026-02-01", 100)
    assert anna.looked_at("2026-12-31") == []
    assert anna.looked_at("2027-01-01") == ["lost silver"]
    assert anna.last_day == "2027-12-31"
    assert anna.looked_at("2028-01-01") == ["lost None"]


def test_s18_who_still_reaches_it_keeps_the_tier() -> None:
    anna = Member(programme(window="12 months", keeps="12 months"))
    anna.spends("2026-03-02", 300)
    anna.spends("2027-02-01", 300)
    assert anna.looked_at("2027-03-03") == ["kept gold"]
    assert anna.last_day == "2028-03-02"


def test_s18_it_goes_down_by_one_step_or_to_what_is_reached() -> None:
    bronze = {"code": "bronze", "name": "Bronze", "threshold": 0}
    for downgrade, ends in (("one_step", ["silver", "bronze"]), ("to_balance", [None])):
        shop = programme(
            bronze, SILVER, GOLD, window="30 days", keeps="2 months", downgrade=downgrade
        )
        anna = Member(shop)
        anna.spends("2026-03-02", 300)
        assert anna.looked_at("2026-12-24")[: len(ends)] == [
            f"lost {None if end == 'bronze' else end}" for end in ends
        ]


def test_s18_in_the_days_of_grace_a_tier_can_still_be_kept() -> None:
    shop = programme(window="calendar year", keeps="end of year + 12 months", grace_days=31)
    anna = Member(shop)
    anna.spends("2025-06-01", 300)
    anna.spends("2026-06-01", 180)
    assert anna.looked_at("2027-01-01") == ["grace gold"]
    assert anna.last_day == "2027-01-31"
    assert anna.spends("2027-01-31", 120) == []
    assert anna.looked_at("2027-02-01") == ["kept gold"]
    assert anna.last_day == "2027-12-31"


def test_s18_after_the_grace_it_goes_down_and_the_next_review_is_not_put_off() -> None:
    shop = programme(window="calendar year", keeps="end of year + 12 months", grace_days=31)
    anna = Member(shop)
    anna.spends("2025-06-01", 300)
    anna.spends("2026-06-01", 180)
    anna.looked_at("2027-01-01")
    assert anna.spends("2027-01-31", 119) == []
    assert anna.looked_at("2027-02-01") == ["lost silver"]
    assert anna.last_day == "2027-12-31"


def test_s18_reviews_of_a_long_outage_are_done_one_after_the_other_as_of_their_own_days() -> None:
    shop = programme(window="90 days", keeps="3 months", downgrade="one_step")
    early, late = Member(shop), Member(shop)
    for anna in (early, late):
        anna.spends("2026-01-10", 400)
    for day in ("2026-04-11", "2026-07-11"):
        early.looked_at(day)
    late.looked_at("2026-07-11")
    assert early.standing == late.standing
    assert early.standing.tier is None


def test_s18_a_late_purchase_counts_for_the_year_it_was_made_in() -> None:
    shop = programme(window="calendar year", keeps="end of year + 12 months")
    anna = Member(shop)
    anna.spends("2026-06-01", 250)
    assert anna.spends("2026-12-30", 50, seen="2027-01-04") == ["reached gold"]
    assert anna.last_day == "2027-12-31"


def test_s18_a_late_purchase_puts_right_a_review_that_is_over() -> None:
    shop = programme(window="calendar year", keeps="end of year + 12 months")
    anna = Member(shop)
    anna.spends("2025-06-01", 300)
    anna.spends("2026-06-01", 250)
    assert anna.looked_at("2027-01-01") == ["lost silver"]
    assert anna.spends("2026-12-30", 50, seen="2027-01-04") == ["reached gold"]
    assert anna.last_day == "2027-12-31"


def test_s18_a_late_purchase_raises_nobody_by_days_before_the_review() -> None:
    anna = Member(programme(window="30 days", keeps="1 months"))
    anna.spends("2026-03-01", 300)
    anna.spends("2026-03-20", 10)
    assert anna.looked_at("2026-04-02") == ["lost None"]
    assert anna.spends("2026-03-25", 1, seen="2026-04-03") == []


def test_s18_what_is_pending_counts_from_its_day() -> None:
    anna = Member(programme())
    assert anna.spends("2026-03-02", 100, from_day="2026-03-17") == []
    assert anna.looked_at("2026-03-16", since=date(2026, 3, 16)) == []
    assert anna.looked_at("2026-03-17", since=date(2026, 3, 17)) == ["reached silver"]


def test_s18_a_look_that_is_late_finds_what_began_to_count_meanwhile() -> None:
    shop = programme(window="calendar year", keeps="end of year + 12 months")
    anna = Member(shop)
    anna.spends("2026-12-25", 300, from_day="2027-01-09")
    assert anna.looked_at("2027-02-01", since=date(2027, 1, 9)) == ["reached gold"]
    assert anna.last_day == "2027-12-31"


def test_s6_only_what_was_counted_moves_a_tier() -> None:
    anna = Member(programme(by="points"))
    anna.spends("2026-03-02", 300)
    assert anna.looked_at("2026-12-24") == []


def test_s18_the_higher_of_earned_and_paid_holds() -> None:
    club = {"code": "club", "name": "Club", "fee": 990, "lasts": "12 months"}
    shop = programme(SILVER, club, GOLD)
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    paid = Standing("silver", paid_tier="club", paid_until=at + timedelta(days=1))
    gold = Standing("gold", paid_tier="club", paid_until=at + timedelta(days=1))
    codes = [
        tier.code if (tier := each.current(shop.tiers, when)) else None
        for each, when in (
            (paid, at),
            (paid, at + timedelta(days=1)),
            (gold, at),
            (Standing(paid_tier="club"), at + timedelta(days=9_999)),
            (Standing("gone"), at),
        )
    ]
    assert codes == ["club", "silver", "gold", "club", None]


def test_s18_a_membership_that_is_over_falls_back_to_what_was_reached() -> None:
    club = {"code": "club", "name": "Club", "fee": 990, "lasts": "12 months"}
    shop = programme(SILVER, club)
    anna = Member(shop)
    anna.spends("2026-03-02", 100)
    until = local_midnight(date(2026, 4, 1), ZONE)
    anna.standing = Standing(
        anna.standing.tier, anna.standing.since_at, anna.standing.review_at, None, "club", until
    )
    assert anna.looked_at("2026-03-31") == []
    assert anna.looked_at("2026-04-01") == ["paid_over silver"]
    assert (anna.standing.paid_tier, anna.standing.paid_until) == (None, None)


def test_s18_a_tier_the_programme_has_no_more_is_nobodys() -> None:
    anna = Member(programme(SILVER))
    anna.standing = Standing("gold", review_at=local_midnight(date(2026, 3, 3), ZONE))
    assert anna.looked_at("2026-03-03") == ["lost None"]


def test_s12_of_two_standings_the_higher_tier_holds_and_the_later_end() -> None:
    shop = programme()
    at = datetime(2026, 3, 2, tzinfo=UTC)
    later = at + timedelta(days=90)
    assert (
        merged(shop.tiers, Standing("silver", at, later), Standing("gold", at, at)).tier == "gold"
    )
    both = merged(shop.tiers, Standing("gold", at, at), Standing("gold", at, later))
    assert both.review_at == later
    paid = merged(
        shop.tiers,
        Standing(paid_tier="silver", paid_until=later),
        Standing("gold", at, at, paid_tier="gold", paid_until=at),
    )
    assert (paid.tier, paid.paid_tier, paid.paid_until) == ("gold", "gold", later)


def test_s18_progress_says_what_is_missing_to_the_next_and_until_when() -> None:
    anna = Member(programme(keeps="12 months"))
    anna.spends("2026-03-02", 180)
    now = datetime(2026, 3, 3, 12, tzinfo=UTC)
    found = progress(anna.shop, anna.standing, anna.tallies, anna.joined_at, now)
    assert found.tier
    assert found.following
    assert (found.tier.code, found.following.code, found.missing) == (
        "silver",
        "gold",
        Decimal(120),
    )
    assert found.until == anna.standing.review_at


def test_s18_progress_in_grace_says_what_keeps_it() -> None:
    shop = programme(window="calendar year", keeps="end of year + 12 months", grace_days=31)
    anna = Member(shop)
    anna.spends("2025-06-01", 300)
    anna.spends("2026-06-01", 180)
    now = datetime(2027, 1, 5, 12, tzinfo=UTC)
    found = progress(anna.shop, anna.standing, anna.tallies, anna.joined_at, now)
    assert found.keeps
    assert found.keeps.code == "gold"
    assert (found.missing, found.until) == (Decimal(120), local_midnight(date(2027, 2, 1), ZONE))


def test_s7_what_brought_a_tier_takes_it_along() -> None:
    anna = Member(programme())
    anna.spends("2026-03-02", 150)
    before = anna.standing
    anna.tallies.add(Count(SPEND, 20260303, 20_000))
    [gold] = anna.moves("2026-03-03", since=date(2026, 3, 3))
    anna.tallies.add(Count(SPEND, 20260303, -4_000))
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert without(anna.shop, gold, anna.standing, anna.tallies, JOINED, now) is None
    anna.tallies.add(Count(SPEND, 20260303, -2_000))
    back = without(anna.shop, gold, anna.standing, anna.tallies, JOINED, now)
    assert back is not None
    assert back.standing == before
