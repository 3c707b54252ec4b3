"""A purchase through the engine, twenty at once, and what the same costs by hand.

Once against its very own statements, sent by asyncpg with nothing around them; once against one
statement that writes the same rows and knows no rules.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import asyncpg

from benchmarks.cafe import NOON, Regular, Till
from benchmarks.databases import Place
from benchmarks.engine import AT_ONCE
from benchmarks.measuring import Outcome, compare
from benchmarks.stamping import Stage, furnished, sell

#: The larger part of a purchase is the server's; ours is rules, sealing, the client.
AIM = 0.5
IN_ONE_AIM = 0.7
PRESET = "points-shop"

#: A sealed answer and message are as long as ours are.
_ANSWER, _MESSAGE = "1." + "A" * 40, "1." + "A" * 400
_IN_ONE = """WITH m AS (SELECT id FROM member WHERE id = $1 FOR NO KEY UPDATE),
    o AS (INSERT INTO operation (key, kind, member_id, staff_id, answer_sealed, created_at)
        SELECT $2, 'sale', m.id, $3, $4, $5 FROM m ON CONFLICT DO NOTHING RETURNING id, member_id),
    e AS (INSERT INTO entry (month, operation_id, member_id, unit, amount, kind, rules,
        programme_version_id, occurred_at, recorded_at)
        SELECT 202603, id, member_id, 'points', 123, 'earn', '[["purchase", 123]]', 1, $5, $5
        FROM o RETURNING id, month, member_id),
    l AS (INSERT INTO lot (entry_id, entry_month, member_id, unit, amount, remaining, rule,
        earned_at, ends_at) SELECT id, month, member_id, 'points', 123, 123, 'purchase', $5, $6
        FROM e),
    p AS (INSERT INTO purchase (operation_id, member_id, amount_minor, currency, receipt,
        occurred_at, facts) SELECT id, member_id, 12345, 'CZK', $2, $5, $7 FROM o),
    v AS (UPDATE member SET last_visit_at = $5 WHERE id = $1
        AND (last_visit_at IS NULL OR last_visit_at < $5))
    INSERT INTO outbox (conversation_id, member_id, class, body_sealed, choices, state, due_at,
        created_at) SELECT c.id, m.id, 'transactional', $8, TRUE, 'due', $5, $5 FROM m
        JOIN identity i ON i.member_id = m.id JOIN conversation c ON c.identity_id = i.id"""


async def against_statements(place: Place, rounds: int) -> Outcome:
    """Against its own statements by hand."""
    async with _furnished(place) as stage:
        return await compare(
            f"a purchase in the engine, {AT_ONCE} at once, {place.name}",
            stage.engine,
            stage.by_asyncpg,
            unit="purchases/s",
            against=f"its {stage.statements:.1f} statements on bare asyncpg",
            aim=AIM,
            rounds=rounds,
        )


async def against_one(place: Place, rounds: int) -> Outcome:
    """Against one statement."""
    async with _furnished(place) as stage:

        async def in_one() -> float:
            return await stage.by_hand(_in_one)

        return await compare(
            f"a purchase in the engine, {AT_ONCE} at once, {place.name}, all it writes in one",
            stage.engine,
            in_one,
            unit="purchases/s",
            against="one statement that writes its rows, without any rule",
            aim=IN_ONE_AIM,
            rounds=rounds,
        )


def _furnished(place: Place) -> AbstractAsyncContextManager[Stage]:
    return furnished(place, tills=AT_ONCE, regulars=2, deed=sell, preset=PRESET)


async def _in_one(connection: asyncpg.Connection, till: Till, regular: Regular, key: str) -> None:
    facts = '{"tier": null, "tags": [], "birthday": null, "first": false, "rules": ["purchase"]}'
    ends_at = NOON.replace(year=2028, month=1, day=1)
    values = (regular.id, key, till.colleague.id, _ANSWER, NOON, ends_at, facts, _MESSAGE)
    await connection.execute(_IN_ONE, *values)
