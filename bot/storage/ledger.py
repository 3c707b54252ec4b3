"""Ledger entries, lots and allocations: reading an account, writing its postings, proving it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bot.domain.ledger import (
    Account,
    Debt,
    EntryRef,
    Filled,
    Given,
    LedgerEntry,
    Lot,
    Take,
)
from bot.storage import members
from bot.storage.database import Reader, Row, Transaction, instant, marks, required_instant


def month_of(at: datetime) -> int:
    """The month (YYYYMM, UTC) an entry recorded at `at` belongs to."""
    utc = at.astimezone(UTC)
    return utc.year * 100 + utc.month


def _lot(row: Row) -> Lot:
    return Lot(
        id=row["id"],
        unit=row["unit"],
        amount=row["amount"],
        remaining=row["remaining"],
        rule=row["rule"],
        earned_at=required_instant(row["earned_at"]),
        ends_at=instant(row["ends_at"]),
        available_at=instant(row["available_at"]),
        idle=bool(row["idle"]),
        moves=bool(row["moves"]),
    )


#: Lots with the end that holds: of those that end without activity the member's deadline, where
#: it is earlier (S4).
LOTS = """(SELECT l.id, l.entry_id, l.entry_month, l.member_id, l.unit, l.amount, l.remaining,
    l.rule, l.earned_at, l.available_at, l.idle, l.moves,
    CASE WHEN l.idle AND d.ends_at IS NOT NULL AND (l.ends_at IS NULL OR d.ends_at < l.ends_at)
        THEN d.ends_at ELSE l.ends_at END AS ends_at
    FROM lot l LEFT JOIN activity d ON d.member_id = l.member_id AND d.unit = l.unit)"""


async def open_lots(reader: Reader, member_id: int, units: Sequence[str] = ()) -> list[Lot]:
    """A member's lots with something left, of some units or of all, in no promised order."""
    sql = f"SELECT * FROM {LOTS} AS lots WHERE member_id = $1 AND remaining > 0"
    if units:
        sql += f" AND unit IN ({marks(len(units), 2)})"
    return [_lot(row) for row in await reader.rows(sql, member_id, *units)]


async def open_account(
    tx: Transaction, member_id: int, units: Sequence[str] = (), also: Iterable[int] = ()
) -> Account:
    """A member's account, read under their lock; `also` are lots wanted though nothing is left."""
    lots = {lot.id: lot for lot in await open_lots(tx, member_id, units)}
    missing = sorted(set(also) - set(lots))
    if missing:
        found = await tx.rows(
            f"SELECT * FROM {LOTS} AS lots WHERE id IN ({marks(len(missing))})", *missing
        )
        lots |= {row["id"]: _lot(row) for row in found}
    debts = await tx.rows(
        "SELECT * FROM debt WHERE member_id = $1 AND remaining > 0 ORDER BY entry_id", member_id
    )
    return Account(
        lots.values(),
        [Debt(EntryRef(d["entry_id"], d["entry_month"]), d["unit"], d["remaining"]) for d in debts],
    )


async def owed(reader: Reader, member_id: int) -> dict[str, int]:
    """What the member owes per unit after reversals of what was spent."""
    rows = await reader.rows(
        "SELECT unit, SUM(remaining) AS owed FROM debt WHERE member_id = $1 AND remaining > 0 "
        "GROUP BY unit",
        member_id,
    )
    return {row["unit"]: int(row["owed"]) for row in rows}


