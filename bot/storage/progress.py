"""What a member's operations counted, their tier and activity, and when to look at them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.person import Activity
from bot.domain.tallies import Count
from bot.domain.tiers import Move, Standing
from bot.storage.database import Reader, Row, Transaction, instant, marks, required_instant

#: What `add_counts`, `move`, `be_active`, `lapse` and `recheck` write, a row of values each.
TALLY = (
    "INSERT INTO tally (member_id, what, day, from_day, amount) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (member_id, what, day, from_day) "
    "DO UPDATE SET amount = tally.amount + excluded.amount"
)
STANDING = (
    "INSERT INTO standing (member_id, tier, since_at, review_at, grace_until, paid_tier, "
    "paid_until) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (member_id) DO UPDATE SET "
    "tier = excluded.tier, since_at = excluded.since_at, review_at = excluded.review_at, "
    "grace_until = excluded.grace_until, paid_tier = excluded.paid_tier, "
    "paid_until = excluded.paid_until"
)
CHANGE = (
    "member_id, operation_id, from_tier, to_tier, reason, changed_at, was_since_at, "
    "was_review_at, was_grace_until"
)
ACTIVITY = (
    "INSERT INTO activity (member_id, unit, last_at, ends_at, moved_month, idle_months) "
    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (member_id, unit) DO UPDATE SET "
    "last_at = excluded.last_at, ends_at = excluded.ends_at, "
    "moved_month = excluded.moved_month, idle_months = excluded.idle_months"
)
LAPSE = (
    "UPDATE lot SET idle = FALSE, moves = FALSE, ends_at = "
    "CASE WHEN ends_at < $3 THEN ends_at ELSE $3 END "
    "WHERE member_id = $1 AND unit = $2 AND idle"
)
RECHECK = "INSERT INTO recheck (member_id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING"


async def tallies(
    reader: Reader, member_id: int, whats: Collection[str], since_day: int
) -> list[Count]:
    """What counted since a day, by day, and what did before it added up as of day 0."""
    named = sorted(whats)
    if not named:
        return []
    rows = await reader.rows(
        "SELECT what, CASE WHEN day >= $2 THEN day ELSE 0 END AS since, from_day, "
        "SUM(amount) AS amount FROM tally WHERE member_id = $1 "
        f"AND what IN ({marks(len(named), 3)}) "
        "GROUP BY what, CASE WHEN day >= $2 THEN day ELSE 0 END, from_day",
        member_id,
        since_day,
        *named,
    )
    return [count_of(row) for row in rows]


def count_of(row: Row) -> Count:
    """What was counted, of a row that adds it up since a day."""
    return Count(row["what"], int(row["since"]), int(row["amount"]), int(row["from_day"]))


async def add_counts(
    tx: Transaction, member_id: int, operation_id: int, counts: Sequence[Count]
) -> None:
    """Append what an operation counted; the sums by day follow."""
    await tx.execute_many(
        "INSERT INTO tally_entry (operation_id, member_id, what, day, from_day, amount) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        [(operation_id, member_id, c.what, c.day, c.from_day, c.amount) for c in counts],
    )
    await tx.execute_many(
        TALLY,
        [(member_id, c.what, c.day, c.from_day, c.amount) for c in counts],
    )


async def all_counts(reader: Reader, member_id: int) -> list[Count]:
    """All that counts for a member, by what and day."""
    rows = await reader.rows(
        "SELECT * FROM tally WHERE member_id = $1 AND amount <> 0 ORDER BY what, day, from_day",
        member_id,
    )
    return [Count(r["what"], r["day"], r["amount"], r["from_day"]) for r in rows]


async def hand_over(tx: Transaction, other_id: int, kept_id: int) -> None:
    """Leave nothing to do for a member who is merged into another: that one is looked at."""
    await tx.execute("DELETE FROM standing WHERE member_id = $1", other_id)
    await tx.execute(
        "INSERT INTO recheck (member_id, at) SELECT CAST($1 AS BIGINT), at FROM recheck "
        "WHERE member_id = $2 ON CONFLICT DO NOTHING",
        kept_id,
        other_id,
    )
    await tx.execute("DELETE FROM recheck WHERE member_id = $1", other_id)


async def counted_by(reader: Reader, operation_ids: Sequence[int]) -> list[Count]:
    """What operations counted, added up by what and day."""
    rows = await reader.rows(
        "SELECT what, day, from_day, SUM(amount) AS amount FROM tally_entry "
        f"WHERE operation_id IN ({marks(len(operation_ids))}) "
        "GROUP BY what, day, from_day HAVING SUM(amount) <> 0 ORDER BY what, day",
        *operation_ids,
    )
    return [Count(r["what"], r["day"], int(r["amount"]), r["from_day"]) for r in rows]


async def standing(reader: Reader, member_id: int) -> Standing:
    """A member's tier, as it was last moved."""
    row = await reader.row("SELECT * FROM standing WHERE member_id = $1", member_id)
    return standing_of(row) if row else Standing()


