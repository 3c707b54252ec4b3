"""S1–S4, S7, S15, S19: how entries bind to lots, by example; test_ledger_machine.py does it all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.ledger import (
    Account,
    Debt,
    EntryRef,
    Lot,
    NotEnough,
    Posting,
    Take,
    binding_order,
    spendable,
)
from bot.domain.programme_earning import reward_unit
from tests.domain.ledger_model import Book, debts_in_book, left_in_book

START = datetime(2026, 1, 10, 12, tzinfo=UTC)
COFFEE = reward_unit("coffee")
CARD = 10


def day(number: int) -> datetime:
    """Noon, `number` days after the start."""
    return START + timedelta(days=number)


def lot(number: int, amount: int = 10, earned: int = 0, ends: int | None = None) -> Lot:
    ends_at = None if ends is None else day(ends)
    return Lot(number, "points", amount, amount, "visit", day(earned), ends_at)


def left(account: Account) -> dict[int, int]:
    return {lot.id: lot.remaining for lot in account.lots}


class Shop:
    """One member's book with the verbs of the services, on a card of ten."""

    def __init__(self) -> None:
        self.book = Book()

    def earn(
        self, amount: int, at: int = 0, ends: int | None = None, unit: str = "stamps"
    ) -> EntryRef:
        account = self.book.account()
        ends_at = None if ends is None else day(ends)
        account.credit("earn", unit, amount, at=day(at), ends_at=ends_at)
        account.fill_cards("stamps", CARD, COFFEE, at=day(at), ends_at=None)
        return self.book.write(account)[0]

    def reserve(self, amount: int = 1, at: int = 0, unit: str = COFFEE) -> EntryRef:
        account = self.book.account()
        account.debit("reserve", unit, amount, at=day(at))
        return self.book.write(account)[0]

    def release(self, entry: EntryRef, at: int = 0, unit: str = COFFEE) -> None:
        takes = self.book.takes_of(entry)
        account = self.book.account(take.lot for take in takes)
        account.put_back("release", unit, takes, at=day(at), of=entry)
        self.book.write(account)

    def expire(self, at: int) -> int:
        account = self.book.account()
        taken = account.expire(day(at))
        self.book.write(account)
        return taken

    def undo(self, entry: EntryRef, at: int = 0, below_zero: bool = False) -> int:
        given = self.book.given(entry)
        filled = self.book.unused_fills(given.unit)
        also = {given.lot} | {card.reward_lot for card in filled}
        also |= {take.lot for card in filled for take in card.takes}
        account = self.book.account(also)
        policy = "go_below_zero" if below_zero else "stop_at_zero"
        taken = account.take_back(given, filled, at=day(at), when_spent=policy)
        self.book.write(account)
        return taken

    def has(self, at: int = 0) -> tuple[int, int]:
        """Stamps (below zero when owed) and coffees."""
        account = self.book.account()
        return (
            account.spendable("stamps", day(at)) - account.owed("stamps"),
            account.spendable(COFFEE, day(at)),
        )

    def lines(self) -> list[tuple[str, str, int]]:
        return [(e.posting.kind, e.posting.unit, e.posting.amount) for e in self.book.entries]


@pytest.fixture
def shop() -> Shop:
    return Shop()


# S3: which lots a debit binds to


def test_s3_a_debit_takes_the_soonest_end_first_and_never_ending_last() -> None:
    account = Account([lot(1), lot(2, ends=30), lot(3, ends=20)])
    spent = account.debit("reserve", "points", 25, at=day(0))
    assert spent.takes == (Take(3, 10), Take(2, 10), Take(1, 5))
    assert left(account) == {1: 5, 2: 0, 3: 0}


def test_s3_lots_of_one_end_go_by_earn_time_then_by_number() -> None:
    lots = [lot(3, earned=1, ends=9), lot(2, earned=2, ends=9), lot(1, earned=2, ends=9), lot(4)]
    assert [lot.id for lot in sorted(lots, key=binding_order)] == [3, 1, 2, 4]


