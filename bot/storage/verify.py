"""Proving the ledger: every cached figure recomputed from entries and allocations (S1)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.storage.database import Reader

# Each asks for rows where what is stored differs from what the entries add up to.
_CHECKS = {
    "lot remaining": """
        SELECT l.member_id, l.unit, l.remaining AS stored,
            l.amount - COALESCE(SUM(a.amount), 0) AS computed
        FROM lot l LEFT JOIN allocation a ON a.lot_id = l.id
        GROUP BY l.id, l.member_id, l.unit, l.remaining, l.amount
        HAVING l.remaining <> l.amount - COALESCE(SUM(a.amount), 0)""",
    "lot opened by its entry": """
        SELECT l.member_id, l.unit, l.amount AS stored, e.amount AS computed
        FROM lot l JOIN entry e ON e.id = l.entry_id
        WHERE l.amount <> e.amount OR l.unit <> e.unit OR l.member_id <> e.member_id""",
    "entry bound to lots": """
        SELECT e.member_id, e.unit, e.amount AS stored,
            COALESCE(l.opened, 0) - COALESCE(a.taken, 0) - COALESCE(d.remaining, 0) AS computed
        FROM entry e
        LEFT JOIN (SELECT entry_id, SUM(amount) AS opened FROM lot GROUP BY entry_id) l
            ON l.entry_id = e.id
        LEFT JOIN (SELECT entry_id, SUM(amount) AS taken FROM allocation GROUP BY entry_id) a
            ON a.entry_id = e.id
        LEFT JOIN debt d ON d.entry_id = e.id
        WHERE e.amount <>
            COALESCE(l.opened, 0) - COALESCE(a.taken, 0) - COALESCE(d.remaining, 0)""",
    "balance": """
        SELECT b.member_id, b.unit, SUM(b.stored) AS stored, SUM(b.computed) AS computed FROM (
            SELECT member_id, unit, 0 AS stored, SUM(amount) AS computed
                FROM entry GROUP BY member_id, unit
            UNION ALL SELECT member_id, unit, SUM(remaining), 0
                FROM lot GROUP BY member_id, unit
            UNION ALL SELECT member_id, unit, -SUM(remaining), 0
                FROM debt GROUP BY member_id, unit) b
        GROUP BY b.member_id, b.unit HAVING SUM(b.stored) <> SUM(b.computed)""",
    "merged away": """
        SELECT m.id AS member_id, h.unit, SUM(h.remaining) AS stored, 0 AS computed
        FROM member m JOIN (
            SELECT member_id, unit, remaining FROM lot WHERE remaining > 0
            UNION ALL SELECT member_id, unit, remaining FROM debt WHERE remaining > 0) h
            ON h.member_id = m.id
        WHERE m.merged_into_id IS NOT NULL GROUP BY m.id, h.unit""",
    "counted of merged away": """
        SELECT m.id AS member_id, t.what AS unit, SUM(t.amount) AS stored, 0 AS computed
        FROM member m JOIN tally t ON t.member_id = m.id AND t.amount <> 0
        WHERE m.merged_into_id IS NOT NULL GROUP BY m.id, t.what""",
    "merged whole": """
        SELECT o.member_id, e.unit, 0 AS stored, SUM(e.amount) AS computed
        FROM entry e JOIN operation o ON o.id = e.operation_id WHERE e.kind = 'merge'
        GROUP BY e.operation_id, o.member_id, e.unit HAVING SUM(e.amount) <> 0""",
    "end by deadline": """
        SELECT l.member_id, l.unit, SUM(l.remaining) AS stored, 0 AS computed
        FROM lot l LEFT JOIN activity d ON d.member_id = l.member_id AND d.unit = l.unit
        WHERE l.idle AND l.remaining > 0 AND d.ends_at IS NULL GROUP BY l.member_id, l.unit""",
    "counted towards tiers and limits": """
        SELECT t.member_id, t.what AS unit, SUM(t.stored) AS stored, SUM(t.computed) AS computed
        FROM (SELECT member_id, what, day, from_day, amount AS stored, 0 AS computed FROM tally
            UNION ALL SELECT member_id, what, day, from_day, 0, amount FROM tally_entry) t
        GROUP BY t.member_id, t.what, t.day, t.from_day HAVING SUM(t.stored) <> SUM(t.computed)""",
    "given in all": """
        SELECT NULL AS member_id, c.name AS unit, c.used AS stored,
            COALESCE(SUM(t.amount), 0) AS computed
        FROM counter c LEFT JOIN tally_entry t ON t.what = c.name
        WHERE substr(c.name, 1, 5) = 'rule:'
        GROUP BY c.name, c.used HAVING c.used > COALESCE(SUM(t.amount), 0)""",
    "out of stock": """
        SELECT NULL AS member_id, c.name AS unit, c.used AS stored, COUNT(v.id) AS computed
        FROM counter c LEFT JOIN voucher v ON 'stock:' || v.reward = c.name AND v.stocked
            AND v.state IN ('reserved', 'used') AND v.restored_at IS NULL
        WHERE substr(c.name, 1, 6) = 'stock:' GROUP BY c.name, c.used
        HAVING c.used <> COUNT(v.id)""",
    "tier": """
        SELECT s.member_id, COALESCE(s.tier, s.paid_tier, '') AS unit, 1 AS stored, 0 AS computed
        FROM standing s JOIN member m ON m.id = s.member_id WHERE m.merged_into_id IS NOT NULL
            OR s.review_at <= s.since_at OR s.tier IS NOT NULL AND s.since_at IS NULL""",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored figure that the entries do not add up to; of nobody where all members share it."""

    check: str
    member_id: int | None
    unit: str
    stored: int
    computed: int


async def differences(reader: Reader) -> list[Difference]:
    """Every difference between what is stored and what the entries say; empty when it is right."""
    return [
        Difference(check, row["member_id"], row["unit"], int(row["stored"]), int(row["computed"]))
        for check, sql in _CHECKS.items()
        for row in await reader.rows(sql)
    ]


#: The names of the checks, for those who show how far they are.
CHECKS = tuple(_CHECKS)


async def differences_of(reader: Reader, check: str) -> list[Difference]:
    """The differences one of the checks finds."""
    return [
        Difference(check, row["member_id"], row["unit"], int(row["stored"]), int(row["computed"]))
        for row in await reader.rows(_CHECKS[check])
    ]


async def entry_count(reader: Reader) -> int:
    """How many entries the ledger holds."""
    row = await reader.row("SELECT COUNT(*) AS entries FROM entry")
    return int(row["entries"]) if row else 0
