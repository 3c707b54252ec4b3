"""Pictures of messages that a provider fetches from us: an address only we can make, for a day."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime, timedelta

from bot.domain.messages import Picture
from bot.domain.wire import reply_from_json
from bot.services.unit_of_work import Work
from bot.storage import outbox

#: How long an address opens: Twilio fetches at once, or when its queue has come to the message.
LIFE = timedelta(hours=24)

_PURPOSE = "media"


def signed(work: Work, outbox_id: int, now: datetime) -> str:
    """The part of an address that opens a message's picture, until a day from `now` (real time).

    It holds no personal data: the message's number, the end, and the proof that we wrote both.
    """
    said = f"{outbox_id}-{int((now + LIFE).timestamp())}"
    return f"{said}-{_proof(work, said)}"


async def opened(work: Work, given: str, now: datetime) -> tuple[Picture, str] | None:
    """The picture an address opens `now` (real time), and the language of its message."""
    said, _, proof = given.rpartition("-")
    if not hmac.compare_digest(proof.encode(), _proof(work, said).encode()):
        return None
    outbox_id, ends = map(int, said.split("-"))
    if datetime.fromtimestamp(ends, UTC) <= now:
        return None
    async with work.reading() as reader:
        found = await outbox.said(reader, outbox_id)
    if found is None:
        return None
    body, language = found
    picture = reply_from_json(json.loads(body)).picture
    return (picture, language) if picture else None


def _proof(work: Work, said: str) -> str:
    if work.database.vault is None:
        raise RuntimeError("the vault is not open yet")
    return work.database.vault.sign(_PURPOSE, said)
