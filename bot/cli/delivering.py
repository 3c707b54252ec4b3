"""`deliver`: sending what is due, once; any number of them may run at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from bot.cli.instants import At, clock_at, note_ahead
from bot.cli.opening import CannotOpen, load_settings, open_work
from bot.cli.output import counted, say
from bot.cli.running import until_stopped
from bot.settings import PUT_TOKEN
from bot.storage import outbox

#: After so many rounds that moved nothing, what is left can't go now.
IDLE_ROUNDS = 3


def register(commands: typer.Typer) -> None:
    """Add the command."""
    commands.command("deliver")(deliver)


def deliver(
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="Go on until nothing more is due.")
    ] = False,
    at: At = "",
) -> None:
    """Send what is due now; with --at, at once and really, all that is due until that instant.

    An instant to come sends today what would go out by then. To only look: campaigns preview --at.
    """
    from bot.app import close, furnish

    settings, clock = load_settings(), clock_at(at)
    if not settings.channels:
        raise CannotOpen(f"nothing can be sent: no channel is set up yet. {PUT_TOKEN}")

    note_ahead(at, "sent")

    async def main(stop: asyncio.Event) -> None:
        async with open_work(settings, clock, migrate=True) as work:

            async def left() -> int:
                async with work.reading() as reader:
                    return await outbox.due_now(reader, clock.now())

            before = await left()
            house = await furnish(settings, work, clock, stop)
            try:
                if until_empty:
                    await _until_empty(house.sender.deliver_due, left, stop)
                else:
                    await house.sender.deliver_due()
            finally:
                await close(house)
            after = await left()
        say(f"{counted(before, 'message')} due before, {after} after.")

    until_stopped(main)


async def _until_empty(
    deliver_due: Callable[[], Awaitable[int]],
    left: Callable[[], Awaitable[int]],
    stop: asyncio.Event,
) -> None:
    """Round after round until nothing is due, or what is left can't go now."""
    idle, before = 0, await left()
    while idle < IDLE_ROUNDS and not stop.is_set() and await deliver_due():
        after = await left()
        idle, before = (idle + 1 if after == before else 0), after
