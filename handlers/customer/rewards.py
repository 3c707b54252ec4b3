"""Rewards: which there are, how far away, and which one to redeem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation import Router, Said, Turn, option, whole
from bot.domain import rewards as rules
from bot.domain.amounts import in_minor_units
from bot.domain.messages import Button, Money, Phrase, Reply, phrase
from bot.domain.programme_earning import Reward, reward_unit
from bot.services import offers, redeeming
from bot.services.ending import notice
from bot.services.news import last_day
from bot.services.offers import Listed
from bot.services.wallets import Offer, Wallet
from handlers.customer import redeeming as voucher_talk
from handlers.menu import Rows, challenge_lines, coming, member_menu
from handlers.paging import PAGE, page_asked, page_of

router = Router()

#: Rewards a page over SMS, each with all that is to be said of it.
SHORT_PAGE = 3


@router.command("rewards", member=True)
async def rewards(turn: Turn) -> Reply:
    """Every reward of the programme: ready, how far away, or why not now."""
    purse = await turn.wallet(turn.customer)
    found = await offers.listed(turn.uow.tx, purse, turn.customer.id, turn.now)
    if turn.short:
        return _page_of_rewards(turn, purse, found)
    lines = [line for each in found for line in await _lines(turn, purse, each)]
    ready = tuple((_redeem_button(turn, each.offer),) for each in found if each.ready)
    rows: Rows = (*ready, *_to_friend(turn, found))
    return Reply(
        (
            phrase("rewards.title"),
            *lines,
            *_on_the_way(purse, found),
            *await challenge_lines(turn, turn.customer),
            *notice(turn.programme, turn.now),
        ),
        (*rows, _menu()) if rows else member_menu(),
        edits=True,
    )


def _on_the_way(purse: Wallet, found: Sequence[Listed]) -> tuple[Phrase, ...]:
    """From when money on the bonus account can be spent, where it waits for that."""
    if any(each.offer.unit == "credit" and not each.ready for each in found):
        return tuple(line for line in coming(purse) if line.key == "balance.coming.credit")
    return ()


def _page_of_rewards(turn: Turn, purse: Wallet, found: Sequence[Listed]) -> Reply:
    """A few rewards; the line of one that is ready is the choice that redeems it."""
    shown, more = page_of(turn, found, page_asked(turn), "rewards", size=SHORT_PAGE)
    away = tuple(each.why or _line(purse, each.offer) for each in shown if not each.ready)
    rows = tuple(
        (replace(_redeem_button(turn, each.offer), label=_line(purse, each.offer)),)
        for each in shown
        if each.ready
    )
    # Only where the list ends is there room for it.
    friend = () if more else _to_friend(turn, found)
    return Reply((phrase("rewards.title"), *away), (*rows, *more, *friend))


def _to_friend(turn: Turn, found: Sequence[Listed]) -> Rows:
    if not any(each.ready and each.offer.reward.friend for each in found):
        return ()
    return ((option(phrase("button.to_friend"), "present", "", turn.nonce),),)


async def _lines(turn: Turn, purse: Wallet, each: Listed) -> list[Phrase]:
    """All that is said of a reward where there is room for it."""
    if each.why:
        return [each.why]
    reward = each.offer.reward
    together = await offers.given_together(turn.uow.tx, turn.programme, reward)
    return [_line(purse, each.offer), *offers.terms(turn.programme, reward), *together]


def _line(purse: Wallet, offer: Offer) -> Phrase:
    reward, programme = offer.reward, purse.programme
    name = reward.name
    if not offer.available and offer.unit == "credit":
        if not reward.minimum:
            return phrase("rewards.empty_credit", reward=name)
        missing = Money(offer.missing, programme.shop.currency)
        return phrase("rewards.away_credit", reward=name, amount=missing)
    if not offer.available:
        return phrase(f"rewards.away.{offer.unit}", n=offer.missing, reward=name)
    if rules.free(reward):
        return phrase("rewards.free", reward=name)
    currency = programme.shop.currency
    if reward.kind == "credit":
        return phrase("rewards.ready_credit", reward=name, amount=_credit(purse))
    earned = purse.balance(reward_unit(reward.code))
    if reward.points is not None and earned <= 0:
        if reward.choose and reward.amount:
            each = Money(in_minor_units(reward.amount, currency), currency)
            return phrase("rewards.ready_choose", n=reward.points, reward=name, amount=each)
        return phrase("rewards.ready_points", n=reward.points, reward=name)
    until = next(
        (end.ends_at for end in purse.endings() if end.unit == reward_unit(reward.code)), None
    )
    if until is None:
        return phrase("rewards.ready", n=earned, reward=name)
    return phrase("rewards.ready_until", n=earned, reward=name, until=last_day(programme, until))


def _credit(purse: Wallet) -> Money:
    return Money(max(purse.balance("credit"), 0), purse.programme.shop.currency)


def _menu() -> tuple[Button, ...]:
    return (option(phrase("button.menu"), "menu"),)


def _redeem_button(turn: Turn, offer: Offer) -> Button:
    # The mark makes a second tap in a hurry show the voucher, not reserve another reward.
    return option(offer.reward.name, "redeem", offer.reward.code, turn.nonce)


@router.command("redeem", member=True)
async def redeem(turn: Turn) -> Said:
    """Reserve the reward that was chosen; without a choice, show what there is."""
    purse = await turn.wallet(turn.customer)
    ready = await offers.ready(turn.uow.tx, purse, turn.customer.id, turn.now)
    chosen = _chosen(turn, ready)
    if chosen:
        mark = turn.args[1] if turn.message.action and len(turn.args) > 1 else ""
        return await voucher_talk.begin(turn, chosen, mark)
    open_now = await redeeming.open_vouchers(turn.uow, turn.customer.id, turn.now)
    if open_now and not ready:
        return await voucher_talk.voucher_reply(turn, open_now[0])
    if not ready:
        return await _nothing(turn, purse)
    more: Rows = ((option(phrase("button.vouchers"), "vouchers"),),) if open_now else ()
    if len(ready) == 1:
        reward = ready[0].reward
        asked = (_whether_now(turn, reward), *offers.terms(turn.programme, reward))
        return Reply(asked, (_now_or_later(turn, reward), *more))
    return _which(turn, ready, 0, more)


@router.action("redeem_page", member=True)
async def redeem_page(turn: Turn) -> Reply:
    """More of the rewards that can be redeemed, where they don't fit one message."""
    purse = await turn.wallet(turn.customer)
    ready = await offers.ready(turn.uow.tx, purse, turn.customer.id, turn.now)
    if not ready:
        return await _nothing(turn, purse)
    return _which(turn, ready, page_asked(turn))