def standing_of(row: Row) -> Standing:
    """A tier as it was read."""
    return Standing(
        row["tier"],
        instant(row["since_at"]),
        instant(row["review_at"]),
        instant(row["grace_until"]),
        row["paid_tier"],
        instant(row["paid_until"]),
    )


async def move(
    tx: Transaction, member_id: int, moved: Move, operation_id: int | None = None
) -> None:
    """Keep a member's new standing, and what moved it."""
    await tx.execute(STANDING, *standing_values(member_id, moved))
    await tx.execute(
        f"INSERT INTO tier_change ({CHANGE}) VALUES ({marks(9)})",
        *change_values(member_id, moved, operation_id),
    )


def standing_values(member_id: int, moved: Move) -> tuple[Any, ...]:
    """A new standing's values."""
    now = moved.standing
    return (
        member_id,
        now.tier,
        now.since_at,
        now.review_at,
        now.grace_until,
        now.paid_tier,
        now.paid_until,
    )


def change_values(member_id: int, moved: Move, operation_id: int | None) -> tuple[Any, ...]:
    """What moved a tier, as its values."""
    was, now = moved.was, moved.standing
    moves = (was.tier, now.tier, moved.reason, moved.at)
    return (member_id, operation_id, *moves, was.since_at, was.review_at, was.grace_until)


async def last_move(
    reader: Reader, member_id: int, standing: Standing
) -> tuple[Move, int | None] | None:
    """The last change of what a member reached, and the operation that brought it.

    `standing` is what came of it.
    """
    row = await reader.row(
        "SELECT * FROM tier_change WHERE member_id = $1 "
        "AND reason NOT IN ('paid', 'paid_over', 'paid_undone') ORDER BY id DESC LIMIT 1",
        member_id,
    )
    if row is None:
        return None
    was = Standing(
        row["from_tier"],
        instant(row["was_since_at"]),
        instant(row["was_review_at"]),
        instant(row["was_grace_until"]),
    )
    moved = Move(was, standing, row["reason"], required_instant(row["changed_at"]))
    return moved, row["operation_id"]


async def tier_reached(reader: Reader, member_id: int, at: datetime) -> str | None:
    """The tier a member had reached by an instant, as far as it is written down.

    By the newest of what had happened by then: what is done late is written as of its own instant.
    """
    row = await reader.row(
        "SELECT to_tier FROM tier_change WHERE member_id = $1 AND changed_at <= $2 "
        "ORDER BY id DESC LIMIT 1",
        member_id,
        at,
    )
    return row["to_tier"] if row else None


async def due_standings(reader: Reader, now: datetime, after: int, limit: int) -> list[int]:
    """The next members after a number whose tier or membership is to be looked at by `now`."""
    rows = await reader.rows(
        "SELECT member_id FROM standing WHERE review_at <= $1 AND member_id > $2 "
        "UNION SELECT member_id FROM standing WHERE paid_until <= $1 AND member_id > $2 "
        f"ORDER BY member_id LIMIT {int(limit)}",
        now,
        after,
    )
    return [row["member_id"] for row in rows]


async def activity(reader: Reader, member_id: int) -> dict[str, Activity]:
    """When a member was last active in each unit that ends by activity."""
    rows = await reader.rows("SELECT * FROM activity WHERE member_id = $1", member_id)
    return {row["unit"]: activity_of(row) for row in rows}


def activity_of(row: Row) -> Activity:
    """When somebody was last active in a unit, as it was read."""
    return Activity(
        required_instant(row["last_at"]),
        instant(row["ends_at"]),
        row["moved_month"],
        row["idle_months"],
    )