def test_s3_lots_of_one_breath_come_after_stored_ones_in_the_order_they_were_opened() -> None:
    account = Account([lot(7, ends=9)])
    for _ in range(2):
        account.credit("earn", "points", 1, at=day(0), ends_at=day(9))
    assert [lot.id for lot in account.lots] == [7, -1, -2]


def test_s3_a_debit_binds_to_lots_alive_when_it_happened() -> None:
    ended, not_yet, alive = lot(1, ends=5), lot(2, earned=6), lot(3, ends=9)
    account = Account([ended, not_yet, alive])
    assert account.debit("reserve", "points", 4, at=day(5)).takes == (Take(3, 4),)


def test_s3_a_lot_ends_at_its_instant_and_not_a_moment_before() -> None:
    lots = [lot(1, ends=5)]
    moment = timedelta(microseconds=1)
    assert spendable(lots, "points", day(5) - moment) == 10
    assert spendable(lots, "points", day(5)) == 0


def test_s3_what_ended_cannot_be_spent_though_expiry_has_not_run() -> None:
    account = Account([lot(1, ends=5), lot(2, amount=3)])
    with pytest.raises(NotEnough) as refused:
        account.debit("reserve", "points", 4, at=day(5))
    assert (refused.value.unit, refused.value.wanted, refused.value.spendable) == ("points", 4, 3)
    assert (account.postings, left(account)) == ([], {1: 10, 2: 3})


@pytest.mark.parametrize("amount", [0, -3])
def test_s2_an_entry_moves_at_least_one(amount: int) -> None:
    account = Account([lot(1)])
    with pytest.raises(ValueError, match="at least 1"):
        account.debit("reserve", "points", amount, at=day(0))
    with pytest.raises(ValueError, match="at least 1"):
        account.credit("earn", "points", amount, at=day(0), ends_at=None)
    assert account.postings == []


# S4: expiry


def test_s4_expiry_takes_the_rest_of_each_ended_lot_once_at_its_own_end(shop: Shop) -> None:
    shop.earn(6, ends=3, unit="points")
    shop.earn(2, ends=5, unit="points")
    shop.earn(1, ends=9, unit="points")
    shop.reserve(4, at=1, unit="points")
    assert [shop.expire(at) for at in (2, 7, 7, 8)] == [0, 4, 0, 0]
    ended = [e.posting for e in shop.book.entries if e.posting.kind == "expire"]
    assert [(p.amount, p.occurred_at) for p in ended] == [(-2, day(3)), (-2, day(5))]


def test_s4_lots_that_end_together_are_one_entry(shop: Shop) -> None:
    shop.earn(2, ends=5)
    shop.earn(3, at=1, ends=5)
    shop.earn(4, ends=5, unit="points")
    assert shop.expire(6) == 9
    assert shop.lines()[3:] == [("expire", "points", -4), ("expire", "stamps", -5)]


def test_s4_what_comes_back_to_an_ended_lot_expires_then(shop: Shop) -> None:
    shop.earn(5, ends=3, unit="points")
    reserved = shop.reserve(2, at=2, unit="points")
    assert shop.expire(4) == 3
    shop.release(reserved, at=4, unit="points")
    assert [shop.expire(4), shop.expire(5)] == [2, 0]


# S15: full cards


def test_s15_nine_and_five_at_ten_is_one_reward_and_four_stamps(shop: Shop) -> None:
    shop.earn(9)
    shop.earn(5)
    assert shop.has() == (4, 1)
    assert shop.lines() == [
        ("earn", "stamps", 9),
        ("earn", "stamps", 5),
        ("fill", "stamps", -10),
        ("reward", COFFEE, 1),
    ]


def test_s15_twenty_five_at_ten_are_two_rewards_and_five_stamps(shop: Shop) -> None:
    shop.earn(25)
    assert shop.has() == (5, 2)


def test_s15_stamps_that_ended_do_not_fill_a_card(shop: Shop) -> None:
    shop.earn(9, ends=3)
    shop.earn(9, at=3)
    assert shop.has(at=3) == (9, 0)


