"""Lots: what members have, with the end that holds (S3, S4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.ledger import Heap, Lot
from bot.storage.database import Reader, Row, instant, marks, required_instant


def lot_of(row: Row) -> Lot:
    """A lot as it was read with its deadline."""
    return Lot(
        id=row["id"],
        unit=row["unit"],
        amount=row["amount"],
        remaining=row["remaining"],
        rule=row["rule"],
        earned_at=required_instant(row["earned_at"]),
        own_end=instant(row["ends_at"]),
        available_at=instant(row["available_at"]),
        idle=bool(row["idle"]),
        moves=bool(row["moves"]),
        deadline=instant(row["deadline"]),
    )


#: Lots `l` with their member's deadline `d`, which those have that end without activity (S4).
LOTS = "lot l LEFT JOIN activity d ON l.idle AND d.member_id = l.member_id AND d.unit = l.unit"
#: The end that holds, of a lot and deadline as above.
END = (
    "CASE WHEN d.ends_at IS NOT NULL AND (l.ends_at IS NULL OR d.ends_at < l.ends_at) "
    "THEN d.ends_at ELSE l.ends_at END"
)
#: What makes a lot of a row.
COLUMNS = (
    "l.id, l.unit, l.amount, l.remaining, l.rule, l.earned_at, l.ends_at, l.available_at, l.idle, "
    "l.moves, d.ends_at AS deadline"
)


def alive(at: str) -> str:
    """A condition that lots can be spent at an instant, given as a placeholder (S3)."""
    return (
        f"(l.ends_at IS NULL OR l.ends_at > {at}) "
        f"AND (l.available_at IS NULL OR l.available_at <= {at}) "
        # Asked for those alone that may end so: where nothing does it costs nothing.
        "AND NOT (l.idle AND EXISTS (SELECT 1 FROM activity x WHERE x.member_id = l.member_id "
        f"AND x.unit = l.unit AND x.ends_at <= {at}))"
    )


async def open_lots(reader: Reader, member_id: int, units: Sequence[str] = ()) -> list[Lot]:
    """A member's lots with something left, of some units or of all, in no promised order."""
    sql = f"SELECT {COLUMNS} FROM {LOTS} WHERE l.member_id = $1 AND l.remaining > 0"
    if units:
        sql += f" AND l.unit IN ({marks(len(units), 2)})"
    return [lot_of(row) for row in await reader.rows(sql, member_id, *units)]


async def by_ids(reader: Reader, ids: Sequence[int]) -> list[Lot]:
    """Lots by their numbers, also used up ones."""
    rows = await reader.rows(
        f"SELECT {COLUMNS} FROM {LOTS} WHERE l.id IN ({marks(len(ids))})", *ids
    )
    return [lot_of(row) for row in rows]


async def to_take(
    reader: Reader, member_id: int, unit: str, amount: int, at: datetime
) -> list[Lot]:
    """The lots from which a debit takes an amount, all there are where they are not enough."""
    rows = await reader.rows(
        f"SELECT * FROM (SELECT {COLUMNS}, SUM(l.remaining) OVER (ORDER BY "
        f"CASE WHEN {END} IS NULL THEN 1 ELSE 0 END, {END}, l.earned_at, l.id "
        f"ROWS UNBOUNDED PRECEDING) - l.remaining AS before FROM {LOTS} WHERE l.member_id = $1 "
        f"AND l.unit = $2 AND l.remaining > 0 AND l.earned_at <= $3 AND {alive('$3')}) t "
        "WHERE before < $4",
        member_id,
        unit,
        at,
        amount,
    )
    return [lot_of(row) for row in rows]


async def heaps(reader: Reader, member_id: int, at: datetime) -> list[Heap]:
    """What a member has that has not ended by an instant, added up by unit and end.

    Few, however many lots there are.
    """
    rows = await reader.rows(
        "SELECT unit, ends_at, available_at, SUM(remaining) AS amount FROM (SELECT l.unit, "
        f"{END} AS ends_at, l.remaining, "
        "CASE WHEN l.available_at > $2 THEN l.available_at END AS available_at "
        f"FROM {LOTS} WHERE l.member_id = $1 AND l.remaining > 0 AND l.earned_at <= $2) t "
        "WHERE ends_at IS NULL OR ends_at > $2 GROUP BY unit, ends_at, available_at "
        "ORDER BY CASE WHEN ends_at IS NULL THEN 1 ELSE 0 END, ends_at, unit",
        member_id,
        at,
    )
    return [
        Heap(row["unit"], int(row["amount"]), instant(row["ends_at"]), instant(row["available_at"]))
        for row in rows
    ]


async def came_due(reader: Reader, member_id: int, since: datetime, until: datetime) -> list[Lot]:
    """Lots with something left that can be spent from some instant of a period on, both ends in."""
    rows = await reader.rows(
        f"SELECT {COLUMNS} FROM {LOTS} WHERE l.member_id = $1 AND l.remaining > 0 "
        "AND l.available_at IS NOT NULL AND l.available_at >= $2 AND l.available_at <= $3",
        member_id,
        since,
        until,
    )
    return [lot_of(row) for row in rows]


async def ended(reader: Reader, member_id: int, now: datetime) -> list[Lot]:
    """Lots with something left that have ended; the member's past deadlines have lapsed."""
    rows = await reader.rows(
        f"SELECT {COLUMNS} FROM {LOTS} WHERE l.member_id = $1 AND l.remaining > 0 "
        "AND l.ends_at <= $2",
        member_id,
        now,
    )
    return [lot_of(row) for row in rows]


async def members_with_ended_lots(reader: Reader, now: datetime, limit: int) -> list[int]:
    """Members who have something left in a lot that has ended, of the `limit` that ended first.

    Besides those whose deadline of inactivity is past: what it ended is found by expiry itself.
    """
    rows = await reader.rows(
        # Not DISTINCT: for that SQLite would go through all open lots, to have them by member.
        "SELECT member_id FROM lot WHERE remaining > 0 AND ends_at <= $1 "
        f"ORDER BY ends_at LIMIT {int(limit)}",
        now,
    )
    rows += await reader.rows(
        f"SELECT member_id FROM activity WHERE ends_at <= $1 ORDER BY ends_at LIMIT {int(limit)}",
        now,
    )
    return list(dict.fromkeys(row["member_id"] for row in rows))


async def holders(reader: Reader, limit: int) -> list[int]:
    """Some members who have something left that is theirs to spend."""
    rows = await reader.rows(
        "SELECT member_id FROM lot WHERE remaining > 0 AND unit NOT LIKE 'cause:%' "
        f"ORDER BY member_id LIMIT {int(limit)}"
    )
    return list(dict.fromkeys(row["member_id"] for row in rows))


async def units_held(reader: Reader) -> list[str]:
    """The units of which any member has something left."""
    rows = await reader.rows("SELECT DISTINCT unit FROM lot WHERE remaining > 0 ORDER BY unit")
    return [row["unit"] for row in rows]
