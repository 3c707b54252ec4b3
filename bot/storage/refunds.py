"""Purchases and what operations gave, as stored, for taking it back (S7, S8)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.domain.ledger import EntryRef, Given
from bot.domain.refunds import Granted, Line, Purchase
from bot.storage.database import Reader, Row, Transaction, marks, required_instant
from bot.storage.operations import Operation


async def purchase(reader: Reader, operation: Operation) -> Purchase | None:
    """The purchase an operation counted; a claim's belongs to the sale it claims."""
    row = await reader.row(
        "SELECT * FROM purchase WHERE operation_id = $1",
        operation.about_id if operation.kind == "claim" else operation.id,
    )
    if row is None:
        return None
    lines = await reader.rows(
        "SELECT * FROM purchase_item WHERE purchase_id = $1 ORDER BY product", row["id"]
    )
    return Purchase(
        operation_id=row["operation_id"],
        amount=row["amount_minor"],
        discount=row["discount_minor"],
        refunded=row["refunded_minor"],
        currency=row["currency"],
        location=row["location"],
        occurred_at=required_instant(row["occurred_at"]),
        facts=json.loads(row["facts"]) if row["facts"] else None,
        lines=tuple(Line(i["product"], i["quantity"], i["amount_minor"]) for i in lines),
    )


async def refund(tx: Transaction, purchase_operation_id: int, refunded: int) -> None:
    """Keep how much of a purchase was given back in all."""
    await tx.execute(
        "UPDATE purchase SET refunded_minor = $1 WHERE operation_id = $2",
        refunded,
        purchase_operation_id,
    )


async def granted(reader: Reader, operation_id: int, member_id: int) -> list[Granted]:
    """What an operation's entries gave, for a member who has it now, and what came of it since.

    What was brought along by merging is found in the lot that it went into.
    """
    rows = await reader.rows(
        "SELECT e.*, l.id AS lot, l.rule AS lot_rule, l.earned_at, l.available_at, "
        "COALESCE((SELECT SUM(-r.amount) FROM operation u "
        "JOIN entry r ON r.operation_id = u.id AND r.reverses_id = e.id "
        "WHERE u.about_id = e.operation_id OR u.undoes_id = e.operation_id), 0) AS taken "
        "FROM entry e JOIN lot l ON l.entry_id = e.id WHERE e.operation_id = $1 "
        "AND e.kind IN ('earn', 'takeover', 'opening', 'gift', 'donate') ORDER BY e.id",
        operation_id,
    )
    return [await _granted(reader, row, member_id) for row in rows]


async def _granted(reader: Reader, row: Row, member_id: int) -> Granted:
    lots = await _lots(reader, row, member_id)
    return Granted(
        Given(
            EntryRef(row["id"], row["month"]),
            row["unit"],
            row["amount"],
            lots[-1],
            await _expired(reader, lots),
        ),
        tuple((rule, share) for rule, share in json.loads(row["rules"])),
        int(row["taken"]),
    )


async def _lots(reader: Reader, row: Row, member_id: int) -> list[int]:
    """An entry's lot, and the one its rest went into when its member was merged away."""
    if row["member_id"] == member_id:
        return [row["lot"]]
    found = await reader.rows(
        "SELECT l.id FROM lot l JOIN entry e ON e.id = l.entry_id AND e.kind = 'merge' "
        "WHERE l.member_id = $1 AND l.unit = $2 AND l.rule = $3 AND l.earned_at = $4 "
        "ORDER BY l.remaining DESC, l.id LIMIT 1",
        member_id,
        row["unit"],
        row["lot_rule"],
        required_instant(row["earned_at"]),
    )
    return [row["lot"], *(other["id"] for other in found)]


async def _expired(reader: Reader, lots: Sequence[int]) -> int:
    row = await reader.row(
        "SELECT COALESCE(SUM(a.amount), 0) AS expired FROM allocation a "
        "JOIN entry x ON x.id = a.entry_id AND x.kind = 'expire' "
        f"WHERE a.lot_id IN ({marks(len(lots))})",
        *lots,
    )
    return int(row["expired"]) if row else 0


async def taken_back(reader: Reader, operation_id: int) -> bool:
    """Whether anything of an operation was taken back."""
    row = await reader.row(
        "SELECT 1 FROM operation WHERE undoes_id = $1 OR about_id = $1 AND kind = 'refund' LIMIT 1",
        operation_id,
    )
    return row is not None


async def about(reader: Reader, operation_id: int) -> list[int]:
    """An operation, and those that took a part of it back."""
    rows = await reader.rows(
        "SELECT id FROM operation WHERE about_id = $1 AND kind = 'refund' ORDER BY id",
        operation_id,
    )
    return [operation_id, *(row["id"] for row in rows)]
