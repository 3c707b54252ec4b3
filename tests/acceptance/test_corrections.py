"""A manager puts things right: purchases taken back whole or in part, balances by hand."""

from __future__ import annotations

import re

import pytest

from bot.domain.members import Role
from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere
from tests.chat import Person


@pytest.fixture
async def shop(open_cafe: OpenCafe) -> Cafe:
    """The ready-made shop with points: one for each euro, 50 for joining."""
    return await open_cafe(preset("points-shop"))


async def at_the_till(cafe: Cafe) -> tuple[Person, Person, str]:
    """A member, a manager, and the member's code."""
    manager = await cafe.colleague("Marek", Role.MANAGER)
    anna = await cafe.member()
    return anna, manager, await cafe.code_of(anna)


def number(said: list[str]) -> str:
    """The number of an entry that a manager reads."""
    found = re.search(r"Entry #(\d+)", "\n".join(said))
    assert found, said
    return found[1]


@everywhere()
async def test_s8_a_part_of_a_purchase_is_given_back(open_cafe: OpenCafe) -> None:
    shop = await open_cafe(preset("points-shop"))
    anna, manager, code = await at_the_till(shop)
    entry = number(await manager.says(f"/sale {code} 149.90"))
    anna.look_away()
    assert await manager.says(f"/reverse #{entry} 50") == ["−50 points, undone\nAnna\n149 points"]
    assert anna.sees() == ["A correction at the till: −50 points. You have 149."]
    assert await manager.says(f"/reverse {entry} 100") == [
        "Of €149.90 paid, €50 was refunded already: at most €99.90 is left."
    ]
    assert await manager.says(f"/reverse {entry}") == ["−99 points, undone\nAnna\n50 points"]
    assert await manager.says(f"/reverse {entry}") == ["That was undone already."]
    lines = "\n".join(await anna.says("history")).split("\n")
    assert [line.partition(" · ")[2] for line in lines if "−" in line] == [
        "−99 points · refund",
        "−50 points · refund",
    ]


async def test_s7_the_last_entries_have_numbers_and_so_do_receipts(shop: Cafe) -> None:
    _anna, manager, code = await at_the_till(shop)
    sale = number(await manager.says(f"/sale {code} 20 A-17"))
    await manager.says(code)
    [said] = await manager.presses("Last entries")
    lines = said.split("\n")
    assert lines[0].startswith(f"#{sale} · ")
    assert "+20 points" in lines[0]
    assert len(lines) == 3  # the welcome gift, and how to take one back
    assert await manager.says("reverse a-17") == ["−20 points, undone\nAnna\n50 points"]


async def test_a_number_of_two_things_is_asked_about(shop: Cafe) -> None:
    _anna, manager, code = await at_the_till(shop)
    first = number(await manager.says(f"/sale {code} 20"))
    second = number(await manager.says(f"/sale {code} 30 {first}"))
    [asked] = await manager.says(f"/reverse {first}")
    assert asked == (
        f"{first} is two things: entry #{first}, and a receipt counted as #{second}. Which one?"
    )
    assert await manager.presses(f"Take back #{second}") == ["−30 points, undone\nAnna\n70 points"]


async def test_cashiers_take_nothing_back_but_their_own_mistakes(shop: Cafe) -> None:
    till = await shop.colleague()
    anna = await shop.member()
    code = await shop.code_of(anna)
    await till.says(f"/sale {code} 20")
    async with shop.nothing_changes():
        for words in ("/reverse #1", f"/adjust {code} +5 points because"):
            assert (await till.says(words))[0].startswith("That is for our staff only.")
    await till.says(code)
    assert "Last entries" not in till.buttons
    assert "New number" not in till.buttons


class TestAdjusting:
    """By hand, with a reason."""

    @everywhere()
    async def test_it_says_what_it_will_do_and_asks(self, open_cafe: OpenCafe) -> None:
        shop = await open_cafe(preset("points-shop"))
        anna, manager, code = await at_the_till(shop)
        anna.look_away()
        async with shop.nothing_changes():
            assert await manager.says(f"/adjust {code} +25 points forgot the card") == [
                f"Anna ({code}): +25 points. Reason: forgot the card"
            ]
        [done] = await manager.presses("Confirm")
        assert re.fullmatch(r"Done: \+25 points\. Entry #\d+\nAnna\n75 points", done)
        assert anna.sees() == ["Corrected by the shop: +25 points. Why: forgot the card"]
        [history] = await anna.says("history")
        assert "forgot the card" in history

    async def test_nothing_happens_without_a_yes(self, shop: Cafe) -> None:
        _anna, manager, code = await at_the_till(shop)
        async with shop.nothing_changes():
            await manager.says(f"/adjust {code} -10 points wrong card")
            await manager.presses("Cancel")

    async def test_units_go_by_their_words_in_the_shops_languages(self, shop: Cafe) -> None:
        _anna, manager, code = await at_the_till(shop)
        for words in ("+5 bodů dárek", "+5 point present", "+5 POINTS present"):
            assert (await manager.says(f"/adjust {code} {words}"))[0].startswith("Anna (")
            await manager.presses("Confirm")
        await manager.says(f"/adjust {code} +1 coffee on the house")
        [done] = await manager.presses("Confirm")
        assert "65 points" in done
        assert "Coffee and cake" in done

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            ("", "Write it like this: "),
            ("+5", "Write it like this: "),
            ("+5 points", "Please add why"),
            ("+5 stamps why", "Of what? "),
            ("five points why", "How much? "),
            ("0 points why", "How much? "),
            ("+1.5 points why", "How much? "),
            (f"+{'9' * 30} points why", "How much? "),
            ("+1001 coffee why", "How much? "),
            ("-51 points why", "There isn't that much. At most: −50 points"),
            ("-1 coffee why", "There is none of that on the card."),
        ],
    )
    async def test_s39_bad_input_says_what_is_wrong(self, shop: Cafe, words: str, why: str) -> None:
        _anna, manager, code = await at_the_till(shop)
        async with shop.nothing_changes():
            assert (await manager.says(f"/adjust {code} {words}"))[0].startswith(why)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("/reverse", "Write it like this: "),
        ("/reverse #", "Nothing has this number: #"),
        ("/reverse #999999", "Nothing has this number: #999999"),
        (f"/reverse #{'9' * 40}", "Nothing has this number: "),
        ("/reverse A-17", "Nothing has this number: A-17"),
        ("/reverse #1 much", "We can't read that as an amount."),
    ],
)
async def test_s39_a_bad_reversal_says_what_is_wrong(shop: Cafe, words: str, why: str) -> None:
    _anna, manager, _code = await at_the_till(shop)
    async with shop.nothing_changes():
        said = (await manager.says(words))[0]
        assert said.startswith(why), said
