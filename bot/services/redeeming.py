"""Rewards: reserving one as a voucher, giving it back, before and after it was used (S8, S19)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain import rewards as rules
from bot.domain.amounts import in_minor_units
from bot.domain.ending import sooner
from bot.domain.ledger import NotEnough, Take
from bot.domain.members import Member, Staff
from bot.domain.messages import Moment, Money, Phrase, phrase
from bot.domain.programme_earning import Reward, cause_unit, reward_unit
from bot.domain.rewards import Price, Voucher, VoucherState, stock_counter
from bot.services import ending, news, offers, persons
from bot.services.results import NOBODY, Refused, Repeated
from bot.services.unit_of_work import UnitOfWork
from bot.services.wallets import wallet
from bot.storage import ledger, members, operations, progress, vouchers

#: How many of a member's newest vouchers are looked at.
VOUCHERS_SHOWN = 50
#: How long an experience waits for a colleague's answer.
ANSWERED_WITHIN = timedelta(days=14)


async def reserve(
    uow: UnitOfWork, member_id: int, code: str, key: str, now: datetime, *, much: int = 1
) -> Voucher | Refused | Repeated:
    """Reserve a reward: its price leaves the spendable balance, a voucher stands for it.

    `much` is how often it is taken, of credit how much in minor units. What needs no colleague is
    used at once: a donation is given, early access is open.
    """
    member = await members.lock(uow.tx, member_id)
    return await reserve_for(uow, member, code, key, now, much=much)


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
    await put_back(uow, voucher, "cancelled", now)
    return voucher


async def expire(uow: UnitOfWork, ended: Voucher, now: datetime) -> bool:
    """End a voucher nobody used in time and give its price back; False if it was closed first."""
    await members.lock(uow.tx, ended.member_id)
    voucher = await vouchers.lock(uow.tx, ended.id)
    if voucher.state != "reserved" or voucher.ends_at > now:
        return False
    await put_back(uow, voucher, "expired", now)
    await news.tell_voucher_ended(uow, voucher, now)
    return True


async def restore(
    uow: UnitOfWork, voucher_id: int, colleague: Staff, key: str, now: datetime
) -> Voucher | Refused | Repeated:
    """Give a used reward back after all, with its old validity: its purchase is refunded (S8)."""
    found = await vouchers.get(uow.tx, voucher_id)
    if found is None:
        return Refused(phrase("voucher.unknown"))
    member = await members.lock(uow.tx, found.member_id)
    voucher = await vouchers.lock(uow.tx, found.id)
    if member.erased:
        return NOBODY
    if done := await operations.by_key(uow.tx, key):
        return Repeated(done.kind, done.created_at, done.id)
    if refusal := _not_restorable(uow, voucher):
        return refusal
    operation_id = await operations.begin(
        uow.tx,
        key,
        "restored",
        now=now,
        member_id=member.id,
        staff_id=colleague.id,
        location=colleague.at,
        about_id=voucher.purchase_operation_id,
    )
    if operation_id is None:
        return Repeated("restored", now)
    await _return(uow, voucher, member, operation_id, now)
    await vouchers.restored(uow.tx, voucher.id, now)
    await _unstock(uow, voucher)
    await news.tell_restored(uow, voucher, now)
    return voucher


def _not_restorable(uow: UnitOfWork, voucher: Voucher) -> Refused | None:
    if voucher.restored_at:
        at = Moment(voucher.restored_at, uow.programme.zone().key)
        return Refused(phrase("voucher.restored", at=at))
    reward = uow.programme.reward(voucher.reward)
    kept = voucher.present or (reward is not None and reward.kind in rules.AT_ONCE)
    return Refused(phrase("voucher.final")) if voucher.state != "used" or kept else None


async def _return(
    uow: UnitOfWork, voucher: Voucher, member: Member, operation_id: int, now: datetime
) -> None:
    """Put what a used voucher took back into its lots; after a merge into new ones like them."""
    takes = await vouchers.held(uow.tx, voucher.entry)
    unit = await ledger.unit_of(uow.tx, voucher.entry)
    given = [take.lot for take in takes]
    account = await ledger.open_account(uow.tx, member.id, (unit,), given, enough=0, at=now)
    if await vouchers.taken_from_another(uow.tx, voucher):
        lots = {lot.id: lot for lot in account.lots}
        for take in takes:
            account.credit(
                "restore",
                unit,
                take.amount,
                at=now,
                ends_at=lots[take.lot].ends_at,
                rules=((voucher.reward, take.amount),),
            )
    elif takes:
        account.put_back("restore", unit, takes, at=now, of=voucher.entry)
    await uow.write(account, member_id=member.id, operation_id=operation_id, now=now)


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
    """A member's vouchers that can be used now, newest first; presents are none of them."""
    found = await vouchers.of_member(uow.tx, member_id, VOUCHERS_SHOWN)
    return [v for v in found if not v.present and closed(uow, v, now) is None]


