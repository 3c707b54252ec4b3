"""Inviting friends: a member's link and what it brings; a friend who opens it joins by it."""

from __future__ import annotations

from bot.conversation import Router, Said, Turn, option
from bot.domain.amounts import in_minor_units
from bot.domain.messages import Link, Money, Phrase, Reply, phrase
from bot.services import inviting, referrals
from handlers import gifts
from handlers.menu import home, member_menu

router = Router()


@router.command("refer", member=True)
async def refer(turn: Turn) -> Reply:
    """The link to pass on, what both sides get, how many came and how many still may."""
    if not referrals.runs(turn.programme):
        return Reply((phrase("refer.none"),), member_menu())
    found = await inviting.invitation(turn.uow, turn.customer.id)
    if not found.left:
        return Reply((phrase("refer.full", came=found.came),), member_menu())
    lines = [_how(turn, found.code)]
    lines += gifts.lines(turn.programme, referrals.REFERRED, "refer.friend_gets")
    lines += gifts.lines(turn.programme, referrals.REFERRAL, "refer.you_get")
    if turn.programme.referrals.minimum:
        lines.append(phrase("refer.minimum", amount=_minimum(turn)))
    if found.came and not turn.short:
        lines.append(phrase("refer.came", came=found.came))
    lines.append(phrase("refer.left", left=found.left))
    return Reply(tuple(lines), ((option(phrase("button.menu"), "menu", standing=True),),))


def _how(turn: Turn, code: str) -> Phrase:
    """A link to pass on; where people text, the text a friend sends."""
    if turn.short:
        return phrase("refer.text", code=f"r_{code}")
    return phrase("refer.link", link=Link(f"r_{code}"))


def _minimum(turn: Turn) -> Money:
    currency = turn.programme.shop.currency
    return Money(in_minor_units(turn.programme.referrals.minimum, currency), currency)


@router.link("r")
async def invited(turn: Turn) -> Said:
    """A friend's link leads to joining, where it is kept who invited."""
    if turn.member is not None:
        return Reply((phrase("referred.member_already"),), member_menu())
    if turn.staff is not None or await inviting.host(turn.uow, turn.text) is None:
        return await home(turn)
    # The first who invited them is the one.
    draft = {"invite": turn.text.upper(), **turn.draft}
    step = turn.conversation.step or "join.welcome"
    lines = (
        phrase("referred.welcome"),
        *gifts.lines(turn.programme, referrals.REFERRED, "referred.you_get"),
    )
    if turn.short:
        return [Reply(lines), Reply(then=step, draft=draft)]
    return Reply(lines, then=step, draft=draft)
