"""Not sending faster than a provider allows."""

from __future__ import annotations

import asyncio


class Pace:
    """Hands out turns, `rate` a second, in the order they were asked for; this process's own."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until it is one's turn."""
        loop = asyncio.get_running_loop()
        mine = max(self._next, loop.time())
        self._next = mine + self._gap
        await asyncio.sleep(mine - loop.time())
