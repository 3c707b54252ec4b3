"""Members who move to a new number or account, as stored (S12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.storage.database import Reader, Row, Transaction, required_instant


@dataclass(frozen=True, slots=True)
class Relocation:
    """Somebody's word that a member's card is theirs, until it is answered or over."""

    id: int
    member_id: int | None
    conversation_id: int
    ends_at: datetime
    closed: bool


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat with an address that was a member's until now; what was said there is not in it.

    `reached`: its owner wrote from there or proved it, and something sent there arrives.
    """

    conversation_id: int
    channel: str
    reached: bool


@dataclass(frozen=True, slots=True)
class Left:
    """An address or number that was a member's until now."""

    value: str
    chats: tuple[Chat, ...]


async def ask(
    tx: Transaction, member_id: int | None, conversation_id: int, now: datetime, ends_at: datetime
) -> int:
    """Keep that somebody asks for a member's card, or for what is nobody's; its number."""
    row = await tx.row(
        "INSERT INTO relocation (member_id, conversation_id, created_at, ends_at) "
        "VALUES ($1, $2, $3, $4) RETURNING id",
        member_id,
        conversation_id,
        now,
        ends_at,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    return int(row["id"])


async def asked(reader: Reader, column: str, number: int, since: datetime) -> int:
    """How often it was asked since an instant, of a member or in a conversation."""
    row = await reader.row(
        f"SELECT COUNT(*) AS n FROM relocation WHERE {column} = $1 AND created_at > $2",
        number,
        since,
    )
    return int(row["n"]) if row else 0


async def lock(tx: Transaction, number: int) -> Relocation | None:
    """What was asked under a number, locked."""
    row = await tx.row(f"SELECT * FROM relocation WHERE id = $1{tx.lock}", number)
    if row is None:
        return None
    return Relocation(
        row["id"],
        row["member_id"],
        row["conversation_id"],
        required_instant(row["ends_at"]),
        row["closed_at"] is not None,
    )


async def close(tx: Transaction, number: int, now: datetime) -> None:
    """Note that it was answered."""
    await tx.execute("UPDATE relocation SET closed_at = $1 WHERE id = $2", now, number)


async def leave(tx: Transaction, member_id: int, kind: str, but: str, now: datetime) -> list[Left]:
    """Take all of a member's addresses of a kind off them `but` for one; they can be another's.

    The rows that what was said there refers to stay, empty; each address begins anew, nobody's,
    with a chat for each channel it was used on. A colleague's stays as it is, and theirs.
    """
    rows = await tx.rows(
        "SELECT * FROM identity WHERE member_id = $1 AND kind = $2 AND value_hash <> $3 "
        f"ORDER BY id{tx.lock}",
        member_id,
        kind,
        tx.vault.hash(kind, but),
    )
    return [await _leave(tx, row, now) for row in rows]


async def _leave(tx: Transaction, old: Row, now: datetime) -> Left:
    value = tx.vault.open("identity.value", old["value_sealed"])
    if old["staff_id"] is not None:
        await tx.execute("UPDATE identity SET member_id = NULL WHERE id = $1", old["id"])
        return Left(value, ())
    gone = f"released:{old['id']}"
    chats = await tx.rows(
        "SELECT * FROM conversation WHERE identity_id = $1 ORDER BY id", old["id"]
    )
    await tx.execute(
        "UPDATE identity SET member_id = NULL, proven_at = NULL, value_hash = $1, "
        "value_sealed = $2 WHERE id = $3",
        gone,
        tx.vault.seal("identity.value", ""),
        old["id"],
    )
    fresh = await tx.row(
        "INSERT INTO identity (kind, value_hash, value_sealed, proven_at, created_at) "
        "VALUES ($1, $2, $3, $4, $5) RETURNING id",
        old["kind"],
        old["value_hash"],
        old["value_sealed"],
        old["proven_at"],
        now,
    )
    assert fresh is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    return Left(value, tuple([await _chat_anew(tx, chat, old, fresh["id"], now) for chat in chats]))


async def _chat_anew(
    tx: Transaction, old: Row, identity: Row, identity_id: int, now: datetime
) -> Chat:
    await tx.execute(
        "UPDATE conversation SET address_hash = $1, address_sealed = $2, step = NULL, "
        "draft_sealed = NULL, blocked_at = $3 WHERE id = $4",
        f"released:{old['id']}",
        tx.vault.seal("conversation.address", ""),
        now,
        old["id"],
    )
    await tx.execute(
        "UPDATE outbox SET state = 'dropped', reason = 'moved' "
        "WHERE conversation_id = $1 AND state = 'due'",
        old["id"],
    )
    fresh = await tx.row(
        "INSERT INTO conversation (channel, address_hash, address_sealed, identity_id, language, "
        "blocked_at, opted_out_at, last_inbound_at, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        old["channel"],
        old["address_hash"],
        old["address_sealed"],
        identity_id,
        old["language"],
        old["blocked_at"],
        old["opted_out_at"],
        old["last_inbound_at"],
        now,
    )
    assert fresh is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    refuses = old["blocked_at"] is not None or old["opted_out_at"] is not None
    known = old["last_inbound_at"] is not None or identity["proven_at"] is not None
    return Chat(fresh["id"], old["channel"], known and not refuses)
