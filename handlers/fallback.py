"""What is left: texts that are no command, no choice and no answer."""

from __future__ import annotations

from bot.conversation import Router, Turn, option
from bot.domain.messages import Reply, phrase
from bot.services import redeeming, staffing
from handlers.menu import home, menu_of
from handlers.staff.panel import panel
from handlers.staff.rewards import voucher_panel

router = Router()

#: Nobody's member code, voucher code or phone number is longer, in characters.
REFERENCE_LIMIT = 40

#: What can be offered as one of two likely meanings, by the action that answers it.
_LABELS = {
    "join": phrase("button.join"),
    "card": phrase("button.card"),
    "balance": phrase("button.balance"),
    "rewards": phrase("button.rewards"),
    "redeem": phrase("button.redeem"),
    "history": phrase("button.history"),
    "refer": phrase("button.refer"),
    "language": phrase("button.language"),
    "settings": phrase("button.settings"),
    "stop_whether": phrase("button.offers_off"),
    "privacy": phrase("button.privacy"),
    "help": phrase("button.help"),
}


@router.action("which")
async def which(turn: Turn) -> Reply:
    """Two things somebody may have meant, and a person for all the rest."""
    # Who then presses "No more offers" says so: that is no guess any more.
    does = {"stop_whether": "stop"}
    meant = [
        (option(_LABELS[name], does.get(name, name)),) for name in turn.args if name in _LABELS
    ]
    shop = (option(phrase("button.ask_shop"), "feedback"),)
    turn.understood = True
    return Reply((phrase("fallback.which"),), (*meant, shop))


@router.action("thanks")
async def thanks(turn: Turn) -> Reply:
    """You're welcome."""
    return _welcome(turn)


def _welcome(turn: Turn) -> Reply:
    return Reply((phrase("fallback.thanks"),), menu_of(turn))


@router.command("unknown")
async def unknown(turn: Turn) -> Reply:
    """A colleague's code opens its member or voucher; otherwise say what can be done here."""
    if turn.staff is not None and 0 < len(turn.text) <= REFERENCE_LIMIT:
        found = await _referred(turn)
        if found:
            turn.understood = True
            return found
    if turn.staff is not None:
        return Reply((phrase("fallback.staff"),), menu_of(turn))
    if turn.words.is_word("thanks", turn.text, turn.language):
        turn.understood = True
        return _welcome(turn)
    if turn.member is None:
        return await home(turn)
    if not turn.conversation.misses:
        return Reply((phrase("fallback.unknown"),), menu_of(turn))
    contact = turn.programme.shop.contact
    sorry = phrase("fallback.person", contact=contact) if contact else phrase("fallback.unknown")
    return Reply((sorry,), ((option(phrase("button.ask_shop"), "feedback"),), *menu_of(turn)))


async def _referred(turn: Turn) -> Reply | None:
    member = await staffing.member_by_reference(turn.uow, turn.text)
    if member:
        return await panel(turn, member)
    voucher = await redeeming.voucher_by_code(turn.uow, turn.text)
    return await voucher_panel(turn, *voucher) if voucher else None
