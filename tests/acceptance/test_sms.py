"""Over SMS: numbered lines, no standing menu, two segments at most, and words of the network."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, on
from tests.chat import OnSms

LANGUAGES = ("en", "cs", "pl", "ro", "ru")
ALL = ('languages = ["en", "cs"]', 'languages = ["en", "cs", "pl", "ro", "ru"]')
#: As long as a name may be, in letters that cost most.
NAME = "Большая чашка кофе с молоком и мёдом на выбор, с собой и тут"


def cafe_with(names: str) -> str:
    """The ready-made café in all languages, with its own names or the longest there may be."""
    source = preset("cafe-stamps", ALL)
    if names == "usual":
        return source
    return re.sub(r'^(name(?:\.\w+)?) = ".*"', rf'\1 = "{NAME}"', source, flags=re.MULTILINE)


def texter(person: object) -> OnSms:
    """Somebody over SMS."""
    assert isinstance(person, OnSms)
    return person


@on("sms")
async def test_the_whole_story(cafe: Cafe) -> None:
    till = await cafe.colleague("Jana")
    anna = cafe.guest("Anna")
    at = f"http://127.0.0.1:{cafe.house.settings.port}"

    assert await anna.says("JOIN") == [
        "Kavarna Lipa: 10 stamps and it's yours: Coffee of your choice. By joining you confirm "
        f"you are 16+ and accept the terms: {at}/terms Msg&data rates may apply. HELP for help, "
        "STOP to stop."
    ]
    assert anna.buttons == ["Join", "Cestina"]
    assert await anna.says("1") == ["What name should our staff see at the till?"]
    joined = await anna.says("Anna")
    assert joined[0].startswith(f"You're in, Anna.\nYour card: {at}/c/")
    assert anna.buttons == ["Yes, please", "No, thanks"]
    card = anna.picture
    assert await anna.says("2.") == [
        "All right, no offers. Your card works the same.\nAll set. Show your card when you pay."
    ]
    assert anna.buttons == []

    [panel] = await till.scans(card)
    assert panel.startswith("Anna - ")
    assert await till.presses("+2") == ["+2 stamps\nAnna\n2 of 10 stamps"]
    # S22: a receipt for each stamp would cost the shop money.
    assert anna.sees() == []
    for _ in range(3):
        await till.presses("Member")
        await till.presses("+2")
        assert anna.sees() == []
    await till.presses("Member")
    await till.presses("+2")
    assert anna.sees() == [
        "+2 stamps. 10 of 10.\n"
        "Your card is full, this is on us until 31 May 2026: Coffee of your choice"
    ]
    assert anna.buttons == ["Redeem now", "Keep it"]
    assert await anna.says("redeem") == [
        "Coffee of your choice: redeem it now? It lasts 15 minutes."
    ]
    [voucher] = await anna.says("1")
    assert voucher.startswith("Coffee of your choice. Show this at the till by 10:15. Code: ")
    code = voucher.split("Code: ")[1]
    await till.says(code)
    await till.presses("Confirm")
    assert anna.sees() == ["Handed over: Coffee of your choice. Thank you for coming."]


@pytest.mark.parametrize("names", ["usual", "longest"])
@pytest.mark.parametrize("language", LANGUAGES)
@on("sms")
async def test_s35_everything_takes_two_segments_at_most(
    open_cafe: OpenCafe, language: str, names: str
) -> None:
    """Checked by `check_fit` after each act, in every language."""
    cafe = await open_cafe(cafe_with(names))
    till = await cafe.colleague("Jana", language=language)
    anna = texter(await cafe.member("Anna" if names == "usual" else NAME, language))
    code = await cafe.rows("SELECT code FROM member")
    for command in ("balance", "rewards", "redeem", "more", "settings", "history", "menu"):
        await anna.says(command)
        assert anna.sees() != []
    await till.scans(await cafe.card_of(anna))
    await till.says(f"/stamp {code[0]['code']} 10")
    assert anna.sees() != []
    for words in ("balance", "rewards", "redeem", "1"):
        await anna.says(words)
    [voucher] = await cafe.rows("SELECT code FROM voucher")
    await till.says(voucher["code"])
    await till.says("1")
    assert await cafe.differences() == []
    [used] = await cafe.rows("SELECT COUNT(closed_at) AS n FROM voucher")
    assert used["n"] == 1


@on("sms")
async def test_the_menu_is_listed_when_it_is_asked_for(cafe: Cafe) -> None:
    anna = await cafe.member()
    await anna.says("balance")
    assert anna.buttons == []
    await anna.says("MENU")
    assert anna.buttons == ["Card", "Balance", "Rewards", "Redeem", "More"]
    [balance] = await anna.says("2")
    assert balance.startswith("0 of 10 stamps\n")


@on("sms")
async def test_texts_without_a_code_page_are_answered_in_plain_letters(cafe: Cafe) -> None:
    anna = texter(cafe.guest("Anna", "cs"))
    await anna.says("JOIN")
    sent = [shown.text for shown in anna.device.messages]
    assert all(text.isascii() for text in sent), sent


@on("sms")
async def test_s9_the_same_text_delivered_twice_is_answered_once(cafe: Cafe) -> None:
    anna = cafe.guest("Anna")
    assert len(await anna.says("JOIN", times=3)) == 1


@on("sms")
async def test_a_word_of_the_network_is_no_word_of_the_dialogue(cafe: Cafe) -> None:
    """YES would join, CANCEL would leave: over SMS Twilio has answered them already."""
    anna = texter(cafe.guest("Anna"))
    await anna.says("JOIN")
    for word in ("YES", "HELP", "INFO"):
        assert await anna.says(word) == []
    assert await cafe.rows("SELECT id FROM member") == []
    assert await anna.says("1") == ["What name should our staff see at the till?"]
