"""Nothing grows with the square of a history: what one act reads and writes does not depend on it.

Counted are statements, the rows they give and the rows they are given, of a member with few
purchases and of one with a hundred times as many, on the same days.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from bot.domain.members import Member, Staff
from bot.domain.rewards import Voucher
from bot.services import expiry, offers, rechecking, refunding, tiers, wallets
from bot.services.presents import Present, Taken
from bot.services.results import Earned, Undone, Used
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
amount = 10
per_day = 5000
total = 1000000

[[earn]]
rule = "visit"
unit = "stamps"
amount = 10

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
validity = "60 months"

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
        self.values: dict[str, Sequence[Any]] = {}

    def add(self, sql: str, values: Sequence[Any], rows: int) -> None:
        """One statement, and the rows that went in or out."""
        self.values[sql] = values
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
        count.add(sql, values, len(found))
        return found

    async def counted_execute(self: Transaction, sql: str, *values: Any) -> int:
        changed = await execute(self, sql, *values)
        count.add(sql, values, changed)
        return changed

    async def counted_many(self: Transaction, sql: str, values: Sequence[Sequence[Any]]) -> None:
        await many(self, sql, values)
        if values:
            count.add(sql, values[0], len(values))

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


class Life:
    """What a member with a history does, in the order of `acts`."""

    def __init__(self, shop: Shop, anna: Member, friend: Member, till: Staff, owner: Staff) -> None:
        self.shop, self.anna, self.friend, self.till, self.owner = shop, anna, friend, till, owner
        self._sale = 0
        self._reserved: Voucher | None = None
        self._present = ""
        work = shop.work
        self.acts: dict[str, Act] = {
            "sale": self.buys,
            "undo": self.undoes,
            "sale again": self.buys,
            "part refund": self.refunds,
            "full card": self.fills,
            "undo a full card": self.undoes,
            "redeem": self.reserves,
            "cancel": self.cancels,
            "balance and history": self.looks,
            "redeem again": self.reserves,
            "use": self.uses,
            "pay with credit": self.pays,
            "give a present": self.presents,
            "take a present": self.takes,
            "expiry": lambda: expiry.expire_lots(work, NOW + DAY),
            "recheck": lambda: rechecking.recheck(work, NOW + DAY),
            "review": lambda: tiers.review(work, NOW + 400 * DAY),
        }

    async def buys(self) -> None:
        """A purchase."""
        sold = await self.shop.sale(self.anna, self.till, 10_000)
        assert isinstance(sold, Earned)
        self._sale = sold.operation_id

    async def undoes(self) -> None:
        """The last of it is taken back."""
        assert isinstance(await self.shop.undo(self.till, NOW + MINUTE), Undone)

    async def fills(self) -> None:
        """A stamp that fills the card."""
        stamped = await self.shop.stamp(self.anna, self.till, now=NOW + MINUTE)
        assert isinstance(stamped, Earned)
        assert stamped.rewards == ("coffee",)

    async def refunds(self) -> None:
        """A part of the purchase is given back."""
        async with self.shop.uow() as uow:
            part = await refunding.reverse(
                uow, self._sale, self.owner, self.shop.key(), NOW + MINUTE, 4_000
            )
        assert isinstance(part, Undone)

    async def reserves(self) -> None:
        """A reward for points."""
        self._reserved = await self.shop.voucher(self.anna, "mug")

    async def cancels(self) -> None:
        """It is given back."""
        assert self._reserved is not None
        assert isinstance(await self.shop.cancel(self.anna, self._reserved.id), Voucher)

    async def uses(self) -> None:
        """It is handed over."""
        assert self._reserved is not None
        assert isinstance(await self.shop.use(self._reserved.code, self.till), Used)

    async def pays(self) -> None:
        """A purchase paid from the bonus account."""
        paid = await self.shop.give(self.anna, self.till, "bonus", minor=500)
        assert isinstance(paid, Used)

    async def presents(self) -> None:
        """An earned reward is given to a friend."""
        given = await self.shop.present(self.anna)
        assert isinstance(given, Present)
        self._present = given.code

    async def takes(self) -> None:
        """The friend takes it."""
        assert isinstance(await self.shop.take(self.friend, self._present), Taken)

    async def looks(self) -> None:
        """Balance, rewards and history."""
        purse = await self.shop.wallet(self.anna)
        async with self.shop.work.reading() as reader:
            assert await offers.ready(reader, purse, self.anna.id, NOW)
            page, more = await wallets.history(reader, self.anna.id, 0, 10)
            assert (len(page), more) == (10, True)
            await wallets.written_by(reader, page)


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
        life = Life(shop, anna, ben, jana, await shop.colleague("Ada"))
        for name, act in life.acts.items():
            with counted(monkeypatch) as work[name]:
                await act()
        done.append(work)
    few, many = done
    assert {name: many[name].grown(few[name]) for name in many} == {name: {} for name in many}
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


async def test_no_statement_of_a_sale_goes_through_a_whole_table(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.work.adopt(PROGRAMME, NOW - 2000 * DAY)
    anna, jana = await with_history(shop, FEW, FEW), await shop.colleague("Jana")
    with counted(monkeypatch) as count:
        assert isinstance(await shop.sale(anna, jana, 10_000), Earned)
    assert len(count.statements) > 10
    plans = dict[str, str]()
    async with shop.work.database.transaction() as tx:
        if tx.dialect == "postgres":
            # Tables are small here; what is still read whole then has no index at all.
            await tx.execute("SET LOCAL enable_seqscan = off")
        unindexed = await explained(tx, "SELECT id FROM entry WHERE rules = $1", ("x",))
        assert WHOLE_TABLE.search(unindexed)
        for sql, values in count.values.items():
            if sql.startswith(("SELECT", "UPDATE", "DELETE")):
                plans[sql] = await explained(tx, sql, values)
    assert {sql: plan for sql, plan in plans.items() if WHOLE_TABLE.search(plan)} == {}


#: How SQLite and PostgreSQL say that a table is read whole; not what a subquery gave.
WHOLE_TABLE = re.compile(r"^SCAN (?!t\b|CONSTANT|\()\w+(?! USING)|Seq Scan", re.MULTILINE)


async def explained(tx: Transaction, sql: str, values: Sequence[Any]) -> str:
    """How the database does a statement."""
    how = "EXPLAIN" if tx.dialect == "postgres" else "EXPLAIN QUERY PLAN"
    rows = await tx.rows(f"{how} {sql}", *values)
    return "\n".join(str(row.get("detail") or row.get("QUERY PLAN")) for row in rows)
