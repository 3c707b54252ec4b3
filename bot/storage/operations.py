"""Operations: everything that changes the ledger, once per key (S9); purchases and claims."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.storage.database import Reader, Row, Transaction, marks, required_instant
from bot.storage.models import ClaimRow

#: The columns of a purchase, besides its operation, as their values come.
PURCHASE = (
    "member_id, amount_minor, currency, location, receipt, occurred_at, discount_minor, facts"
)
#: A purchase that was not taken back whole.
STANDS = "refunded_minor < amount_minor"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that was done, and what was answered to it."""

    id: int
    key: str
    kind: str
    member_id: int | None
    staff_id: int | None
    location: str | None
    answer: dict[str, Any]
    created_at: datetime
    about_id: int | None = None


def _operation(reader: Reader, row: Row) -> Operation:
    return Operation(
        id=row["id"],
        key=row["key"],
        kind=row["kind"],
        member_id=row["member_id"],
        staff_id=row["staff_id"],
        location=row["location"],
        answer=json.loads(reader.vault.open("operation.answer", row["answer_sealed"])),
        created_at=required_instant(row["created_at"]),
        about_id=row["about_id"],
    )


async def by_key(reader: Reader, key: str) -> Operation | None:
    """The operation that was done under this key, if it was."""
    row = await reader.row("SELECT * FROM operation WHERE key = $1", key)
    return _operation(reader, row) if row else None


async def begin(
    tx: Transaction,
    key: str,
    kind: str,
    *,
    now: datetime,
    member_id: int | None = None,
    staff_id: int | None = None,
    location: str | None = None,
    answer: dict[str, Any] | None = None,
    undoes_id: int | None = None,
    about_id: int | None = None,
) -> int | None:
    """Take the key; the operation's number, or None when the key was used before."""
    row = await tx.row(
        "INSERT INTO operation (key, kind, member_id, staff_id, location, undoes_id, "
        "about_id, answer_sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT DO NOTHING RETURNING id",
        key,
        kind,
        member_id,
        staff_id,
        location,
        undoes_id,
        about_id,
        tx.vault.seal("operation.answer", json.dumps(answer or {})),
        now,
    )
    return row["id"] if row else None


async def last_by_staff(reader: Reader, staff_id: int, kinds: tuple[str, ...]) -> Operation | None:
    """The newest operation of some kinds that a colleague did and nobody undid."""
    row = await reader.row(
        "SELECT o.* FROM operation o WHERE o.staff_id = $1 "
        f"AND o.kind IN ({marks(len(kinds), 2)}) AND NOT EXISTS "
        "(SELECT 1 FROM operation u WHERE u.undoes_id = o.id) "
        "ORDER BY o.created_at DESC, o.id DESC LIMIT 1",
        staff_id,
        *kinds,
    )
    return _operation(reader, row) if row else None


async def standing(reader: Reader, member_id: int, kind: str) -> Operation | None:
    """A member's newest operation of a kind that nobody undid."""
    row = await reader.row(
        "SELECT o.* FROM operation o WHERE o.member_id = $1 AND o.kind = $2 AND NOT EXISTS "
        "(SELECT 1 FROM operation u WHERE u.undoes_id = o.id) "
        "ORDER BY o.created_at DESC, o.id DESC LIMIT 1",
        member_id,
        kind,
    )
    return _operation(reader, row) if row else None


async def get(reader: Reader, operation_id: int) -> Operation | None:
    """The operation with this number."""
    row = await reader.row("SELECT * FROM operation WHERE id = $1", operation_id)
    return _operation(reader, row) if row else None


async def some(reader: Reader, operation_ids: Collection[int]) -> dict[int, Operation]:
    """The operations with these numbers, by number."""
    wanted = sorted(set(operation_ids))
    if not wanted:
        return {}
    rows = await reader.rows(f"SELECT * FROM operation WHERE id IN ({marks(len(wanted))})", *wanted)
    return {row["id"]: _operation(reader, row) for row in rows}


async def undone(reader: Reader, operation_id: int) -> bool:
    """Whether an operation was undone."""
    return bool(await reader.row("SELECT 1 FROM operation WHERE undoes_id = $1", operation_id))


async def standing_key(reader: Reader, key: str) -> str:
    """The key for something that counts once but may be done again after it was undone."""
    while (done := await by_key(reader, key)) and await undone(reader, done.id):
        # A tab: nobody types one as a part of a receipt's number.
        key = f"{key}\t{done.id}"
    return key


async def newest_of_key(reader: Reader, key: str) -> Operation | None:
    """What was done last under a key, or again under the one it had after it was undone."""
    found = None
    while done := await by_key(reader, key):
        found, key = done, f"{key}\t{done.id}"
    return found


async def stamps_since(
    reader: Reader, since: datetime, *, member_id: int | None = None, staff_id: int | None = None
) -> int:
    """Stamps given at the till since an instant, to a member or by a colleague.

    What an undo took back does not count; what it could not take back does.
    """
    column, value = ("member_id", member_id) if member_id else ("staff_id", staff_id)
    row = await reader.row(
        "SELECT COALESCE(SUM(e.amount + COALESCE((SELECT SUM(r.amount) FROM operation u "
        "JOIN entry r ON r.operation_id = u.id AND r.reverses_id = e.id "
        "WHERE u.undoes_id = o.id), 0)), 0) AS given FROM operation o "
        "JOIN entry e ON e.operation_id = o.id AND e.kind = 'earn' AND e.unit = 'stamps' "
        f"WHERE o.{column} = $1 AND o.kind IN ('stamp', 'sale') AND o.created_at >= $2",
        value,
        since,
    )
    return int(row["given"]) if row else 0


