"""Who a campaign is for, as SQL that both databases understand: one function an audience.

Each gives rows of `member_id` and `mark`, what tells several occasions of one member apart (a lot,
a card's number), or an empty text. No time zones in SQL: days come in as instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Audience:
    """A SELECT of `member_id` and `mark`, its placeholders counted from $1."""

    sql: str
    values: tuple[Any, ...] = ()

    def shifted(self, by: int) -> str:
        """Its SQL with the placeholders counted from $1 + `by`, to stand within another."""
        text = self.sql
        for number in range(len(self.values), 0, -1):
            text = text.replace(f"${number}", f"${number + by}")
        return text
