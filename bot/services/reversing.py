"""Undoing what was done at the till by mistake, and what taking back comes to (S7, S8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bot.domain import refunds as domain
from bot.domain.ledger import Account, Filled, Given, WhenSpent
from bot.domain.members import Member, Staff
from bot.domain.messages import Phrase, phrase
from bot.domain.refunds import Purchase, Stands
from bot.domain.tallies import Count
from bot.services import memberships, news, persons, referrals, tiers, versions
from bot.services.results import NOBODY, Refused, Repeated, Undone
from bot.services.unit_of_work import UnitOfWork
from bot.storage import ledger, operations, progress, refunds, vouchers
from bot.storage.operations import Operation

#: What a colleague can undo; a reward handed over is final (S19).
UNDOABLE = ("stamp", "sale", "takeover", memberships.PAID)
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
    member = await referrals.lock(uow, found.member_id, found.id)
    if member.erased:
        return NOBODY
    if done := await operations.by_key(uow.tx, key):
        return Repeated(done.kind, done.created_at, done.id)
    if now >= found.created_at + timedelta(minutes=limit):
        return Refused(phrase("staff.undo_too_late", n=limit))
    if await ledger.moved_away(uow.tx, found.id, member.id):
        return Refused(phrase("staff.undo_merged"))
    if found.kind == memberships.PAID and not await memberships.may_undo(uow, found):
        return Refused(phrase("membership.refused.renewed"))
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
    return await take_back_whole(uow, member, found, reversal, now)


async def take_back_whole(
    uow: UnitOfWork, member: Member, found: Operation, reversal: int, now: datetime
) -> Undone:
    """Take back an operation of a member locked by `referrals.lock`, with what followed from it."""
    if found.kind == memberships.PAID:
        return await memberships.take_back(uow, member, found, reversal, now)
    take = partial(take_back, when_spent=uow.programme.ledger.when_spent)
    undone = await take(uow, member, found, reversal, now)
    await referrals.reverse(uow, found.id, reversal, now, take)
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
    kept: int | None = None,
) -> Undone:
    """Take back what an operation gave a locked member, as part of the operation `reversal`.

    All of it; or of a purchase what the rules of its day do not give for the part of the payment
    that is `kept` (S8). What it counted towards tiers, challenges and limits goes with it.
    """
    bought = await refunds.purchase(uow.tx, found)
    programme = await versions.programme_of(uow, bought.version if bought else None)
    before = domain.stands(programme, bought, bought.kept) if bought else None
    after = domain.stands(programme, bought, kept) if bought else None
    taken: Counter[str] = Counter()
    rewards: list[str] = []
    for granted in await refunds.granted(uow.tx, found.id, member.id):
        wanted = granted.left
        if bought:
            stood = domain.remaining(granted, bought, bought.kept, before)
            wanted = min(wanted, stood - domain.remaining(granted, bought, kept, after))
        if wanted > 0:
            given = replace(granted.given, amount=wanted, expired=0)
            # Cards are of stamps.
            stamps = given.unit == "stamps"
            filled = await ledger.unused_fills(uow.tx, member.id, given, now) if stamps else []
            account = await _account(uow, member.id, given, filled, now)
            taken[given.unit] += account.take_back(given, filled, at=now, when_spent=when_spent)
            rewards += (p.unit.partition(":")[2] for p in account.postings if p.unit != given.unit)
            await uow.write(account, member_id=member.id, operation_id=reversal, now=now)
    if bought:
        refunded = bought.amount if kept is None else bought.paid - kept
        await refunds.refund(uow.tx, bought.operation_id, refunded)
    tier: tuple[Phrase, ...] = ()
    if kept is None or after is not None:
        tier = await _recount(uow, member, found, bought, after, reversal, now)
    used = await vouchers.used_on(uow.tx, found.id)
    return Undone(member, tuple((+taken).items()), tuple(rewards), tuple(used), tier=tier)


async def _recount(
    uow: UnitOfWork,
    member: Member,
    found: Operation,
    bought: Purchase | None,
    part: Stands | None,
    reversal: int,
    now: datetime,
) -> tuple[Phrase, ...]:
    """Count what an operation counted for what is left of it alone; tiers follow (S6, S18).

    What became of the member's tier is to be said.
    """
    counted = await progress.counted_by(uow.tx, await refunds.about(uow.tx, found.id))
    less = domain.recount(counted, bought, part)
    if not less:
        return ()
    await progress.add_counts(uow.tx, member.id, reversal, less)
    await _uncount(uow, less)
    person = await persons.read(uow, member, now)
    return await tiers.after_refund(uow, person, found.id, reversal, now)


async def _uncount(uow: UnitOfWork, less: Sequence[Count]) -> None:
    """Let everybody have what limits for all counted; also of rules without one at the moment."""
    used = await progress.used(uow.tx, {count.what for count in less})
    for name in await progress.lock_counters(uow.tx, [name for name in used if used[name]]):
        uses = sum(count.amount for count in less if count.what == name)
        await progress.count(uow.tx, name, uses)


async def _account(
    uow: UnitOfWork, member_id: int, given: Given, filled: Sequence[Filled], now: datetime
) -> Account:
    """The lots that what was given is taken from, and those that turning cards back would need."""
    also = {given.lot}
    also |= {card.reward_lot for card in filled}
    also |= {take.lot for card in filled for take in card.takes}
    return await ledger.open_account(
        uow.tx, member_id, (given.unit,), also, enough=given.amount, at=now
    )