async def write(
    tx: Transaction,
    account: Account,
    *,
    member_id: int,
    operation_id: int,
    programme_version: int | None,
    now: datetime,
) -> list[EntryRef]:
    """Append an account's postings; returns their entries in the same order."""
    month = month_of(now)
    stored: dict[int, int] = {}
    refs = []
    for posting in account.postings:
        row = await tx.row(
            "INSERT INTO entry (month, operation_id, member_id, unit, amount, kind, rules, "
            "programme_version_id, reverses_id, reverses_month, occurred_at, recorded_at) "
            f"VALUES ({marks(12)}) RETURNING id",
            month,
            operation_id,
            member_id,
            posting.unit,
            posting.amount,
            posting.kind,
            json.dumps(posting.rules),
            programme_version,
            posting.reverses.id if posting.reverses else None,
            posting.reverses.month if posting.reverses else None,
            posting.occurred_at,
            now,
        )
        assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
        entry = EntryRef(row["id"], month)
        refs.append(entry)
        if posting.opens:
            stored[posting.opens.id] = await _open_lot(tx, member_id, entry, posting.opens)
        await _allocate(tx, entry, posting.takes, stored)
        for settled in posting.settles:
            await _allocate(tx, settled.debt, (settled.take,), stored)
            await tx.execute(
                "UPDATE debt SET remaining = remaining - $1 WHERE entry_id = $2",
                settled.take.amount,
                settled.debt.id,
            )
        if posting.owed:
            await tx.execute(
                "INSERT INTO debt (entry_id, entry_month, member_id, unit, amount, remaining) "
                "VALUES ($1, $2, $3, $4, $5, $5)",
                entry.id,
                month,
                member_id,
                posting.unit,
                posting.owed,
            )
    await tx.execute_many(
        "UPDATE lot SET ends_at = $2, idle = $3, moves = $4 WHERE id = $1",
        [
            (stored.get(lot.id, lot.id), lot.ends_at, lot.idle, lot.moves)
            for lot in account.moved.values()
        ],
    )
    account.postings.clear()
    account.moved.clear()
    return refs


