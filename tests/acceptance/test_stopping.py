"""S33: a stop inside a sentence stops at once, everywhere, and one reply undoes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.acceptance.test_preferences import granted, on_two
from tests.chat import Person

ALL = ('languages = ["en", "cs"] ', 'languages = ["en", "cs", "pl", "ro", "ru"] ')
STOPPED = "Stopped. No more offers from us, on any channel. If you meant something else, undo it."
DONE = "Stopped. No more offers from us, on any channel. Your card works as before."
ALREADY = "You get no offers from us. Your card works as before."

#: Orders, as people put them; no test of the recogniser or phrase it learns from has to have them.
STOPS = {
    "en": [
        "please stop sending these",
        "Please, stop writing to me.",
        "hi, please don't send me any more offers",
        "could you stop sending me offers?",
        "no more messages please, thank you",
    ],
    "cs": [
        "už mi nic neposílejte",
        "dobrý den, už mi prosím neposílejte žádné nabídky",
        "uz mi nic neposilejte",
        "přestaňte mi psát, prosím",
        "můžete mi přestat posílat zprávy?",
    ],
    "pl": [
        "Nie wysyłajcie mi już nic.",
        "nie chcę już od was wiadomości",
        "dzień dobry, proszę mnie wypisać z listy",
        "przestancie do mnie pisac, prosze",
        "czy możecie przestać pisać?",
    ],
    "ro": [
        "vă rog nu-mi mai trimiteți nimic",
        "bună ziua, nu-mi mai trimiteți oferte",
        "nu mai vreau sa primesc mesaje",
        "opriți mesajele astea, vă rog",
        "puteți să nu-mi mai trimiteți mesaje?",
    ],
    "ru": [
        "пожалуйста, больше ничего мне не присылайте",
        "Хватит мне писать!",
        "здравствуйте, отпишите меня от рассылки",
        "я не хочу больше получать сообщения",
        "можете больше не присылать сообщения?",
    ],
}
#: What has a stop in it, and is none.
GOES_ON = {
    "en": [
        "don't stop",
        "please don't stop sending me offers",
        "stop the stamp",
        "why did you stop sending me offers?",
        "stop by for a coffee later",
        "stop sending me codes",
        "cancel my order",
        "quit",
        "will I lose my stamps if I unsubscribe?",
    ],
    "cs": [
        "nepřestávejte mi psát",
        "zastavte razítko",
        "proč jste mi přestali psát?",
        "neodhlašujte mě",
        "zrušte mi objednávku",
        "nechci kávu",
        "dost",
    ],
    "pl": [
        "nie przestawajcie wysyłać",
        "zatrzymaj pieczątkę",
        "dlaczego przestaliście pisać?",
        "nie chcę się wypisać",
        "anulujcie zamówienie",
    ],
    "ro": [
        "nu opriți mesajele",
        "opriți ștampila",
        "de ce ați oprit mesajele?",
        "nu vreau să mă dezabonez",
        "anulați comanda",
    ],
    "ru": [
        "не надо останавливать рассылку",
        "остановите штамп",
        "почему вы перестали писать?",
        "не отписывайте меня",
        "отмените заказ",
        "хватит",
    ],
}
#: Questions about stopping.
ASKS_HOW = {
    "en": ["how do I stop?", "how do I stop these messages?", "can I unsubscribe?"],
    "cs": ["jak to zastavím?", "jak se odhlásím?", "můžu se odhlásit?"],
    "pl": ["jak się wypisać?", "jak to wyłączyć?", "czy mogę się wypisać?"],
    "ro": ["cum mă dezabonez?", "cum opresc asta?", "pot să mă dezabonez?"],
    "ru": ["как отписаться?", "можно это отключить?", "как это остановить?"],
}


def each(said: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Every sentence with its language."""
    return [(language, text) for language, texts in said.items() for text in texts]


async def reader(cafe: Cafe, language: str = "en") -> Person:
    """A member who wants gifts and offers."""
    anna = await cafe.member("Anna", language)
    await anna.says("/resume")
    return anna


async def in_force(cafe: Cafe) -> list[tuple[str, bool, str, str]]:
    """The newest decisions about marketing, a channel each: granted, how it was worded, source."""
    rows = await cafe.rows(
        "SELECT channel, granted, wording, source FROM consent WHERE id IN (SELECT MAX(id) "
        "FROM consent WHERE purpose = 'marketing' GROUP BY channel) ORDER BY channel"
    )
    return [(row["channel"], bool(row["granted"]), row["wording"], row["source"]) for row in rows]


