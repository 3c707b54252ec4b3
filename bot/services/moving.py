"""A member who has a new number or account (S12): proven there, confirmed where they wrote before.

Or by a manager at the till. The old one is taken off them, and both addresses hear of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.members import Member, Staff
from bot.domain.messages import Action, Address, Button, MessageClass, Reply, phrase
from bot.services import joining, limits, merging, outreach, staffing
from bot.services.news import card_button
from bot.services.outreach import SMS
from bot.services.phones import proven_number
from bot.services.results import NOBODY, Refused, Repeated
from bot.services.unit_of_work import UnitOfWork
from bot.storage import conversations, members, moving, operations
from bot.storage.conversations import Conversation
from bot.storage.merging import one_at_a_time
from bot.storage.moving import Left

#: What is kept as the wording where consent ended with the address it was for.
MOVED = "move.offers_ended"
#: How often a day somebody may say that a card is theirs, and a member is asked.
ASKED_A_DAY = 3
#: How long the question waits for its answer.
WAITS = DAY = timedelta(days=1)
#: Channels whose addresses are numbers.
BY_NUMBER = (SMS, "whatsapp")


@dataclass(frozen=True, slots=True)
class Moved:
    """A member at their new address; whether consent to offers ended with the old one.

    `left` are the chats with what was theirs, where no reply of this turn arrives any more.
    """

    member: Member
    offers_ended: bool
    left: frozenset[Address] = frozenset()


def tail(number: str) -> str:
    """The last two digits of a number: enough to know one's own by."""
    return number[-2:]


async def number_of(uow: UnitOfWork, member_id: int) -> str | None:
    """A member's number, the one known last."""
    found = [
        value for kind, value, _ in await members.identities(uow.tx, member_id) if kind == "phone"
    ]
    return found[-1] if found else None


async def ask(
    uow: UnitOfWork, conversation: Conversation, reference: str, now: datetime
) -> Refused | None:
    """Ask a card's owner, where they wrote last, whether whoever wrote here is them.

    What is answered here is the same whether or not there is such a card (S38).
    """
    await uow.tx.alone("moving")
    since = now - DAY
    if await moving.asked(uow.tx, "conversation_id", conversation.id, since) >= ASKED_A_DAY:
        return Refused(phrase("move.too_often"))
    member = await staffing.member_by_reference(uow, reference)
    if member and await moving.asked(uow.tx, "member_id", member.id, since) >= ASKED_A_DAY:
        member = None
    theirs = member.id if member else None
    number = await moving.ask(uow.tx, theirs, conversation.id, now, now + WAITS)
    if member:
        question = await _question(uow, conversation, number)
        await outreach.tell_member(uow, member.id, question, now)
    return None


async def _question(uow: UnitOfWork, asker: Conversation, number: int) -> Reply:
    kind, value = await conversations.identity(uow.tx, asker.identity_id)
    said = phrase("move.question_account", channel=asker.address.channel.capitalize())
    if kind == "phone":
        said = phrase("move.question_number", tail=tail(value))
    yes = Button(phrase("button.move_yes"), Action("move_yes", (str(number),)))
    no = Button(phrase("button.no"), Action("move_no", (str(number),)))
    template = phrase("template.move", shop=uow.programme.shop.name)
    return Reply((said,), ((yes, no),), template=template)


async def refuse(uow: UnitOfWork, member: Member, number: int, now: datetime) -> Refused | None:
    """Close a question by its member's no."""
    found = await moving.lock(uow.tx, number)
    if found is None or found.closed or not await _is(uow, member, found.member_id):
        return Refused(phrase("move.over"))
    await moving.close(uow.tx, number, now)
    return None


async def confirm(
    uow: UnitOfWork, member: Member, number: int, now: datetime, channels: Collection[str]
) -> Moved | Refused:
    """Move a member to where somebody asked for their card, by their own yes; once.

    Who has a card there already brings it along.
    """
    await one_at_a_time(uow.tx)
    found = await moving.lock(uow.tx, number)
    if found is None or found.closed or found.ends_at <= now:
        return Refused(phrase("move.over"))
    asker = await conversations.get(uow.tx, found.conversation_id)
    if asker is None or not await _is(uow, member, found.member_id):
        return Refused(phrase("move.over"))
    await moving.close(uow.tx, number, now)
    kind, value = await conversations.identity(uow.tx, asker.identity_id)
    holder = await members.lock_identity(uow.tx, kind, value)
    if holder and holder.id != member.id:
        await merging.merge(uow, member.id, holder.id, now)
    member = await members.lock(uow.tx, member.id)
    if holder is None:
        await conversations.belongs_to(uow.tx, asker.identity_id, member.id)
    moved = await _leave(uow, member, kind, value, f"moved:{number}", now, channels)
    shop = uow.programme.shop.name
    here = Reply((phrase("move.here", shop=shop),), ((card_button(),),))
    await _say(uow, asker.id, here, now, member.id)
    return moved


