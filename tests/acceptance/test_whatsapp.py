"""On WhatsApp: buttons and lists, pictures that Twilio fetches, and one person by one number."""

from __future__ import annotations

import pytest

from tests.acceptance.cafe import ByTwilio, Cafe
from tests.acceptance.conftest import OpenCafe, on
from tests.acceptance.test_sms import LANGUAGES, NAME, cafe_with
from tests.chat import OnWhatsApp, read_code


def double_of(cafe: Cafe) -> ByTwilio:
    """The world with Twilio's double."""
    assert isinstance(cafe.world, ByTwilio)
    return cafe.world


@on("whatsapp")
async def test_choices_are_buttons_then_a_list(cafe: Cafe) -> None:
    anna = cafe.guest("Anna")
    assert isinstance(anna, OnWhatsApp)
    await anna.says("join_vinohrady")
    [welcome] = anna.device.messages
    assert ([label for label, _ in welcome.choices], welcome.opener) == (
        ["Join", "Čeština", "Terms and privacy"],
        "",
    )
    await anna.presses("Join")
    await anna.presses("No, thanks")
    menu = anna.device.messages[-1]
    assert (len(menu.choices), menu.opener) == (5, "Choose")
    assert (await anna.presses("Balance"))[0].startswith("0 of 10 stamps\n○○")


@on("whatsapp")
async def test_the_card_is_a_picture_and_the_menu_comes_after_it(cafe: Cafe) -> None:
    anna = await cafe.member()
    assert isinstance(anna, OnWhatsApp)
    before = len(anna.device.messages)
    await anna.says("card")
    picture, text = anna.device.messages[before:]
    assert picture.picture is not None
    assert read_code(picture.picture).startswith(double_of(cafe).double.webhooks_at)
    assert (picture.text, len(text.choices)) == ("", 5)


@on("whatsapp")
async def test_s36_an_address_of_a_picture_says_nothing_and_ends(cafe: Cafe) -> None:
    await cafe.member()
    [address] = [
        call.params["MediaUrl"][0]
        for call in double_of(cafe).double.calls
        if "MediaUrl" in call.params
    ]
    number, ends, proof = address.rpartition("/")[2].split("-")
    assert (int(number) > 0, int(ends) > 0, len(proof)) == (True, True, 32)


@pytest.mark.parametrize("names", ["usual", "longest"])
@pytest.mark.parametrize("language", LANGUAGES)
@on("whatsapp")
async def test_s35_everything_fits_in_every_language(
    open_cafe: OpenCafe, language: str, names: str
) -> None:
    """The double refuses what Meta does: a label too long, two alike, a body too long."""
    cafe = await open_cafe(cafe_with(names))
    till = await cafe.colleague("Jana", language=language)
    anna = await cafe.member("Anna" if names == "usual" else NAME, language)
    [member] = await cafe.rows("SELECT code FROM member")
    await till.says(f"/stamp {member['code']} 10")
    for command in ("balance", "rewards", "more", "settings", "history", "privacy", "redeem"):
        await anna.says(command)
        assert anna.sees() != []
    refused = [call.outcome for call in double_of(cafe).double.calls if not call.accepted]
    assert refused == []


@on("both")
async def test_s12_one_number_is_one_member_on_either_channel(cafe: Cafe) -> None:
    anna = await cafe.member()
    double = double_of(cafe).double
    texts = double.phone(anna.phone)
    await double.deliver(texts.write("BALANCE"))
    await cafe.house.dispatcher.idle()
    assert [shown.text.split("\n")[0] for shown in texts.messages] == ["0 of 10 stamps"]
    [members] = await cafe.rows("SELECT COUNT(*) AS n FROM member")
    assert members["n"] == 1
