"""One message to many, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.messages import Wording

State = Literal["draft", "running", "paused", "stopped", "done"]

#: The name of their campaign; the occurrence is the broadcast's number.
CAMPAIGN = "broadcast"


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One message to many, as an owner wrote it.

    `people` is how many it was counted for, `planned_through` the last member who was looked at,
    `planned_at` when all were. `staff_id` is who made it, unless it came from the command line.
    """

    id: int
    staff_id: int | None
    texts: Wording
    segment: str
    state: State
    reason: str | None
    people: int
    planned_through: int
    planned_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def key(self) -> str:
        """What it is halted as."""
        return f"{CAMPAIGN}:{self.id}"

    @property
    def open(self) -> bool:
        """Whether it was begun and is not over."""
        return self.state in ("running", "paused")


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of a broadcast's people; `why` counts the reasons of those not written to.

    `sent` are those whose message was taken or may have been, `waiting` those to come, of whom
    `put_off` counts the reasons of a delay.
    """

    sent: int
    on_the_way: int
    waiting: int
    why: Mapping[str, int]
    put_off: Mapping[str, int]

    @property
    def not_sent(self) -> int:
        """How many will not get it."""
        return sum(self.why.values())

    @property
    def over(self) -> int:
        """How many nothing more will become of, or just is."""
        return self.sent + self.on_the_way + self.not_sent
