"""Not faster than allowed, and nobody overtaken (S32)."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.pace import Pace


async def test_turns_come_in_order_and_no_closer_than_the_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))

    monkeypatch.setattr("bot.channels.pace.asyncio.sleep", sleep)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: 100.0)
    pace = Pace(4)
    for _ in range(3):
        await pace.turn()
    assert slept == [0.0, 0.25, 0.5]
