"""What is put right: entries taken back, balances by hand, new numbers, an end of it all."""

from __future__ import annotations

import re

from bot.domain.members import Role
from bot.domain.messages import Action
from tests.acceptance.cafe import Cafe
from tests.chat import Person
from tests.locales.texting import ALL_RULES, NAME, Listener, Texter, programme

ENDS = "[ending]\nlast_earning = 2026-03-31\nlast_redeeming = 2026-05-31\n"


#: Limits at the till that stop nobody.
OFTEN = "member_stamps_a_day = 1000\ncolleague_stamps_a_day = 1000"


async def righting(listener: Listener) -> None:
    """Everything that is said where something was wrong, or ends."""
    async with listener.cafe(programme(*ALL_RULES, limits=OFTEN)) as cafe:
        await _correcting(cafe)
    async with listener.cafe(programme(*ALL_RULES, limits=OFTEN), "whatsapp") as cafe:
        await _moving(cafe)
    async with listener.cafe(programme(*ALL_RULES, limits=OFTEN, more=ENDS)) as cafe:
        await _ending(cafe)


async def _correcting(cafe: Cafe) -> None:
    anna, manager = await _joins(cafe), await cafe.colleague(NAME, Role.MANAGER, "place0")
    await cafe.colleague(NAME, Role.OWNER, "place0")
    code = await _code(cafe)
    sale, other = [await _counted(manager, f"sale {code} 12345,50 F-{n}") for n in (1, 2)]
    await _counted(manager, f"sale {code} 149,50 {sale}")
    for text in ("reverse", "reverse 99999", f"reverse {sale}", f"reverse #{sale} 99999"):
        await manager.says(text)
    for text in (f"reverse #{sale} 5000", f"reverse #{sale} 9000", f"reverse #{sale}"):
        await manager.says(text)
    await manager.says(f"reverse #{sale}")
    stamp = await _counted(manager, f"stamp {code}")
    for text in (f"reverse #{stamp} 5", code):
        await manager.says(text)
    await manager.presses("Last entries")
    await anna.means(Action("redeem", ("points1", "m1")))
    [row] = await cafe.rows("SELECT code FROM voucher ORDER BY id DESC LIMIT 1")
    used = await _counted(manager, f"use {row['code']} 12345,50")
    for text in (f"reverse #{other} 12345,50", f"reverse #{used}", "1"):
        await manager.says(text)
    await _adjusting(manager, code)
    await anna.says("history")


async def _adjusting(manager: Person, code: str) -> None:
    wrong = ("", "+1", "+1 cakes why", "x stamps why", "+1 stamps", "-1 coffee why")
    for text in (*wrong, "-999999 points why"):
        await manager.says(f"adjust {code} {text}")
    for text in ("+21 stamps", "-5 points", "+1 points1"):
        await manager.says(f"adjust {code} {text} two coffees")
        done = await manager.says("1")
    if found := re.search(r"#(\d+)", "\n".join(done)):
        await manager.says(f"reverse #{found[1]}")


async def _moving(cafe: Cafe) -> None:
    manager = await cafe.colleague(NAME, Role.MANAGER, "place0")
    anna, new, latest = await _joins(cafe), _guest(cafe), _guest(cafe)
    for text in ("new number", "nothing", "new number", anna.phone):
        await new.says(text)
    await anna.says("new number")
    await manager.says(await _code(cafe))
    await manager.presses("New number")
    for text in ("12", latest.phone):
        await manager.says(text)
    if found := re.search(r"\b\d{6}\b", "\n".join(latest.sees())):
        await manager.says(found[0])


async def _ending(cafe: Cafe) -> None:
    anna, till = await _joins(cafe), await cafe.colleague(NAME, Role.CASHIER, "place0")
    code = await _code(cafe)
    await till.says(f"stamp {code} 30")
    for days in (1, 40, 60):
        await cafe.passes(days=days)
        await till.says(f"stamp {code}")
        for text in ("balance", "card", "rewards", "redeem"):
            await anna.says(text)
        await _guest(cafe).says("join")


async def _joins(cafe: Cafe) -> Texter:
    person = _guest(cafe)
    for text in ("join", "1", NAME, "2", "1"):
        await person.says(text)
    return person


def _guest(cafe: Cafe) -> Texter:
    person = cafe.guest(NAME)
    assert isinstance(person, Texter)
    return person


async def _code(cafe: Cafe) -> str:
    [row] = await cafe.rows("SELECT code FROM member ORDER BY id DESC LIMIT 1")
    return str(row["code"])


async def _counted(till: Person, said: str) -> str:
    """Count something; the number of its entry."""
    found = re.search(r"#(\d+)", "\n".join(await till.says(said)))
    return found[1] if found else ""
