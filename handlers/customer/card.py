"""The card with its QR code, and the balance."""

from __future__ import annotations

from bot.conversation import Router, Turn
from bot.domain.messages import Phrase, Picture, Reply, phrase
from bot.services import ending, wallets
from bot.services.wallets import Offer, Wallet
from handlers.menu import (
    bar,
    challenge_lines,
    coming,
    endings,
    member_menu,
    name_of,
    progress,
    tier_lines,
    waiting,
)
from handlers.paging import page_asked, page_of

router = Router()


@router.command("card", member=True)
async def show_card(turn: Turn) -> Reply:
    """The card as a picture, ready to be scanned."""
    return await card(turn)


async def card(turn: Turn, *first: Phrase) -> Reply:
    """A member's card, after something else that is to be said; its page's link over SMS."""
    member = turn.customer
    purse = await turn.wallet(member)
    units = turn.programme.units
    state = progress(purse)
    payload = await wallets.card_payload(turn.uow.tx, member.id)
    if turn.short:
        link = phrase("card.link", link=turn.page(f"c/{payload.removeprefix('c_')}"))
        return Reply((*first, link, *state, *waiting(purse)), member_menu())
    picture = Picture(
        kind="card",
        payload=payload,
        heading=name_of(member),
        footer=state[0] if state else "",
        filled=max(purse.balance("stamps"), 0) if units.stamps else None,
        total=units.stamps.card if units.stamps else None,
    )
    phrases = (*first, *state, *waiting(purse), phrase("card.show"))
    return Reply(phrases, member_menu(), picture)


@router.command("balance", member=True)
async def balance(turn: Turn) -> Reply:
    """Where the member stands, what comes next, and when anything ends."""
    purse = await turn.wallet(turn.customer)
    lines = [*progress(purse)]
    dots = "" if turn.short else bar(purse)
    if dots:
        lines.append(phrase("balance.bar", bar=dots))
    lines += await tier_lines(turn, turn.customer)
    lines += await challenge_lines(turn, turn.customer)
    lines += [*waiting(purse), *coming(purse), *_next(purse), *endings(purse)]
    lines += ending.notice(turn.programme, turn.now)
    shown, more = page_of(turn, lines, page_asked(turn), "balance")
    return Reply(tuple(shown), more or member_menu(), edits=True)


def _next(purse: Wallet) -> tuple[Phrase, ...]:
    ahead = [offer for offer in purse.offers() if offer.missing and not offer.available]
    nearest: Offer | None = min(ahead, key=lambda offer: offer.missing, default=None)
    if nearest is None:
        return ()
    name = nearest.reward.name
    return (phrase(f"balance.next.{nearest.unit}", n=nearest.missing, reward=name),)
