"""Erasing a member: who they are and what they said go, the ledger stays nobody's (S37)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.ledger import Take
from bot.domain.members import Member
from bot.services import redeeming
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import conversations, erasing, ledger, operations, tidying, vouchers
from bot.storage.conversations import Conversation

#: How long after an erasing its goodbye is looked for: a stop of that length forgets nothing.
LOOKED_FOR = timedelta(days=30)


async def erase(uow: UnitOfWork, member_id: int, now: datetime) -> bool:
    """Erase a member with everybody who was merged into them; False when that was done before.

    What they had goes as what has ended does, so that nobody is owed it. What is being sent to
    them may still arrive; nothing else will.
    """
    member = await erasing.lock(uow.tx, member_id)
    if member is None:
        return False
    await _give_up(uow, member, now)
    await erasing.forget(uow.tx, member, now)
    return True


async def leave(uow: UnitOfWork, conversation: Conversation, now: datetime) -> Conversation:
    """Erase the member of a conversation, who asked for it there.

    Returns the conversation to say goodbye in: with a stranger, or with a colleague who stays one.
    """
    kind, identity = await conversations.identity(uow.tx, conversation.identity_id)
    if conversation.member_id is not None:
        await erase(uow, conversation.member_id, now)
    return await conversations.enter(
        uow.tx, conversation.address, kind, conversation.language, now, identity
    )


async def forget_goodbyes(work: Work, now: datetime) -> int:
    """Forget the addresses of those who were erased and told so; returns how many."""
    async with work.reading() as reader:
        found = await erasing.said_goodbye(reader, now - LOOKED_FOR)
    for conversation_id in found:
        async with work.unit_of_work() as uow:
            await erasing.forget_stranger(uow.tx, conversation_id, now)
    return len(found)


async def tidy(work: Work, now: datetime) -> None:
    """Forget what colleagues were told, if anybody was erased since that was done last."""
    async with work.reading() as reader:
        found = await tidying.untidied(reader)
    if found is None:
        return
    erased_at, newest = found
    for after in range(0, newest, tidying.PAGE):
        async with work.unit_of_work() as uow:
            await tidying.forget_page(uow.tx, after)
    async with work.unit_of_work() as uow:
        await tidying.tidied(uow.tx, erased_at, now)


async def _give_up(uow: UnitOfWork, member: Member, now: datetime) -> None:
    """End open vouchers, then all that is left of a locked member's lots."""
    for voucher in await vouchers.reserved(uow.tx, member.id):
        await redeeming.cancel(uow, member.id, voucher.id, now)
    operation_id = await operations.begin(
        uow.tx, f"erase:{member.id}", "erase", now=now, member_id=member.id
    )
    if operation_id is None:
        raise RuntimeError(f"member {member.id} was erased twice")
    account = await ledger.open_account(uow.tx, member.id)
    account.expire(now)
    for unit in account.units:
        left = [lot for lot in account.lots if lot.unit == unit and lot.remaining]
        if takes := tuple(Take(lot.id, lot.remaining) for lot in left):
            account.take_from("expire", unit, takes, at=now)
    await uow.write(account, member_id=member.id, operation_id=operation_id, now=now)
