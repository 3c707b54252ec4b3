"""What a campaign is: when, who, what it says. Each is one file in `scheduler/campaigns/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.domain.campaign_rules import CampaignRules
from bot.domain.members import Member
from bot.domain.messages import Reply
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services.wallets import Wallet
from bot.storage.audiences import Audience
from bot.storage.database import Reader


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when an audience is looked for: one zone's local day at an instant."""

    reader: Reader
    programme: Programme
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.astimezone(self.zone).date()

    def at(self, day: date, clock: time) -> datetime:
        """The instant (UTC) of a local time of day; one the clocks skip moves forward."""
        # A time in the gap keeps the offset of before, which lands behind the gap.
        return datetime.combine(day, clock, self.zone).astimezone(ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Members a campaign wants to write to: from when, and until when it makes sense.

    Their occurrence is `occurrence` with the audience's mark behind it.
    """

    audience: Audience
    occurrence: str
    due_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """A member an occasion is about to be told, as they are at this moment, under their lock.

    `variant` is the code of the wording they get, or empty for the only one.
    """

    reader: Reader
    programme: Programme
    member: Member
    wallet: Wallet
    now: datetime
    zone: ZoneInfo
    variant: str = ""


class Campaign(Protocol):
    """One reason to write unasked. `group` is what caps count together (S23).

    `gives`: it is about something the member has or gets, so it goes to who wants only gifts.
    `prefers` is the channel that suits it where the member chose none: "" or "email".
    """

    name: str
    group: str
    gives: bool
    prefers: str

    def rules(self, programme: Programme, occurrence: str) -> CampaignRules | None:
        """What the programme says of it; None where it is off, or gone since it was planned."""

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Who is due, for one zone: what is still true, never what changed since the last look."""

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """What is said; None when it is no longer true (S27)."""
