"""Conversations: one per address, locked while a message of it is handled."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.messages import Address
from bot.storage.database import Reader, Row, Transaction, marks


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


_SELECT = (
    "SELECT c.*, i.member_id, i.staff_id FROM conversation c "
    "JOIN identity i ON i.id = c.identity_id "
)


def _conversation(reader: Reader, row: Row) -> Conversation:
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
    )


async def enter(
    tx: Transaction,
    address: Address,
    identity_kind: str,
    language: str,
    now: datetime,
    identity: str = "",
) -> Conversation:
    """The conversation of an address whose owner has just done something there.

    Made if it is new, and locked until the transaction ends. `identity` is the form by which the
    person is known where an address can be written in several ways.
    """
    lock = " FOR NO KEY UPDATE OF c" if tx.dialect == "postgres" else ""
    row = await _opened(tx, address, identity_kind, identity, language, now, lock)
    if row["last_inbound_at"] is None:
        await tx.execute(
            "UPDATE identity SET proven_at = $1 WHERE id = $2 AND proven_at IS NULL",
            now,
            row["identity_id"],
        )
    await tx.execute(
        "UPDATE conversation SET last_inbound_at = $1, blocked_at = NULL WHERE id = $2",
        now,
        row["id"],
    )
    return _conversation(tx, row)


async def open(
    tx: Transaction,
    address: Address,
    identity_kind: str,
    language: str,
    now: datetime,
    identity: str = "",
) -> Conversation:
    """The conversation with an address, not locked; begun where it is new and we write first.

    That proves nothing: the identity is proven when its owner answers.
    """
    return _conversation(tx, await _opened(tx, address, identity_kind, identity, language, now))


async def _opened(
    tx: Transaction,
    address: Address,
    kind: str,
    identity: str,
    language: str,
    now: datetime,
    lock: str = "",
) -> Row:
    values = (address.channel, tx.vault.hash(f"address.{address.channel}", address.value))
    sql = f"{_SELECT}WHERE c.channel = $1 AND c.address_hash = $2{lock}"
    row = await tx.row(sql, *values)
    if row is None:
        identity_id = await _identity(tx, kind, identity or address.value, now)
        await tx.execute(
            "INSERT INTO conversation (channel, address_hash, address_sealed, identity_id, "
            "language, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            *values,
            tx.vault.seal("conversation.address", address.value),
            identity_id,
            language,
            now,
        )
        row = await tx.row(sql, *values)
    assert row is not None  # noqa: S101 - it was there or has just been inserted
    return row


async def _identity(tx: Transaction, kind: str, value: str, now: datetime) -> int:
    value_hash = tx.vault.hash(kind, value)
    # One that is there stays unlocked: whoever merges two members waits for their identities.
    # KEY SHARE is what the reference takes anyway: one that is just being erased is not taken up.
    share = " FOR KEY SHARE" if tx.dialect == "postgres" else ""
    select = f"SELECT id FROM identity WHERE kind = $1 AND value_hash = $2{share}"
    row = await tx.row(select, kind, value_hash)
    if row is None:
        await tx.execute(
            "INSERT INTO identity (kind, value_hash, value_sealed, created_at) "
            "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            kind,
            value_hash,
            tx.vault.seal("identity.value", value),
            now,
        )
        row = await tx.row(select, kind, value_hash)
    assert row is not None  # noqa: S101 - it was there or has just been inserted
    return int(row["id"])


async def get(reader: Reader, conversation_id: int) -> Conversation | None:
    """The conversation with this number."""
    row = await reader.row(f"{_SELECT}WHERE c.id = $1", conversation_id)
    return _conversation(reader, row) if row else None


async def identity(reader: Reader, identity_id: int) -> tuple[str, str]:
    """What an identity is, such as a phone, and which."""
    row = await reader.row("SELECT kind, value_sealed FROM identity WHERE id = $1", identity_id)
    if row is None:
        raise LookupError(f"no identity {identity_id}")
    return row["kind"], reader.vault.open("identity.value", row["value_sealed"])


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


async def of_member(reader: Reader, member_id: int) -> list[tuple[int, str]]:
    """A member's conversations that can be written to, with their channels, last used first.

    Where we wrote first we say nothing more until somebody answers (S33). A dead number is passed
    over; but after a stop or a block no other channel takes over (S33a).
    """
    found = []
    for place in await places(reader, member_id):
        if place.refuses or not place.heard:
            break
        if not place.dead:
            found.append((place.conversation_id, place.channel))
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member could be written to unasked; `dead` as nobody has that number any more.

    `refuses`: its owner blocked us or told the network to stop. `heard` is whether they ever wrote
    from there.
    """

    conversation_id: int
    channel: str
    dead: bool
    refuses: bool
    heard: bool


