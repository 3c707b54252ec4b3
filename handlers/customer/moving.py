"""Members with a new number or account: asking for the card from there, and saying yes to it."""

from __future__ import annotations

from bot.conversation import Router, Said, Step, Turn, choice, option, whole
from bot.domain.messages import Reply, phrase
from bot.services import moving
from bot.services.results import Refused
from handlers.menu import home, member_menu, menu_of

router = Router()


@router.command("moved")
async def moved(turn: Turn) -> Said:
    """`new number`: of a member to be proven here; a stranger says which card is theirs."""
    if turn.member is None:
        return Reply(then="move.whose")
    return await new_number(turn)


@router.action("new_number", member=True)
async def new_number(turn: Turn) -> Reply:
    """Begin moving to another number."""
    if turn.can_share_contact or turn.can_send_codes:
        return Reply(then="settings.new_number")
    return Reply((phrase("move.from_there"),), member_menu())


async def ask_whose(_turn: Turn) -> Reply:
    """Which card it is."""
    cancel = choice("move.whose", "no", phrase("button.cancel"))
    return Reply((phrase("move.whose"),), ((cancel,),), numbered=False)


async def answer_whose(turn: Turn) -> Said:
    """Ask its owner; what is said here tells nothing of whether there is one."""
    if turn.answer == "no" or turn.member is not None:
        turn.leaves = True
        return await home(turn)
    if not turn.text:
        return Reply((phrase("fallback.media"),), then="move.whose")
    refused = await moving.ask(turn.uow, turn.conversation, turn.text, turn.now)
    said = refused.why if refused else phrase("move.asked")
    return Reply((said,), menu_of(turn))


@router.action("move_yes", member=True)
async def confirm(turn: Turn) -> Said:
    """The card's owner says that it is them."""
    number = whole((*turn.args, "")[0]) or 0
    done = await moving.confirm(turn.uow, turn.customer, number, turn.now, turn.channels)
    turn.closes = True
    if isinstance(done, Refused):
        return Reply((done.why,), member_menu())
    if turn.message.address in done.left:
        # What there was to say here was said: this chat is nobody's from now on.
        return ()
    return after_move(done)


def after_move(done: moving.Moved) -> Reply:
    """What a member reads where they go on writing from."""
    if not done.offers_ended:
        return Reply((phrase("move.done"),), member_menu())
    messages = option(phrase("button.messages"), "messages")
    return Reply((phrase("move.done"), phrase("move.offers_ended")), ((messages,), *member_menu()))


@router.action("move_no", member=True)
async def refuse(turn: Turn) -> Reply:
    """The card's owner says that it is not them."""
    number = whole((*turn.args, "")[0]) or 0
    refused = await moving.refuse(turn.uow, turn.customer, number, turn.now)
    turn.closes = True
    return Reply((refused.why if refused else phrase("move.kept"),), member_menu())


router.step(Step("move.whose", ask_whose, answer_whose))