async def last_stamp_at(reader: Reader, member_id: int) -> datetime | None:
    """When a member was last stamped at the till, undone stampings aside.

    A sale is a stamping where purchases give stamps.
    """
    row = await reader.row(
        "SELECT o.created_at FROM operation o WHERE o.member_id = $1 AND (o.kind = 'stamp' "
        "OR o.kind = 'sale' AND EXISTS (SELECT 1 FROM entry e WHERE e.operation_id = o.id "
        "AND e.kind = 'earn' AND e.unit = 'stamps')) "
        "AND NOT EXISTS (SELECT 1 FROM operation u WHERE u.undoes_id = o.id) "
        "ORDER BY o.created_at DESC, o.id DESC LIMIT 1",
        member_id,
    )
    return required_instant(row["created_at"]) if row else None


async def add_purchase(
    tx: Transaction,
    operation_id: int,
    *,
    member_id: int | None,
    amount_minor: int,
    currency: str,
    location: str | None,
    receipt: str | None,
    occurred_at: datetime,
    discount_minor: int = 0,
    facts: str | None = None,
    items: Sequence[tuple[str, int, int | None]] = (),
) -> None:
    """Keep a purchase for figures and refunds, with its lines: product, how many, price."""
    row = await tx.row(
        f"INSERT INTO purchase (operation_id, {PURCHASE}) VALUES ({marks(9)}) RETURNING id",
        operation_id,
        member_id,
        amount_minor,
        currency,
        location,
        receipt,
        occurred_at,
        discount_minor,
        facts,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    await tx.execute_many(
        "INSERT INTO purchase_item (purchase_id, product, quantity, amount_minor) "
        "VALUES ($1, $2, $3, $4)",
        [(row["id"], *item) for item in items],
    )


async def items_of(reader: Reader, operation_id: int) -> list[tuple[str, int, int | None]]:
    """The lines of a purchase: product, how many, price in the minor unit where one was said."""
    rows = await reader.rows(
        "SELECT i.product, i.quantity, i.amount_minor FROM purchase_item i "
        "JOIN purchase p ON p.id = i.purchase_id WHERE p.operation_id = $1 ORDER BY i.product",
        operation_id,
    )
    return [(row["product"], row["quantity"], row["amount_minor"]) for row in rows]


async def has_bought(reader: Reader, member_id: int) -> bool:
    """Whether a member bought anything before that was not taken back whole."""
    row = await reader.row(
        f"SELECT 1 AS found FROM purchase WHERE member_id = $1 AND {STANDS} LIMIT 1",
        member_id,
    )
    return row is not None


async def keep_facts(tx: Transaction, operation_id: int, facts: str) -> None:
    """Keep what a purchase's earning went by, once somebody claims it."""
    await tx.execute("UPDATE purchase SET facts = $1 WHERE operation_id = $2", facts, operation_id)


async def add_claim(
    tx: Transaction,
    code: str,
    operation_id: int,
    *,
    amount_minor: int,
    location: str | None,
    staff_id: int,
    now: datetime,
    ends_at: datetime,
) -> None:
    """Keep a purchase without a card, to be claimed by the code on its receipt (S17)."""
    await ClaimRow.create(
        using_db=tx.client,
        code_hash=tx.vault.hash("claim", code),
        operation_id=operation_id,
        amount_minor=amount_minor,
        location=location,
        staff_id=staff_id,
        created_at=now,
        ends_at=ends_at,
    )


async def lock_claim(tx: Transaction, code: str) -> Row | None:
    """The claim a receipt's code stands for, locked."""
    return await tx.row(
        f"SELECT * FROM claim WHERE code_hash = $1{tx.lock}", tx.vault.hash("claim", code)
    )


async def close_claim(tx: Transaction, claim_id: int, member_id: int, now: datetime) -> None:
    """Note that a claim was taken; its purchase is the member's from now on."""
    await tx.execute("UPDATE claim SET claimed_at = $1 WHERE id = $2", now, claim_id)
    await tx.execute(
        "UPDATE purchase SET member_id = $1 WHERE operation_id = "
        "(SELECT operation_id FROM claim WHERE id = $2)",
        member_id,
        claim_id,
    )


async def concerns(tx: Transaction, operation_id: int, member_id: int) -> None:
    """Note whom an operation is about that was begun before its member was made."""
    await tx.execute("UPDATE operation SET member_id = $1 WHERE id = $2", member_id, operation_id)


async def products_of(reader: Reader, member_id: int) -> dict[str, int]:
    """How many of each product a member bought in purchases that nobody undid."""
    rows = await reader.rows(
        "SELECT i.product, SUM(i.quantity) AS had FROM purchase p "
        "JOIN purchase_item i ON i.purchase_id = p.id WHERE p.member_id = $1 AND NOT EXISTS "
        "(SELECT 1 FROM operation u WHERE u.undoes_id = p.operation_id) GROUP BY i.product",
        member_id,
    )
    return {row["product"]: int(row["had"]) for row in rows}
