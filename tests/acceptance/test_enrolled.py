"""S33: who was enrolled or imported hears of it once, and is a member once they accepted terms."""

from __future__ import annotations

import re

import pytest

from bot.services import importing
from tests.acceptance.cafe import Cafe
from tests.acceptance.conftest import OpenCafe, on
from tests.acceptance.two_channels import texter
from tests.chat import OnSms, Person

TOLD = (
    "Kavarna Lipa: a loyalty card was started for this number at the till. Reply CARD to see it. "
    "Without an answer we write nothing more. STOP stops all."
)
STOPPED = "Stopped. No more offers from us, on any channel. Your card works as before."


async def enrolled(shop: Cafe, stamps: int = 2) -> tuple[OnSms, Person]:
    """Somebody who was enrolled at the till and stamped once, and the colleague who did."""
    till = await shop.colleague()
    anna = texter(shop)
    [shown] = await till.says(f"enroll {anna.phone}")
    [row] = await shop.rows("SELECT code FROM member")
    assert shown.startswith(
        f"Enrolled: {row['code']}. We've sent them one message; the card is theirs once they "
        "answer.\n"
    )
    assert anna.sees() == [TOLD]
    if stamps:
        await till.presses(f"+{stamps}")
    assert anna.sees() == []
    return anna, till


async def granted(cafe: Cafe, purpose: str) -> list[tuple[str, bool]]:
    rows = await cafe.rows(
        "SELECT channel, granted FROM consent WHERE purpose = $1 ORDER BY id", purpose
    )
    return [(row["channel"], bool(row["granted"])) for row in rows]


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"], indirect=True)
async def test_they_are_told_once_and_join_when_they_answer(shop: Cafe) -> None:
    anna, till = await enrolled(shop)
    await till.presses("Member")
    await till.presses("+2")
    assert anna.sees() == []

    # What waits for them, and the terms, before anything of it is theirs.
    [welcome] = await anna.says("CARD")
    assert re.fullmatch(
        r"Kavarna Lipa: A card was started for you at the till\. By joining you confirm you are "
        r"16\+ and accept the terms: \S+/terms Msg&data rates may apply\. HELP for help, STOP to "
        r"stop\.",
        welcome,
    )
    assert anna.buttons == ["Join", "Cestina"]
    for words in ("balance", "settings", "redeem"):
        assert (await anna.says(words))[-1] == welcome
    assert await granted(shop, "terms") == []
    await till.presses("Member")
    await till.presses("+1")
    [news] = await shop.rows("SELECT COUNT(*) AS n FROM outbox WHERE class = 'transactional'")
    assert news["n"] == 1  # the first message; S22: over SMS stamps are not worth one

    await anna.says("1")
    shown = await anna.says("Anna")
    assert shown[0].startswith("Welcome back. This card was started for you at the till: Anna\n")
    assert "5 of 10 stamps" in shown[0]
    assert await granted(shop, "terms") == [("sms", True)]
    assert (await till.says(anna.phone))[0].startswith("Anna · ")
    assert await shop.rows("SELECT COUNT(*) AS n FROM member") == [{"n": 1}]


async def test_a_stop_is_kept_though_they_are_no_member_yet(shop: Cafe) -> None:
    anna, till = await enrolled(shop)
    await anna.says("STOP")
    assert ("sms", False) in await granted(shop, "marketing")
    # Later at the till nothing is lost, and nothing is sent.
    await till.presses("Member")
    await till.presses("+2")
    assert anna.sees() == []
    assert (await till.says(anna.phone))[0].split("\n")[1] == "4 of 10 stamps"


@on("console")
async def test_a_stop_is_answered_where_no_network_does(cafe: Cafe) -> None:
    till = await cafe.colleague()
    anna = cafe.guest("Anna")
    await till.says(f"enroll {anna.phone}")
    await anna.says("hello")
    assert (await anna.says("unsubscribe"))[0].startswith(STOPPED)
    assert await granted(cafe, "marketing") == [("console", False)]
    [member] = await cafe.rows("SELECT terms_version FROM member")
    assert member["terms_version"] is None


async def test_a_number_that_stopped_our_texts_before_is_not_written_to(shop: Cafe) -> None:
    anna = texter(shop)
    await anna.says("STOP")
    till = await shop.colleague()
    [shown] = await till.says(f"enroll {anna.phone}")
    assert "The card is theirs once they write to us from this number." in shown
    assert anna.sees() == []


@on("console", "whatsapp")
async def test_on_a_channel_of_numbers_they_see_what_waits_and_the_terms(cafe: Cafe) -> None:
    till = await cafe.colleague()
    anna = cafe.guest("Anna")
    [shown] = await till.says(f"enroll {anna.phone}")
    assert "The card is theirs once they write to us from this number.\n" in shown
    await till.presses("+2")
    assert anna.sees() == []

    welcome = (
        "Welcome to Kavárna Lípa.\nA card was started for you at the till.\n2 of 10 stamps\n"
        "To run your card we keep your name and this chat.\n"
        "By joining you confirm you are 16 or over and accept the terms."
    )
    assert await anna.says("card") == [welcome]
    assert anna.buttons == ["Join", "Čeština", "Terms and privacy"]
    assert await anna.says("balance") == [welcome]
    await anna.presses("Join")
    if cafe.asks_name:
        await anna.says("Anna")
    assert anna.sees()[0] == (
        "Welcome back. This card was started for you at the till: Anna\n"
        "2 of 10 stamps\nShow this card when you pay."
    )
    await till.presses("Member")
    await till.presses("+1")
    assert anna.sees() == ["+1 stamp. 3 of 10."]


@on("console")
async def test_who_was_imported_is_not_asked_for_their_name(cafe: Cafe) -> None:
    anna = cafe.guest("Anna")
    lines = f"phone,name,stamps\n{anna.phone},Anna Nová,4\n"
    people, problems = await importing.check(cafe.work, lines, cafe.clock.now(), lambda *_: None)
    assert problems == []
    await importing.bring_in(cafe.work, people, cafe.clock.now(), lambda *_: None)
    [welcome] = await anna.says("hello")
    assert welcome.split("\n")[1:3] == ["A card was started for you at the till.", "4 of 10 stamps"]
    assert (await anna.presses("Join"))[0] == (
        "Welcome back. This card was started for you at the till: Anna Nová\n"
        "4 of 10 stamps\nShow this card when you pay."
    )
    assert (await anna.says("settings"))[0].startswith("Anna Nová · card ")


async def test_without_sms_the_colleague_says_how_the_card_is_taken_over(
    open_cafe: OpenCafe,
) -> None:
    """Where joining asks for no number, the settings are the way; then both cards are one."""
    cafe = await open_cafe()
    till = await cafe.colleague()
    [shown] = await till.says("enroll +420777123456")
    assert shown.split("\n")[0].endswith(
        "The card is theirs once they join in chat and add this number: More, Settings, My number."
    )
    await till.presses("+2")
    anna = await cafe.member("Anna")
    for button in ("More", "Settings", "My number"):
        await anna.presses(button)
    assert await anna.shares_contact("+420777123456") == [
        "This number already has a card: 2 of 10 stamps. Join both into one?"
    ]
    assert await anna.presses("Join them") == ["Both are one card now.\n2 of 10 stamps"]
    assert (await till.says("777123456"))[0].startswith("Anna · ")
