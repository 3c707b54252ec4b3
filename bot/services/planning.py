"""Planning: whom campaigns want to write to, as occasions for the sender to choose from (S24–S29).

Audiences are what is true now, so a stop of hours loses nobody that is still due, and the key of an
occasion repeats nothing. Nothing is counted or sent here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.domain.ending import invites
from bot.domain.programme import Programme
from bot.services.campaigns import Campaign, Scene
from bot.services.unit_of_work import Work
from bot.storage import planning
from bot.storage.database import Reader
from bot.storage.planning import Batch, Zone

log = structlog.get_logger()

#: How long a campaign's audience is left alone once it was looked for, by the programme's clock.
PAUSE = timedelta(minutes=10)


async def plan(
    work: Work, campaigns: Sequence[Campaign], now: datetime, *, again: bool = False
) -> dict[str, int]:
    """Plan what campaigns want to say and is not planned yet; how many occasions of each are new.

    Campaigns looked at a moment ago are left out, unless `again`. One that fails does not stop the
    others, and is looked at again the next time.
    """
    planned = {}
    for campaign in campaigns if again else await due(work, campaigns, now):
        try:
            planned[campaign.name] = await _plan(work, campaign, now)
        except Exception as error:
            log.error("planning failed", campaign=campaign.name, error=type(error).__name__)
    return planned


async def due(work: Work, campaigns: Sequence[Campaign], now: datetime) -> list[Campaign]:
    """The campaigns whose audience is to be looked for; also where the clock was set back."""
    async with work.reading() as reader:
        looked_at = await planning.looked_at(reader)
    return [
        campaign
        for campaign in campaigns
        if not (at := looked_at.get(campaign.name)) or not at <= now < at + PAUSE
    ]


async def _plan(work: Work, campaign: Campaign, now: datetime) -> int:
    new = 0
    async with work.reading(long=True) as reader:
        for batch in await batches(reader, await work.programme(), campaign, now):
            for page in await planning.pages(reader, batch):
                # On SQLite whoever writes keeps the till waiting, so nobody does for nothing.
                sqlite = work.database.dialect == "sqlite"
                if sqlite and not await planning.any_new(reader, batch, page):
                    continue
                async with work.unit_of_work() as uow:
                    new += await planning.add(uow.tx, batch, page, now)
    async with work.unit_of_work() as uow:
        await planning.look_at(uow.tx, campaign.name, now)
    return new


async def batches(
    reader: Reader, programme: Programme, campaign: Campaign, now: datetime
) -> list[Batch]:
    """What a campaign wants now in each zone where members live, but for what is too late.

    Nothing that the planned end of the programme leaves no sense to (S11).
    """
    found = []
    for zone, limit in await zones(reader, programme):
        scene = Scene(reader, programme, now, zone)
        found += [
            Batch(campaign.name, each.occurrence, each.audience, each.due_at, each.ends_at, limit)
            for each in await campaign.wanted(scene)
            if each.ends_at > now and invites(programme, campaign.name, max(each.due_at, now))
        ]
    return found


async def zones(reader: Reader, programme: Programme) -> list[tuple[ZoneInfo, Zone | None]]:
    """The zones members live in, each with who lives there; None where it is one for all."""
    shop = programme.shop.zone
    own = {
        place.code: place.zone for place in programme.locations if place.zone and place.zone != shop
    }
    names = sorted({shop, *own.values(), *await planning.zones_set(reader)})
    if len(names) == 1:
        return [(ZoneInfo(shop), None)]
    return [(ZoneInfo(name), Zone(name, shop, own)) for name in names]
