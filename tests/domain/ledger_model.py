"""The ledger told twice, plainly: `Book` keeps postings as storage does, `Coins` knows no lots.

`Coins` holds every single unit as an object of its own and moves one at a time, so that it shares
no arithmetic with bot/domain/ledger.py. It is slow and that is fine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.domain.ledger import Account, Debt, EntryRef, Filled, Given, Lot, Posting, Take

MONTH = 202601
LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass
class Entry:
    """A line of the book."""

    ref: EntryRef
    operation: int
    posting: Posting


@dataclass
class Book:
    """Entries, lots, allocations and debts in lists, appended to as storage appends to tables."""

    entries: list[Entry] = field(default_factory=list)
    lots: dict[int, Lot] = field(default_factory=dict)
    opened_by: dict[int, EntryRef] = field(default_factory=dict)
    allocations: list[tuple[EntryRef, int, int]] = field(default_factory=list)
    debts: dict[EntryRef, Debt] = field(default_factory=dict)
    operations: int = 0

    def account(
        self, also: Iterable[int] = (), deadlines: Mapping[str, datetime | None] | None = None
    ) -> Account:
        """What is open, as storage reads it; `also` are lots with nothing left."""
        wanted, ends = set(also), deadlines or {}
        lots = [lot for lot in self.lots.values() if lot.remaining or lot.id in wanted]
        lots = [replace(lot, deadline=ends.get(lot.unit)) if lot.idle else lot for lot in lots]
        return Account(lots, [debt for debt in self.debts.values() if debt.remaining])

    def write(self, account: Account, month: int = MONTH) -> list[EntryRef]:
        """Append what an account posted, as one operation; the entries' numbers in order."""
        self.operations += 1
        numbers: dict[int, int] = {}
        refs = []
        for posting in account.postings:
            ref = EntryRef(len(self.entries) + 1, month)
            self.entries.append(Entry(ref, self.operations, posting))
            refs.append(ref)
            if posting.opens:
                number = len(self.lots) + 1
                numbers[posting.opens.id] = number
                self.lots[number] = replace(posting.opens, id=number)
                self.opened_by[number] = ref
            for take in posting.takes:
                self._allocate(ref, numbers.get(take.lot, take.lot), take.amount)
            for settled in posting.settles:
                lot = numbers.get(settled.take.lot, settled.take.lot)
                self._allocate(settled.debt, lot, settled.take.amount)
                debt = self.debts[settled.debt]
                self.debts[debt.entry] = replace(
                    debt, remaining=debt.remaining - settled.take.amount
                )
            if posting.owed:
                self.debts[ref] = Debt(ref, posting.unit, posting.owed)
        for lot in account.moved.values():
            number = numbers.get(lot.id, lot.id)
            self.lots[number] = replace(
                self.lots[number], own_end=lot.own_end, idle=lot.idle, moves=lot.moves
            )
        return refs

    def lapse(self, unit: str, deadline: datetime) -> None:
        """What ended without activity has ended for good, used up or not."""
        for lot in self.lots.values():
            if lot.unit == unit and lot.idle:
                own_end = min(lot.own_end or deadline, deadline)
                self.lots[lot.id] = replace(lot, own_end=own_end, idle=False, moves=False)

    def _allocate(self, entry: EntryRef, lot: int, amount: int) -> None:
        assert amount != 0
        assert (entry, lot) not in {(e, number) for e, number, _ in self.allocations}
        self.allocations.append((entry, lot, amount))
        left = self.lots[lot].remaining - amount
        assert 0 <= left <= self.lots[lot].amount, f"lot {lot} would hold {left}"
        self.lots[lot] = replace(self.lots[lot], remaining=left)

    def takes_of(self, entry: EntryRef) -> tuple[Take, ...]:
        """What an entry took from which lots."""
        return tuple(Take(lot, amount) for e, lot, amount in self.allocations if e == entry)

    def given(self, entry: EntryRef) -> Given:
        """What an earning entry gave, and how much of that expired since."""
        lot = next(number for number, opener in self.opened_by.items() if opener == entry)
        kinds = {e.ref: e.posting.kind for e in self.entries}
        expired = sum(
            amount for e, n, amount in self.allocations if n == lot and kinds[e] == "expire"
        )
        return Given(entry, self.lots[lot].unit, self.lots[lot].amount, lot, expired)

    def unused_fills(self, unit: str) -> list[Filled]:
        """Filled cards whose reward is whole and that were not turned back, newest first."""
        lot_of = {opener: number for number, opener in self.opened_by.items()}
        turned_back = {e.posting.reverses for e in self.entries}
        fills = []
        for entry, following in zip(self.entries, self.entries[1:], strict=False):
            if entry.posting.kind != "fill" or entry.posting.unit != unit:
                continue
            # The reward is posted in the same breath.
            lot = self.lots[lot_of[following.ref]]
            if lot.remaining == lot.amount and entry.ref not in turned_back:
                fills.append(Filled(entry.ref, self.takes_of(entry.ref), following.ref, lot.id))
        return fills[::-1]

    def needed_fills(self, given: Given, at: datetime) -> list[Filled]:
        """Those that may be turned back to take something back, and no more of them."""

        def alive(lot: int) -> bool:
            return self.lots[lot].alive(at)

        useful = [
            card
            for card in self.unused_fills(given.unit)
            if alive(card.reward_lot)
            and (card.took_from(given.lot) or any(alive(take.lot) for take in card.takes))
        ]
        own_first = sorted(useful, key=lambda card: not card.took_from(given.lot))
        return sorted(own_first[: given.amount], key=lambda card: -card.entry.id)

    def check(self) -> None:
        """Everything that must hold whatever happened before (S1, S3, S7)."""
        taken: Counter[int] = Counter()
        for _, lot, amount in self.allocations:
            taken[lot] += amount
        for lot in self.lots.values():
            assert 0 <= lot.remaining <= lot.amount
            assert lot.remaining == lot.amount - taken[lot.id]
        for unit in {entry.posting.unit for entry in self.entries}:
            entries = sum(e.posting.amount for e in self.entries if e.posting.unit == unit)
            lots = sum(lot.remaining for lot in self.lots.values() if lot.unit == unit)
            owed = sum(debt.remaining for debt in self.debts.values() if debt.unit == unit)
            assert entries == lots - owed


