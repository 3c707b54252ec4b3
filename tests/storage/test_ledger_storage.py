"""S1: what the ledger writes is what it reads; the proof finds every kind of difference."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.ledger import Account, EntryRef, NotEnough
from bot.domain.programme_earning import reward_unit
from bot.services.unit_of_work import Work
from bot.storage import ledger, lots, members, operations, verify
from bot.storage.database import Transaction
from tests.domain.ledger_model import Book, debts_in_book

NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
COFFEE = reward_unit("coffee")
CARD = 4
#: Printed by pytest when a sequence fails; each runs on both databases.
SEEDS = range(6)


class Stored:
    """One member's ledger in the database, written like the `Book` it is compared with."""

    def __init__(self, work: Work, member_id: int) -> None:
        self.work = work
        self.member_id = member_id
        self.operations = 0

    async def account(self, tx: Transaction, also: set[int] | None = None) -> Account:
        await members.lock(tx, self.member_id)
        return await ledger.open_account(tx, self.member_id, also=also or ())

    async def write(self, tx: Transaction, account: Account, now: datetime) -> list[EntryRef]:
        self.operations += 1
        number = await operations.begin(
            tx,
            f"{self.member_id}:{self.operations}",
            "test",
            now=now,
            member_id=self.member_id,
        )
        assert number is not None
        return await ledger.write(
            tx,
            account,
            member_id=self.member_id,
            operation_id=number,
            programme_version=None,
            now=now,
        )


@pytest.fixture
async def stored(work: Work) -> Stored:
    async with work.unit_of_work() as uow:
        member = await members.create(uow.tx, name="Anna", language="en", now=NOW, source="chat")
    return Stored(work, member.id)


# Written and read back


def act(chance: random.Random, account: Account, now: datetime) -> None:
    """Post something an account can do: earn with full cards, spend, expire."""
    what = chance.choice(["earn", "earn", "spend", "expire"])
    unit = chance.choice(["stamps", "points"])
    if what == "earn":
        at = now - chance.randrange(48) * HOUR
        ends_at = chance.choice([None, at + chance.randrange(1, 200) * HOUR])
        amount = chance.randrange(1, 9)
        rules = [("visit", amount - 1), ("happy hour", 1)] if amount > 1 else [("visit", 1)]
        account.credit("earn", unit, amount, at=at, ends_at=ends_at, rules=rules)
        account.fill_cards("stamps", CARD, COFFEE, at=now, ends_at=now + 90 * HOUR)
    elif what == "spend":
        with suppress(NotEnough):
            account.debit("reserve", chance.choice(["points", COFFEE]), 1, at=now)
    else:
        account.expire(now)


@pytest.mark.parametrize("seed", SEEDS)
async def test_s1_a_long_history_reads_back_as_it_was_written(stored: Stored, seed: int) -> None:
    """The same events on the book and on the database."""
    chance, now, book = random.Random(seed), NOW, Book()
    earned: list[EntryRef] = []
    reserved: list[EntryRef] = []
    for _ in range(40):
        now += chance.randrange(1, 30) * HOUR + timedelta(microseconds=chance.randrange(3))
        async with stored.work.unit_of_work() as uow:
            what = chance.random()
            if what < 0.2 and earned:
                account, copy = await _reverse(stored, uow.tx, book, earned.pop(), now)
            elif what < 0.4 and reserved:
                account, copy = await _release(stored, uow.tx, book, reserved.pop(), now)
            else:
                account, copy = await stored.account(uow.tx), book.account()
                state = chance.getstate()
                act(chance, account, now)
                chance.setstate(state)
                act(chance, copy, now)
            assert account.postings == copy.postings
            kinds = [posting.kind for posting in account.postings]
            refs = await stored.write(uow.tx, account, now)
            assert refs == book.write(copy, ledger.month_of(now))
            earned += [ref for ref, kind in zip(refs, kinds, strict=True) if kind == "earn"]
            reserved += [ref for ref, kind in zip(refs, kinds, strict=True) if kind == "reserve"]
        await _same(stored, book)
    async with stored.work.reading() as reader:
        assert await verify.differences(reader) == []
        assert await verify.entry_count(reader) == len(book.entries)
        told = await ledger.history(reader, stored.member_id, 10_000, 0)
    assert [(e.ref, e.kind, e.unit, e.amount, e.rules, e.occurred_at) for e in told[::-1]] == [
        (e.ref, p.kind, p.unit, p.amount, p.rules, p.occurred_at)
        for e, p in ((entry, entry.posting) for entry in book.entries)
    ]


async def _reverse(
    stored: Stored, tx: Transaction, book: Book, entry: EntryRef, now: datetime
) -> tuple[Account, Account]:
    row = await tx.row("SELECT operation_id FROM entry WHERE id = $1", entry.id)
    assert row is not None
    (given,) = [g for g in await ledger.given_by(tx, row["operation_id"]) if g.entry == entry]
    assert given == book.given(entry)
    fills = await ledger.unused_fills(tx, stored.member_id, given, now)
    assert fills == book.needed_fills(given, now)
    also = {given.lot} | {f.reward_lot for f in fills}
    also |= {take.lot for f in fills for take in f.takes}
    accounts = await stored.account(tx, also), book.account(also)
    for account in accounts:
        account.take_back(given, fills, at=now, when_spent="go_below_zero")
    return accounts


