"""The outbox: what is to be said, and how far each message has come (S31).

States: due → sending → accepted → failed or delivered; or unknown (no answer came), or dropped.
A message is marked *sending* before the provider is called; from then on it is in doubt, until it
is known that the provider took it or did not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf

from bot.domain.messages import Address, MessageClass
from bot.storage import pace
from bot.storage.database import Reader, Row, Transaction, instant, required_instant
from bot.storage.pace import Slot

_OPEN = "{}state IN ('due', 'sending')"
#: What waits for its hour, and keeps nobody else waiting: it was never tried.
_AHEAD = "({}state = 'due' AND {}attempts = 0 AND {}due_at > {})"
_BULK = "({}class = 'marketing')"
#: What a message may be that was handed over, before anybody said what became of it.
ON_THE_WAY = "'due', 'sending', 'unknown', 'dropped'"

#: No message waits longer than this for its next try.
LONGEST_WAIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message claimed for sending; `body` is the reply as JSON, `attempt` counts from 1.

    `doubtful_since` is set when an earlier attempt may have arrived (the machine's time), and
    `parts_taken` says how many parts of a long message have.
    """

    id: int
    conversation_id: int
    address: Address
    language: str
    member_id: int | None
    message_class: MessageClass
    body: str
    edit_of: str | None
    clear_of: str | None
    attempt: int
    doubtful_since: datetime | None
    parts_taken: int
    last_inbound_at: datetime | None


async def put(
    tx: Transaction,
    conversation_id: int,
    body: str,
    *,
    message_class: MessageClass,
    member_id: int | None,
    choices: bool,
    due_at: datetime,
    now: datetime,
    claimed_by: str | None = None,
    lease_until: datetime | None = None,
    edit_of: str | None = None,
    clear_of: str | None = None,
) -> int:
    """Add a message; with `claimed_by` it is kept for that process until `lease_until`."""
    row = await tx.row(
        "INSERT INTO outbox (conversation_id, member_id, class, body_sealed, choices, edit_of, "
        "clear_of, state, claimed_by, lease_until, due_at, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, 'due', $8, $9, $10, $11) RETURNING id",
        conversation_id,
        member_id,
        message_class.value,
        tx.vault.seal("outbox.body", body),
        choices,
        edit_of,
        clear_of,
        claimed_by,
        lease_until,
        due_at,
        now,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    return int(row["id"])


async def due_conversations(
    reader: Reader, now: datetime, real_now: datetime, limit: int
) -> dict[str, list[int]]:
    """By channel, the conversations whose next message anyone may send now, replies first.

    At most `limit` of each channel, so that a slow one does not fill the page. `now` is the
    programme's clock, leases go by `real_now`.
    """
    rows = await reader.rows(
        "SELECT channel, conversation_id FROM (SELECT c.channel, o.conversation_id, "
        f"{_BULK.format('o.')} AS bulk, o.id, ROW_NUMBER() OVER "
        f"(PARTITION BY c.channel ORDER BY {_BULK.format('o.')}, o.id) AS place "
        "FROM outbox o JOIN conversation c ON c.id = o.conversation_id WHERE o.state = 'due' "
        "AND o.due_at <= $1 AND (o.lease_until IS NULL OR o.lease_until <= $2) "
        # One that waits for another would be found again and again, and fill the page.
        "AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.conversation_id = o.conversation_id "
        f"AND {_OPEN.format('p.')} AND NOT {_AHEAD.format('p.', 'p.', 'p.', '$1')} "
        f"AND ({_BULK.format('p.')} < {_BULK.format('o.')} "
        f"OR {_BULK.format('p.')} = {_BULK.format('o.')} AND p.id < o.id))) AS due "
        f"WHERE place <= {int(limit)} ORDER BY bulk, id",
        now,
        real_now,
    )
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["channel"], []).append(row["conversation_id"])
    return found


async def claim_next(
    tx: Transaction,
    conversation_id: int,
    *,
    owner: str,
    now: datetime,
    real_now: datetime,
    lease: timedelta,
    rates: Mapping[str, float],
    booked: Slot | None = None,
) -> Letter | Slot | None:
    """Mark the conversation's next message *sending* and return it, or the slot it has to wait for.

    The order of an address holds: nothing is taken while an earlier message is still to go or
    being sent; one whose outcome is unknown stops blocking. Marketing is overtaken (S32). What
    must not be sent any more is dropped (S27). `rates` are those of the channels, as units a
    second; `booked` is a moment of the sender that was taken before.
    """
    row = await _next_to_send(tx, conversation_id, owner, now, real_now)
    if row is None:
        return None
    message_class = MessageClass(row["class"])
    sender = row["channel"]
    if not pace.usable(booked, sender, real_now):
        bulk = message_class is MessageClass.MARKETING
        slot = await pace.take(tx, sender, rates.get(sender, inf), real_now, bulk=bulk)
        if slot.at > real_now or not slot.taken:
            return slot
    await tx.execute(
        "UPDATE outbox SET state = 'sending', claimed_by = $1, lease_until = $2, sent_at = $3, "
        "attempts = attempts + 1, doubtful_since = COALESCE(doubtful_since, $4) WHERE id = $5",
        owner,
        real_now + lease,
        now,
        real_now,
        row["id"],
    )
    return _letter(tx, row, attempt=row["attempts"] + 1)


