"""Cafés that write unasked, with the longest names: all that campaigns say over SMS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from scheduler.campaigns import CAMPAIGNS
from scheduler.jobs import plan
from tests.acceptance.cafe import Cafe
from tests.conftest import NOW
from tests.locales.texting import NAME, PURCHASE, VISIT, Listener, programme

#: So seldom that it is said with two digits, and so often that nothing waits.
_CAPS = "[caps.member]\nmonth = 21"
_ALL = """
[campaigns.almost_there]
within = 4
[campaigns.expiry]
days = [7]
[campaigns.unused_reward]
on = true
[campaigns.statement]
on = true
"""
_GIVING = """
[campaigns.milestone]
on = true
visits = [1]
years = [1]
amounts = [900]
{0}
[campaigns.birthday]
{1}
[campaigns.anniversary]
on = true
{2}
[campaigns.winback]
{1}
"""
_NO_GIFTS = ("", "", "")
_GIFTS = (
    'gift = { stamps = 21 }\ngift_ends = "30 days"',
    'gift = { reward = "coffee" }\ngift_ends = "30 days"',
    "gift = { points = 21 }",
)
#: The days on which something is due, from the first on.
_DAYS = (1, 3, 4, 12, 14, 15, 30, 31, 33, 83, 84, 172, 358, 359, 365, 366, 372)


async def reminding(listener: Listener) -> None:
    """Everything unasked, with gifts and without."""
    for gifts in (_NO_GIFTS, _GIFTS):
        await _a_year(listener, gifts)


async def _a_year(listener: Listener, gifts: Sequence[str]) -> None:
    more = "\n".join((_CAPS, _ALL, _GIVING.format(*gifts)))
    limits = "member_stamps_a_day = 1000\ncolleague_stamps_a_day = 1000"
    async with listener.cafe(programme(VISIT, PURCHASE, limits=limits, more=more)) as cafe:
        till = await cafe.colleague(NAME, location="place0")
        codes = []
        for _ in range(3):
            person = cafe.guest(NAME)
            for text in ("join", "1", NAME, "1", "14 March"):
                await person.says(text)
            [newest] = await cafe.rows("SELECT code FROM member ORDER BY id DESC LIMIT 1")
            codes.append(str(newest["code"]))
        # One nearly has a card and a price, one has a reward, one has little.
        for said in (f"stamp {codes[0]} 27", f"sale {codes[0]} 970", f"stamp {codes[1]} 31"):
            await till.says(said)
        await till.says(f"sale {codes[2]} 21")
        for day in _DAYS:
            await _comes(cafe, day)


async def _comes(cafe: Cafe, day: int) -> None:
    """A day comes, with all that is due on it."""
    cafe.clock.at = NOW + timedelta(days=day, minutes=30)
    await plan(cafe.work, cafe.clock, CAMPAIGNS, again=True)
    while await cafe.house.sender.deliver_due():
        pass
