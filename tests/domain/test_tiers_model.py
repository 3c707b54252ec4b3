"""Tiers against a plain, slow clerk, however late anybody looks (S6, S18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.expiry import local_midnight
from bot.domain.programme import Programme
from bot.domain.tallies import VISITS, Count, Tallies, day_number
from bot.domain.tiers import Standing, follow
from tests.domain.tier_model import Clerk, Rules

ZONE = ZoneInfo("Europe/Prague")
FIRST = date(2025, 11, 1)
JOINED = datetime(2025, 10, 1, tzinfo=UTC)
CODES = ("bronze", "silver", "gold")


@dataclass(frozen=True)
class Visit:
    """After so many days somebody comes so often; it counts so many days later."""

    after: int
    amount: int
    pending: int = 0


rules = st.builds(
    Rules,
    st.sampled_from([(3,), (2, 5), (2, 4, 9)]),
    st.sampled_from(["always", "year", 7, 30, 60]),
    st.sampled_from(["year", 5, 30, 60]),
    st.booleans(),
    st.sampled_from([0, 0, 3, 20]),
)
#: A programme has one time to return things, for all that counts; tiers are kept for longer.
visits = st.sampled_from([0, 0, 1, 4]).flatmap(
    lambda pending: st.lists(
        st.builds(Visit, st.integers(0, 12), st.integers(1, 4), st.just(pending)), max_size=10
    )
)


def programme(rules: Rules) -> Programme:
    levels = [
        {"code": code, "name": code, "threshold": threshold}
        for code, threshold in zip(CODES, rules.thresholds, strict=False)
    ]
    window = rules.window if isinstance(rules.window, str) else f"{rules.window} days"
    keeps = "end of year + 12 months" if rules.keeps == "year" else f"{rules.keeps} days"
    return Programme.model_validate(
        {
            "shop": {"name": "Lípa", "zone": "Europe/Prague"},
            "units": {},
            "tiers": {
                "by": "visits",
                "window": "calendar year" if window == "year" else window,
                "keeps": keeps,
                "downgrade": "one_step" if rules.one_step else "to_balance",
                "grace_days": rules.grace,
                "levels": levels,
            },
        }
    )


class Counter:
    """The real thing, looked at only when somebody does."""

    def __init__(self, shop: Programme) -> None:
        self.shop, self.tallies, self.standing = shop, Tallies(), Standing()
        self.followed = FIRST

    def counted(self, day: date, known: date, amount: int) -> None:
        from_day = day_number(known) if known > day else 0
        # As `engine.happen` does: what was due before is done before it.
        self.look(day, at=12)
        self.tallies.add(Count(VISITS, day_number(day), amount, from_day))
        self.look(day, at=12)

    def look(self, day: date, at: int = 0) -> None:
        now = local_midnight(day, ZONE) + timedelta(hours=at)
        for move in follow(
            self.shop, self.standing, self.tallies, JOINED, now=now, since=self.followed
        ):
            assert self.standing == move.was
            self.standing = move.standing
        self.followed = day


@settings(max_examples=100, deadline=None)
@given(rules=rules, visits=visits, looks=st.sets(st.integers(0, 190), max_size=8))
def test_s18_tiers_are_what_a_clerk_would_say_whoever_looks_when(
    rules: Rules, visits: list[Visit], looks: set[int]
) -> None:
    clerk, lazy = Clerk(rules), Counter(programme(rules))
    came: dict[date, list[Visit]] = {}
    day = FIRST
    for visit in visits:
        day += timedelta(days=visit.after)
        came.setdefault(day, []).append(visit)
    day = FIRST
    for number in range((max(came, default=FIRST) - FIRST).days + 75):
        day = FIRST + timedelta(days=number)
        clerk.midnight(day)
        clerk.look(day)
        for visit in came.get(day, []):
            known = day + timedelta(days=visit.pending)
            clerk.counted(day, known, visit.amount)
            lazy.counted(day, known, visit.amount)
            clerk.look(day)
            assert _of(lazy) == _said(clerk), day
        if number in looks:
            lazy.look(day)
            assert _of(lazy) == _said(clerk), day
    lazy.look(day)
    assert _of(lazy) == _said(clerk)


def _of(lazy: Counter) -> tuple[str | None, date | None, bool]:
    standing = lazy.standing
    last = standing.review_at and (standing.review_at - timedelta(seconds=1)).astimezone(ZONE)
    return standing.tier, last and last.date(), standing.grace_until is not None


def _said(clerk: Clerk) -> tuple[str | None, date | None, bool]:
    return CODES[clerk.tier - 1] if clerk.tier else None, clerk.last, clerk.grace