async def _is(uow: UnitOfWork, member: Member, asked: int | None) -> bool:
    owner = await members.get(uow.tx, asked) if asked else None
    return owner is not None and owner.id == member.id


async def leave_old(
    uow: UnitOfWork, member_id: int, number: str, key: str, now: datetime, channels: Collection[str]
) -> Moved:
    """Take all numbers off a member but for one they have just proven, elsewhere than there."""
    await one_at_a_time(uow.tx)
    number = proven_number(number, uow.programme) or number
    await members.lock_identity(uow.tx, "phone", number)
    member = await members.lock(uow.tx, member_id)
    moved = await _leave(uow, member, "phone", number, f"moved:{key}", now, channels)
    await _welcome(uow, member, number, now, channels)
    return moved


async def by_manager(
    uow: UnitOfWork,
    member_id: int,
    number: str,
    colleague: Staff,
    key: str,
    now: datetime,
    channels: Collection[str],
    *,
    proven: bool,
) -> Moved | Refused | Repeated:
    """Give a member at the till a new number; not `proven` it is theirs once they write from it."""
    await one_at_a_time(uow.tx)
    holder = await members.lock_identity(uow.tx, "phone", number)
    member = await members.lock(uow.tx, member_id)
    if holder and holder.id != member.id:
        return Refused(phrase("staff.number_taken", code=holder.code))
    if member.erased:
        return NOBODY
    if done := await operations.by_key(uow.tx, f"moved:{key}"):
        return Repeated(done.kind, done.created_at, done.id)
    if refusal := await limits.own_card(uow, member, colleague, now):
        return refusal
    await members.attach(uow.tx, member.id, "phone", number, proven=proven, now=now)
    moved = await _leave(
        uow, member, "phone", number, f"moved:{key}", now, channels, colleague=colleague
    )
    await _welcome(uow, member, number, now, channels)
    return moved


async def _leave(
    uow: UnitOfWork,
    member: Member,
    kind: str,
    value: str,
    key: str,
    now: datetime,
    channels: Collection[str],
    *,
    colleague: Staff | None = None,
) -> Moved:
    await operations.begin(
        uow.tx,
        key,
        "moved",
        now=now,
        member_id=member.id,
        staff_id=colleague.id if colleague else None,
        location=colleague.at if colleague else None,
    )
    left = await moving.leave(uow.tx, member.id, kind, value, now)
    ended = await _end_offers(uow, member, kind, left, now)
    for one in left:
        await _say_goodbye(uow, member, kind, value, one, now, channels)
    gone = {Address(chat.channel, one.value) for one in left for chat in one.chats}
    return Moved(await members.lock(uow.tx, member.id), ended, frozenset(gone))


async def _end_offers(
    uow: UnitOfWork, member: Member, kind: str, left: list[Left], now: datetime
) -> bool:
    """Consent is for an address: at the new one it is given anew, or not at all (S33)."""
    if not left:
        return False
    theirs = {chat.channel for one in left for chat in one.chats}
    ended = False
    for channel in sorted(theirs | set(BY_NUMBER if kind == "phone" else ())):
        if await joining.marketing(uow, member.id, channel):
            await joining.decide_marketing(uow, member.id, channel, False, MOVED, now)
            ended = True
    return ended


async def _say_goodbye(
    uow: UnitOfWork,
    member: Member,
    kind: str,
    value: str,
    left: Left,
    now: datetime,
    channels: Collection[str],
) -> None:
    """Tell whoever has the old address; a number that never wrote to us by a text."""
    shop = uow.programme.shop.name
    said = phrase("move.gone_account", shop=shop)
    if kind == "phone":
        said = phrase("move.gone", shop=shop, tail=tail(value))
    goodbye = Reply((said,), template=phrase("template.moved", shop=shop))
    reached = [chat.conversation_id for chat in left.chats if chat.reached]
    if not left.chats and kind == "phone" and SMS in channels:
        address = Address(SMS, left.value)
        fresh = await conversations.open(uow.tx, address, "phone", member.language, now)
        reached = [fresh.id]
    for conversation_id in reached[:1]:
        await _say(uow, conversation_id, goodbye, now)


async def _welcome(
    uow: UnitOfWork, member: Member, number: str, now: datetime, channels: Collection[str]
) -> None:
    """Tell whoever has the new number, by a text where those are switched on."""
    if SMS not in channels:
        return
    theirs = await conversations.open(uow.tx, Address(SMS, number), "phone", member.language, now)
    if not await conversations.opted_out(uow.tx, theirs.id):
        here = Reply((phrase("move.here", shop=uow.programme.shop.name),))
        await _say(uow, theirs.id, here, now, member.id)


async def _say(
    uow: UnitOfWork, conversation_id: int, reply: Reply, now: datetime, member_id: int | None = None
) -> None:
    await outreach.say(
        uow,
        conversation_id,
        reply,
        now,
        message_class=MessageClass.TRANSACTIONAL,
        member_id=member_id,
    )