@dataclass(eq=False)
class Coin:
    """One unit. `place` is "free", ("spent", n), "expired", "reversed" or "settled"."""

    unit: str
    lot: int
    earned_at: datetime
    ends_at: datetime | None
    place: object = "free"
    available_at: datetime | None = None

    def usable(self, at: datetime) -> bool:
        """Whether it could be spent at an instant."""
        begun = self.earned_at <= at and not (self.available_at and self.available_at > at)
        return self.place == "free" and begun and (self.ends_at is None or at < self.ends_at)


@dataclass
class Card:
    """A full card: which spending took its stamps, and the coin that is its reward."""

    spending: int
    stamps: list[Coin]
    reward: Coin
    turned_back: bool = False


class Coins:
    """What a member has, coin by coin."""

    def __init__(self) -> None:
        self.coins: list[Coin] = []
        self.cards: list[Card] = []
        self.debts: list[list[object]] = []  # [unit, how many], oldest first
        self.lots = 0
        self.spendings = 0

    def give(
        self,
        unit: str,
        count: int,
        at: datetime,
        ends_at: datetime | None,
        available_at: datetime | None = None,
    ) -> int:
        """Hand coins out as one lot; what is owed is kept back from them."""
        self.lots += 1
        for _ in range(count):
            coin = Coin(unit, self.lots, at, ends_at, available_at=available_at)
            self.coins.append(coin)
            owing = [debt for debt in self.debts if debt[0] == unit]
            if owing:
                coin.place = "settled"
                owing[0][1] -= 1  # type: ignore[operator]
                self.debts = [debt for debt in self.debts if debt[1]]
        return self.lots

    def usable(self, unit: str, at: datetime) -> list[Coin]:
        """What can be spent, in the order it is spent (S3)."""
        there = [coin for coin in self.coins if coin.unit == unit and coin.usable(at)]
        return sorted(there, key=lambda c: (c.ends_at or LATEST, c.earned_at, c.lot))

    def owed(self, unit: str) -> int:
        """How many coins are owed."""
        return sum(int(str(count)) for name, count in self.debts if name == unit)

    def spend(self, unit: str, count: int, at: datetime) -> int | None:
        """Spend coins; the spending's number, or None where there are too few."""
        there = self.usable(unit, at)
        if len(there) < count:
            return None
        self.spendings += 1
        for coin in there[:count]:
            coin.place = ("spent", self.spendings)
        return self.spendings

    def put_back(self, spending: int) -> None:
        """Free what a spending took."""
        for coin in self.coins:
            if coin.place == ("spent", spending):
                coin.place = "free"

    def fill(
        self, unit: str, card: int, reward: str, at: datetime, ends_at: datetime | None
    ) -> int:
        """Exchange full cards for rewards (S15)."""
        filled = 0
        while len(self.usable(unit, at)) - self.owed(unit) >= card:
            spending = self.spend(unit, card, at)
            assert spending is not None
            stamps = [coin for coin in self.coins if coin.place == ("spent", spending)]
            self.give(reward, 1, at, ends_at)
            self.cards.append(Card(spending, stamps, self.coins[-1]))
            filled += 1
        return filled

    def expire(self, now: datetime) -> int:
        """Take what has ended (S4)."""
        ended = [c for c in self.coins if c.place == "free" and c.ends_at and c.ends_at <= now]
        for coin in ended:
            coin.place = "expired"
        return len(ended)

    def reverse(self, lot: int, at: datetime, below_zero: bool) -> int:
        """Take back what a lot gave (S7); how many coins were taken or are owed."""
        mine = [coin for coin in self.coins if coin.lot == lot]
        unit = mine[0].unit
        wanted = sum(coin.place != "expired" for coin in mine)
        taken = self._take_away(lot, unit, wanted, at)
        newest_first = self.cards[::-1]
        mine_first = [c for c in newest_first if self._holds(c, lot)]
        mine_first += [c for c in newest_first if not self._holds(c, lot)]
        for card in mine_first:
            helps = self._holds(card, lot) or any(
                replace(coin, place="free").usable(at) for coin in card.stamps
            )
            unused = card.reward.usable(at) and card.stamps[0].unit == unit
            if taken < wanted and not card.turned_back and unused and helps:
                card.turned_back = True
                card.reward.place = "reversed"
                self.put_back(card.spending)
                taken += self._take_away(lot, unit, wanted - taken, at)
        if below_zero and taken < wanted:
            self.debts.append([unit, wanted - taken])
            taken = wanted
        return taken

    def move_to(self, kept: Coins, at: datetime, held: Sequence[int]) -> list[int]:
        """Hand over everything to somebody else who is the same person (S12).

        What is `held` for vouchers stays held; returns those spendings' numbers there.
        """
        self.expire(at)
        numbers = {spending: kept.spendings + n for n, spending in enumerate(held, 1)}
        kept.spendings += len(held)
        moving = [c for c in self.coins if c.place == "free" or self._spending(c) in numbers]
        owing = {str(unit) for unit, _ in self.debts}
        for unit in sorted({coin.unit for coin in moving} | owing):
            owed = self.owed(unit)
            mine = [coin for coin in moving if coin.unit == unit]
            mine.sort(key=lambda c: (c.ends_at or LATEST, c.earned_at, c.lot))
            for number in dict.fromkeys(coin.lot for coin in mine):
                kept._receive([coin for coin in mine if coin.lot == number], numbers)
            paid = kept.usable(unit, at)[:owed]
            for coin in paid:
                coin.place = "reversed"
            if owed:
                self.lots += 1  # what the debt is settled from here
            if len(paid) < owed:
                kept.debts.append([unit, owed - len(paid)])
        for coin in moving:
            coin.place = "moved"
        self.debts.clear()
        return list(numbers.values())

    def _receive(self, coins: Sequence[Coin], held: Mapping[int, int]) -> None:
        """Take another's lot in; what is owed is kept back from what no voucher holds."""
        first = coins[0]
        spendings = [self._spending(coin) for coin in coins]
        free = spendings.count(0)
        self.give(first.unit, free, first.earned_at, first.ends_at, first.available_at)
        for spending in filter(None, spendings):
            coin = replace(first, lot=self.lots)
            coin.place = ("spent", held[spending])
            self.coins.append(coin)

    @staticmethod
    def _spending(coin: Coin) -> int:
        return int(coin.place[1]) if isinstance(coin.place, tuple) else 0

    @staticmethod
    def _holds(card: Card, lot: int) -> bool:
        return lot in {coin.lot for coin in card.stamps}

    def _take_away(self, lot: int, unit: str, count: int, at: datetime) -> int:
        own = [coin for coin in self.coins if coin.lot == lot and coin.place == "free"]
        others = [coin for coin in self.usable(unit, at) if coin.lot != lot]
        gone = (own + others)[:count]
        for coin in gone:
            coin.place = "reversed"
        return len(gone)

    def left(self) -> dict[int, int]:
        """How many free coins each lot has; lots without any are left out."""
        return dict(Counter(coin.lot for coin in self.coins if coin.place == "free"))


def left_in_book(book: Book) -> dict[int, int]:
    """What remains of each lot; lots with nothing left out, as `Coins.left`."""
    return {lot.id: lot.remaining for lot in book.lots.values() if lot.remaining}


def debts_in_book(book: Book) -> Sequence[tuple[str, int]]:
    """What is owed, oldest first."""
    return [(debt.unit, debt.remaining) for debt in book.debts.values() if debt.remaining]
