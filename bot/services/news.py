"""What people hear of what was done for them or under their eyes: messages nobody asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import lasting
from bot.domain.ledger import EntryKind
from bot.domain.members import Staff
from bot.domain.messages import Action, Button, Day, Money, Phrase, Reply, Value, Wording, phrase
from bot.domain.programme import Programme
from bot.domain.programme_earning import Reward, reward_unit
from bot.domain.rewards import Voucher
from bot.services import outreach, standings, units
from bot.services.results import Bill, Earned, Undone, Used
from bot.services.unit_of_work import UnitOfWork
from bot.services.wallets import Wallet, wallet
from bot.storage import opinions


async def tell_earned(
    uow: UnitOfWork, earned: Earned, kind: EntryKind, now: datetime, *, asks: bool = False
) -> None:
    """Tell a member what they were just given, and what it unlocked.

    With `asks` they may be offered the survey beneath it.
    """
    reply = await of_earned(uow, earned, kind, now)
    if reply.phrases:
        if asks and await _may_ask(uow, earned.member.id, now):
            rate = Button(phrase("button.rate"), Action("rate"))
            reply = replace(reply, buttons=(*reply.buttons, (rate,)))
        receipt = not earned.rewards and earned.move is None
        await outreach.tell_member(uow, earned.member.id, reply, now, receipt=receipt)


async def _may_ask(uow: UnitOfWork, member_id: int, now: datetime) -> bool:
    """Whether a member is offered the survey now; then not again for a while."""
    survey = uow.programme.survey
    if survey is None:
        return False
    asked = (
        await opinions.last_offer(uow.tx, member_id),
        await opinions.last_answer(uow.tx, member_id),
    )
    if any(at and now < at + timedelta(days=survey.every_days) for at in asked):
        return False
    await opinions.offer(uow.tx, member_id, now)
    return True


async def of_earned(uow: UnitOfWork, earned: Earned, kind: EntryKind, now: datetime) -> Reply:
    """What a member reads who was just given something; empty when it was nothing."""
    purse = await wallet(uow.tx, uow.programme, earned.member.id, now)
    phrases = [_given(purse, unit, amount, kind, earned) for unit, amount in earned.given]
    template = _approved_balance(purse, earned.given) if earned.given else None
    buttons: tuple[tuple[Button, ...], ...] = ()
    for code in dict.fromkeys(earned.rewards):
        reward = uow.programme.reward(code)
        if reward:
            phrases.append(reward_ready(purse, reward))
            phrases += next_card(purse)
            shop = uow.programme.shop.name
            template = phrase("template.reward", shop=shop, reward=reward.name)
            buttons = ((redeem_button(code, str(earned.operation_id)), _keep()),)
    if earned.move:
        phrases += standings.risen(uow.programme, earned.move, now)
    return Reply(tuple(phrases), buttons or ((card_button(),),), template=template)


async def tell_undone(uow: UnitOfWork, undone: Undone, now: datetime) -> None:
    """Tell a member that a mistake at the till was put right."""
    purse = await wallet(uow.tx, uow.programme, undone.member.id, now)
    phrases = tuple(_taken(purse, unit, amount) for unit, amount in undone.taken)
    names = names_of(uow.programme, undone.rewards)
    phrases += tuple(phrase("news.undone_reward", reward=name) for name in names)
    phrases += undone.tier
    if phrases:
        template = phrase("template.undone", shop=uow.programme.shop.name)
        reply, receipt = (
            Reply(phrases, ((card_button(),),), template=template),
            not (undone.rewards or undone.tier),
        )
        await outreach.tell_member(uow, undone.member.id, reply, now, receipt=receipt)


def _taken(purse: Wallet, unit: str, amount: int) -> Phrase:
    if ":" in unit:
        return phrase("news.undone_other", amount=units.signed(purse.programme, unit, -amount))
    key, have = f"news.undone.{unit}", purse.balance(unit)
    return units.said(purse.programme, key, unit, amount, have=have)


async def tell_adjusted(
    uow: UnitOfWork, adjusted: Earned, amount: Phrase, reason: str, now: datetime
) -> None:
    """Tell a member what was put right on their card by hand, and why."""
    purse = await wallet(uow.tx, uow.programme, adjusted.member.id, now)
    phrases = [phrase("news.adjusted", amount=amount, reason=reason)]
    for code in dict.fromkeys(adjusted.rewards):
        if reward := uow.programme.reward(code):
            phrases.append(reward_ready(purse, reward))
    template = phrase("template.undone", shop=uow.programme.shop.name)
    reply = Reply(tuple(phrases), ((card_button(),),), template=template)
    await outreach.tell_member(uow, adjusted.member.id, reply, now)


async def tell_used(uow: UnitOfWork, used: Used, now: datetime) -> None:
    """Give a member the receipt of a reward that was handed over (S19)."""
    reward = uow.programme.reward(used.voucher.reward)
    if reward:
        template = phrase("template.used", shop=uow.programme.shop.name, reward=reward.name)
        lines = (_used(uow.programme, reward, used), *details_of(reward))
        reply = Reply(lines, ((card_button(),),), template=template)
        await outreach.tell_member(uow, used.voucher.member_id, reply, now)


def _used(programme: Programme, reward: Reward, used: Used) -> Phrase:
    if used.bill is None or not used.bill.off_minor:
        return phrase("news.used", reward=reward.name)
    return phrase("news.used_off", reward=reward.name, **bill_values(programme, used.bill))


def bill_values(programme: Programme, bill: Bill) -> dict[str, Money]:
    """A purchase's price, what a reward took off it, and what was left to pay."""
    currency = programme.shop.currency
    return {
        "amount": Money(bill.amount_minor, currency),
        "off": Money(bill.off_minor, currency),
        "pay": Money(bill.amount_minor - bill.off_minor, currency),
    }


