"""Plays a table against the real services on a real database, with the clock the table moves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot import programmes
from bot.clock import StandingClock
from bot.domain.earning import Item, item_of
from bot.domain.members import Member, Role, Staff
from bot.domain.programme import Programme
from bot.domain.programme_earning import cause_unit, reward_unit
from bot.domain.rewards import Voucher
from bot.services import (
    earning,
    inviting,
    joining,
    memberships,
    opinions,
    refunding,
    tiers,
    yearly,
)
from bot.services.results import Earned, Refused, Undone, Used
from bot.services.unit_of_work import Work
from bot.storage import vouchers
from scheduler.jobs import sweep
from tests.programmes.table import Row, Table
from tests.services.shop import Shop


def source(table: Table) -> str:
    """The ready-made programme a table is for, with the lines it changes."""
    text = programmes.preset(table.preset)
    for change in table.note("change"):
        old, new = (part.replace("\\n", "\n") for part in change.split(" -> "))
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@dataclass(frozen=True, slots=True)
class Found:
    """What there is after a line, in the table's words."""

    has: str
    tier: str
    ends: str


class Replay:
    """A shop that a table is played in; `swept` runs the sweep before each line."""

    def __init__(self, work: Work, *, swept: bool = True) -> None:
        self.shop = Shop(work)
        self.work = work
        self.swept = swept
        self.members: dict[str, Member] = {}
        self.sales: dict[str, int] = {}
        self.programme: Programme
        self.colleague: Staff

    async def open(self, table: Table) -> None:
        """Put the programme in force a day before the first line."""
        at = datetime.fromisoformat(table.rows[0].at).replace(tzinfo=UTC) - timedelta(days=1)
        await self.work.adopt(source(table), at)
        self.programme = await self.work.programme()
        self.colleague = await self.shop.colleague(role=Role.MANAGER, now=at)

    async def play(self, row: Row) -> Found:
        """Do what a line says, and tell what there is then."""
        now = datetime.fromisoformat(row.at).replace(tzinfo=self.programme.zone()).astimezone(UTC)
        if self.swept:
            assert await sweep(self.work, StandingClock(now), _nobody)
        verb, _, rest = row.does.partition(" ")
        await getattr(self, f"_{verb}")(row.who, rest, now)
        return await self._found(row, now)

    # What people do

    async def _joins(self, who: str, rest: str, now: datetime) -> None:
        """Becomes a member, `by` another one's invitation."""
        member = self.members[who] = await self.shop.member(who, now=now)
        if by := rest.removeprefix("by "):
            async with self.shop.uow() as uow:
                invitation = await inviting.invitation(uow, self.members[by].id)
                assert await inviting.accept(uow, member, invitation.code, now)

    async def _born(self, who: str, day: str, now: datetime) -> None:
        """Tells their birthday: `03-14`."""
        month, day_of_month = map(int, day.split("-"))
        async with self.shop.uow() as uow:
            await joining.set_birthday(uow, self.members[who].id, month, day_of_month, now)

    async def _celebrates(self, _who: str, _rest: str, now: datetime) -> None:
        """The planner runs, which gives what a birthday brings."""
        await yearly.give(self.work, now)

    async def _looks(self, _who: str, _rest: str, _now: datetime) -> None:
        """Nothing: time went by."""

    async def _stamped(self, who: str, count: str, now: datetime) -> None:
        given = await self.shop.stamp(self.members[who], self.colleague, int(count), now=now)
        assert isinstance(given, Earned), given

    async def _buys(self, who: str, rest: str, now: datetime) -> None:
        amount, _, paid = rest.partition(" with ")
        if paid:
            await self._buys_with(who, self._minor(amount), paid, now)
            return
        amount, _, of = rest.partition(" of ")
        items = tuple(self._item(line) for line in of.split())
        async with self.shop.uow() as uow:
            given = await earning.sale(
                uow,
                self.members[who].id,
                self._minor(amount),
                "",
                self.colleague,
                self.shop.key(),
                now,
                items=items,
            )
        assert isinstance(given, Earned), given
        self.sales[who] = given.operation_id

    async def _buys_with(self, who: str, minor: int, paid: str, now: datetime) -> None:
        """A purchase that a reward lowers: `2 pound`, `5.00 credit`."""
        much, code = paid.split()
        times = self._minor(much) if code == "credit" else int(much)
        voucher = await self.shop.reserve(self.members[who], code, now, much=times)
        assert isinstance(voucher, Voucher), voucher
        used = await self.shop.use(voucher.code, self.colleague, now, minor)
        assert isinstance(used, Used), used

    async def _takes(self, who: str, code: str, now: datetime) -> None:
        voucher = await self.shop.reserve(self.members[who], code, now)
        assert isinstance(voucher, Voucher), voucher
        if voucher.state == "reserved":
            used = await self.shop.use(voucher.code, self.colleague, now)
            assert isinstance(used, Used), used

    async def _refused(self, who: str, rest: str, now: datetime) -> None:
        """`refused CODE WHY`, of credit with how much: `refused credit 3.00 WHY`."""
        code, *much, why = rest.split()
        times = self._minor(much[0]) if much else 1
        result = await self.shop.reserve(self.members[who], code, now, much=times)
        assert isinstance(result, Refused), result
        assert result.why.key == why

    async def _pays(self, who: str, tier: str, now: datetime) -> None:
        """Pays a membership's fee at the till."""
        async with self.shop.uow() as uow:
            key, by = self.shop.key(), self.colleague
            paid = await memberships.pay(uow, self.members[who].id, tier, key, now, colleague=by)
        assert isinstance(paid, memberships.Paid), paid

    async def _reviews(self, who: str, _rest: str, now: datetime) -> None:
        """Writes an opinion, which a colleague approves."""
        async with self.shop.uow() as uow:
            assert await opinions.review(uow, self.members[who].id, "Good zips.", None, now) is None
            [waiting] = await opinions.waiting(uow, 10)
            number = waiting.review.id
            assert await opinions.decide(uow, number, self.colleague, now, approved=True) is None

    async def _returns(self, who: str, amount: str, now: datetime) -> None:
        """Gives back so much of what was bought last."""
        async with self.shop.uow() as uow:
            done = await refunding.reverse(
                uow, self.sales[who], self.colleague, self.shop.key(), now, self._minor(amount)
            )
        assert isinstance(done, Undone), done

    # What there is

    async def _found(self, row: Row, now: datetime) -> Found:
        member = self.members[row.who]
        purse = await self.shop.wallet(member, now)
        async with self.work.reading() as reader:
            stands = await tiers.look(reader, self.programme, member, now)
            given = {
                cause.code: await vouchers.given_to(reader, cause_unit(cause.code))
                for cause in self.programme.causes
            }
        balances = []
        for name in (part.split()[1] for part in row.has.split(";") if part.strip()):
            amount = given[name] if name in given else purse.balance(self._unit(name))
            balances.append(self._say(amount, name))
        tier, zone = stands.tier if stands else None, self.programme.zone()
        ends = [
            f"{self._say(end.amount, self._name(end.unit))} "
            f"{(end.ends_at - timedelta(seconds=1)).astimezone(zone).date()}"
            for end in purse.endings()
        ]
        return Found("; ".join(balances), tier.code if tier else "-", "; ".join(ends) or "-")

    def _unit(self, name: str) -> str:
        return name if name in ("stamps", "points", "credit") else reward_unit(name)

    def _name(self, unit: str) -> str:
        return unit.removeprefix("reward:")

    def _say(self, amount: int, name: str) -> str:
        money = name == "credit" or any(cause.code == name for cause in self.programme.causes)
        return f"{earning.major(self.programme, amount) if money else amount} {name}"

    def _minor(self, amount: str) -> int:
        return int(Decimal(amount) / earning.major(self.programme, 1))

    def _item(self, line: str) -> Item:
        code, _, amount = line.partition(":")
        return item_of(self.programme, code, 1, Decimal(amount))


async def _nobody(_conversations: Collection[int]) -> Any:
    """Sends nothing."""
