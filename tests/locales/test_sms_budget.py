"""S35: over SMS every whole message is one of at most two segments, in every language.

Cafés whose people text play everything through, with the longest names and addresses; what was said
there is then read in each language, in both addresses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels.fit import fit
from bot.channels.segments import count
from bot.channels.twilio import Sms
from bot.domain.members import Role
from bot.domain.messages import Address, Phrase, Reply
from bot.programmes import read
from bot.rendering import Links, Renderer
from locales import Catalogues
from locales.catalogue import FOLDER, Catalogue
from tests.acceptance.cafe import Cafe
from tests.chat import Person
from tests.locales.texting import (
    GIFT,
    NAME,
    PURCHASE,
    SITE,
    STAMPS_TOO,
    VISIT,
    Listener,
    programme,
)

CATALOGUES = Catalogues.load()
#: What a customer writes or a colleague answers may be longer, and is theirs.
OWN_WORDS = "text"


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> list[Reply]:
    """All that was said in the cafés below."""
    listener = Listener(tmp_path_factory.mktemp("cafes"), migrated_sqlite)

    async def play() -> None:
        for play in (joining, visits, at_the_till, limits, colleagues, questions):
            await play(listener)

    asyncio.run(play())
    return listener.heard


async def joins(cafe: Cafe) -> Person:
    """Somebody with the longest name joins and leaves the rest out."""
    person = cafe.guest(NAME)
    for said in ("join", "1", NAME, "2", "1"):
        await person.says(said)
    return person


async def works(cafe: Cafe, role: Role = Role.CASHIER) -> Person:
    """A colleague with the longest name, in the first shop."""
    return await cafe.colleague(NAME, role, "place0")


async def code_of(cafe: Cafe, number: int = 1) -> str:
    """A member's code."""
    [row] = await cafe.rows("SELECT code FROM member ORDER BY id LIMIT 1 OFFSET $1", number - 1)
    return str(row["code"])


async def last_word(person: Person, said: str) -> str:
    """The last word of the answer."""
    [answer] = await person.says(said)
    return answer.split()[-1]


async def joining(listener: Listener) -> None:
    """Joining with all its wrong turns, and looking around as a stranger."""
    async with listener.cafe(programme(VISIT, PURCHASE, GIFT)) as cafe:
        till = await works(cafe)
        claim = await last_word(till, "sale - 149,50")
        eve = cafe.guest(NAME)
        for said in ("what?", "help", "privacy", "stop", "card", "cancel", "feedback hi"):
            await eve.says(said)
        anna = cafe.guest(NAME)
        for said in ("x_ABCDEFGHKL", claim, "hm?", "help", "2", "1", "privacy"):
            await anna.says(said)
        await anna.sends_photo()
        for said in ("1", "!", "rewards", NAME, "balance", "hm?", "1"):
            await anna.says(said)
        for said in ("card", "31 June", "June", "14 March", "settings", "4", "15 March", "join"):
            await anna.says(said)
        await eve.says(claim)
        await anna.says(claim)
        late = await last_word(till, "sale - 149,50")
        await cafe.passes(days=10)
        await anna.says(late)
        await eve.says(late)
        await till.says("enroll +420777999888")
        ivan = cafe.guest(NAME)
        ivan.address = "+420777999888"  # type: ignore[attr-defined]
        for said in ("hello", "1", NAME, "2", "1"):
            await ivan.says(said)
    async with listener.cafe(programme(PURCHASE, STAMPS_TOO, joining="minimum_age = 0")) as cafe:
        await joins(cafe)


async def visits(listener: Listener) -> None:
    """All a member can look at and do, with rewards waiting that end at different times."""
    async with listener.cafe(programme(VISIT, PURCHASE)) as cafe:
        anna = await joins(cafe)
        for said in ("balance", "rewards", "redeem", "history", "vouchers", "find", "invite"):
            await anna.says(said)
        till = await works(cafe)
        code = await code_of(cafe)
        for _ in range(3):
            await till.says(f"/stamp {code} 10")
            await cafe.passes(days=1)
        await anna.says("redeem")
        await anna.says("2")
        for amount in ("2345,50", "21", "1022"):
            await till.says(f"sale {code} {amount}")
            await till.says(f"/stamp {code} 7")
            await cafe.passes(days=32)
        for said in ("card", "balance", "2", "1", "rewards", "4", "history", "1", "1", "menu"):
            await anna.says(said)
        for said in ("more", "thanks", "hm?", "hm?", "settings", "language", "5", "menu"):
            await anna.says(said)
        for said in ("stop", "resume", "privacy", "help", "cancel", "redeem", "1", "vouchers", "1"):
            await anna.says(said)
        await till.says(f"sale {code} 12345")
        for said in ("rewards", "2", "rewards", "4", "redeem", "2", "redeem", "5", "redeem", "3"):
            await anna.says(said)
