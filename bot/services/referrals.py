"""What a friend's first purchase brings both sides (S16), in the transaction that counts it.

What the till calls is given the functions that give and take back, which know of this one. Both
members are locked by number before anything is read, so that whatever races here pays once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.earning import Event
from bot.domain.members import Member, Role, Staff
from bot.domain.messages import Action, Button, MessageClass, Phrase, Reply, phrase
from bot.domain.programme import Programme
from bot.services import news, outreach
from bot.services.results import Earned, Repeated, Undone
from bot.services.unit_of_work import UnitOfWork
from bot.storage import erasing, ledger, members, merging, operations, referrals, staff
from bot.storage.referrals import Referral

WEEK = timedelta(days=7)
#: Whoever is served by the same colleague so soon before their friend may have paid for both.
TOGETHER = timedelta(minutes=5)

#: What gives each side theirs: the operations' kinds, and the rules' triggers.
REFERRED, REFERRAL = "referred", "referral"


class Give(Protocol):
    """Gives a locked member what a trigger's rules have for them: `earning.grant`."""

    async def __call__(
        self,
        uow: UnitOfWork,
        member: Member,
        trigger: str,
        key: str,
        now: datetime,
        *,
        about_id: int | None = None,
        colleague: Staff | None = None,
    ) -> Earned | Repeated | None:
        """What was given, if anything."""


#: Takes back what an operation gave a locked member, as part of the operation with that number.
Take = Callable[[UnitOfWork, Member, operations.Operation, int, datetime], Awaitable[Undone]]


def runs(programme: Programme) -> bool:
    """Whether inviting friends brings anything in a programme."""
    return programme.has(REFERRAL) or programme.has(REFERRED)


def counts(programme: Programme, trigger: str) -> bool:
    """Whether a purchase or a visit is what a friend has to do first."""
    buys = programme.has("purchase") or programme.has("product")
    return trigger == ("purchase" if buys else "visit")


async def lock(uow: UnitOfWork, member_id: int, purchase: int | None = None) -> Member:
    """Lock a member, and whoever invited them while that is to be settled, in order of number.

    `purchase` is the operation being taken back, which may have settled it.
    """
    found = await members.get(uow.tx, member_id)
    if found is None:
        return await members.lock(uow.tx, member_id)
    referral = await referrals.of_friend(uow.tx, found.id)
    if purchase is not None:
        referral = await referrals.of_purchase(uow.tx, purchase)
    ids = {found.id}
    if referral and (referral.state == "open" or purchase is not None):
        ids |= {referral.referrer_id, referral.friend_id}
    return (await merging.lock_all(uow.tx, ids))[found.id]


async def bought(
    uow: UnitOfWork,
    earned: Earned,
    event: Event,
    colleague: Staff | None,
    now: datetime,
    give: Give,
) -> None:
    """Settle the invitation of a locked member who has just bought something, if one is open.

    `colleague` is who counted it.
    """
    programme = uow.programme
    found = await referrals.of_friend(uow.tx, earned.member.id)
    if found is None or found.state != "open" or not runs(programme):
        return
    if not counts(programme, event.trigger) or event.amount < programme.referrals.minimum:
        return
    purchase = earned.operation_id
    if refused := await _refused(uow, found, now):
        await referrals.settle(uow.tx, found.id, "refused", reason=refused, closed_at=now)
        return
    await referrals.settle(uow.tx, found.id, "waiting", purchase=purchase, closed_at=now)
    found = replace(found, state="waiting", purchase_operation_id=purchase, closed_at=now)
    if sign := await _suspicious(uow, found, colleague, now):
        await referrals.settle(uow.tx, found.id, "waiting", reason=sign)
        await _tell_waiting(uow, found, sign, now)
        return
    await pay(uow, found, now, give)


async def _refused(uow: UnitOfWork, found: Referral, now: datetime) -> str:
    """Why an invitation brings nothing any more."""
    if now >= found.created_at + timedelta(days=uow.programme.referrals.days):
        return "late"
    return "former" if await former(uow, found.friend_id, found.created_at) else ""


async def former(uow: UnitOfWork, member_id: int, before: datetime) -> bool:
    """Whether a member was one before under any of their addresses, and was erased (S37)."""
    for kind, value, _ in await members.identities(uow.tx, member_id):
        gone = await erasing.erased_on(uow.tx, kind, [value])
        if any(at <= before for at in gone.values()):
            return True
    return False


async def _suspicious(
    uow: UnitOfWork, found: Referral, colleague: Staff | None, now: datetime
) -> str:
    """The sign for which the owner has a look first: one of `referrals.sign.*`."""
    tx, rules = uow.tx, uow.programme.referrals
    if await referrals.came_since(tx, found.referrer_id, now - WEEK) > rules.a_week:
        return "many"
    if colleague is None:
        return ""
    for member_id in (found.referrer_id, found.friend_id):
        if await staff.is_member(tx, colleague.id, member_id):
            return "colleague"
    since = now - TOGETHER
    if await referrals.served_since(tx, found.referrer_id, colleague.id, since):
        return "together"
    return ""


