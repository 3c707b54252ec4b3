"""What earning rules are given and what they give (S13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a purchase; `amount` is its price in the major unit, where the till said so.

    `product` may be a category's code instead, where nobody said which product it was.
    """

    product: str
    category: str | None = None
    quantity: int = 1
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may earn, with all that conditions ask about; `at` is when it happened.

    A purchase's `amount` is its price in the currency's major unit; of that `discount` was taken
    off, and `reward_part` paid with a reward or with credit. `count` is how many visits a stamping
    stands for. `tier`, `tags` and `birthday` are the member's at that time, `first` says that they
    bought nothing before. `tier` is the highest of the `tiers` they hold.
    """

    trigger: str
    at: datetime
    zone: ZoneInfo
    count: int = 1
    amount: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    reward_part: Decimal = Decimal(0)
    items: tuple[Item, ...] = ()
    location: str | None = None
    tier: str | None = None
    tiers: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    birthday: tuple[int, int] | None = None
    first: bool = False

    @property
    def local(self) -> datetime:
        """When it happened by the wall clock of the programme or location."""
        return self.at.astimezone(self.zone)

    @property
    def day(self) -> date:
        """The local day."""
        return self.local.date()


@dataclass(frozen=True, slots=True)
class Uses:
    """How often a rule gave already: this day to this member, ever to this member, to everybody."""

    day: int = 0
    member: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """What one rule gives of one unit, in the ledger's integers (minor units of money)."""

    rule: str
    unit: str
    amount: int
    qualifies: bool = True


#: Why a rule gives nothing, as `rules explain` and refusals name it.
WHY = (
    "amount",
    "items",
    "location",
    "weekday",
    "hours",
    "dates",
    "tier",
    "tag",
    "first",
    "birthday",
    "per_day",
    "per_member",
    "total",
    "outranked",
    "nothing",
    "goal",
)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rule for the same trigger that gives nothing, and why: one of `WHY`."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What an event gives, rule by rule, and which rules stayed out.

    The rules that give come first, in the file's order, then what multiplied them. A rule's share
    is 0 where less than one of a unit became more only when it was multiplied. `eligible` is the
    part of a purchase that earns, in the major unit.
    """

    shares: tuple[Share, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    eligible: Decimal = Decimal(0)
