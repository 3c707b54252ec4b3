"""What paid channels took in a month, for budgets (S32): segments over SMS, else messages."""

from __future__ import annotations

from datetime import date

from bot.storage.database import Reader, Transaction


def month_of(day: date) -> int:
    """A month as it is stored: 202611."""
    return day.year * 100 + day.month


async def units(reader: Reader, channel: str, month: int) -> int:
    """What a channel took in a month so far, places kept for what is being sent among it."""
    row = await reader.row(
        "SELECT units FROM spending WHERE channel = $1 AND month = $2", channel, month
    )
    return int(row["units"]) if row else 0


async def add(tx: Transaction, channel: str, month: int, by: int) -> int:
    """Count `by` units more (or fewer); ours until the transaction ends. Returns the sum."""
    row = await tx.row(
        "INSERT INTO spending (channel, month, units) VALUES ($1, $2, $3) "
        "ON CONFLICT (channel, month) DO UPDATE SET units = spending.units + excluded.units "
        "RETURNING units",
        channel,
        month,
        by,
    )
    assert row is not None  # noqa: S101 - an INSERT … RETURNING gives a row
    return int(row["units"])
