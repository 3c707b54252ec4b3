"""Audiences for campaign files: who is meant by what is true now, whenever it is asked.

The SQL is in `bot/storage/audiences.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.segments import Segment
from bot.services.campaigns import Scene
from bot.storage import audiences, segments
from bot.storage.audiences import (
    Audience,
    active_between,
    almost_enough_points,
    almost_full_cards,
    both,
    bought_between,
    ending,
    includes,
    joined_between,
    joined_in,
    last_here_between,
    never_invited,
    paid_until,
    reached_amount,
    reached_visits,
    waiting_rewards,
)

__all__ = [
    "Audience",
    "active_between",
    "almost_enough_points",
    "almost_full_cards",
    "birthdays",
    "both",
    "bought_between",
    "ending",
    "endings",
    "includes",
    "joined_between",
    "joined_in",
    "last_here_between",
    "memberships_ending",
    "never_invited",
    "of_segment",
    "paid_until",
    "reached_amount",
    "reached_visits",
    "waiting_rewards",
]


def birthdays(scene: Scene, days: Sequence[tuple[int, int]]) -> Audience:
    """Members born on one of these days, each a month and a day."""
    return audiences.birthdays(scene.reader, days)


async def first_joined(scene: Scene) -> datetime | None:
    """When the first member joined; None where there is nobody."""
    return await audiences.first_joined(scene.reader)


async def endings(scene: Scene, since: datetime, until: datetime) -> list[tuple[str, datetime]]:
    """What ends from `since` up to `until`: units, each with the instants at which lots end."""
    return await audiences.endings(scene.reader, since, until)


async def memberships_ending(scene: Scene, since: datetime, until: datetime) -> list[datetime]:
    """When paid memberships end, of those that do from `since` up to `until`."""
    return await audiences.memberships_ending(scene.reader, since, until)


def of_segment(scene: Scene, segment: Segment) -> Audience:
    """Members of a segment, as they are now."""
    return segments.audience(scene.reader, segment, scene.programme, scene.now)