async def voucher_by_code(uow: UnitOfWork, code: str) -> tuple[Voucher, Member] | None:
    """A voucher and the member it is bound to."""
    voucher = await vouchers.by_code(uow.tx, code)
    if voucher is None or voucher.present:
        return None
    member = await members.get(uow.tx, voucher.member_id)
    return (voucher, member) if member else None


async def revealed(
    uow: UnitOfWork, member_id: int, code: str, now: datetime
) -> Reward | Refused | None:
    """Early access that comes with a member's tier, which nothing is paid for; None for others."""
    reward = uow.programme.reward(code)
    if reward is None or not rules.free(reward):
        return None
    case = await offers.circumstances(uow.tx, uow.programme, member_id, (reward,), now)
    bar = rules.bar(reward, case)
    return Refused(offers.refused(uow.programme, reward, bar)) if bar else reward


async def reserve_for(
    uow: UnitOfWork,
    member: Member,
    code: str,
    key: str,
    now: datetime,
    *,
    much: int = 1,
    colleague: Staff | None = None,
    present: str = "",
    ends_at: datetime | None = None,
) -> Voucher | Refused | Repeated:
    """Reserve a reward for a locked member, in the chat or by a colleague; or as a present."""
    if done := await operations.by_key(uow.tx, key):
        return Repeated(done.kind, done.created_at)
    reward = uow.programme.reward(code)
    if reward is None:
        return Refused(phrase("reward.gone"))
    if refusal := await _barred(uow, member, reward, much, now):
        return refusal
    price = await _price(uow, member, reward, much, now)
    # What is owed is not there to be spent either, and nothing buys nothing.
    needed = max(price.amount, 1)
    account = await ledger.open_account(uow.tx, member.id, (price.unit,), enough=needed, at=now)
    try:
        there = account.spendable(price.unit, now) - account.owed(price.unit)
        if there < needed:
            raise NotEnough(price.unit, price.amount, there)
        account.debit("present" if present else "reserve", price.unit, price.amount, at=now)
    except NotEnough:
        return Refused(await _missing(uow, member, reward, now))
    if reward.kind == "donation" and reward.cause and price.worth_minor:
        cause = cause_unit(reward.cause)
        account.credit("donate", cause, price.worth_minor, at=now, ends_at=None)
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
    if reward.stock and not present:
        await progress.count(uow.tx, stock_counter(code))
    voucher = await vouchers.add(
        uow.tx,
        member_id=member.id,
        reward=code,
        programme_version=uow.version,
        entry=refs[0],
        now=now,
        ends_at=_until(uow, reward, now) if ends_at is None else ends_at,
        worth_minor=price.worth_minor,
        stocked=bool(reward.stock) and not present,
        present=present,
    )
    await persons.be_active(uow, member, now)
    if reward.kind in rules.AT_ONCE and not present:
        await finish(uow, voucher, now)
        return await vouchers.lock(uow.tx, voucher.id)
    return voucher


async def finish(
    uow: UnitOfWork,
    voucher: Voucher,
    now: datetime,
    *,
    colleague: Staff | None = None,
    purchase_operation_id: int | None = None,
    worth_minor: int | None = None,
) -> None:
    """Close a reserved voucher as used, for good."""
    location = colleague.at if colleague else None
    await vouchers.close(
        uow.tx,
        voucher.id,
        "used",
        at=now,
        staff_id=colleague.id if colleague else None,
        location=location,
        purchase_operation_id=purchase_operation_id,
        worth_minor=worth_minor,
    )
    await operations.begin(
        uow.tx,
        f"voucher:{voucher.id}:used",
        "used",
        now=now,
        member_id=voucher.member_id,
        staff_id=colleague.id if colleague else None,
        location=location,
        about_id=purchase_operation_id,
    )


