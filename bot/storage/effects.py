"""Who came after an unasked message, and who came without one (S34)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.storage.database import Reader


@dataclass(frozen=True, slots=True)
class Counted:
    """People of one variant, sent to or held out: how many, and how many of them came.

    `over`: the time in which a visit counts has passed for them.
    """

    variant: str
    held_out: bool
    over: bool
    people: int
    came: int


#: Members who were merged away, each with the one that was kept in the end. Worked out once:
#: PostgreSQL would follow the chains anew for every occasion.
_MERGED = """\
up (id, root) AS (
    SELECT id, merged_into_id FROM member WHERE merged_into_id IS NOT NULL
    UNION ALL
    SELECT up.id, kept.merged_into_id FROM up JOIN member kept ON kept.id = up.root
    WHERE kept.merged_into_id IS NOT NULL
),
merged (id, root) AS MATERIALIZED (
    SELECT up.id, up.root FROM up JOIN member kept ON kept.id = up.root
    WHERE kept.merged_into_id IS NULL
)"""

#: Each person counts once, from their first message: those after it depend on what it did.
_FIRST = """\
told (id, person, variant, state, taken_at, until_at, number) AS (
    SELECT o.id, COALESCE(m.root, o.member_id), o.variant, o.state, o.taken_at, {until},
        ROW_NUMBER() OVER (
            PARTITION BY COALESCE(m.root, o.member_id) ORDER BY o.taken_at, o.id
        )
    FROM occasion o LEFT JOIN merged m ON m.id = o.member_id
    WHERE {scope} AND o.state IN ('taken', 'held_out') AND o.taken_at IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM outbox x WHERE x.id = o.outbox_id AND x.state IN ('failed', 'dropped')
    )
),
first AS (SELECT * FROM told WHERE number = 1)"""

#: Merging moves visits to the one that is kept. A purchase has a time of its own: one that is
#: claimed later was made before.
_CAME = """\
people (variant, state, until_at, came) AS (
    SELECT f.variant, f.state, f.until_at, CASE WHEN EXISTS (
        SELECT 1 FROM operation v WHERE v.member_id = f.person
        AND v.created_at > f.taken_at AND v.created_at <= f.until_at
        AND v.kind IN ('stamp', 'used')
        AND NOT EXISTS (SELECT 1 FROM operation u WHERE u.undoes_id = v.id)
    ) OR EXISTS (
        SELECT 1 FROM purchase p WHERE p.member_id = f.person
        AND p.occurred_at > f.taken_at AND p.occurred_at <= f.until_at
        AND NOT EXISTS (SELECT 1 FROM operation u WHERE u.undoes_id = p.operation_id)
    ) THEN 1 ELSE 0 END
    FROM first f
)"""


async def counted(
    reader: Reader, campaign: str, occurrence: str | None, days: int, now: datetime
) -> list[Counted]:
    """People a campaign was sent to or held out from, and who of them came within `days`.

    Without an `occurrence` it is all of them since somebody was first held out: what was sent when
    nobody was can't be compared.
    """
    scope, values = _scope(campaign, occurrence)
    rows = await reader.rows(
        f"WITH RECURSIVE {_MERGED},\n"
        f"{_FIRST.format(until=_days_after(reader, 'o.taken_at', days), scope=scope)},\n{_CAME}\n"
        "SELECT variant, state = 'held_out' AS held_out, until_at <= $1 AS over, "
        "COUNT(*) AS people, SUM(came) AS came FROM people GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        now,
        *values,
    )
    return [
        Counted(
            row["variant"],
            bool(row["held_out"]),
            bool(row["over"]),
            int(row["people"]),
            int(row["came"]),
        )
        for row in rows
    ]


def _scope(campaign: str, occurrence: str | None) -> tuple[str, tuple[str, ...]]:
    if occurrence is not None:
        return "o.campaign = $2 AND o.occurrence = $3", (campaign, occurrence)
    return (
        "o.campaign = $2 AND o.taken_at >= COALESCE((SELECT MIN(h.taken_at) FROM occasion h "
        "WHERE h.campaign = $3 AND h.state = 'held_out'), o.taken_at)",
        (campaign, campaign),
    )


def _days_after(reader: Reader, column: str, days: int) -> str:
    """An instant `days` of 24 hours after a column's, as SQL, in the form instants are kept in."""
    if reader.dialect == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '+{int(days)} days') || '000+00:00'"
    return f"{column} + INTERVAL '{int(days) * 24} hours'"
