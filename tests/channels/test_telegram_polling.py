"""Fetching Telegram's updates by long polling: nothing lost, nothing confirmed too early."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.channels.telegram import Telegram, Timing
from bot.channels.telegram_request import NotTaken, SlowDown
from bot.domain.messages import (
    Action,
    Address,
    Event,
    InboundMessage,
    OutboundMessage,
    RenderedButton,
)
from tests.channels.telegram_kit import SECRET
from tests.doubles.telegram import TOKEN, TelegramDouble, Webhook
from tests.doubles.telegram_methods import Kind

Handle = Callable[[Sequence[InboundMessage]], Awaitable[None]]


class Inbox:
    """Takes batches, failing as often as told; what it took is in `seen`."""

    def __init__(self, failures: int = 0) -> None:
        self.seen: list[list[Event]] = []
        self.failures = failures
        self.taken = asyncio.Event()
        self.may_finish = asyncio.Event()
        self.may_finish.set()

    async def __call__(self, events: Sequence[Event]) -> None:
        self.seen.append(list(events))
        self.taken.set()
        await self.may_finish.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the database of Anna is away")

    @property
    def texts(self) -> list[list[str]]:
        return [
            [
                event.text if isinstance(event, InboundMessage) else type(event).__name__
                for event in batch
            ]
            for batch in self.seen
        ]


@pytest.fixture
async def double() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double


@asynccontextmanager
async def polling(double: TelegramDouble, inbox: Handle, **timing: Any) -> AsyncIterator[Telegram]:
    """A channel that polls; leaving asks it to stop, which has to happen at once."""
    times = Timing(**{"connect_s": 1, "answer_s": 1, "pause_s": 0.01, **timing})
    channel = Telegram(TOKEN, SECRET, double.url, times)
    stop = asyncio.Event()
    poller = asyncio.create_task(channel.poll(inbox, stop))
    try:
        yield channel
    finally:
        stop.set()
        try:
            async with asyncio.timeout(2):
                await poller
        finally:
            await channel.close()


async def test_what_people_do_arrives_in_order(double: TelegramDouble) -> None:
    inbox = Inbox()
    anna = double.chat(7, "Anna", "cs")
    first = anna.write("/start join")
    async with polling(double, inbox) as channel:
        await double.settled()
        rows = ((RenderedButton("Join", "join"),),)
        await channel.send(OutboundMessage(Address("telegram", "7"), "Join?", rows))
        second = anna.press("Join")
        await double.settled()
    head: dict[str, Any] = {"address": Address("telegram", "7"), "name": "Anna", "language": "cs"}
    pressed = second["callback_query"]
    assert inbox.seen == [
        [InboundMessage(external_id=str(first["update_id"]), text="/start join", **head)],
        [
            InboundMessage(
                external_id=str(second["update_id"]),
                action=Action("join"),
                message_id=str(anna.messages[0].id),
                callback_id=pressed["id"],
                **head,
            )
        ],
    ]


async def test_a_batch_is_confirmed_only_after_it_was_handled(double: TelegramDouble) -> None:
    inbox = Inbox()
    inbox.may_finish.clear()
    double.chat(7).write("one")
    async with polling(double, inbox):
        await inbox.taken.wait()
        assert [u["message"]["text"] for u in double.pending] == ["one"]
        inbox.may_finish.set()
        await double.settled()
    assert inbox.texts == [["one"]]


async def test_a_batch_that_failed_comes_again(double: TelegramDouble) -> None:
    inbox = Inbox(failures=2)
    anna = double.chat(7)
    anna.write("one")
    anna.write("two")
    with capture_logs() as entries:
        async with polling(double, inbox):
            await double.settled()
    assert inbox.texts == [["one", "two"]] * 3
    expected = {"event": "telegram.poll_failed", "error": "RuntimeError", "reason": "RuntimeError"}
    assert entries == [{**expected, "log_level": "warning"}] * 2


@pytest.mark.parametrize("method", ["getUpdates", "deleteWebhook"])
@pytest.mark.parametrize("kind", ["500", "502", "gateway", "drop", "lost", "hang", "retry_after"])
async def test_polling_outlives_every_failure(
    double: TelegramDouble, kind: Kind, method: str
) -> None:
    inbox = Inbox()
    double.chat(7).write("one")
    double.fail_next(method, kind, seconds=1)
    async with polling(double, inbox, answer_s=0.1, poll_s=0):
        await double.settled()
    assert inbox.texts == [["one"]]


async def test_a_webhook_is_taken_away_and_what_waited_for_it_is_kept(
    double: TelegramDouble,
) -> None:
    inbox = Inbox()
    double.chat(7).write("one")
    double.webhook = Webhook("http://127.0.0.1:9/nobody-listens-here")
    async with polling(double, inbox):
        await double.settled()
    assert double.webhook is None
    assert inbox.texts == [["one"]]


async def test_a_second_poller_is_told_clearly(double: TelegramDouble) -> None:
    inbox = Inbox()
    with capture_logs() as entries:
        async with polling(double, inbox, pause_s=5):
            await double.wait_for_poll()
            async with polling(double, inbox):
                double.chat(7).write("one")
                await double.settled()
    assert inbox.texts == [["one"]]
    assert [(e["event"], e["log_level"]) for e in entries] == [("telegram.poll_conflict", "error")]
    assert TOKEN not in str(entries)


async def test_what_cannot_be_read_and_what_is_not_for_us_hold_nothing_up(
    double: TelegramDouble,
) -> None:
    inbox = Inbox()
    anna = double.chat(7)
    double.push("message", {"text": 5})
    anna.send(text="in the family", chat={"id": -5, "type": "group", "title": "Family"})
    anna.write("one")
    with capture_logs() as entries:
        async with polling(double, inbox):
            await double.settled()
    assert [text for batch in inbox.texts for text in batch] == ["UnreadableUpdate", "one"]
    assert [(e["event"], e["kinds"]) for e in entries] == [
        ("telegram.update_unreadable", ["message"])
    ]


async def test_nothing_to_hand_on_is_not_handed_on(double: TelegramDouble) -> None:
    inbox = Inbox()
    double.chat(7).send(text="hi", chat={"id": -5, "type": "group", "title": "Family"})
    async with polling(double, inbox):
        await double.settled()
    assert inbox.seen == []


async def test_only_what_we_answer_is_asked_for(double: TelegramDouble) -> None:
    inbox = Inbox()
    async with polling(double, inbox):
        await double.wait_for_poll()
        double.push("edited_message", {"text": "changed my mind"})
        assert list(double.pending) == []


async def test_a_quiet_hour_is_no_failure(double: TelegramDouble) -> None:
    with capture_logs() as entries:
        async with polling(double, Inbox(), answer_s=0.3, poll_s=1):
            await double.wait_for_poll(count=2)
    assert entries == []


async def test_a_success_ends_a_row_of_failures(
    double: TelegramDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[int] = []

    def pause_s(self: Telegram, failures: int, error: Exception) -> float:
        rows.append(failures)
        return 0.0

    monkeypatch.setattr(Telegram, "_pause_s", pause_s)
    anna = double.chat(7)
    double.fail_next("getUpdates", "500", times=2)
    anna.write("one")
    async with polling(double, Inbox()):
        await double.settled()
        double.fail_next("getUpdates", "500")
        anna.write("two")
        await double.settled()
    assert rows == [1, 2, 1]


async def test_stopping_ends_a_long_poll(double: TelegramDouble) -> None:
    async with polling(double, Inbox(), poll_s=600):
        await double.wait_for_poll()


async def test_stopping_ends_a_long_pause(double: TelegramDouble) -> None:
    double.fail_next("deleteWebhook", "500")
    async with polling(double, Inbox(), pause_s=600, longest_pause_s=600):
        await double.wait_for_call("deleteWebhook")


async def test_stopping_lets_a_batch_finish(double: TelegramDouble) -> None:
    inbox = Inbox(failures=1)
    inbox.may_finish.clear()
    double.chat(7).write("one")
    with capture_logs() as entries:
        async with polling(double, inbox):
            await inbox.taken.wait()
            asyncio.get_running_loop().call_later(0.05, inbox.may_finish.set)
    assert [e["event"] for e in entries] == ["telegram.poll_failed"]


def test_pauses_grow_to_half_a_minute_and_obey_telegram() -> None:
    channel = Telegram(TOKEN, SECRET)
    fault = NotTaken("x")
    for failures, longest in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (2_000, 30)]:
        pauses = {channel._pause_s(failures, fault) for _ in range(50)}
        assert min(pauses) >= longest / 2
        assert max(pauses) <= longest
        assert len(pauses) > 1
    assert channel._pause_s(1, SlowDown(45)) == 45
