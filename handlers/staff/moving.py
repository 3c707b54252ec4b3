"""A new number for the member in front of a manager (S12)."""

from __future__ import annotations

from bot.conversation import Router, Said, Step, Turn, choice
from bot.domain.members import Member, Role
from bot.domain.messages import Reply, phrase
from bot.services import moving, phones, proving, staffing
from bot.services.outreach import SMS
from bot.services.proving import Wrong
from bot.services.results import Refused, Repeated
from handlers.menu import menu_of, staff_menu
from handlers.staff.panel import panel

router = Router()


@router.action("move_panel", role=Role.MANAGER)
async def begin(turn: Turn) -> Reply:
    """Begin giving the member in front of the colleague a new number."""
    code, nonce = (*turn.args, "", "")[:2]
    return Reply(then="staff.new_number", draft={"code": code, "nonce": nonce})


async def ask_number(_turn: Turn) -> Reply:
    """Which number."""
    cancel = choice("staff.new_number", "no", phrase("button.cancel"))
    return Reply((phrase("staff.ask_new_number"),), ((cancel,),), numbered=False)


async def answer_number(turn: Turn) -> Said:
    """Send a code there, which the customer reads out; without texts it is proven later."""
    member = await _member(turn)
    if member is None:
        return Reply((phrase("staff.unknown_code"),), menu_of(turn))
    if turn.answer == "no":
        return await panel(turn, member)
    if SMS in turn.channels:
        sent = await proving.send_code(turn.uow, turn.conversation, turn.text, turn.now)
        if isinstance(sent, Refused):
            return Reply((sent.why,), then="staff.new_number", draft=turn.draft)
        return Reply(then="staff.number_code", draft={**turn.draft, "number": sent})
    number = phones.e164(turn.text, turn.programme)
    if number is None:
        return Reply((phrase("phone.invalid"),), then="staff.new_number", draft=turn.draft)
    return await _move(turn, member, number, proven=False)


async def ask_code(turn: Turn) -> Reply:
    """What the customer's phone says."""
    cancel = choice("staff.number_code", "no", phrase("button.cancel"))
    said = phrase("staff.ask_number_code", number=turn.draft.get("number", ""))
    return Reply((said,), ((cancel,),), numbered=False)


async def answer_code(turn: Turn) -> Said:
    """Read the code, and move."""
    member = await _member(turn)
    if member is None:
        return Reply((phrase("staff.unknown_code"),), menu_of(turn))
    if turn.answer == "no":
        return await panel(turn, member)
    proven = await proving.answer_code(turn.uow, turn.conversation, turn.text, turn.now)
    if isinstance(proven, Wrong):
        return Reply((proven.why,), then="staff.number_code", draft=turn.draft)
    if isinstance(proven, Refused):
        return Reply((proven.why,), then="staff.new_number", draft=turn.draft)
    return await _move(turn, member, proven, proven=True)


async def _member(turn: Turn) -> Member | None:
    if turn.staff is None or turn.staff.role < Role.MANAGER:
        return None
    return await staffing.member_by_reference(turn.uow, turn.draft.get("code", ""))


async def _move(turn: Turn, member: Member, number: str, *, proven: bool) -> Reply:
    done = await moving.by_manager(
        turn.uow,
        member.id,
        number,
        turn.colleague,
        f"{member.id}:{turn.draft.get('nonce', '')}",
        turn.now,
        turn.channels,
        proven=proven,
    )
    if isinstance(done, Refused):
        return Reply((done.why,), staff_menu(turn))
    if isinstance(done, Repeated):
        return await panel(turn, member)
    return await panel(turn, done.member, phrase("staff.moved", tail=moving.tail(number)))


router.step(Step("staff.new_number", ask_number, answer_number))
router.step(Step("staff.number_code", ask_code, answer_code))
