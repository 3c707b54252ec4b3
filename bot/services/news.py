"""What people hear of what was done for them or under their eyes: messages nobody asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.ledger import EntryKind
from bot.domain.members import Staff
from bot.domain.messages import Action, Button, Day, Phrase, Reply, Wording, phrase
from bot.domain.programme import Programme
from bot.domain.programme_earning import Reward, reward_unit
from bot.domain.rewards import Voucher
from bot.services import outreach
from bot.services.results import Earned, Undone
from bot.services.unit_of_work import UnitOfWork
from bot.services.wallets import Wallet, wallet


async def tell_earned(uow: UnitOfWork, earned: Earned, kind: EntryKind, now: datetime) -> None:
    """Tell a member what they were just given, and what it unlocked."""
    reply = await of_earned(uow, earned, kind, now)
    if reply.phrases:
        receipt = not earned.rewards
        await outreach.tell_member(uow, earned.member.id, reply, now, receipt=receipt)


async def of_earned(uow: UnitOfWork, earned: Earned, kind: EntryKind, now: datetime) -> Reply:
    """What a member reads who was just given something; empty when it was nothing."""
    purse = await wallet(uow.tx, uow.programme, earned.member.id, now)
    phrases = [_given(purse, unit, amount, kind, earned) for unit, amount in earned.given]
    template = _approved_balance(purse, earned.given[0][0]) if earned.given else None
    buttons: tuple[tuple[Button, ...], ...] = ()
    for code in dict.fromkeys(earned.rewards):
        reward = uow.programme.reward(code)
        if reward:
            phrases.append(reward_ready(purse, reward))
            phrases += next_card(purse)
            shop = uow.programme.shop.name
            template = phrase("template.reward", shop=shop, reward=reward.name)
            buttons = ((redeem_button(code, str(earned.operation_id)), _keep()),)
    return Reply(tuple(phrases), buttons or ((card_button(),),), template=template)


async def tell_undone(uow: UnitOfWork, undone: Undone, now: datetime) -> None:
    """Tell a member that a mistake at the till was put right."""
    purse = await wallet(uow.tx, uow.programme, undone.member.id, now)
    phrases = tuple(
        phrase(f"news.undone.{unit}", n=amount, have=purse.balance(unit))
        for unit, amount in undone.taken
    )
    names = names_of(uow.programme, undone.rewards)
    phrases += tuple(phrase("news.undone_reward", reward=name) for name in names)
    if phrases:
        template = phrase("template.undone", shop=uow.programme.shop.name)
        reply, receipt = Reply(phrases, ((card_button(),),), template=template), not undone.rewards
        await outreach.tell_member(uow, undone.member.id, reply, now, receipt=receipt)


async def tell_used(uow: UnitOfWork, voucher: Voucher, now: datetime) -> None:
    """Give a member the receipt of a reward that was handed over (S19)."""
    reward = uow.programme.reward(voucher.reward)
    if reward:
        template = phrase("template.used", shop=uow.programme.shop.name, reward=reward.name)
        used = phrase("news.used", reward=reward.name)
        reply = Reply((used,), ((card_button(),),), template=template)
        await outreach.tell_member(uow, voucher.member_id, reply, now)


async def tell_voucher_ended(uow: UnitOfWork, voucher: Voucher, now: datetime) -> None:
    """Tell a member that a voucher ran out and nothing was lost."""
    reward = uow.programme.reward(voucher.reward)
    if reward:
        buttons = ((redeem_button(reward.code, f"v{voucher.id}"), card_button()),)
        shop = uow.programme.shop.name
        template = phrase("template.voucher_ended", shop=shop, reward=reward.name)
        ended = phrase("news.voucher_ended", reward=reward.name)
        reply = Reply((ended,), buttons, template=template)
        await outreach.tell_member(uow, voucher.member_id, reply, now, at_once=False)


def names_of(programme: Programme, codes: Sequence[str]) -> tuple[Wording, ...]:
    """The names of rewards by their codes, once each, without those the programme lost."""
    found = (programme.reward(code) for code in dict.fromkeys(codes))
    return tuple(reward.name for reward in found if reward)


def limit_passed(colleague: Staff, why: Phrase) -> Reply:
    """What managers hear when a colleague passes a limit at the till (S17)."""
    return Reply((phrase("news.limit", colleague=colleague.name, why=why),))


def reward_ready(purse: Wallet, reward: Reward) -> Phrase:
    """That an earned reward waits, and until which day."""
    until = next(
        (end.ends_at for end in purse.endings() if end.unit == reward_unit(reward.code)), None
    )
    if until is None:
        return phrase("news.reward", reward=reward.name)
    return phrase("news.reward_until", reward=reward.name, until=last_day(purse.programme, until))


def last_day(programme: Programme, ends_at: datetime) -> Day:
    """The last day something can be used, for an instant that ends it at the next midnight."""
    return Day((ends_at - timedelta(seconds=1)).astimezone(programme.zone()).date())


def next_card(purse: Wallet) -> tuple[Phrase, ...]:
    """Where the next card stands after one was filled, unless it is still empty."""
    card = purse.programme.units.stamps
    have = purse.balance("stamps")
    return (phrase("balance.stamps", n=have, total=card.card),) if card and have else ()


def _given(purse: Wallet, unit: str, amount: int, kind: EntryKind, earned: Earned) -> Phrase:
    have = purse.balance(unit)
    if unit == "stamps" and purse.programme.units.stamps:
        total = purse.programme.units.stamps.card
        # A card that was just filled is told as full, though its stamps are a reward already.
        have = total if earned.rewards else have
        key = "news.paper" if kind == "takeover" else "news.stamps"
        return phrase(key, n=amount, have=have, total=total)
    return phrase("news.points", n=amount, have=have)


def _approved_balance(purse: Wallet, unit: str) -> Phrase:
    """What is said of a new balance where only approved sentences may be."""
    shop, have = purse.programme.shop.name, purse.balance(unit)
    if unit == "stamps" and purse.programme.units.stamps:
        total = purse.programme.units.stamps.card
        return phrase("template.stamps", shop=shop, have=have, total=total)
    return phrase("template.points", shop=shop, have=have)


def redeem_button(code: str, mark: str) -> Button:
    """Redeems a reward; pressed twice with the same mark it shows the voucher again."""
    return Button(phrase("button.redeem_now"), Action("redeem", (code, mark)))


def _keep() -> Button:
    return Button(phrase("button.keep"), Action("keep"))


def card_button() -> Button:
    """Shows the card."""
    return Button(phrase("button.card"), Action("card"), standing=True)
