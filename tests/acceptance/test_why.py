"""Why something was earned: the history by rules, what was in a purchase, challenges (S13, S41)."""

from __future__ import annotations

import pytest

from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, on
from tests.chat import Person

#: For the shop with points: double on Mondays, more for coffee and cake, nothing for tobacco.
RULES = """
[earning]
excluded = ["tobacco"]
stacking = "sum"

[[products]]
code = "latte"
name = "Latte"
category = "coffee"

[[products]]
code = "cake"
name = { en = "Cake", cs = "Dort" }

[[causes]]
code = "trees"
name = { en = "Trees", cs = "Stromy" }

[[earn]]
rule = "purchase"
code = "mondays"
name = { en = "Double Monday", cs = "Dvojité pondělí" }
unit = "points"
multiply = 2
weekdays = ["mon"]

[[earn]]
rule = "purchase"
code = "coffees"
unit = "points"
multiply = 1.5
categories = ["coffee"]

[[earn]]
rule = "product"
code = "cakes"
name = { en = "Cake of the month", cs = "Dort měsíce" }
unit = "points"
amount = 5
products = ["cake"]

[[earn]]
rule = "purchase"
code = "trees"
cause = "trees"
percent = 1

[[earn]]
rule = "challenge"
code = "twice"
name = { en = "Two visits this week", cs = "Dvě návštěvy v týdnu" }
unit = "points"
amount = 25
goal = 2
"""


@pytest.fixture
async def shop(open_cafe: OpenCafe) -> Cafe:
    """The ready-made shop with points, and rules of every kind."""
    return await open_cafe(preset("points-shop", more=RULES))


async def at_the_till(shop: Cafe, language: str = "en") -> tuple[Person, Person, str]:
    """A member, a colleague, and the member's code."""
    till = await shop.colleague()
    anna = await shop.member(language=language)
    return anna, till, await shop.code_of(anna)


async def lines(anna: Person, words: str = "history") -> list[str]:
    """What the newest entries say, without their day."""
    answer = (await anna.says(words))[0].split("\n")
    return [line.split(" · ", 1)[1] for line in answer if " · " in line]


@on("telegram", "simulator-text", "whatsapp")
async def test_s13_history_names_every_rule_and_what_it_gave(shop: Cafe) -> None:
    anna, till, code = await at_the_till(shop)
    await till.says(f"sale {code} 20 cake 4711")
    assert await lines(anna) == [
        "€0.20 for Trees · purchase",
        "+50 points · purchase 20, Cake of the month 5, Double Monday 25",
        "+50 points · welcome gift",
    ]


@on("simulator-text")
async def test_s13_history_in_czech(shop: Cafe) -> None:
    anna, till, code = await at_the_till(shop, "cs")
    await till.says(f"sale {code} 20 latte=10")
    assert (await lines(anna, "historie"))[1] == (
        "+45 bodů · nákup 20, Dvojité pondělí 20, bonus ×1,5 5"
    )


@on("sms")
async def test_s13_over_sms_the_names_of_the_rules_are_enough(shop: Cafe) -> None:
    anna, till, code = await at_the_till(shop)
    await till.says(f"sale {code} 20 cake")
    assert (await anna.says("history"))[0].split("\n")[1] == (
        "2 Mar 2026: +50 points, purchase, Cake of the month, Double Monday"
    )


@on("simulator-text")
async def test_s13_what_is_in_a_purchase_is_typed_after_the_amount(shop: Cafe) -> None:
    anna, till, code = await at_the_till(shop)
    await shop.passes(days=1)  # no Monday
    [said] = await till.says(f"sale {code} 30 € 2xcake R-1")
    assert said.startswith("+40 points")
    async with shop.nothing_changes():  # what is no product is the receipt's number
        assert (await till.says(f"sale {code} 31 cake R-1"))[0].startswith("Counted already")
    assert (await lines(anna))[1] == "+40 points · purchase 30, Cake of the month 10"


@on("simulator-text", "telegram")
@pytest.mark.parametrize(
    "line", ["tobaco=12", "2xtobaco", "tobaco*2", "2xtobaco=12", "R-1 tobaco=1"]
)
async def test_s41_a_product_nobody_knows_is_no_receipt(shop: Cafe, line: str) -> None:
    _, till, code = await at_the_till(shop)
    async with shop.nothing_changes():
        assert (await till.says(f"sale {code} 30 {line}"))[0].startswith(
            "There is no product “tobaco”. Did you mean “tobacco”? Nothing was counted."
        )
        assert (await till.says(f"sale {code} 30 wine=12"))[0].startswith(
            "There is no product “wine”. Nothing was counted."
        )


