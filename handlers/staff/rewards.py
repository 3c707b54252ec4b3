"""Rewards at the till: vouchers, rewards given with the card in hand, and what is left to pay."""

from __future__ import annotations

from bot.conversation import Router, Step, Turn, choice, option, whole
from bot.domain.amounts import BadAmount, parse_amount
from bot.domain.earning.typed import item_from
from bot.domain.members import Member, Role
from bot.domain.messages import Moment, Money, Phrase, Reply, phrase
from bot.domain.programme_earning import Reward
from bot.domain.rewards import Voucher
from bot.services import handing_over, news, offers, redeeming, staffing
from bot.services.results import NoShift, Refused, Repeated, Used
from handlers.menu import menu_of, name_of, progress, staff_menu, waiting
from handlers.paging import page_asked, page_of
from handlers.staff.panel import by_number, not_for_you, panel, shops
from handlers.staff.till import amount_and_receipt, earned_line, no_such_item

router = Router()

PRICE = "staff.price"


@router.link("v")
async def scanned_voucher(turn: Turn) -> Reply:
    """A voucher was scanned: a colleague may confirm it."""
    if turn.staff is None:
        return not_for_you(turn)
    found = await redeeming.voucher_by_code(turn.uow, turn.text)
    if found is None:
        return Reply((phrase("voucher.unknown"),), staff_menu(turn))
    return await voucher_panel(turn, *found)


async def voucher_panel(turn: Turn, voucher: Voucher, member: Member) -> Reply:
    """A voucher as a colleague sees it: whose, for what, and whether it still counts."""
    why_not = redeeming.closed(turn.uow, voucher, turn.now)
    if why_not:
        # So that "the reward is back on the card" is true at once.
        await redeeming.expire(turn.uow, voucher, turn.now)
    reward = turn.programme.reward(voucher.reward)
    lines = phrase(
        "staff.voucher",
        reward=reward.name if reward else voucher.reward,
        name=name_of(member),
        code=voucher.code,
    )
    open_member = option(phrase("button.member"), "panel", member.code)
    if why_not:
        return Reply((lines, why_not), ((open_member,),))
    does = "use_priced" if handing_over.needs_amount(reward) else "use"
    confirm = option(phrase("button.confirm"), does, voucher.code)
    terms = offers.terms(turn.programme, reward) if reward else ()
    return Reply((lines, *_worth(turn, reward, voucher), *terms), ((confirm,), (open_member,)))


def _worth(turn: Turn, reward: Reward | None, voucher: Voucher) -> tuple[Phrase, ...]:
    """What a voucher takes off, where its reward's name may not say it."""
    if reward is None or not voucher.worth_minor or not handing_over.needs_amount(reward):
        return ()
    amount = Money(voucher.worth_minor, turn.programme.shop.currency)
    return (phrase("staff.worth", amount=amount),)


@router.action("use_panel", role=Role.CASHIER)
async def use_from_panel(turn: Turn) -> Reply:
    """The open vouchers of the member in front of the colleague."""
    code = turn.args[0] if turn.args else ""
    member = await staffing.member_by_reference(turn.uow, code)
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    open_now = await redeeming.open_vouchers(turn.uow, member.id, turn.now)
    if not open_now:
        return await panel(turn, member, phrase("voucher.none_open"))
    return await voucher_panel(turn, open_now[0], member)


@router.command("use", role=Role.CASHIER)
async def use(turn: Turn) -> Reply:
    """`/use VOUCHER [AMOUNT [receipt]]`: confirm that a reward was handed over.

    With the amount of the purchase it was used on that is counted too.
    """
    if not turn.args:
        return Reply((phrase("staff.usage_use"),), staff_menu(turn))
    code = turn.args[0].removeprefix("v_")
    amount, receipt = None, ""
    if len(turn.args) == 1 and await _wants_amount(turn, code):
        return Reply(then=PRICE, draft={"voucher": code})
    if refused := no_such_item(turn, turn.args[2:]):
        return Reply((refused,), staff_menu(turn))
    if any(item_from(turn.programme, word.partition("=")[0]) for word in turn.args[2:]):
        return Reply((phrase("staff.usage_use"),), staff_menu(turn))
    if len(turn.args) > 1:
        written, receipt = amount_and_receipt(" ".join(turn.args[1:]))
        try:
            amount = parse_amount(written, turn.programme.shop.currency)
        except BadAmount as error:
            return Reply((phrase(f"amount.bad.{error.reason}"),), staff_menu(turn))
    used = await handing_over.use(
        turn.uow, code, turn.colleague, turn.now, amount_minor=amount, receipt=receipt
    )
    return await after_use(turn, used)


async def _wants_amount(turn: Turn, code: str) -> bool:
    """Whether a voucher that is open lowers a price."""
    found = await redeeming.voucher_by_code(turn.uow, code)
    if found is None or redeeming.closed(turn.uow, found[0], turn.now):
        return False
    return handing_over.needs_amount(turn.programme.reward(found[0].reward))


@router.action("use_priced", role=Role.CASHIER)
async def use_priced(turn: Turn) -> Reply:
    """Begin using a voucher on a purchase."""
    return Reply(then=PRICE, draft={"voucher": turn.args[0] if turn.args else ""})


@router.action("give", role=Role.CASHIER)
async def give(turn: Turn) -> Reply:
    """Hand over a reward with the card in hand: choose which, then it is done.

    For one that lowers a price the purchase's amount is asked for first.
    """
    code, chosen, nonce = (*turn.args, "", "", "")[:3]
    member = await _member(turn, code)
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    if not chosen:
        return await _give_which(turn, member)
    if handing_over.needs_amount(turn.programme.reward(chosen)):
        draft = {"member": by_number(member), "reward": chosen, "nonce": nonce}
        return Reply(then=PRICE, draft=draft)
    return await _give(turn, member, chosen, nonce, None)


