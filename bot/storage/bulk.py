"""Rows of many operations, written together: the same ones a till writes one by one.

Members' lots are kept in memory meanwhile, as they will be stored. Numbers are taken beforehand,
so that rows can refer to each other before they are there.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.ledger import Account, Debt, EntryRef, Lot, Posting, Take
from bot.domain.person import Activity
from bot.domain.tallies import Count
from bot.domain.tiers import Move
from bot.storage import crowd, ledger, operations, progress
from bot.storage.database import Reader, Transaction, marks

#: Numbers taken from a sequence at once; those left over are never used.
_TAKEN = 500
#: The columns of each table that rows are given in.
_COLUMNS = {
    "operation": "id, key, kind, member_id, location, answer_sealed, created_at",
    "entry": f"id, {ledger.ENTRY}",
    "allocation": "entry_id, entry_month, lot_id, amount",
    "tally_entry": "operation_id, member_id, what, day, from_day, amount",
    "purchase": f"id, operation_id, {operations.PURCHASE}",
    "purchase_item": "purchase_id, product, quantity, amount_minor",
    "tier_change": progress.CHANGE,
}


class Numbers:
    """The numbers of rows to come, until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._left: dict[str, deque[int]] = {}
        self._last: dict[str, int] = {}

    async def next(self, table: str) -> int:
        """The number of a table's next row."""
        left = self._left.setdefault(table, deque())
        if not left:
            left.extend(await self._take(table))
        return left.popleft()

    async def _take(self, table: str) -> Iterable[int]:
        if self._tx.dialect == "postgres":
            rows = await self._tx.rows(
                f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) AS id "
                f"FROM generate_series(1, {_TAKEN})"
            )
            return sorted(row["id"] for row in rows)
        # Nobody else writes meanwhile, and rows with numbers move the sequence on:
        # https://www.sqlite.org/autoinc.html
        if table not in self._last:
            row = await self._tx.row("SELECT seq FROM sqlite_sequence WHERE name = $1", table)
            self._last[table] = row["seq"] if row else 0
        first = self._last[table] + 1
        self._last[table] += _TAKEN
        return range(first, first + _TAKEN)


@dataclass
class Held:
    """What a locked member has, as it will be stored: open lots of the units read so far."""

    member_id: int
    lots: dict[int, Lot]
    read: set[str]
    debts: list[Debt] = field(default_factory=list)
    lapsed: dict[str, datetime] = field(default_factory=dict)

    def account(self, units: Iterable[str], activity: Mapping[str, Activity]) -> Account:
        """The account a till would read, of some units."""
        wanted = set(units)
        lots = [
            replace(lot, deadline=_deadline(lot, activity)) if lot.idle else lot
            for lot in self.lots.values()
            if lot.remaining and lot.unit in wanted
        ]
        return Account(lots, self.debts)

    async def fetch(self, reader: Reader, units: Iterable[str]) -> None:
        """Read units that were not read yet."""
        missing = sorted(set(units) - self.read)
        if missing:
            found = await crowd.open_lots(reader, [self.member_id], missing)
            self.take_in(found[self.member_id], missing)

    def take_in(self, lots: Iterable[Lot], units: Iterable[str]) -> None:
        """Keep lots of units that were just read."""
        self.read |= set(units)
        for lot in lots:
            self.lots[lot.id] = lot
            if lot.idle and lot.unit in self.lapsed:
                self.lots[lot.id] = _ended(lot, self.lapsed[lot.unit])


def _deadline(lot: Lot, activity: Mapping[str, Activity]) -> datetime | None:
    return activity[lot.unit].ends_at if lot.unit in activity else None


def _ended(lot: Lot, deadline: datetime) -> Lot:
    return replace(lot, own_end=min(lot.own_end or deadline, deadline), idle=False, moves=False)


