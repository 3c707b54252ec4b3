"""Rewards within reach, redeeming one for a voucher, and the vouchers that are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation import Router, Said, Turn, option, whole
from bot.domain.messages import Button, Moment, Phrase, Picture, Reply, phrase
from bot.domain.programme_earning import reward_unit
from bot.domain.rewards import Voucher
from bot.services import redeeming
from bot.services.news import last_day
from bot.services.results import Refused, Repeated
from bot.services.wallets import Offer, Wallet
from handlers.menu import Rows, member_menu
from handlers.paging import PAGE, page_asked, page_of

router = Router()

#: Rewards a page over SMS, each with all that is to be said of it.
SHORT_PAGE = 3


@router.command("rewards", member=True)
async def rewards(turn: Turn) -> Reply:
    """Every reward of the programme: ready, or how far away."""
    purse = await turn.wallet(turn.customer)
    if turn.short:
        return _page_of_rewards(turn, purse)
    lines = tuple(_line(purse, offer) for offer in purse.offers())
    ready = [offer for offer in purse.offers() if offer.available]
    rows = tuple((_redeem_button(turn, offer),) for offer in ready)
    return Reply(
        (phrase("rewards.title"), *lines), (*rows, _menu()) if rows else member_menu(), edits=True
    )


def _page_of_rewards(turn: Turn, purse: Wallet) -> Reply:
    """A few rewards; the line of one that is ready is the choice that redeems it."""
    offers, more = page_of(turn, purse.offers(), page_asked(turn), "rewards", size=SHORT_PAGE)
    away = tuple(_line(purse, offer) for offer in offers if not offer.available)
    rows = tuple(
        (replace(_redeem_button(turn, offer), label=_line(purse, offer)),)
        for offer in offers
        if offer.available
    )
    return Reply((phrase("rewards.title"), *away), (*rows, *more))


def _line(purse: Wallet, offer: Offer) -> Phrase:
    name = offer.reward.name
    if not offer.available:
        return phrase(f"rewards.away.{offer.unit}", n=offer.missing, reward=name)
    until = next(
        (end.ends_at for end in purse.endings() if end.unit == reward_unit(offer.reward.code)),
        None,
    )
    if offer.reward.points is not None:
        return phrase("rewards.ready_points", n=offer.reward.points, reward=name)
    if until is None:
        return phrase("rewards.ready", n=offer.available, reward=name)
    day = last_day(purse.programme, until)
    return phrase("rewards.ready_until", n=offer.available, reward=name, until=day)


def _menu() -> tuple[Button, ...]:
    return (option(phrase("button.menu"), "menu"),)


def _redeem_button(turn: Turn, offer: Offer) -> Button:
    # The mark makes a second tap in a hurry show the voucher, not reserve another reward.
    return option(offer.reward.name, "redeem", offer.reward.code, turn.nonce)


@router.command("redeem", member=True)
async def redeem(turn: Turn) -> Said:
    """Reserve the reward that was chosen; without a choice, show what there is."""
    purse = await turn.wallet(turn.customer)
    ready = [offer for offer in purse.offers() if offer.available]
    chosen = _chosen(turn, ready)
    if chosen:
        return await _reserve(turn, chosen)
    open_now = await redeeming.open_vouchers(turn.uow, turn.customer.id, turn.now)
    if open_now and not ready:
        return await voucher_reply(turn, open_now[0])
    if not ready:
        return _nothing(purse)
    more: Rows = ((option(phrase("button.vouchers"), "vouchers"),),) if open_now else ()
    if len(ready) == 1:
        return Reply((_whether_now(turn, ready[0]),), (_now_or_later(turn, ready[0]), *more))
    return _which(turn, ready, 0, more)


@router.action("redeem_page", member=True)
async def redeem_page(turn: Turn) -> Reply:
    """More of the rewards that can be redeemed, where they don't fit one message."""
    purse = await turn.wallet(turn.customer)
    ready = [offer for offer in purse.offers() if offer.available]
    return _which(turn, ready, page_asked(turn)) if ready else _nothing(purse)


def _nothing(purse: Wallet) -> Reply:
    return Reply((phrase("redeem.nothing"), *_nearest(purse)), member_menu(), edits=True)


def _which(turn: Turn, ready: Sequence[Offer], page: int, more: Rows = ()) -> Reply:
    """Which of several rewards to redeem."""
    shown, further = page_of(turn, ready, page, "redeem_page")
    rows = tuple((_redeem_button(turn, offer),) for offer in shown)
    menu: Rows = () if turn.short else (_menu(),)
    return Reply((phrase("redeem.choose"),), (*rows, *further, *more, *menu), edits=True)


