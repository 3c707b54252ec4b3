"""`run` and `demo` as processes: what they say where they can't serve anybody."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import CAFE
from tests.doubles.telegram import TOKEN, TelegramDouble

TAKEN = "port {} is taken, perhaps by another regulars; stop that one, or set another"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@asynccontextmanager
async def regulars(
    folder: Path, *arguments: str, **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command in a folder with the café, killed at the end whatever happens."""
    (folder / "programme.toml").write_text(CAFE, "utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *arguments),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_run_names_the_port_that_is_taken_and_nothing_else(
    tmp_path: Path, taken: int
) -> None:
    async with (
        TelegramDouble() as double,
        regulars(
            tmp_path,
            "run",
            REGULARS_PORT=str(taken),
            REGULARS_TELEGRAM_TOKEN=TOKEN,
            REGULARS_TELEGRAM_API_URL=double.url,
            REGULARS_LOG_LEVEL="warning",
        ) as process,
    ):
        out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert err.decode() == f"error: REGULARS_PORT: {TAKEN.format(taken)}\n"


async def test_demo_names_the_port_that_is_taken_and_prints_no_warning(
    tmp_path: Path, taken: int
) -> None:
    async with regulars(tmp_path, "demo", "--port", str(taken)) as process:
        out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert err.decode() == f"error: --port: {TAKEN.format(taken)}\n"


async def test_without_a_channel_run_says_once_that_nobody_can_write(tmp_path: Path) -> None:
    async with regulars(tmp_path, "run", REGULARS_PORT="0") as process:
        assert process.stderr is not None
        lines = []
        async with asyncio.timeout(30):
            while not lines or "listening" not in lines[-1]:
                lines.append((await process.stderr.readline()).decode())
            process.send_signal(signal.SIGTERM)
            _, rest = await process.communicate()
    warnings = [line for line in (*lines, *rest.decode().splitlines()) if "warning" in line.lower()]
    assert process.returncode == 0
    assert len(warnings) == 1
    assert "nobody can write yet" in warnings[0]
    assert "put REGULARS_TELEGRAM_TOKEN=… into .env" in warnings[0]
