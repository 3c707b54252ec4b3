"""E-mail addresses of members, as stored: nobody writes from them, so they are only written to."""

from __future__ import annotations

from bot.storage.database import Reader, Transaction

KIND = "email"


async def of(reader: Reader, member_id: int) -> str | None:
    """A member's e-mail address, the one proven last; else one that an import brought."""
    row = await reader.row(
        "SELECT value_sealed FROM identity WHERE member_id = $1 AND kind = $2 "
        "ORDER BY CASE WHEN proven_at IS NULL THEN 1 ELSE 0 END, proven_at DESC, id DESC LIMIT 1",
        member_id,
        KIND,
    )
    return reader.vault.open("identity.value", row["value_sealed"]) if row else None


async def release(tx: Transaction, member_id: int, *, but: str = "") -> None:
    """Take a member's e-mail addresses away, and forget what they were, `but` for one.

    The rows stay empty, since what was sent there refers to them.
    """
    kept = tx.vault.hash(KIND, but)
    rows = await tx.rows(
        "SELECT id FROM identity WHERE member_id = $1 AND kind = $2 AND value_hash <> $3 "
        f"ORDER BY id{tx.lock}",
        member_id,
        KIND,
        kept,
    )
    for row in rows:
        gone = f"released:{row['id']}"
        await tx.execute(
            "UPDATE conversation SET address_hash = $1, address_sealed = $2, "
            "blocked_at = created_at WHERE identity_id = $3",
            gone,
            tx.vault.seal("conversation.address", ""),
            row["id"],
        )
        await tx.execute(
            "UPDATE identity SET member_id = NULL, proven_at = NULL, value_hash = $1, "
            "value_sealed = $2 WHERE id = $3",
            gone,
            tx.vault.seal("identity.value", ""),
            row["id"],
        )


async def speak(tx: Transaction, member_id: int, language: str) -> None:
    """Write to a member's e-mail addresses in another language from now on."""
    await tx.execute(
        "UPDATE conversation SET language = $1 WHERE identity_id IN "
        "(SELECT id FROM identity WHERE member_id = $2 AND kind = $3)",
        language,
        member_id,
        KIND,
    )