async def places(reader: Reader, member_id: int) -> list[Place]:
    """A member's conversations, last used first, those nobody wrote in yet last."""
    rows = await reader.rows(
        "SELECT c.id, c.channel, c.blocked_at, c.opted_out_at, c.last_inbound_at, i.kind "
        "FROM conversation c JOIN identity i ON i.id = c.identity_id WHERE i.member_id = $1 "
        "ORDER BY CASE WHEN c.last_inbound_at IS NULL THEN 1 ELSE 0 END, c.last_inbound_at DESC, "
        "c.id",
        member_id,
    )
    found = []
    for row in rows:
        blocked = row["blocked_at"] is not None
        dead = blocked and row["kind"] in PERISHABLE
        refuses = row["opted_out_at"] is not None or (blocked and not dead)
        heard = row["last_inbound_at"] is not None
        found.append(Place(row["id"], row["channel"], dead and not refuses, refuses, heard))
    return found


#: Identities whose address can stop existing; elsewhere it is their owner who blocks us.
PERISHABLE = frozenset({"phone", "email"})


async def block(tx: Transaction, conversation_id: int, now: datetime) -> None:
    """Note that an address takes no messages until its owner writes again (S32)."""
    await tx.execute("UPDATE conversation SET blocked_at = $1 WHERE id = $2", now, conversation_id)


async def revive(tx: Transaction, conversation_id: int) -> None:
    """Note that an address may take messages again, as far as nobody there stopped them."""
    await tx.execute("UPDATE conversation SET blocked_at = NULL WHERE id = $1", conversation_id)


async def opt_out(tx: Transaction, conversation_id: int, now: datetime) -> None:
    """Note that the network takes no messages to an address until it hears a start word (S32)."""
    await tx.execute(
        "UPDATE conversation SET opted_out_at = $1 WHERE id = $2", now, conversation_id
    )


async def opted_out(reader: Reader, conversation_id: int) -> bool:
    """Whether the network takes no messages to an address."""
    row = await reader.row("SELECT opted_out_at FROM conversation WHERE id = $1", conversation_id)
    return row is not None and row["opted_out_at"] is not None


async def channels(reader: Reader, conversation_ids: Collection[int]) -> dict[int, str]:
    """The channels of conversations, by number, in the order given."""
    rows = await reader.rows(
        f"SELECT id, channel FROM conversation WHERE id IN ({marks(len(conversation_ids))})",
        *conversation_ids,
    )
    found = {row["id"]: row["channel"] for row in rows}
    return {number: found[number] for number in conversation_ids if number in found}


async def opt_in(tx: Transaction, conversation_id: int) -> None:
    """Note that the network takes messages to an address again."""
    await tx.execute("UPDATE conversation SET opted_out_at = NULL WHERE id = $1", conversation_id)


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
    tx: Transaction,
    channel: str,
    external_id: str,
    failure: str,
    message: str,
    conversation_id: int | None = None,
) -> None:
    """Keep a message that could not be handled, where it failed (S39), and whose it is if known."""
    await tx.execute(
        "UPDATE inbound SET failure = $1, message_sealed = $2, conversation_id = $3 "
        "WHERE channel = $4 AND external_id = $5",
        failure,
        tx.vault.seal("inbound.message", message),
        conversation_id,
        channel,
        external_id,
    )