def details_of(reward: Reward) -> tuple[Phrase, ...]:
    """What is read of a reward once it is redeemed."""
    return (phrase("reward.details", text=reward.details),) if reward.details else ()


async def tell_restored(uow: UnitOfWork, voucher: Voucher, now: datetime) -> None:
    """Tell a member that a reward they had used is theirs again (S8)."""
    reward = uow.programme.reward(voucher.reward)
    if reward:
        template = phrase("template.restored", shop=uow.programme.shop.name, reward=reward.name)
        said = phrase("news.restored", reward=reward.name)
        reply = Reply((said,), ((card_button(),),), template=template)
        await outreach.tell_member(uow, voucher.member_id, reply, now)


async def tell_present_taken(
    uow: UnitOfWork, voucher: Voucher, reward: Reward, now: datetime
) -> None:
    """Tell a member that their friend has the present."""
    template = phrase("template.present_taken", shop=uow.programme.shop.name, reward=reward.name)
    said = phrase("present.taken", reward=reward.name)
    reply = Reply((said,), ((card_button(),),), template=template)
    await outreach.tell_member(uow, voucher.member_id, reply, now)


async def tell_voucher_ended(uow: UnitOfWork, voucher: Voucher, now: datetime) -> None:
    """Tell a member that a voucher ran out and nothing was lost, or that no friend came for it."""
    reward = uow.programme.reward(voucher.reward)
    if reward:
        buttons = ((redeem_button(reward.code, f"v{voucher.id}"), card_button()),)
        shop = uow.programme.shop.name
        template = phrase("template.voucher_ended", shop=shop, reward=reward.name)
        ended = phrase("news.voucher_ended", reward=reward.name)
        if voucher.present:
            template = phrase("template.present_ended", shop=shop, reward=reward.name)
            ended = phrase("present.ended", reward=reward.name)
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
    until = _until(purse, reward)
    if until is None:
        return phrase("news.reward", reward=reward.name)
    return phrase("news.reward_until", reward=reward.name, until=until)


def _until(purse: Wallet, reward: Reward) -> Day | None:
    unit = reward_unit(reward.code)
    ends = (end.ends_at for end in purse.endings() if end.unit == unit)
    return next((last_day(purse.programme, ends_at) for ends_at in ends), None)


def last_day(programme: Programme, ends_at: datetime) -> Day:
    """The last day something can be used, for an instant that ends it at the next midnight."""
    return Day((ends_at - timedelta(seconds=1)).astimezone(programme.zone()).date())


