"""Ending what has ended: lots and vouchers, in small transactions (S4, S19)."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from bot.domain.ledger import Account
from bot.domain.members import Member
from bot.services import persons, redeeming
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import lots, members, operations, vouchers

#: Lots or vouchers per page.
PAGE = 100


async def expire_lots(work: Work, now: datetime) -> int:
    """Take the remainder of every lot that has ended by `now`, once; returns the units taken."""
    total = 0
    while True:
        async with work.reading() as reader:
            page = await lots.members_with_ended_lots(reader, now, PAGE)
        ended = False
        for member_id in page:
            async with work.unit_of_work() as uow:
                member = await members.lock(uow.tx, member_id)
                lapsed = await persons.lapse(uow, member, now)
                taken = await _take_ended(uow, member, now)
            ended, total = ended or lapsed or bool(taken), total + taken
        if not ended:
            # Nothing is left, or another process is taking it.
            return total


async def _take_ended(uow: UnitOfWork, member: Member, now: datetime) -> int:
    account = Account(await lots.ended(uow.tx, member.id, now))
    taken = account.expire(now)
    if not taken:
        return 0
    # Once, since the lots are read under their member's lock; the key only has to be unique.
    operation_id = await operations.begin(
        uow.tx, f"expire:{uuid4()}", "expire", now=now, member_id=member.id
    )
    if operation_id is None:
        raise RuntimeError("a random key was used before")
    await uow.write(account, member_id=member.id, operation_id=operation_id, now=now)
    return taken


async def expire_vouchers(work: Work, now: datetime) -> list[int]:
    """End every voucher whose time is over; returns the conversations that hear of it."""
    touched: dict[int, None] = {}
    while True:
        async with work.reading() as reader:
            page = await vouchers.ended(reader, now, PAGE)
        for voucher in page:
            async with work.unit_of_work() as uow:
                await redeeming.expire(uow, voucher, now)
            touched |= uow.touched
        if len(page) < PAGE:
            return list(touched)
