"""At the till: stamps, sales, vouchers, paper cards, and taking back a mistake."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.conversation import Router, Step, Turn, choice, option, whole
from bot.domain.amounts import BadAmount, parse_amount
from bot.domain.earning import Item
from bot.domain.earning.names import item_name
from bot.domain.earning.typed import asked_for, exceeds, items_among, unknown, unpriced
from bot.domain.members import Member, Role
from bot.domain.messages import Button, Moment, Money, Phrase, Picture, Reply, phrase
from bot.services import claims, earning, news, reversing, staffing, units
from bot.services.claims import Claimable
from bot.services.results import Earned, NoShift, Refused, Repeated
from bot.services.wallets import Wallet
from handlers.menu import menu_of, name_of, progress, staff_menu
from handlers.staff.corrections import after_undo
from handlers.staff.panel import by_number, panel, shops

router = Router()

#: Of a word that is no product, so many characters are said again.
TYPED_SHOWN = 30
#: "1 234" in a command could be an amount, or an amount and a receipt's number.
_SPACED = re.compile(r"\d{1,3} \d{3}(?:[.,]\d{1,2})?(?!\d)")


@router.command("stamp", role=Role.CASHIER)
async def stamp(turn: Turn) -> Reply:
    """`/stamp CODE [n]`."""
    if not turn.args:
        return Reply((phrase("staff.usage_stamp"),), staff_menu(turn))
    member = await staffing.member_by_reference(turn.uow, turn.args[0])
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    count = turn.args[1] if len(turn.args) > 1 else "1"
    return await _stamp(turn, member, count, turn.key)


@router.action("stamp_panel", role=Role.CASHIER)
async def stamp_from_panel(turn: Turn) -> Reply:
    """A button of the panel; pressing it twice counts once."""
    code, count, nonce = (*turn.args, "", "", "")[:3]
    member = await staffing.member_by_reference(turn.uow, code)
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    return await _stamp(turn, member, count, f"panel:stamp:{member.id}:{nonce}")


async def _stamp(turn: Turn, member: Member, count: str, key: str) -> Reply:
    if not (count.isascii() and count.isdigit() and len(count) < 5 and 0 < int(count) <= 1000):
        return Reply((phrase("staff.bad_count"),), staff_menu(turn))
    earned = await earning.stamp(turn.uow, member.id, int(count), turn.colleague, key, turn.now)
    return await _after_earning(turn, member, earned)


def earned_line(turn: Turn, unit: str, amount: int) -> Phrase:
    """One thing that was given: an amount, a donation, or a reward."""
    kind, _, code = unit.partition(":")
    if kind == "cause":
        return news.donated(turn.programme, code, amount)
    if reward := turn.programme.reward(code):
        return phrase("staff.reward_earned", reward=reward.name)
    return units.said(turn.programme, f"staff.earned.{unit}", unit, amount)


async def _after_earning(turn: Turn, member: Member, earned: Earned | Refused | Repeated) -> Reply:
    """What just changed, what it unlocked, and the way back."""
    if isinstance(earned, NoShift):
        return Reply((earned.why,), shops(turn, member))
    if isinstance(earned, Refused):
        return await panel(turn, member, earned.why)
    if isinstance(earned, Repeated):
        return await _counted_before(turn, member, earned)
    purse = await turn.wallet(member)
    changed = [earned_line(turn, unit, amount) for unit, amount in earned.given]
    lines: list[Phrase] = changed or [phrase("staff.earned_nothing")]
    if earned.available_at:
        since = Moment(earned.available_at, turn.programme.zone().key, "day")
        lines.append(phrase("staff.earned_later", since=since))
    if turn.colleague.role >= Role.MANAGER:
        lines.append(phrase("entries.number", number=str(earned.operation_id)))
    lines.append(phrase("staff.whose", name=name_of(member)))
    lines += _afterwards(turn, purse, earned)
    rows = [_member_or_undo(member, earned.operation_id)]
    if earned.move and (tier := earned.move.standing.current(turn.programme.tiers, turn.now)):
        lines.append(phrase("staff.tier_reached", tier=tier.name))
    for code in dict.fromkeys(earned.rewards):
        reward = turn.programme.reward(code)
        if reward:
            lines.append(phrase("staff.reward_earned", reward=reward.name))
            give = option(phrase("button.give_now"), "give", by_number(member), code, turn.nonce)
            rows.insert(0, (give,))
    return Reply(tuple(lines), tuple(rows), edits=True)


def _afterwards(turn: Turn, purse: Wallet, earned: Earned) -> Sequence[Phrase]:
    """Where the member stands now; over SMS not where what was given fills the message."""
    if earned.rewards:
        return (phrase("staff.card_full", total=_card_size(turn)), *news.next_card(purse))
    return () if turn.short and len(earned.given) > 2 else progress(purse)


async def _counted_before(turn: Turn, member: Member, repeated: Repeated) -> Reply:
    """A second tap changes nothing, and leaves the first one's way back where it was.

    A receipt may have counted for somebody else, or been entered by another colleague.
    """
    whose = await staffing.member_by_id(turn.uow, repeated.member_id)
    member = whose or member
    at = Moment(repeated.at, turn.programme.zone(turn.colleague.at).key)
    purse = await turn.wallet(member)
    lines = (phrase("staff.counted", at=at), phrase("staff.whose", name=name_of(member)))
    row = _member_or_undo(member, repeated.operation_id)
    if repeated.staff_id != turn.colleague.id:
        row = row[:1]
    return Reply((*lines, *progress(purse)), (row,), edits=True)


def _member_or_undo(member: Member, operation_id: int) -> tuple[Button, ...]:
    # Undo is never first: where choices are numbered, +1 was 1 a moment ago.
    return (
        option(phrase("button.member"), "panel", member.code),
        option(phrase("button.undo"), "undo", str(operation_id)),
    )


def _card_size(turn: Turn) -> int:
    stamps = turn.programme.units.stamps
    return stamps.card if stamps else 0


@router.command("sale", role=Role.CASHIER)
async def sale(turn: Turn) -> Reply:
    """`/sale CODE AMOUNT [items] [receipt]`; `-` for a customer without the card."""
    code, _, rest = turn.text.partition(" ")
    rest = " ".join(rest.split())
    if not code or not rest:
        return Reply((phrase("staff.usage_sale"),), staff_menu(turn))
    if _SPACED.match(rest):
        return Reply((phrase("staff.amount_spaced"),), staff_menu(turn))
    first, *more = rest.split()
    if refused := no_such_item(turn, more):
        return Reply((refused,), staff_menu(turn))
    try:
        items, left = items_among(turn.programme, more)
        amount_text, receipt = amount_and_receipt(" ".join((first, *left)))
        amount = parse_amount(amount_text, turn.programme.shop.currency)
    except BadAmount as error:
        return Reply((phrase(f"amount.bad.{error.reason}"),), staff_menu(turn))
    if item := unpriced(turn.programme, items):
        name = item_name(turn.programme, item)
        example = f"{item.quantity}x{item.product}=45"
        return Reply((phrase("staff.item_price", item=name, example=example),), staff_menu(turn))
    if exceeds(items, earning.major(turn.programme, amount)):
        return Reply((phrase("staff.items_exceed"),), staff_menu(turn))
    if code == "-":
        return await _sale_without_card(turn, amount, items)
    member = await staffing.member_by_reference(turn.uow, code)
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    return await count_sale(turn, member, amount, receipt, turn.key, items)


def no_such_item(turn: Turn, words: Sequence[str]) -> Phrase | None:
    """That a word is meant as a product and is none: it must not become a receipt's number."""
    found = unknown(turn.programme, words)
    if found is None:
        return None
    typed, near = found[0][:TYPED_SHOWN], found[1]
    if near:
        return phrase("staff.no_product_near", typed=typed, near=near)
    return phrase("staff.no_product", typed=typed)


