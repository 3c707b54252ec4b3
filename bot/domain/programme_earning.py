"""What the programme file says of earning (S13, S14, S41): rules, products, referrals, causes.

Money is a decimal in the currency's major unit; days and times of day are the programme's zone's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.domain.expiry import Expiry
from bot.domain.programme_values import (
    CalendarDay,
    Code,
    Count,
    Ends,
    Factor,
    Flag,
    Hours,
    Name,
    Part,
    Positive,
    Sum,
    Tag,
    Text,
    Whole,
    above_zero,
)


def reward_unit(code: str) -> str:
    """The unit in which an earned reward is counted, one per reward code (S2)."""
    return f"reward:{code}"


def cause_unit(code: str) -> str:
    """The unit in which what was given to a cause is counted, in the currency's minor unit."""
    return f"cause:{code}"


Trigger = Literal[
    "visit",
    "purchase",
    "product",
    "joining",
    "profile",
    "referral",
    "referred",
    "review",
    "follow",
    "survey",
    "birthday",
    "tenure",
    "challenge",
]
Unit = Literal["stamps", "points", "credit"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: The triggers that come of a purchase, and may have conditions on it.
OF_PURCHASES = ("purchase", "product")


class Earn(Part):
    """One earning rule: its trigger, conditions, effect and limits (S13).

    It gives `amount` of `unit` (money of the major unit for credit), for each `per` of a purchase
    where there is one (`steps`: only for each whole `per`); or `percent` of it; or one `reward`.
    Instead it may `multiply` what the other rules give of its unit for the same purchase or visit,
    or put its money aside for a `cause`. `most` is what one purchase gives at most.

    Conditions are joined by "and". `per_day`, `per_member` and `total` limit how often it gives.
    A challenge gives when `goal` visits, or so much money, are reached `within` a time.
    """

    rule: Trigger
    code: Code | None = None
    name: Name | None = None
    unit: Unit | None = None
    amount: Positive = Decimal(1)
    per: Annotated[Sum, AfterValidator(above_zero)] | None = None
    percent: Annotated[Factor, AfterValidator(above_zero), Field(le=100)] | None = None
    steps: Flag = False
    multiply: Annotated[Factor, Field(gt=1, le=100)] | None = None
    reward: Code | None = None
    cause: Code | None = None
    rounding: Literal["down", "half_up", "up"] = "down"
    most: Positive | None = None
    qualifies: Flag = True

    minimum: Sum = Decimal(0)
    minimum_items: Annotated[Whole, Field(ge=0, le=1_000)] = 0
    products: tuple[Code, ...] = ()
    categories: tuple[Code, ...] = ()
    locations: tuple[Code, ...] = ()
    weekdays: tuple[Weekday, ...] = ()
    hours: Hours | None = None
    begins: CalendarDay | None = None
    ends: CalendarDay | None = None
    dates: tuple[CalendarDay, ...] = ()
    tiers: tuple[Code, ...] = ()
    tags: tuple[Tag, ...] = ()
    first: Flag = False
    birthday_days: Annotated[Whole, Field(ge=1, le=60)] | None = None

    per_day: Count | None = None
    per_member: Count | None = None
    total: Count | None = None

    goal: Positive | None = None
    counts: Literal["visits", "spend"] = "visits"
    within: Literal["day", "week", "month", "year"] = "week"

    @property
    def id(self) -> str:
        """What the ledger names the rule by: its code, else its trigger."""
        return self.code or self.rule

    @property
    def target(self) -> str:
        """The ledger's unit it gives: points, `reward:coffee`, or a cause's money."""
        if self.reward:
            return reward_unit(self.reward)
        return cause_unit(self.cause) if self.cause else self.unit or ""

    @property
    def by_money(self) -> bool:
        """Whether it gives by how much was spent."""
        return self.per is not None or self.percent is not None

    @property
    def limited(self) -> bool:
        """Whether it has to be counted how often it gave."""
        return bool(self.per_day or self.per_member or self.total or self.rule == "challenge")


class Earning(Part):
    """What holds for every earning (S14, S41).

    `stacking`: of several multipliers the highest holds, or their bonuses are added, or they are
    multiplied. Credits of purchases wait `pending_days`, the time to return things.
    """

    excluded: tuple[Code, ...] = ()
    stacking: Literal["highest", "sum", "product"] = "highest"
    pending_days: Annotated[Whole, Field(ge=0, le=90)] = 0
    on_discount: Flag = False
    on_reward: Flag = False


class Product(Part):
    """Something on sale that rules, suggestions or segments speak of."""

    code: Code
    name: Name
    category: Code | None = None


class Cause(Part):
    """What donations go to."""

    code: Code
    name: Name


class Referrals(Part):
    """Limits of inviting friends (S16); what it gives is said by the rules referral and referred.

    The friend's first purchase counts within `days`, from `minimum` on. More than `a_week` of one
    member wait for the owner.
    """

    limit: Count = 20
    a_week: Count = 3
    days: Annotated[Whole, Field(ge=1, le=365)] = 90
    minimum: Sum = Decimal(0)


class Survey(Part):
    """The question answered by one to five; from `low` down the managers hear of it."""

    question: Name
    low: Annotated[Whole, Field(ge=0, le=4)] = 2
    every_days: Annotated[Whole, Field(ge=1, le=365)] = 30


class Follow(Part):
    """Where members may follow the shop, on their word."""

    name: Name
    link: str


class Points(Part):
    """Points, earned by purchases and spent on rewards.

    `value` is what the shop reckons a point costs it, for its liability.
    """

    expires: Ends = Expiry()
    value: Sum | None = None


class Credit(Part):
    """Store credit or cashback, counted in the currency's minor unit (S2)."""

    expires: Ends = Expiry()


class StampCard(Part):
    """Stamps: `card` of them fill a card, which gives one `reward` (S15)."""

    card: Annotated[Whole, Field(ge=2, le=30)]
    reward: Code
    expires: Ends = Expiry()


class Units(Part):
    """What the programme counts in; a unit left out does not exist for its members."""

    stamps: StampCard | None = None
    points: Points | None = None
    credit: Credit | None = None


class Reward(Part):
    """Something a member gets (S20). Without `points` it comes from a full stamp card or a gift.

    `validity` is how long an earned reward can be used. A price off is `percent` or `amount`, from
    a purchase of `minimum` on; with `choose` the member takes `points` and `amount` several times.
    `credit` is spent in any amount from `minimum`, and may be paid out with `payout`. `details`
    are read once it is redeemed; `cost` is what one costs the shop, for its liability.
    """

    code: Code
    name: Name
    kind: Literal[
        "product",
        "percent",
        "amount",
        "delivery",
        "experience",
        "early_access",
        "donation",
        "credit",
    ] = "product"
    points: Count | None = None
    percent: Annotated[Whole, Field(ge=1, le=100)] | None = None
    amount: Annotated[Sum, AfterValidator(above_zero)] | None = None
    choose: Flag = False
    minimum: Sum = Decimal(0)
    payout: Flag = False
    cause: Code | None = None
    details: Text | None = None
    friend: Flag = False
    stock: Count | None = None
    per_member: Count | None = None
    tiers: tuple[Code, ...] = ()
    locations: tuple[Code, ...] = ()
    begins: CalendarDay | None = None
    ends: CalendarDay | None = None
    validity: Ends = Expiry()
    cost: Sum | None = None


class Ending(Part):
    """The end of the programme (S11): the last days of earning and of redeeming."""

    last_earning: CalendarDay
    last_redeeming: CalendarDay
