"""A stamp press at a till with a year behind it against one on its first day, on one database.

Nothing that is asked at the till may read through all that was ever done there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from time import perf_counter

from benchmarks.cafe import NOON, Regular, Till, furnish
from benchmarks.databases import Place, opened
from benchmarks.measuring import Outcome, compare
from benchmarks.presses import HEADERS, shifts
from benchmarks.webhook import Deaf
from bot.app import House, build
from bot.channels.base import RawRequest
from bot.clock import Clock
from bot.services.unit_of_work import Work
from bot.settings import Settings

#: Eighty stamps a day.
STAMPS = 30_000
PRESSES = 40
AIM = 0.8


async def measure(place: Place, rounds: int) -> Outcome:
    """The old till against the new one, press by press, each with its replies."""
    with place.copy() as url:
        async with opened(url) as work:
            old, new, others = await furnish(work, tills=3, regulars=50)
            await _live_through(work, old, others.regulars)
            house = build(Settings(), work, Clock(), {"telegram": Deaf()})
            old_presses, new_presses = shifts([old], PRESSES), shifts([new], PRESSES)

            async def ours() -> float:
                return await _press(house, next(old_presses)[0])

            async def yardstick() -> float:
                return await _press(house, next(new_presses)[0])

            return await compare(
                f"a stamp press after {STAMPS} others, {place.name}",
                ours,
                yardstick,
                unit="presses/s",
                against="the same at a new till",
                aim=AIM,
                rounds=rounds,
            )


async def _press(house: House, bodies: list[str]) -> float:
    headers = {name.lower(): value for name, value in HEADERS.items()}
    started = perf_counter()
    for body in bodies:
        for event in house.channels["telegram"].parse(RawRequest(headers, body.encode())):
            await house.dispatcher.handle(event)
        await house.dispatcher.idle()
    return (perf_counter() - started) / len(bodies)


async def _live_through(work: Work, till: Till, stamped: Sequence[Regular]) -> None:
    """A year of stamps, and of messages in the colleague's chat, a row each.

    SQLite counts on after these numbers by itself; PostgreSQL would not.
    """
    days = [NOON - timedelta(days=365 * (STAMPS - number) / STAMPS) for number in range(STAMPS)]
    ids = [stamped[number % len(stamped)].id for number in range(STAMPS)]
    async with work.unit_of_work() as uow:
        await uow.tx.execute_many(
            "INSERT INTO operation (id, key, kind, member_id, staff_id, answer_sealed, created_at) "
            "VALUES ($1, $2, 'stamp', $3, $4, '', $5)",
            [
                (number, f"year:{number}", member, till.colleague.id, at)
                for number, (member, at) in enumerate(zip(ids, days, strict=True), 1)
            ],
        )
        await uow.tx.execute_many(
            "INSERT INTO entry (id, month, operation_id, member_id, unit, amount, kind, "
            "occurred_at, recorded_at) VALUES ($1, 202601, $1, $2, 'stamps', 1, 'earn', $3, $3)",
            [(n, member, at) for n, (member, at) in enumerate(zip(ids, days, strict=True), 1)],
        )
        chat = await uow.tx.row(
            "SELECT c.id FROM conversation c JOIN identity i ON i.id = c.identity_id "
            "WHERE i.staff_id = $1",
            till.colleague.id,
        )
        assert chat is not None
        await uow.tx.execute_many(
            "INSERT INTO outbox (id, conversation_id, class, body_sealed, choices, state, due_at, "
            "created_at) VALUES ($1, $2, 'reply', '', $3, 'accepted', $4, $4)",
            [(number, chat["id"], True, at) for number, at in enumerate(days, 1)],
        )
