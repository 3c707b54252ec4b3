"""Caps: how many unasked messages fit rolling windows, and when the next one does (S23)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.programme_values import Window, Windows

#: In days of 24 hours, whatever the clocks do.
DAYS: dict[Window, int] = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
#: What "fewer" adds to the programme's caps.
FEWER: Windows = {"month": 2}


def free_at(said: Iterable[datetime], windows: Windows, now: datetime) -> datetime | None:
    """The first instant from `now` at which one more fits every window; None is never (a 0).

    A window is half-open: what was said exactly a day ago is outside the day.
    """
    times = sorted(said)
    free = now
    for window, count in windows.items():
        if count == 0:
            return None
        if len(times) >= count:
            # One more fits once the last but `count` - 1 is out, and from then on.
            free = max(free, times[-count] + timedelta(days=DAYS[window]))
    return free