def next_card(purse: Wallet) -> tuple[Phrase, ...]:
    """Where the next card stands after one was filled, unless it is still empty."""
    card = purse.programme.units.stamps
    have = purse.balance("stamps")
    return (phrase("balance.stamps", n=have, total=card.card),) if card and have else ()


async def tell_due(
    uow: UnitOfWork, earned: Earned, due: Sequence[tuple[str, int]], now: datetime
) -> None:
    """Tell a member that what was pending is theirs to use, and what that unlocked."""
    purse = await wallet(uow.tx, uow.programme, earned.member.id, now)
    programme, lines = uow.programme, []
    for unit, amount in due:
        if unit in lasting.UNITS:
            lines.append(_with_balance(purse, f"news.due.{unit}", unit, amount, earned))
        elif reward := programme.reward(unit.partition(":")[2]):
            lines.append(_gift(purse, reward))
    ready = await of_earned(uow, earned, "earn", now)
    template = ready.template or _approved_balance(purse, due)
    reply = replace(ready, phrases=(*lines, *ready.phrases), template=template)
    if reply.phrases:
        await outreach.tell_member(uow, earned.member.id, reply, now, at_once=False)


def _given(purse: Wallet, unit: str, amount: int, kind: EntryKind, earned: Earned) -> Phrase:
    programme, (name, _, code) = purse.programme, unit.partition(":")
    if name == "cause":
        return donated(programme, code, amount)
    reward, later = programme.reward(code), earned.available_at
    if later and reward:
        return phrase(
            "balance.coming.reward", n=amount, reward=reward.name, since=_day(purse, later)
        )
    if reward:
        return _gift(purse, reward)
    if later:
        since = _day(purse, later)
        return _with_balance(purse, f"news.later.{unit}", unit, amount, earned, since=since)
    key = "news.paper" if kind == "takeover" and unit == "stamps" else f"news.{unit}"
    return _with_balance(purse, key, unit, amount, earned)


def _with_balance(
    purse: Wallet, key: str, unit: str, amount: int, earned: Earned, **values: Value
) -> Phrase:
    have, card = purse.balance(unit), purse.programme.units.stamps
    if unit == "stamps" and card:
        # A card that was just filled is told as full, though its stamps are a reward already.
        have = card.card if earned.rewards else have
        values["total"] = card.card
    return units.said(purse.programme, key, unit, amount, have=have, **values)


def donated(programme: Programme, code: str, amount: int) -> Phrase:
    """That money was put aside for a cause."""
    cause = programme.cause(code)
    money = Money(amount, programme.shop.currency)
    return phrase("news.cause", amount=money, cause=cause.name if cause else code)


def _gift(purse: Wallet, reward: Reward) -> Phrase:
    """That a reward was given outright, and until which day it is there."""
    until = _until(purse, reward)
    if until is None:
        return phrase("news.gift", reward=reward.name)
    return phrase("news.gift_until", reward=reward.name, until=until)


def _day(purse: Wallet, at: datetime) -> Day:
    return Day(at.astimezone(purse.programme.zone()).date())


def _approved_balance(purse: Wallet, given: Sequence[tuple[str, int]]) -> Phrase | None:
    """What is said of a new balance where only approved sentences may be."""
    unit = next((unit for unit, _ in given if unit in lasting.UNITS), None)
    if unit is None:
        return None
    shop, have = purse.programme.shop.name, purse.balance(unit)
    if unit == "stamps" and purse.programme.units.stamps:
        total = purse.programme.units.stamps.card
        return phrase("template.stamps", shop=shop, have=have, total=total)
    said = units.value(purse.programme, unit, have)
    if unit == units.CREDIT:
        return phrase("template.credit", shop=shop, have=said)
    return phrase("template.points", shop=shop, have=said)


def redeem_button(code: str, mark: str) -> Button:
    """Redeems a reward; pressed twice with the same mark it shows the voucher again."""
    return Button(phrase("button.redeem_now"), Action("redeem", (code, mark)))


def _keep() -> Button:
    return Button(phrase("button.keep"), Action("keep"))


def card_button() -> Button:
    """Shows the card."""
    return Button(phrase("button.card"), Action("card"), standing=True)
