"""Rewards given to a friend: a present waits under its code until whoever has that takes it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.lasting import policy
from bot.domain.ledger import binding_order
from bot.domain.members import CODE_ALPHABET, Member
from bot.domain.messages import Moment, phrase
from bot.domain.programme_earning import Reward, reward_unit
from bot.domain.rewards import Voucher
from bot.services import ending, news, redeeming
from bot.services.results import NOBODY, Refused, Repeated
from bot.services.unit_of_work import UnitOfWork
from bot.storage import ledger, lots, members, merging, operations, vouchers

#: How long a present waits for its friend; then it goes back.
WAITS = timedelta(days=14)
#: Letters and digits of a present's code: 80 random bits.
CODE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Present:
    """A reward set aside for a friend, and the code that takes it."""

    voucher: Voucher
    code: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A present that somebody took, and when it ends."""

    reward: Reward
    ends_at: datetime | None


async def give(
    uow: UnitOfWork, member_id: int, code: str, key: str, now: datetime
) -> Present | Refused | Repeated:
    """Set a reward aside for a friend; nobody can use it until it is taken or goes back."""
    member = await members.lock(uow.tx, member_id)
    reward = uow.programme.reward(code)
    if reward is None or not reward.friend:
        return Refused(phrase("reward.gone"))
    secret = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    ends_at = min([now + WAITS, *await _own_end(uow, member, reward, now)])
    reserved = await redeeming.reserve_for(
        uow, member, code, key, now, present=secret, ends_at=ends_at
    )
    return Present(reserved, secret) if isinstance(reserved, Voucher) else reserved


async def _own_end(
    uow: UnitOfWork, member: Member, reward: Reward, now: datetime
) -> list[datetime]:
    """When the earned reward that would be given ends: the soonest is given first."""
    first = await lots.to_take(uow.tx, member.id, reward_unit(reward.code), 1, now)
    return [lot.ends_at for lot in first if lot.ends_at]


async def refused(uow: UnitOfWork, code: str, now: datetime) -> Refused | None:
    """Why a present can't be taken, before anyone is asked to join for it."""
    found = await vouchers.by_present(uow.tx, code)
    return _refused(uow, found, now)


async def take(uow: UnitOfWork, friend_id: int, code: str, now: datetime) -> Taken | Refused:
    """Take a present, once: the reward is the friend's, with its old end. Both hear of it."""
    found = await vouchers.by_present(uow.tx, code)
    if found is None:
        return Refused(phrase("present.unknown"))
    if over := ending.no_redeeming(uow.programme, now):
        return over
    friend = (await merging.lock_all(uow.tx, (found.member_id, friend_id)))[friend_id]
    if friend.erased:
        return NOBODY
    voucher = await vouchers.lock(uow.tx, found.id)
    if voucher.member_id == friend.id:
        return Refused(phrase("present.own"))
    if refusal := _refused(uow, voucher, now):
        return refusal
    reward = uow.programme.reward(voucher.reward)
    if reward is None:
        return Refused(phrase("reward.gone"))
    ends_at = await _credit(uow, friend, voucher, reward, now)
    await vouchers.close(uow.tx, voucher.id, "used", at=now, friend_id=friend.id)
    await news.tell_present_taken(uow, voucher, reward, now)
    return Taken(reward, ends_at)


async def open_presents(uow: UnitOfWork, member_id: int, now: datetime) -> list[Voucher]:
    """A member's presents that nobody has taken yet, newest first."""
    found = await vouchers.of_member(uow.tx, member_id, redeeming.VOUCHERS_SHOWN)
    return [v for v in found if v.present and redeeming.closed(uow, v, now) is None]


def _refused(uow: UnitOfWork, voucher: Voucher | None, now: datetime) -> Refused | None:
    zone = uow.programme.zone().key
    if voucher is None:
        return Refused(phrase("present.unknown"))
    if voucher.state == "used" and voucher.closed_at:
        return Refused(phrase("present.taken_already", at=Moment(voucher.closed_at, zone)))
    if voucher.state != "reserved" or voucher.ends_at <= now:
        return Refused(phrase("present.gone"))
    return None


async def _credit(
    uow: UnitOfWork, friend: Member, voucher: Voucher, reward: Reward, now: datetime
) -> datetime | None:
    operation_id = await operations.begin(
        uow.tx, f"present:{voucher.id}", "present", now=now, member_id=friend.id
    )
    if operation_id is None:
        raise RuntimeError(f"the present {voucher.id} was taken twice")
    unit = reward_unit(reward.code)
    ends_at = await _end(uow, voucher, reward, now)
    account = await ledger.open_account(uow.tx, friend.id, (unit,), enough=0, at=now)
    account.credit("present", unit, 1, at=now, ends_at=ends_at, rules=((reward.code, 1),))
    await uow.write(account, member_id=friend.id, operation_id=operation_id, now=now)
    return ends_at


async def _end(uow: UnitOfWork, voucher: Voucher, reward: Reward, now: datetime) -> datetime | None:
    """The old end of an earned reward; one that was bought with points lasts from now."""
    taken = [take.lot for take in await ledger.takes_of(uow.tx, voucher.entry)]
    unit = await ledger.unit_of(uow.tx, voucher.entry)
    if unit == "points":
        return policy(uow.programme, None, reward_unit(reward.code)).ends_at(
            now, uow.programme.zone()
        )
    given = sorted(await lots.by_ids(uow.tx, taken), key=binding_order)
    return given[0].ends_at if given else None
