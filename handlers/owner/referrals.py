"""Invitations that look suspicious: the owner pays them or refuses them."""

from __future__ import annotations

from bot.conversation import Router, Turn, option, whole
from bot.domain.members import Role
from bot.domain.messages import Phrase, Reply, phrase
from bot.services import inviting
from handlers.menu import staff_menu

router = Router()

#: Shown at once; decided ones make room for the next.
SHOWN = 1


@router.command("referrals", role=Role.OWNER)
async def referrals(turn: Turn) -> Reply:
    """The invitation that waits longest, and why it waits."""
    return await _next(turn)


@router.action("referral_pay", role=Role.OWNER)
async def pay(turn: Turn) -> Reply:
    """Give both sides theirs."""
    return await _decide(turn, pays=True)


@router.action("referral_refuse", role=Role.OWNER)
async def refuse(turn: Turn) -> Reply:
    """Give neither side anything."""
    return await _decide(turn, pays=False)


async def _decide(turn: Turn, *, pays: bool) -> Reply:
    number = whole(turn.args[0]) if turn.args else None
    refused = await inviting.decide(turn.uow, number or 0, turn.colleague, turn.now, pays=pays)
    done = phrase("referrals.paid" if pays else "referrals.refused")
    return await _next(turn, refused.why if refused else done)


async def _next(turn: Turn, *first: Phrase) -> Reply:
    found = await inviting.waiting(turn.uow, SHOWN)
    if not found:
        return Reply((*first, phrase("referrals.nothing")), staff_menu(turn), edits=True)
    lines, rows = [*first], []
    for one in found:
        sign = phrase(f"referrals.sign.{one.sign}")
        lines.append(phrase("referrals.one", referrer=one.referrer, friend=one.friend, why=sign))
        rows.append(
            (
                option(phrase("button.pay"), "referral_pay", str(one.id)),
                option(phrase("button.refuse"), "referral_refuse", str(one.id)),
            )
        )
    return Reply(tuple(lines), tuple(rows), edits=True)
