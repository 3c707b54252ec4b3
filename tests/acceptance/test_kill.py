"""Real processes against a Telegram on loopback: killed, stopped, and two at once (S31).

`regulars run` is started as an operator starts it, over the real python-telegram-bot.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import programmes
from tests.doubles.telegram import TOKEN

ROOT = Path(__file__).parents[2]
#: Longer than a lease of the outbox and of polling together, in seconds.
PATIENCE = 60.0

pytestmark = pytest.mark.timeout(180)


class Double:
    """A Telegram in a process of its own, led over HTTP."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._session = session

    async def person(self, user: int, **what: str) -> None:
        await self._post("update", {"user": user, **what})

    async def fail(self, method: str, kind: str, times: int) -> None:
        await self._post("fail", {"method": method, "kind": kind, "times": times})

    async def called(self, method: str) -> int:
        async with self._session.get(f"{self.url}/control/calls") as answer:
            return sum(call["method"] == method for call in await answer.json())

    async def chat(self, user: int) -> list[str]:
        async with self._session.get(f"{self.url}/control/chats/{user}") as answer:
            return [shown["text"] or shown["caption"] for shown in await answer.json()]

    async def _post(self, what: str, body: dict[str, Any]) -> None:
        async with self._session.post(f"{self.url}/control/{what}", json=body) as answer:
            assert answer.status == 200, await answer.text()


@asynccontextmanager
async def program(
    *command: str, environment: dict[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of ours, killed at the end whatever happens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something another process does, which can only be asked for."""
    async with asyncio.timeout(PATIENCE):
        while not await true():  # noqa: ASYNC110 - no event crosses processes
            await asyncio.sleep(0.05)


@pytest.fixture
async def double(tmp_path: Path) -> AsyncIterator[Double]:
    log = str(tmp_path / "calls.jsonl")
    async with (
        program("-m", "tests.doubles.telegram", "--port", "0", "--log", log) as process,
        aiohttp.ClientSession() as session,
    ):
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        found = re.search(r"http://\S+", line)
        assert found, line
        yield Double(found[0], session)


@pytest.fixture
def environment(double: Double, tmp_path: Path) -> dict[str, str]:
    """The settings of one installation on SQLite."""
    programme = tmp_path / "programme.toml"
    programme.write_text(programmes.preset("cafe-stamps"), "utf-8")
    return {
        "REGULARS_DATABASE_URL": f"sqlite://{tmp_path}/data/regulars.db",
        "REGULARS_PROGRAMME": str(programme),
        "REGULARS_TELEGRAM_TOKEN": TOKEN,
        "REGULARS_TELEGRAM_API_URL": double.url,
        "REGULARS_PORT": "0",
        "REGULARS_LOG_FORMAT": "json",
    }


@asynccontextmanager
async def regulars(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """`regulars run`, once it says it listens."""
    async with program("-m", "bot", "run", environment=environment) as process:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while json.loads(await process.stdout.readline())["event"] != "listening":
                pass
        yield process


async def ledger_is_right(environment: dict[str, str]) -> bool:
    async with program("-m", "bot", "ledger", "verify", environment=environment) as process:
        return await process.wait() == 0


async def test_killed_between_commit_and_send_says_it_once(
    double: Double, environment: dict[str, str]
) -> None:
    """What was committed is said by the next process, exactly once."""
    async with regulars(environment) as first:
        await double.fail("sendMessage", "500", times=2)
        await double.person(7, write="/start")

        async def tried() -> bool:
            return await double.called("sendMessage") > 0

        await until(tried)
        first.send_signal(signal.SIGKILL)
        assert await first.wait() == -signal.SIGKILL
    assert await double.chat(7) == []
    async with regulars(environment) as second:

        async def said() -> bool:
            return len(await double.chat(7)) > 0

        await until(said)
        await double.person(7, press="Join")

        async def joined() -> bool:
            return "May we also write" in (await double.chat(7))[-1]

        await until(joined)
        second.send_signal(signal.SIGTERM)
        assert await second.wait() == 0
    assert [text.split("\n")[0] for text in await double.chat(7)] == [
        "Welcome to Kavárna Lípa.",
        "You're in, Anna.",
        "May we also write to you about gifts and offers? "
        "At most 6 a month, stop any time. Your card works either way.",
    ]
    assert await ledger_is_right(environment)


async def test_two_processes_on_one_file_answer_each_message_once(
    double: Double, environment: dict[str, str]
) -> None:
    """One polls; when it is stopped the other takes over; nobody is answered twice."""
    users = range(1, 6)

    async def answers() -> list[int]:
        return [len(await double.chat(user)) for user in users]

    async with regulars(environment) as first, regulars(environment) as second:
        for user in users:
            await double.person(user, write="/start")

        async def welcomed() -> bool:
            return await answers() == [1] * len(users)

        await until(welcomed)
        first.send_signal(signal.SIGTERM)
        assert await first.wait() == 0
        for user in users:
            await double.person(user, write="/help")

        async def helped() -> bool:
            return await answers() == [2] * len(users)

        await until(helped)
        second.send_signal(signal.SIGTERM)
        assert await second.wait() == 0
    assert await answers() == [2] * len(users)
