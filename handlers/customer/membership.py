"""Paid memberships: what there is, what it offers, what it costs and where it is paid (S18)."""

from __future__ import annotations

from datetime import datetime

from bot.conversation import Router, Turn, option
from bot.domain.messages import Button, Phrase, Reply, phrase
from bot.domain.programme import Programme
from bot.domain.programme_tiers import Tier
from bot.services import memberships, standings
from bot.services.memberships import Terms
from handlers.menu import home, member_menu
from handlers.paging import page_asked, page_of
from handlers.staff.membership import at_the_till

router = Router()

#: Lines on a page over SMS, where one of them may be an address.
_SHORT_PAGE = 3


@router.command("membership")
async def membership(turn: Turn) -> Reply:
    """A member's own; a colleague's `/membership CODE [TIER]` says that somebody paid."""
    if turn.staff is not None and (turn.text or turn.member is None):
        return await at_the_till(turn)
    if turn.member is None:
        return await home(turn)
    if not memberships.offered(turn.programme):
        return Reply((phrase("membership.none"),), member_menu(), edits=True)
    found = await memberships.terms(turn.uow, turn.member, turn.now)
    lines = [_held(each) for each in found if each.held]
    lines += [line for each in found for line in _offer(turn.programme, each, turn.now)]
    lines.append(_where(found[-1].tier))
    shown, more = page_of(turn, lines, page_asked(turn), "membership", size=_SHORT_PAGE)
    back: tuple[tuple[Button, ...], ...] = ((option(phrase("button.menu"), "menu"),),)
    return Reply(tuple(shown), more or back, edits=True)


def _held(terms: Terms) -> Phrase:
    if terms.held_until is None:
        return phrase("membership.have", tier=terms.tier.name)
    return phrase("membership.have_until", tier=terms.tier.name, until=terms.held_until)


def _offer(programme: Programme, terms: Terms, now: datetime) -> tuple[Phrase, ...]:
    """What one costs and offers; a renewal goes on where what is paid ends."""
    if not terms.open:
        return ()
    tier, fee = terms.tier, terms.fee
    said = phrase("membership.offer", tier=tier.name, fee=fee)
    if terms.until is not None and terms.since is not None:
        said = phrase(
            "membership.offer_renewal",
            tier=tier.name,
            fee=fee,
            since=terms.since,
            until=terms.until,
        )
    elif terms.until is not None:
        said = phrase("membership.offer_until", tier=tier.name, fee=fee, until=terms.until)
    return (said, *standings.benefits(programme, tier, now))


def _where(tier: Tier) -> Phrase:
    if tier.link:
        return phrase("membership.pay_link", link=tier.link)
    return phrase("membership.pay_till")
