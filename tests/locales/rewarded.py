"""Rewards of every kind, by people who text, with the longest names."""

from __future__ import annotations

from bot.domain.members import Role
from bot.domain.messages import Action
from tests.acceptance.cafe import Cafe
from tests.chat import Person
from tests.locales.texting import NAME, PURCHASE, VISIT, Listener, Texter, named, programme

#: Ten per cent of a purchase, on the bonus account.
CASHBACK = 'rule = "purchase"\ncode = "back"\nunit = "credit"\npercent = 10'
LINK = "https://www.kavarna-lipa.example/novinky"


def _named(mark: str) -> str:
    """The longest name, told from others by its last letter."""
    return named(0).replace(' 0"', f' {mark}"')


def _reward(mark: str, code: str, *keys: str) -> str:
    return "\n".join(("[[rewards]]", f'code = "{code}"', f"name = {_named(mark)}", *keys))


REWARDS = "\n".join(
    (
        "[units.credit]\n[[causes]]",
        f'code = "dogs"\nname = {_named("x")}',
        _reward("b", "choose", 'kind = "amount"', "amount = 5", "points = 10", "choose = true"),
        _reward("c", "least", 'kind = "percent"', "percent = 10", "points = 10", "minimum = 200"),
        _reward("d", "there", "points = 10", 'locations = ["place1", "place2"]'),
        _reward("e", "tour", 'kind = "experience"', "points = 10", f'details = "{LINK}"'),
        _reward("f", "early", 'kind = "early_access"', "points = 10", f'details = "{LINK}"'),
        _reward("g", "give", 'kind = "donation"', 'cause = "dogs"', "amount = 5", "points = 10"),
        _reward("h", "bonus", 'kind = "credit"', "minimum = 20", "payout = true"),
        _reward("i", "few", "points = 10", "stock = 1"),
        _reward("j", "once", "points = 10", "per_member = 1"),
        _reward("k", "later", "points = 10", "begins = 2027-12-01"),
        _reward("l", "friend", "points = 10", "friend = true", 'validity = "90 days"'),
        _reward("m", "second", "points = 10", "friend = true"),
    )
)


GOLD = "\n".join(
    (
        _reward("n", "gold", "points = 10", 'tiers = ["gold"]'),
        '[[tiers.levels]]\ncode = "basic"\nname = "Basic"\nthreshold = 0',
        f'[[tiers.levels]]\ncode = "gold"\nname = {_named("y")}\nthreshold = 100000',
    )
)


async def rewarding(listener: Listener) -> None:
    """Everything that is said of rewards that are no free coffee."""
    async with listener.cafe(programme(VISIT, PURCHASE, CASHBACK, more=REWARDS)) as cafe:
        anna, eve = await _joins(cafe), await _joins(cafe)
        till = await cafe.colleague(NAME, Role.CASHIER, "place0")
        for each in (1, 2):
            await till.says(f"sale {await _code(cafe, each)} 1234,50")
        await _lists(anna)
        await _prices(cafe, anna, till)
        await _in_the_chat(anna, till)
        await _presents(cafe, anna, eve)
    async with listener.cafe(programme(VISIT, PURCHASE, more=GOLD)) as cafe:
        anna = await _joins(cafe)
        await _redeem(anna, "gold")
        await anna.says("rewards")


async def _joins(cafe: Cafe) -> Person:
    person = cafe.guest(NAME)
    for text in ("join", "1", NAME, "2", "1"):
        await person.says(text)
    return person


async def _code(cafe: Cafe, number: int) -> str:
    [row] = await cafe.rows("SELECT code FROM member ORDER BY id LIMIT 1 OFFSET $1", number - 1)
    return str(row["code"])


async def _newest(cafe: Cafe) -> str:
    [row] = await cafe.rows("SELECT code FROM voucher ORDER BY id DESC LIMIT 1")
    return str(row["code"])


async def _redeem(person: Person, code: str) -> None:
    """Press the button of a reward, on whichever page it is."""
    assert isinstance(person, Texter)
    await person.means(Action("redeem", (code, f"m{code}")))


async def _lists(anna: Person) -> None:
    await anna.says("rewards")
    for _ in range(8):
        await anna.says("4")


async def _prices(cafe: Cafe, anna: Person, till: Person) -> None:
    for text in ("many", "9999", "3"):
        if text == "many":
            await _redeem(anna, "choose")
        await anna.says(text)
    for text in (await _newest(cafe), "1", "?", "1234,50"):
        await till.says(text)
    await _redeem(anna, "least")
    for text in (f"use {await _newest(cafe)} 1,20", f"use {await _newest(cafe)} 1234,50 F-1"):
        await till.says(text)
    await _redeem(anna, "there")
    await till.says(f"use {await _newest(cafe)}")
    await _redeem(anna, "bonus")
    for text in ("1", "9999999", "20,50"):
        await anna.says(text)
    for text in (await _newest(cafe), "1", "1"):
        await till.says(text)
    await till.says(await _code(cafe, 1))
    await till.presses("From bonus account")
    await till.says("100")


async def _in_the_chat(anna: Person, till: Person) -> None:
    for code in ("tour", "early", "give", "few", "once", "once", "later"):
        await _redeem(anna, code)
    await anna.presses("Give")
    for text in ("questions", "1", "Saturday"):
        await till.says(text)
    await anna.says("rewards")
    for _ in range(8):
        await anna.says("4")
    await anna.says("vouchers")


async def _presents(cafe: Cafe, anna: Person, eve: Person) -> None:
    assert isinstance(anna, Texter)
    await anna.means(Action("present", ("", "p1")))
    for code in ("friend", "second"):
        [forward, *_] = await _given(anna, code)
        payload = forward[forward.index("g_") :]
        stranger = cafe.guest(NAME)
        if code == "friend":
            for text in ("g_AAAAAAAAAAAAAAAA", payload, "1", NAME, "2", "1"):
                await stranger.says(text)
        for person in (anna, eve, eve):
            await person.says(payload)
    await _given(anna, "friend")
    await anna.says("vouchers")
    await cafe.passes(days=15)


async def _given(anna: Person, code: str) -> list[str]:
    assert isinstance(anna, Texter)
    before = len(anna.screen())
    await anna.means(Action("present", (code, f"g{code}{before}")))
    return [message.text for message in anna.screen()[before:]]
