"""Occasions to write unasked as the sender sees them: due, put off, taken, given back (S24)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.domain.broadcasts import CAMPAIGN as BROADCAST
from bot.domain.occasions import Occasion
from bot.storage.database import Reader, Row, Transaction, marks, required_instant

#: The channel a member used last, to sort them by before anything else is known.
_LAST_USED = (
    "(SELECT c.channel FROM conversation c JOIN identity i ON i.id = c.identity_id "
    "WHERE i.member_id = o.member_id AND c.last_inbound_at IS NOT NULL "
    "ORDER BY c.last_inbound_at DESC LIMIT 1)"
)


def _occasion(row: Row) -> Occasion:
    return Occasion(
        id=row["id"],
        member_id=row["member_id"],
        campaign=row["campaign"],
        occurrence=row["occurrence"],
        due_at=required_instant(row["due_at"]),
        ends_at=required_instant(row["ends_at"]),
        attempts=row["attempts"],
        reason=row["reason"],
    )


async def lease_members(
    tx: Transaction,
    *,
    owner: str,
    now: datetime,
    real_now: datetime,
    lease: timedelta,
    busy: Collection[str],
    limit: int,
) -> dict[str, list[int]]:
    """Members with an occasion due, by the channel they used last, kept for `owner` for a while.

    Takes no place under any cap: it only keeps processes from looking at the same members.
    Members of `busy` channels are left for later. "" is for those who never wrote.
    """
    skip = " FOR UPDATE SKIP LOCKED" if tx.dialect == "postgres" else ""
    others = f"AND COALESCE({_LAST_USED}, '') NOT IN ({marks(len(busy), 5)}) " if busy else ""
    rows = await tx.rows(
        "UPDATE occasion SET claimed_by = $1, lease_until = $2 WHERE id IN ("
        "SELECT o.id FROM occasion o WHERE o.state = 'planned' AND o.due_at <= $3 "
        f"AND (o.lease_until IS NULL OR o.lease_until <= $4) {others}"
        f"ORDER BY o.due_at, o.id LIMIT {int(limit)}{skip}) RETURNING id, due_at, member_id",
        owner,
        real_now + lease,
        now,
        real_now,
        *busy,
    )
    if not rows:
        return {}
    rows.sort(key=lambda row: (required_instant(row["due_at"]), row["id"]))
    ids = list(dict.fromkeys(row["member_id"] for row in rows))
    channels = await tx.rows(
        f"SELECT o.id AS member_id, {_LAST_USED.replace('o.member_id', 'o.id')} AS channel "
        f"FROM member o WHERE o.id IN ({marks(len(ids))})",
        *ids,
    )
    last_used = {row["member_id"]: row["channel"] or "" for row in channels}
    found: dict[str, list[int]] = {}
    for member_id in ids:
        found.setdefault(last_used[member_id], []).append(member_id)
    return found


async def due(reader: Reader, member_ids: Sequence[int], now: datetime) -> list[Occasion]:
    """What is due for a member, given as all numbers that are theirs."""
    rows = await reader.rows(
        f"SELECT * FROM occasion WHERE member_id IN ({marks(len(member_ids), 2)}) "
        "AND state = 'planned' AND due_at <= $1 ORDER BY id",
        now,
        *member_ids,
    )
    return [_occasion(row) for row in rows]


async def planned(reader: Reader, first: int | None, until: int | None) -> list[Occasion]:
    """What is planned for the members from number `first` up to `until`, or for all."""
    rows = await reader.rows(
        "SELECT * FROM occasion WHERE state = 'planned' AND member_id >= $1 AND member_id < $2 "
        "ORDER BY member_id, id",
        first or 0,
        until or 2**62,
    )
    return [_occasion(row) for row in rows]


async def taken_since(
    reader: Reader, member_ids: Sequence[int], since: datetime
) -> list[tuple[datetime, str, str]]:
    """When places were taken, for which campaign, on which channel; those held out took none."""
    rows = await reader.rows(
        "SELECT taken_at, campaign, channel FROM occasion "
        f"WHERE member_id IN ({marks(len(member_ids), 2)}) AND taken_at > $1 AND state = 'taken'",
        since,
        *member_ids,
    )
    return [
        (required_instant(row["taken_at"]), row["campaign"], row["channel"] or "") for row in rows
    ]


async def decided(
    reader: Reader, member_ids: Sequence[int], campaign: str, occurrence: str
) -> bool:
    """Whether a member got this one already, or was held out of it, under any of their numbers."""
    row = await reader.row(
        f"SELECT 1 AS found FROM occasion WHERE member_id IN ({marks(len(member_ids), 3)}) "
        "AND campaign = $1 AND occurrence = $2 AND state IN ('taken', 'held_out')",
        campaign,
        occurrence,
        *member_ids,
    )
    return row is not None


async def defer(tx: Transaction, occasion_id: int, until: datetime, reason: str) -> None:
    """Put an occasion off until an instant, with the reason (S26)."""
    await tx.execute(
        "UPDATE occasion SET due_at = $1, reason = $2, claimed_by = NULL, lease_until = NULL "
        "WHERE id = $3 AND state = 'planned'",
        until,
        reason,
        occasion_id,
    )


async def drop(tx: Transaction, occasion_id: int, reason: str) -> None:
    """Give an occasion up, with the reason (S34)."""
    await _close(tx, occasion_id, "dropped", reason)


async def forget_planned(tx: Transaction, member_ids: Sequence[int]) -> None:
    """Forget what is planned for a member, given as all numbers that are theirs: it is replanned.

    A broadcast stays: whom it is for is looked for once, when it starts.
    """
    await tx.execute(
        f"DELETE FROM occasion WHERE state = 'planned' AND campaign <> '{BROADCAST}' "
        f"AND member_id IN ({marks(len(member_ids))})",
        *member_ids,
    )


async def look_again(tx: Transaction, member_ids: Sequence[int]) -> None:
    """Bring forward what a member's own wishes put off, given as all numbers that are theirs."""
    await tx.execute(
        "UPDATE occasion SET due_at = planned_at WHERE state = 'planned' "
        "AND reason IN ('paused', 'fewer') AND due_at > planned_at "
        f"AND member_id IN ({marks(len(member_ids))})",
        *member_ids,
    )


