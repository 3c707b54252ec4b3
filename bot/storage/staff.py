"""Colleagues and the links that invite them."""

from __future__ import annotations

import secrets
from datetime import datetime

from bot.domain.members import Role, Staff
from bot.storage.database import Reader, Row, Transaction, instant, marks
from bot.storage.models import InvitationRow, StaffRow

TOKEN_BYTES = 16


def _staff(reader: Reader, row: Row) -> Staff:
    return Staff(
        id=row["id"],
        name=reader.vault.open("staff.name", row["name_sealed"]),
        role=Role.of(row["role"]),
        location=row["location"],
        shift_location=row["shift_location"],
    )


async def invite(
    tx: Transaction,
    *,
    name: str,
    role: Role,
    location: str | None,
    now: datetime,
    ends_at: datetime,
) -> str:
    """A new colleague and the single-use token that makes its first opener them."""
    staff = await StaffRow.create(
        using_db=tx.client,
        name_sealed=tx.vault.seal("staff.name", name),
        role=role.word,
        location=location,
        created_at=now,
    )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await InvitationRow.create(
        using_db=tx.client,
        token_hash=tx.vault.hash("invitation", token),
        staff_id=staff.id,
        created_at=now,
        ends_at=ends_at,
    )
    return token


async def lock_invitation(tx: Transaction, token: str) -> tuple[int, int, bool] | None:
    """An invitation as (its number, the colleague's, whether it was used), locked.

    None for a token nobody made.
    """
    row = await tx.row(
        f"SELECT * FROM invitation WHERE token_hash = $1{tx.lock}",
        tx.vault.hash("invitation", token),
    )
    return (row["id"], row["staff_id"], row["used_at"] is not None) if row else None


async def invitation_ends_at(reader: Reader, invitation_id: int) -> datetime | None:
    """When an invitation stops working."""
    row = await reader.row("SELECT ends_at FROM invitation WHERE id = $1", invitation_id)
    return instant(row["ends_at"]) if row else None


async def accept(
    tx: Transaction, invitation_id: int, staff_id: int, identity_id: int, now: datetime
) -> None:
    """Make an identity the invited colleague and use the invitation up."""
    await tx.execute("UPDATE invitation SET used_at = $1 WHERE id = $2", now, invitation_id)
    await tx.execute("UPDATE identity SET staff_id = $1 WHERE id = $2", staff_id, identity_id)


async def get(reader: Reader, staff_id: int) -> Staff | None:
    """The colleague with this number, unless removed."""
    row = await reader.row("SELECT * FROM staff WHERE id = $1 AND removed_at IS NULL", staff_id)
    return _staff(reader, row) if row else None


async def lock(tx: Transaction, staff_id: int) -> None:
    """Lock a colleague, so that what they have given today can be counted."""
    await tx.rows(f"SELECT id FROM staff WHERE id = $1{tx.lock}", staff_id)


async def start_shift(tx: Transaction, staff_id: int, location: str | None) -> None:
    """Note where a colleague stands; None ends the shift."""
    await tx.execute("UPDATE staff SET shift_location = $1 WHERE id = $2", location, staff_id)


async def conversations(reader: Reader, roles: tuple[Role, ...], except_for: int = 0) -> list[int]:
    """The conversations of colleagues with one of these roles, but for one colleague.

    Those where nothing arrives are left out: a question would wait there for nobody.
    """
    rows = await reader.rows(
        "SELECT c.id FROM conversation c JOIN identity i ON i.id = c.identity_id "
        "JOIN staff s ON s.id = i.staff_id "
        f"WHERE s.removed_at IS NULL AND s.id <> $1 AND s.role IN ({marks(len(roles), 2)}) "
        "AND c.blocked_at IS NULL AND c.opted_out_at IS NULL ORDER BY c.id",
        except_for,
        *(role.word for role in roles),
    )
    return [row["id"] for row in rows]


async def conversations_of(reader: Reader, staff_id: int) -> list[int]:
    """The conversation in which a colleague wrote last, if anything arrives there."""
    rows = await reader.rows(
        "SELECT c.id FROM conversation c JOIN identity i ON i.id = c.identity_id "
        "JOIN staff s ON s.id = i.staff_id WHERE s.id = $1 AND s.removed_at IS NULL "
        "AND c.last_inbound_at IS NOT NULL AND c.blocked_at IS NULL AND c.opted_out_at IS NULL "
        "ORDER BY c.last_inbound_at DESC, c.id LIMIT 1",
        staff_id,
    )
    return [row["id"] for row in rows]


async def is_member(reader: Reader, staff_id: int, member_id: int) -> bool:
    """Whether a colleague and a member share an address, and so are the same person (S17)."""
    return bool(
        await reader.row(
            "SELECT 1 FROM identity WHERE staff_id = $1 AND member_id = $2", staff_id, member_id
        )
    )


async def by_identity(reader: Reader, kind: str, value: str) -> Staff | None:
    """The colleague who has this address or number, unless removed."""
    row = await reader.row(
        "SELECT s.* FROM staff s JOIN identity i ON i.staff_id = s.id "
        "WHERE i.kind = $1 AND i.value_hash = $2 AND s.removed_at IS NULL",
        kind,
        reader.vault.hash(kind, value),
    )
    return _staff(reader, row) if row else None