async def _member(turn: Turn, reference: str) -> Member | None:
    if reference.startswith("#"):
        return await staffing.member_by_id(turn.uow, whole(reference[1:]))
    return await staffing.member_by_reference(turn.uow, reference)


async def _give(turn: Turn, member: Member, code: str, nonce: str, amount: int | None) -> Reply:
    key = f"give:{member.id}:{nonce}"
    given = await handing_over.give(
        turn.uow, member.id, code, turn.colleague, key, turn.now, amount_minor=amount
    )
    return await after_use(turn, given)


async def _give_which(turn: Turn, member: Member) -> Reply:
    """The rewards this member can have now; a page of them where a button asked for it."""
    purse, whom = await turn.wallet(member), by_number(member)
    found = await offers.ready(turn.uow.tx, purse, member.id, turn.now)
    ready = [offer.reward for offer in found if handing_over.can_give(offer.reward)]
    shown, more = page_of(turn, ready, page_asked(turn, 2), "give", whom, "")
    rows = ((option(reward.name, "give", whom, reward.code, turn.nonce),) for reward in shown)
    back = (option(phrase("button.back"), "panel", member.code),)
    which = phrase("staff.give_which", name=name_of(member))
    return Reply((which,), (*rows, *more, back), edits=True)


async def ask_price(turn: Turn) -> Reply:
    """What the purchase comes to, before anything is taken off."""
    buttons = [choice(PRICE, "cancel", phrase("button.cancel"))]
    reward = await _priced(turn)
    if reward and handing_over.without_purchase(reward, shown="voucher" in turn.draft):
        key = "button.pay_out" if reward.kind == "credit" else "button.no_purchase"
        buttons.insert(0, choice(PRICE, "without", phrase(key)))
    example = Money(14900, turn.programme.shop.currency)
    asked = phrase("staff.ask_price", example=example)
    return Reply((asked,), tuple((button,) for button in buttons), numbered=False)


async def _priced(turn: Turn) -> Reward | None:
    code = turn.draft.get("reward", "")
    if "voucher" in turn.draft:
        found = await redeeming.voucher_by_code(turn.uow, turn.draft["voucher"])
        code = found[0].reward if found else ""
    return turn.programme.reward(code)


async def take_price(turn: Turn) -> Reply:
    """Use the reward on the purchase, or ask for the amount again."""
    if turn.staff is None:
        return Reply((phrase("staff.unknown_code"),), menu_of(turn))
    member = await _member(turn, turn.draft.get("member", "#"))
    if turn.answer == "cancel":
        if member:
            return await panel(turn, member)
        return Reply((phrase("cancel.done"),), staff_menu(turn))
    amount, reward = None, await _priced(turn)
    without = reward is None or handing_over.without_purchase(reward, shown="voucher" in turn.draft)
    if turn.answer != "without" or not without:
        try:
            amount = parse_amount(turn.text, turn.programme.shop.currency)
        except BadAmount as error:
            why = phrase(f"amount.bad.{error.reason}")
            return Reply((why,), then=PRICE, draft=turn.draft)
    if voucher := turn.draft.get("voucher"):
        used = await handing_over.use(
            turn.uow, voucher, turn.colleague, turn.now, amount_minor=amount
        )
        return await after_use(turn, used)
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    draft = turn.draft
    return await _give(turn, member, draft.get("reward", ""), draft.get("nonce", ""), amount)


async def after_use(turn: Turn, used: Used | Refused | Repeated) -> Reply:
    """What a colleague reads after a reward was handed over, or why it was not."""
    if isinstance(used, NoShift):
        return Reply((used.why,), shops(turn))
    if isinstance(used, Refused):
        return Reply((used.why,), staff_menu(turn))
    if isinstance(used, Repeated):
        at = Moment(used.at, turn.programme.zone().key)
        return Reply((phrase("staff.counted", at=at),), staff_menu(turn), edits=True)
    reward = turn.programme.reward(used.voucher.reward)
    name = reward.name if reward else used.voucher.reward
    purse = await turn.wallet(used.member)
    said = phrase("staff.given", reward=name, name=name_of(used.member))
    if handing_over.needs_amount(reward):
        said = phrase("staff.used", reward=name, name=name_of(used.member))
    gave = [earned_line(turn, *each) for each in used.earned.given] if used.earned else []
    open_member = option(phrase("button.member"), "panel", used.member.code)
    lines = (*_to_pay(turn, reward, used), said, *gave, *progress(purse), *waiting(purse))
    if turn.short and used.bill:
        lines = lines[:2]
    return Reply(lines, ((open_member,),), edits=True)


def _to_pay(turn: Turn, reward: Reward | None, used: Used) -> tuple[Phrase, ...]:
    """What to charge now, the first thing at a till; or what to take off or pay out."""
    if used.bill and used.bill.off_minor:
        return (phrase("staff.to_pay", **news.bill_values(turn.programme, used.bill)),)
    if used.bill or reward is None or not used.voucher.worth_minor:
        return ()
    amount = Money(used.voucher.worth_minor, turn.programme.shop.currency)
    if reward.kind == "credit" and reward.payout:
        return (phrase("staff.pay_out", amount=amount),)
    return (phrase("staff.worth", amount=amount),) if handing_over.needs_amount(reward) else ()


router.step(Step(PRICE, ask_price, take_price))
