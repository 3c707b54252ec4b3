"""Rewards at the till: used, given with the card in hand, taken off a purchase (S19–S21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain import rewards as rules
from bot.domain.amounts import in_minor_units
from bot.domain.ledger import Take
from bot.domain.members import Member, Staff
from bot.domain.messages import phrase
from bot.domain.programme_earning import Reward
from bot.domain.rewards import Voucher
from bot.services import earning, ending, limits, news, offers, persons, redeeming, referrals
from bot.services.results import NOBODY, Bill, Earned, Refused, Repeated, Used
from bot.services.unit_of_work import UnitOfWork
from bot.storage import ledger, members, operations, staff, vouchers


async def use(
    uow: UnitOfWork,
    code: str,
    colleague: Staff,
    now: datetime,
    *,
    amount_minor: int | None = None,
    receipt: str = "",
) -> Used | Refused | Repeated:
    """Confirm a voucher a member shows; once.

    With the amount of the purchase it is used on, that is counted too, less what the reward took
    off: what was reserved before never comes from what this purchase gives (S21).
    """
    found = await vouchers.by_code(uow.tx, code)
    if found is None or found.present:
        return Refused(phrase("voucher.unknown"))
    if ended := ending.no_redeeming(uow.programme, now):
        return ended
    member = await _lock(uow, found.member_id, amount_minor)
    voucher = await vouchers.lock(uow.tx, found.id)
    if over := redeeming.closed(uow, voucher, now):
        # So that "the reward is back on the card" is true at once.
        await redeeming.expire(uow, voucher, now)
        return Refused(over)
    if await staff.is_member(uow.tx, colleague.id, member.id):
        return Refused(phrase("staff.own_card"))
    if refusal := await _not_here(uow, voucher.reward, colleague, amount_minor):
        return refusal
    return await _hand_over(uow, member, voucher, colleague, now, amount_minor, receipt)


async def give(
    uow: UnitOfWork,
    member_id: int,
    code: str,
    colleague: Staff,
    key: str,
    now: datetime,
    *,
    amount_minor: int | None = None,
) -> Used | Refused | Repeated:
    """Hand a reward over with the card in hand: reserved and used in one go (S19).

    With the amount of a purchase it lowers that. Of a bonus account it takes what there is, up to
    the amount.
    """
    member = await _lock(uow, member_id, amount_minor)
    if member.erased:
        return NOBODY
    if await staff.is_member(uow.tx, colleague.id, member.id):
        return Refused(phrase("staff.own_card"))
    if refusal := await _not_here(uow, code, colleague, amount_minor):
        return refusal
    much = await _how_much(uow, member, code, amount_minor, now)
    voucher = await redeeming.reserve_for(
        uow, member, code, key, now, much=much, colleague=colleague
    )
    if not isinstance(voucher, Voucher):
        return voucher
    given = await _hand_over(uow, member, voucher, colleague, now, amount_minor, "")
    if not isinstance(given, Used):
        # The purchase was refused, so nothing was handed over.
        await redeeming.put_back(uow, voucher, "cancelled", now)
    return given


async def _lock(uow: UnitOfWork, member_id: int, amount_minor: int | None) -> Member:
    """The member; for a purchase together with all whom it concerns, as a sale locks them."""
    if amount_minor is None:
        return await members.lock(uow.tx, member_id)
    return await referrals.lock(uow, member_id)


async def _not_here(
    uow: UnitOfWork, code: str, colleague: Staff, amount_minor: int | None
) -> Refused | None:
    """Why a reward can't be used in this shop, or on so small a purchase."""
    reward = uow.programme.reward(code)
    if reward is None:
        return None
    if reward.locations:
        location = await limits.location(uow, colleague)
        if isinstance(location, Refused):
            return location
        if location not in reward.locations:
            return Refused(offers.wrong_place(uow.programme, reward))
    least = in_minor_units(reward.minimum, uow.programme.shop.currency)
    if (amount_minor or 0) < least and reward.kind in rules.PRICED and reward.kind != "credit":
        return Refused(offers.below_minimum(uow.programme, reward))
    return None


