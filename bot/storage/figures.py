"""What campaigns have sent and what waits, for those who run the shop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.storage.database import Reader


@dataclass(frozen=True, slots=True)
class Figures:
    """How many were sent since an instant, and how many wait to be."""

    sent: int = 0
    waiting: int = 0


async def by_campaign(reader: Reader, since: datetime) -> dict[str, Figures]:
    """The figures of every campaign that has any."""
    rows = await reader.rows(
        "SELECT campaign, SUM(CASE WHEN state = 'taken' THEN 1 ELSE 0 END) AS sent, "
        "SUM(CASE WHEN state = 'planned' THEN 1 ELSE 0 END) AS waiting FROM occasion "
        "WHERE state = 'planned' OR (state = 'taken' AND taken_at > $1) GROUP BY campaign",
        since,
    )
    return {row["campaign"]: Figures(int(row["sent"]), int(row["waiting"])) for row in rows}
