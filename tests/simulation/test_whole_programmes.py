"""S1, S3–S8, S10, S14, S15, S18: random programmes and random lives, against a plain model.

Stories are drawn whole, then lived on a real database; after every act the member has exactly what
the model says, and at the end `ledger verify` finds nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from bot.clock import StandingClock
from bot.domain.earning import item_of
from bot.domain.members import Member, Staff
from bot.domain.rewards import Voucher
from bot.services import earning, refunding
from bot.services.results import Earned, Undone
from bot.services.unit_of_work import Work
from bot.storage import progress
from bot.storage.database import Database
from bot.storage.keys import open_vault
from scheduler import jobs
from tests.conftest import SECRET, MakeDatabase
from tests.services.shop import Shop
from tests.simulation.plain_member import Plain, Purchase
from tests.simulation.plain_programme import Ladder, Level, Rules, local, midnight

#: The same stories each time; as many new ones as `REGULARS_EXAMPLES=1000` says.
WANTED = os.environ.get("REGULARS_EXAMPLES", "")
EXAMPLES = int(WANTED or "60")
START = datetime(2026, 1, 20, 10, tzinfo=UTC)
LASTS = (
    "never",
    "20 days",
    "2 weeks",
    "1 month",
    "end of month",
    "2 months moved by activity",
    "1 months without activity",
    "3 months or 1 months without activity",
)
RATES = (Fraction(1), Fraction(3), Fraction(1, 2), Fraction(2, 3))
FACTORS = (None, Fraction(2), Fraction(3, 2), Fraction(3))


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    """Tiers of a programme: two or three, some with a base."""
    by = draw(st.sampled_from(["spend", "visits", "points"]))
    steps = {"spend": (20, 60), "visits": (2, 5), "points": (15, 50)}[by]
    base = [Level("green", 0)] if draw(st.booleans()) else []
    lasts = draw(st.sampled_from(["", "never", "3 months"]))
    return Ladder(
        by,
        draw(st.sampled_from(["always", "calendar year", "calendar month", "1 months", "40 days"])),
        draw(st.sampled_from(["1 months", "end of month + 1 months", "never"])),
        draw(st.sampled_from([0, 5])),
        draw(st.booleans()),
        (
            *base,
            Level("gold", steps[0], draw(st.sampled_from((Fraction(1), Fraction(3, 2)))), lasts),
            Level("black", steps[1], Fraction(2), "never" if lasts else ""),
        ),
    )


@st.composite
def programmes(draw: st.DrawFn) -> Rules:
    """A programme that `check` has nothing against."""
    points = draw(st.sampled_from(RATES))
    return Rules(
        card=draw(st.sampled_from([0, 3, 4])),
        stamps_last=draw(st.sampled_from(LASTS)),
        points=points,
        rounding=draw(st.sampled_from(["down", "half_up", "up"])),
        points_last=draw(st.sampled_from(LASTS)),
        percent=draw(st.sampled_from([0, 5])),
        double=draw(st.sampled_from(FACTORS)),
        double_from=draw(st.sampled_from([0, 10])),
        weekend=draw(st.sampled_from(FACTORS)),
        stacking=draw(st.sampled_from(["highest", "sum", "product"])),
        pending=draw(st.sampled_from([0, 0, 3])),
        below_zero=draw(st.booleans()),
        no_tobacco=draw(st.booleans()),
        challenge=draw(st.sampled_from([0, 2])),
        once_a_day=draw(st.sampled_from([0, 1])),
        ladder=draw(st.none() | ladders()),
    )


@dataclass(frozen=True)
class Act:
    """One thing that happens, some hours after the last."""

    name: str
    hours: int
    number: int
    more: int


ACTS = st.builds(
    Act,
    st.sampled_from(
        [
            "sale",
            "sale",
            "sale",
            "stamp",
            "stamp",
            "reserve",
            "cancel",
            "refund",
            "undo",
            "sweep",
            "other",
            "merge",
        ]
    ),
    st.sampled_from([0, 0, 1, 20, 26, 100, 400, 800]),
    st.integers(0, 2_500),
    st.integers(0, 100),
)


async def _tell_nobody(_conversations: Collection[int]) -> None:
    """Nobody reads what is said here."""


class Life:
    """One member of a shop, and what the model says they have."""

    def __init__(
        self, shop: Shop, rules: Rules, members: tuple[Member, Member], colleague: Staff
    ) -> None:
        self.shop, self.rules, self.colleague = shop, rules, colleague
        self.member, self.other = members
        self.plain, self.theirs = Plain(rules), Plain(rules, numbers=1_000_000)
        self.merged = False
        self.now = START
        self.purchases: list[tuple[Purchase, Earned]] = []
        self.purchases_of_other: list[tuple[Purchase, Earned]] = []
        self.vouchers: list[tuple[Voucher, int]] = []
        for plain in (self.plain, self.theirs):
            plain.look(START)
            plain.rise(local(START), START)

    async def act(self, act: Act) -> None:
        await self._wait(self.now + timedelta(hours=act.hours))
        await getattr(self, f"_{act.name}")(act)
        await self.compare()

    async def _wait(self, until: datetime) -> None:
        """Time passes; where a tier comes due by time alone, somebody sweeps every night.

        For what ended before it was looked at stays ended.
        """
        ladder = self.rules.ladder
        if self.rules.pending and ladder and any(level.expires for level in ladder.levels):
            while (night := midnight(local(self.now) + timedelta(days=1))) <= until:
                self.now = night
                await self._sweep(Act("sweep", 0, 0, 0))
        self.now = until

    async def _other(self, act: Act) -> None:
        """Somebody else buys, who turns out to be the same person."""
        if not self.merged:
            bought, earned = await self._buy(self.other, self.theirs, act)
            bought.before = None
            self.purchases_of_other.append((bought, earned))

    async def _merge(self, _act: Act) -> None:
        if not self.merged:
            # What came due before goes by the two of them, what comes later by the one.
            await self._sweep(Act("sweep", 0, 0, 0))
            self.merged = True
            await self.shop.merge(self.member, self.other, self.now)
            self.plain.take_in(self.theirs, self.now)
            self.purchases += self.purchases_of_other

    async def _sale(self, act: Act) -> None:
        self.purchases.append(await self._buy(self.member, self.plain, act))

    async def _buy(self, member: Member, plain: Plain, act: Act) -> tuple[Purchase, Earned]:
        cents = act.number + 1
        tobacco = cents * act.more // 100 if act.more > 60 else 0
        programme = await self.shop.work.programme()
        lines = []
        if tobacco:
            lines = [item_of(programme, "cigars", 1, earning.major(programme, tobacco))]
        async with self.shop.uow() as uow:
            earned = await earning.sale(
                uow,
                member.id,
                cents,
                "",
                self.colleague,
                self.shop.key(),
                self.now,
                items=[line for line in lines if line],
            )
        assert isinstance(earned, Earned)
        return plain.buy(cents, tobacco, self.now), earned

    async def _stamp(self, act: Act) -> None:
        if self.rules.card:
            count = act.number % 5 + 1
            earned = await self.shop.stamp(self.member, self.colleague, count, self.now)
            assert isinstance(earned, Earned)
            self.plain.stamp(count, self.now)

    async def _reserve(self, _act: Act) -> None:
        voucher = await self.shop.reserve(self.member, "cake", self.now)
        number = self.plain.spend("points", 7, self.now)
        assert isinstance(voucher, Voucher) == bool(number)
        if isinstance(voucher, Voucher):
            self.vouchers.append((voucher, number))

    async def _cancel(self, _act: Act) -> None:
        if self.vouchers:
            voucher, number = self.vouchers.pop()
            # After its fifteen minutes it goes back by itself, to the same lots.
            await self.shop.cancel(self.member, voucher.id, self.now)
            self.plain.give_back(number)

    async def _refund(self, act: Act) -> None:
        """A part of a purchase is given back, or all that is left of it."""
        if self.purchases:
            bought, earned = self.purchases[act.number % len(self.purchases)]
            back = min(bought.kept, max(bought.amount * act.more // 100, 1))
            await self._take_back(bought, earned, back)

    async def _undo(self, act: Act) -> None:
        """The whole of a purchase is taken back."""
        if self.purchases:
            bought, earned = self.purchases[act.number % len(self.purchases)]
            await self._take_back(bought, earned, None)

    async def _take_back(self, bought: Purchase, earned: Earned, back: int | None) -> None:
        # What ended first is no longer there to be taken: somebody swept.
        await self._sweep(Act("sweep", 0, 0, 0))
        key, at = self.shop.key(), self.now
        async with self.shop.uow() as uow:
            done = await refunding.reverse(
                uow, earned.operation_id, self.colleague, key, at, amount=back
            )
        assert isinstance(done, Undone) == bool(bought.kept)
        if bought.kept:
            self.plain.refund(bought, bought.kept if back is None else back, at)

    async def _sweep(self, _act: Act) -> None:
        for voucher, number in self.vouchers:
            if voucher.ends_at <= self.now:
                self.plain.give_back(number)
        self.vouchers = [each for each in self.vouchers if each[0].ends_at > self.now]
        await jobs.sweep(self.shop.work, StandingClock(self.now), _tell_nobody)
        self.plain.sweep(self.now)
        if not self.merged:
            self.theirs.sweep(self.now)

    async def compare(self) -> None:
        """The member has what the model says: balances and, once all is looked at, the tier."""
        purse = await self.shop.wallet(self.member, self.now)
        units = ("stamps", "points", "credit", "reward:coffee")
        there = {unit: purse.balance(unit) for unit in units}
        expected = {unit: self.plain.balance(unit, self.now) for unit in units}
        assert there == expected, f"{there} != {expected}"

    async def settle(self) -> None:
        """After a sweep everything agrees: tier, its review, and the ledger with itself."""
        await self._sweep(Act("sweep", 0, 0, 0))
        await self.compare()
        async with self.shop.work.reading() as reader:
            standing = await progress.standing(reader, self.member.id)
        programme = await self.shop.work.programme()
        tier = standing.current(programme.tiers, self.now)
        assert (tier.code if tier else "") == self.plain.tier
        assert standing.review_at == self.plain.review
        assert await self.shop.verify() == []


async def live(url: str, languages: Sequence[str], rules: Rules, acts: Sequence[Act]) -> None:
    """Live a story on a new database."""
    database = await Database.open(url, lasting=False)
    try:
        await open_vault(database, [SECRET], START)
        work = Work(database, languages, owner="test")
        await work.adopt(rules.toml(), START)
        shop = Shop(work)
        colleague = await shop.colleague(now=START)
        members = (await shop.member(now=START), await shop.member(now=START))
        life = Life(shop, rules, members, colleague)
        for act in acts:
            await life.act(act)
        await life.settle()
    finally:
        await database.close()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    # A story makes a database of its own each time.
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(rules=programmes(), acts=st.lists(ACTS, min_size=5, max_size=25))
def test_whole_programmes_do_what_the_plain_model_says(
    new_database: MakeDatabase, languages: tuple[str, ...], rules: Rules, acts: list[Act]
) -> None:
    """S1, S3, S4, S5, S6, S7, S8, S10, S14, S15, S18 at once."""
    note(rules.toml())
    for name in sorted({act.name for act in acts}):
        event(f"somebody's {name}")
    for name in ("card", "percent", "pending", "challenge", "no_tobacco", "ladder"):
        if getattr(rules, name):
            event(f"a programme with {name}")
    with new_database() as url:
        asyncio.run(live(url, languages, rules, acts))
