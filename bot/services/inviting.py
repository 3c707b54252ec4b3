"""Inviting friends (S16): a member's link, who joins by it, and what the owner decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.members import Member, Staff
from bot.domain.messages import phrase
from bot.services import earning
from bot.services.referrals import former, pay, runs, tell
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork
from bot.storage import members, merging, referrals
from bot.storage.referrals import Referral


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a member's link holds; how many friends came by it, and how many still may."""

    code: str
    came: int
    left: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A referral the owner decides on: who invited whom, and why it waits."""

    id: int
    referrer: str
    friend: str
    sign: str


async def invitation(uow: UnitOfWork, member_id: int) -> Invitation:
    """A member's invitation as it stands."""
    tally = await referrals.tally(uow.tx, member_id)
    left = max(uow.programme.referrals.limit - tally.paid, 0)
    return Invitation(await referrals.code_of(uow.tx, member_id), tally.came, left)


async def host(uow: UnitOfWork, code: str) -> Member | None:
    """Who invites by a code, where the programme has that and they may bring more friends."""
    member_id = await referrals.whose(uow.tx, code) if runs(uow.programme) else None
    member = await members.get(uow.tx, member_id) if member_id else None
    if member is None:
        return None
    had = (await referrals.tally(uow.tx, member.id)).paid
    return member if had < uow.programme.referrals.limit else None


async def accept(uow: UnitOfWork, friend: Member, code: str, now: datetime) -> bool:
    """Keep who invited somebody who has just become a member.

    Not who invited themselves, or was a member before and erased since; and one host alone.
    """
    by = await host(uow, code)
    if by is None or by.id == friend.id or await former(uow, friend.id, now):
        return False
    return await referrals.begin(uow.tx, by.id, friend.id, now)


async def waiting(uow: UnitOfWork, limit: int) -> list[Waiting]:
    """The referrals the owner decides on, oldest first, at most `limit`."""
    return [await _waiting(uow, found) for found in await referrals.waiting(uow.tx, limit)]


async def _waiting(uow: UnitOfWork, found: Referral) -> Waiting:
    both = [await members.get(uow.tx, n) for n in (found.referrer_id, found.friend_id)]
    referrer, friend = (member.name or member.code if member else "?" for member in both)
    return Waiting(found.id, referrer, friend, found.reason)


async def decide(
    uow: UnitOfWork, referral_id: int, colleague: Staff, now: datetime, *, pays: bool
) -> Refused | None:
    """Pay a referral that waits, or refuse it; both sides hear of it."""
    found = await _locked(uow, referral_id)
    if found is None or found.state != "waiting":
        return Refused(phrase("referrals.decided"))
    if pays:
        await pay(uow, found, now, earning.grant, colleague)
        return None
    await referrals.settle(uow.tx, found.id, "refused", reason=found.reason, staff_id=colleague.id)
    await tell(uow, found.friend_id, phrase("referred.refused"), now)
    await tell(uow, found.referrer_id, phrase("refer.refused"), now)
    return None


async def _locked(uow: UnitOfWork, referral_id: int) -> Referral | None:
    found = await referrals.get(uow.tx, referral_id)
    if found is None:
        return None
    await merging.lock_all(uow.tx, (found.referrer_id, found.friend_id))
    return await referrals.get(uow.tx, referral_id)
