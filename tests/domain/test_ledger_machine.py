"""S1–S4, S7, S15, S19: every sequence of events, against a plain model that counts coins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.ledger import EntryRef, NotEnough, spendable
from bot.domain.programme_earning import reward_unit
from tests.domain.ledger_model import Book, Coins, debts_in_book, left_in_book

START = datetime(2026, 1, 10, 12, tzinfo=UTC)
COFFEE = reward_unit("coffee")
UNITS = st.sampled_from(["stamps", "points"])
SMALL_CARD = 4


class Ledger(RuleBasedStateMachine):
    """Anything a programme can do to one member, in any order, on the book and on the coins."""

    @initialize()
    def begin(self) -> None:
        self.now = START
        self.book, self.coins = Book(), Coins()
        self.earned: list[tuple[EntryRef, int]] = []
        self.reserved: list[tuple[EntryRef, int, str]] = []

    @rule(hours=st.integers(1, 200))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(
        parts=st.lists(
            st.tuples(
                UNITS,
                st.integers(1, 11),
                st.integers(0, 240),
                st.none() | st.integers(1, 480) | st.sampled_from([24, 48, 240]),
                st.none() | st.integers(1, 300),
            ),
            min_size=1,
            max_size=2,
        ),
        reward_hours=st.none() | st.integers(1, 240),
    )
    def earn(
        self, parts: list[tuple[str, int, int, int | None, int | None]], reward_hours: int | None
    ) -> None:
        """Credits of one operation, perhaps back-dated, pending or ended already; then full
        cards.
        """
        account = self.book.account()
        lots = []
        for unit, amount, hours_ago, hours, waits in parts:
            at = self.now - timedelta(hours=hours_ago)
            ends_at = None if hours is None else at + timedelta(hours=hours)
            due = None if waits is None else at + timedelta(hours=waits)
            account.credit("earn", unit, amount, at=at, ends_at=ends_at, available_at=due)
            lots.append(self.coins.give(unit, amount, at, ends_at, due))
        ends_at = None if reward_hours is None else self.now + timedelta(hours=reward_hours)
        filled = account.fill_cards("stamps", SMALL_CARD, COFFEE, at=self.now, ends_at=ends_at)
        assert filled == self.coins.fill("stamps", SMALL_CARD, COFFEE, self.now, ends_at)
        self.earned += zip(self.book.write(account), lots, strict=False)

    @rule(
        unit=st.sampled_from(["points", COFFEE]),
        amount=st.integers(1, 9),
        hours_ago=st.integers(0, 48),
    )
    def spend(self, unit: str, amount: int, hours_ago: int) -> None:
        amount = min(amount, 2) if unit == COFFEE else amount
        at = self.now - timedelta(hours=hours_ago)
        account = self.book.account()
        spending = self.coins.spend(unit, amount, at)
        if spending is None:
            with pytest.raises(NotEnough):
                account.debit("reserve", unit, amount, at=at)
            return
        account.debit("reserve", unit, amount, at=at)
        self.reserved.append((self.book.write(account)[0], spending, unit))

    @precondition(lambda self: self.reserved)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.reserved) - 1), label="which")
        entry, spending, unit = self.reserved.pop(index)
        takes = self.book.takes_of(entry)
        account = self.book.account(take.lot for take in takes)
        account.put_back("release", unit, takes, at=self.now, of=entry)
        self.book.write(account)
        self.coins.put_back(spending)

    @rule(ahead=st.integers(-100, 100))
    def expire(self, ahead: int) -> None:
        """Expiry runs for an instant that may lie behind what others have written."""
        at = self.now + timedelta(hours=ahead)
        for expected in (self.coins.expire(at), 0):
            account = self.book.account()
            assert account.expire(at) == expected
            assert (not account.postings) == (expected == 0)
            self.book.write(account)

    @rule()
    def come_due(self) -> None:
        """Pending stamps that can be used now fill cards, as the sweep has it."""
        account = self.book.account()
        filled = account.fill_cards("stamps", SMALL_CARD, COFFEE, at=self.now, ends_at=None)
        assert filled == self.coins.fill("stamps", SMALL_CARD, COFFEE, self.now, None)
        self.book.write(account)

    @precondition(lambda self: self.earned)
    @rule(data=st.data(), below_zero=st.booleans())
    def reverse(self, data: st.DataObject, below_zero: bool) -> None:
        index = data.draw(st.integers(0, len(self.earned) - 1), label="which")
        entry, lot = self.earned.pop(index)
        given = self.book.given(entry)
        filled = self.book.unused_fills(given.unit)
        also = {given.lot} | {card.reward_lot for card in filled}
        also |= {take.lot for card in filled for take in card.takes}
        account = self.book.account(also)
        policy = "go_below_zero" if below_zero else "stop_at_zero"
        taken = account.take_back(given, filled, at=self.now, when_spent=policy)
        assert taken == self.coins.reverse(lot, self.now, below_zero)
        assert 0 <= taken <= given.amount
        self.book.write(account)

    @invariant()
    def same_as_the_coins(self) -> None:
        assert left_in_book(self.book) == self.coins.left()
        assert debts_in_book(self.book) == [tuple(debt) for debt in self.coins.debts]
        for unit in ("stamps", "points", COFFEE):
            for hours in (-30, 0, 30):
                at = self.now + timedelta(hours=hours)
                there = spendable(self.book.lots.values(), unit, at)
                assert there == len(self.coins.usable(unit, at))

    @invariant()
    def sums_up(self) -> None:
        self.book.check()


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
