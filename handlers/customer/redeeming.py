"""Redeeming a reward of any kind, and the vouchers that are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.conversation import Router, Said, Step, Turn, choice, option, whole
from bot.domain.amounts import BadAmount, in_minor_units, parse_amount
from bot.domain.messages import Button, Moment, Money, Phrase, Picture, Reply, Wording, phrase
from bot.domain.programme_earning import Reward
from bot.domain.rewards import Voucher
from bot.services import offers, presents, questions, redeeming
from bot.services.news import details_of
from bot.services.results import Refused, Repeated
from handlers.menu import Rows, home, member_menu

router = Router()

#: Vouchers shown at once.
SHOWN = 3
MUCH = "redeem.much"


async def begin(turn: Turn, code: str, mark: str) -> Said:
    """Redeem a reward that was chosen: at once, or after asking how much or whether really."""
    reward = turn.programme.reward(code)
    if reward is None:
        return await _reserve(turn, code, mark, 1)
    if reward.kind == "credit" or (reward.choose and await _most(turn, reward) > 1):
        # A message that was written has no mark, but is delivered once.
        return Reply(then=MUCH, draft={"code": code, "mark": mark or turn.nonce})
    if reward.kind == "donation":
        now = option(phrase("button.donate"), "donate", code, turn.nonce)
        later = option(phrase("button.keep"), "keep")
        return Reply((_gives(turn, reward),), ((now, later),))
    revealed = await redeeming.revealed(turn.uow, turn.customer.id, code, turn.now)
    if isinstance(revealed, Refused):
        return Reply((revealed.why,), member_menu())
    if revealed:
        return _open(revealed)
    return await _reserve(turn, code, mark, 1)


@router.action("donate", member=True)
async def donate(turn: Turn) -> Said:
    """Give to a cause, once it was asked whether really."""
    code, mark = (*turn.args, "", "")[:2]
    return await _reserve(turn, code, mark, 1)


async def _reserve(turn: Turn, code: str, mark: str, much: int) -> Said:
    key = f"redeem:{turn.customer.id}:{mark}" if mark else turn.key
    reward = turn.programme.reward(code)
    if reward and reward.kind == "experience":
        reserved = await questions.redeem(turn.uow, turn.conversation, code, key, turn.now)
    else:
        reserved = await redeeming.reserve(
            turn.uow, turn.customer.id, code, key, turn.now, much=much
        )
    if isinstance(reserved, Refused):
        return await _refused(turn, reserved)
    if isinstance(reserved, Repeated):
        return await vouchers(turn)
    turn.closes = True
    if reward and reward.kind == "donation":
        return await _thanks(turn, reward, reserved)
    return (
        _open(reward)
        if reward and reserved.state == "used"
        else await voucher_reply(turn, reserved)
    )


async def _refused(turn: Turn, refused: Refused) -> Reply:
    """A refusal, with the voucher that already stands for the reward where that is why."""
    open_now = await redeeming.open_vouchers(turn.uow, turn.customer.id, turn.now)
    if open_now and refused.why.key.startswith("reward.missing."):
        return await voucher_reply(turn, open_now[0])
    return Reply((refused.why,), member_menu())


def _open(reward: Reward) -> Reply:
    """What early access opens."""
    return Reply((phrase("redeem.opened", reward=reward.name), *details_of(reward)), member_menu())


async def _thanks(turn: Turn, reward: Reward, given: Voucher) -> Reply:
    """What was given, and what all have given together."""
    amount = Money(given.worth_minor or 0, turn.programme.shop.currency)
    together = await offers.given_together(turn.uow.tx, turn.programme, reward)
    said = (phrase("redeem.donated", amount=amount), *together, *details_of(reward))
    return Reply(said, member_menu())


def _gives(turn: Turn, reward: Reward) -> Phrase:
    """Whether to give what a donation gives."""
    currency = turn.programme.shop.currency
    amount = Money(in_minor_units(reward.amount, currency) if reward.amount else 0, currency)
    cause = turn.programme.cause(reward.cause or "")
    return phrase("redeem.give", amount=amount, cause=cause.name if cause else reward.name)


async def _most(turn: Turn, reward: Reward) -> int:
    """How often a reward can be taken now; of credit, how much."""
    purse = await turn.wallet(turn.customer)
    if reward.kind == "credit":
        return max(purse.balance("credit"), 0)
    return max(purse.balance("points"), 0) // (reward.points or 1)


async def ask_much(turn: Turn) -> Reply:
    """How much of the bonus account, or how many at once."""
    cancel = choice(MUCH, "cancel", phrase("button.cancel"))
    reward = turn.programme.reward(turn.draft.get("code", ""))
    if reward is None:
        return Reply((phrase("reward.gone"),), ((cancel,),))
    most, currency = await _most(turn, reward), turn.programme.shop.currency
    asked = phrase(
        "redeem.how_many",
        n=reward.points or 1,
        amount=Money(in_minor_units(reward.amount, currency) if reward.amount else 0, currency),
        most=most,
    )
    if reward.kind == "credit":
        least = max(in_minor_units(reward.minimum, currency), 1)
        asked = phrase(
            "redeem.how_much", least=Money(least, currency), amount=Money(most, currency)
        )
    return Reply((asked,), ((cancel,),), numbered=False)


async def take_much(turn: Turn) -> Said:
    """Redeem as much as was asked for, or ask again."""
    if turn.answer == "cancel" or turn.member is None:
        return await home(turn)
    reward = turn.programme.reward(turn.draft.get("code", ""))
    if reward is None:
        return Reply((phrase("reward.gone"),), member_menu())
    most = await _most(turn, reward)
    if reward.kind == "credit":
        try:
            much = parse_amount(turn.text, turn.programme.shop.currency)
        except BadAmount as error:
            return _again(turn, phrase(f"amount.bad.{error.reason}"))
    else:
        found = whole(turn.text.strip())
        if found is None:
            return _again(turn, phrase("redeem.number"))
        much = found
    if not 0 < much <= most:
        return _again(turn, phrase("redeem.too_much"))
    if much < in_minor_units(reward.minimum, turn.programme.shop.currency) and (
        reward.kind == "credit"
    ):
        return _again(turn, offers.below_minimum(turn.programme, reward))
    return await _reserve(turn, reward.code, turn.draft.get("mark", ""), much)


def _again(turn: Turn, why: Phrase) -> Reply:
    return Reply((why,), then=MUCH, draft=turn.draft)


async def voucher_reply(turn: Turn, voucher: Voucher) -> Reply:
    """A voucher to show: QR, six characters, what it is worth, and until when."""
    reward = turn.programme.reward(voucher.reward)
    name = reward.name if reward else voucher.reward
    if reward and reward.kind == "experience":
        said = phrase("redeem.experience", reward=name)
        return Reply((said, *details_of(reward)), _voucher_buttons(voucher))
    until = Moment(voucher.ends_at, turn.programme.zone().key, "time")
    said = phrase("voucher.show", reward=name, code=voucher.code, at=until)
    footer = phrase("voucher.until", at=until)
    if reward and voucher.worth_minor and (reward.choose or reward.kind == "credit"):
        worth = Money(voucher.worth_minor, turn.programme.shop.currency)
        said = phrase("voucher.show_worth", reward=name, amount=worth, code=voucher.code, at=until)
        footer = phrase("voucher.worth_until", amount=worth, at=until)
    picture = Picture(kind="voucher", payload=f"v_{voucher.code}", heading=name, footer=footer)
    more = (*offers.terms(turn.programme, reward), *details_of(reward)) if reward else ()
    return Reply((said, *more), _voucher_buttons(voucher), picture)


def _voucher_buttons(voucher: Voucher) -> Rows:
    back = option(phrase("button.give_back"), "give_back", str(voucher.id))
    return ((back, option(phrase("button.menu"), "menu")),)


@router.command("vouchers", member=True)
async def vouchers(turn: Turn) -> Said:
    """The vouchers that can be used now, and the presents nobody took yet."""
    open_now = await redeeming.open_vouchers(turn.uow, turn.customer.id, turn.now)
    waiting = await presents.open_presents(turn.uow, turn.customer.id, turn.now)
    if not open_now and not waiting:
        return Reply((phrase("voucher.none"),), member_menu(), edits=True)
    said = [await voucher_reply(turn, voucher) for voucher in open_now[:SHOWN]]
    said += [present_reply(turn, voucher) for voucher in waiting[:SHOWN]]
    if len(said) == 1:
        return said
    shown = (*open_now[:SHOWN], *waiting[:SHOWN])
    return [*(replace(one, buttons=()) for one in said), _which_back(turn, shown)]


def _which_back(turn: Turn, shown: Sequence[Voucher]) -> Reply:
    """Which of several to give back, by name: where choices are numbered, one list holds them."""
    rows = []
    for voucher in shown:
        reward = turn.programme.reward(voucher.reward)
        name = reward.name if reward else Wording.of(voucher.reward)
        rows.append((option(name, "give_back", str(voucher.id)),))
    menu: Rows = () if turn.short else ((option(phrase("button.menu"), "menu"),),)
    return Reply((phrase("voucher.which_back"),), (*rows, *menu))


def present_reply(turn: Turn, voucher: Voucher) -> Reply:
    """A present that waits for a friend, and the way to take it back."""
    reward = turn.programme.reward(voucher.reward)
    until = Moment(voucher.ends_at, turn.programme.zone().key, "day")
    name = reward.name if reward else voucher.reward
    return Reply((phrase("present.waiting", reward=name, until=until),), (take_back(voucher),))


def take_back(voucher: Voucher) -> tuple[Button, ...]:
    """Takes a present back while nobody has it."""
    back = option(phrase("button.take_back"), "give_back", str(voucher.id))
    return (back, option(phrase("button.menu"), "menu"))


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


router.step(Step(MUCH, ask_much, take_much))
