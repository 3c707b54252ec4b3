"""That the Telegram double behaves like Telegram where other tests lean on it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channels.base import RawRequest, SendError
from bot.channels.telegram import Telegram
from bot.domain.messages import Action, Address, Contact, InboundMessage
from tests.channels.telegram_kit import JOIN, QUICK, SECRET, to_anna
from tests.doubles.telegram import TOKEN, TelegramDouble
from tests.doubles.telegram_chat import Shown


class Shop:
    """A webhook that believes only what its channel proves; `answers` are its next statuses."""

    def __init__(self, double: TelegramDouble) -> None:
        self.channel = Telegram(TOKEN, SECRET, double.url, QUICK)
        self.answers: list[int] = []
        self.taken: list[Any] = []

    async def receive(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.taken += self.channel.parse(RawRequest(headers, await request.read()))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@asynccontextmanager
async def open_shop() -> AsyncIterator[tuple[TelegramDouble, Shop]]:
    async with TelegramDouble() as double:
        shop = Shop(double)
        app = web.Application()
        app.router.add_post("/telegram/webhook", shop.receive)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await shop.channel.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram/webhook"
        await shop.channel.set_webhook(url)
        try:
            yield double, shop
        finally:
            await shop.channel.close()
            await runner.cleanup()


async def test_a_webhook_gets_what_people_do_until_it_takes_it() -> None:
    async with open_shop() as (double, shop):
        anna = double.chat(7)
        shop.answers = [500, 503]
        update = anna.write("card")
        await double.settled()
        said = InboundMessage(
            Address("telegram", "7"), str(update["update_id"]), "card", name="Anna", language="en"
        )
        assert shop.taken == [said] * 3
        assert await double.deliver(update) == 200
        assert shop.taken == [said] * 4
        assert double.webhook_answers == [500, 503, 200, 200]


async def test_everything_a_person_can_do() -> None:
    async with open_shop() as (double, shop):
        anna = double.chat(7)
        asked = await shop.channel.send(to_anna("Join?", buttons=((JOIN,),)))
        shown = await anna.next_message()
        anna.press("Join", shown)
        anna.share_contact("+420601000001")
        anna.share_contact("+420601000002", own=False)
        anna.send_sticker()
        anna.send_photo("receipt")
        anna.send_voice()
        await double.settled()
        came = [(m.action, m.message_id, m.contact, m.media, m.text) for m in shop.taken]
        assert came == [
            (Action("join"), asked, None, None, ""),
            (None, None, Contact("+420601000001", own=True), None, ""),
            (None, None, Contact("+420601000002", own=False), None, ""),
            (None, None, None, "sticker", ""),
            (None, None, None, "photo", "receipt"),
            (None, None, None, "voice", ""),
        ]


async def test_a_chat_tells_each_thing_once_as_it_was_said() -> None:
    async with open_shop() as (double, shop):
        anna = double.chat(7)
        waiting = asyncio.create_task(anna.next_message())
        sent = await shop.channel.send(to_anna("Join?", buttons=((JOIN,),)))
        await shop.channel.send(to_anna("You're in", edit_of=sent))
        first, second = await waiting, await anna.next_message()
        assert (first.text, first.labels) == ("Join?", [["Join"]])
        assert second == Shown(id=int(sent), text="You're in")
        assert anna.unread() == []
        with pytest.raises(AssertionError, match='nothing more; last was "You\'re in"'):
            await anna.next_message(within_s=0.01)
        with pytest.raises(AssertionError, match="no button 'Join'"):
            anna.press("Join")


async def test_as_a_process_it_keeps_calls_and_takes_orders(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.doubles.telegram", "--port", "0", "--log", str(log)),
        cwd=root,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().split()[-1]
        channel = Telegram(TOKEN, SECRET, url, QUICK)
        async with aiohttp.ClientSession(url) as control:

            async def order(path: str, wanted: dict[str, Any]) -> Any:
                async with control.post(path, json=wanted) as answer:
                    return await answer.json()

            first = await order("/control/update", {"user": 7, "write": "/start"})
            await channel.send(to_anna("Join?", buttons=((JOIN,),)))
            pressed = await order("/control/update", {"user": 7, "press": "Join"})
            raw = await order("/control/update", {"message": first["message"]})
            await order("/control/fail", {"method": "sendMessage", "kind": "refuse"})
            with pytest.raises(SendError, match="refused: "):
                await channel.send(to_anna("never"))
            async with control.get("/control/calls") as answer:
                calls = await answer.json()
            async with control.get("/control/chats/7") as answer:
                chat = await answer.json()
        await channel.close()
    finally:
        process.terminate()
        assert await process.wait() == 0
    assert pressed["callback_query"]["data"] == "join"
    assert raw == {**first, "update_id": first["update_id"] + 2}
    assert [(call["params"]["text"], call["accepted"]) for call in calls] == [
        ("Join?", True),
        ("never", False),
    ]
    assert [(shown["text"], shown["labels"]) for shown in chat] == [("Join?", [["Join"]])]
    assert [json.loads(line) for line in log.read_text().splitlines()] == calls[:1]
