"""Rewards: reserving one as a voucher, handing it over, giving it back (S19)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.ledger import NotEnough
from bot.domain.members import Member, Staff
from bot.domain.messages import Moment, Phrase, phrase
from bot.domain.programme_earning import Reward, reward_unit
from bot.domain.rewards import Voucher, VoucherState
from bot.services import news
from bot.services.results import NOBODY, Refused, Repeated, Used
from bot.services.unit_of_work import UnitOfWork
from bot.services.wallets import Offer, wallet
from bot.storage import ledger, members, operations, staff, vouchers

#: How many of a member's newest vouchers are looked at.
VOUCHERS_SHOWN = 50


async def reserve(
    uow: UnitOfWork, member_id: int, code: str, key: str, now: datetime
) -> Voucher | Refused | Repeated:
    """Reserve a reward: its price leaves the spendable balance, a voucher stands for it."""
    member = await members.lock(uow.tx, member_id)
    return await _reserve(uow, member, code, key, now, colleague=None)


async def give(
    uow: UnitOfWork, member_id: int, code: str, colleague: Staff, key: str, now: datetime
) -> Used | Refused | Repeated:
    """Hand a reward over with the card in hand: reserved and used in one go (S19)."""
    member = await members.lock(uow.tx, member_id)
    if member.erased:
        return NOBODY
    if await staff.is_member(uow.tx, colleague.id, member.id):
        return Refused(phrase("staff.own_card"))
    voucher = await _reserve(uow, member, code, key, now, colleague=colleague)
    if not isinstance(voucher, Voucher):
        return voucher
    return await _hand_over(uow, member, voucher, colleague, now)


async def use(uow: UnitOfWork, code: str, colleague: Staff, now: datetime) -> Used | Refused:
    """Confirm a voucher a member shows; once."""
    found = await vouchers.by_code(uow.tx, code)
    if found is None:
        return Refused(phrase("voucher.unknown"))
    member = await members.lock(uow.tx, found.member_id)
    voucher = await vouchers.lock(uow.tx, found.id)
    if refusal := closed(uow, voucher, now):
        # So that "the reward is back on the card" is true at once.
        await expire(uow, voucher, now)
        return Refused(refusal)
    if await staff.is_member(uow.tx, colleague.id, member.id):
        return Refused(phrase("staff.own_card"))
    return await _hand_over(uow, member, voucher, colleague, now)


async def cancel(
    uow: UnitOfWork, member_id: int, voucher_id: int, now: datetime
) -> Voucher | Refused:
    """Give a reserved reward back to its owner, with its old validity."""
    member = await members.lock(uow.tx, member_id)
    try:
        voucher = await vouchers.lock(uow.tx, voucher_id)
    except LookupError:
        return Refused(phrase("voucher.unknown"))
    if voucher.member_id != member.id:
        return Refused(phrase("voucher.unknown"))
    if refusal := closed(uow, voucher, now):
        await expire(uow, voucher, now)
        return Refused(refusal)
    await _put_back(uow, voucher, "cancelled", now)
    return voucher


async def expire(uow: UnitOfWork, ended: Voucher, now: datetime) -> bool:
    """End a voucher nobody used in time and give its price back; False if it was closed first."""
    await members.lock(uow.tx, ended.member_id)
    voucher = await vouchers.lock(uow.tx, ended.id)
    if voucher.state != "reserved" or voucher.ends_at > now:
        return False
    await _put_back(uow, voucher, "expired", now)
    await news.tell_voucher_ended(uow, voucher, now)
    return True


def closed(uow: UnitOfWork, voucher: Voucher, now: datetime) -> Phrase | None:
    """Why a voucher can't be used any more; None while it can."""
    zone = uow.programme.zone().key
    if voucher.state == "used" and voucher.closed_at:
        return phrase("voucher.used", at=Moment(voucher.closed_at, zone))
    if voucher.state == "cancelled":
        return phrase("voucher.cancelled")
    if voucher.state == "expired" or voucher.ends_at <= now:
        minutes = int((now - voucher.ends_at).total_seconds() // 60)
        if minutes < 60:
            return phrase("voucher.ended_minutes", n=max(minutes, 1))
        return phrase("voucher.ended", at=Moment(voucher.ends_at, zone))
    return None


async def open_vouchers(uow: UnitOfWork, member_id: int, now: datetime) -> list[Voucher]:
    """A member's vouchers that can be used now, newest first."""
    found = await vouchers.of_member(uow.tx, member_id, VOUCHERS_SHOWN)
    return [voucher for voucher in found if closed(uow, voucher, now) is None]


async def voucher_by_code(uow: UnitOfWork, code: str) -> tuple[Voucher, Member] | None:
    """A voucher and the member it is bound to."""
    voucher = await vouchers.by_code(uow.tx, code)
    member = await members.get(uow.tx, voucher.member_id) if voucher else None
    return (voucher, member) if voucher and member else None


async def offer(uow: UnitOfWork, member_id: int, code: str, now: datetime) -> Offer | None:
    """One reward as the member sees it now; None when the programme has no such reward."""
    purse = await wallet(uow.tx, uow.programme, member_id, now)
    return next((offer for offer in purse.offers() if offer.reward.code == code), None)


async def _reserve(
    uow: UnitOfWork, member: Member, code: str, key: str, now: datetime, colleague: Staff | None
) -> Voucher | Refused | Repeated:
    if done := await operations.by_key(uow.tx, key):
        return Repeated(done.kind, done.created_at)
    reward = uow.programme.reward(code)
    if reward is None:
        return Refused(phrase("reward.gone"))
    unit = reward_unit(code) if reward.points is None else "points"
    account = await ledger.open_account(uow.tx, member.id, (unit,))
    try:
        # What is owed is not there to be spent either.
        if account.spendable(unit, now) - account.owed(unit) < (reward.points or 1):
            raise NotEnough(unit, reward.points or 1, account.spendable(unit, now))
        account.debit("reserve", unit, reward.points or 1, at=now)
    except NotEnough:
        return Refused(await _missing(uow, member, reward, now))
    operation_id = await operations.begin(
        uow.tx,
        key,
        "reserve",
        now=now,
        member_id=member.id,
        staff_id=colleague.id if colleague else None,
    )
    if operation_id is None:
        return Repeated("reserve", now)
    refs = await uow.write(account, member_id=member.id, operation_id=operation_id, now=now)
    return await vouchers.add(
        uow.tx,
        member_id=member.id,
        reward=code,
        programme_version=uow.version,
        entry=refs[0],
        now=now,
        ends_at=now + timedelta(minutes=uow.programme.vouchers.minutes),
    )


async def _missing(uow: UnitOfWork, member: Member, reward: Reward, now: datetime) -> Phrase:
    found = await offer(uow, member.id, reward.code, now)
    missing = found.missing if found else 0
    unit = found.unit if found else "stamps"
    return phrase(f"reward.missing.{unit}", n=missing, reward=reward.name)


async def _hand_over(
    uow: UnitOfWork, member: Member, voucher: Voucher, colleague: Staff, now: datetime
) -> Used:
    await vouchers.close(
        uow.tx, voucher.id, "used", at=now, staff_id=colleague.id, location=colleague.at
    )
    await operations.begin(
        uow.tx,
        f"voucher:{voucher.id}:used",
        "used",
        now=now,
        member_id=member.id,
        staff_id=colleague.id,
        location=colleague.at,
    )
    await members.visited(uow.tx, member.id, now)
    await news.tell_used(uow, voucher, now)
    return Used(member, voucher)


async def _put_back(uow: UnitOfWork, voucher: Voucher, state: VoucherState, now: datetime) -> None:
    takes = await ledger.takes_of(uow.tx, voucher.entry)
    reward = await ledger.unit_of(uow.tx, voucher.entry)
    account = await ledger.open_account(
        uow.tx, voucher.member_id, (reward,), also=[take.lot for take in takes]
    )
    account.put_back("release", reward, takes, at=now, of=voucher.entry)
    operation_id = await operations.begin(
        uow.tx, f"voucher:{voucher.id}:{state}", state, now=now, member_id=voucher.member_id
    )
    if operation_id is None:
        raise RuntimeError(f"voucher {voucher.id} was closed twice")
    await uow.write(account, member_id=voucher.member_id, operation_id=operation_id, now=now)
    await vouchers.close(uow.tx, voucher.id, state, at=now)
