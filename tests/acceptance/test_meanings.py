"""What people really type is understood; nothing that spends or stops happens on a guess.

A stop in a sentence is none (test_stopping.py).
"""

from __future__ import annotations

import pytest

from bot.domain.members import Role
from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, on

ALL = ('languages = ["en", "cs"] ', 'languages = ["en", "cs", "pl", "ro", "ru"] ')
MENU = ["Card", "Balance", "Rewards", "Redeem", "More"]


@pytest.mark.parametrize(
    ("language", "asked", "answer"),
    [
        ("en", "whats my points", "0 of 10 stamps"),
        ("cs", "kolik mi chybí do kávy?", "Razítka: 0 z 10"),
        ("cs", "kolik mi chybi do kavy", "Razítka: 0 z 10"),
        ("pl", "ile mi brakuje do kawy?", "Pieczątki: 0 z 10"),
        ("ro", "câte ștampile mai am până la cafea?", "Ștampile: 0 din 10"),
        ("ru", "сколько у меня бонусов", "Штампы: 0 из 10"),
    ],
)
async def test_a_whole_question_is_answered(
    open_cafe: OpenCafe, language: str, asked: str, answer: str
) -> None:
    cafe = await open_cafe(preset("cafe-stamps", ALL))
    anna = await cafe.member("Anna", language)
    [said] = await anna.says(asked)
    assert said.split("\n")[0] == answer


@on("telegram", "simulator-text")
async def test_a_question_under_a_question_is_answered_and_then_asked_again(cafe: Cafe) -> None:
    anna = cafe.guest("Anna")
    await anna.opens("join")
    await anna.presses("Join")
    if cafe.asks_name:
        await anna.says("Anna")
    assert anna.buttons == ["Yes, please", "No, thanks"]
    said = await anna.says("how many stamps do I have now?")
    assert said[0].startswith("0 of 10 stamps")
    assert anna.buttons == ["Yes, please", "No, thanks"]


@on("telegram", "simulator-text")
async def test_nothing_stops_on_a_guess(cafe: Cafe) -> None:
    anna = await cafe.member("Anna")
    await anna.says("resume")
    await anna.says("i am so tired of all your texts")
    assert "No more offers" in anna.buttons
    assert "Offers: yes" in (await anna.says("settings"))[0]


@on("telegram", "simulator-text")
async def test_nothing_is_spent_on_a_guess(cafe: Cafe) -> None:
    till, anna = await cafe.colleague(), await cafe.member("Anna")
    await till.says(f"stamp {await cafe.code_of(anna)} 10")
    async with cafe.nothing_changes():
        await anna.says("i want to redeem my free coffee")
        assert "Redeem now" in anna.buttons


@on("telegram", "simulator-text")
async def test_what_is_not_for_the_bot_is_for_a_person(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await cafe.member("Anna")
    assert await anna.says("do you have gluten free cake on sunday?") == [
        "That one is for a person. Shall I pass it on to the shop?"
    ]
    assert await anna.presses("Pass it on") == ["Passed on. The answer comes here."]
    assert owner.sees() == ["Question from Anna: do you have gluten free cake on sunday?"]


@on("telegram", "simulator-text")
async def test_at_the_till_nothing_is_guessed(cafe: Cafe) -> None:
    till = await cafe.colleague()
    assert await till.says("how many points do I have") == [
        "No member, voucher or command fits that. HELP lists the commands."
    ]
