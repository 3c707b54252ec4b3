"""Which campaigns are on, what they have sent, what waits, and which are halted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.broadcasts import CAMPAIGN
from bot.domain.campaign_rules import PRIORITY, CampaignRules
from bot.domain.programme import Programme
from bot.storage import figures, halts
from bot.storage.database import Reader
from bot.storage.figures import Figures
from bot.storage.halts import Halt

#: How far back the number of sent messages goes.
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """A campaign at a glance."""

    name: str
    on: bool
    sent: int
    waiting: int
    halt: Halt | None


async def overview(reader: Reader, programme: Programme, now: datetime) -> list[Line]:
    """Every campaign that is on, or still has something to send, the most important first."""
    counts = await figures.by_campaign(reader, now - LATELY)
    found = []
    for name in sorted(PRIORITY, key=programme.campaigns.rank):
        figure, on = counts.get(name, Figures()), is_on(programme, name)
        if on or figure != Figures():
            halt = await halts.why(reader, name)
            found.append(Line(name, on, figure.sent, figure.waiting, halt))
    return found


def is_on(programme: Programme, name: str) -> bool:
    """Whether the programme file switches a campaign on."""
    if name == CAMPAIGN:
        return True  # owners start each themselves
    if name == "season":
        return any(season.on for season in programme.campaigns.seasons)
    rules = getattr(programme.campaigns, name, None)
    return isinstance(rules, CampaignRules) and rules.on


async def halt_of(reader: Reader, campaign: str) -> Halt | None:
    """Why a campaign is halted; None where it is not."""
    return await halts.why(reader, campaign)
