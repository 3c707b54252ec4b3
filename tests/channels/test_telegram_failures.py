"""What each failure of a Telegram call means for the next try; and none of them names anybody."""

import asyncio
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.channels.base import SendError, impersonal
from bot.channels.telegram import Telegram
from bot.domain.messages import Address, InboundMessage, OutboundMessage, RenderedButton
from tests.channels.telegram_kit import JOIN, QUICK, SECRET, png, to_anna
from tests.doubles.telegram import TOKEN, TelegramDouble
from tests.doubles.telegram_methods import Kind


@pytest.fixture
async def double() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double


@pytest.fixture
async def telegram(double: TelegramDouble) -> AsyncIterator[Telegram]:
    channel = Telegram(TOKEN, SECRET, double.url, QUICK)
    await channel.start()
    yield channel
    await channel.close()


def unused_url() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@asynccontextmanager
async def somebody_else(status: int, body: str) -> AsyncIterator[str]:
    """A server that answers everything the same way, as a proxy or a captive portal does."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers={"Location": "/sign-in"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def failure(channel: Telegram, message: OutboundMessage) -> tuple[str, float | None]:
    with pytest.raises(SendError) as raised:
        await channel.send(message)
    shown = "".join(traceback.format_exception(raised.value))
    assert TOKEN not in shown
    assert TOKEN not in repr(raised.value)
    return raised.value.kind, raised.value.retry_after


@pytest.mark.parametrize(
    ("kind", "meaning", "arrived"),
    [
        ("retry_after", ("later", 17.0), 0),
        ("500", ("later", None), 0),
        ("502", ("unknown", None), 0),
        ("refuse", ("refused", None), 0),
        ("drop", ("unknown", None), 0),
        ("lost", ("unknown", None), 1),
        ("gateway", ("unknown", None), 1),
        ("hang", ("unknown", None), 1),
    ],
)
async def test_what_a_failed_call_means(
    telegram: Telegram,
    double: TelegramDouble,
    kind: Kind,
    meaning: tuple[str, float | None],
    arrived: int,
) -> None:
    anna = double.chat(7)
    async with asyncio.timeout(2.5):  # no answer is noticed when the answer is due
        for method, message in (
            ("sendMessage", to_anna()),
            ("sendPhoto", to_anna(picture=png())),
        ):
            double.fail_next(method, kind, seconds=17)
            assert await failure(telegram, message) == meaning
    assert len(anna.messages) == 2 * arrived
    await telegram.send(to_anna("and then it goes on"))


async def test_who_is_not_there_is_blocked(telegram: Telegram, double: TelegramDouble) -> None:
    assert await failure(telegram, to_anna()) == ("blocked", None)  # never opened the bot
    double.chat(7).blocked = True
    assert await failure(telegram, to_anna()) == ("blocked", None)
    assert await failure(telegram, to_anna(edit_of="5")) == ("blocked", None)


@pytest.mark.parametrize(
    "message",
    [
        to_anna("x" * 4097),
        to_anna("😀" * 2049),
        to_anna(" "),
        to_anna("x" * 1025, picture=png()),
        to_anna(picture=b"not a picture"),
        to_anna(buttons=((RenderedButton("Join", "d" * 65),),)),
        to_anna(buttons=((RenderedButton(" ", "d"),),)),
        to_anna(buttons=tuple((JOIN,) for _ in range(101))),
    ],
    ids=["long", "utf16", "empty", "caption", "picture", "data", "label", "buttons"],
)
async def test_what_telegram_will_never_take_is_refused(
    telegram: Telegram, double: TelegramDouble, message: OutboundMessage
) -> None:
    anna = double.chat(7)
    assert await failure(telegram, message) == ("refused", None)
    assert anna.messages == []


@pytest.mark.parametrize("value", ["-100123", "@channel", "", "seven", "٧"])
async def test_nothing_goes_anywhere_but_to_a_person(
    telegram: Telegram, double: TelegramDouble, value: str
) -> None:
    message = replace(to_anna(), address=Address("telegram", value))
    assert await failure(telegram, message) == ("refused", None)
    assert double.called("sendMessage") == []


async def test_a_refused_connection_is_for_later() -> None:
    channel = Telegram(TOKEN, SECRET, unused_url(), QUICK)
    assert await failure(channel, to_anna()) == ("later", None)
    with pytest.raises(SendError, match="later: not reached"):
        await channel.start()
    await channel.close()


async def test_a_connection_that_never_opens_is_for_later() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        with socket.create_connection(address):  # the only place in the queue is taken
            channel = Telegram(TOKEN, SECRET, f"http://127.0.0.1:{address[1]}", QUICK)
            assert await failure(channel, to_anna()) == ("later", None)
            await channel.close()


async def test_a_server_that_takes_no_more_bytes_does_not_hold_us_for_ever() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(5)
        channel = Telegram(TOKEN, SECRET, f"http://127.0.0.1:{deaf.getsockname()[1]}", QUICK)
        large = to_anna(picture=png(bytes(16 * 2**20)))
        assert await failure(channel, large) == ("unknown", None)
        await channel.close()


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (403, "<html>Blocked by your provider", "later"),
        (404, "not here", "later"),
        (302, "", "later"),
        (401, '{"error": "sign in"}', "later"),
        (200, "<html>Welcome to Hotel Wi-Fi", "unknown"),
        (200, '{"ok": true}', "unknown"),
        (200, '{"ok": true, "result": {"odd": 1}}', "unknown"),
        (200, '{"ok": true, "result": true}', "unknown"),
        (503, "busy", "unknown"),
        (504, '{"ok": false, "error_code": 504, "description": "Gateway Time-out"}', "unknown"),
        (429, '{"ok": false, "error_code": 429, "description": "Too Many Requests"}', "soon"),
        (401, '{"ok": false, "error_code": 401, "description": "Unauthorized"}', "later"),
        (413, '{"ok": false, "error_code": 413, "description": "Too Large"}', "later"),
    ],
)
async def test_an_answer_that_is_not_the_bot_apis(status: int, body: str, meaning: str) -> None:
    """A proxy's 403 must never mark a member as gone."""
    async with somebody_else(status, body) as url:
        channel = Telegram(TOKEN, SECRET, url, QUICK)
        expected = ("later", 1.0) if meaning == "soon" else (meaning, None)
        assert await failure(channel, to_anna()) == expected
        await channel.close()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Chat not found", "Chat not found"),
        ("New chat id: -1001234567", "New chat id: -…"),
        (f"The token `{TOKEN}` was rejected", "The token `…` was rejected"),
        ("x" * 500, "x" * 160),
    ],
)
def test_a_reason_names_nobody(words: str, shown: str) -> None:
    assert impersonal(words) == shown


