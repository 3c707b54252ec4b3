"""Forgetting what colleagues were told, once somebody was erased: it may be about them (S37).

It stays on the colleagues' phones, and nobody reads it here but for what they may still answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from bot.storage.database import Reader, Transaction, instant, marks

#: How many of the outbox's numbers are gone through at once.
PAGE = 5_000
#: The newest messages with choices are answered by number or by word.
_ON_THE_TABLE = 3
_FORGET = (
    "UPDATE outbox SET body_sealed = '', choices = FALSE "
    "WHERE body_sealed <> '' AND state NOT IN ('due', 'sending') AND"
)


async def untidied(reader: Reader) -> tuple[datetime, int] | None:
    """When somebody was erased last who may still be told of, and the outbox's newest number."""
    row = await reader.row(
        "SELECT MAX(erased_at) AS erased_at, (SELECT MAX(id) FROM outbox) AS newest "
        "FROM erased WHERE tidied_at IS NULL"
    )
    at = instant(row["erased_at"]) if row else None
    return (at, int(row["newest"] or 0)) if row and at else None


async def tidied(tx: Transaction, erased_at: datetime, now: datetime) -> None:
    """Note that nothing is told of anybody any more who was erased until then."""
    await tx.execute(
        "UPDATE erased SET tidied_at = $1 WHERE tidied_at IS NULL AND erased_at <= $2",
        now,
        erased_at,
    )


async def forget_newest(tx: Transaction, words: Sequence[str]) -> None:
    """Forget the newest page, and what may still be answered if one of these words is in it."""
    said = [json.dumps(word)[1:-1] for word in words if word]
    for chat in await _chats(tx):
        while about := [
            number
            for number, body in await _on_the_table(tx, chat)
            if any(word in body for word in said)
        ]:
            # What was before those is on the table now.
            await tx.execute(f"{_FORGET} id IN ({marks(len(about))})", *about)
    row = await tx.row("SELECT MAX(id) AS newest FROM outbox")
    await forget_page(tx, (int(row["newest"] or 0) if row else 0) - PAGE)


async def forget_page(tx: Transaction, after: int) -> None:
    """Forget what colleagues were told by the page of messages after a number."""
    chats = await _chats(tx)
    kept = [number for chat in chats for number, _ in await _on_the_table(tx, chat)]
    if not chats:
        return
    but = f"AND id NOT IN ({marks(len(kept), len(chats) + 3)})" if kept else ""
    await tx.execute(
        f"{_FORGET} id > $1 AND id <= $2 AND conversation_id IN ({marks(len(chats), 3)}) {but}",
        after,
        after + PAGE,
        *chats,
        *kept,
    )


async def _chats(reader: Reader) -> list[int]:
    rows = await reader.rows(
        "SELECT c.id FROM conversation c JOIN identity i ON i.id = c.identity_id "
        "WHERE i.staff_id IS NOT NULL ORDER BY c.id"
    )
    return [row["id"] for row in rows]


async def _on_the_table(reader: Reader, chat: int) -> list[tuple[int, str]]:
    rows = await reader.rows(
        "SELECT id, body_sealed FROM outbox WHERE conversation_id = $1 AND choices "
        f"AND state NOT IN ('due', 'sending') ORDER BY id DESC LIMIT {_ON_THE_TABLE}",
        chat,
    )
    return [(row["id"], reader.vault.open("outbox.body", row["body_sealed"])) for row in rows]