async def _open_lot(tx: Transaction, member_id: int, entry: EntryRef, lot: Lot) -> int:
    row = await tx.row(
        "INSERT INTO lot (entry_id, entry_month, member_id, unit, amount, remaining, rule, "
        "earned_at, ends_at, available_at, idle, moves) "
        "VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        entry.id,
        entry.month,
        member_id,
        lot.unit,
        lot.amount,
        lot.rule,
        lot.earned_at,
        lot.ends_at,
        lot.available_at,
        lot.idle,
        lot.moves,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    return int(row["id"])


async def _allocate(
    tx: Transaction, entry: EntryRef, takes: Sequence[Take], stored: dict[int, int]
) -> None:
    rows = [(stored.get(take.lot, take.lot), take.amount) for take in takes]
    await tx.execute_many(
        "INSERT INTO allocation (entry_id, entry_month, lot_id, amount) VALUES ($1, $2, $3, $4)",
        [(entry.id, entry.month, lot, amount) for lot, amount in rows],
    )
    await tx.execute_many("UPDATE lot SET remaining = remaining - $2 WHERE id = $1", rows)


async def takes_of(reader: Reader, entry: EntryRef) -> tuple[Take, ...]:
    """What an entry took from which lots."""
    rows = await reader.rows(
        "SELECT lot_id, amount FROM allocation WHERE entry_id = $1 ORDER BY id", entry.id
    )
    return tuple(Take(row["lot_id"], row["amount"]) for row in rows)


async def unit_of(reader: Reader, entry: EntryRef) -> str:
    """The unit an entry counts in."""
    row = await reader.row("SELECT unit FROM entry WHERE id = $1", entry.id)
    if row is None:
        raise LookupError(f"no entry {entry.id}")
    return str(row["unit"])


async def given_by(reader: Reader, operation_id: int) -> list[Given]:
    """What an operation's earning entries gave, with the part that has expired since."""
    rows = await reader.rows(
        "SELECT e.id, e.month, e.unit, e.amount, l.id AS lot, COALESCE((SELECT SUM(a.amount) "
        "FROM allocation a JOIN entry x ON x.id = a.entry_id "
        "WHERE a.lot_id = l.id AND x.kind = 'expire'), 0) AS expired "
        "FROM entry e JOIN lot l ON l.entry_id = e.id "
        "WHERE e.operation_id = $1 AND e.kind IN ('earn', 'takeover', 'opening') ORDER BY e.id",
        operation_id,
    )
    return [
        Given(
            EntryRef(row["id"], row["month"]),
            row["unit"],
            row["amount"],
            row["lot"],
            int(row["expired"]),
        )
        for row in rows
    ]


async def moved_away(reader: Reader, operation_id: int, member_id: int) -> bool:
    """Whether what an operation gave was another's than this member's: they were merged since."""
    return bool(
        await reader.row(
            "SELECT 1 FROM entry WHERE operation_id = $1 AND member_id <> $2",
            operation_id,
            member_id,
        )
    )


async def unused_fills(reader: Reader, member_id: int, unit: str) -> list[Filled]:
    """A member's filled cards whose reward is still whole, newest first (S7).

    A card that was turned back is none of them: its reward was taken.
    """
    rows = await reader.rows(
        "SELECT e.id, e.month, e.operation_id, r.id AS reward_entry, r.month AS reward_month, "
        "l.id AS lot FROM entry e JOIN entry r ON r.operation_id = e.operation_id AND r.id = "
        "(SELECT MIN(n.id) FROM entry n WHERE n.operation_id = e.operation_id AND n.id > e.id "
        "AND n.kind = 'reward') JOIN lot l ON l.entry_id = r.id AND l.remaining = l.amount "
        "WHERE e.member_id = $1 AND e.unit = $2 AND e.kind = 'fill' ORDER BY e.id DESC",
        member_id,
        unit,
    )
    return [
        Filled(
            EntryRef(row["id"], row["month"]),
            await takes_of(reader, EntryRef(row["id"], row["month"])),
            EntryRef(row["reward_entry"], row["reward_month"]),
            row["lot"],
        )
        for row in rows
    ]


async def history(reader: Reader, member_id: int, limit: int, offset: int) -> list[LedgerEntry]:
    """A page of a member's entries, newest first, with those of whoever was merged into them.

    That something moved from one of them to the other says nothing to its owner.
    """
    family = await members.family(reader, member_id)
    rows = await reader.rows(
        f"SELECT * FROM entry WHERE member_id IN ({marks(len(family))}) AND kind <> 'merge' "
        f"ORDER BY id DESC LIMIT {int(limit)} OFFSET {int(offset)}",
        *family,
    )
    return [
        LedgerEntry(
            ref=EntryRef(row["id"], row["month"]),
            operation_id=row["operation_id"],
            unit=row["unit"],
            amount=row["amount"],
            kind=row["kind"],
            rules=tuple((rule, share) for rule, share in json.loads(row["rules"])),
            occurred_at=required_instant(row["occurred_at"]),
        )
        for row in rows
    ]


async def members_with_ended_lots(reader: Reader, now: datetime, limit: int) -> list[int]:
    """Members who have something left in a lot that has ended, of the `limit` that ended first."""
    rows = await reader.rows(
        # Not DISTINCT: for that SQLite would go through all open lots, to have them by member.
        "SELECT member_id FROM lot WHERE remaining > 0 AND ends_at <= $1 "
        f"ORDER BY ends_at LIMIT {int(limit)}",
        now,
    )
    return list(dict.fromkeys(row["member_id"] for row in rows))


async def units_held(reader: Reader) -> list[str]:
    """The units of which any member has something left."""
    rows = await reader.rows("SELECT DISTINCT unit FROM lot WHERE remaining > 0 ORDER BY unit")
    return [row["unit"] for row in rows]


async def earned_between(
    reader: Reader, family: Sequence[int], since: datetime, until: datetime
) -> dict[str, int]:
    """What members earned or were given of each unit in a period, less what was undone in it."""
    rows = await reader.rows(
        f"SELECT unit, SUM(amount) AS earned FROM entry WHERE member_id IN ({marks(len(family))}) "
        f"AND occurred_at >= ${len(family) + 1} AND occurred_at < ${len(family) + 2} "
        "AND (kind IN ('earn', 'takeover', 'gift') OR kind = 'reverse' AND amount < 0) "
        "GROUP BY unit ORDER BY unit",
        *family,
        since,
        until,
    )
    return {row["unit"]: int(row["earned"]) for row in rows}
