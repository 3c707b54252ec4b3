"""What the programme file says of unasked messages: caps, quiet hours, campaigns (S22–S34).

Times of day are the member's own; days are counted in the programme's zone or the member's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Annotated

from pydantic import Field

from bot.domain.birthdays import LeapDay
from bot.domain.expiry import Expiry
from bot.domain.programme_values import (
    CalendarDay,
    ClockTime,
    Code,
    Ends,
    Flag,
    GiftGiven,
    Name,
    Part,
    Text,
    Variants,
    Whole,
    Windows,
)

#: Every campaign, the one that matters most first (S26).
PRIORITY = (
    "expiry",
    "birthday",
    "winback",
    "unused_reward",
    "almost_there",
    "milestone",
    "anniversary",
    "statement",
    "suggestion",
    "referral",
    "season",
    "broadcast",
)

#: What the shop's own wording of a campaign may have places for. Amounts read with their unit
#: ("2 stamps"); where one has nothing to hold, such as a gift that was not given, ours is said.
PLACES: Mapping[str, frozenset[str]] = {
    "almost_there": frozenset({"name", "shop", "missing", "reward"}),
    "milestone": frozenset({"name", "shop", "reached", "gift"}),
    "birthday": frozenset({"name", "shop", "gift"}),
    "anniversary": frozenset({"name", "shop", "years", "gift"}),
    "expiry": frozenset({"name", "shop", "what", "until"}),
    "unused_reward": frozenset({"name", "shop", "reward", "days", "until"}),
    "winback": frozenset({"name", "shop", "days", "missing", "reward", "gift"}),
    "statement": frozenset({"name", "shop", "earned", "balance"}),
    "suggestion": frozenset({"name", "shop", "product", "known"}),
    "referral": frozenset({"name", "shop", "reward"}),
    "season": frozenset({"name", "shop", "season", "until", "gift"}),
}

#: What caps by group count together (S23): the campaigns of each name, birthdays and anniversaries.
GROUPS = (
    "occasions",
    *(name for name in PRIORITY if name not in ("birthday", "anniversary")),
)
#: Where unasked messages go.
CHANNELS = ("telegram", "whatsapp", "sms", "email")

Days = Annotated[Whole, Field(ge=1, le=3_650)]


class Caps(Part):
    """How many unasked messages there may be (S23), joined by "and"; left out is unlimited.

    `groups` are those of the campaigns: `occasions` (birthday, anniversary), `winback`, and each
    other campaign's own name.
    """

    member: Windows = Field({})
    channels: Mapping[str, Windows] = {}
    groups: Mapping[str, Windows] = {}
    campaigns: Mapping[str, Windows] = {}


#: Without a [caps] table; with one nothing of this holds.
DEFAULT_CAPS = Caps(
    member={"day": 1, "week": 2, "month": 6},
    groups={"statement": {"month": 1}, "occasions": {"year": 2}, "winback": {"quarter": 1}},
)


class QuietHours(Part):
    """When nothing unasked is said: from `start` up to `end`, across midnight too (S28).

    The same `start` and `end` is never. What waited goes out within `spread_minutes` after `end`.
    """

    start: ClockTime = time(20)
    end: ClockTime = time(9)
    spread_minutes: Annotated[Whole, Field(ge=0, le=720)] = 0


class CampaignRules(Part):
    """What every campaign has: whether it is on, when it writes, and what.

    `text` is the shop's own wording instead of ours; `hold_out` the share of members in percent who
    are left out to see what the messages change; `variants` are tried against each other (S34).
    """

    on: Flag = False
    at: ClockTime = time(10)
    text: Text | None = None
    variants: Variants = Field({})
    hold_out: Annotated[Whole, Field(ge=0, le=50)] = 0


class Giving(CampaignRules):
    """A campaign that may give something; `gift_ends` is how long it can be used."""

    gift: GiftGiven | None = None
    gift_ends: Ends = Expiry()

    @property
    def gives(self) -> bool:
        """Whether anybody gets something by it."""
        return self.gift is not None or any(each.gift for each in self.variants.values())


class AlmostThere(CampaignRules):
    """A reward is near: at most `within` stamps (or percent of the points) are missing.

    `days` after the last visit.
    """

    on: Flag = True
    within: Annotated[Whole, Field(ge=1, le=100)] = 2
    days: Days = 3


class Milestone(Giving):
    """Thanks for a number of visits, years as a member, or money spent in all."""

    visits: tuple[Annotated[Whole, Field(ge=1, le=100_000)], ...] = (10, 50, 100)
    years: tuple[Annotated[Whole, Field(ge=1, le=100)], ...] = ()
    amounts: tuple[Annotated[Whole, Field(ge=1, le=1_000_000_000)], ...] = ()


class Birthday(Giving):
    """A greeting on the birthday (S30); it may come until `days_after`, when the gift still waits.

    `leap_day` is when 29 February is kept in other years.
    """

    on: Flag = True
    at: ClockTime = time(9)
    days_after: Annotated[Whole, Field(ge=0, le=30)] = 0
    leap_day: LeapDay = "28 February"


class Anniversary(Giving):
    """Thanks on the day of joining, each year."""


class Ending(CampaignRules):
    """Something ends soon: `days` before, once for each number (S25)."""

    on: Flag = True
    days: tuple[Days, ...] = (7,)


class UnusedReward(CampaignRules):
    """An earned reward waits: `days` after it was earned."""

    days: Days = 14


class Winback(Giving):
    """Somebody has not been here: `days` after the last visit; several numbers are a ladder."""

    on: Flag = True
    days: tuple[Days, ...] = (30,)


class Statement(CampaignRules):
    """What happened in the month before, on its `day`."""

    day: Annotated[Whole, Field(ge=1, le=28)] = 1


class Suggestion(CampaignRules):
    """Something they have not had yet, of the kind they buy: `days` after the last visit."""

    days: Days = 7


class Invitation(CampaignRules):
    """That friends can be invited, to who never did: `days` after the last visit."""

    days: Days = 7


class Season(Giving):
    """A promotion with dates: said once, from `begins` to `ends`, both days included."""

    on: Flag = True
    code: Code
    name: Name
    begins: CalendarDay
    ends: CalendarDay
    segment: str = ""


class Campaigns(Part):
    """What is said unasked. `priority` is which goes first; those left out follow in our order.

    What somebody does within `attribution_days` counts for a message's effect (S34).
    """

    priority: tuple[str, ...] = ()
    attribution_days: Annotated[Whole, Field(ge=1, le=90)] = 14
    almost_there: AlmostThere = AlmostThere()
    milestone: Milestone = Milestone()
    birthday: Birthday = Birthday()
    anniversary: Anniversary = Anniversary()
    expiry: Ending = Ending()
    unused_reward: UnusedReward = UnusedReward()
    winback: Winback = Winback()
    statement: Statement = Statement()
    suggestion: Suggestion = Suggestion()
    referral: Invitation = Invitation()
    seasons: tuple[Season, ...] = ()

    def rank(self, campaign: str) -> int:
        """Which goes first where several are due: the lowest."""
        order = (*self.priority, *(name for name in PRIORITY if name not in self.priority))
        return order.index(campaign)
