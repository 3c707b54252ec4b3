"""What time it is, asked in one place; everything below takes an instant as an argument."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class Clock:
    """The programme's time. Leases and rate limits go by `real_now`, which never jumps."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The instant the programme lives in, UTC."""
        return self.real_now() + self._ahead

    def real_now(self) -> datetime:
        """The machine's instant, UTC."""
        return datetime.now(UTC)

    async def wait_until(self, instant: datetime) -> None:
        """Wait for an instant of the machine's; not at all for one that is past."""
        await asyncio.sleep(max(0.0, (instant - self.real_now()).total_seconds()))

    def advance(self, by: timedelta) -> None:
        """Move the programme's time on, for the demo and for tests."""
        self._ahead += by


class StandingClock(Clock):
    """The programme's time stands at an instant until it is moved; real time goes on."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self._at = at

    def now(self) -> datetime:
        """The instant it stands at, UTC."""
        return self._at.astimezone(UTC) + self._ahead
