"""A broadcast to many, sent by several real processes that are killed again and again.

What arrived is counted from the double's own log, not from our tables. Used by test_broadcast.py
with a few hundred people, and by `make faults` with 20,000.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import aiohttp

from bot import programmes
from bot.cli.opening import open_work
from bot.clock import Clock
from bot.domain.members import Consent
from bot.domain.messages import Address
from bot.domain.segments import parse
from bot.services import broadcasts
from bot.services.unit_of_work import Work
from bot.settings import Settings
from bot.storage import conversations, members
from bot.storage.database import Database
from bot.storage.migrate import migrate
from tests.conftest import SECRET
from tests.doubles.telegram import TOKEN

ROOT = Path(__file__).parents[2]
#: Written once, people at a time.
PAGE = 500
#: In seconds: what is in doubt is settled after a minute.
PATIENCE = 1800
TEXT = "New on the counter from Monday: poppy seed cake."


@dataclass
class Sent:
    """What came of it: how often each person got it, by the double's log, and what we know."""

    people: int
    arrived: Counter[str]
    states: Mapping[str, int]
    kills: int
    seconds: float
    seed: int

    @property
    def repeated(self) -> list[str]:
        """Who got it more than once."""
        return [chat for chat, times in self.arrived.items() if times > 1]

    @property
    def missing(self) -> int:
        """How many did not get it."""
        return self.people - len(self.arrived)