def test_s15_of_two_who_stamp_at_once_the_second_fills_the_card_whatever_its_clock() -> None:
    shop = Shop()
    shop.earn(9, at=2)
    shop.earn(1, at=1)
    assert (shop.has(at=1), shop.has(at=2)) == ((0, 0), (0, 1))
    assert [e.posting.occurred_at for e in shop.book.entries[2:]] == [day(2), day(2)]


def test_s15_a_card_takes_the_stamps_that_end_first(shop: Shop) -> None:
    shop.earn(6, ends=50)
    shop.earn(3, ends=20)
    shop.earn(3, ends=30)
    assert left_in_book(shop.book) == {1: 2, 4: 1}


def test_s15_a_card_is_not_full_while_stamps_are_owed() -> None:
    lots = [Lot(1, "stamps", 12, 12, "visit", day(0), None)]
    account = Account(lots, [Debt(EntryRef(1, 202601), "stamps", 3)])
    assert account.fill_cards("stamps", CARD, COFFEE, at=day(0), ends_at=None) == 0


# S19: what a voucher gives back


def test_s19_a_release_gives_the_amount_back_with_its_old_ends(shop: Shop) -> None:
    shop.earn(3, ends=5, unit="points")
    shop.earn(3, ends=9, unit="points")
    reserved = shop.reserve(4, unit="points")
    assert left_in_book(shop.book) == {2: 2}
    shop.release(reserved, at=7, unit="points")
    assert left_in_book(shop.book) == {1: 3, 2: 3}
    assert shop.book.account().spendable("points", day(7)) == 3


def test_s19_nothing_is_put_back_twice(shop: Shop) -> None:
    shop.earn(3, unit="points")
    reserved = shop.reserve(3, unit="points")
    shop.release(reserved, unit="points")
    with pytest.raises(ValueError, match="lot 1"):
        shop.release(reserved, unit="points")


# S7: reversals


def test_s7_a_reversal_takes_from_its_own_lot_first_even_when_that_ended(shop: Shop) -> None:
    shop.earn(3, ends=9)
    mistake = shop.earn(3, ends=2)
    assert shop.undo(mistake, at=2) == 3
    assert left_in_book(shop.book) == {1: 3}


def test_s7_what_was_spent_is_taken_from_what_is_left_soonest_end_first(shop: Shop) -> None:
    mistake = shop.earn(5, ends=1, unit="points")
    shop.earn(5, ends=9, unit="points")
    shop.earn(5, ends=7, unit="points")
    shop.reserve(3, unit="points")
    assert shop.undo(mistake) == 5
    assert left_in_book(shop.book) == {2: 5, 3: 2}


def test_s7_at_zero_a_reversal_stops(shop: Shop) -> None:
    mistake = shop.earn(5, unit="points")
    shop.reserve(4, unit="points")
    assert shop.undo(mistake) == 1
    assert shop.lines()[-1] == ("reverse", "points", -1)
    assert debts_in_book(shop.book) == []


def test_s7_with_everything_spent_nothing_is_written(shop: Shop) -> None:
    mistake = shop.earn(5, unit="points")
    shop.reserve(5, unit="points")
    assert (shop.undo(mistake), len(shop.lines())) == (0, 2)


def test_s7_below_zero_the_rest_is_recovered_from_the_next_earnings(shop: Shop) -> None:
    mistake = shop.earn(5, unit="points")
    shop.reserve(4, unit="points")
    assert shop.undo(mistake, below_zero=True) == 5
    assert debts_in_book(shop.book) == [("points", 4)]
    shop.earn(3, unit="points")
    assert debts_in_book(shop.book) == [("points", 1)]
    shop.earn(3, unit="points")
    assert (debts_in_book(shop.book), left_in_book(shop.book)) == ([], {3: 2})
    shop.book.check()


def test_s7_what_expired_of_it_is_not_taken_again(shop: Shop) -> None:
    mistake = shop.earn(5, ends=3, unit="points")
    shop.earn(9, unit="points")
    shop.reserve(2, unit="points")
    shop.expire(4)
    assert shop.undo(mistake, at=4) == 2
    assert left_in_book(shop.book) == {2: 7}


