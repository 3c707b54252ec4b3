"""S35: with the longest names a programme, a person and an import can have, everything fits."""

from __future__ import annotations

from bot.storage import members
from tests.acceptance.cafe import Cafe
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.chat import Person

#: Sixty characters, each two of Telegram's UTF-16 units.
NAME = "𝒩" * 60
CODE = "r" * 31

PROGRAMME = (
    f"""
[shop]
name = {{ en = "{NAME}", cs = "{NAME}" }}
language = "en"
languages = ["en", "cs"]
currency = "CZK"
zone = "Europe/Prague"
contact = "{"c" * 60}"

[joining]
minimum_age = 21
birthday = true
terms = "{"🙂" * 3500}"

[units.stamps]
card = 30
reward = "{CODE}"
expires = "end of year + 12 months"

[units.points]
expires = "12 months"

[[earn]]
rule = "visit"
unit = "stamps"

[[earn]]
rule = "purchase"
unit = "points"
per = 1

[[earn]]
rule = "joining"
unit = "points"
amount = 1000000

[limits]
member_stamps_a_day = 1000

[[rewards]]
code = "{CODE}"
name = {{ en = "{NAME}", cs = "{NAME}" }}
validity = "90 days"
"""
    + "".join(
        f"""
[[rewards]]
code = "{number:02}{"x" * 29}"
name = "{NAME[2:]}{number:02}"
points = {number}
"""
        for number in range(10, 13)
    )
    + "".join(
        f"""
[[locations]]
code = "{place * 31}"
name = "{NAME}"
"""
        for place in "ab"
    )
)


async def joined(cafe: Cafe, language: str) -> Person:
    """A member with the longest name, who read the terms first."""
    anna = cafe.guest(NAME, language)
    await anna.opens("join")
    await anna.presses(cafe.label("button.terms", language))
    await anna.presses(cafe.label("button.join", language))
    if cafe.asks_name:
        await anna.says(NAME)
    await anna.presses(cafe.label("button.yes_please", language))
    await anna.presses(cafe.label("button.skip", language))
    return anna


@everywhere()
async def test_the_whole_story(open_cafe: OpenCafe) -> None:
    """Every act checks what it shows, and every message has to have arrived at the end."""
    cafe = await open_cafe(PROGRAMME)
    till = await cafe.colleague(NAME, location="a" * 31)
    anna = await joined(cafe, "cs")
    code = await cafe.code_of(anna)
    await till.says(f"/stamp {code} 60")
    for words in ("card", "balance", "rewards", "redeem", "history", "settings", "privacy"):
        assert await anna.says(words) != []
    await anna.says("redeem")
    await anna.presses(NAME)
    await till.scans(anna.picture)
    await till.presses("Confirm")
    await till.says("shift")
    await till.says(code)
    await till.presses("Give reward")
    await till.presses(NAME)
    await till.says(f"/sale {code} 123456,78 {'4' * 40}")
    await till.presses("Undo")


@on("telegram", "simulator")
async def test_an_imported_code_fits_its_buttons(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(PROGRAMME)
    till = await cafe.colleague(NAME, location="a" * 31)
    async with cafe.work.unit_of_work() as uow:
        await members.create(
            uow.tx,
            name=NAME,
            language="en",
            now=cafe.clock.now(),
            source="import",
            code="C" * 32,
        )
    await till.says("C" * 32)
    await till.presses("+2")
    await till.presses("Member")
    assert (await till.says(f"/stamp {'C' * 32} 30"))[0].startswith("+30 stamps\n")
    await till.presses("Member")
    await till.presses("Give reward")
    assert (await till.presses(NAME))[0].startswith(f"Handed over: {NAME}. {NAME}\n")


async def test_of_many_with_one_name_a_handful_is_shown(cafe: Cafe) -> None:
    till = await cafe.colleague()
    async with cafe.work.unit_of_work() as uow:
        for _ in range(20):
            await members.create(
                uow.tx,
                name=f"Anna {NAME}"[:60],
                language="en",
                now=cafe.clock.now(),
                source="import",
            )
    assert await till.says("find anna") == ["8 members found:"]
    assert len(till.buttons) == 8
