"""A conversation in the terminal: lines in, messages out, one after the other."""

from __future__ import annotations

import asyncio
import locale
from collections.abc import Callable
from typing import TextIO
from uuid import uuid4

from bot.app import build
from bot.channels.console import Console
from bot.cli.opening import CannotOpen
from bot.clock import Clock
from bot.domain.members import Role
from bot.domain.messages import Address, InboundMessage
from bot.services import staffing
from bot.services.phones import e164
from bot.services.unit_of_work import Work
from bot.settings import Settings

STAFF_NAME = "Console"


async def talk(
    settings: Settings,
    work: Work,
    as_staff: bool,
    phone: str,
    lines: TextIO,
    write: Callable[[str], None],
    stop: asyncio.Event,
) -> None:
    """Hand each line to the bot and print what it answers, until the lines end."""
    number = e164(phone, await work.programme())
    if number is None:
        raise CannotOpen(f"--phone: {phone} is no valid number; write it like +420777123456")
    console = Console(number, write)
    house = build(settings, work, Clock(), {console.name: console})

    async def say(text: str) -> None:
        message = InboundMessage(
            address=Address(console.name, number),
            external_id=uuid4().hex,
            text=text,
            language=locale.getlocale()[0] or "",
        )
        await house.dispatcher.handle(message)
        await house.dispatcher.idle()

    await house.sender.deliver_due()
    if as_staff and not await staffing.is_staff(work, console.identity_kind, number):
        async with work.unit_of_work() as uow:
            token = await staffing.invite(uow, STAFF_NAME, Role.OWNER, None, house.clock.now())
        await say(f"/start s_{token}")
    shown = lines.isatty()
    while not stop.is_set():
        line = await _next_line(lines, stop)
        if line is None:
            return
        text = line.strip()
        if not shown:
            write(f"> {text}")
        if text:
            await say(text)


async def _next_line(lines: TextIO, stop: asyncio.Event) -> str | None:
    """The next line, or None at the end of input or when asked to stop."""
    reading = asyncio.create_task(asyncio.to_thread(lines.readline))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((reading, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    return (reading.result() or None) if reading.done() else None