def test_s7_a_stamp_that_filled_a_card_turns_the_unused_reward_back(shop: Shop) -> None:
    shop.earn(5, ends=30)
    shop.earn(4, ends=20)
    last = shop.earn(1)
    assert shop.has() == (0, 1)
    assert shop.undo(last) == 1
    assert shop.has() == (9, 0)
    assert left_in_book(shop.book) == {1: 5, 2: 4}
    assert shop.lines()[-3:] == [
        ("reverse", COFFEE, -1),
        ("reverse", "stamps", 10),
        ("reverse", "stamps", -1),
    ]


def test_s7_stamps_that_ended_meanwhile_come_back_ended(shop: Shop) -> None:
    shop.earn(9, ends=3)
    last = shop.earn(1)
    shop.undo(last, at=4)
    assert shop.has(at=4) == (0, 0)
    assert shop.expire(4) == 9


def test_s7_stamps_over_the_card_are_taken_before_the_reward_is_touched(shop: Shop) -> None:
    shop.earn(9)
    mistake = shop.earn(5)
    shop.earn(1)
    assert shop.undo(mistake) == 5
    assert shop.has() == (0, 1)


@pytest.mark.parametrize(("below_zero", "stamps"), [(False, 0), (True, -1)])
def test_s7_once_the_reward_is_reserved_the_policy_applies(
    shop: Shop, below_zero: bool, stamps: int
) -> None:
    shop.earn(9)
    last = shop.earn(1)
    shop.reserve()
    assert shop.undo(last, below_zero=below_zero) == -stamps
    assert shop.has() == (stamps, 0)


def test_s7_a_reward_that_came_back_from_its_voucher_counts_as_unused(shop: Shop) -> None:
    shop.earn(9)
    last = shop.earn(1)
    shop.release(shop.reserve())
    shop.undo(last)
    assert shop.has() == (9, 0)


def test_s7_a_reward_whose_time_is_over_is_not_turned_back(shop: Shop) -> None:
    account = shop.book.account()
    account.credit("earn", "stamps", 10, at=day(0), ends_at=None)
    account.fill_cards("stamps", CARD, COFFEE, at=day(0), ends_at=day(1))
    earned = shop.book.write(account)[0]
    # The same whether expiry has run or not (S3).
    assert [shop.undo(earned, at=1), shop.expire(1), shop.undo(earned, at=1)] == [0, 1, 0]


def test_s7_of_two_cards_the_one_with_the_stamp_is_turned_back(shop: Shop) -> None:
    shop.earn(9, ends=30)
    mistake = shop.earn(1, ends=40)
    shop.earn(10, ends=50)
    shop.undo(mistake)
    assert shop.has() == (9, 1)
    assert left_in_book(shop.book) == {1: 9, 5: 1}


def test_s7_two_mistakes_on_one_card_leave_nine_stamps_in_either_order() -> None:
    for order in ((0, 1), (1, 0)):
        shop = Shop()
        shop.earn(9)
        mistakes = [shop.earn(1), shop.earn(1)]
        for number in order:
            assert shop.undo(mistakes[number]) == 1
        assert shop.has() == (9, 0)


def test_s7_another_reward_is_left_alone_when_its_stamps_have_ended(shop: Shop) -> None:
    shop.earn(10, ends=3)
    shop.earn(10, at=4)
    used = shop.reserve(2, at=4)
    shop.release(used, at=4)
    account = shop.book.account()
    last = shop.book.entries[3].ref
    # The reward of the second card is used, the first one's is not; its stamps are no more.
    shop.book.write(account)
    given, fills = shop.book.given(last), shop.book.unused_fills("stamps")
    first = [card for card in fills if not card.took_from(given.lot)]
    account = shop.book.account({given.lot, 1, 2})
    assert account.take_back(given, first, at=day(4), when_spent="stop_at_zero") == 0
    assert account.postings == []


def test_s1_postings_are_appended_and_what_was_read_stays_as_it_was() -> None:
    before = lot(1)
    account = Account([before])
    account.debit("reserve", "points", 4, at=day(0))
    assert before.remaining == 10
    expected = Posting("reserve", "points", -4, day(0), takes=(Take(1, 4),))
    assert account.postings == [expected]
