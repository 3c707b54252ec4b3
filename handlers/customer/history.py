"""What came and went, and why, newest first, a page at a time (S13)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation import Router, Turn, option
from bot.domain.earning.names import name_of
from bot.domain.ledger import LedgerEntry
from bot.domain.messages import Moment, Money, Phrase, Reply, Value, phrase
from bot.domain.programme_values import NAME_LIMIT
from bot.services import wallets
from bot.services.units import signed
from bot.services.wallets import Written
from handlers.menu import member_menu
from handlers.paging import page_asked

router = Router()

#: Entries a page; over SMS, where two segments hold a page, fewer.
PAGE, SHORT_PAGE = 8, 3
#: Of several rules so many are named over SMS.
SHORT_NAMES = 3


@router.command("history", member=True)
async def history(turn: Turn) -> Reply:
    """A page of the member's entries; the argument is the page, counted from 0."""
    page = page_asked(turn)
    size = SHORT_PAGE if turn.short else PAGE
    entries, more = await wallets.history(turn.uow.tx, turn.customer.id, page, size)
    if not entries:
        return Reply((phrase("history.empty"),), member_menu(), edits=True)
    lines = await lines_of(turn, entries)
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


async def lines_of(turn: Turn, entries: Sequence[LedgerEntry]) -> tuple[Phrase, ...]:
    """A line for each entry: when, how much, why."""
    by = await wallets.written_by(turn.uow.tx, entries)
    return tuple(_line(turn, entry, by[entry.operation_id]) for entry in entries)


def _line(turn: Turn, entry: LedgerEntry, by: Written) -> Phrase:
    at = Moment(entry.occurred_at, turn.programme.zone().key, "day")
    return phrase(
        "entry.line",
        at=at,
        amount=signed(turn.programme, entry.unit, entry.amount),
        why=_why(turn, entry, by),
    )


def _why(turn: Turn, entry: LedgerEntry, by: Written) -> Value:
    match entry.kind:
        case "earn" | "donate" if entry.rules and entry.amount > 0:
            return _rules(turn, entry)
        case "adjust":
            reason = by.reason[:NAME_LIMIT] if turn.short else by.reason
            return phrase("correction.reason", reason=reason)
        case "present":
            return phrase(f"history.present.{'got' if entry.amount > 0 else 'given'}")
        case "reverse" if by.kind in ("refund", "reverse"):
            return phrase("history.refund")
    return phrase(f"history.{entry.kind}")


def _rules(turn: Turn, entry: LedgerEntry) -> Value:
    """What gave an entry, rule by rule where there were several, with what each gave.

    Over SMS the names of a few are enough.
    """
    names = [name_of(turn.programme, rule, entry.unit) for rule, _ in entry.rules]
    if len(names) == 1:
        return names[0]
    if turn.short:
        return _listed(names[:SHORT_NAMES])
    currency = turn.programme.shop.currency
    money = entry.unit.partition(":")[0] in ("credit", "cause")
    return _listed(
        [
            phrase("rule.share", why=name, amount=Money(gave, currency) if money else gave)
            for name, (_, gave) in zip(names, entry.rules, strict=True)
        ]
    )


def _listed(values: Sequence[Value]) -> Value:
    first, *more = values
    return phrase("rule.list", first=first, more=_listed(more)) if more else first
