"""What members want of unasked messages, as stored; no row is the default of everything."""

from __future__ import annotations

from bot.domain.preferences import Preference
from bot.storage.database import Reader, Transaction, instant


async def of(reader: Reader, member_id: int) -> Preference:
    """What a member wants."""
    row = await reader.row("SELECT * FROM preference WHERE member_id = $1", member_id)
    if row is None:
        return Preference()
    return Preference(row["channel"], row["pace"], instant(row["paused_until"]), row["zone"])


async def keep(tx: Transaction, member_id: int, preference: Preference) -> None:
    """Keep what a locked member wants, whole."""
    await tx.execute(
        "INSERT INTO preference (member_id, channel, pace, paused_until, zone) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (member_id) DO UPDATE SET "
        "channel = excluded.channel, pace = excluded.pace, "
        "paused_until = excluded.paused_until, zone = excluded.zone",
        member_id,
        preference.channel,
        preference.pace,
        preference.paused_until,
        preference.zone,
    )