@everywhere()
async def test_s33_a_stop_in_a_sentence_stops_at_once_and_is_undone_by_one_reply(
    cafe: Cafe,
) -> None:
    till, anna = await cafe.colleague(), await reader(cafe)
    code = await cafe.code_of(anna)
    [before] = await in_force(cafe)
    assert await anna.says("please stop sending these") == [STOPPED]
    assert anna.buttons == ["Undo", "Menu"]
    assert [granted for _, granted, _, _ in await in_force(cafe)] == [False]

    # What she does, and asks for, is answered all the same.
    await till.says(f"/stamp {code}")
    assert anna.sees() == ["+1 stamp. 1 of 10."]
    assert (await anna.says("balance"))[0].startswith("1 of 10 stamps")

    await anna.says("please stop sending these")
    assert anna.message.text == ALREADY
    await anna.says("resume")
    await anna.says("please stop sending these")
    [undone] = await anna.presses("Undo")
    assert undone.startswith("All is as it was before.\nGifts and offers come to you by ")
    assert [it[:3] for it in await in_force(cafe)] == [before[:3]]


@everywhere()
async def test_s33_what_is_undone_is_told_as_it_is_now(cafe: Cafe) -> None:
    anna = await reader(cafe)
    for chosen, starts in (
        ("only gifts", "Only news of your gifts and rewards comes by "),
        ("pause", "From 2 April 2026 gifts and offers come again; until then we stay quiet."),
    ):
        await anna.says(chosen)
        await anna.says("please stop sending these")
        [undone] = await anna.presses("Undo")
        assert undone.startswith(f"All is as it was before.\n{starts}")


@on("telegram", "simulator-text", "sms")
async def test_s33_the_undo_can_be_typed(cafe: Cafe) -> None:
    anna = await reader(cafe)
    await anna.says("please stop writing to me")
    await anna.says("undo")
    assert [(granted, source) for _, granted, _, source in await in_force(cafe)] == [(True, "undo")]


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"], indirect=True)
async def test_s33_each_channel_gets_back_what_was_decided_there(shop: Cafe) -> None:
    _, app = await on_two(shop)
    for pressed in ("Messages", "Channels", "SMS", "Allow", "SMS", "Not here"):
        await app.presses(pressed)
    before = await in_force(shop)
    assert [it[:2] for it in before] == [("simulator", True), ("sms", False)]
    assert await app.says("please stop sending me messages") == [STOPPED]
    assert [it[:3] for it in await in_force(shop)] == [
        ("simulator", False, "stop"),
        ("sms", False, "stop"),
    ]
    await app.presses("Undo")
    assert await in_force(shop) == [(*it[:3], "undo") for it in before]

    for pressed in ("Messages", "Channels", "SMS", "Allow"):
        await (app.says if pressed == "Messages" else app.presses)(pressed)
    await app.says("please stop sending me messages")
    assert await granted(shop) == {"simulator": False, "sms": False}
    await app.presses("Undo")
    assert await granted(shop) == {"simulator": True, "sms": True}


@on("telegram", "simulator-text")
async def test_s33_nothing_is_undone_once_something_else_was_decided(cafe: Cafe) -> None:
    anna = await reader(cafe)
    await anna.says("please stop sending these")
    stopped = anna.message
    await anna.says("resume")
    await anna.says("stop")
    before = await in_force(cafe)
    await anna.presses("Undo", stopped) if cafe.has_buttons else await anna.says("undo")
    assert anna.message.text == (
        "Your choice about offers has changed since then, so it stays as it is."
    )
    assert await in_force(cafe) == before
    assert "Messages" in anna.buttons


async def test_s33_what_was_undone_is_undone_once(cafe: Cafe) -> None:
    anna = await reader(cafe)
    await anna.says("please stop sending these")
    stopped = anna.message
    await anna.presses("Undo", stopped)
    await anna.says("stop")
    await anna.presses("Undo", stopped)
    assert [granted for _, granted, _, _ in await in_force(cafe)] == [False]


async def test_a_button_made_up_undoes_nothing(cafe: Cafe) -> None:
    anna = await reader(cafe)
    await anna.says("stop")
    [row] = await cafe.rows("SELECT MAX(id) AS id FROM consent")
    ben = await cafe.member("Ben")
    await ben.says("/resume")
    await ben.says("please stop sending these")
    assert row["id"] < (await cafe.rows("SELECT MAX(id) AS id FROM consent"))[0]["id"]
    await ben.presses("Undo")
    rows = await cafe.rows(
        "SELECT granted FROM consent WHERE purpose = 'marketing' AND member_id = "
        "(SELECT MIN(id) FROM member) ORDER BY id DESC LIMIT 1"
    )
    assert [bool(row["granted"]) for row in rows] == [False]


@pytest.mark.parametrize("language", list(STOPS))
async def test_s33_sentences_that_stop(open_cafe: OpenCafe, language: str) -> None:
    cafe = await open_cafe(preset("cafe-stamps", ALL))
    anna = await reader(cafe, language)
    for text in STOPS[language]:
        await anna.says(text)
        assert cafe.label("button.undo_stop", language) in anna.buttons, text
        assert [granted for _, granted, _, _ in await in_force(cafe)] == [False]
        await anna.presses(cafe.label("button.undo_stop", language))
        assert [granted for _, granted, _, _ in await in_force(cafe)] == [True]


