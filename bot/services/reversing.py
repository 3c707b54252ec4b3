"""Undoing what was done at the till by mistake (S7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.ledger import Account, Filled, Given, WhenSpent
from bot.domain.members import Member, Staff
from bot.domain.messages import phrase
from bot.services import news
from bot.services.results import NOBODY, Refused, Repeated, Undone
from bot.services.unit_of_work import UnitOfWork
from bot.storage import ledger, members, operations
from bot.storage.operations import Operation

#: What a colleague can undo; a reward handed over is final (S19).
UNDOABLE = ("stamp", "sale", "takeover")
HANDED_OVER = "used"


async def undo(
    uow: UnitOfWork, colleague: Staff, key: str, now: datetime, operation_id: int | None = None
) -> Undone | Refused | Repeated:
    """Take back the colleague's last operation, or the one named, within the programme's time."""
    if operation_id is None:
        # A reward among them: "undo" after it means that, not what somebody else got before.
        found = await operations.last_by_staff(uow.tx, colleague.id, (*UNDOABLE, HANDED_OVER))
    else:
        found = await operations.get(uow.tx, operation_id)
    limit = uow.programme.limits.undo_minutes
    if found and found.kind == HANDED_OVER and found.staff_id == colleague.id:
        return Refused(phrase("staff.reward_final"))
    if (
        found is None
        or found.member_id is None
        or found.staff_id != colleague.id
        or found.kind not in UNDOABLE
    ):
        return Refused(phrase("staff.nothing_to_undo", n=limit))
    member = await members.lock(uow.tx, found.member_id)
    if member.erased:
        return NOBODY
    if done := await operations.by_key(uow.tx, key):
        return Repeated(done.kind, done.created_at, done.id)
    if now >= found.created_at + timedelta(minutes=limit):
        return Refused(phrase("staff.undo_too_late", n=limit))
    if await ledger.moved_away(uow.tx, found.id, member.id):
        return Refused(phrase("staff.undo_merged"))
    reversal = await operations.begin(
        uow.tx,
        key,
        "undo",
        now=now,
        member_id=member.id,
        staff_id=colleague.id,
        location=colleague.at,
        undoes_id=found.id,
    )
    if reversal is None:
        return Refused(phrase("staff.undone_already"))
    policy = uow.programme.ledger.when_spent
    undone = await take_back(uow, member, found, reversal, now, when_spent=policy)
    await news.tell_undone(uow, undone, now)
    return undone


async def take_back(
    uow: UnitOfWork,
    member: Member,
    found: Operation,
    reversal: int,
    now: datetime,
    *,
    when_spent: WhenSpent,
) -> Undone:
    """Take back what an operation gave a locked member, as part of the operation `reversal`."""
    taken: Counter[str] = Counter()
    rewards: list[str] = []
    for entry in await ledger.given_by(uow.tx, found.id):
        filled = await ledger.unused_fills(uow.tx, member.id, entry.unit)
        account = await _account(uow, member.id, entry, filled)
        taken[entry.unit] += account.take_back(entry, filled, at=now, when_spent=when_spent)
        rewards += (p.unit.partition(":")[2] for p in account.postings if p.unit != entry.unit)
        await uow.write(account, member_id=member.id, operation_id=reversal, now=now)
    return Undone(member, tuple((+taken).items()), tuple(rewards))


async def _account(
    uow: UnitOfWork, member_id: int, entry: Given, filled: Sequence[Filled]
) -> Account:
    """The member's lots of the entry's unit, and those that turning cards back would need."""
    also = {entry.lot}
    also |= {card.reward_lot for card in filled}
    also |= {take.lot for card in filled for take in card.takes}
    return await ledger.open_account(uow.tx, member_id, (entry.unit,), also=also)
