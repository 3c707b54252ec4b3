"""What came and went, newest first, a page at a time."""

from __future__ import annotations

from bot.conversation import Router, Turn, option
from bot.domain.ledger import LedgerEntry
from bot.domain.messages import Moment, Phrase, Reply, phrase
from bot.services import wallets
from handlers.menu import member_menu
from handlers.paging import page_asked

router = Router()

#: Entries a page; over SMS, where two segments hold a page, fewer.
PAGE, SHORT_PAGE = 8, 3


@router.command("history", member=True)
async def history(turn: Turn) -> Reply:
    """A page of the member's entries; the argument is the page, counted from 0."""
    page = page_asked(turn)
    size = SHORT_PAGE if turn.short else PAGE
    entries, more = await wallets.history(turn.uow.tx, turn.customer.id, page, size)
    if not entries:
        return Reply((phrase("history.empty"),), member_menu(), edits=True)
    lines = tuple(_line(turn, entry) for entry in entries)
    pages = []
    if page:
        pages.append(option(phrase("button.newer"), "history", str(page - 1)))
    if more:
        pages.append(option(phrase("button.older"), "history", str(page + 1)))
    if turn.short:
        # The lines are dated, and each word counts.
        return Reply(lines, ((*pages,),) if pages else ())
    rows = ((*pages,), (option(phrase("button.menu"), "menu"),))
    return Reply((phrase("history.title"), *lines), tuple(row for row in rows if row), edits=True)


def _line(turn: Turn, entry: LedgerEntry) -> Phrase:
    at = Moment(entry.occurred_at, turn.programme.zone().key, "day")
    return phrase("entry.line", at=at, amount=_amount(turn, entry), why=_why(entry))


def _amount(turn: Turn, entry: LedgerEntry) -> Phrase:
    sign = "plus" if entry.amount > 0 else "minus"
    kind, _, code = entry.unit.partition(":")
    if kind != "reward":
        return phrase(f"amount.{sign}.{kind}", n=abs(entry.amount))
    reward = turn.programme.reward(code)
    name = reward.name if reward else code
    return phrase(f"reward_amount.{sign}", n=abs(entry.amount), reward=name)


def _why(entry: LedgerEntry) -> Phrase:
    rule = entry.rules[0][0] if entry.rules else ""
    if entry.kind == "earn":
        return phrase(f"history.earn.{rule}")
    return phrase(f"history.{entry.kind}")
