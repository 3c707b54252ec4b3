"""Importing 100,000 past purchases: seconds, and how much memory grows with the file.

`python -m benchmarks.importing URL FILE` imports a file in a process of its own, whose peak memory
is then its own.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import resource
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from benchmarks.databases import Place, opened
from benchmarks.measuring import Outcome, compare
from bot import programmes
from bot.services import replaying
from bot.services.unit_of_work import Work
from bot.storage.spool import Spool

LINES = 100_000
PEOPLE = 8_000
#: Seconds for all of them, half of which is waiting so that tills get in.
MOST_SECONDS = 60
#: A file ten times as long takes this share of the memory at least.
MEMORY_AIM = 0.8
#: Purchases of one member, all at one instant.
HEAP = 5_000
HEAP_AIM = 0.8
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def measure(place: Place, rounds: int) -> list[Outcome]:
    """Time and memory, and one member's many purchases against many members' few."""
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder:
        files = Path(folder)
        long, short = files / "long.csv", files / "short.csv"
        _write(long, LINES, PEOPLE)
        _write(short, LINES // 10, PEOPLE)
        async with _shop(place) as url:
            return [
                await _seconds(place, url, long, rounds),
                await _memory(place, url, (short, long)),
                await _heap(place, url, files, rounds),
            ]


async def _seconds(place: Place, url: str, file: Path, rounds: int) -> Outcome:
    async def ours() -> float:
        return (await _imported(place, url, file))[0] / LINES

    async def aim() -> float:
        return MOST_SECONDS / LINES

    return await compare(
        f"importing {LINES:,} purchases, {place.name}",
        ours,
        aim,
        unit="purchases/s",
        against=f"as many in {MOST_SECONDS} s, which is the aim",
        aim=1,
        rounds=min(rounds, 3),
    )


async def _memory(place: Place, url: str, files: tuple[Path, Path]) -> Outcome:
    # A thousandth of a second stands for a megabyte.
    async def ours() -> float:
        return (await _imported(place, url, files[1]))[1] / 1000

    async def fewer() -> float:
        return (await _imported(place, url, files[0]))[1] / 1000

    found = await compare(
        f"peak memory of importing {LINES:,} purchases, {place.name}",
        ours,
        fewer,
        unit="ms",
        against=f"that of {LINES // 10:,}",
        aim=MEMORY_AIM,
        rounds=1,
    )
    return replace(found, unit="MB")


async def _heap(place: Place, url: str, folder: Path, rounds: int) -> Outcome:
    one, many = folder / "one.csv", folder / "many.csv"
    lines = [f"2025-05-05,{number % 900 + 1}" for number in range(HEAP)]
    one.write_text("member,at,amount\n" + "".join(f"M1,{line}\n" for line in lines), "utf-8")
    numbered = enumerate(lines, 1)
    many.write_text(
        "member,at,amount\n" + "".join(f"M{n},{line}\n" for n, line in numbered), "utf-8"
    )

    async def ours() -> float:
        return (await _imported(place, url, one))[0] / HEAP

    async def spread() -> float:
        return (await _imported(place, url, many))[0] / HEAP

    return await compare(
        f"importing {HEAP:,} purchases of one member at one instant, {place.name}",
        ours,
        spread,
        unit="purchases/s",
        against="as many of as many members",
        aim=HEAP_AIM,
        rounds=rounds,
    )


@asynccontextmanager
async def _shop(place: Place) -> AsyncIterator[str]:
    """A points shop with its members, to be copied."""
    with place.copy() as url:
        async with opened(url) as work:
            await work.adopt(programmes.preset("points-shop"), NOW)
            await _people(work)
        yield url


async def _people(work: Work) -> None:
    async with work.unit_of_work() as uow:
        name = uow.tx.vault.seal("member.name", "Anna Nová")
        await uow.tx.execute_many(
            "INSERT INTO member (code, name_sealed, language, source, joined_at) "
            "VALUES ($1, $2, 'cs', 'import', $3)",
            [(f"M{n}", name, NOW - timedelta(days=1500)) for n in range(1, PEOPLE + 1)],
        )


def _write(file: Path, lines: int, people: int) -> None:
    chance = random.Random(4)
    with file.open("w", encoding="utf-8") as stream:
        stream.write("member,at,amount,receipt\n")
        for number in range(lines):
            who = chance.randrange(people * 10 // 9) + 1
            at = NOW - timedelta(seconds=chance.randrange(2 * 365 * 86_400) + 1)
            member = f"M{who}" if who <= people else ""
            amount = chance.randrange(50, 90_000) / 100
            stream.write(f"{member},{at.isoformat()},{amount:.2f},{number}\n")


async def _imported(place: Place, url: str, file: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of an import into a copy."""
    with place.copy(url) as copy:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.importing", copy, str(file)),
            stdout=asyncio.subprocess.PIPE,
        )
        answer, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the import failed")
    seconds, megabytes = json.loads(answer)
    return float(seconds), float(megabytes)


async def _import(url: str, file: Path) -> float:
    async with opened(url) as work:
        started = perf_counter()
        with file.open(encoding="utf-8", newline="") as stream, Spool() as spool:
            problems = await replaying.check(work, stream, LINES, spool, NOW, _quiet)
            if problems:
                raise RuntimeError(problems[0].message)
            await replaying.apply(work, spool, NOW, _quiet)
        return perf_counter() - started


def _quiet(_done: int, _total: int) -> None:
    """Nobody looks."""


def main() -> None:
    """Import a file, and print the seconds and the peak memory in megabytes."""
    seconds = asyncio.run(_import(sys.argv[1], Path(sys.argv[2])))
    print(json.dumps([seconds, _peak_mb()]))


def _peak_mb() -> float:
    """The most memory this process had, in megabytes.

    On Linux `ru_maxrss` remembers the process that started this one; VmHWM does not.
    https://man7.org/linux/man-pages/man2/getrusage.2.html
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) / 1024  # type: ignore[index]
    # Bytes on macOS, kilobytes elsewhere.
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()