async def test_a_rejected_token_is_told_without_showing_it(double: TelegramDouble) -> None:
    channel = Telegram("1:wrong-token", SECRET, double.url, QUICK)
    with pytest.raises(SendError) as raised:
        await channel.start()
    assert raised.value.kind == "refused"
    assert "wrong-token" not in "".join(traceback.format_exception(raised.value))
    await channel.close()


async def test_logs_name_nobody(
    telegram: Telegram,
    double: TelegramDouble,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At the lowest level, with everything failing, also in what the SDK logs by itself."""
    caplog.set_level(logging.DEBUG)
    double.chat(7_654_321, first_name="Annabel")
    message = replace(to_anna("a secret word"), address=Address("telegram", "7654321"))
    acts: list[tuple[str, Callable[[], Any]]] = [
        ("sendMessage", lambda: telegram.send(message)),
        ("editMessageReplyMarkup", lambda: telegram.send(replace(message, clear_of="99"))),
        ("editMessageText", lambda: telegram.send(replace(message, edit_of="99"))),
        (
            "answerCallbackQuery",
            lambda: telegram.acknowledge(InboundMessage(message.address, "1", callback_id="q")),
        ),
    ]
    kinds: tuple[Kind, ...] = ("500", "gateway", "hang", "drop", "refuse")
    with capture_logs() as entries:
        for method, act in acts:
            for kind in kinds:
                double.fail_next(method, kind)
                try:
                    await act()
                except SendError as error:
                    entries.append({"event": str(error), "log_level": "error"})
        telegram._read({"update_id": 1, "message": {"text": "a secret word", "from": "Annabel"}})
    printed = capsys.readouterr()
    shown = f"{entries} {caplog.text} {printed.out} {printed.err}"
    assert "telegram.clear_failed" in shown
    assert "telegram.acknowledge_failed" in shown
    assert "telegram.update_unreadable" in shown
    for word in (TOKEN, "double.token", "7654321", "Annabel", "secret word"):
        assert word not in shown
