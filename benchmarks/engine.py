"""A stamp through the engine, committed, against its very own statements sent by hand.

What lies between the two is Python: rules, encryption, the ORM's client, threads. Both start from
a copy of the same café, make every card full once, and wait for the disk in the same way.
"""

from __future__ import annotations

from benchmarks.databases import Place
from benchmarks.measuring import Outcome, compare
from benchmarks.stamping import furnished

#: Each statement crosses to aiosqlite's thread and back, which takes ten times as long as most
#: statements do; 0.48 was measured with those of a transaction run in place.
SQLITE_AIM = 0.45
#: Here both cross to another process, and the server takes the larger part.
POSTGRES_AIM = 0.7
AT_ONCE = 20


async def one_at_a_time(place: Place, rounds: int) -> Outcome:
    """On SQLite: one till, one stamp after the other."""
    async with furnished(place, tills=1, regulars=20) as stage:
        return await compare(
            f"a stamp in the engine, one at a time, {place.name}",
            stage.engine,
            stage.by_sqlite3,
            unit="stamps/s",
            against=f"its {stage.statements:.1f} statements on bare sqlite3",
            aim=SQLITE_AIM,
            rounds=rounds,
        )


async def many_at_once(place: Place, rounds: int) -> Outcome:
    """On PostgreSQL: twenty tills stamp at the same time."""
    async with furnished(place, tills=AT_ONCE, regulars=2) as stage:
        return await compare(
            f"a stamp in the engine, {AT_ONCE} at once, {place.name}",
            stage.engine,
            stage.by_asyncpg,
            unit="stamps/s",
            against=f"its {stage.statements:.1f} statements on bare asyncpg",
            aim=POSTGRES_AIM,
            rounds=rounds,
        )
