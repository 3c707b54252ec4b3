"""Cards: their payload, and who they belong to."""

from __future__ import annotations

from datetime import datetime

from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.services.unit_of_work import Work
from bot.services.wallets import Wallet, wallet
from bot.storage import members


async def by_token(
    work: Work, programme: Programme, token: str, now: datetime
) -> tuple[Member, Wallet] | None:
    """The member whose current card holds a token, and what they have."""
    async with work.reading() as reader:
        member = await members.by_card(reader, token)
        if member is None:
            return None
        return member, await wallet(reader, programme, member.id, now)
