"""Everything that is held on a member, for that member alone (S37)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.members import Consent, Member
from bot.domain.preferences import Preference
from bot.domain.rewards import Voucher
from bot.services.unit_of_work import UnitOfWork
from bot.storage import holding, members, preferences, referrals, vouchers
from bot.storage.holding import Asked, Bought, Rated, Reviewed

#: Nobody has more vouchers.
_VOUCHERS = 10_000


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held on a member besides their profile and wallet; `addresses` as (kind, value)."""

    addresses: Sequence[tuple[str, str]]
    tags: str
    consents: Sequence[Consent]
    preference: Preference
    vouchers: Sequence[Voucher]
    bought: Sequence[Bought]
    asked: Sequence[Asked]
    rated: Sequence[Rated]
    reviewed: Sequence[Reviewed]
    invited: bool
    visits: int
    messages: int


async def held(uow: UnitOfWork, member: Member) -> Holding:
    """What is held on a member now."""
    tx = uow.tx
    return Holding(
        addresses=[(kind, value) for kind, value, _ in await members.identities(tx, member.id)],
        tags=await members.tags(tx, member.id),
        consents=await members.consents(tx, member.id),
        preference=await preferences.of(tx, member.id),
        vouchers=(await vouchers.of_member(tx, member.id, _VOUCHERS))[::-1],
        bought=await holding.bought(tx, member.id),
        asked=await holding.asked(tx, member.id),
        rated=await holding.rated(tx, member.id),
        reviewed=await holding.reviewed(tx, member.id),
        invited=await referrals.of_friend(tx, member.id) is not None,
        visits=await holding.visits(tx, member.id),
        messages=await holding.messages(tx, member.id),
    )
