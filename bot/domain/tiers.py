"""Tiers: who has which, what reaches one, and what a review does (S18)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from bot.domain.expiry import Expiry, local_midnight
from bot.domain.programme import Programme
from bot.domain.programme_tiers import Tier, Tiers
from bot.domain.tallies import POINTS, SPEND, VISITS, Tallies, day_number, window

Reason = Literal["reached", "kept", "grace", "lost", "refund", "paid", "paid_over", "merged"]

_COUNTED = {"spend": SPEND, "visits": VISITS, "points": POINTS}


@dataclass(frozen=True, slots=True)
class Standing:
    """The tier a member reached and when it is looked at again, and the one they paid for.

    `paid_until` is empty for a membership without an end.
    """

    tier: str | None = None
    since_at: datetime | None = None
    review_at: datetime | None = None
    grace_until: datetime | None = None
    paid_tier: str | None = None
    paid_until: datetime | None = None

    def paid(self, tiers: Tiers, at: datetime) -> Tier | None:
        """The paid membership that holds at an instant."""
        over = self.paid_until is not None and self.paid_until <= at
        return None if over else tiers.level(self.paid_tier)

    def current(self, tiers: Tiers, at: datetime) -> Tier | None:
        """The member's tier: the higher of what they reached and what they paid for."""
        found = [tiers.level(self.tier) or base(tiers), self.paid(tiers, at)]
        return max(
            (tier for tier in found if tier),
            key=lambda tier: tiers.rank(tier.code),
            default=None,
        )


@dataclass(frozen=True, slots=True)
class Move:
    """A change of a member's standing, with the codes of the tier before and after."""

    before: str | None
    after: str | None
    reason: Reason
    standing: Standing


def base(tiers: Tiers) -> Tier | None:
    """The tier everybody has who has no other: the one reached by nothing."""
    return next((tier for tier in tiers.levels if tier.threshold == 0), None)


def qualified(
    programme: Programme, tallies: Tallies, joined_at: datetime, day: date, first: int | None = None
) -> Decimal:
    """What counts towards a tier on a local day, in the thresholds' unit.

    Over the programme's window, or since the day `first`.
    """
    tiers = programme.tiers
    if tiers.by == "tenure":
        return Decimal(months_between(joined_at.astimezone(programme.zone()).date(), day))
    begins, ends = window(tiers.window, day)
    today = day_number(day)
    total = tallies.total(
        _COUNTED[tiers.by], begins if first is None else first, min(ends, today), today
    )
    if tiers.by == "spend":
        return Decimal(total).scaleb(-get_currency_precision(programme.shop.currency))
    return Decimal(total)


def reached(tiers: Tiers, amount: Decimal) -> Tier | None:
    """The highest tier an amount reaches."""
    open_to = [t for t in tiers.levels if t.threshold is not None and t.threshold <= amount]
    return open_to[-1] if open_to else None


def following(tiers: Tiers, code: str | None) -> Tier | None:
    """The next tier above that can be reached, not paid for."""
    above = tiers.levels[tiers.rank(code) + 1 :]
    return next((tier for tier in above if tier.threshold), None)


def rise(
    programme: Programme,
    standing: Standing,
    tallies: Tallies,
    joined_at: datetime,
    at: datetime,
    zone: ZoneInfo,
) -> Move | None:
    """The upgrade that what counts now gives, at once; None without one."""
    tiers = programme.tiers
    if not tiers.levels:
        return None
    amount = qualified(programme, tallies, joined_at, at.astimezone(zone).date())
    target = reached(tiers, amount)
    before = standing.tier or _code(base(tiers))
    if target is None or tiers.rank(target.code) <= tiers.rank(before):
        return None
    risen = replace(
        standing,
        tier=target.code,
        since_at=at,
        review_at=tiers.keeps.ends_at(at, zone),
        grace_until=None,
    )
    return Move(before, target.code, "reached", risen)


def review(
    programme: Programme, standing: Standing, tallies: Tallies, joined_at: datetime, now: datetime
) -> Move | None:
    """What becomes of a tier whose review is due; None where it is not.

    It is kept when what counts in the window that just ended reaches it; else there is a grace,
    whose days are added to that window; then it goes down.
    """
    tiers, zone = programme.tiers, programme.zone()
    due = standing.review_at
    if due is None or due > now:
        return None
    last = (due - timedelta(seconds=1)).astimezone(zone).date()
    first = None
    if standing.grace_until is not None:
        first, _ = window(tiers.window, last - timedelta(days=tiers.grace_days))
    amount = qualified(programme, tallies, joined_at, last, first)
    supported = reached(tiers, amount)
    before = standing.tier or _code(base(tiers))
    if tiers.rank(_code(supported)) >= tiers.rank(before):
        kept = replace(standing, review_at=_again(tiers.keeps, due, zone), grace_until=None)
        return Move(before, before, "kept", kept)
    if tiers.grace_days and standing.grace_until is None:
        until = local_midnight(last + timedelta(days=tiers.grace_days + 1), zone)
        return Move(before, before, "grace", replace(standing, review_at=until, grace_until=until))
    after = _lower(tiers, before, supported)
    lasting = after is not None and bool(after.threshold)
    lowered = replace(
        standing,
        tier=_code(after) if lasting else None,
        since_at=due,
        review_at=_again(tiers.keeps, due, zone) if lasting else None,
        grace_until=None,
    )
    return Move(before, _code(after), "lost", lowered)


def months_between(first: date, day: date) -> int:
    """Whole months from one day to another."""
    months = (day.year - first.year) * 12 + day.month - first.month
    return max(months - (day.day < first.day), 0)


def _lower(tiers: Tiers, before: str | None, supported: Tier | None) -> Tier | None:
    if tiers.downgrade == "to_balance":
        return supported
    below = [t for t in tiers.levels[: tiers.rank(before)] if t.threshold is not None]
    return below[-1] if below else None


def _again(keeps: Expiry, due: datetime, zone: ZoneInfo) -> datetime | None:
    return keeps.ends_at(due - timedelta(seconds=1), zone)


def _code(tier: Tier | None) -> str | None:
    return tier.code if tier else None
