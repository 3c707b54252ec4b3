"""Leases: what only one of several processes does at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from bot.services.unit_of_work import Work
from bot.storage import settings

log = structlog.get_logger()


async def take(work: Work, name: str, real_now: datetime, length: timedelta) -> bool:
    """Take or renew a lease until `real_now + length`; False while another process holds it."""
    async with work.database.transaction() as tx:
        return await settings.lease(tx, name, work.owner, real_now, length)


async def end(work: Work, name: str) -> None:
    """Give a lease back, so that another process need not wait it out."""
    async with work.database.transaction() as tx:
        await settings.end_lease(tx, name, work.owner)


@asynccontextmanager
async def holding(
    work: Work, name: str, real_now: Callable[[], datetime], length: timedelta
) -> AsyncIterator[bool]:
    """Hold a lease for as long as the block lasts, or say False while another process holds it.

    It is renewed meanwhile, so that a short one does for long work: when the process dies, nobody
    waits for long.
    """
    if not await take(work, name, real_now(), length):
        yield False
        return
    renewing = asyncio.create_task(_renew(work, name, real_now, length))
    try:
        yield True
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        await end(work, name)


async def _renew(
    work: Work, name: str, real_now: Callable[[], datetime], length: timedelta
) -> None:
    while True:
        await asyncio.sleep(length.total_seconds() / 3)
        try:
            await take(work, name, real_now(), length)
        except Exception as error:
            log.error("a lease could not be renewed", lease=name, error=type(error).__name__)
