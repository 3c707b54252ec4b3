"""What an installation keeps for itself: made-up secrets, programme versions, leases."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from bot.storage.database import Reader, Transaction


async def get(reader: Reader, name: str) -> str | None:
    """A kept value."""
    row = await reader.row("SELECT value_sealed FROM setting WHERE name = $1", name)
    return reader.vault.open("setting.value", row["value_sealed"]) if row else None


async def keep(tx: Transaction, name: str, value: str) -> str:
    """Keep a value unless there is one already; returns the one that is kept."""
    await tx.execute(
        "INSERT INTO setting (name, value_sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        name,
        tx.vault.seal("setting.value", value),
    )
    return await get(tx, name) or value


async def put(tx: Transaction, name: str, value: str) -> None:
    """Keep a value in place of what was kept."""
    await tx.execute(
        "INSERT INTO setting (name, value_sealed) VALUES ($1, $2) "
        "ON CONFLICT (name) DO UPDATE SET value_sealed = excluded.value_sealed",
        name,
        tx.vault.seal("setting.value", value),
    )


async def newest_programme(reader: Reader) -> tuple[int, str] | None:
    """The number and text of the newest programme version."""
    row = await reader.row("SELECT id, source FROM programme_version ORDER BY id DESC LIMIT 1")
    return (row["id"], row["source"]) if row else None


async def newest_programme_version(reader: Reader) -> int | None:
    """The number of the newest programme version, which is cheap to ask often."""
    row = await reader.row("SELECT MAX(id) AS id FROM programme_version")
    return row["id"] if row else None


async def programme_version(reader: Reader, source: str) -> int | None:
    """The number of the latest version with this content; None for one not seen before."""
    row = await reader.row(
        "SELECT MAX(id) AS id FROM programme_version WHERE digest = $1", _digest(source)
    )
    return row["id"] if row else None


async def programme_source(reader: Reader, version: int) -> str | None:
    """The text of a programme version."""
    row = await reader.row("SELECT source FROM programme_version WHERE id = $1", version)
    return str(row["source"]) if row else None


async def add_programme(tx: Transaction, source: str, now: datetime, *, again: bool) -> int | None:
    """Make a content the newest version unless it is; its number, or None.

    One that was a version before becomes the newest only where it may be so `again`.
    """
    # Two processes that start at once with one new content add it once.
    await tx.alone("programme")
    seen = await programme_version(tx, source)
    if seen is not None and (not again or seen == await newest_programme_version(tx)):
        return None
    row = await tx.row(
        "INSERT INTO programme_version (digest, source, created_at) VALUES ($1, $2, $3) "
        "RETURNING id",
        _digest(source),
        source,
        now,
    )
    return row["id"] if row else None


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


async def lease(
    tx: Transaction, name: str, owner: str, real_now: datetime, length: timedelta
) -> bool:
    """Take or renew a lease; False while another owner holds it."""
    held = await tx.row(
        "INSERT INTO lease (name, owner, until_at) VALUES ($1, $2, $3) ON CONFLICT (name) "
        "DO UPDATE SET owner = excluded.owner, until_at = excluded.until_at "
        "WHERE lease.owner = excluded.owner OR lease.until_at <= $4 RETURNING name",
        name,
        owner,
        real_now + length,
        real_now,
    )
    return held is not None


async def end_lease(tx: Transaction, name: str, owner: str) -> None:
    """Give a lease back early, so that another process need not wait it out."""
    await tx.execute("DELETE FROM lease WHERE name = $1 AND owner = $2", name, owner)