async def be_active(tx: Transaction, member_id: int, changed: Mapping[str, Activity]) -> None:
    """Keep a member's activity in the units that changed."""
    await tx.execute_many(
        ACTIVITY, [activity_values(member_id, unit, each) for unit, each in changed.items()]
    )


def activity_values(member_id: int, unit: str, activity: Activity) -> tuple[Any, ...]:
    """The values of a member's activity in a unit."""
    return (
        member_id,
        unit,
        activity.last_at,
        activity.ends_at,
        activity.moved_month,
        activity.idle_months,
    )


async def forget_activity(tx: Transaction, member_id: int) -> None:
    """Forget a member's activity, whose lots are another's now."""
    await tx.execute("DELETE FROM activity WHERE member_id = $1", member_id)


async def lapse(tx: Transaction, member_id: int, deadlines: Mapping[str, datetime]) -> None:
    """Let what ended at deadlines that are past have ended for good, used up or not (S4)."""
    await tx.execute_many(
        LAPSE, [(member_id, unit, ends_at) for unit, ends_at in deadlines.items()]
    )


async def any_activity(reader: Reader) -> bool:
    """Whether anything anybody has ends by activity."""
    return await reader.row("SELECT 1 FROM activity LIMIT 1") is not None


async def recheck(tx: Transaction, member_id: int, at: datetime) -> None:
    """Have a member looked at again at an instant."""
    await tx.execute(RECHECK, member_id, at)


async def first_recheck(reader: Reader, member_id: int, now: datetime) -> datetime | None:
    """Since when a member should have been looked at again, if so."""
    row = await reader.row(
        "SELECT MIN(at) AS at FROM recheck WHERE member_id = $1 AND at <= $2", member_id, now
    )
    return instant(row["at"]) if row else None


async def due_rechecks(reader: Reader, now: datetime, limit: int) -> list[int]:
    """Members to be looked at again, of the `limit` instants that came first."""
    rows = await reader.rows(
        f"SELECT member_id FROM recheck WHERE at <= $1 ORDER BY at LIMIT {int(limit)}", now
    )
    return list(dict.fromkeys(row["member_id"] for row in rows))


async def rechecks(reader: Reader, member_id: int, now: datetime) -> list[datetime]:
    """The instants at which a member should have been looked at again, soonest first."""
    rows = await reader.rows(
        "SELECT at FROM recheck WHERE member_id = $1 AND at <= $2 ORDER BY at", member_id, now
    )
    return [required_instant(row["at"]) for row in rows]


async def forget_rechecks(tx: Transaction, member_id: int, now: datetime) -> None:
    """A member was looked at again."""
    await tx.execute("DELETE FROM recheck WHERE member_id = $1 AND at <= $2", member_id, now)


async def lock_counters(tx: Transaction, names: Iterable[str]) -> dict[str, int]:
    """How much of each counter is used, locked until the transaction ends, in order of name.

    Comes after the members' locks.
    """
    wanted = sorted(set(names))
    if not wanted:
        return {}
    await tx.execute_many(
        "INSERT INTO counter (name, used) VALUES ($1, 0) ON CONFLICT DO NOTHING",
        [(name,) for name in wanted],
    )
    rows = await tx.rows(
        f"SELECT name, used FROM counter WHERE name IN ({marks(len(wanted))}) "
        f"ORDER BY name{tx.lock}",
        *wanted,
    )
    return {row["name"]: int(row["used"]) for row in rows}


async def used(reader: Reader, names: Iterable[str]) -> dict[str, int]:
    """How much of each counter is used, as it is now; nothing is locked."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    rows = await reader.rows(
        f"SELECT name, used FROM counter WHERE name IN ({marks(len(wanted))})", *wanted
    )
    found = {row["name"]: int(row["used"]) for row in rows}
    return {name: found.get(name, 0) for name in wanted}


async def count(tx: Transaction, name: str, amount: int = 1) -> None:
    """Use some of a locked counter, or give it back; what was used before it counted is not."""
    await tx.execute(
        "UPDATE counter SET used = CASE WHEN used + $1 < 0 THEN 0 ELSE used + $1 END "
        "WHERE name = $2",
        amount,
        name,
    )
