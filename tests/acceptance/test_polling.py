"""Polling by lease, when the database has a bad moment (S29)."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot import app
from bot.clock import Clock


async def test_a_database_hiccup_ends_no_polling_and_leaves_none_unheld(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first try fails, the second holds, the renewal fails: polling stops, then goes on."""
    stop = asyncio.Event()
    answers = iter(["fails", True, "fails", True, True])
    polled: list[str] = []

    async def take(*_args: object) -> bool:
        answer = next(answers, True)
        if answer == "fails":
            raise ConnectionError("the database is away")
        return bool(answer)

    async def end(*_args: object) -> None:
        polled.append("lease ended")

    async def poll(_handle: object, lost: asyncio.Event) -> None:
        polled.append("polling")
        if polled.count("polling") == 2:
            stop.set()
        await lost.wait()
        polled.append("stopped")

    async def wait(event: asyncio.Event, _seconds: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(app.leases, "take", take)
    monkeypatch.setattr(app.leases, "end", end)
    monkeypatch.setattr(app, "_wait", wait)
    house = SimpleNamespace(clock=Clock(), work=None, dispatcher=None)
    telegram = SimpleNamespace(poll=poll)
    async with asyncio.timeout(10):
        await app._poll(cast(Any, house), cast(Any, telegram), stop)
    assert polled == ["polling", "stopped", "polling", "stopped", "lease ended"]
