"""S10: two processes on one database at once, and one of them killed in the middle."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.services.unit_of_work import Work
from tests.services.shop import NOW, Shop, cafe

TURNS = 200
ROOT = Path(__file__).parents[2]

Start = Callable[[str], Awaitable[Process]]


@pytest.fixture
async def shop(work: Work) -> Shop:
    """A café with two colleagues and three members, whom the workers know by number."""
    shop = Shop(work)
    limits = (
        ("member_stamps_a_day = 10", "member_stamps_a_day = 1000"),
        ("colleague_stamps_a_day = 300", "colleague_stamps_a_day = 1000"),
    )
    await work.adopt(cafe(*limits), NOW)
    for name in ("one", "two"):
        await shop.colleague(name)
    for name in ("Anna", "Ben", "Cyril"):
        await shop.member(name)
    return shop


@pytest.fixture
async def start(database_url: str) -> AsyncIterator[Start]:
    """Starts workers; whatever is still running at the end is killed."""
    started: list[Process] = []

    async def start(name: str) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.simulation.worker",
            database_url,
            name,
            str(TURNS),
            cwd=ROOT,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def together(start: Start) -> tuple[Process, Process]:
    """Both workers, open and let go at the same moment."""
    workers = await start("one"), await start("two")
    for worker in workers:
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"ready\n", await worker.communicate()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(b"\n")
        await worker.stdin.drain()
    return workers


async def stamps_written(shop: Shop) -> int:
    async with shop.work.reading() as reader:
        row = await reader.row(
            "SELECT COALESCE(SUM(amount), 0) AS n FROM entry WHERE kind = 'earn'"
        )
    assert row is not None
    return int(row["n"])


async def stamps_held(shop: Shop) -> int:
    """Stamps on cards and in rewards, reserved ones too."""
    async with shop.work.reading() as reader:
        row = await reader.row(
            "SELECT COALESCE(SUM(CASE WHEN kind = 'fill' THEN 0 ELSE amount END), 0) AS n "
            "FROM entry WHERE unit = 'stamps'"
        )
        cards = await reader.row("SELECT COUNT(*) AS n FROM entry WHERE kind = 'reward'")
        lots = await reader.row("SELECT SUM(remaining) AS n FROM lot WHERE unit = 'stamps'")
    assert row is not None
    assert cards is not None
    assert lots is not None
    assert int(row["n"]) == 10 * int(cards["n"]) + int(lots["n"])
    return int(row["n"])


async def test_s10_two_processes_that_read_and_write_lose_nothing(shop: Shop, start: Start) -> None:
    workers = await together(start)
    said = await asyncio.gather(*(worker.communicate() for worker in workers))
    assert [(out.splitlines()[-1:], err.decode()) for out, err in said] == [([b"done"], "")] * 2
    assert (await stamps_written(shop), await stamps_held(shop)) == (2 * TURNS, 2 * TURNS)
    assert await shop.count("operation WHERE kind = 'stamp'") == 2 * TURNS
    assert await shop.verify() == []


async def test_s10_one_that_is_killed_leaves_whole_operations_and_the_other_goes_on(
    shop: Shop, start: Start
) -> None:
    one, two = await together(start)
    assert one.stdout is not None
    said = 0
    while said < TURNS // 4:
        said = int(await one.stdout.readline())
    one.kill()
    out, _ = await one.communicate()
    said = int(([str(said).encode(), *out.split()])[-1])
    out, err = await two.communicate()
    assert (out.splitlines()[-1:], err.decode()) == ([b"done"], "")
    written = await stamps_written(shop)
    # What it said was written was; what it had begun is there whole or not at all.
    assert written - TURNS in (said, said + 1)
    assert await stamps_held(shop) == written
    assert await shop.verify() == []
    # Nothing it held keeps anybody waiting.
    bara = await shop.colleague()
    async with asyncio.timeout(5):
        for name in range(3):
            await shop.stamp(await shop.member(f"{name}"), bara)
    assert await shop.verify() == []
