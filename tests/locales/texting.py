"""All that can be said over SMS, with the longest names: drawn from a café whose people text."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from bot.app import House, build
from bot.channels.simulator import Simulator
from bot.channels.twilio import Sms
from bot.clock import Clock
from bot.domain.messages import Action, NetworkWord, Reply, Wording
from bot.domain.wire import reply_from_json
from bot.services.unit_of_work import Work
from bot.settings import Settings
from locales.phrases import LONGEST
from tests.acceptance.cafe import Cafe, World
from tests.chat import InLines, Person

#: So that the link of a card has 45 characters.
SITE = "https://kavarnalip.example"
NAME = str(LONGEST["name"])
SHOP, LOCATION = str(LONGEST["shop"]), str(LONGEST["location"])
CONTACT = "https://www.kavarna-lipa.example/kontakt-info"


def named(number: int) -> str:
    """A reward's name in every language, as long as it may be; no two are alike."""
    reward = LONGEST["reward"]
    assert isinstance(reward, Wording)
    names = (f'{code} = "{text[:-2]} {number}"' for code, text in reward.texts)
    return f"{{ {', '.join(names)} }}"


def programme(
    *rules: str, joining: str = "", limits: str = "", more: str = "", places: int = 8
) -> str:
    """A programme with everything in it, earning by these rules."""
    locations = (
        f'[[locations]]\ncode = "place{n}"\nname = "{LOCATION[:-2]} {n}"' for n in range(places)
    )
    rewards = (
        f'[[rewards]]\ncode = "points{n}"\nname = {named(n)}\npoints = {n * 1000}'
        for n in range(1, 6)
    )
    return "\n".join(
        (
            f"""
[shop]
name = "{SHOP}"
languages = ["en", "cs", "pl", "ro", "ru"]
currency = "CZK"
zone = "Europe/Prague"
contact = "{CONTACT}"

[joining]
{joining}
birthday = true
terms = "Ten coffees, the eleventh is on us."

[units.stamps]
card = 30
reward = "coffee"
expires = "12 months"

[units.points]
expires = "12 months"

[limits]
{limits}

[[rewards]]
code = "coffee"
name = {named(0)}
validity = "90 days"
""",
            *rewards,
            *locations,
            *(f"[[earn]]\n{rule}" for rule in rules),
            more,
        )
    )


VISIT = 'rule = "visit"\nunit = "stamps"'
PURCHASE = 'rule = "purchase"\nunit = "points"\nper = 1'
#: What a sale gives besides points.
STAMPS_TOO = 'rule = "purchase"\nunit = "stamps"\nper = 1000'
GIFT = 'rule = "joining"\nunit = "points"\namount = 21'
STAMPS_GIFT = 'rule = "joining"\nunit = "stamps"\namount = 2'
ALL_RULES = (VISIT, PURCHASE, STAMPS_TOO, GIFT)


class _Phones(Simulator):
    """Text messages without a provider."""

    identity_kind = "phone"

    def __init__(self, name: str = "sms") -> None:
        super().__init__(name, Sms.limits)


class Texter(InLines):
    """Somebody who texts."""

    has_menu = False

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.address = self.phone

    async def tells_the_network(self, word: Literal["stop", "start", "help"]) -> None:
        """Text a word of the network's, which it leaves to us."""
        heard = NetworkWord(word, answered=False)
        await self._act(lambda: self.inbound(text=word, network=heard), 1)

    async def means(self, action: Action) -> None:
        """Write something that is understood like this."""
        await self._act(lambda: self.inbound(text="…", action=action), 1)


class _Texting(World):
    """Where everybody texts; other channels are on as well, where they are named."""

    def __init__(self, *beside: str) -> None:
        super().__init__()
        self._phones = _Phones()
        self._beside = {name: _Phones(name) for name in beside}

    async def open(self, database_url: str, work: Work, clock: Clock) -> House:
        settings = Settings(database_url=database_url, public_url=SITE)
        self.house = build(settings, work, clock, {"sms": self._phones, **self._beside})
        return self.house

    def person(self, name: str, language: str) -> Person:
        return Texter(self.company, self._dispatcher, lambda: self._phones, name, language)


class Listener:
    """Hears what cafés say, each in a new database in a folder."""

    def __init__(self, folder: Path, template: Path) -> None:
        self._folder = folder
        self._template = template
        self.heard: list[Reply] = []

    @asynccontextmanager
    async def cafe(self, source: str, *beside: str) -> AsyncIterator[Cafe]:
        """A café, all of whose replies are heard when it closes; channels that are on as well."""
        file = self._folder / f"{len(list(self._folder.iterdir()))}.db"
        shutil.copy(self._template, file)
        cafe = Cafe(_Texting(*beside), f"sqlite://{file}", source)
        await cafe.opens()
        try:
            yield cafe
            said = "SELECT body_sealed FROM outbox WHERE body_sealed <> '' ORDER BY id"
            for row in await cafe.rows(said):
                stored = json.loads(cafe.opened("outbox.body", row["body_sealed"]))
                self.heard.append(reply_from_json(stored))
            assert await cafe.failures() == []
        finally:
            await cafe.closes()