async def _nothing(turn: Turn, purse: Wallet) -> Reply:
    """That nothing is ready, and what comes next."""
    found = await offers.listed(turn.uow.tx, purse, turn.customer.id, turn.now)
    ahead = [each.offer for each in found if each.offer.missing and not each.why]
    nearest = tuple(_line(purse, offer) for offer in ahead[:1])
    return Reply((phrase("redeem.nothing"), *nearest), member_menu(), edits=True)


def _which(turn: Turn, ready: Sequence[Offer], page: int, more: Rows = ()) -> Reply:
    """Which of several rewards to redeem."""
    shown, further = page_of(turn, ready, page, "redeem_page")
    rows = tuple((_redeem_button(turn, offer),) for offer in shown)
    menu: Rows = () if turn.short else (_menu(),)
    return Reply((phrase("redeem.choose"),), (*rows, *further, *more, *menu), edits=True)


def _whether_now(turn: Turn, reward: Reward) -> Phrase:
    """Whether to redeem the only reward there is: a voucher's time runs at once."""
    if reward.kind in ("experience", *rules.AT_ONCE) or reward.choose or reward.kind == "credit":
        return phrase("redeem.whether", reward=reward.name)
    return phrase("redeem.now", reward=reward.name, n=turn.programme.vouchers.minutes)


def _now_or_later(turn: Turn, reward: Reward) -> tuple[Button, ...]:
    # A donation is asked about once, here.
    does = "donate" if reward.kind == "donation" and not reward.choose else "redeem"
    now = option(phrase("button.redeem_now"), does, reward.code, turn.nonce)
    return (now, option(phrase("button.keep"), "keep"))


def _chosen(turn: Turn, ready: Sequence[Offer]) -> str | None:
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


@router.action("keep", member=True)
async def keep(turn: Turn) -> Reply:
    """A reward that is kept for later."""
    turn.closes = True
    return Reply((phrase("reward.kept"),), member_menu())