def amount_and_receipt(text: str) -> tuple[str, str]:
    """`12,50 Kč 4711` is an amount and a receipt: the currency belongs to the amount."""
    words = text.split()
    end = 1
    if len(words) > 1 and not any(c.isdigit() for c in words[0]):
        end = 2
    while end < len(words) and not any(c.isdigit() for c in words[end]):
        end += 1
    return " ".join(words[:end]), " ".join(words[end:])


async def count_sale(
    turn: Turn, member: Member, amount: int, receipt: str, key: str, items: Sequence[Item] = ()
) -> Reply:
    """Count a purchase for a member, and say what it gave."""
    earned = await earning.sale(
        turn.uow, member.id, amount, receipt, turn.colleague, key, turn.now, items=items
    )
    return await _after_earning(turn, member, earned)


async def _sale_without_card(turn: Turn, amount: int, items: Sequence[Item]) -> Reply:
    kept = await claims.sale_without_card(
        turn.uow, amount, turn.colleague, turn.key, turn.now, items=items
    )
    if isinstance(kept, Refused):
        no_shift = isinstance(kept, NoShift)
        return Reply((kept.why,), shops(turn) if no_shift else staff_menu(turn))
    if not isinstance(kept, Claimable):
        return Reply((phrase("staff.counted_before"),), staff_menu(turn))
    until = Moment(kept.ends_at, turn.programme.zone().key, "day")
    picture = Picture(
        kind="voucher",
        payload=f"x_{kept.code}",
        heading=kept.amount,
        footer=phrase("claim.until", until=until),
    )
    said = phrase("staff.claimable", amount=kept.amount, code=f"x_{kept.code}", until=until)
    return Reply((said,), staff_menu(turn), picture)


