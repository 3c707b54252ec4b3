"""Who invited whom (S16): the members' codes, and what became of each friend."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.members import CODE_ALPHABET
from bot.storage.database import Reader, Row, Transaction, instant, required_instant

#: 40 random bits: short enough to be typed, and there is nothing to gain by guessing one.
CODE_LENGTH = 8

State = Literal["open", "waiting", "paid", "refused", "reversed"]


@dataclass(frozen=True, slots=True)
class Referral:
    """A friend who joined by a member's invitation.

    `open` until their first purchase; then `paid`, or `waiting` for the owner. `reason` is why it
    waits or was refused, or that the referrer had all they may have (`limit`). `closed_at` is when
    the friend's purchase came, or it ended without one.
    """

    id: int
    referrer_id: int
    friend_id: int
    state: State
    reason: str
    purchase_operation_id: int | None
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of a member's friends came, and for how many of them they were given something."""

    came: int
    paid: int


def _referral(row: Row) -> Referral:
    return Referral(
        id=row["id"],
        referrer_id=row["referrer_id"],
        friend_id=row["friend_id"],
        state=row["state"],
        reason=row["reason"] or "",
        purchase_operation_id=row["purchase_operation_id"],
        created_at=required_instant(row["created_at"]),
        closed_at=instant(row["closed_at"]),
    )


async def code_of(tx: Transaction, member_id: int) -> str:
    """What the link of a member holds, made when it is first asked for."""
    while True:
        row = await tx.row("SELECT code FROM invite WHERE member_id = $1", member_id)
        if row is not None:
            return str(row["code"])
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        await tx.execute(
            "INSERT INTO invite (member_id, code) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            member_id,
            code,
        )


async def whose(reader: Reader, code: str) -> int | None:
    """The number of the member whose link holds a code, in any letter case."""
    row = await reader.row("SELECT member_id FROM invite WHERE code = $1", code.upper())
    return int(row["member_id"]) if row else None


async def begin(tx: Transaction, referrer_id: int, friend_id: int, now: datetime) -> bool:
    """Keep who invited a friend; False where somebody did before."""
    row = await tx.row(
        "INSERT INTO referral (referrer_id, friend_id, state, created_at) "
        "VALUES ($1, $2, 'open', $3) ON CONFLICT DO NOTHING RETURNING id",
        referrer_id,
        friend_id,
        now,
    )
    return row is not None


async def of_friend(reader: Reader, friend_id: int) -> Referral | None:
    """The invitation a member came by."""
    row = await reader.row("SELECT * FROM referral WHERE friend_id = $1", friend_id)
    return _referral(row) if row else None


async def of_purchase(reader: Reader, operation_id: int) -> Referral | None:
    """The referral that a purchase settled."""
    row = await reader.row("SELECT * FROM referral WHERE purchase_operation_id = $1", operation_id)
    return _referral(row) if row else None


async def get(reader: Reader, referral_id: int) -> Referral | None:
    """The referral with this number; both members are locked before it is gone by."""
    row = await reader.row("SELECT * FROM referral WHERE id = $1", referral_id)
    return _referral(row) if row else None


async def waiting(reader: Reader, limit: int) -> list[Referral]:
    """Those that wait for the owner, oldest first."""
    rows = await reader.rows(
        f"SELECT * FROM referral WHERE state = 'waiting' ORDER BY id LIMIT {int(limit)}"
    )
    return [_referral(row) for row in rows]


async def settle(
    tx: Transaction,
    referral_id: int,
    state: State,
    *,
    reason: str = "",
    purchase: int | None = None,
    staff_id: int | None = None,
    closed_at: datetime | None = None,
) -> None:
    """Keep what became of a referral whose members are locked; what is left out stays."""
    await tx.execute(
        "UPDATE referral SET state = $1, reason = $2, "
        "purchase_operation_id = COALESCE($3, purchase_operation_id), "
        "staff_id = COALESCE($4, staff_id), closed_at = COALESCE($5, closed_at) WHERE id = $6",
        state,
        reason or None,
        purchase,
        staff_id,
        closed_at,
        referral_id,
    )


async def reopen(tx: Transaction, referral_id: int) -> None:
    """Let the friend's next purchase count, since the one that did was taken back."""
    await tx.execute(
        "UPDATE referral SET state = 'open', reason = NULL, purchase_operation_id = NULL, "
        "staff_id = NULL, closed_at = NULL WHERE id = $1",
        referral_id,
    )


async def tally(reader: Reader, referrer_id: int) -> Tally:
    """How many friends of a member came, and how many of them were paid for."""
    row = await reader.row(
        "SELECT COUNT(*) AS came, COALESCE(SUM(CASE WHEN reason IS NULL THEN 1 ELSE 0 END), 0) "
        "AS paid FROM referral WHERE referrer_id = $1 AND state = 'paid'",
        referrer_id,
    )
    return Tally(int(row["came"]), int(row["paid"])) if row else Tally(0, 0)


async def came_since(reader: Reader, referrer_id: int, since: datetime) -> int:
    """How many friends of a member first bought after an instant, whatever came of it."""
    row = await reader.row(
        "SELECT COUNT(*) AS came FROM referral WHERE referrer_id = $1 AND closed_at > $2 "
        "AND purchase_operation_id IS NOT NULL",
        referrer_id,
        since,
    )
    return int(row["came"]) if row else 0


async def served_since(reader: Reader, member_id: int, staff_id: int, since: datetime) -> bool:
    """Whether a colleague counted a visit or purchase of a member after an instant."""
    row = await reader.row(
        "SELECT 1 AS found FROM operation o WHERE o.member_id = $1 AND o.staff_id = $2 "
        "AND o.kind IN ('stamp', 'sale') AND o.created_at > $3 AND NOT EXISTS "
        "(SELECT 1 FROM operation u WHERE u.undoes_id = o.id) LIMIT 1",
        member_id,
        staff_id,
        since,
    )
    return row is not None


async def payments(reader: Reader, purchase: int) -> list[int]:
    """The operations that gave both sides theirs for a purchase, unless undone; friend first."""
    rows = await reader.rows(
        "SELECT o.id FROM operation o WHERE o.about_id = $1 "
        "AND o.kind IN ('referred', 'referral') AND NOT EXISTS "
        "(SELECT 1 FROM operation u WHERE u.undoes_id = o.id) ORDER BY o.id",
        purchase,
    )
    return [row["id"] for row in rows]


async def hand_over(tx: Transaction, other_id: int, kept_id: int) -> None:
    """Make the friends somebody invited those of the member they are one with from now on."""
    await tx.execute(
        "UPDATE referral SET referrer_id = $1 WHERE referrer_id = $2", kept_id, other_id
    )
