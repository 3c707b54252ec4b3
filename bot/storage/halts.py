"""Campaigns that send nothing until somebody lets them go on: `winback`, `broadcast:7` (S32)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.storage.database import Reader, Transaction, required_instant


@dataclass(frozen=True, slots=True)
class Halt:
    """Why a campaign is halted, and since when; `staff_id` is who did it, if a person did."""

    campaign: str
    reason: str
    staff_id: int | None
    halted_at: datetime


async def halt(
    tx: Transaction, campaign: str, reason: str, staff_id: int | None, now: datetime
) -> bool:
    """Halt a campaign; False when it was halted already, and then its first reason stays."""
    rows = await tx.rows(
        "INSERT INTO halt (campaign, reason, staff_id, halted_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (campaign) DO NOTHING RETURNING campaign",
        campaign,
        reason,
        staff_id,
        now,
    )
    return bool(rows)


async def lift(tx: Transaction, campaign: str) -> bool:
    """Let a campaign go on; False when it was not halted."""
    return bool(await tx.execute("DELETE FROM halt WHERE campaign = $1", campaign))


async def halted(reader: Reader) -> frozenset[str]:
    """The names of the campaigns that are halted."""
    return frozenset(row["campaign"] for row in await reader.rows("SELECT campaign FROM halt"))


async def why(reader: Reader, campaign: str) -> Halt | None:
    """Why a campaign is halted; None where it is not."""
    row = await reader.row("SELECT * FROM halt WHERE campaign = $1", campaign)
    if row is None:
        return None
    return Halt(row["campaign"], row["reason"], row["staff_id"], required_instant(row["halted_at"]))
