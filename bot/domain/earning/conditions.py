"""What a rule asks for before it gives: all of its conditions, and its limits (S13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from bot.domain.birthdays import LeapDay, kept_on
from bot.domain.earning.base import Event, Uses
from bot.domain.earning.basis import Basis, narrowed
from bot.domain.earning.rounding import near
from bot.domain.programme_earning import WEEKDAYS, Earn


@dataclass(frozen=True, slots=True)
class Case:
    """An event before a rule."""

    event: Event
    basis: Basis
    uses: Uses
    leap_day: LeapDay


def why_not(rule: Earn, case: Case) -> str | None:
    """The first of the reasons why a rule stays out of an event, in the order of `WHY`."""
    return next((why for why, stays_out in _REASONS if stays_out(rule, case)), None)


def night_of(rule: Earn, event: Event) -> date:
    """The day an event belongs to: hours across midnight are of the day they began on."""
    hours, local = rule.hours, event.local
    if hours and hours.end < hours.start and local.time() < hours.end:
        return local.date() - timedelta(days=1)
    return local.date()


def in_birthday(rule: Earn, event: Event, leap_day: LeapDay) -> bool:
    """Whether an event is within the rule's days from the member's birthday on."""
    if event.birthday is None or rule.birthday_days is None:
        return False
    # The last days of December may be in January.
    for year in (event.day.year, event.day.year - 1):
        since = (event.day - kept_on(year, event.birthday, leap_day)).days
        if 0 <= since < rule.birthday_days:
            return True
    return False


def _too_small(rule: Earn, case: Case) -> bool:
    return near(Fraction(case.basis.eligible)) < Fraction(rule.minimum)


def _without_items(rule: Earn, case: Case) -> bool:
    if not (rule.minimum_items or narrowed(rule)):
        return False
    return sum(i.quantity for i in case.basis.matching(rule)) < max(rule.minimum_items, 1)


def _other_weekday(rule: Earn, case: Case) -> bool:
    if not rule.weekdays:
        return False
    return WEEKDAYS[night_of(rule, case.event).weekday()] not in rule.weekdays


def _other_hours(rule: Earn, case: Case) -> bool:
    return rule.hours is not None and case.event.local.time() not in rule.hours


def _other_dates(rule: Earn, case: Case) -> bool:
    day = night_of(rule, case.event)
    if rule.dates and day not in rule.dates:
        return True
    return bool((rule.begins and day < rule.begins) or (rule.ends and day > rule.ends))


def _no_birthday(rule: Earn, case: Case) -> bool:
    return rule.birthday_days is not None and not in_birthday(rule, case.event, case.leap_day)


def _other_tier(rule: Earn, case: Case) -> bool:
    held = case.event.tiers or {case.event.tier}
    return bool(rule.tiers) and held.isdisjoint(rule.tiers)


def _used_up(most: int | None, used: int) -> bool:
    return most is not None and used >= most


_REASONS: tuple[tuple[str, Callable[[Earn, Case], bool]], ...] = (
    ("amount", _too_small),
    ("items", _without_items),
    ("location", lambda r, c: bool(r.locations) and c.event.location not in r.locations),
    ("weekday", _other_weekday),
    ("hours", _other_hours),
    ("dates", _other_dates),
    ("tier", _other_tier),
    ("tag", lambda r, c: bool(r.tags) and c.event.tags.isdisjoint(r.tags)),
    ("first", lambda r, c: r.first and not c.event.first),
    ("birthday", _no_birthday),
    ("per_day", lambda r, c: _used_up(r.per_day, c.uses.day)),
    ("per_member", lambda r, c: _used_up(r.per_member, c.uses.member)),
    ("total", lambda r, c: _used_up(r.total, c.uses.total)),
)