async def look_again_at_all(tx: Transaction) -> None:
    """Bring forward what caps or budgets put off: the programme may say otherwise now."""
    await tx.execute(
        "UPDATE occasion SET due_at = planned_at WHERE state = 'planned' "
        "AND (reason LIKE 'cap %' OR reason = 'budget') AND due_at > planned_at"
    )


async def hold_out(tx: Transaction, occasion_id: int, now: datetime) -> None:
    """Leave a member out, at the moment at which they would have been written to (S34)."""
    await tx.execute(
        "UPDATE occasion SET taken_at = $1 WHERE id = $2 AND state = 'planned'", now, occasion_id
    )
    await _close(tx, occasion_id, "held_out", None)


async def _close(tx: Transaction, occasion_id: int, state: str, reason: str | None) -> None:
    await tx.execute(
        "UPDATE occasion SET state = $1, reason = $2, claimed_by = NULL, lease_until = NULL "
        "WHERE id = $3 AND state = 'planned'",
        state,
        reason,
        occasion_id,
    )


async def take(
    tx: Transaction, occasion_id: int, outbox_id: int, channel: str, variant: str, now: datetime
) -> bool:
    """Take the place: the message is *sending* from this transaction on (S24).

    False where somebody dropped it meanwhile, who holds no member's lock.
    """
    changed = await tx.execute(
        "UPDATE occasion SET state = 'taken', taken_at = $1, outbox_id = $2, channel = $3, "
        "variant = $4, reason = NULL, attempts = attempts + 1, claimed_by = NULL, "
        "lease_until = NULL WHERE id = $5 AND state = 'planned'",
        now,
        outbox_id,
        channel,
        variant,
        occasion_id,
    )
    return changed == 1


async def of_message(reader: Reader, outbox_id: int) -> Occasion | None:
    """The occasion a message was for."""
    row = await reader.row("SELECT * FROM occasion WHERE outbox_id = $1", outbox_id)
    return _occasion(row) if row else None


async def give_back(tx: Transaction, outbox_id: int, due_at: datetime, reason: str) -> None:
    """The provider refused before it took anything: the place is free, and it is tried again."""
    await tx.execute(
        "UPDATE occasion SET state = 'planned', taken_at = NULL, due_at = $1, reason = $2 "
        "WHERE outbox_id = $3 AND state = 'taken'",
        due_at,
        reason,
        outbox_id,
    )


async def fail(tx: Transaction, outbox_id: int, reason: str) -> None:
    """The provider will never take it: the place is free, and it is not tried again."""
    await tx.execute(
        "UPDATE occasion SET state = 'failed', taken_at = NULL, reason = $1 "
        "WHERE outbox_id = $2 AND state = 'taken'",
        reason,
        outbox_id,
    )


async def first_on(reader: Reader, conversation_id: int) -> bool:
    """Whether nothing unasked was said in a conversation before."""
    row = await reader.row(
        "SELECT 1 AS found FROM outbox WHERE conversation_id = $1 AND class = 'marketing' "
        "AND state IN ('sending', 'accepted', 'delivered', 'unknown') LIMIT 1",
        conversation_id,
    )
    return row is None


async def waits_for_reply(reader: Reader, conversation_id: int, now: datetime) -> bool:
    """Whether something is still to be said in a conversation that goes before what is unasked."""
    row = await reader.row(
        "SELECT 1 AS found FROM outbox WHERE conversation_id = $1 "
        "AND (state = 'sending' OR state = 'due' AND due_at <= $2) LIMIT 1",
        conversation_id,
        now,
    )
    return row is not None
