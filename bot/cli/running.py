"""The commands that talk: `run`, `demo`, `chat`."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import structlog
import typer

from bot.clock import Clock
from bot.settings import PREFIX, PUT_TOKEN, Settings

log = structlog.get_logger()


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(run)
    app.command()(demo)
    app.command()(chat)


def run(
    only: Annotated[
        str, typer.Option(help="Parts to start, by commas: web,polling,delivery,scheduler.")
    ] = "",
) -> None:
    """Start everything in one process: channels, web, scheduler, delivery."""
    from bot.app import PARTS, furnish
    from bot.app import run as run_house
    from bot.channels.email import Email
    from bot.cli.opening import CannotOpen, open_work
    from bot.logs import set_up

    settings = Settings.load()
    set_up(settings.log_format, settings.log_level)
    parts = [part.strip() for part in only.split(",") if part.strip()] or list(PARTS)
    if unknown := [part for part in parts if part not in PARTS]:
        raise CannotOpen(f"--only: there is no part {unknown[0]}; there are {', '.join(PARTS)}")

    async def main(stop: asyncio.Event) -> None:
        async with open_work(settings, Clock(), migrate=True) as work:
            house = await furnish(settings, work, Clock(), stop)
            # Nobody can write by e-mail.
            nobody = settings.telegram_token is None and not {*house.channels} - {Email.name}
            if nobody and {"web", "polling"} & set(parts):
                log.warning(
                    "nobody can write yet: Telegram is off", hint=f"{PUT_TOKEN}, and start again"
                )
            with _port_named_by(f"{PREFIX}PORT"):
                await run_house(house, parts, stop)

    until_stopped(main)


def demo(
    port: Annotated[int, typer.Option(help="Where the simulator listens.")] = 8080,
) -> None:
    """Start a fresh demo café with a simulator: no account, no token."""
    from bot.app import build
    from bot.app import run as run_house
    from bot.cli.opening import open_database
    from bot.demo import Life, channels, furnish, phones
    from bot.logs import set_up
    from bot.services.unit_of_work import Work
    from bot.storage.keys import open_vault
    from bot.storage.migrate import migrate
    from bot.web.simulator import Stage
    from locales import Catalogues

    set_up("console", "warning")

    async def main(stop: asyncio.Event) -> None:
        clock = Clock()
        with tempfile.TemporaryDirectory(prefix="regulars-demo-") as folder:
            settings = Settings(
                database_url=f"sqlite://{Path(folder) / 'demo.db'}", host="127.0.0.1", port=port
            )
            async with open_database(settings, lasting=False) as database:
                await migrate(database, clock.now())
                await open_vault(database, [secrets.token_hex(16)], clock.now())
                work = Work(database, Catalogues.load().languages, f"demo:{os.getpid()}")
                sign_in = await furnish(work, clock.now())
                shop = (await work.programme()).shop
                house = build(settings, work, clock, channels(clock))
                life = Life(work, clock, house.sender)
                here = phones(shop.name.in_language("en"), shop.zone)
                house.stage = Stage(here, clock.now, life.pass_time)
                for message in sign_in:
                    await house.dispatcher.handle(message)
                address = f"http://127.0.0.1:{port}/simulator"

                def open_doors() -> None:
                    typer.echo(f"The demo café is open: {address}\nStop it with Ctrl+C.")

                with _port_named_by("--port"):
                    async with life.going_on():
                        await run_house(house, ("web",), stop, open_doors)

    until_stopped(main)


def chat(
    as_: Annotated[str, typer.Option("--as", help="Who you are: customer or staff.")] = "customer",
    phone: Annotated[str, typer.Option(help="Your number, +420…")] = "+420777000001",
) -> None:
    """Talk to the bot in the terminal; reads standard input, so it can be piped."""
    from bot.cli.opening import CannotOpen, open_work
    from bot.cli.talking import talk
    from bot.logs import set_up

    if as_ not in ("customer", "staff"):
        raise CannotOpen(f"--as: there is no {as_}; you can be customer or staff")
    settings = Settings.load()
    set_up(settings.log_format, "warning")

    async def main(stop: asyncio.Event) -> None:
        async with open_work(settings, Clock(), migrate=True) as work:
            await talk(settings, work, as_ == "staff", phone, sys.stdin, typer.echo, stop)

    until_stopped(main)


@contextmanager
def _port_named_by(what: str) -> Iterator[None]:
    """Says of a port that is taken which setting or option gave it."""
    from bot.app import PortTaken
    from bot.cli.opening import CannotOpen

    try:
        yield
    except PortTaken as error:
        raise CannotOpen(f"{what}: {error}") from None


def until_stopped(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run until it ends or the process is asked to stop; a second Ctrl+C stops at once."""

    async def guarded() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def ask(number: int) -> None:
            loop.remove_signal_handler(number)
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ask, number)
        await main(stop)

    asyncio.run(guarded())
