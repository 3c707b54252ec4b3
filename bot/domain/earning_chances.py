"""Rules that can never give, or not any more: dates, hours, limits and goals out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from bot.domain.problems import Path, Problem
from bot.domain.programme import Programme
from bot.domain.programme_earning import OF_PURCHASES, WEEKDAYS, Earn

#: The most days a challenge's time has.
_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}


def check(path: Path, rule: Earn, programme: Programme, today: date | None) -> Iterator[Problem]:
    """What keeps a rule from ever giving, and what it will not give again."""
    yield from _dates(path, rule, today)
    yield from _weekdays(path, rule)
    yield from _most(path, rule)
    yield from _goal(path, rule, programme)


def _dates(path: Path, rule: Earn, today: date | None) -> Iterator[Problem]:
    if rule.begins and rule.ends and rule.begins > rule.ends:
        yield Problem(
            (*path, "ends"),
            "error",
            f"it would end before it begins: write a day from {rule.begins} on",
            rival=(*path, "begins"),
        )
        return
    for n, day in enumerate(rule.dates):
        for key, outside in (
            ("begins", _before(day, rule.begins)),
            ("ends", _after(day, rule.ends)),
        ):
            if outside:
                yield Problem(
                    (*path, "dates", n),
                    "error",
                    f"{day} can never be: the rule {key} on {getattr(rule, key)}",
                    rival=(*path, key),
                )
    last = max(rule.dates, default=rule.ends)
    if today and last and min(last, rule.ends or last) < today:
        yield Problem(
            (*path, "dates" if rule.dates else "ends"),
            "warning",
            "these days are over: remove the rule, or write new ones",
        )


def _before(day: date, begins: date | None) -> bool:
    return begins is not None and day < begins


def _after(day: date, ends: date | None) -> bool:
    return ends is not None and day > ends


def _weekdays(path: Path, rule: Earn) -> Iterator[Problem]:
    """Days of the week that none of the rule's days is."""
    if not rule.weekdays:
        return
    key, days = "dates", set(rule.dates)
    if not days and rule.begins and rule.ends and rule.begins <= rule.ends:
        length = min((rule.ends - rule.begins).days + 1, 7)
        key, days = "ends", {rule.begins + timedelta(days=n) for n in range(length)}
    if days and not any(WEEKDAYS[day.weekday()] in rule.weekdays for day in days):
        yield Problem(
            (*path, "weekdays"),
            "error",
            "none of the rule's days is one of these: change one of the two",
            rival=(*path, key),
        )


def _most(path: Path, rule: Earn) -> Iterator[Problem]:
    by_money = rule.by_money or rule.multiply is not None
    if rule.most is not None and not by_money and rule.amount > rule.most:
        yield Problem(
            (*path, "most"),
            "error",
            f"it gives {rule.amount} at a time, which is more: write at least {rule.amount}",
            rival=(*path, "amount"),
        )


def _goal(path: Path, rule: Earn, programme: Programme) -> Iterator[Problem]:
    """A challenge for more visits than the limits at the till let anybody make in its time."""
    if rule.rule != "challenge" or rule.goal is None or rule.counts != "visits":
        return
    if any(other.rule in OF_PURCHASES for other in programme.earn):
        return  # a purchase is a visit too, and has no limit
    days = _DAYS[rule.within]
    if rule.begins and rule.ends:
        days = min(days, max((rule.ends - rule.begins).days + 1, 1))
    a_day, key = _visits_a_day(programme)
    if rule.goal > a_day * days:
        yield Problem(
            (*path, "goal"),
            "error",
            f"nobody can reach it: [limits] allow {a_day * days} visits in that time",
            rival=("limits", key),
        )


def _visits_a_day(programme: Programme) -> tuple[int, str]:
    """How many stampings of one member a day the limits allow, and which of them."""
    limits = programme.limits
    stamps = min(
        (int(rule.amount) for rule in programme.rules("visit", "stamps") if not rule.multiply),
        default=0,
    )
    by_stamps = limits.member_stamps_a_day // stamps if stamps else 1440
    by_time = 1 + 1439 // limits.minutes_between if limits.minutes_between else 1440
    if by_time < by_stamps:
        return by_time, "minutes_between"
    return by_stamps, "member_stamps_a_day"
