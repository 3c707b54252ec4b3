"""Vouchers: reserved rewards, each closed once (S19)."""

from __future__ import annotations

import secrets
from datetime import datetime

from bot.domain.ledger import EntryRef
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
) -> Voucher:
    """A new voucher with a code of its own."""
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
) -> None:
    """End a reserved voucher; the caller holds its lock and has seen it reserved."""
    await tx.execute(
        "UPDATE voucher SET state = $1, closed_at = $2, staff_id = $3, location = $4 "
        "WHERE id = $5 AND state = 'reserved'",
        state,
        at,
        staff_id,
        location,
        voucher_id,
    )


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