@dataclass
class Broadcast:
    """The installation: its database, its Telegram, its delivering processes."""

    url: str
    folder: Path
    people: int
    processes: int
    kills: int
    seed: int
    running: list[asyncio.subprocess.Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.log = self.folder / "calls.jsonl"
        self.programme = self.folder / "programme.toml"
        text = programmes.preset("cafe-stamps") + '\n[quiet_hours]\nstart = "0:00"\nend = "0:00"\n'
        self.programme.write_text(text, "utf-8")

    async def run(self) -> Sent:
        """Send it, and count."""
        started = perf_counter()
        async with AsyncExitStack() as stack:
            telegram = await stack.enter_async_context(self._telegram())
            environment = self._environment(telegram)
            settings = Settings.load(environment)
            database = await Database.open(self.url)
            try:
                await migrate(database, datetime.now(UTC))
            finally:
                await database.close()
            work = await stack.enter_async_context(open_work(settings, Clock(), migrate=True))
            await self._invite(work, telegram)
            await self._begin(work)
            stack.push_async_callback(self._end)
            await self._deliver(work, environment)
            states = await self._states(work)
        return Sent(
            self.people, self._arrived(), states, self.kills, perf_counter() - started, self.seed
        )

    def _environment(self, telegram: str) -> dict[str, str]:
        return {
            "REGULARS_DATABASE_URL": self.url,
            "REGULARS_PROGRAMME": str(self.programme),
            "REGULARS_SECRET_KEY": SECRET,
            "REGULARS_TELEGRAM_TOKEN": TOKEN,
            "REGULARS_TELEGRAM_API_URL": telegram,
            "REGULARS_TELEGRAM_RATE": "10000",
            "REGULARS_LOG_LEVEL": "error",
        }

    @asynccontextmanager
    async def _telegram(self) -> AsyncIterator[str]:
        process = await self._start("tests.doubles.telegram", "--port", "0", "--log", str(self.log))
        try:
            assert process.stdout is not None
            line = (await process.stdout.readline()).decode()
            found = re.search(r"http://\S+", line)
            assert found, line
            yield found[0]
        finally:
            process.kill()
            await process.wait()

    async def _start(
        self, module: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            stdout=asyncio.subprocess.PIPE if "doubles" in module else asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def _invite(self, work: Work, telegram: str) -> None:
        """Everybody is a member who wrote on Telegram and wants offers."""
        async with aiohttp.ClientSession() as session:
            for number in range(self.people):
                wrote = {"user": number + 1, "write": "hello"}
                async with session.post(f"{telegram}/control/update", json=wrote) as answer:
                    assert answer.status == 200, await answer.text()
        now = datetime.now(UTC)
        for begin in range(0, self.people, PAGE):
            async with work.unit_of_work() as uow:
                for number in range(begin, min(begin + PAGE, self.people)):
                    address = Address("telegram", f"{number + 1}")
                    chat = await conversations.enter(uow.tx, address, "telegram", "en", now)
                    member = await members.create(
                        uow.tx, name="Anna", language="en", now=now, source="chat"
                    )
                    await conversations.belongs_to(uow.tx, chat.identity_id, member.id)
                    consent = Consent("telegram", "marketing", True, "joining", "1", "chat", now)
                    await members.add_consent(uow.tx, member.id, consent)

    async def _begin(self, work: Work) -> None:
        now = datetime.now(UTC)
        async with work.unit_of_work() as uow:
            segment = parse("all", uow.programme)
            draft = await broadcasts.draft(uow, {"en": TEXT}, segment, None, now)
            await broadcasts.start(uow, draft.id, self.people, now)

    async def _deliver(self, work: Work, environment: Mapping[str, str]) -> None:
        """Processes send; every now and then one dies in the middle, and another is started."""
        for _ in range(self.processes):
            await self._deliverer(environment)
        for kill in range(self.kills):
            share = (kill + 1) / (self.kills + 1)
            await self._until(work, lambda done, share=share: done >= share * self.people)
            victim = self.running.pop(self.dice.randrange(len(self.running)))
            victim.send_signal(signal.SIGKILL)
            await victim.wait()
            await self._deliverer(environment)
        async with asyncio.timeout(PATIENCE):
            while await self._open(work):  # noqa: ASYNC110 - no event crosses processes
                await asyncio.sleep(0.5)

    async def _deliverer(self, environment: Mapping[str, str]) -> None:
        only = ("run", "--only", "delivery,scheduler")
        self.running.append(await self._start("bot", *only, environment=environment))

    async def _until(self, work: Work, enough: object) -> None:
        assert callable(enough)
        async with asyncio.timeout(PATIENCE):
            while not enough(len(self._arrived())):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def _open(self, work: Work) -> bool:
        """Whether anything is still to be planned, sent, or in doubt."""
        async with work.reading() as reader:
            row = await reader.row(
                "SELECT (SELECT COUNT(*) FROM occasion WHERE state = 'planned') + "
                "(SELECT COUNT(*) FROM outbox WHERE state IN ('due', 'sending')) + "
                "(SELECT COUNT(*) FROM broadcast WHERE state = 'running') AS waiting"
            )
        assert row is not None
        return int(row["waiting"]) > 0

    async def _states(self, work: Work) -> dict[str, int]:
        async with work.reading() as reader:
            rows = await reader.rows(
                "SELECT o.state, COUNT(*) AS n FROM occasion c JOIN outbox o ON o.id = c.outbox_id "
                "GROUP BY o.state"
            )
        return {row["state"]: int(row["n"]) for row in rows}

    def _arrived(self) -> Counter[str]:
        if not self.log.exists():
            return Counter()
        calls = []
        with self.log.open() as lines:
            for line in lines:
                with suppress(ValueError):  # the last line may be half written
                    calls.append(json.loads(line))
        return Counter(
            str(call["params"]["chat_id"])
            for call in calls
            if call["method"] == "sendMessage" and call["accepted"]
        )

    async def _end(self) -> None:
        for process in self.running:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                async with asyncio.timeout(30):
                    assert await process.wait() == 0
            except TimeoutError:
                process.kill()
                await process.wait()


def show(sent: Sent, where: str) -> None:
    """Print what came of it."""
    print(
        f"{where}, seed {sent.seed}: {sent.people} people, {sent.kills} kills, "
        f"{sent.seconds:.0f} s; arrived {len(sent.arrived)}, repeated {len(sent.repeated)}, "
        f"missing {sent.missing}; our states {dict(sent.states)}"
    )


async def _main(people: int, kills: int, seed: int) -> None:
    from benchmarks.databases import postgres

    with postgres() as place, place.copy() as url, tempfile.TemporaryDirectory() as folder:
        show(await Broadcast(url, Path(folder), people, 3, kills, seed).run(), "PostgreSQL")


def main() -> None:
    """Run it on PostgreSQL as large as wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    asyncio.run(_main(given.people, given.kills, given.seed))


if __name__ == "__main__":
    main()
