"""What a purchase was made of, where the rules ask: typed in a command, or asked after the amount.

Only products and categories are offered that some rule or exclusion speaks of, and a price is asked
only for what earns by its price, or must not earn at all (S13, S41).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.conversation import Router, Step, Turn, choice, whole
from bot.domain.amounts import BadAmount, in_minor_units, parse_amount
from bot.domain.earning import Item, item_of, merged
from bot.domain.earning.names import item_name, product_name
from bot.domain.earning.typed import asked_for, exceeds, item_from, unpriced
from bot.domain.members import Member
from bot.domain.messages import Button, Reply, Value, phrase
from bot.domain.programme import Programme
from bot.services import staffing
from bot.services.earning import major
from handlers.menu import menu_of
from handlers.paging import PAGE
from handlers.staff.panel import panel
from handlers.staff.till import count_sale, no_such_item

router = Router()

ITEMS, PRICE = "staff.items", "staff.item_price"


async def ask_items(turn: Turn) -> Reply:
    """Whether there is anything in it that a rule is about, and what was named already."""
    chosen, programme = _chosen(turn), turn.programme
    codes = asked_for(programme)[: PAGE - 1] if turn.short else asked_for(programme)
    buttons = [choice(ITEMS, code, product_name(programme, code)) for code in codes]
    enough = phrase("button.no_more_items" if chosen else "button.no_items")
    last = (choice(ITEMS, "done", enough), choice(ITEMS, "cancel", phrase("button.cancel")))
    lines = [phrase("staff.ask_items")]
    if chosen:
        named = _joined([item_name(programme, item) for item in chosen])
        # Over SMS that and the choices say it all.
        lines = [phrase("staff.items_so_far", items=named), *(() if turn.short else lines)]
    return Reply(tuple(lines), (*_pairs(buttons), last))


async def take_items(turn: Turn) -> Reply:
    """One more line of the purchase, or that this is all."""
    member = await staffing.member_by_reference(turn.uow, turn.draft.get("code", ""))
    if member is None or turn.staff is None:
        return Reply((phrase("staff.unknown_code"),), menu_of(turn))
    if turn.answer == "cancel":
        return await panel(turn, member)
    if turn.answer == "done":
        return await _count(turn, member)
    try:
        added = [item_from(turn.programme, word) for word in (turn.answer or turn.text).split()]
    except BadAmount as error:
        return Reply((phrase(f"amount.bad.{error.reason}"),), then=ITEMS, draft=turn.draft)
    known = [item for item in added if item]
    if not known or len(known) < len(added):
        why = no_such_item(turn, turn.text.split()) or phrase("staff.unknown_item")
        return Reply((why,), then=ITEMS, draft=turn.draft)
    return _with(turn, [*_chosen(turn), *known])


async def ask_price(turn: Turn) -> Reply:
    """How much of the amount one line was."""
    item = unpriced(turn.programme, _chosen(turn))
    cancel = choice(PRICE, "cancel", phrase("button.cancel"))
    name = item_name(turn.programme, item) if item else ""
    return Reply((phrase("staff.ask_item_price", item=name),), ((cancel,),), numbered=False)


async def take_price(turn: Turn) -> Reply:
    """Keep a line's price, or ask again."""
    member = await staffing.member_by_reference(turn.uow, turn.draft.get("code", ""))
    chosen = _chosen(turn)
    item = unpriced(turn.programme, chosen)
    if member is None or turn.staff is None:
        return Reply((phrase("staff.unknown_code"),), menu_of(turn))
    if turn.answer == "cancel" or item is None:
        return await panel(turn, member)
    try:
        price = major(turn.programme, parse_amount(turn.text, turn.programme.shop.currency))
    except BadAmount as error:
        return Reply((phrase(f"amount.bad.{error.reason}"),), then=PRICE, draft=turn.draft)
    priced = replace(item, amount=price)
    return _with(turn, [priced if each is item else each for each in chosen])


async def _count(turn: Turn, member: Member) -> Reply:
    amount = whole(turn.draft.get("amount", "")) or 0
    key = f"panel:sale:{member.id}:{turn.draft.get('nonce', '')}"
    return await count_sale(turn, member, amount, "", key, merged(_chosen(turn)))


def _with(turn: Turn, items: Sequence[Item]) -> Reply:
    """Ask for a price that is missing, else whether there is more."""
    found = merged(items)
    if exceeds(found, major(turn.programme, whole(turn.draft.get("amount", "")) or 0)):
        asked = PRICE if unpriced(turn.programme, _chosen(turn)) else ITEMS
        return Reply((phrase("staff.items_exceed"),), then=asked, draft=turn.draft)
    draft: Mapping[str, str] = {
        **turn.draft,
        "items": " ".join(_kept(turn.programme, item) for item in found),
    }
    return Reply(then=PRICE if unpriced(turn.programme, found) else ITEMS, draft=draft)


def _chosen(turn: Turn) -> list[Item]:
    """The lines in the draft, as `_kept` wrote them."""
    return [_read(turn.programme, line) for line in turn.draft.get("items", "").split()]


def _kept(programme: Programme, item: Item) -> str:
    price = "" if item.amount is None else in_minor_units(item.amount, programme.shop.currency)
    return f"{item.product},{item.quantity},{price}"


def _read(programme: Programme, line: str) -> Item:
    code, quantity, price = line.split(",")
    amount = major(programme, int(price)) if price else None
    return item_of(programme, code, int(quantity), amount)


def _joined(values: Sequence[Value]) -> Value:
    first, *more = values
    return phrase("rule.list", first=first, more=_joined(more)) if more else first


def _pairs(buttons: Sequence[Button]) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2))


router.step(Step(ITEMS, ask_items, take_items))
router.step(Step(PRICE, ask_price, take_price))
