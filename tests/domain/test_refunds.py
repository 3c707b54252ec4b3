"""S8: what stands of a purchase goes by how much was kept alone, whatever the refunds before."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from functools import cache
from itertools import pairwise
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.earning import Event, earn
from bot.domain.earning.basis import item_of
from bot.domain.ledger import Account, EntryRef, Given, Lot
from bot.domain.programme import Programme
from bot.domain.refunds import Granted, Line, Purchase, recount, remaining, stands
from bot.domain.tallies import SPEND, VISITS, Count

AT = datetime(2026, 3, 2, 11, tzinfo=UTC)
ROUNDING = {"down": ROUND_DOWN, "half_up": ROUND_HALF_UP, "up": ROUND_UP}


@cache
def shop(rounding: str = "down", minimum: int = 0) -> Programme:
    """A shop with one rule for purchases, and one for its cakes."""
    rule = {"rounding": rounding, "minimum": Decimal(minimum)}
    return Programme.model_validate(
        {
            "shop": {"name": "Lípa"},
            "units": {"points": {}},
            "products": [
                {"code": "cake", "name": "Cake"},
                {"code": "wine", "name": "Wine", "category": "alcohol"},
            ],
            "earning": {"excluded": ["alcohol"]},
            "earn": [
                {"rule": "purchase", "unit": "points", "per": 1, **rule},
                {"rule": "product", "code": "sweet", "unit": "points", "products": ["cake"]},
            ],
            "rewards": [{"code": "coffee", "name": "Coffee", "points": 100}],
        }
    )


def purchase(
    amount: int, discount: int = 0, refunded: int = 0, lines: tuple[Line, ...] = ()
) -> Purchase:
    facts = {"reward_part": "0", "rules": ["purchase", "sweet"], "version": 1}
    return Purchase(1, amount, discount, refunded, "EUR", None, AT, facts, lines)


def granted(programme: Programme, bought: Purchase) -> Granted:
    """What the purchase gave when it was counted."""
    items = [
        item_of(
            programme,
            line.product,
            line.quantity,
            None if line.amount_minor is None else Decimal(line.amount_minor) / 100,
        )
        for line in bought.lines
    ]
    event = Event(
        "purchase",
        AT,
        programme.zone(),
        amount=Decimal(bought.amount) / 100,
        discount=Decimal(bought.discount) / 100,
        items=tuple(items),
    )
    shares = earn(programme, event).shares
    total = sum(share.amount for share in shares)
    rules = tuple((share.rule, share.amount) for share in shares)
    return Granted(Given(EntryRef(1, 202603), "points", total, 1), rules)


def left(programme: Programme, bought: Purchase, kept: int | None) -> int:
    return remaining(granted(programme, bought), bought, kept, stands(programme, bought, kept))


amounts = st.integers(1, 100_000)
rounding = st.sampled_from(["down", "half_up", "up"])


@given(amounts, rounding, st.data())
def test_s8_a_part_that_was_kept_earns_what_a_purchase_of_it_would(
    amount: int, how: str, data: st.DataObject
) -> None:
    programme = shop(how)
    kept = data.draw(st.integers(1, amount))
    plain = int((Decimal(kept) / 100).quantize(Decimal(1), ROUNDING[how]))
    assert left(programme, purchase(amount), kept) == plain


@given(
    amounts,
    st.integers(0, 100),
    rounding,
    st.lists(st.tuples(st.sampled_from(["cake", "wine", "bun"]), st.integers(1, 9)), max_size=3),
    st.data(),
)
def test_s8_any_refunds_in_any_order_take_what_one_of_their_sum_takes(
    amount: int,
    off: int,
    how: str,
    goods: list[tuple[str, int]],
    data: st.DataObject,
) -> None:
    """Each takes no less than nothing, and what they leave depends on what was kept alone."""
    programme = shop(how, data.draw(st.integers(0, 50)))
    names = dict(goods)
    share = amount // (len(names) + 1)
    lines = tuple(Line(name, count, share) for name, count in sorted(names.items()))
    bought = purchase(amount, amount * off // 200, lines=lines)
    parts = data.draw(st.lists(st.integers(1, bought.paid), min_size=1, max_size=5))
    kept = bought.paid
    stood = [left(programme, bought, kept)]
    for part in parts:
        kept = max(kept - part, 1)
        stood.append(left(programme, bought, kept))
    taken = [before - after for before, after in pairwise(stood)]
    assert min(taken) >= 0
    assert sum(taken) == stood[0] - left(programme, bought, kept)
    assert left(programme, bought, None) == 0


@given(amounts, st.data())
def test_s8_a_scaled_price_is_as_exact_as_the_price(amount: int, data: st.DataObject) -> None:
    """Of goods that earn nothing, and a discount, goes the same part as of the whole."""
    wine, off = amount // 3, amount // 4
    bought = purchase(amount, off, lines=(Line("wine", 1, wine),))
    kept = data.draw(st.integers(1, bought.paid))
    earns = (amount - wine - off) * kept / bought.paid / 100
    assert abs(left(shop(), bought, kept) - earns) < 1.000001


@given(amounts, st.data())
def test_s6_what_was_spent_stands_for_what_was_kept_and_the_visit_stays(
    amount: int, data: st.DataObject
) -> None:
    bought, programme = purchase(amount), shop()
    counted = [Count(SPEND, 20260302, amount), Count(VISITS, 20260302, 1)]
    kept = data.draw(st.integers(1, amount))
    less = recount(counted, bought, stands(programme, bought, kept))
    assert sum(count.amount for count in less) == kept - amount
    gone = recount(counted, bought, None)
    assert [(c.what, c.amount) for c in gone] == [(SPEND, -amount), (VISITS, -1)]


def test_s8_without_what_it_went_by_a_refund_is_in_proportion() -> None:
    bought = Purchase(1, 1000, 0, 0, "EUR", None, AT, None)
    given = Granted(Given(EntryRef(1, 202603), "points", 10, 1), (("purchase", 10),))
    assert stands(shop(), bought, 250) is None
    assert [remaining(given, bought, kept, None) for kept in (1000, 250, 0, None)] == [10, 2, 0, 0]


def test_s8_what_a_challenge_gave_stays_until_the_whole_purchase_goes() -> None:
    bought, programme = purchase(1000), shop()
    rules = (("purchase", 10), ("three-visits", 50))
    given = Granted(Given(EntryRef(1, 202603), "points", 60, 1), rules)
    part = stands(programme, bought, 400)
    assert remaining(given, bought, 400, part) == 54
    assert remaining(given, bought, None, None) == 0


@given(
    st.integers(1, 40),
    st.lists(st.integers(0, 20), max_size=3),
    st.sampled_from(["stop_at_zero", "go_below_zero"]),
    st.data(),
)
def test_s8_the_ledger_gives_the_same_for_a_sum_as_for_its_parts(
    gave: int,
    others: list[int],
    policy: Literal["stop_at_zero", "go_below_zero"],
    data: st.DataObject,
) -> None:
    """However much of it was spent, and whatever else there is."""
    rest = data.draw(st.integers(0, gave))
    parts = data.draw(st.lists(st.integers(1, gave), min_size=1, max_size=4))
    while sum(parts) > gave:
        parts.pop()

    def after(*takes: int) -> tuple[int, int]:
        found = [Lot(1, "points", gave, rest, "purchase", AT, None)]
        found += [
            Lot(n, "points", 20, amount, "gift", AT, None) for n, amount in enumerate(others, 2)
        ]
        account = Account(found)
        for take in takes:
            given = Given(EntryRef(1, 202603), "points", take, 1)
            account.take_back(given, (), at=AT, when_spent=policy)
        return account.spendable("points", AT), sum(p.owed for p in account.postings)

    whole, there = sum(parts), rest + sum(others)
    owed = max(whole - there, 0) if policy == "go_below_zero" else 0
    assert after(*parts) == (max(there - whole, 0), owed)
    if whole:
        assert after(whole) == after(*parts)
