"""A process of its own that delivers what is due: python -m tests.simulation.pace_worker URL NAME.

Says "ready", begins when it is sent a line, says each slot of its sender that it took and each
message it sent, and ends with "done" when nothing is left. Run by test_shared_pace.py.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from bot.clock import Clock
from bot.rendering import Links, Renderer
from bot.sender import Sender
from bot.services.unit_of_work import Work
from bot.storage import outbox, pace
from bot.storage.database import Database
from bot.storage.keys import open_vault
from locales import Catalogues
from tests.conftest import NOW, SECRET
from tests.delivery.kit import Provider

RATE = 50.0


async def deliver(work: Work) -> None:
    """Rounds until everything is sent."""
    provider = Provider("sms", rate=RATE)
    provider.watched = lambda message: print("sent", message.text, flush=True)
    words = Catalogues.load()
    renderer = Renderer(words, Links("https://cafe.example"))
    sender = Sender(work=work, clock=Clock(), channels={"sms": provider}, renderer=renderer)
    while True:
        await sender.deliver_due()
        async with work.reading() as reader:
            states = await outbox.counts(reader)
        if states.keys() == {"accepted"}:
            return


def tell_slots() -> None:
    """Have every slot that is taken said."""
    take = pace.take

    async def told(*given: Any, **named: Any) -> pace.Slot:
        slot = await take(*given, **named)
        if slot.taken:
            print("slot", slot.at.timestamp(), flush=True)
        return slot

    pace.take = told


async def main(url: str, name: str) -> None:
    """Open the database as the bot does and work until nothing is due."""
    database = await Database.open(url)
    try:
        await open_vault(database, [SECRET], NOW)
        tell_slots()
        print("ready", flush=True)
        sys.stdin.readline()
        await deliver(Work(database, Catalogues.load().languages, owner=name))
        print("done", flush=True)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
