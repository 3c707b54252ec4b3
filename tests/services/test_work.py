"""Nothing grows with the square of a history: what one act reads and writes does not depend on it.

Counted are statements, the rows they give and the rows they are given, of a member with few
purchases and of one with a hundred times as many, on the same days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.members import Member, Staff
from bot.services import expiry, rechecking, refunding, tiers, wallets
from bot.services.results import Earned, Undone, Used
from bot.storage import operations
from bot.storage.database import Reader, Row, Transaction
from tests.services.shop import DAY, MINUTE, NOW, Shop
from tests.services.test_replaying import brought_in, made

FEW, MANY = 30, 3_000
#: Everything that looks at what was before: stamps, points, credit, tiers, a challenge, limits.
PROGRAMME = """
[shop]
name = "Work"
zone = "Europe/Prague"
currency = "CZK"

[units.stamps]
card = 10
reward = "coffee"
expires = "60 months"

[units.points]
expires = "60 months"

[units.credit]
expires = "60 months"

[[earn]]
rule = "purchase"
code = "stamp"
unit = "stamps"
amount = 5
per_day = 5000
total = 1000000

[[earn]]
rule = "visit"
unit = "stamps"
amount = 5

[[earn]]
rule = "purchase"
code = "points"
unit = "points"
amount = 20
per_member = 100000

[[earn]]
rule = "purchase"
code = "back"
unit = "credit"
percent = 10

[[earn]]
rule = "challenge"
code = "month"
name = "Once a month"
counts = "visits"
goal = 1
within = "month"
unit = "points"
amount = 20

[[rewards]]
code = "coffee"
name = "Coffee"
friend = true

[[rewards]]
code = "mug"
name = "Mug"
points = 10
per_member = 100000
stock = 100000

[[rewards]]
code = "bonus"
name = "Bonus account"
kind = "credit"

[tiers]
by = "spend"
window = "12 months"
keeps = "12 months"

[[tiers.levels]]
code = "silver"
name = "Silver"
threshold = 100
multiply = 2

