"""Vouchers: reserved rewards, each closed once (S19)."""

from __future__ import annotations

import secrets
from datetime import datetime

from bot.domain.ledger import EntryRef, Take
from bot.domain.members import CODE_ALPHABET
from bot.domain.rewards import Voucher, VoucherState
from bot.storage.database import Reader, Row, Transaction, instant, required_instant
from bot.storage.models import VoucherRow

CODE_LENGTH = 6


def _voucher(row: Row) -> Voucher:
    return Voucher(
        id=row["id"],
        code=row["code"],
        member_id=row["member_id"],
        reward=row["reward"],
        entry=EntryRef(row["entry_id"], row["entry_month"]),
        state=row["state"],
        reserved_at=required_instant(row["reserved_at"]),
        ends_at=required_instant(row["ends_at"]),
        closed_at=instant(row["closed_at"]),
        worth_minor=row["worth_minor"],
        stocked=bool(row["stocked"]),
        present=row["present_hash"] is not None,
        purchase_operation_id=row["purchase_operation_id"],
        restored_at=instant(row["restored_at"]),
        friend_id=row["friend_id"],
    )


async def add(
    tx: Transaction,
    *,
    member_id: int,
    reward: str,
    programme_version: int,
    entry: EntryRef,
    now: datetime,
    ends_at: datetime,
    worth_minor: int | None = None,
    stocked: bool = False,
    present: str = "",
) -> Voucher:
    """A new voucher with a code of its own; a `present` has the one that its friend gets too."""
    code = await _free_code(tx)
    await VoucherRow.create(
        using_db=tx.client,
        code=code,
        member_id=member_id,
        reward=reward,
        programme_version_id=programme_version,
        entry_id=entry.id,
        entry_month=entry.month,
        state="reserved",
        reserved_at=now,
        ends_at=ends_at,
        worth_minor=worth_minor,
        stocked=stocked,
        present_hash=tx.vault.hash("present", present) if present else None,
    )
    found = await by_code(tx, code)
    assert found is not None  # noqa: S101 - it has just been inserted
    return found


async def _free_code(tx: Transaction) -> str:
    while True:
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        if await by_code(tx, code) is None:
            return code


async def by_code(reader: Reader, code: str) -> Voucher | None:
    """The voucher with this code, in any letter case."""
    row = await reader.row("SELECT * FROM voucher WHERE code = $1", code.upper())
    return _voucher(row) if row else None


async def by_present(reader: Reader, present: str) -> Voucher | None:
    """The present with this code, in any letter case."""
    row = await reader.row(
        "SELECT * FROM voucher WHERE present_hash = $1",
        reader.vault.hash("present", present.upper()),
    )
    return _voucher(row) if row else None


async def get(reader: Reader, voucher_id: int) -> Voucher | None:
    """The voucher with this number."""
    row = await reader.row("SELECT * FROM voucher WHERE id = $1", voucher_id)
    return _voucher(row) if row else None


async def lock(tx: Transaction, voucher_id: int) -> Voucher:
    """The voucher, locked; take the member's lock first."""
    row = await tx.row(f"SELECT * FROM voucher WHERE id = $1{tx.lock}", voucher_id)
    if row is None:
        raise LookupError(f"no voucher {voucher_id}")
    return _voucher(row)


async def close(
    tx: Transaction,
    voucher_id: int,
    state: VoucherState,
    *,
    at: datetime,
    staff_id: int | None = None,
    location: str | None = None,
    purchase_operation_id: int | None = None,
    friend_id: int | None = None,
    worth_minor: int | None = None,
) -> None:
    """End a reserved voucher; the caller holds its lock and has seen it reserved.

    `worth_minor` is what it came to, where that is known only now.
    """
    await tx.execute(
        "UPDATE voucher SET state = $1, closed_at = $2, staff_id = $3, location = $4, "
        "purchase_operation_id = $5, friend_id = $6, worth_minor = COALESCE($7, worth_minor) "
        "WHERE id = $8 AND state = 'reserved'",
        state,
        at,
        staff_id,
        location,
        purchase_operation_id,
        friend_id,
        worth_minor,
        voucher_id,
    )


