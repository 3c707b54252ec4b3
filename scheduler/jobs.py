"""What is due by the clock, done by one process at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta

from bot.clock import Clock
from bot.services import (
    broadcasts,
    ending,
    erasing,
    expiry,
    gifts,
    leases,
    planning,
    rechecking,
    tiers,
    yearly,
)
from bot.services.campaigns import Campaign
from bot.services.unit_of_work import Work

Deliver = Callable[[Collection[int]], Awaitable[None]]

#: Who holds it does the sweeping; the length covers a long sweep after days of downtime.
SWEEP_LEASE = "sweep"
SWEEP_LEASE_LENGTH = timedelta(minutes=5)
#: Who holds it does the planning; renewed meanwhile, and taken over so soon when its process dies.
PLAN_LEASE = "plan"
PLAN_LEASE_LENGTH = timedelta(seconds=15)


async def sweep(work: Work, clock: Clock, deliver: Deliver) -> bool:
    """End what has ended: vouchers first, as they give units back, then lots; and goodbyes.

    False when another process is at it.
    """
    if not await leases.take(work, SWEEP_LEASE, clock.real_now(), SWEEP_LEASE_LENGTH):
        return False
    try:
        now = clock.now()
        touched = await expiry.expire_vouchers(work, now)
        # Before what ends by itself: later than the programme nothing does.
        await ending.close(work, now)
        await tiers.review(work, now)
        # Stamps that came due fill cards before they end.
        touched += await rechecking.recheck(work, now)
        await expiry.expire_lots(work, now)
        touched += await ending.announce(work, now)
        await erasing.forget_goodbyes(work, now)
        await erasing.tidy(work, now)
    finally:
        await leases.end(work, SWEEP_LEASE)
    await deliver(touched)
    return True


async def plan(
    work: Work,
    clock: Clock,
    campaigns: Sequence[Campaign],
    deliver: Deliver | None = None,
    *,
    again: bool = False,
    planned: Callable[[str, int], None] = lambda _campaign, _new: None,
) -> bool:
    """Give what campaigns give, and plan what they and broadcasts want to say.

    Campaigns looked at a moment ago are left out, unless `again`; `planned` hears how many
    occasions of each are new. False when another process is at it.
    """
    async with leases.holding(work, PLAN_LEASE, clock.real_now, PLAN_LEASE_LENGTH) as ours:
        if not ours:
            return False
        now = clock.now()
        touched: list[int] = []
        for campaign in campaigns if again else await planning.due(work, campaigns, now):
            if campaign.name == gifts.BIRTHDAY:
                touched += await yearly.give(work, now)
            await gifts.give(work, [campaign], now)
            for name, new in (await planning.plan(work, [campaign], now, again=True)).items():
                planned(name, new)
        touched += await broadcasts.advance(work, now)
    if deliver is not None:
        await deliver(touched)
    return True