@on("simulator-text", "telegram")
@pytest.mark.parametrize("receipt", ["2x4711", "FX12", "F-12/2"])
async def test_s10_a_receipt_may_look_like_a_quantity(shop: Cafe, receipt: str) -> None:
    _, till, code = await at_the_till(shop)
    assert (await till.says(f"sale {code} 30 {receipt}"))[0].startswith("+")
    async with shop.nothing_changes():
        assert (await till.says(f"sale {code} 30 {receipt}"))[0].startswith("Counted already")


@on("simulator-text", "telegram")
async def test_s41_the_price_of_what_must_not_earn_is_asked_for(shop: Cafe) -> None:
    anna, till, code = await at_the_till(shop)
    await shop.passes(days=1)
    async with shop.nothing_changes():
        [said] = await till.says(f"sale {code} 30 tobacco")
        assert said.startswith("How much of it was tobacco? Add the price: 1xtobacco=45")
        [said] = await till.says(f"sale {code} 30 tobacco=lots")
        assert said
        [said] = await till.says(f"sale {code} 30 tobacco=40")
        assert said.startswith("One part costs more than the whole purchase.")
    [said] = await till.says(f"sale {code} 30 tobacco=12.50")
    assert said.startswith("+17 points")
    assert (await lines(anna))[1] == "+17 points · purchase"


@on("simulator", "telegram", "simulator-text")
async def test_s13_the_panel_asks_what_was_in_it(shop: Cafe) -> None:
    anna, till, code = await at_the_till(shop)
    await shop.passes(days=1)
    await till.says(code)
    await till.presses("Sale…")
    assert (await till.says("30"))[0].split("\n")[0] == "Are any of these in it?"
    assert (await till.presses("Cake"))[0].startswith("In it: Cake\nAre any of these in it?")
    assert (await till.presses("Cake"))[0].startswith("In it: 2 × Cake")
    assert (await till.says("tobacco"))[0].startswith("How much of it was tobacco?")
    assert "tobacco" in (await till.says("10"))[0]
    [said] = await till.presses("That's all")
    assert said.startswith("+30 points\n")
    assert (await lines(anna))[1] == "+30 points · purchase 20, Cake of the month 10"


@on("sms", "whatsapp")
async def test_s13_where_choices_are_lines_the_panel_asks_too(shop: Cafe) -> None:
    _, till, code = await at_the_till(shop)
    await till.says(code)
    await till.presses("Sale..." if shop.by_sms else "Sale…")
    assert "Are any of these in it?" in (await till.says("30"))[0]
    await till.presses("Cake")
    assert (await till.says("2xcake tobacco=10"))[0].startswith("In it: 3")
    [said] = await till.presses("That's all")
    assert said.startswith("+70 points\n")


@on("simulator")
async def test_s39_what_is_no_product_is_said_and_asked_again(shop: Cafe) -> None:
    _, till, code = await at_the_till(shop)
    await till.says(code)
    await till.presses("Sale…")
    await till.says("30")
    async with shop.nothing_changes():
        answers = await till.says("croissant")
        assert answers[0].startswith("There is no such product here.")
        assert "Are any of these in it?" in answers[-1]
        await till.presses("Cancel")


@on("simulator")
async def test_a_shop_whose_rules_ask_for_nothing_is_asked_for_nothing(
    open_cafe: OpenCafe,
) -> None:
    shop = await open_cafe(preset("points-shop"))
    _, till, code = await at_the_till(shop)
    await till.says(code)
    await till.presses("Sale…")
    assert (await till.says("30"))[0].startswith("+30 points")


@on("simulator-text")
async def test_s17_a_purchase_claimed_later_earns_by_what_was_in_it(shop: Cafe) -> None:
    anna, till, _ = await at_the_till(shop)
    await shop.passes(days=1)
    await till.says("/sale - 30 2xcake tobacco=10")
    await anna.scans(till.picture)
    assert "+30 points · purchase 20, Cake of the month 10" in await lines(anna)


@on("simulator-text", "telegram")
async def test_s13_a_challenge_says_how_far_it_is_until_it_is_done(shop: Cafe) -> None:
    anna, till, code = await at_the_till(shop)
    await shop.passes(days=1)
    running = "Two visits this week: visits {} of 2, until 8 March 2026"
    assert running.format(0) in (await anna.says("balance"))[0]
    assert running.format(0) in (await anna.says("rewards"))[0]
    await till.says(f"sale {code} 1")
    assert running.format(1) in (await anna.says("balance"))[0]
    await till.says(f"sale {code} 1")
    assert "Two visits this week: done" in (await anna.says("balance"))[0]
    assert "+26 points · purchase 1, Two visits this week 25" in await lines(anna)
    await shop.passes(days=7)
    assert "visits 0 of 2, until 15 March 2026" in (await anna.says("balance"))[0]
