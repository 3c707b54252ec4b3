"""What a member's operations counted, their tier and activity, and when to look at them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from bot.domain.engine import Activity
from bot.domain.tallies import Count
from bot.domain.tiers import Move, Standing
from bot.storage.database import Reader, Transaction, instant, marks, required_instant


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
    return [Count(r["what"], int(r["since"]), int(r["amount"]), int(r["from_day"])) for r in rows]


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
        "INSERT INTO tally (member_id, what, day, from_day, amount) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (member_id, what, day, from_day) "
        "DO UPDATE SET amount = tally.amount + excluded.amount",
        [(member_id, c.what, c.day, c.from_day, c.amount) for c in counts],
    )


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
    if row is None:
        return Standing()
    return Standing(
        row["tier"],
        instant(row["since_at"]),
        instant(row["review_at"]),
        instant(row["grace_until"]),
        row["paid_tier"],
        instant(row["paid_until"]),
    )


async def move(
    tx: Transaction, member_id: int, moved: Move, at: datetime, operation_id: int | None = None
) -> None:
    """Keep a member's new standing, and what moved it."""
    now = moved.standing
    await tx.execute(
        "INSERT INTO standing (member_id, tier, since_at, review_at, grace_until, paid_tier, "
        "paid_until) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (member_id) DO UPDATE SET "
        "tier = excluded.tier, since_at = excluded.since_at, review_at = excluded.review_at, "
        "grace_until = excluded.grace_until, paid_tier = excluded.paid_tier, "
        "paid_until = excluded.paid_until",
        member_id,
        now.tier,
        now.since_at,
        now.review_at,
        now.grace_until,
        now.paid_tier,
        now.paid_until,
    )
    await tx.execute(
        "INSERT INTO tier_change (member_id, operation_id, from_tier, to_tier, reason, changed_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        member_id,
        operation_id,
        moved.before,
        moved.after,
        moved.reason,
        at,
    )


async def activity(reader: Reader, member_id: int) -> dict[str, Activity]:
    """When a member was last active in each unit that ends by activity."""
    rows = await reader.rows("SELECT * FROM activity WHERE member_id = $1", member_id)
    return {
        row["unit"]: Activity(
            required_instant(row["last_at"]), instant(row["ends_at"]), row["moved_month"]
        )
        for row in rows
    }


async def be_active(tx: Transaction, member_id: int, changed: Mapping[str, Activity]) -> None:
    """Keep a member's activity in the units that changed."""
    await tx.execute_many(
        "INSERT INTO activity (member_id, unit, last_at, ends_at, moved_month) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (member_id, unit) DO UPDATE SET "
        "last_at = excluded.last_at, ends_at = excluded.ends_at, "
        "moved_month = excluded.moved_month",
        [(member_id, unit, a.last_at, a.ends_at, a.moved_month) for unit, a in changed.items()],
    )


async def recheck(tx: Transaction, member_id: int, at: datetime) -> None:
    """Have a member looked at again at an instant."""
    await tx.execute(
        "INSERT INTO recheck (member_id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", member_id, at
    )


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


async def count(tx: Transaction, name: str, amount: int = 1) -> None:
    """Use some of a locked counter, or give it back."""
    await tx.execute("UPDATE counter SET used = used + $1 WHERE name = $2", amount, name)
