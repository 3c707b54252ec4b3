"""Gifts of campaigns as operations: who has none yet for an occurrence, and what was given."""

from __future__ import annotations

from collections.abc import Sequence

from bot.storage.audiences import EACH
from bot.storage.database import Reader, Row, marks
from bot.storage.planning import THERE, Batch, Sql, in_zone


def key(campaign: str, occurrence: str, member_id: int) -> str:
    """The key of the operation that gives a member a campaign's gift, once an occurrence."""
    return f"gift:{campaign}:{occurrence}:{member_id}"


async def ungiven(reader: Reader, batch: Batch, after: int, limit: int) -> list[tuple[int, str]]:
    """The next members after a number who were not given anything for a batch, with their marks."""
    sql = Sql(list(batch.audience.values))
    taken = (
        f"{sql.put(f'gift:{batch.campaign}:{batch.occurrence}')} || a.mark || ':' "
        "|| CAST(a.member_id AS TEXT)"
    )
    conditions = [
        THERE,
        f"NOT EXISTS (SELECT 1 FROM operation o WHERE o.key = {taken} {EACH})",
        f"a.member_id > {sql.put(after)}",
    ]
    if batch.zone:
        conditions.append(in_zone(sql, batch.zone))
    rows = await reader.rows(
        f"SELECT a.member_id, a.mark FROM ({batch.audience.sql}) AS a "
        f"JOIN member m ON m.id = a.member_id WHERE {' AND '.join(conditions)} "
        f"ORDER BY a.member_id LIMIT {int(limit)}",
        *sql.values,
    )
    return [(row["member_id"], row["mark"]) for row in rows]


async def begun(reader: Reader, campaign: str, occurrence: str, member_ids: Sequence[int]) -> bool:
    """Whether one of these members was given it, even if that was undone since."""
    keys = [key(campaign, occurrence, member_id) for member_id in member_ids]
    row = await reader.row(
        f"SELECT 1 AS found FROM operation WHERE key IN ({marks(len(keys))})", *keys
    )
    return row is not None


async def given(
    reader: Reader, campaign: str, occurrence: str, member_ids: Sequence[int]
) -> Row | None:
    """The unit, amount and end of what one of these members was given and nobody undid."""
    keys = [key(campaign, occurrence, member_id) for member_id in dict.fromkeys(member_ids)]
    return await reader.row(
        "SELECT e.unit, e.amount, l.ends_at FROM operation o "
        "JOIN entry e ON e.operation_id = o.id AND e.kind = 'gift' "
        f"JOIN lot l ON l.entry_id = e.id WHERE o.key IN ({marks(len(keys))}) "
        "AND NOT EXISTS (SELECT 1 FROM operation u WHERE u.undoes_id = o.id)",
        *keys,
    )