[limits]
member_stamps_a_day = 1000
colleague_stamps_a_day = 100000
"""


class Count:
    """How much work something was."""

    def __init__(self) -> None:
        self.statements: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()

    def add(self, sql: str, rows: int) -> None:
        """One statement, and the rows that went in or out."""
        self.statements[sql] += 1
        self.rows[sql] += rows

    def grown(self, few: Count) -> dict[str, tuple[int, int]]:
        """The statements of which this has more than another, and their rows."""
        return {
            sql: (few.rows[sql], self.rows[sql])
            for sql in self.statements
            if self.statements[sql] > few.statements[sql] or self.rows[sql] > few.rows[sql]
        }


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Count]:
    """Count what the block asks of the database."""
    count = Count()
    rows, execute, many = Reader.rows, Transaction.execute, Transaction.execute_many

    async def counted_rows(self: Reader, sql: str, *values: Any) -> list[Row]:
        found = await rows(self, sql, *values)
        count.add(sql, len(found))
        return found

    async def counted_execute(self: Transaction, sql: str, *values: Any) -> int:
        changed = await execute(self, sql, *values)
        count.add(sql, changed)
        return changed

    async def counted_many(self: Transaction, sql: str, values: Sequence[Sequence[Any]]) -> None:
        await many(self, sql, values)
        if values:
            count.add(sql, len(values))

    with monkeypatch.context() as patch:
        patch.setattr(Reader, "rows", counted_rows)
        patch.setattr(Transaction, "execute", counted_execute)
        patch.setattr(Transaction, "execute_many", counted_many)
        yield count


def bought(code: str, count: int, moments: int) -> list[str]:
    """As many purchases at a few moments of the last years."""
    step = 5 * 365 * DAY / (moments + 2)
    return [
        f"{code},{(NOW - 30 * DAY - step * (n % moments)).isoformat()},100.00" for n in range(count)
    ]


Act = Callable[[], Awaitable[object]]


async def acts(shop: Shop, anna: Member, ben: Member, jana: Staff) -> dict[str, Act]:
    """What a member with a history does, in order; each name once."""
    now, kept = NOW, dict[str, Any]()
    ada = await shop.colleague("Ada")

    async def sells() -> None:
        kept["sale"] = await shop.sale(anna, jana, 10_000, now=now)
        assert isinstance(kept["sale"], Earned)

    async def undoes() -> None:
        assert isinstance(await shop.undo(jana, now + MINUTE), Undone)

    async def fills() -> None:
        stamped = await shop.stamp(anna, jana, now=now + MINUTE)
        assert isinstance(stamped, Earned)
        assert stamped.rewards == ("coffee",)

    async def refunds() -> None:
        number = kept["sale"].operation_id
        async with shop.uow() as uow:
            part = await refunding.reverse(uow, number, ada, shop.key(), now + 2 * MINUTE, 4_000)
        assert isinstance(part, Undone)

    async def reserves() -> None:
        kept["voucher"] = await shop.voucher(anna, "mug", now)

    async def cancels() -> None:
        await shop.cancel(anna, kept["voucher"].id, now + MINUTE)

    async def uses() -> None:
        assert isinstance(await shop.use(kept["voucher"].code, jana, now + MINUTE), Used)

    async def pays() -> None:
        given = await shop.give(anna, jana, "bonus", now + MINUTE, minor=500)
        assert isinstance(given, Used)

    async def presents() -> None:
        kept["present"] = await shop.present(anna, "coffee", now)

    async def takes() -> None:
        await shop.take(ben, kept["present"].code, now + MINUTE)

    async def looks() -> None:
        programme = await shop.work.programme()
        async with shop.work.reading() as reader:
            await wallets.wallet(reader, programme, anna.id, now)
            found, more = await wallets.history(reader, anna.id, 0, 10)
            assert len(found) == 10 and more
            await wallets.written_by(reader, found)

    return {
        "sale": sells,
        "undo": undoes,
        "sale again": sells,
        "part refund": refunds,
        "full card": fills,
        "undo a full card": undoes,
        "redeem": reserves,
        "cancel": cancels,
        "redeem again": reserves,
        "use": uses,
        "pay with credit": pays,
        "give a present": presents,
        "take a present": takes,
        "balance and history": looks,
        "expiry": lambda: expiry.expire_lots(shop.work, now + DAY),
        "recheck": lambda: rechecking.recheck(shop.work, now + DAY),
        "review": lambda: tiers.review(shop.work, now + 400 * DAY),
    }


async def with_history(shop: Shop, count: int, moments: int) -> Member:
    """A member with so many purchases."""
    code = f"ANNA{count}"
    anna = await made(shop, code)
    lines = ["member,at,amount", *bought(code, count, moments), ""]
    await brought_in(shop, "\n".join(lines))
    return anna


@pytest.mark.parametrize("moments", [1, FEW], ids=["at once", "over years"])
async def test_s10_what_an_act_reads_does_not_grow_with_the_history(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, moments: int
) -> None:
    await shop.work.adopt(PROGRAMME, NOW - 2000 * DAY)
    done = []
    for count in (FEW, MANY):
        jana, ben = await shop.colleague("Jana"), await shop.member("Ben")
        anna = await with_history(shop, count, moments)
        work = dict[str, Count]()
        for name, act in (await acts(shop, anna, ben, jana)).items():
            with counted(monkeypatch) as work[name]:
                await act()
        done.append(work)
    few, many = done
    assert {name: many[name].grown(few[name]) for name in many} == dict.fromkeys(many, {})
    assert await shop.verify() == []


async def test_s4_expiry_reads_each_lot_once_however_often_something_ends(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.work.adopt(PROGRAMME, NOW - 2000 * DAY)
    anna = await with_history(shop, MANY, FEW)
    open_lots = len(await shop.lots(anna))
    assert open_lots > 2 * MANY
    with counted(monkeypatch) as count:
        for days in range(0, 2000, 20):
            await expiry.expire_lots(shop.work, NOW + days * DAY)
    read = sum(rows for sql, rows in count.rows.items() if "FROM lot l" in sql)
    assert read == open_lots
    assert await shop.lots(anna) == []


async def test_s12_merging_reads_each_lot_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.work.adopt(PROGRAMME, NOW - 2000 * DAY)
    elder, anna = await made(shop, "ELDER"), await with_history(shop, MANY, FEW)
    open_lots = len(await shop.lots(anna))
    with counted(monkeypatch) as count:
        await shop.merge(elder, anna)
    read = sum(rows for sql, rows in count.rows.items() if "FROM lot l" in sql)
    assert open_lots <= read < open_lots + FEW
    assert await shop.verify() == []