async def restored(tx: Transaction, voucher_id: int, at: datetime) -> None:
    """Note that a used voucher's reward was given back; the caller holds its lock (S8)."""
    await tx.execute("UPDATE voucher SET restored_at = $1 WHERE id = $2", at, voucher_id)


async def used_on(reader: Reader, operation_id: int) -> list[Voucher]:
    """The vouchers used on a purchase that were not given back since."""
    rows = await reader.rows(
        "SELECT * FROM voucher WHERE purchase_operation_id = $1 AND restored_at IS NULL "
        "ORDER BY id",
        operation_id,
    )
    return [_voucher(row) for row in rows]


async def taken(reader: Reader, member_id: int, reward: str) -> int:
    """How many of a reward a member has had or reserved, and not given back."""
    row = await reader.row(
        "SELECT COUNT(*) AS taken FROM voucher WHERE member_id = $1 AND reward = $2 "
        "AND state IN ('reserved', 'used') AND restored_at IS NULL",
        member_id,
        reward,
    )
    return int(row["taken"]) if row else 0


async def held(reader: Reader, entry: EntryRef) -> tuple[Take, ...]:
    """What an entry still keeps of what it took from lots: less what was put back of it."""
    rows = await reader.rows(
        "SELECT a.lot_id, SUM(a.amount) AS amount FROM allocation a WHERE a.entry_id = $1 "
        "OR a.entry_id IN (SELECT e.id FROM entry e JOIN entry o ON o.id = $1 "
        "WHERE e.member_id = o.member_id AND e.id > o.id AND e.reverses_id = o.id) "
        "GROUP BY a.lot_id HAVING SUM(a.amount) > 0 ORDER BY a.lot_id",
        entry.id,
    )
    return tuple(Take(row["lot_id"], int(row["amount"])) for row in rows)


async def reserved(reader: Reader, member_id: int) -> list[Voucher]:
    """A member's vouchers that nobody has closed, oldest first."""
    rows = await reader.rows(
        "SELECT * FROM voucher WHERE member_id = $1 AND state = 'reserved' ORDER BY id", member_id
    )
    return [_voucher(row) for row in rows]


async def move(tx: Transaction, voucher_id: int, member_id: int, entry: EntryRef) -> None:
    """Make an open voucher another member's, who reserved its reward by this entry."""
    await tx.execute(
        "UPDATE voucher SET member_id = $1, entry_id = $2, entry_month = $3 WHERE id = $4",
        member_id,
        entry.id,
        entry.month,
        voucher_id,
    )


async def of_member(reader: Reader, member_id: int, limit: int) -> list[Voucher]:
    """A member's vouchers, newest first."""
    rows = await reader.rows(
        f"SELECT * FROM voucher WHERE member_id = $1 ORDER BY id DESC LIMIT {int(limit)}", member_id
    )
    return [_voucher(row) for row in rows]


async def ended(reader: Reader, now: datetime, limit: int) -> list[Voucher]:
    """Reserved vouchers whose time is over, oldest first."""
    rows = await reader.rows(
        "SELECT * FROM voucher WHERE state = 'reserved' AND ends_at <= $1 "
        f"ORDER BY ends_at LIMIT {int(limit)}",
        now,
    )
    return [_voucher(row) for row in rows]


async def taken_from_another(reader: Reader, voucher: Voucher) -> bool:
    """Whether its reward was another member's, who was merged into this one since it was used."""
    return bool(
        await reader.row(
            "SELECT 1 FROM entry WHERE id = $1 AND member_id <> $2",
            voucher.entry.id,
            voucher.member_id,
        )
    )


async def given_to(reader: Reader, cause: str) -> int:
    """What all members have given to a cause, by its unit, in minor units."""
    row = await reader.row(
        "SELECT COALESCE(SUM(remaining), 0) AS given FROM lot "
        "WHERE unit = $1 AND substr(unit, 1, 6) = 'cause:'",
        cause,
    )
    return int(row["given"]) if row else 0
