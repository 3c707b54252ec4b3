"""Leases: what only one of several processes does at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.services.unit_of_work import Work
from bot.storage import settings


async def take(work: Work, name: str, real_now: datetime, length: timedelta) -> bool:
    """Take or renew a lease until `real_now + length`; False while another process holds it."""
    async with work.database.transaction() as tx:
        return await settings.lease(tx, name, work.owner, real_now, length)


async def end(work: Work, name: str) -> None:
    """Give a lease back, so that another process need not wait it out."""
    async with work.database.transaction() as tx:
        await settings.end_lease(tx, name, work.owner)
