"""A process of its own that stamps a few members as fast as it can: python worker.py URL NAME N.

Says "ready", begins when it is sent a line, says how many stamps it has given after each, and ends
with "done". Run by test_two_processes.py.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

from bot.domain.members import Role, Staff
from bot.services import earning, redeeming
from bot.services.results import Earned
from bot.services.unit_of_work import Work
from bot.services.wallets import wallet
from bot.storage import members
from bot.storage.database import Database
from bot.storage.keys import open_vault
from tests.conftest import SECRET

NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)
#: The colleagues and members the test has made have these numbers.
STAFF = {"one": 1, "two": 2}
MEMBERS = (1, 2, 3)


async def stamp_and_read(work: Work, name: str, turns: int) -> None:
    """Read, then write, in one transaction; now and then redeem and read beside it."""
    me = Staff(STAFF[name], name, Role.CASHIER)
    for turn in range(turns):
        member = MEMBERS[turn % len(MEMBERS)]
        async with work.unit_of_work() as uow:
            await members.lock(uow.tx, member)
            before = await wallet(uow.tx, uow.programme, member, NOW)
            earned = await earning.stamp(uow, member, 1, me, f"{name}:{turn}", NOW)
            after = await wallet(uow.tx, uow.programme, member, NOW)
        assert isinstance(earned, Earned), earned
        card = 10 * len(earned.rewards)
        assert after.balance("stamps") == before.balance("stamps") + 1 - card
        if earned.rewards:
            async with work.unit_of_work() as uow:
                await redeeming.reserve(uow, member, "coffee", f"{name}:{turn}:coffee", NOW)
        async with work.reading() as reader:
            await wallet(reader, uow.programme, member, NOW)
        print(turn + 1, flush=True)


async def main(url: str, name: str, turns: int) -> None:
    """Open the database as the bot does and work until the turns are over."""
    database = await Database.open(url)
    try:
        await open_vault(database, [SECRET], NOW)
        print("ready", flush=True)
        sys.stdin.readline()
        await stamp_and_read(Work(database, ("en", "cs"), owner=name), name, turns)
        print("done", flush=True)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
