"""Broadcasts as stored: their life, the pages in which they are planned, how far they are."""

from __future__ import annotations

import json
from datetime import datetime

from bot.domain.broadcasts import CAMPAIGN, Broadcast, Progress
from bot.domain.messages import Wording
from bot.storage.database import Reader, Row, Transaction, instant, required_instant
from bot.storage.planning import Page

#: What stands as the reason of what a stop dropped.
STOPPED = "stopped"
#: A message that was taken and may still be refused is on its way.
_ON_THE_WAY = "('due', 'sending')"


def _broadcast(reader: Reader, row: Row) -> Broadcast:
    texts = json.loads(reader.vault.open("broadcast.texts", row["texts_sealed"]))
    return Broadcast(
        id=row["id"],
        staff_id=row["staff_id"],
        texts=Wording(tuple((language, text) for language, text in texts)),
        segment=row["segment"],
        state=row["state"],
        reason=row["reason"],
        people=row["people"],
        planned_through=row["planned_through"],
        planned_at=instant(row["planned_at"]),
        created_at=required_instant(row["created_at"]),
        started_at=instant(row["started_at"]),
        ended_at=instant(row["ended_at"]),
    )


async def create(
    tx: Transaction, staff_id: int | None, texts: Wording, segment: str, now: datetime
) -> Broadcast:
    """A new draft."""
    row = await tx.row(
        "INSERT INTO broadcast (staff_id, texts_sealed, segment, state, created_at) "
        "VALUES ($1, $2, $3, 'draft', $4) RETURNING *",
        staff_id,
        tx.vault.seal("broadcast.texts", json.dumps(texts.texts)),
        segment,
        now,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    return _broadcast(tx, row)


async def get(reader: Reader, broadcast_id: int) -> Broadcast | None:
    """The broadcast with this number."""
    row = await reader.row("SELECT * FROM broadcast WHERE id = $1", broadcast_id)
    return _broadcast(reader, row) if row else None


async def lock(tx: Transaction, broadcast_id: int) -> Broadcast | None:
    """The broadcast, locked until the transaction ends."""
    row = await tx.row(f"SELECT * FROM broadcast WHERE id = $1{tx.lock}", broadcast_id)
    return _broadcast(tx, row) if row else None


async def newest(reader: Reader, limit: int) -> list[Broadcast]:
    """The last broadcasts that were made, newest first."""
    rows = await reader.rows(f"SELECT * FROM broadcast ORDER BY id DESC LIMIT {int(limit)}")
    return [_broadcast(reader, row) for row in rows]


async def open_ones(reader: Reader) -> list[Broadcast]:
    """The broadcasts that were begun and are not over, oldest first.

    A stopped one is over once those who waited are dropped.
    """
    rows = await reader.rows(
        "SELECT * FROM broadcast WHERE started_at IS NOT NULL AND ended_at IS NULL ORDER BY id"
    )
    return [_broadcast(reader, row) for row in rows]


async def start(tx: Transaction, broadcast_id: int, people: int, now: datetime) -> None:
    """Let a draft go out."""
    await tx.execute(
        "UPDATE broadcast SET state = 'running', people = $1, started_at = $2 WHERE id = $3",
        people,
        now,
        broadcast_id,
    )


async def pause(tx: Transaction, broadcast_id: int, reason: str) -> bool:
    """Note that a running one waits; False where it does not run."""
    changed = await tx.execute(
        "UPDATE broadcast SET state = 'paused', reason = $1 WHERE id = $2 AND state = 'running'",
        reason,
        broadcast_id,
    )
    return bool(changed)


async def resume(tx: Transaction, broadcast_id: int) -> bool:
    """Note that a paused one runs again; False where it does not wait."""
    changed = await tx.execute(
        "UPDATE broadcast SET state = 'running', reason = NULL WHERE id = $1 AND state = 'paused'",
        broadcast_id,
    )
    return bool(changed)


async def stop(tx: Transaction, broadcast_id: int) -> None:
    """Note that nobody else gets it; it is over once those who wait are dropped."""
    await tx.execute("UPDATE broadcast SET state = 'stopped' WHERE id = $1", broadcast_id)


async def end(tx: Transaction, broadcast_id: int, now: datetime) -> None:
    """Note that it is over: done, or as it was stopped."""
    await tx.execute(
        "UPDATE broadcast SET ended_at = $1, "
        "state = CASE state WHEN 'stopped' THEN 'stopped' ELSE 'done' END WHERE id = $2",
        now,
        broadcast_id,
    )


async def drop_planned(tx: Transaction, broadcast_id: int, reason: str, most: int) -> int:
    """Give up some of those who have not been written to; returns how many.

    But for a stop, the reason says as well what they waited for.
    """
    waited = "" if reason == STOPPED else " || COALESCE(': ' || reason, '')"
    return await tx.execute(
        f"UPDATE occasion SET state = 'dropped', reason = CAST($1 AS TEXT){waited}, "
        "claimed_by = NULL, lease_until = NULL "
        "WHERE id IN (SELECT id FROM occasion WHERE campaign = $2 "
        f"AND occurrence = $3 AND state = 'planned' LIMIT {int(most)}) AND state = 'planned'",
        reason,
        CAMPAIGN,
        str(broadcast_id),
    )


async def next_page(reader: Reader, broadcast: Broadcast, size: int) -> Page | None:
    """The members to look at next, in the order of their numbers; None after the last."""
    row = await reader.row(
        "SELECT MAX(page.id) AS last FROM (SELECT m.id FROM member m WHERE m.id > $1 "
        f"ORDER BY m.id LIMIT {int(size)}) page",
        broadcast.planned_through,
    )
    if row is None or row["last"] is None:
        return None
    return Page(broadcast.planned_through + 1, int(row["last"]) + 1)


async def planned(tx: Transaction, broadcast_id: int, page: Page | None, now: datetime) -> None:
    """Note how far its people are planned, in the transaction that did it; None: they all are."""
    if page is None or page.until is None:
        await tx.execute("UPDATE broadcast SET planned_at = $1 WHERE id = $2", now, broadcast_id)
        return
    await tx.execute(
        "UPDATE broadcast SET planned_through = $1 WHERE id = $2", page.until - 1, broadcast_id
    )


async def progress(reader: Reader, broadcast_id: int) -> Progress:
    """How far a broadcast is."""
    rows = await reader.rows(
        "SELECT o.state, COALESCE(o.reason, x.reason, '') AS reason, x.state AS sent, "
        "COUNT(*) AS people FROM occasion o LEFT JOIN outbox x ON x.id = o.outbox_id "
        "WHERE o.campaign = $1 AND o.occurrence = $2 GROUP BY 1, 2, 3",
        CAMPAIGN,
        str(broadcast_id),
    )
    sent = on_the_way = waiting = 0
    why: dict[str, int] = {}
    put_off: dict[str, int] = {}
    for row in rows:
        people, reason = int(row["people"]), str(row["reason"])
        match row["state"], row["sent"]:
            case "planned", _:
                waiting += people
                if reason:
                    put_off[reason] = put_off.get(reason, 0) + people
            case "taken", "sending" | "due":
                on_the_way += people
            case "taken", state if state != "failed":
                sent += people
            case state, _:
                why[reason or state] = why.get(reason or state, 0) + people
    return Progress(sent, on_the_way, waiting, why, put_off)


async def under_way(reader: Reader, broadcast_id: int) -> bool:
    """Whether anybody is still to be written to, or is just being."""
    row = await reader.row(
        "SELECT 1 AS found FROM occasion o LEFT JOIN outbox x ON x.id = o.outbox_id "
        "WHERE o.campaign = $1 AND o.occurrence = $2 AND (o.state = 'planned' "
        f"OR (o.state = 'taken' AND x.state IN {_ON_THE_WAY})) LIMIT 1",
        CAMPAIGN,
        str(broadcast_id),
    )
    return row is not None


async def due_again(
    tx: Transaction, campaign: str, occurrence: str | None, most: int, now: datetime
) -> None:
    """Look at once at some of what a halt has put off; the rest comes in its hour."""
    only = " AND occurrence = $3" if occurrence else ""
    await tx.execute(
        "UPDATE occasion SET due_at = $1, reason = NULL WHERE id IN (SELECT id FROM occasion "
        "WHERE campaign = $2 AND state = 'planned' AND reason = 'halted' AND due_at > $1"
        f"{only} ORDER BY due_at LIMIT {int(most)})",
        now,
        campaign,
        *((occurrence,) if occurrence else ()),
    )
