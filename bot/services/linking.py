"""One person on several channels: what somebody proved is theirs leads to the card it has (S12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.members import Member
from bot.domain.messages import phrase
from bot.services import merging
from bot.services.phones import proven_number
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork
from bot.storage import conversations, members
from bot.storage.conversations import Conversation
from bot.storage.merging import one_at_a_time
from bot.storage.proofs import Kind


@dataclass(frozen=True, slots=True)
class HasCard:
    """What was proven has a card already, of this member: both can become one."""

    member: Member


async def prove_phone(
    uow: UnitOfWork, conversation: Conversation, phone: str, now: datetime, *, joins: bool = False
) -> int | HasCard | Refused | None:
    """Link a number its owner has just proven, by their app or by a code sent to it."""
    number = proven_number(phone, uow.programme)
    if number is None:
        return Refused(phrase("phone.invalid"))
    return await prove(uow, conversation, "phone", number, now, joins=joins)


async def prove(
    uow: UnitOfWork,
    conversation: Conversation,
    kind: Kind,
    value: str,
    now: datetime,
    *,
    joins: bool = False,
) -> int | HasCard | None:
    """Link a number or an e-mail address that was proven beyond doubt.

    Returns the member it belongs to now; None when it is free to go with a membership that is only
    beginning. A card that somebody began at the till becomes theirs who are no members yet; any
    other card is joined with their own, or used here too, when the person `joins` them.
    """
    if joins:
        await one_at_a_time(uow.tx)
    mine = conversation.member_id
    holder = await members.lock_identity(uow.tx, kind, value)
    if holder and holder.id != mine:
        if not joins and (holder.possessed or mine is not None):
            return HasCard(holder)
        mine = await _become(uow, conversation, holder, now)
    if mine is None:
        return None
    # Who was merged away this very moment is the other one by now.
    member = await members.lock(uow.tx, mine)
    await members.attach(uow.tx, member.id, kind, value, proven=True, now=now)
    return member.id


async def holder_of(uow: UnitOfWork, kind: Kind, value: str) -> Member | None:
    """The member a number or an address belongs to, proven or not."""
    return await members.by_identity(uow.tx, kind, value)


async def _become(
    uow: UnitOfWork, conversation: Conversation, holder: Member, now: datetime
) -> int:
    """Make the person of a conversation this member, with all that they have themselves."""
    if conversation.member_id is None:
        member = await members.lock(uow.tx, holder.id)
        await conversations.belongs_to(uow.tx, conversation.identity_id, member.id)
        return member.id
    merged = await merging.merge(uow, conversation.member_id, holder.id, now)
    # Refused when another device was faster: then the holder is this person already.
    return holder.id if isinstance(merged, Refused) else merged.member.id
