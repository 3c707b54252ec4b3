"""Long lists in pages, where each line costs the shop money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from bot.conversation import Turn, option, whole
from bot.domain.messages import phrase
from handlers.menu import Rows

#: How many choices, or lines of facts, two segments hold in every language.
PAGE = 4
#: Nobody looks further.
LAST_PAGE = 10_000

T = TypeVar("T")


def page_asked(turn: Turn, place: int = 0) -> int:
    """The page that a button's argument in this place asks for, counted from 0."""
    asked = turn.args[place] if len(turn.args) > place else ""
    return min(whole(asked) or 0, LAST_PAGE)


def page_of(
    turn: Turn, items: Sequence[T], page: int, action: str, *args: str, size: int = PAGE
) -> tuple[Sequence[T], Rows]:
    """All of a list; over SMS a page of it, and the choice that leads on while there is more.

    That choice is the `action` with these arguments and the next page's number.
    """
    if not turn.short:
        return items, ()
    start = page * size if page * size < len(items) else 0
    shown, rest = items[start : start + size], items[start + size :]
    further = option(phrase("button.next"), action, *args, str(start // size + 1))
    return shown, ((further,),) if rest else ()
