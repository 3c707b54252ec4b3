"""What happened in a period, counted by the database in few reads of whole tables.

A period is two instants, the second one outside. Everything goes by when it happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.storage import lots
from bot.storage.database import Reader, Row, required_instant

#: Purchases that stand. `undo` takes one back whole, a refund counts it as given back.
_STANDING = (
    "(p.refunded_minor < p.amount_minor OR p.amount_minor = 0) AND NOT EXISTS "
    "(SELECT 1 FROM operation u WHERE u.undoes_id = p.operation_id)"
)
_NET = "p.amount_minor - p.discount_minor - p.refunded_minor"
#: What an entry does to its unit's figures; what fills a card or a voucher holds is spent.
_WHAT = """CASE WHEN kind = 'expire' THEN 'expired'
    WHEN kind = 'reverse' AND amount < 0 OR kind = 'adjust' AND amount < 0 THEN 'reversed'
    WHEN kind IN ('reserve', 'release', 'fill', 'restore', 'reverse')
        OR kind = 'present' AND amount < 0 THEN 'spent'
    ELSE 'earned' END"""


@dataclass(frozen=True, slots=True)
class Purchases:
    """How many purchases, and what was paid for them in the minor unit."""

    count: int = 0
    revenue: int = 0


@dataclass(frozen=True, slots=True)
class Movements:
    """What became of a unit in a period, and what is left of it at its end."""

    earned: int = 0
    spent: int = 0
    expired: int = 0
    reversed: int = 0
    outstanding: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """Lots of a unit whose time is over: how many, what was used of them, what expired."""

    lots: int
    used: int
    expired: int


async def _one(reader: Reader, sql: str, *values: object) -> Row:
    row = await reader.row(sql, *values)
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return row


async def members(reader: Reader, since: datetime, until: datetime) -> tuple[int, int]:
    """How many members there were at the end, and how many of them joined in the period."""
    row = await _one(
        reader,
        "SELECT COUNT(*) AS there, SUM(CASE WHEN joined_at >= $1 THEN 1 ELSE 0 END) AS new "
        "FROM member WHERE joined_at < $2 AND merged_into_id IS NULL AND erased_at IS NULL",
        since,
        until,
    )
    return int(row["there"]), int(row["new"] or 0)


async def purchases(
    reader: Reader, since: datetime, until: datetime
) -> tuple[Purchases, Purchases]:
    """The purchases that stand, of members and of others."""
    rows = await reader.rows(
        "SELECT CASE WHEN p.member_id IS NULL THEN 0 ELSE 1 END AS members, COUNT(*) AS found, "
        f"SUM({_NET}) AS revenue FROM purchase p WHERE p.occurred_at >= $1 "
        f"AND p.occurred_at < $2 AND {_STANDING} GROUP BY 1",
        since,
        until,
    )
    found = {row["members"]: Purchases(int(row["found"]), int(row["revenue"])) for row in rows}
    return found.get(1, Purchases()), found.get(0, Purchases())


async def visits(reader: Reader, since: datetime, until: datetime) -> tuple[int, int, int]:
    """How often members came, how many of them, and how many of those more than once.

    A stamping or a purchase is a visit.
    """
    row = await _one(
        reader,
        "SELECT COUNT(*) AS people, COALESCE(SUM(times), 0) AS visits, "
        "COALESCE(SUM(CASE WHEN times > 1 THEN 1 ELSE 0 END), 0) AS again FROM "
        "(SELECT member_id, COUNT(*) AS times FROM (SELECT p.member_id FROM purchase p "
        f"WHERE p.member_id IS NOT NULL AND p.occurred_at >= $1 AND p.occurred_at < $2 "
        f"AND {_STANDING} UNION ALL SELECT o.member_id FROM operation o WHERE o.kind = 'stamp' "
        "AND o.member_id IS NOT NULL AND o.created_at >= $1 AND o.created_at < $2 AND NOT EXISTS "
        "(SELECT 1 FROM operation u WHERE u.undoes_id = o.id)) v GROUP BY member_id) t",
        since,
        until,
    )
    return int(row["visits"]), int(row["people"]), int(row["again"])


async def movements(reader: Reader, since: datetime, until: datetime) -> dict[str, Movements]:
    """What became of each unit but what is given to causes; whether or not expiry has run."""
    rows = await reader.rows(
        f"SELECT unit, what, SUM(CASE WHEN occurred_at >= $1 THEN amount ELSE 0 END) AS amount, "
        f"SUM(amount) AS left_over FROM (SELECT unit, {_WHAT} AS what, amount, occurred_at "
        "FROM entry WHERE occurred_at < $2 AND kind <> 'merge') e "
        "WHERE unit NOT LIKE 'cause:%' GROUP BY unit, what",
        since,
        until,
    )
    rows += await reader.rows(
        f"SELECT unit, 'expired' AS what, SUM(CASE WHEN ends_at >= $1 THEN -remaining ELSE 0 END) "
        "AS amount, SUM(-remaining) AS left_over FROM "
        f"(SELECT l.unit, l.remaining, {lots.END} AS ends_at FROM {lots.LOTS} "
        "WHERE l.remaining > 0) t WHERE ends_at < $2 AND unit NOT LIKE 'cause:%' GROUP BY unit",
        since,
        until,
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        unit = found.setdefault(row["unit"], {})
        sign = 1 if row["what"] == "earned" else -1
        unit[row["what"]] = unit.get(row["what"], 0) + sign * int(row["amount"])
        unit["outstanding"] = unit.get("outstanding", 0) + int(row["left_over"])
    return {unit: Movements(**found[unit]) for unit in sorted(found)}


async def outstanding(reader: Reader, at: datetime) -> dict[str, int]:
    """What members can still use of each unit, and what waits for them, less what is owed."""
    rows = await reader.rows(
        f"SELECT unit, SUM(remaining) AS amount FROM (SELECT l.unit, l.remaining, {lots.END} "
        f"AS ends_at FROM {lots.LOTS} WHERE l.remaining > 0) t "
        "WHERE (ends_at IS NULL OR ends_at > $1) AND unit NOT LIKE 'cause:%' GROUP BY unit",
        at,
    )
    return {row["unit"]: int(row["amount"]) for row in rows}


async def ended(reader: Reader, at: datetime) -> dict[str, Ended]:
    """What became of lots whose time is over, by unit; not of what was reversed or moved."""
    over = (
        f"SELECT l.id, l.unit, l.remaining, {lots.END} AS ends_at FROM {lots.LOTS} "
        "WHERE l.ends_at IS NOT NULL OR l.idle"
    )
    rows = await reader.rows(
        f"SELECT unit, COUNT(*) AS lots, SUM(remaining) AS left_over FROM ({over}) t "
        "WHERE ends_at <= $1 GROUP BY unit",
        at,
    )
    taken = await reader.rows(
        "SELECT t.unit, SUM(CASE WHEN e.kind = 'expire' THEN a.amount ELSE 0 END) AS expired, "
        "SUM(CASE WHEN e.kind IN ('expire', 'merge') OR e.kind IN ('reverse', 'adjust') "
        "AND e.amount < 0 THEN 0 ELSE a.amount END) AS used "
        f"FROM ({over}) t JOIN allocation a ON a.lot_id = t.id JOIN entry e ON e.id = a.entry_id "
        "WHERE t.ends_at <= $1 GROUP BY t.unit",
        at,
    )
    used = {row["unit"]: (int(row["used"]), int(row["expired"])) for row in taken}
    return {
        row["unit"]: Ended(
            int(row["lots"]),
            used.get(row["unit"], (0, 0))[0],
            used.get(row["unit"], (0, 0))[1] + int(row["left_over"]),
        )
        for row in rows
    }


async def rewards_used(reader: Reader, since: datetime, until: datetime) -> dict[str, int]:
    """How many of each reward were used, and stayed so."""
    rows = await reader.rows(
        "SELECT reward, COUNT(*) AS used FROM voucher WHERE state = 'used' AND closed_at >= $1 "
        "AND closed_at < $2 AND restored_at IS NULL GROUP BY reward ORDER BY reward",
        since,
        until,
    )
    return {row["reward"]: int(row["used"]) for row in rows}


async def standings(reader: Reader, at: datetime) -> list[tuple[str | None, str | None, int]]:
    """How many members reached which tier, and paid for which."""
    rows = await reader.rows(
        "SELECT s.tier, CASE WHEN s.paid_until IS NULL OR s.paid_until > $1 THEN s.paid_tier END "
        "AS paid, COUNT(*) AS people FROM member m LEFT JOIN standing s ON s.member_id = m.id "
        "WHERE m.joined_at <= $1 AND m.merged_into_id IS NULL AND m.erased_at IS NULL "
        "GROUP BY 1, 2",
        at,
    )
    return [(row["tier"], row["paid"], int(row["people"])) for row in rows]


async def referrals(reader: Reader, since: datetime, until: datetime) -> tuple[int, int]:
    """How many friends came by invitation, and how many invitations were paid."""
    row = await _one(
        reader,
        "SELECT COALESCE(SUM(CASE WHEN created_at >= $1 AND created_at < $2 THEN 1 ELSE 0 END), 0) "
        "AS came, COALESCE(SUM(CASE WHEN state = 'paid' AND closed_at >= $1 AND closed_at < $2 "
        "THEN 1 ELSE 0 END), 0) AS paid FROM referral",
        since,
        until,
    )
    return int(row["came"]), int(row["paid"])


async def survey(reader: Reader, since: datetime, until: datetime) -> tuple[int, int]:
    """How many answered the survey, and the sum of their ratings."""
    row = await _one(
        reader,
        "SELECT COUNT(*) AS answers, COALESCE(SUM(rating), 0) AS rated FROM survey_answer "
        "WHERE answered_at >= $1 AND answered_at < $2",
        since,
        until,
    )
    return int(row["answers"]), int(row["rated"])


async def donations(reader: Reader, since: datetime, until: datetime) -> dict[str, int]:
    """What was given to each cause, in the minor unit."""
    rows = await reader.rows(
        "SELECT unit, SUM(amount) AS given FROM entry WHERE unit LIKE 'cause:%' "
        "AND occurred_at >= $1 AND occurred_at < $2 GROUP BY unit ORDER BY unit",
        since,
        until,
    )
    return {row["unit"].partition(":")[2]: int(row["given"]) for row in rows}


async def messages(reader: Reader, since: datetime, until: datetime) -> dict[str, int]:
    """How many messages of each campaign were sent."""
    rows = await reader.rows(
        "SELECT campaign, COUNT(*) AS sent FROM occasion WHERE state = 'taken' "
        "AND taken_at >= $1 AND taken_at < $2 GROUP BY campaign ORDER BY campaign",
        since,
        until,
    )
    return {row["campaign"]: int(row["sent"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Hour:
    """Visits in an hour, and the revenue of members and of others in the minor unit."""

    at: datetime
    visits: int
    members: int
    others: int


async def by_hour(reader: Reader, since: datetime, until: datetime) -> list[Hour]:
    """Visits and revenue by the hour; days begin at different hours in different zones."""
    hour = (
        "strftime('%Y-%m-%d %H:00:00+00:00', {})"
        if reader.dialect == "sqlite"
        else "date_trunc('hour', {})"
    )
    rows = await reader.rows(
        "SELECT at, SUM(visits) AS visits, SUM(members) AS members, SUM(others) AS others FROM "
        f"(SELECT {hour.format('p.occurred_at')} AS at, "
        "CASE WHEN p.member_id IS NULL THEN 0 ELSE 1 END AS visits, "
        f"CASE WHEN p.member_id IS NULL THEN 0 ELSE {_NET} END AS members, "
        f"CASE WHEN p.member_id IS NULL THEN {_NET} ELSE 0 END AS others "
        f"FROM purchase p WHERE p.occurred_at >= $1 AND p.occurred_at < $2 AND {_STANDING} "
        f"UNION ALL SELECT {hour.format('o.created_at')} AS at, 1, 0, 0 FROM operation o "
        "WHERE o.kind = 'stamp' AND o.member_id IS NOT NULL AND o.created_at >= $1 "
        "AND o.created_at < $2 AND NOT EXISTS (SELECT 1 FROM operation u "
        "WHERE u.undoes_id = o.id)) v GROUP BY at ORDER BY at",
        since,
        until,
    )
    return [
        Hour(
            required_instant(row["at"]), int(row["visits"]), int(row["members"]), int(row["others"])
        )
        for row in rows
    ]
