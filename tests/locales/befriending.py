"""Friends who are invited, ratings, reviews and the like, by people who text."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.members import Role
from bot.domain.messages import Action
from tests.acceptance.cafe import Cafe
from tests.chat import Person
from tests.locales.texting import ALL_RULES, NAME, Listener, Texter, programme

BOTH = (
    'rule = "referral"\nunit = "points"\namount = 21',
    'rule = "referred"\nreward = "coffee"',
)
OPINIONS = (
    'rule = "survey"\nunit = "points"\namount = 21',
    'rule = "review"\nreward = "coffee"\nper_member = 1',
    'rule = "follow"\nunit = "points"\namount = 21',
    'rule = "profile"\nunit = "points"\namount = 21',
)
QUESTION = """
[survey]
question = { en = "How did you like the coffee and our people here today?", \
cs = "Jak Vám dnes chutnala káva a jak se Vám u nás líbilo?", \
pl = "Jak smakowała dziś kawa i jak było u nas w kawiarni?", \
ro = "Cum v-a plăcut azi cafeaua și cum a fost la noi?", \
ru = "Как вам сегодня наш кофе и как вам было у нас?" }
low = 4

[follow]
name = "Instagram"
link = "https://www.instagram.example/kavarna-lipa-vinohrady"
"""


async def befriending(listener: Listener) -> None:
    """Everything that is said of friends and opinions."""
    await _inviting(listener)
    await _limited(listener)
    await _saying(listener)
    await _without(listener)


async def _joins(cafe: Cafe, *first: str) -> Texter:
    person = cafe.guest(NAME)
    assert isinstance(person, Texter)
    for text in (*(first or ("join",)), "1", NAME, "2", "1"):
        await person.says(text)
    return person


async def _payload(cafe: Cafe, person: Person) -> str:
    await person.says("refer")
    rows = await cafe.rows("SELECT code FROM invite ORDER BY member_id DESC LIMIT 1")
    return f"r_{rows[0]['code']}"


async def _code(cafe: Cafe) -> str:
    rows = await cafe.rows("SELECT code FROM member ORDER BY id DESC LIMIT 1")
    return str(rows[0]["code"])


async def _inviting(listener: Listener) -> None:
    more = "[referrals]\nminimum = 5\na_week = 2\n"
    async with listener.cafe(programme(*ALL_RULES, *BOTH, more=more)) as cafe:
        till = await cafe.colleague(NAME, Role.CASHIER, "place0")
        owner = await cafe.colleague(NAME, Role.OWNER, "place0")
        anna = await _joins(cafe)
        invited = await _payload(cafe, anna)
        await anna.says(invited)
        for _ in range(4):
            await _joins(cafe, invited)
            await till.says(f"sale {await _code(cafe)} 100")
            cafe.clock.advance(timedelta(minutes=10))
        await anna.says("refer")
        for text in ("referrals", "1", "2", "referrals"):
            await owner.says(text)
        assert isinstance(owner, Texter)
        await owner.means(Action("referral_pay", ("1",)))


async def _limited(listener: Listener) -> None:
    """More signs, and a limit that is reached."""
    more = "[referrals]\nlimit = 1\n"
    async with listener.cafe(programme(*ALL_RULES, *BOTH, more=more)) as cafe:
        till = await cafe.colleague(NAME, Role.CASHIER, "place0")
        owner = await cafe.colleague(NAME, Role.OWNER, "place0")
        anna = await _joins(cafe)
        code, invited = await _code(cafe), await _payload(cafe, anna)
        friends = []
        for _ in range(3):
            await _joins(cafe, invited)
            friends.append(await _code(cafe))
        await till.says(f"sale {code} 100")
        await till.says(f"sale {friends[0]} 100")
        await owner.says("referrals")
        await owner.says("1")
        cafe.clock.advance(timedelta(minutes=10))
        await till.says(f"sale {friends[1]} 100")
        await anna.says("refer")
        await till.says("undo")


async def _saying(listener: Listener) -> None:
    """A rating, reviews, following, and details that are complete."""
    async with listener.cafe(programme(*ALL_RULES, *OPINIONS, more=QUESTION)) as cafe:
        manager = await cafe.colleague(NAME, Role.MANAGER, "place0")
        assert isinstance(manager, Texter)
        anna = await _joins(cafe)
        for text in ("14 March", "more", "7", "rate", "six", "3", "Cold.", "rate"):
            await anna.says(text)
        eve = await _joins(cafe)
        for text in ("1", "rate", "1", "1", "settings", "birthday", "1 May"):
            await eve.says(text)
        await anna.says("review")
        await anna.sends_voice()
        for text in ("x" * 1501, "Loud.", "review", "Good.", "follow", "1"):
            await anna.says(text)
        await eve.says("review")
        await eve.sends_photo()
        for text in ("reviews", "1", "2", "reviews"):
            await manager.says(text)
        await manager.means(Action("review_approve", ("1",)))


async def _without(listener: Listener) -> None:
    """A programme that has none of it."""
    async with listener.cafe(programme(*ALL_RULES)) as cafe:
        anna = await _joins(cafe)
        for text in ("more", "refer", "rate", "review", "follow"):
            await anna.says(text)
