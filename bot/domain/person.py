"""A member as the engine needs them, and when they were last active."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.domain.ledger import Account
from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.domain.programme_tiers import Tier
from bot.domain.tallies import Tallies
from bot.domain.tiers import Move, Standing


@dataclass(frozen=True, slots=True)
class Activity:
    """When a member was last active in a unit, and when what ends without activity is gone (S4).

    That is after `idle_months`, as the programme said then (S11). `moved_month` (YYYYMM, local) is
    the last month that moved ends on. Without an end nothing is left that would end so.
    """

    last_at: datetime
    ends_at: datetime | None = None
    moved_month: int = 0
    idle_months: int = 0


@dataclass
class Person:
    """A member as the engine needs them, read under their lock.

    The account holds the lots of the units that what happens may touch (`units_needed`). To be
    written besides its postings: activity in the units that `changed`, the deadlines that were past
    (`lapsed`), and the `moves` of their standing, which is `followed` up to a day.
    """

    member: Member
    account: Account
    standing: Standing = field(default_factory=Standing)
    tallies: Tallies = field(default_factory=Tallies)
    activity: dict[str, Activity] = field(default_factory=dict)
    bought: bool = False
    changed: set[str] = field(default_factory=set)
    lapsed: dict[str, datetime] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    followed: date | None = None

    def tier(self, programme: Programme, at: datetime) -> Tier | None:
        """Their tier at an instant."""
        return self.standing.current(programme.tiers, at)

    def move(self, moves: Iterable[Move]) -> None:
        """Change their standing."""
        for move in moves:
            self.standing = move.standing
            self.moves.append(move)

    def keep(self, unit: str, activity: Activity) -> None:
        """Note a unit's activity, to be written where it says something new."""
        was = self.activity.get(unit)
        self.activity[unit] = activity
        if was is None or _ends(was) != _ends(activity):
            self.changed.add(unit)


def _ends(activity: Activity) -> tuple[datetime | None, int, int]:
    return (activity.ends_at, activity.moved_month, activity.idle_months)
