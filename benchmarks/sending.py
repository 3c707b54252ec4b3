"""Messages to a local Telegram double by our transport and by python-telegram-bot's own.

Both are the same `Bot.send_message` of python-telegram-bot, twenty at a time; the double is a
process of its own that answers at once.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

from aiohttp import web
from telegram import Bot
from telegram.request import BaseRequest, HTTPXRequest

from benchmarks.measuring import Outcome, compare
from bot.channels.telegram_request import AiohttpRequest

MESSAGES = 1_000
AT_ONCE = 20
TOKEN = "100200300:benchmark"
TEXT = "It's been a month. You're 2 stamps from a free coffee."
AIM = 3.0


async def measure(rounds: int) -> Outcome:
    """Our transport against the library's."""
    async with _double() as url:
        return await compare(
            "messages to a local Telegram",
            lambda: _sent(url, AiohttpRequest(connect_s=5, answer_s=30)),
            lambda: _sent(url, HTTPXRequest(connection_pool_size=AT_ONCE, read_timeout=30)),
            unit="messages/s",
            against="python-telegram-bot's own transport",
            aim=AIM,
            rounds=rounds,
        )


async def _sent(url: str, request: BaseRequest) -> float:
    bot = Bot(TOKEN, base_url=f"{url}/bot", request=request, get_updates_request=request)
    await request.initialize()
    queue = iter(range(MESSAGES))

    async def work_off() -> None:
        for number in queue:
            await bot.send_message(chat_id=1 + number, text=TEXT)

    try:
        started = perf_counter()
        await asyncio.gather(*(work_off() for _ in range(AT_ONCE)))
        return (perf_counter() - started) / MESSAGES
    finally:
        await request.shutdown()


@asynccontextmanager
async def _double() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.sending"), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


async def _answer(request: web.Request) -> web.Response:
    await request.read()
    # https://core.telegram.org/bots/api#message
    chat = {"id": 1, "type": "private", "first_name": "Anna"}
    message = {"message_id": 1, "date": 1_772_452_800, "chat": chat, "text": TEXT}
    return web.json_response({"ok": True, "result": message})


async def _serve() -> None:
    app = web.Application()
    app.router.add_post("/bot{token}/sendMessage", _answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
