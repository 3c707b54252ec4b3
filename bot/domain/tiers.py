"""Tiers: who has which, what reaches one, and what a review does (S18).

Everything goes by when it happened, in the programme's zone: days are the shop's, a review is of
the day before it, and what is done late comes out as if it had been done in time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from babel.numbers import get_currency_precision

from bot.domain.expiry import add_months, local_midnight
from bot.domain.programme import Programme
from bot.domain.programme_tiers import Tier, Tiers
from bot.domain.tallies import POINTS, SPEND, VISITS, Tallies, day_number, window

Reason = Literal[
    "reached", "kept", "grace", "lost", "refund", "paid", "paid_over", "paid_undone", "merged"
]

#: What gives a tier, so that open lots may last longer.
RISING: tuple[Reason, ...] = ("reached", "paid", "merged")

_COUNTED = {"spend": SPEND, "visits": VISITS, "points": POINTS}
_MOMENT = timedelta(seconds=1)


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

    def earned(self, tiers: Tiers) -> Tier | None:
        """The tier they reached, else the one everybody has."""
        return tiers.level(self.tier) or base(tiers)

    def paid(self, tiers: Tiers, at: datetime) -> Tier | None:
        """The paid membership that holds at an instant."""
        over = self.paid_until is not None and self.paid_until <= at
        return None if over else tiers.level(self.paid_tier)

    def current(self, tiers: Tiers, at: datetime) -> Tier | None:
        """The member's tier: the higher of what they reached and what they paid for."""
        return highest(tiers, self.earned(tiers), self.paid(tiers, at))

    def held(self, tiers: Tiers, at: datetime) -> tuple[Tier, ...]:
        """All tiers they hold, highest first: what they reached and what they paid for.

        The one everybody has is nobody's who has another.
        """
        some = (tiers.level(self.tier), self.paid(tiers, at), self.current(tiers, at))
        found = {tier.code: tier for tier in some if tier}
        return tuple(sorted(found.values(), key=lambda tier: -tiers.rank(tier.code)))

    def due_at(self) -> datetime | None:
        """When anything of it is to be looked at next."""
        return min(filter(None, (self.review_at, self.paid_until)), default=None)


