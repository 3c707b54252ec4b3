"""Undoing what was done at the till by mistake (S7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.ledger import Given
from bot.domain.members import Staff
from bot.domain.messages import phrase
from bot.services import news
from bot.services.results import Refused, Repeated, Undone
from bot.services.unit_of_work import UnitOfWork
from bot.storage import ledger, members, operations
from bot.storage.operations import Operation

#: What a colleague can undo; a reward handed over is final (S19).
UNDOABLE = ("stamp", "sale", "takeover")


async def undo(
    uow: UnitOfWork, colleague: Staff, key: str, now: datetime, operation_id: int | None = None
) -> Undone | Refused | Repeated:
    """Take back the colleague's last operation, or the one named, within the programme's time."""
    if operation_id is None:
        found = await operations.last_by_staff(uow.tx, colleague.id, UNDOABLE)
    else:
        found = await operations.get(uow.tx, operation_id)
    limit = uow.programme.limits.undo_minutes
    if (
        found is None
        or found.member_id is None
        or found.staff_id != colleague.id
        or found.kind not in UNDOABLE
    ):
        return Refused(phrase("staff.nothing_to_undo", n=limit))
    member = await members.lock(uow.tx, found.member_id)
    if done := await operations.by_key(uow.tx, key):
        return Repeated(done.kind, done.created_at)
    if now >= found.created_at + timedelta(minutes=limit):
        return Refused(phrase("staff.undo_too_late", n=limit))
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
    taken = await _take_back(uow, found, reversal, now)
    undone = Undone(member, tuple(taken.items()))
    await news.tell_undone(uow, undone, now)
    return undone


async def _take_back(
    uow: UnitOfWork, found: Operation, reversal: int, now: datetime
) -> dict[str, int]:
    given = await ledger.given_by(uow.tx, found.id)
    taken: dict[str, int] = {}
    for entry in given:
        taken[entry.unit] = taken.get(entry.unit, 0) + await _reverse(
            uow, entry, found.member_id or 0, reversal, now
        )
    return {unit: amount for unit, amount in taken.items() if amount}


async def _reverse(
    uow: UnitOfWork, entry: Given, member_id: int, reversal: int, now: datetime
) -> int:
    filled = await ledger.unused_fills(uow.tx, member_id, entry.unit)
    also = {entry.lot}
    also |= {card.reward_lot for card in filled}
    also |= {take.lot for card in filled for take in card.takes}
    account = await ledger.open_account(uow.tx, member_id, (entry.unit,), also=also)
    taken = account.take_back(entry, filled, at=now, when_spent=uow.programme.ledger.when_spent)
    await ledger.write(
        uow.tx,
        account,
        member_id=member_id,
        operation_id=reversal,
        programme_version=uow.version,
        now=now,
    )
    return taken