def _letter(tx: Transaction, row: Row, *, attempt: int) -> Letter:
    """A message of a row that has its conversation's columns besides."""
    return Letter(
        id=row["id"],
        conversation_id=row["conversation_id"],
        address=Address(
            row["channel"], tx.vault.open("conversation.address", row["address_sealed"])
        ),
        language=row["language"],
        member_id=row["member_id"],
        message_class=MessageClass(row["class"]),
        body=tx.vault.open("outbox.body", row["body_sealed"]),
        edit_of=row["edit_of"],
        clear_of=row["clear_of"],
        attempt=attempt,
        doubtful_since=instant(row["doubtful_since"]),
        parts_taken=row["parts_taken"],
        last_inbound_at=instant(row["last_inbound_at"]),
    )


async def put_sending(
    tx: Transaction,
    conversation_id: int,
    body: str,
    *,
    member_id: int,
    choices: bool,
    owner: str,
    now: datetime,
    real_now: datetime,
    lease: timedelta,
) -> Letter:
    """Add an unasked message that is *sending* from this transaction on (S24, S31)."""
    row = await tx.row(
        "INSERT INTO outbox (conversation_id, member_id, class, body_sealed, choices, state, "
        "claimed_by, lease_until, due_at, created_at, sent_at, attempts, doubtful_since) "
        "VALUES ($1, $2, 'marketing', $3, $4, 'sending', $5, $6, $7, $7, $7, 1, $8) RETURNING id",
        conversation_id,
        member_id,
        tx.vault.seal("outbox.body", body),
        choices,
        owner,
        real_now + lease,
        now,
        real_now,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    kept = await tx.row(
        "SELECT o.*, c.channel, c.address_sealed, c.language, c.last_inbound_at FROM outbox o "
        "JOIN conversation c ON c.id = o.conversation_id WHERE o.id = $1",
        row["id"],
    )
    assert kept is not None  # noqa: S101 - it has just been inserted
    # The doubt begins with the call that is about to be made: nothing can have arrived yet.
    return replace(_letter(tx, kept, attempt=1), doubtful_since=None)


async def _next_to_send(
    tx: Transaction, conversation_id: int, owner: str, now: datetime, real_now: datetime
) -> Row | None:
    """The conversation's next message if this process may send it now, locked."""
    lock = " FOR NO KEY UPDATE OF o" if tx.dialect == "postgres" else ""
    while True:
        row = await tx.row(
            "SELECT o.*, c.channel, c.address_sealed, c.language, c.last_inbound_at, "
            "c.opted_out_at, c.blocked_at FROM outbox o "
            "JOIN conversation c ON c.id = o.conversation_id "
            f"WHERE o.conversation_id = $1 AND {_OPEN.format('o.')} "
            f"AND NOT {_AHEAD.format('o.', 'o.', 'o.', '$2')} "
            f"ORDER BY {_BULK.format('o.')}, o.id LIMIT 1{lock}",
            conversation_id,
            now,
        )
        if row is None or row["state"] != "due" or not _claimable(row, owner, now, real_now):
            return None
        if row["opted_out_at"] is None and row["blocked_at"] is None:
            return row
        reason = "blocked" if row["opted_out_at"] is None else "opted out"
        await tx.execute(
            "UPDATE outbox SET state = 'dropped', reason = $1, lease_until = NULL WHERE id = $2",
            reason,
            row["id"],
        )


def _claimable(row: Row, owner: str, now: datetime, real_now: datetime) -> bool:
    lease = instant(row["lease_until"])
    free = lease is None or lease <= real_now or row["claimed_by"] == owner
    due_at = required_instant(row["due_at"])
    # A retry further ahead than any retry waits: the clock was set back. Nobody waits for that.
    clock_moved = row["attempts"] > 0 and due_at > now + LONGEST_WAIT
    return free and (due_at <= now or clock_moved)


async def accepted(tx: Transaction, outbox_id: int, provider_id: str | None) -> None:
    """The provider took the message, whoever asked it to; a receipt that came first is kept."""
    await tx.execute(
        "UPDATE outbox SET state = 'accepted', provider_id = $1, reason = NULL, "
        f"lease_until = NULL, doubtful_since = NULL WHERE id = $2 AND state IN ({ON_THE_WAY})",
        provider_id,
        outbox_id,
    )


async def settle(tx: Transaction, letter: Letter, state: str, reason: str) -> None:
    """End this attempt at a message as failed or unknown, with the reason (S34)."""
    await tx.execute(
        "UPDATE outbox SET state = $1, reason = $2, lease_until = NULL "
        "WHERE id = $3 AND attempts = $4 AND state = 'sending'",
        state,
        reason,
        letter.id,
        letter.attempt,
    )


async def retry(
    tx: Transaction,
    letter: Letter,
    due_at: datetime,
    reason: str,
    *,
    doubtful: bool,
    parts_taken: int = 0,
) -> None:
    """Put a message back after this attempt, for a next one at an instant.

    `doubtful`: it may have arrived by this attempt too, so the next begins by asking.
    """
    kept = "doubtful_since" if doubtful else "$6"
    values = () if doubtful else (letter.doubtful_since,)
    await tx.execute(
        "UPDATE outbox SET state = 'due', due_at = $1, reason = $2, parts_taken = $3, "
        f"doubtful_since = {kept}, claimed_by = NULL, lease_until = NULL "
        "WHERE id = $4 AND attempts = $5 AND state = 'sending'",
        due_at,
        reason,
        parts_taken,
        letter.id,
        letter.attempt,
        *values,
    )


async def release_lost(tx: Transaction, real_now: datetime, now: datetime, lease: timedelta) -> int:
    """Deal with messages whose sender died between marking and hearing; returns how many.

    Whether they were taken is not known: the first time they are due again, to be asked about and
    maybe repeated; after a repeat they stay unknown (S31). `lease` is what they were claimed for.
    """
    lost = await tx.rows(
        "SELECT id, lease_until, doubtful_since FROM outbox "
        f"WHERE state = 'sending' AND lease_until <= $1{tx.lock}",
        real_now,
    )
    for row in lost:
        claimed_at = required_instant(row["lease_until"]) - lease
        doubtful_since = instant(row["doubtful_since"]) or claimed_at
        await tx.execute(
            "UPDATE outbox SET state = $1, due_at = $2, doubtful_since = $3, "
            "reason = 'sender lost', claimed_by = NULL, lease_until = NULL WHERE id = $4",
            "due" if doubtful_since >= claimed_at else "unknown",
            now,
            doubtful_since,
            row["id"],
        )
    return len(lost)


async def has_provider_id(reader: Reader, channel: str, provider_id: str) -> bool:
    """Whether one of our messages is known by this id of the provider."""
    row = await reader.row(
        "SELECT 1 FROM outbox o JOIN conversation c ON c.id = o.conversation_id "
        "WHERE o.provider_id = $1 AND c.channel = $2",
        provider_id,
        channel,
    )
    return row is not None


async def said(reader: Reader, outbox_id: int) -> tuple[str, str] | None:
    """What a message says, as JSON, and the language of its conversation; None once forgotten."""
    row = await reader.row(
        "SELECT o.body_sealed, c.language FROM outbox o "
        "JOIN conversation c ON c.id = o.conversation_id WHERE o.id = $1 AND o.body_sealed <> ''",
        outbox_id,
    )
    return (reader.vault.open("outbox.body", row["body_sealed"]), row["language"]) if row else None


async def last_choices(reader: Reader, conversation_id: int, limit: int) -> list[str]:
    """The newest messages with buttons that were said in a conversation, as JSON, newest first."""
    rows = await reader.rows(
        "SELECT body_sealed FROM outbox WHERE conversation_id = $1 AND choices "
        f"ORDER BY id DESC LIMIT {int(limit)}",
        conversation_id,
    )
    return [reader.vault.open("outbox.body", row["body_sealed"]) for row in rows]


async def said_since(reader: Reader, conversation_id: int, since: datetime) -> int:
    """How many messages were put here for a conversation after an instant."""
    row = await reader.row(
        "SELECT COUNT(*) AS messages FROM outbox WHERE conversation_id = $1 AND created_at > $2",
        conversation_id,
        since,
    )
    return int(row["messages"]) if row else 0


async def counts(reader: Reader) -> dict[str, int]:
    """How many messages are in each state."""
    rows = await reader.rows("SELECT state, COUNT(*) AS messages FROM outbox GROUP BY state")
    return {row["state"]: int(row["messages"]) for row in rows}


async def due_now(reader: Reader, now: datetime) -> int:
    """How many messages could go out, those among them that are only planned."""
    row = await reader.row(
        "SELECT (SELECT COUNT(*) FROM outbox WHERE state = 'due' AND due_at <= $1) "
        "+ (SELECT COUNT(*) FROM occasion WHERE state = 'planned' AND due_at <= $1) AS messages",
        now,
    )
    return int(row["messages"]) if row else 0
