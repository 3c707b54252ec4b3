"""The demo café: a few regulars, a colleague at the till, three phones, and a clock to move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot import programmes
from bot.channels.base import Limits
from bot.channels.simulator import Simulator
from bot.clock import Clock
from bot.domain.members import Role, Staff
from bot.domain.messages import Address, InboundMessage
from bot.sender import Sender
from bot.services import earning, staffing
from bot.services.unit_of_work import Work
from bot.storage import members
from bot.web.simulator import Phone, Reached
from scheduler.campaigns import CAMPAIGNS
from scheduler.clock import Ticker
from scheduler.jobs import plan, sweep

PRESET = "cafe-stamps"
#: How often the open café does what is due.
TICK_SECONDS = 5.0
#: While the clock is moved, planning, which is most of the work, is left out in between. Campaigns
#: go by days, and none of the café's writes before nine: this is early enough in any zone.
HOURS_PLANNED = 6

#: As Telegram: buttons, pictures, edits.
BUTTONS = Limits(
    text=4096, caption=1024, buttons=100, label=64, pictures=True, edits=True, contact=True
)
#: As SMS, but that its phone shows the card as a picture.
PLAIN = Limits(
    text=1600, caption=1600, buttons=0, label=80, pictures=True, edits=False, contact=False
)

#: Members who were here before, with how many stamps and how many days ago.
REGULARS = (("Markéta Nováková", 7, 3), ("Tomáš Dvořák", 9, 12), ("Sofia Popescu", 2, 40))


def channels(clock: Clock | None = None) -> dict[str, Simulator]:
    """The demo's two channels: one with buttons, one with numbered lines."""
    now = (clock or Clock()).now
    return {
        "simulator": Simulator("simulator", BUTTONS, now),
        "simulator-text": Simulator("simulator-text", PLAIN, now),
    }


def phones(shop: str, zone: str) -> list[Phone]:
    """The three phones on the page."""
    anna, petr, till = "Customer, with buttons", "Customer, plain text, in Czech", "At the till"
    return [
        Phone(anna, "simulator", "anna", "Anna", "en", "customer", shop, "/start join", zone),
        Phone(petr, "simulator-text", "petr", "Petr", "cs", "customer", shop, "JOIN", zone),
        Phone(till, "simulator", "till", "Jana", "en", "colleague", shop, zone=zone),
    ]


async def furnish(work: Work, now: datetime) -> list[InboundMessage]:
    """Put the café's programme in force and its regulars in the book.

    Returns what signs the till's phone in.
    """
    await work.adopt(programmes.preset(PRESET), now)
    async with work.unit_of_work() as uow:
        token = await staffing.invite(uow, "Jana", Role.OWNER, None, now)
        await staffing.invite(uow, "Karel", Role.CASHIER, None, now)
    for name, stamps, days in REGULARS:
        async with work.unit_of_work() as uow:
            joined = now - timedelta(days=days + 30)
            member = await members.create(
                uow.tx, name=name, language="cs", now=joined, source="import", joined_at=joined
            )
            karel = Staff(2, "Karel", Role.CASHIER)
            await earning.stamp(
                uow, member.id, stamps, karel, f"demo:{member.id}", now - timedelta(days=days)
            )
    return [
        InboundMessage(
            address=Address("simulator", "till"),
            external_id="demo-sign-in",
            text=f"/start s_{token}",
            name="Jana",
            language="en",
        )
    ]


class Life:
    """The café's time: what is due is done as the clock goes on, or is moved.

    One thing at a time, so that the clock is not moved under a message that is being sent.
    Leases, back-off and rate limits keep the machine's time.
    """

    def __init__(self, work: Work, clock: Clock, sender: Sender) -> None:
        self._work = work
        self._clock = clock
        self._sender = sender
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Do what is due every few seconds, for as long as the block lasts."""
        ticker = Ticker(self._tick, seconds=TICK_SECONDS)
        ticker.start()
        try:
            yield
        finally:
            ticker.stop()
            async with self._lock:  # what is being done comes to its end
                pass

    async def pass_time(self, by: timedelta, reached: Reached | None = None) -> None:
        """Make it later, from one full hour to the next, and do what is due at each of them."""
        async with self._lock:
            end = self._clock.now() + by
            while (now := self._clock.now()) < end:
                hour = min(_next_hour(now), end)
                self._clock.advance(hour - now)
                await self._do_what_is_due(plans=hour == end or hour.hour % HOURS_PLANNED == 0)
                if reached:
                    await reached(self._clock.now())

    async def _tick(self) -> None:
        if self._lock.locked():  # who moves the clock does what is due
            return
        async with self._lock:
            await self._do_what_is_due(plans=True)

    async def _do_what_is_due(self, *, plans: bool) -> None:
        deliver = self._sender.deliver
        await sweep(self._work, self._clock, deliver)
        if plans:
            await plan(self._work, self._clock, CAMPAIGNS, deliver)
        while await self._sender.deliver_due():
            pass


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
