"""At the till: that a membership was paid for (S18)."""

from __future__ import annotations

from bot.conversation import Router, Turn, option, whole
from bot.domain.members import Member, Role
from bot.domain.messages import Moment, Phrase, Reply, phrase
from bot.services import memberships, staffing
from bot.services.memberships import Terms
from bot.services.results import Refused, Repeated
from handlers.menu import name_of, staff_menu
from handlers.staff.panel import by_number, panel

router = Router()


async def at_the_till(turn: Turn) -> Reply:
    """`/membership CODE [TIER]`."""
    code, tier = (*turn.args, "", "")[:2]
    if not code:
        return Reply((phrase("staff.usage_membership"),), staff_menu(turn))
    member = await staffing.member_by_reference(turn.uow, code)
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    return await _ask(turn, member, tier.lower())


@router.action("member_pays", role=Role.CASHIER)
async def from_panel(turn: Turn) -> Reply:
    """The member in front of the colleague pays; which membership, if there are several."""
    number, tier = (*turn.args, "", "")[:2]
    member = await staffing.member_by_id(turn.uow, whole(number.removeprefix("#")))
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    return await _ask(turn, member, tier)


async def _ask(turn: Turn, member: Member, asked: str) -> Reply:
    """Whether the fee was paid: money changed hands once this is confirmed."""
    found = await memberships.terms(turn.uow, member, turn.now)
    back = (option(phrase("button.member"), "panel", member.code),)
    if not asked and len(found) > 1:
        rows = (
            (option(each.tier.name, "member_pays", by_number(member), each.tier.code),)
            for each in found
        )
        which = phrase("staff.membership_which", name=name_of(member))
        return Reply((which,), (*rows, back), edits=True)
    asked = asked or (found[0].tier.code if found else "")
    terms = next((each for each in found if each.tier.code == asked), None)
    if terms is None:
        return await panel(turn, member, memberships.unknown(turn.programme, asked).why)
    if terms.refusal is not None:
        return await panel(turn, member, terms.refusal.why)
    paid = option(phrase("button.confirm"), "paid", by_number(member), terms.tier.code, turn.nonce)
    return Reply((_question(member, terms),), ((paid,), back), edits=True)


def _question(member: Member, terms: Terms) -> Phrase:
    name, tier, fee = name_of(member), terms.tier.name, terms.fee
    if terms.until is None:
        return phrase("staff.membership_ask", name=name, tier=tier, fee=fee)
    return phrase("staff.membership_ask_until", name=name, tier=tier, fee=fee, until=terms.until)


@router.action("paid", role=Role.CASHIER)
async def paid(turn: Turn) -> Reply:
    """The fee was paid; pressing twice counts once."""
    number, tier, nonce = (*turn.args, "", "", "")[:3]
    member = await staffing.member_by_id(turn.uow, whole(number.removeprefix("#")))
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    key = f"panel:membership:{member.id}:{nonce}"
    done = await memberships.pay(turn.uow, member.id, tier, key, turn.now, colleague=turn.colleague)
    if isinstance(done, Refused):
        return await panel(turn, member, done.why)
    open_member = option(phrase("button.member"), "panel", member.code)
    if isinstance(done, Repeated):
        at = Moment(done.at, turn.programme.zone(turn.colleague.at).key)
        return Reply((phrase("staff.counted", at=at),), ((open_member,),), edits=True)
    undo = option(phrase("button.undo"), "undo", str(done.operation_id))
    said = phrase("staff.membership_done", fee=done.fee, tier=done.tier.name)
    whose = phrase("staff.whose", name=name_of(member))
    return Reply((said, whose), ((open_member, undo),), edits=True)
