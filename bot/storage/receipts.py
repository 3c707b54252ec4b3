"""What providers say later about messages they took, in any order (S31)."""

from __future__ import annotations

import re
from datetime import datetime

from bot.domain.messages import DeliveryReceipt
from bot.storage import conversations
from bot.storage.database import Reader, Row, Transaction, instant
from bot.storage.outbox import ON_THE_WAY

#: Our mark of a message, as it comes back.
_REFERENCE = re.compile(r"[0-9]{1,18}")


async def keep(tx: Transaction, told: DeliveryReceipt, now: datetime) -> int | None:
    """Note what the provider said later; the message's number if that changed anything.

    A state never moves back, whatever comes in which order (S31). A failure that says something
    of the address acts on its conversation, unless its owner wrote since.
    """
    row = await _told_of(tx, told)
    if row is None:
        return None
    if told.effect:
        # Conversations are locked before what is in them (docs/decisions/0004-locks.md).
        await tx.rows(f"SELECT id FROM conversation WHERE id = $1{tx.lock}", row["conversation_id"])
    earlier, state = _STEPS[told.state]
    changed = await tx.execute(
        "UPDATE outbox SET state = $1, reason = $2, provider_id = $3, lease_until = NULL, "
        f"doubtful_since = NULL WHERE id = $4 AND state IN ({earlier})",
        state,
        told.reason or None,
        told.provider_id,
        row["id"],
    )
    wrote, sent = instant(row["last_inbound_at"]), instant(row["sent_at"])
    act = {"opted_out": conversations.opt_out, "blocked": conversations.block}.get(told.effect)
    if changed and act and (wrote is None or sent is None or wrote <= sent):
        await act(tx, row["conversation_id"], now)
    return row["id"] if changed else None


#: What a receipt makes of a message, and from which states. That it arrived is beyond doubt.
_STEPS = {
    "sent": (ON_THE_WAY, "accepted"),
    "failed": (f"{ON_THE_WAY}, 'accepted'", "failed"),
    "delivered": (f"{ON_THE_WAY}, 'accepted', 'failed'", "delivered"),
}


async def _told_of(reader: Reader, told: DeliveryReceipt) -> Row | None:
    """The message a receipt is about: by the provider's id, else by our mark on one without."""
    sql = (
        "SELECT o.id, o.conversation_id, o.sent_at, c.last_inbound_at, i.kind, i.value_hash "
        "FROM outbox o JOIN conversation c ON c.id = o.conversation_id "
        "JOIN identity i ON i.id = c.identity_id WHERE c.channel = $1 AND "
    )
    row = await reader.row(f"{sql}o.provider_id = $2", told.channel, told.provider_id)
    if row is None and _REFERENCE.fullmatch(told.reference):
        row = await reader.row(
            f"{sql}o.id = $2 AND o.provider_id IS NULL AND o.attempts > 0",
            told.channel,
            int(told.reference),
        )
        if (
            row
            and told.sent_to
            and row["value_hash"] != reader.vault.hash(row["kind"], told.sent_to)
        ):
            return None
    return row
