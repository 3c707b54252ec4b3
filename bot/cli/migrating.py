"""`migrate`: the database's schema."""

from __future__ import annotations

import asyncio

import typer

from bot.cli.opening import load_settings, open_database
from bot.cli.output import say
from bot.clock import Clock
from bot.storage.migrate import migrate as apply_migrations


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate() -> None:
    """Bring the database to the current schema; make a backup first."""
    asyncio.run(_migrate())


async def _migrate() -> None:
    async with open_database(load_settings()) as database:
        done = await apply_migrations(database, Clock().now())
    for name in done:
        say(f"applied {name}")
    if not done:
        say("The schema is current: nothing to do.")
