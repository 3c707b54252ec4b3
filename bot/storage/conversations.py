"""Conversations: one per address, locked while a message of it is handled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.messages import Address
from bot.storage.database import Reader, Row, Transaction


@dataclass(frozen=True, slots=True)
class Conversation:
    """A chat with one address, whose identity may be a member, a colleague, both or neither."""

    id: int
    address: Address
    identity_id: int
    member_id: int | None
    staff_id: int | None
    language: str
    step: str | None
    draft: Mapping[str, str]
    misses: int
    blocked: bool
    known: bool


_SELECT = (
    "SELECT c.*, i.member_id, i.staff_id FROM conversation c "
    "JOIN identity i ON i.id = c.identity_id "
)


def _conversation(reader: Reader, row: Row, known: bool = True) -> Conversation:
    draft = row["draft_sealed"]
    return Conversation(
        id=row["id"],
        address=Address(
            row["channel"], reader.vault.open("conversation.address", row["address_sealed"])
        ),
        identity_id=row["identity_id"],
        member_id=row["member_id"],
        staff_id=row["staff_id"],
        language=row["language"],
        step=row["step"],
        draft=json.loads(reader.vault.open("conversation.draft", draft)) if draft else {},
        misses=row["misses"],
        blocked=row["blocked_at"] is not None,
        known=known,
    )


async def enter(
    tx: Transaction, address: Address, identity_kind: str, language: str, now: datetime
) -> Conversation:
    """The address's conversation, made if it is new and locked until the transaction ends."""
    address_hash = tx.vault.hash(f"address.{address.channel}", address.value)
    values = (address.channel, address_hash)
    lock = " FOR NO KEY UPDATE OF c" if tx.dialect == "postgres" else ""
    sql = f"{_SELECT}WHERE c.channel = $1 AND c.address_hash = $2{lock}"
    row = await tx.row(sql, *values)
    known = row is not None
    if row is None:
        identity = await _identity(tx, identity_kind, address.value, now)
        await tx.execute(
            "INSERT INTO conversation (channel, address_hash, address_sealed, identity_id, "
            "language, last_inbound_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $6) "
            "ON CONFLICT DO NOTHING",
            *values,
            tx.vault.seal("conversation.address", address.value),
            identity,
            language,
            now,
        )
        row = await tx.row(sql, *values)
    else:
        await tx.execute(
            "UPDATE conversation SET last_inbound_at = $1, blocked_at = NULL WHERE id = $2",
            now,
            row["id"],
        )
    assert row is not None  # noqa: S101 - it was there or has just been inserted
    return _conversation(tx, row, known)


async def _identity(tx: Transaction, kind: str, value: str, now: datetime) -> int:
    row = await tx.row(
        "INSERT INTO identity (kind, value_hash, value_sealed, proven_at, created_at) "
        "VALUES ($1, $2, $3, $4, $4) ON CONFLICT (kind, value_hash) "
        "DO UPDATE SET proven_at = COALESCE(identity.proven_at, excluded.proven_at) RETURNING id",
        kind,
        tx.vault.hash(kind, value),
        tx.vault.seal("identity.value", value),
        now,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    return int(row["id"])


async def get(reader: Reader, conversation_id: int) -> Conversation | None:
    """The conversation with this number."""
    row = await reader.row(f"{_SELECT}WHERE c.id = $1", conversation_id)
    return _conversation(reader, row) if row else None


async def save(
    tx: Transaction,
    conversation_id: int,
    *,
    step: str | None,
    draft: Mapping[str, str],
    misses: int,
    language: str,
) -> None:
    """Keep where a conversation stands."""
    await tx.execute(
        "UPDATE conversation SET step = $1, draft_sealed = $2, misses = $3, language = $4 "
        "WHERE id = $5",
        step,
        tx.vault.seal("conversation.draft", json.dumps(dict(draft))) if draft else None,
        misses,
        language,
        conversation_id,
    )


async def belongs_to(tx: Transaction, identity_id: int, member_id: int) -> None:
    """Make an identity a member's."""
    await tx.execute("UPDATE identity SET member_id = $1 WHERE id = $2", member_id, identity_id)


async def of_member(reader: Reader, member_id: int) -> list[int]:
    """A member's conversations that can be written to, last used first."""
    rows = await reader.rows(
        "SELECT c.id FROM conversation c JOIN identity i ON i.id = c.identity_id "
        "WHERE i.member_id = $1 AND c.blocked_at IS NULL ORDER BY c.last_inbound_at DESC, c.id",
        member_id,
    )
    return [row["id"] for row in rows]


async def block(tx: Transaction, conversation_id: int, now: datetime) -> None:
    """Note that an address takes no messages until its owner writes again (S32)."""
    await tx.execute("UPDATE conversation SET blocked_at = $1 WHERE id = $2", now, conversation_id)


async def record_inbound(tx: Transaction, channel: str, external_id: str, now: datetime) -> bool:
    """Note a delivery from a provider; False when it was handled before (S9)."""
    row = await tx.row(
        "INSERT INTO inbound (channel, external_id, received_at) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING RETURNING id",
        channel,
        external_id,
        now,
    )
    return row is not None


async def record_failure(
    tx: Transaction, channel: str, external_id: str, failure: str, message: str
) -> None:
    """Keep a message that could not be handled, and where it failed (S39)."""
    await tx.execute(
        "UPDATE inbound SET failure = $1, message_sealed = $2 "
        "WHERE channel = $3 AND external_id = $4",
        failure,
        tx.vault.seal("inbound.message", message),
        channel,
        external_id,
    )
