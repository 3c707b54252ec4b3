"""What a member wants of unasked messages (S28, S33a)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from bot.domain.members import Member
from bot.domain.programme import Programme

#: How many: all there are, at most a few a month, or only those that bring something.
Pace = Literal["all", "fewer", "gifts"]


@dataclass(frozen=True, slots=True)
class Preference:
    """A member's wishes: the channel (else the one used last), how many, none before a moment.

    `zone` is their own time zone; without it the home location's holds.
    """

    channel: str | None = None
    pace: Pace = "all"
    paused_until: datetime | None = None
    zone: str | None = None


def zone_of(member: Member, preference: Preference, programme: Programme) -> ZoneInfo:
    """The zone a member lives in: their own choice, else the home location's (S28)."""
    return ZoneInfo(preference.zone) if preference.zone else programme.zone(member.home_location)
