"""Colleagues' own affairs: accepting an invitation, the shift, finding and enrolling members."""

from __future__ import annotations

from bot.conversation import Router, Turn, option
from bot.domain.members import Role
from bot.domain.messages import Reply, phrase
from bot.services import joining, staffing
from bot.services.results import Refused
from handlers.menu import home, menu_of, name_of, staff_menu
from handlers.staff.panel import panel

router = Router()


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
    asked = turn.args[0].lower() if turn.args else ""
    if not asked:
        rows = tuple((option(place.name, "shift", place.code),) for place in places)
        return Reply((phrase("staff.which_location"),), rows, edits=True)
    refused = await staffing.start_shift(turn.uow, turn.colleague, asked)
    if refused:
        rows = tuple((option(place.name, "shift", place.code),) for place in places)
        return Reply((refused.why,), rows)
    place = turn.programme.location(asked)
    said = phrase("staff.shift_started", location=place.name if place else asked)
    return Reply((said,), staff_menu(turn), edits=True)


@router.command("find", role=Role.CASHIER)
async def find(turn: Turn) -> Reply:
    """`/find PHONE_OR_NAME`."""
    if not turn.text:
        return Reply((phrase("staff.usage_find"),), staff_menu(turn))
    found = await staffing.find(turn.uow, turn.text)
    if not found:
        return Reply((phrase("staff.found_nobody"),), staff_menu(turn))
    if len(found) == 1:
        return await panel(turn, found[0])
    rows = tuple(
        (option(phrase("button.found", name=name_of(m), code=m.code), "panel", m.code),)
        for m in found
    )
    return Reply((phrase("staff.found", n=len(found)),), rows)


@router.command("enroll", role=Role.CASHIER)
async def enroll(turn: Turn) -> Reply:
    """`/enroll PHONE`: a member at the till, who proves the number when they write (S33)."""
    if not turn.text:
        return Reply((phrase("staff.usage_enroll"),), staff_menu(turn))
    joined = await joining.enrol(turn.uow, turn.text, turn.colleague, turn.key, turn.now)
    if isinstance(joined, Refused):
        return Reply((joined.why,), staff_menu(turn))
    return await panel(turn, joined.member, phrase("staff.enrolled", code=joined.member.code))
