"""S12: however two members came to be one, no unit is created or lost, against counted coins."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from bot.domain import merging
from bot.domain.ledger import EntryRef
from bot.domain.merging import Held
from tests.domain.ledger_model import Book, Coins, debts_in_book, left_in_book
from tests.domain.test_ledger_machine import COFFEE, SMALL_CARD, START, Ledger

#: How many people are about at a time.
PEOPLE = 3


class Merging(Ledger):
    """Anything that can happen to a few members, who turn out to be one another now and then."""

    @initialize()
    def begin(self) -> None:
        self.now = START
        self.others = [self._somebody() for _ in range(PEOPLE - 1)]
        self.book, self.coins, self.earned, self.reserved = self._somebody()

    @staticmethod
    def _somebody() -> tuple[
        Book, Coins, list[tuple[EntryRef, int]], list[tuple[EntryRef, int, str]]
    ]:
        return Book(), Coins(), [], []

    @rule(number=st.integers(0, PEOPLE - 2))
    def turn_to(self, number: int) -> None:
        """What comes next happens to another of them."""
        mine = (self.book, self.coins, self.earned, self.reserved)
        self.book, self.coins, self.earned, self.reserved = self.others[number]
        self.others[number] = mine

    @rule(amount=st.integers(1, 6), hours=st.none() | st.integers(1, 60))
    def spend_by_mistake(self, amount: int, hours: int | None) -> None:
        """Points that are taken back while a voucher holds them: both stay, held and owed."""
        ends_at = None if hours is None else self.now + timedelta(hours=hours)
        account = self.book.account()
        account.credit("earn", "points", amount, at=self.now, ends_at=ends_at)
        lot = self.coins.give("points", amount, self.now, ends_at)
        entry = self.book.write(account)[0]
        there = len(self.coins.usable("points", self.now))
        if there:
            self.spend("points", there, 0)
        account = self.book.account({self.book.given(entry).lot})
        taken = account.take_back(
            self.book.given(entry), (), at=self.now, when_spent="go_below_zero"
        )
        assert taken == self.coins.reverse(lot, self.now, below_zero=True)
        self.book.write(account)

    @rule(number=st.integers(0, PEOPLE - 2), reward_hours=st.none() | st.integers(1, 240))
    def merge(self, number: int, reward_hours: int | None) -> None:
        """Another is the same person; somebody new comes in their stead."""
        book, coins, _, reserved = self.others[number]
        self.others[number] = self._somebody()
        held = [Held(entry, unit, book.takes_of(entry)) for entry, _, unit in reserved]
        theirs = book.account(take.lot for each in held for take in each.takes)
        ours = self.book.account()
        before = self._all(book)
        places = merging.move(theirs, ours, held, at=self.now)
        spendings = coins.move_to(self.coins, self.now, [spending for _, spending, _ in reserved])
        expired = Counter(
            {
                unit: -sum(
                    p.amount for p in theirs.postings if (p.kind, p.unit) == ("expire", unit)
                )
                for unit in before
            }
        )
        moved = len(ours.postings)
        ends_at = None if reward_hours is None else self.now + timedelta(hours=reward_hours)
        filled = ours.fill_cards("stamps", SMALL_CARD, COFFEE, at=self.now, ends_at=ends_at)
        assert filled == self.coins.fill("stamps", SMALL_CARD, COFFEE, self.now, ends_at)
        made = Counter({"stamps": -SMALL_CARD * filled, COFFEE: filled})
        book.write(theirs)
        refs = self.book.write(ours)
        assert all(place < moved for place in places)
        self.reserved += [
            (refs[place], spending, unit)
            for place, spending, (_, _, unit) in zip(places, spendings, reserved, strict=True)
        ]
        after = self._all(book)
        for unit in before | after:
            assert after[unit] == before[unit] - expired[unit] + made[unit], unit
        book.check()
        assert (left_in_book(book), debts_in_book(book)) == ({}, [])

    def _all(self, book: Book) -> Counter[str]:
        """What two people have together, less what they owe."""
        total: Counter[str] = Counter()
        for each in (book, self.book):
            for lot in each.lots.values():
                total[lot.unit] += lot.remaining
            for debt in each.debts.values():
                total[debt.unit] -= debt.remaining
        return total


TestMerging = Merging.TestCase
TestMerging.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
