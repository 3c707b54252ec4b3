"""The tiers a member had at instants gone by, for what an import brings of then (S13, S18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from bot.domain import tiers
from bot.domain.person import Person
from bot.domain.programme import Programme
from bot.domain.tiers import Standing
from bot.storage.memberships import Payment


@dataclass
class Ranks:
    """The tiers a member reached and paid for, as it was written down before an import.

    What the import reaches counts from then too: `replayed` is what it gave so far to somebody who
    stands elsewhere since, `seen` is until which day.
    """

    changes: Sequence[tuple[datetime, str | None]]
    payments: Sequence[Payment]
    replayed: Standing = field(default_factory=Standing)
    seen: date | None = None

    def at(self, programme: Programme, person: Person, at: datetime) -> Standing:
        """Where they stood at an instant, later each time, in whose programme there are tiers."""
        paid = [payment for payment in self.payments if payment.begins_at <= at]
        return replace(
            self._reached(programme, person, at),
            paid_tier=paid[-1].tier if paid else None,
            paid_until=paid[-1].ends_at if paid else None,
        )

    def _reached(self, programme: Programme, person: Person, at: datetime) -> Standing:
        if all(changed_at <= at for changed_at, _ in self.changes):
            return person.standing
        self._replay(programme, person, at)
        levels = programme.tiers
        then = [code for changed_at, code in self.changes if changed_at <= at]
        known = levels.level(then[-1]) if then else None
        both = tiers.highest(levels, known, levels.level(self.replayed.tier))
        return Standing(both.code if both else None)

    def _replay(self, programme: Programme, person: Person, at: datetime) -> None:
        today = at.astimezone(programme.zone()).date()
        moves = tiers.follow(
            programme,
            self.replayed,
            person.tallies,
            person.member.joined_at,
            now=at,
            since=self.seen or today,
        )
        self.seen = today
        for move in moves:
            self.replayed = move.standing
