"""Instants as people type them: `--at 2026-03-02T09:00+01:00`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from bot.cli.output import note
from bot.clock import Clock, StandingClock

#: The option of every command that may be asked about another time than now.
At = Annotated[
    str, typer.Option("--at", help="An instant with its offset, such as 2026-03-02T09:00+01:00.")
]

#: An instant no further ahead is now, typed by hand or by a machine whose clock is a little fast.
AHEAD = timedelta(minutes=1)


class BadInstant(Exception):
    """A text is no instant; the message says how to write one."""


def clock_at(at: str) -> Clock:
    """A clock that stands at an instant, or the usual one where none is given.

    Raises BadInstant.
    """
    return StandingClock(_instant(at)) if at else Clock()


def note_ahead(at: str, what: str) -> None:
    """Say before it begins that what is due until an instant to come is done now.

    Raises BadInstant.
    """
    if not at:
        return
    until = _instant(at)
    now = Clock().now().astimezone(until.tzinfo)
    if until - now > AHEAD:
        note(f"It is {now:{_SHORT}} now: what is due until {until:{_SHORT}} is {what} now.")


def _instant(at: str) -> datetime:
    try:
        instant = datetime.fromisoformat(at.strip())
    except ValueError:
        raise BadInstant(f'--at: "{at}" is no instant; {_SUCH_AS}') from None
    if instant.tzinfo is None:
        raise BadInstant(f'--at: "{at}" has no offset, so it is not clear where; {_SUCH_AS}')
    return instant


_SHORT = "%Y-%m-%d %H:%M"

_SUCH_AS = "write it like 2026-03-02T09:00+01:00 or 2026-03-02T08:00Z"