async def confirm(uow: UnitOfWork, voucher_id: int, colleague: Staff, now: datetime) -> bool:
    """Close a voucher as used that a colleague answered; False where it was closed before."""
    found = await vouchers.get(uow.tx, voucher_id)
    if found is None:
        return False
    await members.lock(uow.tx, found.member_id)
    voucher = await vouchers.lock(uow.tx, voucher_id)
    if closed(uow, voucher, now):
        return False
    await finish(uow, voucher, now, colleague=colleague)
    return True


async def put_back(uow: UnitOfWork, voucher: Voucher, state: VoucherState, now: datetime) -> None:
    """Close a locked reserved voucher by giving back all it took."""
    takes = await ledger.takes_of(uow.tx, voucher.entry)
    operation_id = await operations.begin(
        uow.tx, f"voucher:{voucher.id}:{state}", state, now=now, member_id=voucher.member_id
    )
    if operation_id is None:
        raise RuntimeError(f"voucher {voucher.id} was closed twice")
    await release(uow, voucher, takes, operation_id, now)
    await vouchers.close(uow.tx, voucher.id, state, at=now)
    await _unstock(uow, voucher)


async def release(
    uow: UnitOfWork, voucher: Voucher, takes: tuple[Take, ...], operation_id: int, now: datetime
) -> None:
    """Give back what a locked voucher took, or the part of it that was not needed."""
    unit = await ledger.unit_of(uow.tx, voucher.entry)
    given = [take.lot for take in takes]
    account = await ledger.open_account(uow.tx, voucher.member_id, (unit,), given, enough=0, at=now)
    account.put_back("release", unit, takes, at=now, of=voucher.entry)
    await uow.write(account, member_id=voucher.member_id, operation_id=operation_id, now=now)


async def _unstock(uow: UnitOfWork, voucher: Voucher) -> None:
    if voucher.stocked:
        counter = stock_counter(voucher.reward)
        await progress.lock_counters(uow.tx, (counter,))
        await progress.count(uow.tx, counter, -1)


def _until(uow: UnitOfWork, reward: Reward, now: datetime) -> datetime:
    """Until when a voucher waits to be used: no longer than the programme lasts."""
    minutes = timedelta(minutes=uow.programme.vouchers.minutes)
    until = now + (ANSWERED_WITHIN if reward.kind == "experience" else minutes)
    return sooner(uow.programme, until) or until


async def _barred(
    uow: UnitOfWork, member: Member, reward: Reward, much: int, now: datetime
) -> Refused | None:
    """Why a member may not have a reward, or not as much; the stock is locked from here on."""
    if over := ending.no_redeeming(uow.programme, now):
        return over
    if reward.stock:
        await progress.lock_counters(uow.tx, (stock_counter(reward.code),))
    case = await offers.circumstances(uow.tx, uow.programme, member.id, (reward,), now)
    if bar := rules.bar(reward, case):
        return Refused(offers.refused(uow.programme, reward, bar))
    if reward.kind == "credit":
        least = in_minor_units(reward.minimum, uow.programme.shop.currency)
        return Refused(offers.below_minimum(uow.programme, reward)) if much < least else None
    return None if much == 1 or reward.choose else Refused(phrase("reward.gone"))


async def _price(
    uow: UnitOfWork, member: Member, reward: Reward, much: int, now: datetime
) -> Price:
    earned = 0
    if reward.points is not None and reward.kind != "credit":
        unit = reward_unit(reward.code)
        account = await ledger.open_account(uow.tx, member.id, (unit,), enough=1, at=now)
        earned = account.spendable(unit, now)
    return rules.price(reward, uow.programme.shop.currency, much, earned)


async def _missing(uow: UnitOfWork, member: Member, reward: Reward, now: datetime) -> Phrase:
    purse = await wallet(uow.tx, uow.programme, member.id, now)
    if reward.kind == "credit":
        have = Money(max(purse.balance("credit"), 0), uow.programme.shop.currency)
        return phrase("reward.short_credit", reward=reward.name, amount=have)
    found = next((o for o in purse.offers() if o.reward.code == reward.code), None)
    missing, unit = (found.missing, found.unit) if found else (0, "stamps")
    return phrase(f"reward.missing.{unit}", n=missing, reward=reward.name)
