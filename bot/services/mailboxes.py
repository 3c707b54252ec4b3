"""A member's e-mail address: linked once its owner proved it, changed, taken away (S12)."""

from __future__ import annotations

from datetime import datetime

from bot.domain.members import Member
from bot.services import joining, linking
from bot.services.linking import HasCard
from bot.services.reaching import EMAIL
from bot.services.unit_of_work import UnitOfWork
from bot.storage import mailboxes, members
from bot.storage.conversations import Conversation
from bot.storage.merging import one_at_a_time

#: What is kept as the wording where an address was taken away.
REMOVED = "email.removed"


async def of(uow: UnitOfWork, member_id: int) -> str | None:
    """A member's e-mail address."""
    return await mailboxes.of(uow.tx, member_id)


async def link(
    uow: UnitOfWork, conversation: Conversation, address: str, now: datetime, *, joins: bool = False
) -> int | HasCard:
    """Make a proven address the one of the member who wrote; their earlier ones are forgotten."""
    # The earlier addresses are locked after the member, which nobody else may do meanwhile.
    await one_at_a_time(uow.tx)
    found = await linking.prove(uow, conversation, "email", address, now, joins=joins)
    if found is None:
        raise LookupError("only members have an e-mail address")
    if not isinstance(found, HasCard):
        await mailboxes.release(uow.tx, found, but=address)
    return found


async def undecided(uow: UnitOfWork, member_id: int) -> bool:
    """Whether a member was not asked yet about offers by e-mail, at the address they have now."""
    theirs = await members.decisions(uow.tx, member_id, EMAIL, "marketing")
    return not theirs or theirs[0].wording == REMOVED


async def remove(uow: UnitOfWork, member: Member, now: datetime) -> None:
    """Forget a member's e-mail addresses, and that they wanted messages there."""
    await one_at_a_time(uow.tx)
    if await joining.marketing(uow, member.id, EMAIL):
        await joining.decide_marketing(uow, member.id, EMAIL, False, REMOVED, now)
    await mailboxes.release(uow.tx, member.id)
