"""What everybody can say at any time: start, menu, more, help, cancel."""

from __future__ import annotations

from bot.conversation import Router, Turn, option
from bot.domain.members import Role
from bot.domain.messages import Reply, phrase
from bot.services import ending, memberships, referrals
from handlers.menu import home, menu_of
from handlers.paging import page_asked, page_of

router = Router()

#: Choices of "more" that one text message holds.
_SHORT_MORE = 6


@router.command("start")
async def start(turn: Turn) -> Reply:
    """Look in: the menu, or joining where a person is not a member yet."""
    joining = (turn.conversation.step or "").startswith("join.")
    if turn.member is None and turn.staff is None and joining:
        return Reply()
    return await home(turn)


@router.command("menu")
async def menu(turn: Turn) -> Reply:
    """Leave whatever is open."""
    turn.leaves = True
    return await home(turn)


@router.command("cancel")
async def cancel(turn: Turn) -> Reply:
    """Leave what is open and say so; what was done stays done."""
    open_question = turn.conversation.step is not None
    turn.leaves = True
    if turn.member is None and turn.staff is None:
        return Reply((phrase("cancel.stranger"),), menu_of(turn))
    return Reply((phrase("cancel.done" if open_question else "cancel.nothing"),), menu_of(turn))


@router.command("more", member=True)
async def more(turn: Turn) -> Reply:
    """What the first five words leave out, as far as the programme has it; two in a row."""
    programme = turn.programme
    collects = ending.no_earning(programme, turn.now) is None
    there = (
        (phrase("button.vouchers"), "vouchers", True),
        (phrase("button.history"), "history", True),
        (phrase("button.refer"), "refer", collects and referrals.runs(programme)),
        (phrase("button.rate"), "rate", programme.survey is not None),
        (phrase("button.review"), "review", collects and programme.has("review")),
        (phrase("button.follow"), "follow", collects and programme.follow is not None),
        (
            phrase("button.membership"),
            "membership",
            collects and bool(memberships.offered(programme)),
        ),
        (phrase("button.settings"), "settings", True),
        (phrase("button.help"), "help", True),
        (phrase("button.ask_shop"), "feedback", True),
        (phrase("button.menu"), "menu", True),
    )
    buttons = [option(label, action) for label, action, has in there if has]
    shown, further = page_of(turn, buttons, page_asked(turn), "more", size=_SHORT_MORE)
    rows = tuple(tuple(shown[at : at + 2]) for at in range(0, len(shown), 2))
    return Reply((phrase("more.title"),), (*rows, *further), edits=True)


@router.command("help")
async def help_(turn: Turn) -> Reply:
    """What can be said here, and how to reach a person."""
    lines = []
    if turn.staff is not None:
        lines.append(phrase("help.staff"))
        if turn.programme.rules("visit"):
            lines.append(phrase("help.staff_stamp"))
        if turn.programme.rules("purchase"):
            lines.append(phrase("help.staff_sale"))
        if memberships.offered(turn.programme):
            lines.append(phrase("help.staff_membership"))
        lines.append(phrase("help.staff_more"))
        if turn.staff.role >= Role.MANAGER and not turn.short:
            lines.append(phrase("help.corrections"))
            owner = turn.staff.role >= Role.OWNER
            lines.append(phrase("help.owner" if owner else "help.manager"))
    elif turn.member is not None:
        lines.append(phrase("help.member"))
    else:
        lines.append(phrase("help.stranger", shop=turn.programme.shop.name))
    if turn.programme.shop.contact and turn.staff is None:
        lines.append(phrase("help.contact", contact=turn.programme.shop.contact))
    return Reply(tuple(lines), menu_of(turn), edits=True)
