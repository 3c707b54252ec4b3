"""Every reason to write unasked, one file each; a new one is a line here."""

from __future__ import annotations

from bot.services.campaigns import Campaign
from scheduler.campaigns.almost_there import AlmostThere
from scheduler.campaigns.anniversary import Anniversary
from scheduler.campaigns.birthday import Birthday
from scheduler.campaigns.broadcast import Broadcast
from scheduler.campaigns.expiry import Expiry
from scheduler.campaigns.milestone import Milestone
from scheduler.campaigns.referral import Referral
from scheduler.campaigns.season import Season
from scheduler.campaigns.statement import Statement
from scheduler.campaigns.suggestion import Suggestion
from scheduler.campaigns.unused_reward import UnusedReward
from scheduler.campaigns.winback import Winback

CAMPAIGNS: tuple[Campaign, ...] = (
    Expiry(),
    Birthday(),
    Winback(),
    UnusedReward(),
    AlmostThere(),
    Milestone(),
    Anniversary(),
    Statement(),
    Suggestion(),
    Referral(),
    Season(),
    Broadcast(),
)
