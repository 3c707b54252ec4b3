"""The outbox: what is to be said, and how far each message has come (S31).

States: due → sending → accepted → delivered; or unknown (no answer came), failed, dropped. A
message is marked *sending* before the provider is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.messages import Address, MessageClass
from bot.storage.database import Reader, Row, Transaction, instant, required_instant

_OPEN = "{}state IN ('due', 'sending')"
_BULK = "({}class = 'marketing')"


#: No message waits longer than this for its next try.
LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message claimed for sending; `body` is the reply as JSON, `attempt` counts from 1."""

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
) -> list[int]:
    """Conversations whose next message anyone may send now, those with replies first.

    `now` is the programme's clock, leases go by `real_now`.
    """
    rows = await reader.rows(
        "SELECT o.conversation_id FROM outbox o WHERE o.state = 'due' "
        "AND o.due_at <= $1 AND (o.lease_until IS NULL OR o.lease_until <= $2) "
        # One that waits for another would be found again and again, and fill the page.
        "AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.conversation_id = o.conversation_id "
        f"AND {_OPEN.format('p.')} AND ({_BULK.format('p.')} < {_BULK.format('o.')} "
        f"OR {_BULK.format('p.')} = {_BULK.format('o.')} AND p.id < o.id)) "
        f"ORDER BY {_BULK.format('o.')}, o.id LIMIT {int(limit)}",
        now,
        real_now,
    )
    return [row["conversation_id"] for row in rows]


async def claim_next(
    tx: Transaction,
    conversation_id: int,
    *,
    owner: str,
    now: datetime,
    real_now: datetime,
    lease: timedelta,
) -> Letter | None:
    """Mark the conversation's next message *sending* and return it.

    The order of an address holds: nothing is taken while an earlier message is still to go or
    being sent; one whose outcome is unknown stops blocking. Marketing is overtaken (S32).
    """
    row = await tx.row(
        "SELECT id, state, due_at, attempts, claimed_by, lease_until FROM outbox "
        f"WHERE conversation_id = $1 AND {_OPEN.format('')} "
        f"ORDER BY {_BULK.format('')}, id LIMIT 1{tx.lock}",
        conversation_id,
    )
    if row is None or row["state"] != "due" or not _claimable(row, owner, now, real_now):
        return None
    await tx.execute(
        "UPDATE outbox SET state = 'sending', claimed_by = $1, lease_until = $2, sent_at = $3, "
        "attempts = attempts + 1 WHERE id = $4",
        owner,
        real_now + lease,
        now,
        row["id"],
    )
    return await _letter(tx, row["id"])


def _claimable(row: Row, owner: str, now: datetime, real_now: datetime) -> bool:
    lease = instant(row["lease_until"])
    free = lease is None or lease <= real_now or row["claimed_by"] == owner
    due_at = required_instant(row["due_at"])
    # A retry further ahead than any retry waits: the clock was set back. Nobody waits for that.
    clock_moved = row["attempts"] > 0 and due_at > now + LONGEST_WAIT
    return free and (due_at <= now or clock_moved)


async def _letter(reader: Reader, outbox_id: int) -> Letter:
    row = await reader.row(
        "SELECT o.*, c.channel, c.address_sealed, c.language FROM outbox o "
        "JOIN conversation c ON c.id = o.conversation_id WHERE o.id = $1",
        outbox_id,
    )
    assert row is not None  # noqa: S101 - it has just been updated
    return Letter(
        id=row["id"],
        conversation_id=row["conversation_id"],
        address=Address(
            row["channel"], reader.vault.open("conversation.address", row["address_sealed"])
        ),
        language=row["language"],
        member_id=row["member_id"],
        message_class=MessageClass(row["class"]),
        body=reader.vault.open("outbox.body", row["body_sealed"]),
        edit_of=row["edit_of"],
        clear_of=row["clear_of"],
        attempt=row["attempts"],
    )


async def accepted(tx: Transaction, outbox_id: int, provider_id: str | None) -> None:
    """The provider took the message; a receipt that overtook this answer is kept."""
    await tx.execute(
        "UPDATE outbox SET state = 'accepted', provider_id = $1, reason = NULL, lease_until = NULL "
        "WHERE id = $2 AND state IN ('sending', 'unknown')",
        provider_id,
        outbox_id,
    )


async def settle(tx: Transaction, outbox_id: int, state: str, reason: str) -> None:
    """End a message as failed, unknown or dropped, with the reason (S34)."""
    await tx.execute(
        "UPDATE outbox SET state = $1, reason = $2, lease_until = NULL "
        "WHERE id = $3 AND state IN ('due', 'sending', 'unknown')",
        state,
        reason,
        outbox_id,
    )


async def retry(tx: Transaction, outbox_id: int, due_at: datetime, reason: str) -> None:
    """Put a message that was not taken back, to be tried again at an instant."""
    await tx.execute(
        "UPDATE outbox SET state = 'due', due_at = $1, reason = $2, claimed_by = NULL, "
        "lease_until = NULL WHERE id = $3 AND state = 'sending'",
        due_at,
        reason,
        outbox_id,
    )


async def release_lost(tx: Transaction, real_now: datetime, now: datetime) -> int:
    """Deal with messages whose sender died between marking and hearing; returns how many.

    Their outcome is unknown: marketing stays so, anything else is repeated once (S31).
    """
    lost = "state = 'sending' AND lease_until <= $1"
    repeated = await tx.execute(
        "UPDATE outbox SET state = 'due', due_at = $2, reason = 'sender lost', claimed_by = NULL, "
        f"lease_until = NULL WHERE {lost} AND class <> 'marketing' AND attempts < 2",
        real_now,
        now,
    )
    unknown = await tx.execute(
        "UPDATE outbox SET state = 'unknown', reason = 'sender lost', lease_until = NULL "
        f"WHERE {lost}",
        real_now,
    )
    return repeated + unknown


async def receipt(tx: Transaction, channel: str, provider_id: str, state: str, reason: str) -> int:
    """Note what the provider said later; a state never moves back (S31)."""
    earlier = "'sending', 'accepted', 'unknown'"
    return await tx.execute(
        f"UPDATE outbox SET state = $1, reason = $2 WHERE provider_id = $3 AND state IN ({earlier})"
        " AND conversation_id IN (SELECT id FROM conversation WHERE channel = $4)",
        state,
        reason,
        provider_id,
        channel,
    )


async def last_choices(reader: Reader, conversation_id: int, limit: int) -> list[str]:
    """The newest messages with buttons that were said in a conversation, as JSON, newest first."""
    rows = await reader.rows(
        "SELECT body_sealed FROM outbox WHERE conversation_id = $1 AND choices "
        f"ORDER BY id DESC LIMIT {int(limit)}",
        conversation_id,
    )
    return [reader.vault.open("outbox.body", row["body_sealed"]) for row in rows]


async def counts(reader: Reader) -> dict[str, int]:
    """How many messages are in each state."""
    rows = await reader.rows("SELECT state, COUNT(*) AS messages FROM outbox GROUP BY state")
    return {row["state"]: int(row["messages"]) for row in rows}