class Batch:
    """The rows of one piece of work; `write` writes them."""

    def __init__(self, tx: Transaction, programme_version: int, now: datetime) -> None:
        self._tx = tx
        self._numbers = Numbers(tx)
        self._version = programme_version
        self._now = now
        self._month = ledger.month_of(now)
        self._rows: dict[str, list[Sequence[object]]] = defaultdict(list)
        self._new: dict[int, EntryRef] = {}
        self._lots: dict[int, tuple[int, Lot]] = {}
        self._tally: Counter[tuple[int, str, int, int]] = Counter()
        self._activity: dict[tuple[int, str], Activity] = {}
        self._standing: dict[int, Move] = {}
        self._debts: Counter[int] = Counter()
        self._counters: Counter[str] = Counter()
        self._visits: dict[int, datetime] = {}

    async def operation(
        self, key: str, kind: str, member_id: int | None, location: str | None, at: datetime
    ) -> int:
        """Begin an operation; its number."""
        number = await self._numbers.next("operation")
        answer = self._tx.vault.seal("operation.answer", "{}")
        self._rows["operation"].append((number, key, kind, member_id, location, answer, at))
        return number

    async def purchase(
        self, operation_id: int, values: Sequence[object], items: Iterable[Sequence[object]]
    ) -> None:
        """Keep a purchase, as `operations.add_purchase` does, and its lines."""
        number = await self._numbers.next("purchase")
        self._rows["purchase"].append((number, operation_id, *values))
        self._rows["purchase_item"] += [(number, *item) for item in items]

    async def post(self, held: Held, account: Account, operation_id: int) -> None:
        """Append an account's postings, as `ledger.write` does."""
        stored: dict[int, int] = {}
        for posting in account.postings:
            entry = await self._entry(held.member_id, operation_id, posting)
            if posting.opens:
                number = await self._numbers.next("lot")
                stored[posting.opens.id] = number
                self._new[number] = entry
                self._keep(held, replace(posting.opens, id=number, deadline=None))
            self._allocate(held, entry, posting.takes, stored)
            for settled in posting.settles:
                self._allocate(held, settled.debt, (settled.take,), stored)
                self._settle(held, settled.debt, settled.take.amount)
        account.postings.clear()
        self.ends(held, account, stored)

    def ends(self, held: Held, account: Account, stored: Mapping[int, int] | None = None) -> None:
        """Keep the ends that were moved, as `ledger.write_ends` does."""
        for lot in account.moved.values():
            number = (stored or {}).get(lot.id, lot.id)
            kept = held.lots[number]
            moved = replace(kept, own_end=lot.own_end, idle=lot.idle, moves=lot.moves)
            self._keep(held, moved)
        account.moved.clear()

    async def _entry(self, member_id: int, operation_id: int, posting: Posting) -> EntryRef:
        number = await self._numbers.next("entry")
        values = ledger.entry_values(
            posting, self._month, operation_id, member_id, self._version, self._now
        )
        self._rows["entry"].append((number, *values))
        return EntryRef(number, self._month)

    def _allocate(
        self, held: Held, entry: EntryRef, takes: Iterable[Take], stored: Mapping[int, int]
    ) -> None:
        for take in takes:
            number = stored.get(take.lot, take.lot)
            self._rows["allocation"].append((entry.id, entry.month, number, take.amount))
            lot = held.lots[number]
            self._keep(held, replace(lot, remaining=lot.remaining - take.amount))

    def _settle(self, held: Held, debt: EntryRef, amount: int) -> None:
        self._debts[debt.id] += amount
        held.debts = [
            replace(owed, remaining=owed.remaining - amount) if owed.entry == debt else owed
            for owed in held.debts
        ]

    def _keep(self, held: Held, lot: Lot) -> None:
        self._lots[lot.id] = (held.member_id, lot)
        if lot.remaining:
            held.lots[lot.id] = lot
        else:
            held.lots.pop(lot.id, None)

    def lapse(self, held: Held, deadlines: Mapping[str, datetime]) -> None:
        """What ended at deadlines that are past has ended for good, as `progress.lapse` has it."""
        for unit, deadline in deadlines.items():
            self._rows["lapse"].append((held.member_id, unit, deadline))
            held.lapsed.setdefault(unit, deadline)
            for lot in [lot for lot in held.lots.values() if lot.unit == unit and lot.idle]:
                self._keep(held, _ended(lot, deadline))

    def activity(self, member_id: int, changed: Mapping[str, Activity]) -> None:
        """Keep when a member was last active."""
        for unit, activity in changed.items():
            self._activity[member_id, unit] = activity

    def counts(self, member_id: int, operation_id: int, counts: Iterable[Count]) -> None:
        """Append what an operation counted, as `progress.add_counts` does."""
        for c in counts:
            row = (operation_id, member_id, c.what, c.day, c.from_day, c.amount)
            self._rows["tally_entry"].append(row)
            self._tally[member_id, c.what, c.day, c.from_day] += c.amount

    def count(self, name: str) -> None:
        """Use one of a locked counter."""
        self._counters[name] += 1

    def recheck(self, member_id: int, at: datetime) -> None:
        """Have a member looked at again."""
        self._rows["recheck"].append((member_id, at))

    def move(self, member_id: int, move: Move, operation_id: int) -> None:
        """Keep a standing, and what moved it."""
        self._standing[member_id] = move
        by = operation_id if move.by_event else None
        self._rows["tier_change"].append(progress.change_values(member_id, move, by))

    def visited(self, member_id: int, at: datetime) -> None:
        """Note a visit."""
        self._visits[member_id] = max(at, self._visits.get(member_id, at))

    async def write(self) -> None:
        """Write it all; every row after those it refers to."""
        tx, rows = self._tx, self._rows
        await tx.execute_many(progress.LAPSE, rows["lapse"])
        for table in ("operation", "entry"):
            await self._insert(table)
        await self._write_lots()
        for table in ("allocation", "tally_entry", "purchase", "purchase_item", "tier_change"):
            await self._insert(table)
        await tx.execute_many(
            "UPDATE debt SET remaining = remaining - $2 WHERE entry_id = $1",
            sorted(self._debts.items()),
        )
        await tx.execute_many(
            progress.TALLY, [(*key, amount) for key, amount in sorted(self._tally.items())]
        )
        await tx.execute_many(
            progress.ACTIVITY,
            [progress.activity_values(*key, each) for key, each in self._activity.items()],
        )
        await tx.execute_many(
            progress.STANDING,
            [progress.standing_values(*each) for each in self._standing.items()],
        )
        await tx.execute_many(progress.RECHECK, rows["recheck"])
        for name, amount in sorted(self._counters.items()):
            await progress.count(tx, name, amount)
        await tx.execute_many(
            "UPDATE member SET last_visit_at = $2 "
            "WHERE id = $1 AND (last_visit_at IS NULL OR last_visit_at < $2)",
            sorted(self._visits.items()),
        )

    async def _insert(self, table: str) -> None:
        columns = _COLUMNS[table]
        await self._tx.execute_many(
            f"INSERT INTO {table} ({columns}) VALUES ({marks(columns.count(',') + 1)})",
            self._rows[table],
        )

    async def _write_lots(self) -> None:
        new, changed = [], []
        for number, (member_id, lot) in self._lots.items():
            if entry := self._new.get(number):
                values = ledger.lot_values(entry, member_id, lot)
                new.append((number, *values, lot.remaining))
            else:
                changed.append((number, lot.remaining, lot.own_end, lot.idle, lot.moves))
        await self._tx.execute_many(
            f"INSERT INTO lot (id, {ledger.LOT}, remaining) "
            f"VALUES ({marks(ledger.LOT.count(',') + 3)})",
            new,
        )
        await self._tx.execute_many(
            "UPDATE lot SET remaining = $2, ends_at = $3, idle = $4, moves = $5 WHERE id = $1",
            changed,
        )
