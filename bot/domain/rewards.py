"""Rewards (S19, S20): what one costs and is worth, who may have it when, and its vouchers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from bot.domain.amounts import in_minor_units
from bot.domain.ledger import EntryRef
from bot.domain.programme_earning import Reward, reward_unit
from bot.domain.programme_tiers import Tier

#: A voucher is reserved until it ends in exactly one of the other ways.
VoucherState = Literal["reserved", "used", "cancelled", "expired"]
#: Why somebody can't have a reward just now, or any more.
Bar = Literal["early", "over", "tier", "limit", "stock"]

#: Rewards that lower the price of a purchase: they are used with one.
PRICED = ("percent", "amount", "delivery", "credit")
#: Rewards that are had in the chat, without a colleague.
AT_ONCE = ("donation", "early_access")


@dataclass(frozen=True, slots=True)
class Voucher:
    """A reserved reward and what became of it.

    `worth_minor` is what it takes off a price, pays out or gives to a cause. `stocked`: it counts
    against the stock. A `present` waits for a friend instead of a colleague.
    """

    id: int
    code: str
    member_id: int
    reward: str
    entry: EntryRef
    state: VoucherState
    reserved_at: datetime
    ends_at: datetime
    closed_at: datetime | None
    worth_minor: int | None = None
    stocked: bool = False
    present: bool = False
    purchase_operation_id: int | None = None
    restored_at: datetime | None = None
    friend_id: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What is reserved for a reward: an amount of a unit; and what the reward is worth."""

    unit: str
    amount: int
    worth_minor: int | None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides whether a member may have rewards now, besides what they collected.

    `tiers` are all they hold; `taken` counts what they had of each reward, `given_out` what
    everybody had.
    """

    day: date
    tiers: tuple[Tier, ...] = ()
    taken: Mapping[str, int] = field(default_factory=dict)
    given_out: Mapping[str, int] = field(default_factory=dict)


def price(reward: Reward, currency: str, much: int, earned: int) -> Price:
    """What a reward takes: an earned one of it where there is one, else its points.

    `much` is how often it is taken, of credit how much in minor units.
    """
    if reward.kind == "credit":
        return Price("credit", much, much)
    worth = None
    if reward.amount is not None:
        worth = in_minor_units(reward.amount, currency) * much
    if reward.points is None or (earned and much == 1):
        return Price(reward_unit(reward.code), much, worth)
    return Price("points", reward.points * much, worth)


def off(reward: Reward, worth_minor: int | None, amount_minor: int) -> int:
    """What a reward takes off a purchase's price, never more than that; in minor units."""
    if reward.kind == "percent" and reward.percent:
        share = Decimal(amount_minor) * reward.percent / 100
        return int(share.quantize(Decimal(1), ROUND_HALF_UP))
    return min(worth_minor or 0, amount_minor) if reward.kind in PRICED else 0


def bar(reward: Reward, now: Circumstances) -> Bar | None:
    """Why a reward can't be had in these circumstances, if so."""
    if reward.ends and reward.ends < now.day:
        return "over"
    if reward.begins and now.day < reward.begins:
        return "early"
    if not _open_to(reward, now.tiers):
        return "tier"
    if reward.per_member and now.taken.get(reward.code, 0) >= reward.per_member:
        return "limit"
    if reward.stock and now.given_out.get(reward.code, 0) >= reward.stock:
        return "stock"
    return None


def free(reward: Reward) -> bool:
    """Whether it comes with a tier, and costs nothing: early access without a price."""
    return reward.kind == "early_access" and reward.points is None


def _open_to(reward: Reward, tiers: tuple[Tier, ...]) -> bool:
    if reward.tiers:
        return any(tier.code in reward.tiers for tier in tiers)
    return not free(reward) or any(tier.early_access for tier in tiers)


def stock_counter(code: str) -> str:
    """The counter of how many of a reward were given out or are reserved."""
    return f"stock:{code}"
