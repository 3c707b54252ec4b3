"""Codes sent to numbers and e-mail addresses, to prove whose they are (S12); how many (S32)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.storage.database import Reader, Transaction, required_instant

#: What a code can prove.
Kind = Literal["phone", "email"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A code that was sent to a number or address for a conversation; `tries` were wrong ones."""

    id: int
    kind: Kind
    value: str
    tries: int
    ends_at: datetime


async def begin(
    tx: Transaction,
    conversation_id: int,
    kind: Kind,
    value: str,
    code: str,
    *,
    country: str = "",
    now: datetime,
    ends_at: datetime,
) -> None:
    """Keep a code; an earlier one of the same conversation ends. A number has a country."""
    if earlier := await newest(tx, conversation_id):
        await end(tx, earlier, now)
    await tx.execute(
        "INSERT INTO proof (conversation_id, kind, value_hash, value_sealed, country, code_hash, "
        "created_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        conversation_id,
        kind,
        tx.vault.hash(kind, value),
        tx.vault.seal("proof.value", value),
        country,
        _code_hash(tx, conversation_id, value, code),
        now,
        ends_at,
    )


async def newest(tx: Transaction, conversation_id: int) -> Proof | None:
    """The code a conversation may answer with, locked; None when none was sent or it was used."""
    row = await tx.row(
        "SELECT * FROM proof WHERE conversation_id = $1 AND used_at IS NULL "
        f"ORDER BY id DESC LIMIT 1{tx.lock}",
        conversation_id,
    )
    if row is None:
        return None
    value = tx.vault.open("proof.value", row["value_sealed"])
    return Proof(row["id"], row["kind"], value, row["tries"], required_instant(row["ends_at"]))


async def answer(tx: Transaction, conversation_id: int, proof: Proof, code: str) -> bool:
    """Whether this is the code; a wrong one is counted."""
    right = await tx.row(
        "SELECT 1 FROM proof WHERE id = $1 AND code_hash = $2",
        proof.id,
        _code_hash(tx, conversation_id, proof.value, code),
    )
    if not right:
        await tx.execute("UPDATE proof SET tries = tries + 1 WHERE id = $1", proof.id)
    return bool(right)


async def use(tx: Transaction, proof: Proof, now: datetime) -> None:
    """Note that a code has proven what it was sent to; no code works twice."""
    await tx.execute("UPDATE proof SET used_at = $1 WHERE id = $2", now, proof.id)


async def sent(
    reader: Reader,
    kind: Kind,
    since: datetime,
    by: Literal["", "value_hash", "conversation_id", "country"] = "",
    value: str | int = "",
) -> int:
    """How many codes of a kind were sent after an instant: in all, to a number or address, …"""
    if by == "value_hash":
        value = reader.vault.hash(kind, str(value))
    row = await reader.row(
        "SELECT COUNT(*) AS codes FROM proof WHERE created_at > $1 AND kind = $2"
        + (f" AND {by} = $3" if by else ""),
        since,
        kind,
        *([value] if by else []),
    )
    return int(row["codes"]) if row else 0


async def end(tx: Transaction, proof: Proof, now: datetime) -> None:
    """End a code before its time."""
    await tx.execute("UPDATE proof SET ends_at = $1 WHERE id = $2", now, proof.id)


def _code_hash(reader: Reader, conversation_id: int, value: str, code: str) -> str:
    # Of this conversation and number, so that no table of a million hashes opens them all.
    return reader.vault.hash("proof", f"{conversation_id}\0{value}\0{code}")
