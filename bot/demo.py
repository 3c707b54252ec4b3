"""The demo café: a fresh database, a few regulars, a colleague at the till, three phones."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import programmes
from bot.channels.base import Limits
from bot.channels.simulator import Simulator
from bot.domain.members import Role, Staff
from bot.domain.messages import Address, InboundMessage
from bot.services import earning, staffing
from bot.services.unit_of_work import Work
from bot.storage import members
from bot.web.simulator import Phone

PRESET = "cafe-stamps"

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


def channels() -> dict[str, Simulator]:
    """The demo's two channels: one with buttons, one with numbered lines."""
    return {
        "simulator": Simulator("simulator", BUTTONS),
        "simulator-text": Simulator("simulator-text", PLAIN),
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
