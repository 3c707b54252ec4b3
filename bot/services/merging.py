"""Making one member of two who turn out to be the same person (S12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.engine import fill_cards
from bot.domain.members import Member
from bot.domain.merging import Held, combined, move, stricter, wishes
from bot.domain.messages import phrase
from bot.domain.rewards import Voucher
from bot.services import persons, redeeming, referrals, reversing, tiers
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork
from bot.storage import ledger, members, merging, occasions, operations, preferences, vouchers
from bot.storage.operations import Operation


@dataclass(frozen=True, slots=True)
class Merged:
    """The member who was kept, and the rewards of cards that the stamps of both filled."""

    member: Member
    rewards: tuple[str, ...] = ()


async def merge(uow: UnitOfWork, one_id: int, another_id: int, now: datetime) -> Merged | Refused:
    """Join two members into the elder. Once, whoever asks first; then they are one already.

    The caller has proof that both are one person, and holds no lock but its conversation's.
    """
    found = await merging.lock_two(uow.tx, one_id, another_id)
    if len(found) < 2:  # one already, or one of them was erased
        return Refused(phrase("merge.one_already"))
    kept, other = found
    await _end_what_has_ended(uow, other, now)
    gift = await _later_gift(uow, kept, other)
    operation_id = await operations.begin(
        uow.tx,
        f"merge:{other.id}",
        "merge",
        now=now,
        member_id=kept.id,
        undoes_id=gift.id if gift else None,
    )
    if operation_id is None:
        raise RuntimeError(f"member {other.id} was merged twice")
    if gift:
        whose = other if gift.member_id == other.id else kept
        # As far as it is there: nobody owes a present.
        await reversing.take_back(uow, whose, gift, operation_id, now, when_spent="stop_at_zero")
    rewards = await _move_ledger(uow, kept, other, operation_id, now)
    await tiers.merge(uow, kept, other, operation_id, now)
    await _move_person(uow, kept, other, now)
    return Merged(await members.lock(uow.tx, kept.id), rewards)


async def _end_what_has_ended(uow: UnitOfWork, other: Member, now: datetime) -> None:
    for voucher in await vouchers.reserved(uow.tx, other.id):
        await redeeming.expire(uow, voucher, now)


async def _later_gift(uow: UnitOfWork, kept: Member, other: Member) -> Operation | None:
    """The second welcome gift, where both got one: a person is welcomed once."""
    gifts = [await operations.standing(uow.tx, each.id, "joining") for each in (kept, other)]
    found = [gift for gift in gifts if gift]
    return max(found, key=lambda gift: (gift.created_at, gift.id)) if len(found) == 2 else None


async def _move_ledger(
    uow: UnitOfWork, kept: Member, other: Member, operation_id: int, now: datetime
) -> tuple[str, ...]:
    await persons.join_activity(uow, kept, other, now)
    open_now = await vouchers.reserved(uow.tx, other.id)
    held = [await _held(uow, voucher) for voucher in open_now]
    theirs = await ledger.open_account(
        uow.tx, other.id, also=[take.lot for each in held for take in each.takes]
    )
    ours = await ledger.open_account(uow.tx, kept.id)
    reserved = move(theirs, ours, held, at=now)
    rewards = fill_cards(uow.programme, ours, now, uow.programme.zone(kept.home_location))
    await uow.write(theirs, member_id=other.id, operation_id=operation_id, now=now)
    entries = await uow.write(ours, member_id=kept.id, operation_id=operation_id, now=now)
    for voucher, number in zip(open_now, reserved, strict=True):
        await vouchers.move(uow.tx, voucher.id, kept.id, entries[number])
    return rewards


async def _held(uow: UnitOfWork, voucher: Voucher) -> Held:
    unit = await ledger.unit_of(uow.tx, voucher.entry)
    return Held(voucher.entry, unit, await ledger.takes_of(uow.tx, voucher.entry))


async def _move_person(uow: UnitOfWork, kept: Member, other: Member, now: datetime) -> None:
    profiles = [await merging.profile(uow.tx, each) for each in (kept, other)]
    decisions = [await members.consents(uow.tx, each.id) for each in (kept, other)]
    wanted = [await preferences.of(uow.tx, each.id) for each in (kept, other)]
    await merging.hand_over(uow.tx, other.id, kept.id, now)
    await referrals.merged(uow, kept, other)
    await merging.keep_profile(uow.tx, kept.id, combined(*profiles))
    together = wishes(*wanted)
    await preferences.keep(uow.tx, kept.id, together)
    if together.zone != wanted[0].zone:
        # What is planned goes by the old zone.
        await occasions.forget_planned(uow.tx, [kept.id, other.id])
    for consent in stricter(*decisions):
        await members.add_consent(uow.tx, kept.id, consent)
