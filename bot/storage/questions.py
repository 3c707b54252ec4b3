"""What people asked the shop, and what was answered; both sealed (S36)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.storage.database import Reader, Transaction, instant


@dataclass(frozen=True, slots=True)
class Question:
    """A question to the shop's people; `staff_id` is who answered it.

    With a voucher it is an experience that was redeemed and waits for their reply.
    """

    id: int
    conversation_id: int
    text: str
    answered_at: datetime | None
    staff_id: int | None
    voucher_id: int | None


async def ask(
    tx: Transaction,
    conversation_id: int,
    text: str,
    now: datetime,
    voucher_id: int | None = None,
) -> int:
    """Keep a question; returns its number."""
    row = await tx.row(
        "INSERT INTO question (conversation_id, text_sealed, asked_at, voucher_id) "
        "VALUES ($1, $2, $3, $4) RETURNING id",
        conversation_id,
        tx.vault.seal("question.text", text),
        now,
        voucher_id,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    return int(row["id"])


async def asked_since(reader: Reader, conversation_id: int, since: datetime) -> int:
    """How many questions came from a conversation since an instant."""
    row = await reader.row(
        "SELECT COUNT(*) AS asked FROM question WHERE conversation_id = $1 AND asked_at > $2",
        conversation_id,
        since,
    )
    return int(row["asked"]) if row else 0


async def unanswered(reader: Reader, limit: int, now: datetime) -> list[int]:
    """The numbers of the questions that wait, oldest first.

    An experience that was given back, or was not answered in time, waits for nothing.
    """
    rows = await reader.rows(
        "SELECT question.id AS id FROM question "
        "LEFT JOIN voucher ON voucher.id = question.voucher_id WHERE answered_at IS NULL "
        "AND (voucher_id IS NULL OR state = 'used' OR (state = 'reserved' AND ends_at > $1)) "
        f"ORDER BY asked_at, question.id LIMIT {int(limit)}",
        now,
    )
    return [row["id"] for row in rows]


async def lock(tx: Transaction, question_id: int) -> Question | None:
    """A question, locked until the transaction ends, so that one colleague answers it."""
    row = await tx.row(f"SELECT * FROM question WHERE id = $1{tx.lock}", question_id)
    if row is None:
        return None
    return Question(
        id=row["id"],
        conversation_id=row["conversation_id"],
        text=tx.vault.open("question.text", row["text_sealed"]),
        answered_at=instant(row["answered_at"]),
        staff_id=row["staff_id"],
        voucher_id=row["voucher_id"],
    )


async def answer(
    tx: Transaction, question_id: int, text: str, staff_id: int, now: datetime
) -> None:
    """Keep what a colleague answered."""
    await tx.execute(
        "UPDATE question SET answer_sealed = $1, answered_at = $2, staff_id = $3 WHERE id = $4",
        tx.vault.seal("question.answer", text),
        now,
        staff_id,
        question_id,
    )
