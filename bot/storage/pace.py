"""How fast a sender may go, for all processes together (S32): a row a sender says when it is free.

Its moments are the machine's, as leases are. Replies may book one a little ahead; bulk takes one
only when none is booked, so that replies overtake it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, isinf

from bot.storage.database import Transaction, required_instant

#: How far ahead a reply may book.
AHEAD = timedelta(seconds=3)
#: The longest that bulk is held back, whatever a provider asks for.
LONGEST_HOLD = timedelta(hours=1)
#: Long messages are paid for ahead, but nobody gets that far: the clock was set back.
_FARTHEST = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment of a sender: ours when `taken`, else when to ask again."""

    sender: str
    bulk: bool
    at: datetime
    taken: bool


async def take(
    tx: Transaction, sender: str, rate: float, real_now: datetime, *, bulk: bool
) -> Slot:
    """Take the sender's next free moment for one of `rate` units a second, if we may."""
    if isinf(rate) and not bulk:
        return Slot(sender, bulk, real_now, taken=True)
    next_at, bulk_at = await _locked(tx, sender, real_now)
    free_at = max(next_at, real_now, bulk_at if bulk else real_now)
    if free_at > real_now + (timedelta() if bulk else AHEAD):
        return Slot(sender, bulk, free_at if bulk else free_at - AHEAD, taken=False)
    await _set(tx, sender, free_at + _taken(1, rate))
    return Slot(sender, bulk, free_at, taken=True)


def usable(slot: Slot | None, sender: str, real_now: datetime) -> bool:
    """Whether a slot that was waited for is this sender's, and not gone meanwhile.

    Many that were not used and then are all at once would be too fast.
    """
    return slot is not None and slot.sender == sender and slot.at + AHEAD >= real_now


async def pay(tx: Transaction, sender: str, rate: float, units: int, real_now: datetime) -> None:
    """Pay for units that were sent without a moment of their own."""
    if units > 0 and not isinf(rate):
        next_at, _ = await _locked(tx, sender, real_now)
        await _set(tx, sender, max(next_at, real_now) + _taken(units, rate))


async def hold_bulk(tx: Transaction, sender: str, real_now: datetime, seconds: float) -> None:
    """Keep a sender's bulk back for as long as the provider asked, while its replies go on."""
    _, bulk_at = await _locked(tx, sender, real_now)
    until = max(bulk_at, real_now + min(timedelta(seconds=seconds), LONGEST_HOLD))
    await tx.execute("UPDATE pace SET bulk_at = $1 WHERE sender = $2", until, sender)


def _taken(units: int, rate: float) -> timedelta:
    # Rounded up: thirty-one thirtieths of a second are more than a second.
    return timedelta(microseconds=ceil(units * 1_000_000 / rate))


async def _set(tx: Transaction, sender: str, next_at: datetime) -> None:
    await tx.execute("UPDATE pace SET next_at = $1 WHERE sender = $2", next_at, sender)


async def _locked(tx: Transaction, sender: str, real_now: datetime) -> tuple[datetime, datetime]:
    """From when the sender is free, and from when for bulk; ours until the transaction ends."""
    sql = f"SELECT next_at, bulk_at FROM pace WHERE sender = $1{tx.lock}"
    row = await tx.row(sql, sender)
    if row is None:
        await tx.execute(
            "INSERT INTO pace (sender, next_at, bulk_at) VALUES ($1, $2, $2) "
            "ON CONFLICT DO NOTHING",
            sender,
            real_now,
        )
        row = await tx.row(sql, sender)
    assert row is not None  # noqa: S101 - it was there or has just been inserted
    next_at, bulk_at = required_instant(row["next_at"]), required_instant(row["bulk_at"])
    return (
        next_at if next_at <= real_now + _FARTHEST else real_now,
        bulk_at if bulk_at <= real_now + LONGEST_HOLD else real_now,
    )