async def _release(
    stored: Stored, tx: Transaction, book: Book, entry: EntryRef, now: datetime
) -> tuple[Account, Account]:
    unit = await ledger.unit_of(tx, entry)
    takes = await ledger.takes_of(tx, entry)
    assert takes == book.takes_of(entry)
    also = {take.lot for take in takes}
    accounts = await stored.account(tx, also), book.account(also)
    for account in accounts:
        account.put_back("release", unit, takes, at=now, of=entry)
    return accounts


async def _same(stored: Stored, book: Book) -> None:
    async with stored.work.reading() as reader:
        found = await lots.open_lots(reader, stored.member_id)
        owed = await ledger.owed(reader, stored.member_id)
    assert sorted(found, key=lambda lot: lot.id) == [
        lot for lot in book.lots.values() if lot.remaining
    ]
    totals: dict[str, int] = {}
    for unit, count in debts_in_book(book):
        totals[unit] = totals.get(unit, 0) + count
    assert owed == totals


async def test_s5_an_entry_keeps_when_it_happened_and_belongs_to_the_month_it_was_written(
    stored: Stored,
) -> None:
    happened = NOW - 40 * 24 * HOUR
    async with stored.work.unit_of_work() as uow:
        account = await stored.account(uow.tx)
        account.credit("earn", "stamps", 2, at=happened, ends_at=None, rules=[("visit", 2)])
        (ref,) = await stored.write(uow.tx, account, NOW)
        (line,) = await ledger.history(uow.tx, stored.member_id, 10, 0)
    # 22:30 UTC on 31 March is April already in Prague; months are UTC's.
    assert (ref.month, line.ref, line.occurred_at) == (202603, ref, happened)
    assert (line.kind, line.unit, line.amount, line.rules) == ("earn", "stamps", 2, (("visit", 2),))


async def test_the_history_is_newest_first_in_pages(stored: Stored) -> None:
    async with stored.work.unit_of_work() as uow:
        for amount in range(1, 8):
            account = await stored.account(uow.tx)
            # What was written later stands above, even when it happened before.
            account.credit("earn", "points", amount, at=NOW - amount * HOUR, ends_at=None)
            await stored.write(uow.tx, account, NOW)
        pages = [await ledger.history(uow.tx, stored.member_id, 3, n) for n in (0, 3, 6, 9)]
    assert [[e.amount for e in page] for page in pages] == [[7, 6, 5], [4, 3, 2], [1], []]


async def test_lots_of_other_members_and_units_are_not_in_the_account(stored: Stored) -> None:
    async with stored.work.unit_of_work() as uow:
        other = await members.create(uow.tx, name="Ben", language="en", now=NOW, source="chat")
        for who in (stored, Stored(stored.work, other.id)):
            account = await who.account(uow.tx)
            for unit in ("stamps", "points"):
                account.credit("earn", unit, 5, at=NOW, ends_at=None)
            await who.write(uow.tx, account, NOW)
        account = await ledger.open_account(uow.tx, other.id, ("points",))
        assert [(lot.unit, lot.remaining) for lot in account.lots] == [("points", 5)]
        assert account.lots[0].earned_at == NOW


async def test_members_with_ended_lots_are_found_once_and_those_without_are_not(
    stored: Stored,
) -> None:
    async with stored.work.unit_of_work() as uow:
        found = []
        for ends_at in (NOW, NOW + timedelta(microseconds=1), None):
            member = await members.create(uow.tx, name="", language="en", now=NOW, source="staff")
            one = Stored(stored.work, member.id)
            account = await one.account(uow.tx)
            account.credit("earn", "points", 5, at=NOW - HOUR, ends_at=ends_at)
            account.credit("earn", "stamps", 5, at=NOW - HOUR, ends_at=ends_at)
            await one.write(uow.tx, account, NOW)
            found.append(member.id)
        assert await lots.members_with_ended_lots(uow.tx, NOW, 10) == found[:1]
        assert await lots.members_with_ended_lots(uow.tx, NOW + HOUR, 10) == found[:2]
        assert await lots.members_with_ended_lots(uow.tx, NOW + HOUR, 1) == found[:1]


# The proof


@pytest.fixture
async def proven(stored: Stored) -> Stored:
    """A member with 5 points of which 2 are reserved, 3 owed of another earning, 1 stamp."""
    async with stored.work.unit_of_work() as uow:
        account = await stored.account(uow.tx)
        account.credit("earn", "points", 5, at=NOW, ends_at=None)
        account.credit("earn", "stamps", 1, at=NOW, ends_at=None)
        await stored.write(uow.tx, account, NOW)
        account = await stored.account(uow.tx)
        account.debit("reserve", "points", 2, at=NOW)
        await stored.write(uow.tx, account, NOW)
        assert await verify.differences(uow.tx) == []
    return stored