@dataclass(frozen=True, slots=True)
class Move:
    """A change of a member's standing at an instant: what it `was`, what it is, and why.

    `by_event`: what was just counted brought it, rather than time.
    """

    was: Standing
    standing: Standing
    reason: Reason
    at: datetime
    by_event: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a member stands: their tier and until when, and what is missing to the next.

    `until` is empty for a tier without an end; `on` is the day that brings the next tier where time
    alone does. In the days of grace `keeps` is the tier that may
    still be kept until then, and `missing` what that takes. `coming` is what will count from a day
    on, soonest first. `held` are all tiers, the lower one until `lower_until`.
    """

    tier: Tier | None = None
    until: datetime | None = None
    following: Tier | None = None
    missing: Decimal = Decimal(0)
    keeps: Tier | None = None
    on: date | None = None
    coming: tuple[tuple[date, Decimal], ...] = ()
    held: tuple[Tier, ...] = ()
    lower_until: datetime | None = None


def counted(tiers: Tiers) -> str | None:
    """What has to be counted for the tiers; None where time alone gives them."""
    return _COUNTED.get(tiers.by) if tiers.levels else None


def base(tiers: Tiers) -> Tier | None:
    """The tier everybody has who has no other: the one reached by nothing."""
    return next((tier for tier in tiers.levels if tier.threshold == 0), None)


def highest(tiers: Tiers, *found: Tier | None) -> Tier | None:
    """The highest of some tiers, if there is one."""
    there = [tier for tier in found if tier]
    return max(there, key=lambda tier: tiers.rank(tier.code), default=None)


def qualified(
    programme: Programme,
    tallies: Tallies,
    joined_at: datetime,
    day: date,
    *,
    known: date | None = None,
    first: int | None = None,
) -> Decimal:
    """What counts towards a tier on a day, in the thresholds' unit.

    Over the programme's window, or since the day `first`; as is `known` on a day, where that is a
    later one.
    """
    tiers = programme.tiers
    if tiers.by == "tenure":
        return Decimal(months_between(_joined(programme, joined_at), day))
    begins = window(tiers.window, day)[0] if first is None else first
    total = tallies.total(_COUNTED[tiers.by], begins, day_number(day), day_number(known or day))
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


def follow(
    programme: Programme,
    standing: Standing,
    tallies: Tallies,
    joined_at: datetime,
    *,
    now: datetime,
    since: date | None = None,
    today: date | None = None,
) -> tuple[Move, ...]:
    """All that happens to a standing up to `now`: reviews that are due and upgrades, in order.

    `since`: something of that day is new, or begins to count that day; without it only today is
    looked at, and the days after a review that is late. `today` where the member is.
    """
    zone = programme.zone()
    today = today or now.astimezone(zone).date()
    due, first = standing.due_at(), since or today
    if due is not None and due <= now:
        first = min(first, due.astimezone(zone).date())
    moves: list[Move] = []
    for known in _days_of_news(programme, tallies, joined_at, first, today):
        until = min(local_midnight(known, zone), now)
        moves += _reviews(programme, standing, tallies, joined_at, until)
        standing = moves[-1].standing if moves else standing
        for day in _days_to_look_at(programme, standing, tallies, known):
            begins = local_midnight(day, zone)
            # A tier of a day gone by may have been looked at again since.
            moves += _reviews(programme, standing, tallies, joined_at, min(begins, now))
            standing = moves[-1].standing if moves else standing
            at = now if day >= today else begins
            move = rise(programme, standing, tallies, joined_at, at, day, max(day, known))
            moves += [move] if move else []
            standing = moves[-1].standing if moves else standing
    return (*moves, *_reviews(programme, standing, tallies, joined_at, now))


def rise(
    programme: Programme,
    standing: Standing,
    tallies: Tallies,
    joined_at: datetime,
    at: datetime,
    day: date,
    known: date,
) -> Move | None:
    """The upgrade that what counts on a day gives, at once; None without one."""
    tiers = programme.tiers
    target = reached(tiers, qualified(programme, tallies, joined_at, day, known=known))
    before = _code(standing.earned(tiers))
    if target is None or tiers.rank(target.code) <= tiers.rank(before):
        return None
    review_at = tiers.keeps.ends_at(local_midnight(day, programme.zone()), programme.zone())
    risen = replace(standing, tier=target.code, since_at=at, review_at=review_at, grace_until=None)
    return Move(standing, risen, "reached", at)


def review(
    programme: Programme, standing: Standing, tallies: Tallies, joined_at: datetime, now: datetime
) -> Move | None:
    """What becomes of a tier whose review is due; None where it is not.

    It is kept when what counts in the window that just ended reaches it; else there is a grace,
    whose days are added to that window; then it goes down.
    """
    tiers, due = programme.tiers, standing.review_at
    if due is None or due > now:
        return None
    held = tiers.level(standing.tier)
    if held is None:  # the programme has it no more
        gone = replace(standing, tier=None, since_at=due, review_at=None, grace_until=None)
        return Move(standing, gone, "lost", due)
    zone, last = programme.zone(), last_day(programme, due)
    first = _first_with_grace(programme, standing)
    supported = reached(tiers, qualified(programme, tallies, joined_at, last, first=first))
    if tiers.rank(_code(supported)) >= tiers.rank(held.code):
        kept = replace(standing, review_at=_again(programme, standing), grace_until=None)
        return Move(standing, kept, "kept", due)
    if tiers.grace_days and standing.grace_until is None:
        until = local_midnight(last + timedelta(days=tiers.grace_days + 1), zone)
        waiting = replace(standing, review_at=until, grace_until=until)
        return Move(standing, waiting, "grace", due)
    after = _lower(tiers, held.code, supported)
    lasting = after if after and after.threshold else None
    lowered = replace(
        standing,
        tier=_code(lasting),
        since_at=due,
        review_at=_again(programme, standing) if lasting else None,
        grace_until=None,
    )
    return Move(standing, lowered, "lost", due)


def without(
    programme: Programme,
    brought: Move,
    standing: Standing,
    tallies: Tallies,
    joined_at: datetime,
    now: datetime,
) -> Move | None:
    """What becomes of a tier when what brought it was taken back; None where it is reached still.

    The standing before it goes on from then as if it had never been there.
    """
    day = brought.at.astimezone(programme.zone()).date()
    back = replace(brought.was, paid_tier=standing.paid_tier, paid_until=standing.paid_until)
    for move in follow(programme, back, tallies, joined_at, now=now, since=day):
        back = move.standing
    tiers = programme.tiers
    if tiers.rank(_code(back.earned(tiers))) >= tiers.rank(_code(standing.earned(tiers))):
        return None
    return Move(standing, back, "refund", now)


def progress(
    programme: Programme, standing: Standing, tallies: Tallies, joined_at: datetime, now: datetime
) -> Progress:
    """Where a member stands at an instant, whether or not what was due has run."""
    for move in follow(programme, standing, tallies, joined_at, now=now):
        standing = move.standing
    found = _progress(programme, standing, tallies, joined_at, now)
    held = standing.held(programme.tiers, now)
    lower_paid = held and held[-1] is standing.paid(programme.tiers, now)
    return replace(
        found,
        coming=_coming(programme, tallies, now) if found.following or found.missing else (),
        held=held,
        lower_until=standing.paid_until if lower_paid else standing.review_at,
    )


def _coming(
    programme: Programme, tallies: Tallies, now: datetime
) -> tuple[tuple[date, Decimal], ...]:
    """What is pending still and will count, by the day from which it does."""
    what, today = _COUNTED.get(programme.tiers.by), now.astimezone(programme.zone()).date()
    if what is None:
        return ()
    digits = get_currency_precision(programme.shop.currency) if what == SPEND else 0
    coming = tallies.coming(what, today).items()
    return tuple((day, Decimal(amount).scaleb(-digits)) for day, amount in sorted(coming))


def _progress(
    programme: Programme, standing: Standing, tallies: Tallies, joined_at: datetime, now: datetime
) -> Progress:
    tiers, today = programme.tiers, now.astimezone(programme.zone()).date()
    current, paid = standing.current(tiers, now), standing.paid(tiers, now)
    if standing.grace_until is not None and current and current.code == standing.tier:
        first = _first_with_grace(programme, standing)
        amount = qualified(programme, tallies, joined_at, today, first=first)
        missing = max((current.threshold or Decimal(0)) - amount, Decimal(0))
        return Progress(current, standing.grace_until, None, missing, current)
    until = standing.paid_until if current is not None and current is paid else standing.review_at
    if current is not None and current is paid and current.code == standing.tier:
        until = _later(standing.paid_until, standing.review_at)
    after = following(tiers, _code(current))
    if after is None or after.threshold is None:
        return Progress(current, until)
    if tiers.by == "tenure":
        day = add_months(_joined(programme, joined_at), int(after.threshold))
        return Progress(current, until, after, on=day)
    amount = qualified(programme, tallies, joined_at, today)
    return Progress(current, until, after, max(after.threshold - amount, Decimal(0)))


def tenure_days(programme: Programme, joined_at: datetime) -> list[date]:
    """The days on which a member reaches tiers by being one for so long."""
    if programme.tiers.by != "tenure":
        return []
    joined = _joined(programme, joined_at)
    return [add_months(joined, int(t.threshold)) for t in programme.tiers.levels if t.threshold]


def merged(tiers: Tiers, kept: Standing, other: Standing) -> Standing:
    """One standing of two members' (S12): the higher tier, of equal ones the later review.

    Likewise of what was paid for, until the later end.
    """
    ours, theirs = tiers.rank(kept.tier), tiers.rank(other.tier)
    best = kept if ours >= theirs else other
    if ours == theirs and kept.tier and _later(kept.review_at, other.review_at) != kept.review_at:
        best = other
    paid = [each for each in (kept, other) if each.paid_tier]
    if not paid:
        return best
    dearest = max(paid, key=lambda each: tiers.rank(each.paid_tier))
    until = _later(paid[0].paid_until, paid[-1].paid_until)
    return replace(best, paid_tier=dearest.paid_tier, paid_until=until)


def months_between(first: date, day: date) -> int:
    """Whole months from one day to another; from the 31st one is over with a shorter month."""
    months = (day.year - first.year) * 12 + day.month - first.month
    return max(months - (add_months(first, months) > day), 0)


def _reviews(
    programme: Programme, standing: Standing, tallies: Tallies, joined_at: datetime, until: datetime
) -> list[Move]:
    """What is due up to an instant, one after the other, each as of its own."""
    moves: list[Move] = []
    while (due := standing.due_at()) is not None and due <= until:
        if due == standing.paid_until:
            over = replace(standing, paid_tier=None, paid_until=None)
            move = Move(standing, over, "paid_over", due)
        else:
            found = review(programme, standing, tallies, joined_at, due)
            assert found is not None  # noqa: S101 - it is due
            move = found
        moves.append(move)
        standing = move.standing
    return moves


def _days_of_news(
    programme: Programme, tallies: Tallies, joined_at: datetime, first: date, today: date
) -> list[date]:
    """The days on which more begins to count, and today."""
    days = {today}
    if programme.tiers.by == "tenure":
        days |= {day for day in tenure_days(programme, joined_at) if first <= day <= today}
    else:
        days |= tallies.known_on(_COUNTED[programme.tiers.by], first, today)
    return sorted(days)


def _days_to_look_at(
    programme: Programme, standing: Standing, tallies: Tallies, known: date
) -> list[date]:
    """The days on which what becomes known on a day may reach a tier.

    What came of a review is not undone by the days before it, but for the day it went by.
    """
    if not programme.tiers.levels:
        return []
    days = {known}
    if programme.tiers.by != "tenure":
        days |= set(tallies.days_touched(_COUNTED[programme.tiers.by], known))
    floor = last_day(programme, standing.since_at) if standing.since_at else date.min
    return sorted({max(day, floor) for day in days})


def _first_with_grace(programme: Programme, standing: Standing) -> int | None:
    """The first day that counts for a tier in its grace: that of the window that ended before."""
    if standing.grace_until is None:
        return None
    return window(programme.tiers.window, _window_ended(programme, standing.grace_until, True))[0]


def _window_ended(programme: Programme, due: datetime, graced: bool) -> date:
    grace = timedelta(days=programme.tiers.grace_days if graced else 0)
    return last_day(programme, due) - grace


def _again(programme: Programme, standing: Standing) -> datetime | None:
    """The review after one that is due: grace does not put off those to come."""
    due, zone, keeps = standing.review_at, programme.zone(), programme.tiers.keeps
    assert due is not None  # noqa: S101 - it is due
    ended = _window_ended(programme, due, standing.grace_until is not None)
    again = keeps.ends_at(local_midnight(ended, zone), zone)
    return again if again is None or again > due else keeps.ends_at(due, zone)


def _lower(tiers: Tiers, before: str | None, supported: Tier | None) -> Tier | None:
    if tiers.downgrade == "to_balance":
        return supported
    below = [t for t in tiers.levels[: tiers.rank(before)] if t.threshold is not None]
    return below[-1] if below else None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two ends; None is never."""
    return None if one is None or other is None else max(one, other)


def last_day(programme: Programme, at: datetime) -> date:
    """The last day of what ends at an instant, mostly the midnight after it."""
    return (at - _MOMENT).astimezone(programme.zone()).date()


def _joined(programme: Programme, joined_at: datetime) -> date:
    return joined_at.astimezone(programme.zone()).date()


def _code(tier: Tier | None) -> str | None:
    return tier.code if tier else None
