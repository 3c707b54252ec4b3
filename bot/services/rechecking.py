"""What comes of time alone: pending credits come due, stamps among them fill cards (S7, S15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from bot.domain import engine
from bot.domain.members import Member
from bot.services import news, persons
from bot.services.results import Earned
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import lots, members, operations, progress

#: Members a page; each is looked at in a transaction of its own.
PAGE = 100


async def recheck(work: Work, now: datetime) -> list[int]:
    """Look again at everybody for whom something came due by `now`, once each.

    Returns the conversations that hear of it.
    """
    touched: dict[int, None] = {}
    while True:
        async with work.reading() as reader:
            page = await progress.due_rechecks(reader, now, PAGE)
        for member_id in page:
            async with work.unit_of_work() as uow:
                await _look(uow, member_id, now)
            touched |= uow.touched
        if not page:
            return list(touched)


async def _look(uow: UnitOfWork, member_id: int, now: datetime) -> None:
    member = await members.lock(uow.tx, member_id)
    instants = await progress.rechecks(uow.tx, member_id, now)
    if instants and not member.erased:
        await _come_due(uow, member, instants, now)
    # Last: a tier is followed from the first of them on.
    await progress.forget_rechecks(uow.tx, member_id, now)


async def _come_due(
    uow: UnitOfWork, member: Member, instants: Sequence[datetime], now: datetime
) -> None:
    """Fill cards as of each instant, let the tier follow, and tell a locked member once."""
    due = Counter[str]()
    for lot in await lots.came_due(uow.tx, member.id, instants[0], now):
        due[lot.unit] += 0 if lot.ended(now) else lot.remaining
    person = await persons.read(uow, member, now)
    zone = uow.programme.zone(member.home_location)
    rewards: list[str] = []
    for at in instants:
        rewards += engine.fill_cards(uow.programme, person.account, at, zone)
    operation_id = None
    if rewards:
        key = f"recheck:{member.id}:{instants[0].isoformat()}"
        operation_id = await operations.begin(uow.tx, key, "recheck", now=now, member_id=member.id)
        if operation_id is None:
            raise RuntimeError(f"member {member.id} was looked at twice for {instants[0]}")
        await persons.write_ledger(uow, person, operation_id, now)
    await persons.write_moves(uow, person, operation_id, now)
    earned = Earned(member, operation_id or 0, (), tuple(rewards))
    await news.tell_due(uow, earned, tuple((+due).items()), now)
