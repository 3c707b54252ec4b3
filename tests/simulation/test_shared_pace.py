"""S32: two processes deliver from one database, never faster together than one may alone."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

from bot.clock import Clock
from bot.services.unit_of_work import Work
from tests.delivery.kit import MARKETING, REPLY, Post, Provider
from tests.simulation.pace_worker import RATE

ROOT = Path(__file__).parents[2]
MESSAGES = 60


@asynccontextmanager
async def worker(url: str, name: str) -> AsyncIterator[Process]:
    """A process that delivers; killed at the end whatever happens."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.simulation.pace_worker", url, name),
        cwd=ROOT,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_s32_two_processes_keep_one_pace(work: Work, database_url: str) -> None:
    """Counted are the slots they took: no two are closer than the rate, whoever has them."""
    post = Post(work, Provider())
    post.watch.at = Clock().now()
    for number in range(MESSAGES):
        await post.says(await post.chat(), f"{number}", MARKETING if number % 3 else REPLY)
    async with worker(database_url, "one") as one, worker(database_url, "two") as two:
        said = await asyncio.gather(*(process.communicate(b"\n") for process in (one, two)))
    assert [(out.split()[-1:], error.decode()) for out, error in said] == [([b"done"], "")] * 2
    lines = [line.split() for out, _ in said for line in out.decode().splitlines()]
    slots = sorted(float(line[1]) for line in lines if line[0] == "slot")
    assert len(slots) >= MESSAGES
    assert min(later - earlier for earlier, later in pairwise(slots)) >= 1 / RATE - 1e-6
    sent = [line[2] for line in lines if line[0] == "sent"]
    assert sorted(sent, key=int) == [f"{number}" for number in range(MESSAGES)]
