"""The days campaigns count in: the member's for hours and birthdays, the shop's for what happened.

A visit, a purchase or joining happened on the shop's day, so that a member who moves to another
zone has no second occasion of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.expiry import local_midnight
from bot.domain.programme import Programme
from bot.services.campaigns import Case, Scene

#: How long most messages make sense once they are due (S26).
LASTS = timedelta(hours=72)
#: Before anything happened here.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Due:
    """A local day on which something is due: from when, and until when it makes sense."""

    day: date
    at: datetime
    ends_at: datetime


def due_days(scene: Scene, clock: time, lasts: timedelta = LASTS) -> Iterator[Due]:
    """The local days whose message still makes sense, today first: after downtime, those before."""
    for back in range(lasts.days + 2):
        day = scene.today - timedelta(days=back)
        at = scene.at(day, clock)
        if at + lasts > scene.now:
            yield Due(day, at, at + lasts)


def shop_day(
    programme: Programme, first: date, last: date | None = None
) -> tuple[datetime, datetime]:
    """The instants at which a day, or the days up to `last`, begins and ends in the shop."""
    zone = programme.zone()
    return (
        local_midnight(first, zone),
        local_midnight((last or first) + timedelta(days=1), zone),
    )


def shop_date(programme: Programme, at: datetime) -> date:
    """The day an instant belongs to in the shop."""
    return at.astimezone(programme.zone()).date()


def local_date(case: Case) -> date:
    """The day it is where the member is."""
    return case.now.astimezone(case.zone).date()
