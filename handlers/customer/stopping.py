"""Stopping what is said unasked, by a word or in a sentence; undoing that; allowing it again."""

from __future__ import annotations

from bot.conversation import Router, Turn, option, whole
from bot.domain.messages import Phrase, Reply, phrase
from bot.services import joining, preferences
from handlers.customer.messages import standing, state, to_page
from handlers.menu import member_menu, menu_of

router = Router()


@router.command("stop")
async def stop(turn: Turn) -> Reply:
    """Stop all marketing on every channel at once (S33)."""
    holder = turn.holder
    if holder is None:
        return Reply((phrase("stop.stranger"),), menu_of(turn))
    channel = turn.message.address.channel
    await joining.stop_marketing(turn.uow, holder.id, channel, turn.now)
    if turn.member is None:
        return Reply((phrase("stop.done"),), menu_of(turn))
    rows = ((option(phrase("button.resume"), "resume"), option(phrase("button.menu"), "menu")),)
    return Reply((phrase("stop.done"),), rows, edits=True)


@router.action("stop_said")
async def stop_said(turn: Turn) -> Reply:
    """Stop for somebody who said so in a sentence, with one reply to undo it (S33)."""
    holder = turn.holder
    if holder is None:
        return Reply((phrase("stop.stranger"),), menu_of(turn))
    granted = await joining.granted(turn.uow, holder.id)
    channel = turn.message.address.channel
    number = await joining.stop_marketing(turn.uow, holder.id, channel, turn.now)
    # A question would take the place of the undo; and one about offers is answered by this.
    turn.leaves = granted or (turn.conversation.step or "").endswith(".marketing")
    if not granted:
        return Reply((phrase("stop.already"),), menu_of(turn))
    undo = option(phrase("button.undo_stop"), "undo_stop", str(number))
    return Reply((phrase("stop.said"),), ((undo, option(phrase("button.menu"), "menu")),))


@router.action("undo_stop")
async def undo_stop(turn: Turn) -> Reply:
    """All as it was before a stop, unless something else was decided since."""
    number = whole(turn.args[0]) if turn.args else None
    if turn.holder is None or number is None:
        return Reply((phrase("stop.stranger"),), menu_of(turn))
    undone = await joining.undo_stop(turn.uow, turn.holder.id, number, turn.now)
    if undone:
        # What came back may be gifts alone, or a pause.
        now = [state(turn, await standing(turn))] if turn.member else []
        return Reply((phrase("stop.undone"), *now), menu_of(turn), edits=True)
    rows = ((to_page(),), *menu_of(turn)) if turn.member else menu_of(turn)
    return Reply((phrase("stop.undo_late"),), rows, edits=True)


@router.action("stop_how")
async def stop_how(turn: Turn) -> Reply:
    """Tell how to stop to somebody who asks; nothing stops by a question."""
    return await _offer_stop(turn, phrase("stop.how"))


@router.action("stop_whether")
async def stop_whether(turn: Turn) -> Reply:
    """Ask a person who seems to want no more messages; nothing stops on a guess."""
    return await _offer_stop(turn, phrase("stop.whether"))


async def _offer_stop(turn: Turn, said: Phrase) -> Reply:
    if turn.holder is None:
        return Reply((phrase("stop.stranger"),), menu_of(turn))
    if not await joining.granted(turn.uow, turn.holder.id):
        return Reply((phrase("stop.already"),), menu_of(turn))
    buttons = (option(phrase("button.offers_off"), "stop"), option(phrase("button.menu"), "menu"))
    return Reply((said,), (buttons,))


@router.command("resume", member=True)
async def resume(turn: Turn) -> Reply:
    """Allow marketing again, on this channel; the others are on the page of messages."""
    channel, member = turn.message.address.channel, turn.customer.id
    await joining.decide_marketing(turn.uow, member, channel, True, "resume.done", turn.now)
    await preferences.end_pause(turn.uow, member)
    others = len((await standing(turn)).channels) > 1
    rows = ((to_page(),), *member_menu()) if others else member_menu()
    return Reply((phrase("resume.done"),), rows, edits=True)