@pytest.mark.parametrize("language", list(GOES_ON))
async def test_s33_sentences_that_do_not_stop(open_cafe: OpenCafe, language: str) -> None:
    cafe = await open_cafe(preset("cafe-stamps", ALL))
    anna = await reader(cafe, language)
    for text in (*GOES_ON[language], *ASKS_HOW[language]):
        await anna.says(text)
        assert [granted for _, granted, _, _ in await in_force(cafe)] == [True], text


@pytest.mark.parametrize("language", list(ASKS_HOW))
async def test_s33_who_asks_how_to_stop_is_told_how(open_cafe: OpenCafe, language: str) -> None:
    cafe = await open_cafe(preset("cafe-stamps", ALL))
    anna = await reader(cafe, language)
    told = cafe.label("stop.how", language)
    for text in ASKS_HOW[language]:
        assert await anna.says(text) == [told]
        assert cafe.label("button.offers_off", language) in anna.buttons
    await anna.presses(cafe.label("button.offers_off", language))
    assert [granted for _, granted, _, _ in await in_force(cafe)] == [False]
    # Then there is nothing to stop.
    assert await anna.says(ASKS_HOW[language][0]) == [cafe.label("stop.already", language)]


@on("telegram", "simulator-text")
async def test_s33_in_doubt_it_asks(cafe: Cafe) -> None:
    anna = await reader(cafe)
    for text in ("quit", "enough", "i am so tired of all your texts"):
        await anna.says(text)
        assert "No more offers" in anna.buttons, text
    assert [granted for _, granted, _, _ in await in_force(cafe)] == [True]


@pytest.mark.parametrize("said", ["", "stop", "please stop sending these"])
@on("telegram", "whatsapp", "simulator-text")
async def test_s33_what_was_planned_is_not_sent_after_a_stop(cafe: Cafe, said: str) -> None:
    anna = await reader(cafe)
    await anna.says("settings")
    await anna.presses("Birthday")
    await anna.says("2 March")
    async with cafe.work.unit_of_work() as uow:
        await uow.tx.execute(
            "INSERT INTO occasion (member_id, campaign, occurrence, state, due_at, ends_at, "
            "planned_at) SELECT id, 'birthday', '2026', 'planned', $1, $2, $1 FROM member",
            cafe.clock.now(),
            cafe.clock.now() + timedelta(hours=1),
        )
    if said:
        await anna.says(said)
    cafe.world.company.look_away()
    await cafe.house.sender.deliver_due()
    [row] = await cafe.rows("SELECT state, reason FROM occasion")
    if said:
        assert anna.sees() == []
        assert row == {"state": "dropped", "reason": "no consent"}
    else:
        assert len(anna.sees()) == 1
        assert row == {"state": "taken", "reason": None}


@on("telegram", "simulator-text")
async def test_s33_a_question_does_not_swallow_a_stop(cafe: Cafe) -> None:
    anna = await reader(cafe)
    await anna.says("settings")
    await anna.presses("Name")
    assert await anna.says("please stop sending me messages") == [STOPPED]
    await anna.presses("Undo")
    await anna.says("settings")
    await anna.presses("Birthday")
    assert await anna.says("please stop sending me messages") == [STOPPED]
    [row] = await cafe.rows("SELECT birthday_sealed FROM member")
    assert row["birthday_sealed"] is None


@on("telegram", "simulator-text")
async def test_s33_while_joining_it_is_an_answer(cafe: Cafe) -> None:
    anna = cafe.guest()
    assert (await anna.says("please stop sending me messages"))[0].startswith(
        "You get no messages from us."
    )
    await anna.opens("join")
    await anna.presses("Join")
    await cafe.introduces(anna)
    assert anna.buttons == ["Yes, please", "No, thanks"]
    assert await anna.says("please stop sending me messages") == [ALREADY]
    assert [granted for _, granted, _, _ in await in_force(cafe)] == [False]


@on("telegram", "simulator-text", "sms", "whatsapp")
async def test_s33_a_stop_word_alone_is_answered_as_before(cafe: Cafe) -> None:
    anna = await reader(cafe)
    if cafe.by_sms:
        assert await anna.says("stop all") == [DONE]
    else:
        assert await anna.says("STOP") == [DONE]
    assert anna.buttons[:1] == ["Get offers again"]


@on("telegram", "simulator-text")
async def test_s33_end_and_cancel_are_no_stops_but_over_sms(cafe: Cafe) -> None:
    anna = await reader(cafe)
    for word in ("END", "cancel", "Quit"):
        await anna.says(word)
        assert [granted for _, granted, _, _ in await in_force(cafe)] == [True], word