@router.action("sale_panel", role=Role.CASHIER)
async def sale_from_panel(turn: Turn) -> Reply:
    """Begin a sale for the member in front of the colleague."""
    code, nonce = (*turn.args, "", "")[:2]
    return Reply(then="staff.sale", draft={"code": code, "nonce": nonce})


async def ask_amount(turn: Turn) -> Reply:
    """How much was paid."""
    cancel = choice("staff.sale", "cancel", phrase("button.cancel"))
    currency = turn.programme.shop.currency
    example = Money(14900, currency)
    return Reply((phrase("staff.ask_amount", example=example),), ((cancel,),), numbered=False)


async def answer_amount(turn: Turn) -> Reply:
    """Count the sale, or ask for the amount again."""
    member = await staffing.member_by_reference(turn.uow, turn.draft.get("code", ""))
    if member is None or turn.staff is None:
        return Reply((phrase("staff.unknown_code"),), menu_of(turn))
    if turn.answer == "cancel":
        return await panel(turn, member)
    try:
        amount = parse_amount(turn.text, turn.programme.shop.currency)
    except BadAmount as error:
        why = phrase(f"amount.bad.{error.reason}")
        return Reply((why,), then="staff.sale", draft=turn.draft)
    if asked_for(turn.programme):
        return Reply(then="staff.items", draft={**turn.draft, "amount": str(amount)})
    key = f"panel:sale:{member.id}:{turn.draft.get('nonce', '')}"
    return await count_sale(turn, member, amount, "", key)


@router.command("undo", role=Role.CASHIER)
async def undo(turn: Turn) -> Reply:
    """Take back the last thing this colleague did, or the one whose button it is."""
    operation_id = whole(turn.args[0]) if turn.args else None
    undone = await reversing.undo(turn.uow, turn.colleague, turn.key, turn.now, operation_id)
    if isinstance(undone, Refused):
        return Reply((undone.why,), staff_menu(turn), edits=True)
    if isinstance(undone, Repeated):
        return Reply((phrase("staff.undone_already"),), staff_menu(turn), edits=True)
    return await after_undo(turn, undone)


@router.action("paper", role=Role.CASHIER)
async def paper(turn: Turn) -> Reply:
    """Begin taking over a paper card."""
    return Reply(then="staff.paper", draft={"code": turn.args[0] if turn.args else ""})


async def ask_paper(turn: Turn) -> Reply:
    """How many stamps the paper card has."""
    cancel = choice("staff.paper", "cancel", phrase("button.cancel"))
    question = phrase("staff.ask_paper", most=_most_on_paper(turn))
    return Reply((question,), ((cancel,),), numbered=False)


def _most_on_paper(turn: Turn) -> int:
    card = turn.programme.units.stamps
    return card.card - 1 if card else 0


async def answer_paper(turn: Turn) -> Reply:
    """Take the paper card's stamps over, once (S17)."""
    member = await staffing.member_by_reference(turn.uow, turn.draft.get("code", ""))
    if member is None or turn.staff is None:
        return Reply((phrase("staff.unknown_code"),), menu_of(turn))
    if turn.answer == "cancel":
        return await panel(turn, member)
    if not (turn.text.isascii() and turn.text.isdigit() and len(turn.text) < 4):
        return Reply((phrase("staff.bad_count"),), then="staff.paper", draft=turn.draft)
    count, most = int(turn.text), _most_on_paper(turn)
    if not 1 <= count <= most:
        wrong = phrase("staff.paper_range", most=most)
        return Reply((wrong,), then="staff.paper", draft=turn.draft)
    taken = await earning.take_over_paper_card(turn.uow, member.id, count, turn.colleague, turn.now)
    return await _after_earning(turn, member, taken)


router.step(Step("staff.sale", ask_amount, answer_amount))
router.step(Step("staff.paper", ask_paper, answer_paper))
