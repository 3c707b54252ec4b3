"""A stamp press by Telegram's webhook, through everything we have, to its last reply.

Replies go through the outbox, are rendered and marked as accepted, but a channel that does nothing
takes them: how long Telegram takes is not ours. The yardstick is a bot without any work: the same
call on a bare aiohttp route, where python-telegram-bot parses the same update. The calls come from
another process, eight at once, each of them from another colleague.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr
from io import StringIO
from itertools import count
from math import inf
from time import perf_counter

from aiohttp import web
from telegram import Bot, Update

from benchmarks.cafe import furnish
from benchmarks.databases import Place, opened
from benchmarks.load import Load
from benchmarks.measuring import Outcome, compare
from benchmarks.presses import HEADERS, SECRET, shifts
from bot.app import House, build, run
from bot.channels.telegram import Telegram
from bot.clock import Clock
from bot.domain.messages import InboundMessage, OutboundMessage
from bot.logs import set_up
from bot.services.unit_of_work import Work
from bot.settings import Settings

TILLS = 8
PRESSES_EACH = 20
YARDSTICK_TIMES = 10
TOKEN = "100200300:benchmark"
#: Low, because the yardstick does nothing and keeps nothing: a press is some forty statements in
#: five transactions (November 2026), all of which wait for the disk, and two messages rendered.
#: A trial without what is known to be needless took SQLite from about 0.02 to 0.03 … 0.045.
AIM = 0.04


class Deaf(Telegram):
    """Telegram whose messages go nowhere; what comes in is proven and parsed as ever."""

    def __init__(self) -> None:
        super().__init__(TOKEN, SECRET, rate=inf)
        self._numbers = count(1)

    async def acknowledge(self, message: InboundMessage) -> None:
        """Does nothing."""

    async def send(self, message: OutboundMessage) -> str:  # noqa: ARG002 - it is deaf
        """Takes every message."""
        return str(next(self._numbers))


async def measure(place: Place, rounds: int) -> Outcome:
    """Our webhook on this kind of database against a bare one."""
    with place.copy() as url:
        async with opened(url) as work, Load() as load, _bare() as bare_port:
            presses = shifts(await furnish(work, TILLS, PRESSES_EACH), PRESSES_EACH)
            async with _running(work) as (house, port):

                async def ours() -> float:
                    seconds = await load.post(port, HEADERS, next(presses))
                    answered = perf_counter()
                    await house.dispatcher.idle()
                    seconds += perf_counter() - answered
                    await _check(work)
                    return seconds / (TILLS * PRESSES_EACH)

                async def yardstick() -> float:
                    # It is so quick that a round as long as ours would measure chance.
                    again = [line * YARDSTICK_TIMES for line in next(presses)]
                    seconds = await load.post(bare_port, HEADERS, again)
                    return seconds / (TILLS * PRESSES_EACH * YARDSTICK_TIMES)

                return await compare(
                    f"Telegram webhook, a stamp press, {place.name}",
                    ours,
                    yardstick,
                    unit="requests/s",
                    against="python-telegram-bot parsing it on a bare aiohttp route",
                    aim=AIM,
                    rounds=rounds,
                )


@asynccontextmanager
async def _running(work: Work) -> AsyncIterator[tuple[House, int]]:
    """Everything a process of `regulars run` does, logging included; where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = Settings(host="127.0.0.1", port=port)
    house = build(settings, work, Clock(), {"telegram": Deaf()})
    stop = asyncio.Event()
    with redirect_stderr(StringIO()):
        set_up("json", "info")
        running = asyncio.create_task(run(house, ("web", "delivery"), stop))
        try:
            await _listening(port, running)
            yield house, port
        finally:
            stop.set()
            await running


async def _listening(port: int, running: asyncio.Task[None]) -> None:
    while not running.done():
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    await running


async def _check(work: Work) -> None:
    """What could not be handled is answered all the same, and would be quick."""
    async with work.reading() as reader:
        row = await reader.row(
            "SELECT (SELECT COUNT(*) FROM inbound) AS pressed, "
            "(SELECT COUNT(*) FROM operation WHERE kind = 'stamp') AS stamped, "
            "(SELECT COUNT(*) FROM outbox WHERE state = 'accepted') AS said"
        )
    if row is None or not row["pressed"] == row["stamped"] == row["said"] / 2:
        raise RuntimeError(f"not every press was a stamp and two messages: {row}")


@asynccontextmanager
async def _bare() -> AsyncIterator[int]:
    bot = Bot(TOKEN)

    async def webhook(request: web.Request) -> web.Response:
        if request.headers.get("X-Telegram-Bot-Api-Secret-Token") != SECRET:
            raise web.HTTPForbidden
        Update.de_json(json.loads(await request.read()), bot)
        return web.Response(text="ok\n")

    app = web.Application()
    app.router.add_post("/telegram/webhook", webhook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
