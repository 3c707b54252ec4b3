"""What members think: answers to the survey, and reviews a colleague approves."""

from __future__ import annotations

import json
from datetime import datetime

from bot.domain.opinions import Photo, Review
from bot.storage.database import Reader, Row, Transaction, instant


async def answer(tx: Transaction, member_id: int, rating: int, now: datetime) -> int:
    """Keep a rating from 1 to 5; its number."""
    row = await tx.row(
        "INSERT INTO survey_answer (member_id, rating, answered_at) VALUES ($1, $2, $3) "
        "RETURNING id",
        member_id,
        rating,
        now,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    return int(row["id"])


async def add_words(tx: Transaction, member_id: int, answer_id: int, text: str) -> int | None:
    """Keep what a member wrote to their rating; the rating, or None where it is not theirs."""
    row = await tx.row(
        "UPDATE survey_answer SET text_sealed = $1 WHERE id = $2 AND member_id = $3 "
        "RETURNING rating",
        tx.vault.seal("survey_answer.text", text) if text else None,
        answer_id,
        member_id,
    )
    return int(row["rating"]) if row else None


async def last_answer(reader: Reader, member_id: int) -> datetime | None:
    """When a member last answered the survey."""
    row = await reader.row(
        "SELECT MAX(answered_at) AS at FROM survey_answer WHERE member_id = $1", member_id
    )
    return instant(row["at"]) if row else None


async def last_offer(reader: Reader, member_id: int) -> datetime | None:
    """When a member was last offered the survey."""
    row = await reader.row("SELECT offered_at FROM survey_offer WHERE member_id = $1", member_id)
    return instant(row["offered_at"]) if row else None


async def offer(tx: Transaction, member_id: int, now: datetime) -> None:
    """Note that a member is offered the survey."""
    await tx.execute(
        "INSERT INTO survey_offer (member_id, offered_at) VALUES ($1, $2) "
        "ON CONFLICT (member_id) DO UPDATE SET offered_at = excluded.offered_at",
        member_id,
        now,
    )


def _review(reader: Reader, row: Row) -> Review:
    sealed = row["media_sealed"]
    return Review(
        id=row["id"],
        member_id=row["member_id"],
        text=reader.vault.open("review.text", row["text_sealed"]),
        photo=Photo(**json.loads(reader.vault.open("review.media", sealed))) if sealed else None,
        state=row["state"],
    )


async def write(
    tx: Transaction, member_id: int, text: str, photo: Photo | None, now: datetime
) -> int:
    """Keep a review that waits; its number."""
    media = json.dumps({"channel": photo.channel, "file": photo.file}) if photo else None
    row = await tx.row(
        "INSERT INTO review (member_id, text_sealed, media_sealed, state, created_at) "
        "VALUES ($1, $2, $3, 'waiting', $4) RETURNING id",
        member_id,
        tx.vault.seal("review.text", text),
        tx.vault.seal("review.media", media) if media else None,
        now,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    return int(row["id"])


async def waiting_of(reader: Reader, member_id: int) -> bool:
    """Whether a review of a member waits already."""
    row = await reader.row(
        "SELECT 1 AS found FROM review WHERE member_id = $1 AND state = 'waiting' LIMIT 1",
        member_id,
    )
    return row is not None


async def waiting(reader: Reader, limit: int) -> list[Review]:
    """The reviews that wait, oldest first."""
    rows = await reader.rows(
        f"SELECT * FROM review WHERE state = 'waiting' ORDER BY id LIMIT {int(limit)}"
    )
    return [_review(reader, row) for row in rows]


async def get(reader: Reader, review_id: int) -> Review | None:
    """The review with this number; its member is locked before it is gone by."""
    row = await reader.row("SELECT * FROM review WHERE id = $1", review_id)
    return _review(reader, row) if row else None


async def close(
    tx: Transaction, review_id: int, *, approved: bool, staff_id: int, now: datetime
) -> None:
    """Keep what a colleague decided about a review."""
    await tx.execute(
        "UPDATE review SET state = $1, staff_id = $2, closed_at = $3 WHERE id = $4",
        "approved" if approved else "refused",
        staff_id,
        now,
        review_id,
    )
