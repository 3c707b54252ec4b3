"""Colleagues' own affairs: accepting an invitation, the shift, finding and enrolling members."""

from __future__ import annotations

from bot.conversation import Router, Turn, option, whole
from bot.domain.members import Role
from bot.domain.messages import Reply, phrase
from bot.services import joining, staffing
from bot.services.joining import Joined
from bot.services.results import Refused
from handlers.menu import home, menu_of, name_of, staff_menu
from handlers.paging import page_asked, page_of
from handlers.staff.panel import panel, shops

router = Router()

#: What a button can carry of what was looked for.
ASKED_BYTES = 48


@router.link("s")
async def accept(turn: Turn) -> Reply:
    """An invitation was opened; it works once (S38)."""
    colleague = await staffing.accept(turn.uow, turn.conversation, turn.text, turn.now)
    if isinstance(colleague, Refused):
        return Reply((colleague.why,), menu_of(turn))
    turn.staff, turn.leaves = colleague, True
    role = phrase(f"role.{colleague.role.word}")
    welcome = phrase("staff.welcome", name=colleague.name, role=role)
    return Reply((welcome, phrase("staff.how")), staff_menu(turn))


@router.command("staff", role=Role.CASHIER)
async def staff(turn: Turn) -> Reply:
    """The colleague's own menu."""
    return await home(turn)


@router.command("shift", role=Role.CASHIER)
async def shift(turn: Turn) -> Reply:
    """`/shift [location]`: where what is done now belongs to (S17)."""
    places = turn.programme.locations
    if not places:
        return Reply((phrase("staff.one_location"),), staff_menu(turn))
    asked, member_id = (*turn.args, "", "")[:2]
    asked = asked.lower()
    # Who stands at the till is still there.
    member = await staffing.member_by_id(turn.uow, whole(member_id))
    if not asked:
        rows = shops(turn, member, page_asked(turn, 2))
        return Reply((phrase("staff.which_location"),), rows, edits=True)
    refused = await staffing.start_shift(turn.uow, turn.colleague, asked)
    if refused:
        return Reply((refused.why,), shops(turn))
    place = turn.programme.location(asked)
    said = phrase("staff.shift_started", location=place.name if place else asked)
    return (
        await panel(turn, member, said) if member else Reply((said,), staff_menu(turn), edits=True)
    )


@router.command("find", role=Role.CASHIER)
async def find(turn: Turn) -> Reply:
    """`/find PHONE_OR_NAME`; a button has that, and the page."""
    asked, page = turn.text, 0
    if turn.message.action:
        asked, page = (*turn.args, "")[0], page_asked(turn, 1)
    if not asked:
        return Reply((phrase("staff.usage_find"),), staff_menu(turn))
    found = await staffing.find(turn.uow, asked)
    if not found:
        return Reply((phrase("staff.found_nobody"),), staff_menu(turn))
    if len(found) == 1:
        return await panel(turn, found[0])
    again = asked.replace(":", " ")
    fits = len(again.encode()) <= ASKED_BYTES
    shown, more = page_of(turn, found, page, "find", again) if fits else (found, ())
    rows = tuple(
        (option(phrase("button.found", name=name_of(m), code=m.code), "panel", m.code),)
        for m in shown
    )
    return Reply((phrase("staff.found", n=len(found)),), (*rows, *more))


@router.command("enroll", role=Role.CASHIER)
async def enroll(turn: Turn) -> Reply:
    """`/enroll PHONE`: a member at the till, who proves the number when they write (S33)."""
    if not turn.text:
        return Reply((phrase("staff.usage_enroll"),), staff_menu(turn))
    joined = await joining.enrol(
        turn.uow, turn.text, turn.colleague, turn.key, turn.now, turn.channels
    )
    if isinstance(joined, Refused):
        return Reply((joined.why,), staff_menu(turn))
    said = phrase(_how_to_get_it(turn, joined), code=joined.member.code)
    return await panel(turn, joined.member, said)


def _how_to_get_it(turn: Turn, joined: Joined) -> str:
    """How the card a colleague has begun becomes its owner's."""
    if joined.told:
        return "staff.enrolled_told"
    if turn.by_number or turn.channels & {"sms", "whatsapp"}:
        return "staff.enrolled_writes"
    asked = turn.programme.joining.phone != "off"
    return "staff.enrolled" if asked else "staff.enrolled_settings"
