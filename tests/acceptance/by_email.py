"""A café where people chat by an app with buttons and get e-mail: the house has both, and a web."""

from __future__ import annotations

import asyncio
import re

from bot.app import House, build, run
from bot.channels.email import Email
from bot.clock import Clock
from bot.services.unit_of_work import Work
from bot.settings import Settings
from tests.acceptance.cafe import Cafe, Simulated, free_port
from tests.channels.smtp_kit import email_at
from tests.chat import Person
from tests.doubles.smtp import Arrived, SmtpDouble

CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class AppAndEmail(Simulated):
    """The demo's app, and a mail server."""

    def __init__(self, double: SmtpDouble, app: str = "simulator") -> None:
        super().__init__(app)
        self.double = double
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self._port = port
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def open(self, database_url: str, work: Work, clock: Clock) -> House:
        settings = Settings(database_url=database_url, public_url=self.url, port=self._port)
        email = email_at(self.double, now=clock.now)
        self.house = build(settings, work, clock, {**self._simulators, Email.name: email})
        self._stop, listening = asyncio.Event(), asyncio.Event()
        self._running = asyncio.create_task(run(self.house, ("web",), self._stop, listening.set))
        await listening.wait()
        return self.house

    async def close(self) -> None:
        self._stop.set()
        if self._running is not None:
            await self._running


def mail(cafe: Cafe) -> list[Arrived]:
    """All mail that went out of a café, oldest first."""
    assert isinstance(cafe.world, AppAndEmail)
    return cafe.world.double.arrived


def code_in(arrived: Arrived) -> str:
    """The six digits in a mail."""
    [code] = CODE.findall(arrived.text)
    return str(code)


async def links_email(cafe: Cafe, person: Person, address: str, *, offers: bool = True) -> None:
    """A member gives their e-mail address, and decides about offers there."""
    await person.says("settings")
    await person.presses(cafe.label("button.email", person.language))
    await person.says(address)
    await person.says(code_in(mail(cafe)[-1]))
    wanted = "button.yes_please" if offers else "button.no_thanks"
    await person.presses(cafe.label(wanted, person.language))
