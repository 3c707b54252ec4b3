"""What is due by the clock, done by one process at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta

from bot.clock import Clock
from bot.services import expiry, leases
from bot.services.unit_of_work import Work

Deliver = Callable[[Collection[int]], Awaitable[None]]

#: Who holds it does the sweeping; the length covers a long sweep after days of downtime.
SWEEP_LEASE = "sweep"
SWEEP_LEASE_LENGTH = timedelta(minutes=5)


async def sweep(work: Work, clock: Clock, deliver: Deliver) -> bool:
    """End what has ended: vouchers first, as they give units back, then lots.

    False when another process is at it.
    """
    if not await leases.take(work, SWEEP_LEASE, clock.real_now(), SWEEP_LEASE_LENGTH):
        return False
    try:
        now = clock.now()
        touched = await expiry.expire_vouchers(work, now)
        await expiry.expire_lots(work, now)
    finally:
        await leases.end(work, SWEEP_LEASE)
    await deliver(touched)
    return True
