"""`ledger verify` over a million entries, against the time it may take."""

from __future__ import annotations

from time import perf_counter

from benchmarks.crowd import DAYS, NOW, days_ago, numbers
from benchmarks.databases import Place, opened
from benchmarks.measuring import Outcome, Round, compare
from bot import programmes
from bot.services import statistics
from bot.services.statistics import Period
from bot.services.unit_of_work import Work
from bot.storage import verify

ENTRIES = 1_000_000
PEOPLE = 50_000
MOST_SECONDS = 10


async def measure(place: Place, rounds: int) -> list[Outcome]:
    """Verifying, and all key figures, over the same ledger."""
    with place.copy() as url:
        async with opened(url) as work:
            await _fill(work)

            async def proof() -> float:
                started = perf_counter()
                async with work.reading(long=True) as reader:
                    if found := await verify.differences(reader):
                        raise RuntimeError(f"the ledger does not add up: {found[0]}")
                return perf_counter() - started

            async def figures() -> float:
                programme = await work.programme()
                started = perf_counter()
                async with work.reading(long=True) as reader:
                    period = Period.lately(programme, NOW)
                    await statistics.figures(reader, programme, period, NOW)
                return perf_counter() - started

            return [
                await _against(
                    f"ledger verify over {ENTRIES:,} entries, {place.name}", proof, rounds
                ),
                await _against(f"stats over {ENTRIES:,} entries, {place.name}", figures, rounds),
            ]


async def _against(name: str, ours: Round, rounds: int) -> Outcome:
    async def aim() -> float:
        return float(MOST_SECONDS)

    return await compare(
        name,
        ours,
        aim,
        unit="ms",
        against=f"{MOST_SECONDS} s, which is the aim",
        aim=1,
        rounds=min(rounds, 3),
    )


async def _fill(work: Work) -> None:
    """Of every ten purchases' points two were spent and one ended; the database makes them."""
    await work.adopt(programmes.preset("points-shop"), NOW)
    earned = ENTRIES * 10 // 13
    async with work.unit_of_work() as uow:
        tx, lots = uow.tx, numbers(uow.tx, earned)
        at = days_ago(tx, f"n * 7 % {DAYS}")
        await tx.execute(
            "INSERT INTO member (id, code, name_sealed, language, source, joined_at) "
            f"SELECT n, 'C' || n, '', 'cs', 'chat', {days_ago(tx, str(2 * DAYS))} "
            f"FROM {numbers(tx, PEOPLE)} WHERE TRUE"
        )
        await tx.execute(
            "INSERT INTO operation (id, key, kind, member_id, answer_sealed, created_at) "
            f"SELECT n, 'crowd' || n, 'sale', n % {PEOPLE} + 1, '', {at} FROM {lots} WHERE TRUE"
        )
        await tx.execute(
            "INSERT INTO purchase (operation_id, member_id, amount_minor, currency, occurred_at) "
            "SELECT id, member_id, 12345, 'CZK', created_at FROM operation"
        )
        await tx.execute(
            "INSERT INTO entry (id, month, operation_id, member_id, unit, amount, kind, "
            "occurred_at, recorded_at) SELECT id, 202602, id, member_id, 'points', 10, 'earn', "
            "created_at, created_at FROM operation"
        )
        await tx.execute(
            "INSERT INTO lot (id, entry_id, entry_month, member_id, unit, amount, remaining, rule, "
            "earned_at, ends_at) SELECT id, id, month, member_id, unit, amount, "
            "CASE WHEN id % 10 < 3 THEN 0 ELSE amount END, 'purchase', occurred_at, "
            f"CASE WHEN id % 10 = 2 THEN occurred_at ELSE {days_ago(tx, str(-DAYS))} END FROM entry"
        )
        await tx.execute(
            "INSERT INTO entry (id, month, operation_id, member_id, unit, amount, kind, "
            f"occurred_at, recorded_at) SELECT id + {earned}, month, operation_id, member_id, "
            "unit, -amount, CASE WHEN id % 10 = 2 THEN 'expire' ELSE 'reserve' END, occurred_at, "
            "recorded_at FROM entry WHERE id % 10 < 3"
        )
        await tx.execute(
            "INSERT INTO allocation (entry_id, entry_month, lot_id, amount) "
            f"SELECT id, month, id - {earned}, -amount FROM entry WHERE amount < 0"
        )
    if work.database.dialect == "postgres":
        async with work.reading() as reader:
            await reader.rows("ANALYZE")
