"""The one ticking clock: APScheduler in UTC, which only starts jobs; jobs find out what is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger()

TICK_SECONDS = 30


class Ticker:
    """Runs jobs every half minute until it is stopped; a job never runs beside itself."""

    def __init__(
        self, *jobs: Callable[[], Awaitable[object]], seconds: float = TICK_SECONDS
    ) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        for job in jobs:
            # A late tick is one tick, however late: by default a job a second late is dropped
            # silently.
            # https://apscheduler.readthedocs.io/en/3.x/userguide.html#missed-job-executions-and-coalescing
            self._scheduler.add_job(
                _tick,
                "interval",
                args=(job,),
                seconds=seconds,
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )

    def start(self) -> None:
        """Begin ticking; the database is open by now."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop ticking; a job that runs goes on to its end."""
        self._scheduler.shutdown(wait=False)


async def _tick(job: Callable[[], Awaitable[object]]) -> None:
    try:
        await job()
    except Exception as error:
        log.error("scheduled job failed", error=type(error).__name__)