async def _how_much(
    uow: UnitOfWork, member: Member, code: str, amount_minor: int | None, now: datetime
) -> int:
    reward = uow.programme.reward(code)
    if reward is None or reward.kind != "credit":
        return 1
    account = await ledger.open_account(uow.tx, member.id, ("credit",), enough=amount_minor, at=now)
    have = max(account.spendable("credit", now) - account.owed("credit"), 0)
    return have if amount_minor is None else min(have, amount_minor)


async def _hand_over(
    uow: UnitOfWork,
    member: Member,
    voucher: Voucher,
    colleague: Staff,
    now: datetime,
    amount_minor: int | None,
    receipt: str,
) -> Used | Refused | Repeated:
    reward = uow.programme.reward(voucher.reward)
    bill, earned = None, None
    if reward and amount_minor is not None:
        bill = Bill(amount_minor, rules.off(reward, voucher.worth_minor, amount_minor))
        counted = await _count(uow, member, voucher, bill, colleague, now, receipt)
        if isinstance(counted, Refused | Repeated):
            return counted
        earned = counted
    await redeeming.finish(
        uow,
        voucher,
        now,
        colleague=colleague,
        purchase_operation_id=earned.operation_id if earned else None,
        worth_minor=bill.off_minor if bill and reward and reward.kind in rules.PRICED else None,
    )
    if reward and bill and reward.kind == "credit":
        await _give_change(uow, voucher, bill, now)
    await members.visited(uow.tx, member.id, now)
    await persons.be_active(uow, member, now)
    used = Used(member, replace(voucher, state="used", closed_at=now), bill, earned)
    await news.tell_used(uow, used, now)
    return used


async def _count(
    uow: UnitOfWork,
    member: Member,
    voucher: Voucher,
    bill: Bill,
    colleague: Staff,
    now: datetime,
    receipt: str,
) -> Earned | Refused | Repeated | None:
    """Count the purchase; None where purchases are not counted at all."""
    if not uow.programme.has("purchase") and not uow.programme.has("product"):
        return None
    return await earning.sale(
        uow,
        member.id,
        bill.amount_minor,
        receipt,
        colleague,
        f"voucher:{voucher.id}:sale",
        now,
        reward_minor=bill.off_minor,
    )


async def _give_change(uow: UnitOfWork, voucher: Voucher, bill: Bill, now: datetime) -> None:
    """Give back what the purchase did not need of what was reserved, latest end first."""
    change = (voucher.worth_minor or 0) - bill.off_minor
    takes = []
    for take in reversed(await ledger.takes_of(uow.tx, voucher.entry)):
        if change > 0:
            takes.append(Take(take.lot, min(take.amount, change)))
            change -= takes[-1].amount
    if takes:
        key = f"voucher:{voucher.id}:change"
        member_id = voucher.member_id
        operation_id = await operations.begin(uow.tx, key, "change", now=now, member_id=member_id)
        if operation_id is None:
            raise RuntimeError(f"voucher {voucher.id} was used twice")
        await redeeming.release(uow, voucher, tuple(takes), operation_id, now)


def needs_amount(reward: Reward | None) -> bool:
    """Whether a reward lowers a price, so that the purchase's amount is asked for."""
    return reward is not None and reward.kind in rules.PRICED


def without_purchase(reward: Reward, *, shown: bool) -> bool:
    """Whether what lowers a price may be handed over without one; `shown` as a voucher."""
    if reward.kind == "credit":
        return reward.payout and shown
    return not reward.minimum


def can_give(reward: Reward) -> bool:
    """Whether a colleague hands it over with the card in hand: credit has a button of its own."""
    return reward.kind not in (*rules.AT_ONCE, "credit")
