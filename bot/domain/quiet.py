"""Quiet hours, by the clock on the member's wall (S28)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.campaign_rules import QuietHours

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def quiet_until(at: datetime, quiet: QuietHours, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours `at` falls into are over (UTC); None where it falls into none.

    An end the clocks skip is over where they land; an hour they repeat is quiet both times.
    """
    moment = start = at.astimezone(UTC)
    while _is_quiet(wall := moment.astimezone(zone).time(), quiet):
        end = moment + (_since_midnight(quiet.end) - _since_midnight(wall)) % _DAY
        # The clocks may change on the way: look at the wall again from there.
        moment = _change(moment.replace(microsecond=0), end, zone)
    return None if moment == start else moment


def _is_quiet(wall: time, quiet: QuietHours) -> bool:
    if quiet.start <= quiet.end:
        return quiet.start <= wall < quiet.end
    return wall >= quiet.start or wall < quiet.end


def _since_midnight(wall: time) -> timedelta:
    return timedelta(
        hours=wall.hour,
        minutes=wall.minute,
        seconds=wall.second,
        microseconds=wall.microsecond,
    )


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Where the clocks change between two whole seconds within a day, or the later of them."""
    before = low.astimezone(zone).utcoffset()
    if high.astimezone(zone).utcoffset() == before:
        return high
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
