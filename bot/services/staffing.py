"""Colleagues: inviting them, their shift, and finding the member in front of them (S38)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.members import Member, Role, Staff
from bot.domain.messages import phrase
from bot.domain.programme import Programme
from bot.services.phones import e164
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import conversations, members, staff
from bot.storage.conversations import Conversation
from bot.storage.database import Reader

INVITATION_DAYS = 7
#: How many members a search shows.
FOUND_LIMIT = 8


async def invite(
    uow: UnitOfWork, name: str, role: Role, location: str | None, now: datetime
) -> str:
    """A single-use token that makes whoever opens it first a colleague, within a week."""
    ends_at = now + timedelta(days=INVITATION_DAYS)
    return await staff.invite(
        uow.tx, name=name, role=role, location=location, now=now, ends_at=ends_at
    )


async def accept(
    uow: UnitOfWork, conversation: Conversation, token: str, now: datetime
) -> Staff | Refused:
    """Make the person of a conversation the colleague an invitation is for."""
    found = await staff.lock_invitation(uow.tx, token)
    if found is None:
        return Refused(phrase("invitation.unknown"))
    invitation_id, staff_id, used = found
    if used:
        mine = conversation.staff_id == staff_id
        return Refused(phrase("invitation.yours" if mine else "invitation.used"))
    ends_at = await staff.invitation_ends_at(uow.tx, invitation_id)
    if ends_at is not None and ends_at <= now:
        return Refused(phrase("invitation.ended", n=INVITATION_DAYS))
    if conversation.staff_id is not None and await staff.get(uow.tx, conversation.staff_id):
        # Opened by a colleague who tries the link they are about to pass on.
        return Refused(phrase("invitation.colleague"))
    await staff.accept(uow.tx, invitation_id, staff_id, conversation.identity_id, now)
    colleague = await staff.get(uow.tx, staff_id)
    return colleague or Refused(phrase("invitation.unknown"))


async def start_shift(uow: UnitOfWork, colleague: Staff, location: str) -> Refused | None:
    """Bind what a colleague does to the location they stand in (S17)."""
    if uow.programme.location(location) is None:
        return Refused(phrase("staff.no_such_location"))
    await staff.start_shift(uow.tx, colleague.id, location)
    return None


async def member_by_reference(uow: UnitOfWork, reference: str) -> Member | None:
    """A member by member code, card token or phone number, tried in that order (interface.md)."""
    return await referred_to(uow.tx, uow.programme, reference)


async def referred_to(reader: Reader, programme: Programme, reference: str) -> Member | None:
    """The same, read beside the transactions."""
    reference = reference.strip().removeprefix("c_")
    found = await members.by_code(reader, reference) or await members.by_card(reader, reference)
    if found:
        return found
    number = e164(reference, programme)
    return await members.by_identity(reader, "phone", number) if number else None


async def member_by_id(uow: UnitOfWork, member_id: int | None) -> Member | None:
    """The member with this number, if one is given."""
    return await members.get(uow.tx, member_id) if member_id else None


async def find(uow: UnitOfWork, text: str) -> list[Member]:
    """Members by a reference, else by every word of a name; at most a handful."""
    found = await member_by_reference(uow, text)
    return [found] if found else await members.by_name(uow.tx, text, FOUND_LIMIT)


async def chats(work: Work, channel: str) -> list[tuple[str, str, Role]]:
    """The address, language and role of every colleague's conversation on a channel."""
    async with work.reading() as reader:
        found = [
            (await conversations.get(reader, number), role)
            for role in Role
            for number in await staff.conversations(reader, (role,))
        ]
    return [
        (chat.address.value, chat.language, role)
        for chat, role in found
        if chat and chat.address.channel == channel
    ]


async def is_staff(work: Work, kind: str, value: str) -> bool:
    """Whether an address or number is a colleague's."""
    async with work.reading() as reader:
        return await staff.by_identity(reader, kind, value) is not None