async def pay(
    uow: UnitOfWork, found: Referral, now: datetime, give: Give, decided: Staff | None = None
) -> None:
    """Give both sides theirs for a purchase; both are locked.

    A referrer who had all they may have gets no more; the friend was promised theirs and gets it.
    """
    purchase = found.purchase_operation_id
    referrer = await members.lock(uow.tx, found.referrer_id)
    friend = await members.lock(uow.tx, found.friend_id)
    had = (await referrals.tally(uow.tx, referrer.id)).paid
    over = had >= uow.programme.referrals.limit
    await referrals.settle(
        uow.tx,
        found.id,
        "paid",
        reason="limit" if over else "",
        staff_id=decided.id if decided else None,
    )
    for member, trigger in ((friend, REFERRED), (referrer, REFERRAL)):
        if member.erased:
            continue
        given = None
        if not (over and trigger == REFERRAL):
            key = f"{trigger}:{found.id}:{purchase}"
            given = await give(uow, member, trigger, key, now, about_id=purchase, colleague=decided)
        await _tell_given(uow, member, trigger, given, now, over=over)


async def reverse(uow: UnitOfWork, purchase: int, reversal: int, now: datetime, take: Take) -> None:
    """Take back what a purchase brought both sides, since it was undone or refunded whole.

    The friend's next purchase counts in its place. `reversal` is the operation that takes the
    purchase back; both members were locked by `lock(…, purchase)`.
    """
    found = await referrals.of_purchase(uow.tx, purchase)
    if found is None or found.state not in ("paid", "waiting"):
        return
    for number in await referrals.payments(uow.tx, purchase):
        await _take(uow, number, reversal, now, take)
    await referrals.reopen(uow.tx, found.id)


async def _take(uow: UnitOfWork, number: int, reversal: int, now: datetime, take: Take) -> None:
    paid = await operations.get(uow.tx, number)
    if paid is None or paid.member_id is None:
        return
    member = await members.lock(uow.tx, paid.member_id)
    if member.erased or await ledger.moved_away(uow.tx, paid.id, member.id):
        return
    operation_id = await operations.begin(
        uow.tx,
        f"reverse:{paid.id}",
        "reverse",
        now=now,
        member_id=member.id,
        undoes_id=paid.id,
        about_id=reversal,
    )
    if operation_id is not None:
        undone = await take(uow, member, paid, operation_id, now)
        await news.tell_undone(uow, undone, now)


async def merged(uow: UnitOfWork, kept: Member, other: Member) -> None:
    """Whoever came by an invitation turns out to have been a member before (S12, S16).

    What was paid stays; what is open brings nothing. Their own friends are the kept member's.
    """
    await referrals.hand_over(uow.tx, other.id, kept.id)
    for member in (kept, other):
        found = await referrals.of_friend(uow.tx, member.id)
        if found is None or found.state not in ("open", "waiting"):
            continue
        if found.friend_id == other.id or found.referrer_id == kept.id:
            await referrals.settle(uow.tx, found.id, "refused", reason="existing")


# --- what both hear ---


async def _tell_waiting(uow: UnitOfWork, found: Referral, sign: str, now: datetime) -> None:
    owners = await staff.conversations(uow.tx, (Role.OWNER,))
    button = Button(phrase("button.referrals"), Action("referrals"))
    why = phrase(f"referrals.sign.{sign}")
    said = Reply((phrase("referrals.wait", why=why),), ((button,),), numbered=False)
    for conversation_id in owners:
        await outreach.say(
            uow, conversation_id, said, now, message_class=MessageClass.TRANSACTIONAL
        )
    await tell(uow, found.friend_id, phrase("referred.waits"), now)
    await tell(uow, found.referrer_id, phrase("refer.waits"), now)


async def _tell_given(
    uow: UnitOfWork,
    member: Member,
    trigger: str,
    given: Earned | Repeated | None,
    now: datetime,
    *,
    over: bool,
) -> None:
    said = phrase("referred.done" if trigger == REFERRED else "refer.done")
    if isinstance(given, Earned):
        told = await news.of_earned(uow, given, "earn", now)
        told = replace(told, phrases=(said, *told.phrases))
        await outreach.tell_member(uow, member.id, told, now)
    elif over and trigger == REFERRAL:
        most = uow.programme.referrals.limit
        await tell(uow, member.id, phrase("refer.over", most=most), now)


async def tell(uow: UnitOfWork, member_id: int, said: Phrase, now: datetime) -> None:
    """Tell one side what became of an invitation."""
    template = phrase("template.referral", shop=uow.programme.shop.name)
    reply = Reply((said,), ((news.card_button(),),), template=template)
    await outreach.tell_member(uow, member_id, reply, now)