def _whether_now(turn: Turn, offer: Offer) -> Phrase:
    """Whether to reserve the only reward there is: a voucher's time runs at once."""
    return phrase("redeem.now", reward=offer.reward.name, n=turn.programme.vouchers.minutes)


def _now_or_later(turn: Turn, offer: Offer) -> tuple[Button, ...]:
    now = option(phrase("button.redeem_now"), "redeem", offer.reward.code, turn.nonce)
    return (now, option(phrase("button.keep"), "keep"))


def _chosen(turn: Turn, ready: list[Offer]) -> str | None:
    """The reward's code from a button, from its place in the list, or from its name."""
    if turn.message.action:
        return turn.args[0] if turn.args else None
    number = whole(turn.text) or 0
    # On a second page the numbers are others.
    if 0 < number <= len(ready) and not (turn.short and len(ready) > PAGE):
        return ready[number - 1].reward.code
    return next(
        (
            offer.reward.code
            for offer in ready
            if turn.words.matches(turn.text, turn.words.render(offer.reward.name, turn.language))
        ),
        None,
    )


def _nearest(purse: Wallet) -> tuple[Phrase, ...]:
    ahead = [offer for offer in purse.offers() if offer.missing]
    return tuple(_line(purse, offer) for offer in ahead[:1])


async def _reserve(turn: Turn, code: str) -> Said:
    nonce = turn.args[1] if turn.message.action and len(turn.args) > 1 else ""
    key = f"redeem:{turn.customer.id}:{nonce}" if nonce else turn.key
    reserved = await redeeming.reserve(turn.uow, turn.customer.id, code, key, turn.now)
    if isinstance(reserved, Refused):
        return await _refused(turn, reserved)
    if isinstance(reserved, Repeated):
        return await vouchers(turn)
    turn.closes = True
    return await voucher_reply(turn, reserved)


async def _refused(turn: Turn, refused: Refused) -> Reply:
    """A refusal, with the voucher that already stands for the reward where that is why."""
    open_now = await redeeming.open_vouchers(turn.uow, turn.customer.id, turn.now)
    if open_now:
        return await voucher_reply(turn, open_now[0])
    return Reply((refused.why,), member_menu())


async def voucher_reply(turn: Turn, voucher: Voucher) -> Reply:
    """A voucher to show: QR, six characters, and until when."""
    reward = turn.programme.reward(voucher.reward)
    name = reward.name if reward else voucher.reward
    until = Moment(voucher.ends_at, turn.programme.zone().key, "time")
    picture = Picture(
        kind="voucher",
        payload=f"v_{voucher.code}",
        heading=name,
        footer=phrase("voucher.until", at=until),
    )
    phrases = (phrase("voucher.show", reward=name, code=voucher.code, at=until),)
    return Reply(phrases, _voucher_buttons(voucher), picture)


def _voucher_buttons(voucher: Voucher) -> Rows:
    back = option(phrase("button.give_back"), "give_back", str(voucher.id))
    return ((back, option(phrase("button.menu"), "menu")),)


@router.command("vouchers", member=True)
async def vouchers(turn: Turn) -> Said:
    """The vouchers that can be used now."""
    open_now = await redeeming.open_vouchers(turn.uow, turn.customer.id, turn.now)
    if not open_now:
        return Reply((phrase("voucher.none"),), member_menu(), edits=True)
    return [await voucher_reply(turn, voucher) for voucher in open_now[:3]]


@router.action("give_back", member=True)
async def give_back(turn: Turn) -> Reply:
    """Give a reserved reward back to the balance."""
    number = whole(turn.args[0]) if turn.args else None
    if number is None:
        return Reply((phrase("voucher.unknown"),), member_menu())
    back = await redeeming.cancel(turn.uow, turn.customer.id, number, turn.now)
    turn.closes = True
    if isinstance(back, Refused):
        return Reply((back.why,), member_menu())
    reward = turn.programme.reward(back.reward)
    said = phrase("voucher.given_back", reward=reward.name if reward else back.reward)
    return Reply((said,), member_menu())


@router.action("keep", member=True)
async def keep(turn: Turn) -> Reply:
    """A reward that is kept for later."""
    turn.closes = True
    return Reply((phrase("reward.kept"),), member_menu())
