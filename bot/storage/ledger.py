"""Ledger entries, lots and allocations: reading an account, writing its postings, proving it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.domain.ledger import (
    Account,
    Debt,
    EntryRef,
    Filled,
    Given,
    LedgerEntry,
    Lot,
    Posting,
    Take,
)
from bot.storage import lots, members
from bot.storage.database import Reader, Transaction, marks, required_instant


def month_of(at: datetime) -> int:
    """The month (YYYYMM, UTC) an entry recorded at `at` belongs to."""
    utc = at.astimezone(UTC)
    return utc.year * 100 + utc.month


async def open_account(
    reader: Reader,
    member_id: int,
    units: Sequence[str] = (),
    also: Iterable[int] = (),
    *,
    enough: int | None = None,
    at: datetime | None = None,
) -> Account:
    """A member's account, read under their lock; `also` are lots wanted though nothing is left.

    With `enough` of one unit `at` an instant it holds only the lots which a debit of so much takes,
    besides what is owed: of many lots few are read, and none to give or to put back.
    """
    owing = await _debts(reader, member_id)
    if enough is not None and at is not None and len(units) == 1:
        owed_too = enough + sum(debt.remaining for debt in owing if debt.unit == units[0])
        found = await lots.to_take(reader, member_id, units[0], owed_too, at) if enough else []
    else:
        found = await lots.open_lots(reader, member_id, units)
    by_id = {lot.id: lot for lot in found}
    missing = sorted(set(also) - set(by_id))
    if missing:
        by_id |= {lot.id: lot for lot in await lots.by_ids(reader, missing)}
    return Account(by_id.values(), owing)


async def _debts(reader: Reader, member_id: int) -> list[Debt]:
    rows = await reader.rows(
        "SELECT * FROM debt WHERE member_id = $1 AND remaining > 0 ORDER BY entry_id", member_id
    )
    return [
        Debt(EntryRef(row["entry_id"], row["entry_month"]), row["unit"], row["remaining"])
        for row in rows
    ]


async def owed(reader: Reader, member_id: int) -> dict[str, int]:
    """What the member owes per unit after reversals of what was spent."""
    rows = await reader.rows(
        "SELECT unit, SUM(remaining) AS owed FROM debt WHERE member_id = $1 AND remaining > 0 "
        "GROUP BY unit",
        member_id,
    )
    return {row["unit"]: int(row["owed"]) for row in rows}


#: The columns of an entry and of a lot, as their values come.
ENTRY = (
    "month, operation_id, member_id, unit, amount, kind, rules, programme_version_id, "
    "reverses_id, reverses_month, occurred_at, recorded_at"
)
LOT = (
    "entry_id, entry_month, member_id, unit, amount, rule, earned_at, ends_at, available_at, "
    "idle, moves"
)


def entry_values(
    posting: Posting,
    month: int,
    operation_id: int,
    member_id: int,
    programme_version: int | None,
    now: datetime,
) -> tuple[Any, ...]:
    """A posting as an entry's values."""
    return (
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


def lot_values(entry: EntryRef, member_id: int, lot: Lot) -> tuple[Any, ...]:
    """A lot's values, but for what is left of it."""
    return (
        entry.id,
        entry.month,
        member_id,
        lot.unit,
        lot.amount,
        lot.rule,
        lot.earned_at,
        lot.own_end,
        lot.available_at,
        lot.idle,
        lot.moves,
    )


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
            f"INSERT INTO entry ({ENTRY}) VALUES ({marks(12)}) RETURNING id",
            *entry_values(posting, month, operation_id, member_id, programme_version, now),
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
    await write_ends(tx, account, stored)
    account.postings.clear()
    return refs


async def write_ends(
    tx: Transaction, account: Account, stored: Mapping[int, int] | None = None
) -> None:
    """Keep the ends that were moved; `stored` are the numbers of lots just opened."""
    numbers = stored or {}
    await tx.execute_many(
        "UPDATE lot SET ends_at = $2, idle = $3, moves = $4 WHERE id = $1",
        [
            (numbers.get(lot.id, lot.id), lot.own_end, lot.idle, lot.moves)
            for lot in account.moved.values()
        ],
    )
    account.moved.clear()


async def _open_lot(tx: Transaction, member_id: int, entry: EntryRef, lot: Lot) -> int:
    row = await tx.row(
        f"INSERT INTO lot ({LOT}, remaining) VALUES ({marks(11)}, $5) RETURNING id",
        *lot_values(entry, member_id, lot),
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


async def unused_fills(reader: Reader, member_id: int, given: Given, at: datetime) -> list[Filled]:
    """The filled cards that may be turned back to take back what was given (S7), newest first.

    Their reward is still whole, and there is a stamp on each that can be taken: those with a stamp
    that was given go before others, and no more are needed than there are to be taken.
    """
    rows = await reader.rows(
        # From the rewards that are left: of a long history few are.
        "SELECT e.id, e.month, r.id AS reward_entry, r.month AS reward_month, w.id AS lot "
        "FROM lot w JOIN entry r ON r.id = w.entry_id AND r.kind = 'reward' "
        "JOIN entry e ON e.operation_id = r.operation_id AND e.id = "
        "(SELECT MAX(n.id) FROM entry n WHERE n.operation_id = r.operation_id AND n.id < r.id "
        "AND n.kind = 'fill') WHERE w.member_id = $1 AND w.rule = 'card' AND w.remaining > 0 "
        "AND w.remaining = w.amount AND (w.ends_at IS NULL OR w.ends_at > $4) AND e.unit = $2 "
        "AND EXISTS (SELECT 1 FROM allocation a JOIN lot l ON l.id = a.lot_id "
        f"WHERE a.entry_id = e.id AND (l.id = $3 OR {lots.alive('$4')})) "
        "ORDER BY CASE WHEN EXISTS (SELECT 1 FROM allocation a WHERE a.entry_id = e.id "
        f"AND a.lot_id = $3) THEN 0 ELSE 1 END, e.id DESC LIMIT {int(given.amount)}",
        member_id,
        given.unit,
        given.lot,
        at,
    )
    takes = await _takes_of_all(reader, [row["id"] for row in rows])
    return [
        Filled(
            EntryRef(row["id"], row["month"]),
            takes[row["id"]],
            EntryRef(row["reward_entry"], row["reward_month"]),
            row["lot"],
        )
        for row in sorted(rows, key=lambda row: -row["id"])
    ]


async def _takes_of_all(reader: Reader, entries: Sequence[int]) -> dict[int, tuple[Take, ...]]:
    if not entries:
        return {}
    rows = await reader.rows(
        "SELECT entry_id, lot_id, amount FROM allocation "
        f"WHERE entry_id IN ({marks(len(entries))}) ORDER BY id",
        *entries,
    )
    found: dict[int, tuple[Take, ...]] = dict.fromkeys(entries, ())
    for row in rows:
        found[row["entry_id"]] += (Take(row["lot_id"], row["amount"]),)
    return found


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