async def _differences(stored: Stored) -> list[tuple[str, str, int, int]]:
    async with stored.work.reading() as reader:
        found = await verify.differences(reader)
    assert {difference.member_id for difference in found} <= {stored.member_id}
    return [(d.check, d.unit, d.stored, d.computed) for d in found]


async def _tamper(stored: Stored, *statements: str) -> None:
    """Change the database behind its triggers' back."""
    guards = {
        "sqlite": [
            "DROP TRIGGER entry_no_update",
            "DROP TRIGGER allocation_no_update",
            "DROP TRIGGER allocation_no_delete",
        ],
        "postgres": [
            "ALTER TABLE entry DISABLE TRIGGER USER",
            "ALTER TABLE allocation DISABLE TRIGGER USER",
        ],
    }
    async with stored.work.unit_of_work() as uow:
        for statement in (*guards[uow.tx.dialect], *statements):
            await uow.tx.execute(statement)


async def test_the_proof_finds_a_lot_that_does_not_hold_what_was_left(proven: Stored) -> None:
    await _tamper(proven, "UPDATE lot SET remaining = 4 WHERE unit = 'points'")
    assert await _differences(proven) == [
        ("lot remaining", "points", 4, 3),
        ("balance", "points", 4, 3),
    ]


async def test_the_proof_finds_a_lot_of_another_size_than_its_entry_gave(proven: Stored) -> None:
    await _tamper(proven, "UPDATE lot SET amount = 6, remaining = 4 WHERE unit = 'points'")
    assert await _differences(proven) == [
        ("lot opened by its entry", "points", 6, 5),
        ("entry bound to lots", "points", 5, 6),
        ("balance", "points", 4, 3),
    ]


@pytest.mark.parametrize("moved", ["unit = 'stamps'", "member_id = 2"])
async def test_the_proof_finds_a_lot_that_was_moved(proven: Stored, moved: str) -> None:
    async with proven.work.unit_of_work() as uow:
        await members.create(uow.tx, name="Ben", language="en", now=NOW, source="chat")
    await _tamper(proven, f"UPDATE lot SET {moved} WHERE unit = 'points'")
    async with proven.work.reading() as reader:
        kinds = [difference.check for difference in await verify.differences(reader)]
    assert kinds == ["lot opened by its entry", "balance", "balance"]


async def test_the_proof_finds_an_entry_without_its_allocations(proven: Stored) -> None:
    await _tamper(proven, "DELETE FROM allocation", "UPDATE lot SET remaining = amount")
    assert await _differences(proven) == [
        ("entry bound to lots", "points", -2, 0),
        ("balance", "points", 5, 3),
    ]


async def test_the_proof_finds_an_entry_whose_amount_was_changed(proven: Stored) -> None:
    await _tamper(proven, "UPDATE entry SET amount = -1 WHERE kind = 'reserve'")
    assert await _differences(proven) == [
        ("entry bound to lots", "points", -1, -2),
        ("balance", "points", 3, 4),
    ]


async def test_the_proof_finds_a_debt_that_was_forgiven_in_secret(proven: Stored) -> None:
    async with proven.work.unit_of_work() as uow:
        row = await uow.tx.row("SELECT operation_id AS id FROM entry WHERE kind = 'earn' LIMIT 1")
        assert row is not None
        given = (await ledger.given_by(uow.tx, row["id"]))[0]
        account = await proven.account(uow.tx)
        account.take_back(given, (), at=NOW, when_spent="go_below_zero")
        await proven.write(uow.tx, account, NOW)
    assert await _differences(proven) == []
    await _tamper(proven, "UPDATE debt SET remaining = 1")
    assert await _differences(proven) == [
        ("entry bound to lots", "points", -5, -4),
        ("balance", "points", -1, -2),
    ]


async def test_each_check_can_be_asked_alone(proven: Stored) -> None:
    await _tamper(proven, "UPDATE lot SET remaining = 4 WHERE unit = 'points'")
    async with proven.work.reading() as reader:
        found = {check: await verify.differences_of(reader, check) for check in verify.CHECKS}
        assert [d for some in found.values() for d in some] == await verify.differences(reader)
    assert [check for check, some in found.items() if some] == ["lot remaining", "balance"]


async def test_rules_are_kept_as_json_anyone_can_read(stored: Stored) -> None:
    async with stored.work.unit_of_work() as uow:
        account = await stored.account(uow.tx)
        account.credit("earn", "points", 3, at=NOW, ends_at=None, rules=[("a", 1), ("b", 2)])
        await stored.write(uow.tx, account, NOW)
        row = await uow.tx.row("SELECT rules FROM entry")
    assert row is not None
    assert json.loads(row["rules"]) == [["a", 1], ["b", 2]]
