"""What is left: texts that are no command, no choice and no answer."""

from __future__ import annotations

from bot.conversation import Router, Turn
from bot.domain.messages import Reply, phrase
from bot.services import redeeming, staffing
from handlers.menu import home, menu_of
from handlers.staff.panel import panel, voucher_panel

router = Router()

#: Nobody's member code, voucher code or phone number is longer, in characters.
REFERENCE_LIMIT = 40


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
        return Reply((phrase("fallback.thanks"),), menu_of(turn))
    if turn.member is None:
        return await home(turn)
    contact = turn.programme.shop.contact
    if turn.conversation.misses and contact:
        return Reply((phrase("fallback.person", contact=contact),), menu_of(turn))
    return Reply((phrase("fallback.unknown"),), menu_of(turn))


async def _referred(turn: Turn) -> Reply | None:
    member = await staffing.member_by_reference(turn.uow, turn.text)
    if member:
        return await panel(turn, member)
    voucher = await redeeming.voucher_by_code(turn.uow, turn.text)
    return await voucher_panel(turn, *voucher) if voucher else None
