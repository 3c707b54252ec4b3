"""S39: bad input, whatever it is, gets a clear answer in the person's language; nothing changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.services import earning, joining, news, wallets
from handlers import ROUTERS
from tests.acceptance.cafe import SALES, Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.chat import Label, Message, OnTelegram, Person

MENU = ["Card", "Balance", "Rewards", "Redeem", "More"]
APOLOGY = (
    "Something went wrong on our side. Nothing was changed, and it was reported. "
    "Please try again in a moment."
)
APOLOGY_CS = (
    "Na naší straně se něco pokazilo. Nic se nezměnilo a chyba je nahlášená. "
    "Zkuste to prosím za chvíli znovu."
)
#: What a member hears whose text is nothing the bot does: it says so, asks, or offers a person.
NOT_UNDERSTOOD = (
    ["I didn't get that. Choose below, or type HELP."],
    ["Which of these do you mean?"],
    ["That one is for a person. Shall I pass it on to the shop?"],
)
NOT_UNDERSTOOD_CS = ("Co z toho máte na mysli?", "Na to odpoví spíš člověk.")
#: What people send that is no text, as an act of theirs.
NO_TEXTS: dict[str, Callable[[Person], Any]] = {
    "sticker": lambda person: person.sends_sticker(),
    "photo": lambda person: person.sends_photo(),
    "photo with words": lambda person: person.sends_photo("balance"),
    "voice": lambda person: person.sends_voice(),
}
#: Texts nobody has an answer to, among them what breaks programs.
ODD_TEXTS = (
    "🙂",
    "👩‍👩‍👧‍👦" * 50,
    "مرحبا، هل لديكم قهوة؟",
    "\u202eevil\u202c",
    "'; DROP TABLE member; --",
    "{name} %s %(x)s \\n ${HOME}",
    "<b>bold</b> [link](http://example.com)",
    "//",
    "/",
    "/nosuchcommand 1 2 3",
    "@cafe_double_bot",
    "-1",
    "999999999999999999999",
    "٣",
    "²",
    ".",
    "a\nb\nc",
)


async def busy(open_cafe: OpenCafe, language: str = "en") -> tuple[Cafe, Person, Person, str]:
    """A café with all that can be done in it, a member with stamps, a colleague, the code."""
    cafe = await open_cafe(preset("cafe-stamps", ('phone = "off" ', 'phone = "ask" '), more=SALES))
    till = await cafe.colleague(language=language)
    anna = await cafe.member(language=language)
    code = await cafe.code_of(anna)
    await till.says(f"/stamp {code} 3")
    await anna.says("menu")
    return cafe, anna, till, code


class TestTexts:
    """What nobody understands."""

    @on("telegram", "simulator-text", "console")
    async def test_of_a_member(self, open_cafe: OpenCafe) -> None:
        cafe, anna, _, _ = await busy(open_cafe)
        async with cafe.nothing_changes():
            for text in ODD_TEXTS:
                await anna.says("balance")
                assert await anna.says(text) in NOT_UNDERSTOOD

    @on("telegram", "simulator-text", "console")
    async def test_of_a_colleague(self, open_cafe: OpenCafe) -> None:
        cafe, _, till, _ = await busy(open_cafe)
        async with cafe.nothing_changes():
            for text in ODD_TEXTS:
                assert await till.says(text) == [
                    "No member, voucher or command fits that. HELP lists the commands."
                ]

    @on("telegram", "simulator-text", "console")
    async def test_of_a_stranger(self, cafe: Cafe) -> None:
        for number, text in enumerate(ODD_TEXTS):
            ivan = cafe.guest(f"Ivan {number}", "cs")
            [shown] = await ivan.says(text)
            if not shown.startswith(NOT_UNDERSTOOD_CS):
                assert shown.startswith("Kavárna Lípa vás vítá.\n")
                assert ivan.buttons == ["Přidat se", "English", "Podmínky a soukromí"]
        assert await cafe.rows("SELECT id FROM member") == []

    @on("telegram", "simulator", "telegram-polling")
    async def test_of_a_hundred_kilobytes(self, open_cafe: OpenCafe) -> None:
        cafe, anna, till, _ = await busy(open_cafe)
        async with cafe.nothing_changes():
            for text in ("x" * 100_000, "x " * 50_000, "\n" * 100_000 + "x", "9" * 100_000):
                await anna.says("balance")
                assert await anna.says(text) in NOT_UNDERSTOOD
                assert await till.says(text) == [
                    "No member, voucher or command fits that. HELP lists the commands."
                ]

    async def test_as_a_name_is_cut(self, cafe: Cafe) -> None:
        anna = await cafe.member()
        await anna.says("settings")
        await anna.presses("Name")
        assert await anna.says("Ňu" * 50_000) == ["Noted: " + "Ňu" * 30]

    @on("simulator", "simulator", "telegram")
    async def test_with_a_nul_character(self, open_cafe: OpenCafe) -> None:
        """No database takes one in a text."""
        cafe, anna, till, code = await busy(open_cafe)
        async with cafe.nothing_changes():
            assert await anna.says("\0") == ["I didn't get that. Choose below, or type HELP."]
            for text in ("\0", f"{code}\0x", "find \0", "use \0"):
                assert len(await till.says(text)) == 1
        await anna.says("settings")
        await anna.presses("Name")
        assert (await anna.says("An\0na"))[0].startswith("Noted: An")


class TestNoTexts:
    """Stickers, photos, voices."""

    @pytest.mark.parametrize("what", NO_TEXTS)
    async def test_of_a_member(self, open_cafe: OpenCafe, what: str) -> None:
        cafe, anna, till, _ = await busy(open_cafe)
        async with cafe.nothing_changes():
            assert await NO_TEXTS[what](anna) == [
                "I can read only text and buttons.\n3 of 10 stamps"
            ]
            assert anna.buttons == MENU
            assert await NO_TEXTS[what](till) == [
                "I can read only text and buttons.\n"
                "On duty: Jana. Scan a card with your phone's camera, or type its code."
            ]

    @on("telegram", "simulator-text", "console")
    async def test_inside_a_question_ask_it_again(self, cafe: Cafe) -> None:
        anna = await cafe.member(language="cs")
        await anna.says("nastavení")
        await anna.presses("Jméno")
        for act in NO_TEXTS.values():
            assert await act(anna) == ["Umím číst jen text a tlačítka.\nJak vám máme říkat?"]
            assert anna.buttons == ["Zrušit"]

    async def test_of_a_stranger(self, cafe: Cafe) -> None:
        ivan = cafe.guest("Ivan")
        [shown] = await ivan.sends_sticker()
        assert shown.startswith("I can read only text and buttons.\nWelcome to Kavárna Lípa.\n")

    @on("telegram", "simulator")
    async def test_a_contact_nobody_asked_for_changes_nothing(self, open_cafe: OpenCafe) -> None:
        cafe, anna, till, _ = await busy(open_cafe)
        async with cafe.nothing_changes():
            for own in (True, False):
                assert await anna.shares_contact("+420777999888", own=own) == ["3 of 10 stamps"]
                assert await till.shares_contact("+420777999888", own=own) == [
                    "On duty: Jana. Scan a card with your phone's camera, or type its code."
                ]


class TestButtons:
    """Buttons that are out of date, or that nobody ever made."""

    @on("telegram", "simulator")
    async def test_a_stale_one_opens_the_present_state(self, cafe: Cafe) -> None:
        anna = cafe.guest("Anna")
        await anna.opens("join")
        welcome = anna.message
        await anna.presses("Join")
        offers = anna.message
        assert await anna.presses("Čeština", welcome) == [
            "That button is out of date. This is where we are:\n"
            "May we also write to you about gifts and offers? At most 6 a month, stop any time. "
            "Your card works either way."
        ]
        await anna.presses("No, thanks")
        assert await anna.presses("Yes, please", offers) == ["0 of 10 stamps"]
        assert anna.buttons == MENU
        assert (await anna.says("settings"))[0].endswith("Offers: no")

    @on("simulator", "simulator")
    async def test_nobody_made_change_nothing(self, open_cafe: OpenCafe) -> None:
        """Were one to fail, the café would not close."""
        cafe, anna, till, _ = await busy(open_cafe)
        await cafe.passes(minutes=11)  # nothing can be undone any more
        async with cafe.nothing_changes():
            for data in _forged():
                for person in (anna, till):
                    await person.presses("x", _button(person, data))


def _forged() -> list[str]:
    """Every action there is, and some there are not, with arguments nobody put into a button."""
    names = {name for router in ROUTERS for name in router.actions}
    steps = {name for router in ROUTERS for name in router.steps}
    odd = ("", ":999999999999999999999", ":²:-1:c:d:e")
    forged = [f"{name}{args}" for name in sorted(names) for args in odd]
    forged += [f"answer:{step}:nonsense" for step in sorted(steps)]
    return [*forged, "answer", "answer:", "answer::", "nobody:1", "é" * 30]


def _button(person: Person, data: str) -> Message:
    return Message(person.screen()[-1].id, "", ((Label("x", data),),))


class TestCommands:
    """Every command with words it does not expect."""

    @on("simulator-text", "simulator-text")
    async def test_are_answered(self, open_cafe: OpenCafe) -> None:
        """Were one to fail, the café would not close."""
        cafe, anna, till, _ = await busy(open_cafe)
        await cafe.passes(minutes=11)
        names = sorted({name for router in ROUTERS for name in router.commands})
        async with cafe.nothing_changes():
            for name in names:
                for words in ("", "999999999999999999999", "² -1 -"):
                    for person in (anna, till):
                        assert await person.says(f"/{name} {words}") != [], (name, words)


class TestFailure:
    """One that cannot be handled is stored, apologised for and reported once."""

    @everywhere()
    async def test_while_answering(
        self, open_cafe: OpenCafe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cafe, anna, _, code = await busy(open_cafe, "cs")
        with monkeypatch.context() as broken, capture_logs() as logs:
            broken.setattr(wallets, "history", _breaks(anna.name))
            async with cafe.nothing_changes():
                assert await anna.says("historie", times=2) == [APOLOGY_CS]
                assert anna.buttons == ["Menu"]
        assert [log["event"] for log in logs if log["log_level"] == "error"] == [
            "message could not be handled"
        ]
        _assert_impersonal(logs, anna, code)

        assert (await anna.says("historie"))[0].startswith("Od nejnovějších:")
        [failure] = await cafe.failures()
        assert failure.startswith("ValueError at ")
        assert anna.name not in failure
        [kept] = await cafe.rows("SELECT message_sealed FROM inbound WHERE failure IS NOT NULL")
        assert "historie" in cafe.opened("inbound.message", kept["message_sealed"])
        cafe.expected_failures = [failure]
        if isinstance(anna, OnTelegram):
            assert set(anna.double.webhook_answers) <= {200}

    @on("telegram", "simulator-text", "simulator")
    async def test_takes_back_all_that_was_done(
        self, open_cafe: OpenCafe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cafe, anna, till, code = await busy(open_cafe)
        with monkeypatch.context() as broken:
            broken.setattr(news, "tell_earned", _breaks("told"))
            async with cafe.nothing_changes():
                assert await till.says(f"/stamp {code} 2") == [APOLOGY]
                assert anna.sees() == []
        await till.says(f"/stamp {code} 2")
        assert anna.sees() == ["+2 stamps. 5 of 10."]
        cafe.expected_failures = await cafe.failures()
        assert len(cafe.expected_failures) == 1

    @on("telegram", "simulator-text", "simulator")
    async def test_in_the_database_too(
        self, open_cafe: OpenCafe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A transaction the database itself gave up must not swallow the apology."""
        cafe, anna, till, code = await busy(open_cafe)

        async def fails(uow: Any, *_: Any, **__: Any) -> None:
            await uow.tx.execute("INSERT INTO entry (id) VALUES (NULL)")

        with monkeypatch.context() as broken:
            broken.setattr(earning, "stamp", fails)
            async with cafe.nothing_changes():
                assert await till.says(f"/stamp {code}") == [APOLOGY]
        await till.says(f"/stamp {code}")
        assert anna.sees() == ["+1 stamp. 4 of 10."]
        cafe.expected_failures = await cafe.failures()
        assert len(cafe.expected_failures) == 1

    @on("telegram", "simulator-text")
    async def test_leaves_the_question_open(
        self, open_cafe: OpenCafe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cafe = await open_cafe()
        anna = cafe.guest("Anna")
        await anna.opens("join")
        await anna.presses("Join")
        if cafe.asks_name:
            await anna.says("Anna")
        offers = anna.message
        with monkeypatch.context() as broken:
            broken.setattr(joining, "decide_marketing", _breaks("told"))
            assert await anna.presses("Yes, please") == [APOLOGY]
        assert await anna.presses("Yes, please", offers) == [
            "Thank you. Say STOP any time.\nAll set. Show your card when you pay."
        ]
        cafe.expected_failures = await cafe.failures()
        assert len(cafe.expected_failures) == 1

    @on("simulator", "simulator", "telegram")
    async def test_of_one_person_stops_nobody_else(
        self, open_cafe: OpenCafe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cafe, anna, _, _ = await busy(open_cafe)
        bara = await cafe.member("Bára")
        with monkeypatch.context() as broken:
            broken.setattr(wallets, "history", _breaks("told"))
            await asyncio.gather(anna.says("history"), bara.says("balance"))
        assert anna.sees() == [APOLOGY]
        assert bara.sees()[0].startswith("0 of 10 stamps")
        cafe.expected_failures = await cafe.failures()
        assert len(cafe.expected_failures) == 1

    async def test_of_somebodys_first_message(
        self, cafe: Cafe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ivan = cafe.guest("Ivan", "cs")
        with monkeypatch.context() as broken:
            broken.setattr("handlers.customer.joining.offer", _breaks_now)
            assert await ivan.opens("join") == [APOLOGY_CS]
        [shown] = await ivan.opens("join")
        assert shown.startswith("Kavárna Lípa vás vítá.")
        cafe.expected_failures = await cafe.failures()
        assert len(cafe.expected_failures) == 1


def _breaks(text: str) -> Callable[..., Any]:
    async def broken(*_: Any, **__: Any) -> None:
        raise ValueError(f"{text}, whose number is +420777000111, broke it")

    return broken


def _breaks_now(*_: Any) -> None:
    raise ValueError("Ivan broke it")


def _assert_impersonal(logs: Any, person: Person, code: str) -> None:
    written = repr(logs)
    for secret in (person.name, "+420777000111", person.phone, "historie", code):
        assert secret not in written
