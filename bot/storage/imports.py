"""How far files are in that are brought in piece by piece."""

from __future__ import annotations

from datetime import datetime

from bot.storage.database import Reader, Transaction


async def lines_in(reader: Reader, digest: str) -> int:
    """How many lines of a file, in the order they are applied, are in already."""
    row = await reader.row("SELECT lines FROM import_progress WHERE digest = $1", digest)
    return int(row["lines"]) if row else 0


async def go_on(tx: Transaction, digest: str, lines: int, now: datetime, *, ended: bool) -> None:
    """Note how many lines are in."""
    await tx.execute(
        "INSERT INTO import_progress (digest, lines, started_at, ended_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (digest) DO UPDATE SET lines = excluded.lines, ended_at = excluded.ended_at",
        digest,
        lines,
        now,
        now if ended else None,
    )
