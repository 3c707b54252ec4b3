"""Tiers, memberships and what may be used later, by people who text, with the longest names."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.members import Role
from scheduler.campaigns import CAMPAIGNS
from scheduler.jobs import plan
from tests.acceptance.cafe import Cafe
from tests.conftest import NOW
from tests.locales.texting import (
    CONTACT,
    NAME,
    PURCHASE,
    STAMPS_TOO,
    VISIT,
    Listener,
    Texter,
    named,
    programme,
)

LEVELS = f"""
[tiers]
by = "@by"
window = "2 months"
keeps = "2 months"
grace_days = 31

[[tiers.levels]]
code = "silver"
name = {named(5)}
threshold = @low

[[tiers.levels]]
code = "gold"
name = {named(6)}
threshold = @high
multiply = 2
early_access = true
free_delivery = true
benefits = {named(7)}
"""
SPENT = f"""
[tiers]

[[tiers.levels]]
code = "silver"
name = {named(5)}
threshold = 1000
"""
PAID = f"""
[[tiers.levels]]
code = "club"
name = {named(8)}
fee = 1234.50
lasts = "12 months"
multiply = 1.25
expires = "36 months"
birthday_gift = {{ reward = "points1" }}
link = "{CONTACT}"
"""
ENDLESS = f"""
[[tiers.levels]]
code = "always"
name = {named(9)}
fee = 12345.50
lasts = "never"
"""


LATER = "[sms]\nreceipts = true\n[earning]\npending_days = 14"
CASHBACK = f"""
{LATER}
[units.credit]

[[earn]]
rule = "purchase"
unit = "credit"
percent = 10

[[rewards]]
code = "account"
name = {named(4)}
kind = "credit"
"""
#: Limits at the till that stop nobody.
OFTEN = "member_stamps_a_day = 1000\ncolleague_stamps_a_day = 1000"


async def ranking(listener: Listener) -> None:
    """Rising, keeping, losing and paying for a tier; waiting for what a purchase gave."""
    for rules, more in (((PURCHASE, STAMPS_TOO), LATER), ((VISIT, PURCHASE), CASHBACK)):
        async with listener.cafe(programme(*rules, limits=OFTEN, more=more)) as cafe:
            await _waiting(cafe)
    for by, low, high in (("spend", 1000, 2000), ("visits", 1, 2), ("points", 1000, 2000)):
        levels = LEVELS.replace("@by", by).replace("@low", str(low))
        levels = levels.replace("@high", str(high))
        async with listener.cafe(programme(VISIT, PURCHASE, limits=OFTEN, more=levels)) as cafe:
            await _rising(cafe)
    both = SPENT + PAID + LATER
    async with listener.cafe(programme(VISIT, PURCHASE, limits=OFTEN, more=both)) as cafe:
        await _holding_both(cafe)
    for tier, level in (("club", PAID), ("always", ENDLESS)):
        async with listener.cafe(programme(VISIT, PURCHASE, more=f"[tiers]\n{level}")) as cafe:
            await _paying(cafe, tier)


async def _waiting(cafe: Cafe) -> None:
    anna, till = await _joins(cafe), await cafe.colleague(NAME, Role.CASHIER, "place0")
    await till.says(f"sale {await _code(cafe)} 12345,50")
    for text in ("balance", "card", "rewards"):
        await anna.says(text)
    await cafe.passes(days=15)
    await anna.says("balance")
    await till.says("undo")


async def _rising(cafe: Cafe) -> None:
    anna, till = await _joins(cafe), await cafe.colleague(NAME, Role.CASHIER, "place0")
    code = await _code(cafe)
    await anna.says("membership")
    for _ in range(3):
        await cafe.passes(days=20)
        await till.says(f"sale {code} 1234,50")
        await till.says(code)
        for text in ("balance", "card", "history"):
            await anna.says(text)
        await till.says(f"sale {code} 149,50")
        await till.says("undo")
    for _ in range(12):
        await cafe.passes(days=15)
        await anna.says("balance")


async def _holding_both(cafe: Cafe) -> None:
    anna, till = await _joins(cafe), await cafe.colleague(NAME, Role.CASHIER, "place0")
    code = await _code(cafe)
    await till.says(f"sale {code} 12345,50")
    await anna.says("balance")
    await cafe.passes(days=15)
    await till.says(f"membership {code} club")
    await till.says("1")
    await till.says(f"sale {code} 149,50")
    await till.says(code)
    for text in ("balance", "2", "membership"):
        await anna.says(text)


async def _paying(cafe: Cafe, tier: str) -> None:
    anna, till = await _joins(cafe), await cafe.colleague(NAME, Role.CASHIER, "place0")
    code = await _code(cafe)
    for text in ("membership", f"membership {code}", f"membership {code} nothing"):
        await (anna if text == "membership" else till).says(text)
    await till.says("membership")
    for _ in range(2):
        await till.says(f"membership {code} {tier}")
        await till.says("1")
        for text in ("membership", "balance"):
            await anna.says(text)
    await till.says("undo")
    await till.says("undo")
    cafe.clock.at = NOW + timedelta(days=358, minutes=30)
    await plan(cafe.work, cafe.clock, CAMPAIGNS, again=True)
    await cafe.passes(minutes=1)


async def _joins(cafe: Cafe) -> Texter:
    person = cafe.guest(NAME)
    assert isinstance(person, Texter)
    for text in ("join", "1", NAME, "1", "1"):
        await person.says(text)
    return person


async def _code(cafe: Cafe) -> str:
    [row] = await cafe.rows("SELECT code FROM member ORDER BY id DESC LIMIT 1")
    return str(row["code"])
