"""Past purchases from a file give what they would have given at the till, each on its day."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest

from bot import programmes
from bot.domain.members import Member
from bot.services import earning, replaying
from bot.services.replaying import Replayed
from bot.services.results import Earned
from bot.storage import members
from bot.storage.spool import Spool
from tests.services.shop import NOW, Shop, cafe

#: What is stored on a member that must not depend on how it came about.
TABLES = {
    "entry": "kind, unit, amount, rules, programme_version_id, occurred_at",
    "lot": "unit, amount, remaining, rule, earned_at, ends_at, available_at, idle, moves",
    "tally_entry": "what, day, from_day, amount",
    "tally": "what, day, from_day, amount",
    "standing": "tier, since_at, review_at, grace_until",
    "tier_change": "from_tier, to_tier, reason, changed_at",
    "activity": "unit, last_at, ends_at, moved_month, idle_months",
    "purchase": "amount_minor, currency, location, receipt, occurred_at, discount_minor, facts",
}
STAMPED = cafe(
    ('rule = "visit"', 'rule = "purchase"'),
    ("member_stamps_a_day = 10", "member_stamps_a_day = 10000"),
    ("colleague_stamps_a_day = 300", "colleague_stamps_a_day = 10000"),
)
PENDING = programmes.preset("points-shop") + "\n[earning]\npending_days = 14\n"


async def brought_in(shop: Shop, text: str, now: datetime = NOW) -> Replayed:
    with Spool() as spool:
        lines = text.count("\n")
        problems = await replaying.check(shop.work, StringIO(text), lines, spool, now, _quiet)
        assert problems == []
        return await replaying.apply(shop.work, spool, now, _quiet)


def _quiet(_done: int, _total: int) -> None:
    pass


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


async def made(shop: Shop, code: str, name: str = "Anna") -> Member:
    async with shop.uow() as uow:
        return await members.create(
            uow.tx,
            name=name,
            language="en",
            now=NOW,
            source="staff",
            code=code,
            joined_at=NOW - timedelta(days=1500),
        )


async def stored(shop: Shop, member: Member) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    async with shop.work.reading() as reader:
        for table, columns in TABLES.items():
            order = "1, 2, 3" if table in ("tally", "standing", "activity") else "id"
            rows = await reader.rows(
                f"SELECT {columns} FROM {table} WHERE member_id = $1 ORDER BY {order}", member.id
            )
            found[table] = [tuple(row.values()) for row in rows]
        taken = await reader.rows(
            "SELECT e.kind, e.occurred_at, l.unit, l.earned_at, a.amount FROM allocation a "
            "JOIN entry e ON e.id = a.entry_id JOIN lot l ON l.id = a.lot_id "
            "WHERE e.member_id = $1 ORDER BY e.id, l.id",
            member.id,
        )
        found["allocation"] = [tuple(row.values()) for row in taken]
        visit = await reader.row("SELECT last_visit_at FROM member WHERE id = $1", member.id)
        found["member"] = [tuple((visit or {}).values())]
    return found


def history(seed: int, count: int, days: int) -> list[tuple[datetime, int, int]]:
    """Purchases of some years: when, for how much, and what was taken off; some at one instant."""
    chance = random.Random(seed)
    first = NOW - timedelta(days=days)
    found = []
    at = first
    for _ in range(count):
        if chance.random() > 0.2:
            at = first + timedelta(minutes=chance.randrange(days * 24 * 60))
        amount = chance.choice([0, 99, 4950, 100_00, chance.randrange(1, 900_00)])
        found.append((at, amount, chance.choice([0, 0, amount // 3])))
    return sorted(found, key=lambda each: each[0])


@pytest.mark.parametrize(
    ("source", "count", "days"),
    [
        (STAMPED, 45, 700),
        (programmes.preset("points-shop"), 30, 900),
        (PENDING, 30, 300),
        (programmes.preset("coffee-stars"), 80, 1400),
        (programmes.preset("beauty-tiers"), 40, 1400),
        (programmes.preset("pharmacy-points"), 20, 1400),
        (programmes.preset("art-club"), 40, 1000),
        (programmes.preset("cashback"), 30, 600),
        (programmes.preset("good-cause"), 20, 300),
    ],
    ids=["stamps", "points", "pending", "stars", "tiers", "idle", "club", "cashback", "cause"],
)
async def test_s13_an_import_gives_what_the_till_gave(
    shop: Shop, source: str, count: int, days: int
) -> None:
    await shop.work.adopt(source, NOW - timedelta(days=1500))
    till, file = await made(shop, "TILL"), await made(shop, "FILE")
    jana = await shop.colleague("Jana")
    past = history(count, count, days)
    lines = ["member,at,amount,discount"]
    for number, (at, amount, discount) in enumerate(past):
        async with shop.uow() as uow:
            earned = await earning.sale(
                uow, till.id, amount, "", jana, f"till:{number}", at, discount_minor=discount
            )
            assert isinstance(earned, Earned), earned
        lines.append(f"file,{at.isoformat()},{amount / 100:.2f},{discount / 100:.2f}")
    # In any order; of those at one instant the first in the file was first.
    lines[1:] = sorted(lines[1:], key=lambda line: hash_of(line.split(",")[1]))
    text = "\n".join([*lines, ""])
    assert await brought_in(shop, text) == Replayed(count, 0)
    one, other = await stored(shop, till), await stored(shop, file)
    for table in one:
        assert other[table] == one[table], table
    assert len(one["purchase"]) == count
    assert await shop.verify() == []
    assert await brought_in(shop, text) == Replayed(0, count)
    assert await stored(shop, file) == other
