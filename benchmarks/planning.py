"""Planning over a million members, against one INSERT … SELECT of the same audiences.

Planning looks at every campaign that is on in the ready-made café, writes what is not there yet in
pages, each of which is a transaction of its own, and asks of each member's newest consent. The
yardstick is handed the same audiences and writes each in one statement, with the same consent and
with the caps besides, which planning leaves to the sender.
"""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter

from benchmarks.crowd import NOW, gather
from benchmarks.databases import Place, opened
from benchmarks.measuring import Outcome, compare
from bot.domain.caps import DAYS
from bot.services import planning
from bot.services.unit_of_work import Work
from bot.storage.planning import Batch
from scheduler.campaigns import CAMPAIGNS

PEOPLE = 1_000_000
#: At most twice as long.
AIM = 0.5

_AGREED = (
    "EXISTS (SELECT 1 FROM consent c WHERE c.member_id = a.member_id AND c.purpose = 'marketing' "
    "AND c.granted AND c.id = (SELECT MAX(n.id) FROM consent n WHERE n.member_id = a.member_id "
    "AND n.channel = c.channel AND n.purpose = 'marketing'))"
)
_CAP = (
    "(SELECT COUNT(*) FROM occasion t WHERE t.member_id = a.member_id AND t.state = 'taken' "
    "AND t.taken_at > {}) < {}"
)


async def measure(place: Place, rounds: int, people: int = PEOPLE) -> Outcome:
    """Planning on this kind of database."""
    with place.copy() as url:
        async with opened(url) as work:
            await gather(work, people)
            planned: set[int] = set()

            async def ours() -> float:
                await _forget(work)
                started = perf_counter()
                await planning.plan(work, CAMPAIGNS, NOW, again=True)
                seconds = perf_counter() - started
                planned.add(await _count(work))
                return seconds

            async def yardstick() -> float:
                await _forget(work)
                batches = await _batches(work)
                started = perf_counter()
                for batch in batches:
                    await _in_one(work, batch)
                seconds = perf_counter() - started
                planned.add(await _count(work))
                return seconds

            outcome = await compare(
                f"planning over {people:,} members, {place.name}",
                ours,
                yardstick,
                unit="ms",
                against="one INSERT … SELECT for each of its audiences",
                aim=AIM,
                rounds=rounds,
            )
            if len(planned) != 1 or not planned.pop():
                raise RuntimeError("both have to plan the same")
            return outcome


async def _batches(work: Work) -> list[Batch]:
    programme = await work.programme()
    async with work.reading() as reader:
        return [
            batch
            for campaign in CAMPAIGNS
            for batch in await planning.batches(reader, programme, campaign, NOW)
        ]


async def _in_one(work: Work, batch: Batch) -> None:
    given = list(batch.audience.values)
    caps = (await work.programme()).caps.member
    since = [NOW - timedelta(days=DAYS[window]) for window in caps]
    values = [batch.campaign, batch.occurrence, batch.due_at, batch.ends_at, NOW, *since]
    marks = [f"${len(given) + number}" for number in range(1, len(values) + 1)]
    campaign, occurrence, due_at, ends_at, now, *windows = marks
    within = [_CAP.format(at, most) for at, most in zip(windows, caps.values(), strict=True)]
    capped = " AND ".join(within)
    async with work.unit_of_work() as uow:
        await uow.tx.execute(
            "INSERT INTO occasion (member_id, campaign, occurrence, state, due_at, ends_at, "
            f"planned_at) SELECT a.member_id, {campaign}, {occurrence} || a.mark, 'planned', "
            f"{due_at}, {ends_at}, {now} FROM ({batch.audience.sql}) AS a "
            f"WHERE {_AGREED} AND {capped} ON CONFLICT DO NOTHING",
            *given,
            *values,
        )


async def _forget(work: Work) -> None:
    # What DELETE leaves behind is counted as being there, until PostgreSQL has gone through it.
    word = "TRUNCATE" if work.database.dialect == "postgres" else "DELETE FROM"
    async with work.unit_of_work() as uow:
        await uow.tx.execute(f"{word} occasion")


async def _count(work: Work) -> int:
    async with work.reading() as reader:
        row = await reader.row("SELECT COUNT(*) AS occasions FROM occasion")
    return int(row["occasions"]) if row else 0
