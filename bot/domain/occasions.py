"""What is planned to be said unasked: candidates, and what was said before (S24–S26)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Outcome = Literal["planned", "deferred", "dropped", "held_out"]


@dataclass(frozen=True, slots=True)
class Occasion:
    """A reason to write to a member once: the campaign, and which occurrence of it.

    It is due at `due_at` and pointless from `ends_at`; both are instants in UTC. `reason` is why
    it was last put off.
    """

    id: int
    member_id: int
    campaign: str
    occurrence: str
    due_at: datetime
    ends_at: datetime
    attempts: int = 0
    reason: str | None = None

    @property
    def key(self) -> str:
        """The campaign and this occurrence of it, as halts name it: `broadcast:7`."""
        return f"{self.campaign}:{self.occurrence}"


@dataclass(frozen=True, slots=True)
class Said:
    """An unasked message that took its place: when, for which campaign and group, where."""

    at: datetime
    campaign: str
    group: str
    channel: str
