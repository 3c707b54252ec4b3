"""What a member asks for: balance, rewards, vouchers, history, settings, and being left alone."""

from __future__ import annotations

import pytest

from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.chat import Person

MENU = ["Card", "Balance", "Rewards", "Redeem", "More"]
COFFEE = "Coffee of your choice"


async def stamped(cafe: Cafe, count: int, language: str = "en") -> tuple[Person, Person]:
    """A member with some stamps, and the colleague who gave them."""
    till = await cafe.colleague()
    anna = await cafe.member(language=language)
    code = await cafe.code_of(anna)
    if count:
        await till.says(f"/stamp {code} {count}")
    return anna, till


class TestBalance:
    """Where one stands: the number first, then what comes next, then what ends (S3)."""

    @everywhere()
    async def test_on_the_way(self, cafe: Cafe) -> None:
        anna, _ = await stamped(cafe, 7)
        assert await anna.says("balance") == [
            "7 of 10 stamps\n●●●●●●●○○○\n"
            f"3 more stamps and it's yours: {COFFEE}\n7 stamps last until 2 March 2027"
        ]
        assert anna.buttons == MENU
        assert await anna.presses("Rewards") == [f"Rewards:\n{COFFEE}: 3 more stamps"]
        assert await anna.presses("Redeem") == [f"No reward is ready yet.\n{COFFEE}: 3 more stamps"]

    async def test_every_end_is_shown(self, cafe: Cafe) -> None:
        anna, till = await stamped(cafe, 2)
        await cafe.passes(days=31)
        await till.says(f"/stamp {await cafe.code_of(anna)}")
        [shown] = await anna.says("balance")
        assert shown.split("\n")[3:] == [
            "2 stamps last until 2 March 2027",
            "1 stamp lasts until 2 April 2027",
        ]

    async def test_in_czech_with_every_plural(self, cafe: Cafe) -> None:
        anna, till = await stamped(cafe, 1, "cs")
        assert await anna.says("stav") == [
            "Razítka: 1 z 10\n●○○○○○○○○○\nJeště 9 razítek a je to vaše: Káva podle výběru\n"
            "1 razítko platí do 2. března 2027"
        ]
        code = await cafe.code_of(anna)
        await till.says(f"/stamp {code} 5")
        assert (await anna.says("odměny"))[0] == "Odměny:\nKáva podle výběru: ještě 4 razítka"
        await till.says(f"/stamp {code} 3")
        assert (await anna.says("STAV"))[0].split("\n")[2:] == [
            "Ještě 1 razítko a je to vaše: Káva podle výběru",
            "9 razítek platí do 2. března 2027",
        ]

    async def test_what_has_ended_is_gone_whether_or_not_expiry_ran(self, cafe: Cafe) -> None:
        """S3, S4: stamps of 2 March last through 2 March of the next year, in Prague."""
        anna, _ = await stamped(cafe, 4)
        cafe.clock.at = cafe.clock.at.replace(year=2027, day=2, hour=22, minute=59)
        assert (await anna.says("balance"))[0].startswith("4 of 10 stamps")
        cafe.clock.at = cafe.clock.at.replace(hour=23, minute=0)
        assert (await anna.says("balance"))[0].startswith("0 of 10 stamps")
        await cafe.passes(minutes=1)
        assert (await anna.says("history"))[0].split("\n")[1] == "3 March 2027 · −4 stamps · ended"

    async def test_menu_is_edited_and_not_repeated(self, cafe: Cafe) -> None:
        anna, _ = await stamped(cafe, 1)
        await anna.says("menu")
        menu = anna.message
        for button in ("Balance", "Rewards", "More", "History", "Menu"):
            await anna.presses(button)
            assert [message.id for message in anna.news] == [menu.id]


class TestVouchers:
    """A reward that is redeemed waits a quarter of an hour for a colleague (S19)."""

    @everywhere()
    async def test_is_shown_again_and_given_back(self, cafe: Cafe) -> None:
        anna, till = await stamped(cafe, 10)
        async with cafe.nothing_changes():
            assert await anna.says("redeem") == [f"{COFFEE}: redeem it now? It lasts 15 minutes."]
            assert anna.buttons == ["Redeem now", "Keep it"]
            assert await anna.presses("Keep it") == ["It stays on your card, under Rewards."]
        await anna.says("redeem")
        [voucher] = await anna.presses("Redeem now")
        link = anna.picture
        for words in ("vouchers", "redeem", "/redeem 1", "redeem coffee of your choice"):
            assert await anna.says(words) == [voucher]
            assert anna.picture == link
        assert (await anna.says("balance"))[0].split("\n")[:2] == ["0 of 10 stamps", "○" * 10]

        assert await anna.presses("Give it back") == [f"Given back: {COFFEE}. Nothing was lost."]
        assert await till.scans(link) == [
            f"{COFFEE} · Anna · {voucher[-6:]}\n"
            "This voucher was given back. The reward is on the card again."
        ]
        assert await anna.says("vouchers") == [
            "You have no open voucher. Choose a reward to get one."
        ]
        # Its old validity came back with it.
        assert await anna.says("rewards") == [f"Rewards:\n{COFFEE}: ready, use it by 31 May 2026"]

    @on("telegram", "simulator-text")
    async def test_can_be_kept_for_later(self, cafe: Cafe) -> None:
        anna, _ = await stamped(cafe, 10)
        question = anna.message
        assert await anna.presses("Keep it") == ["It stays on your card, under Rewards."]
        if cafe.has_buttons:
            # The keyboard of an answered question goes away.
            assert next(m for m in anna.screen() if m.id == question.id).labels == []

    async def test_runs_out_and_nothing_is_lost(self, cafe: Cafe) -> None:
        anna, till = await stamped(cafe, 10)
        [shown] = await anna.presses("Redeem now")
        link, code = anna.picture, shown[-6:]

        await cafe.passes(minutes=14, seconds=59)
        assert anna.sees() == []
        await cafe.passes(seconds=1)
        assert anna.sees() == [
            f"Your voucher ran out: {COFFEE}. It is back on your card, nothing was lost."
        ]
        assert anna.buttons == ["Redeem now", "Card"]
        await cafe.passes(minutes=3)
        assert await till.scans(link) == [
            f"{COFFEE} · Anna · {code}\n"
            "This voucher ended 3 minutes ago. The reward is back on the card."
        ]
        await cafe.passes(hours=2)
        assert await till.says(f"use {code}") == [
            "This voucher ended: 2 March 2026, 10:15. The reward is back on the card."
        ]
        assert (await anna.presses("Redeem now"))[0] != shown

    async def test_that_ran_out_this_minute_is_given_all_the_same(self, cafe: Cafe) -> None:
        """The colleague is told that the reward is back on the card: it has to be."""
        anna, till = await stamped(cafe, 10)
        await anna.presses("Redeem now")
        link = anna.picture
        cafe.clock.at = cafe.clock.at.replace(minute=16)

        await till.scans(link)
        await till.presses("Member")
        await till.presses("Give reward")
        assert await till.presses(COFFEE) == [f"Handed over: {COFFEE}. Anna\n0 of 10 stamps"]

    async def test_redeeming_twice_in_a_hurry_reserves_once(self, cafe: Cafe) -> None:
        anna, _ = await stamped(cafe, 10)
        news = anna.message
        first = await anna.presses("Redeem now", news)
        again = await anna.presses("Redeem now", news)
        assert again == first
        assert len(await cafe.rows("SELECT id FROM voucher")) == 1

    async def test_is_nobody_elses_to_give_back(self, cafe: Cafe) -> None:
        anna, _ = await stamped(cafe, 10)
        await anna.presses("Redeem now")
        voucher = anna.message
        bara = await cafe.member("Bára")
        async with cafe.nothing_changes():
            assert await bara.presses("Give it back", voucher) == [
                "There is no such voucher. Check its six characters."
            ]


class TestHistory:
    """What came and went, newest first, a page at a time."""

    @on("telegram", "simulator-text")
    async def test_pages(self, cafe: Cafe) -> None:
        anna, till = await stamped(cafe, 0)
        assert await anna.says("history") == ["Nothing here yet."]
        code = await cafe.code_of(anna)
        for _ in range(9):
            await till.says(f"/stamp {code}")
        await cafe.passes(days=1)
        await till.says(f"/stamp {code}")
        await anna.presses("Redeem now")

        assert await anna.says("history") == [
            "Newest first:\n"
            f"3 March 2026 · −1 × {COFFEE} · redeemed\n"
            f"3 March 2026 · +1 × {COFFEE} · for a full card\n"
            "3 March 2026 · −10 stamps · card full\n"
            "3 March 2026 · +1 stamp · visit\n" + "\n".join(["2 March 2026 · +1 stamp · visit"] * 4)
        ]
        assert anna.buttons == ["Older", "Menu"]
        older = "\n".join(["2 March 2026 · +1 stamp · visit"] * 5)
        assert await anna.presses("Older") == [f"Newest first:\n{older}"]
        assert anna.buttons == ["Newer", "Menu"]
        assert len((await anna.presses("Newer"))[0].split("\n")) == 9
        for page in ("/history 7", "/history -1", "/history x"):
            assert len(await anna.says(page)) == 1

    async def test_in_czech(self, cafe: Cafe) -> None:
        anna, till = await stamped(cafe, 2, "cs")
        await till.says("undo")
        assert await anna.says("historie") == [
            "Od nejnovějších:\n"
            "2. března 2026 · −2 razítka · oprava\n"
            "2. března 2026 · +2 razítka · návštěva"
        ]


class TestSettings:
    """What a member can change."""

    @on("telegram", "simulator-text")
    async def test_name(self, cafe: Cafe) -> None:
        anna, till = await stamped(cafe, 0)
        code = await cafe.code_of(anna)
        assert await anna.presses("Name") == ["What should we call you?"]
        assert anna.buttons == ["Cancel"]
        assert await anna.says("123") == [
            "We can't find a name in that. A few letters are enough.\nWhat should we call you?"
        ]
        assert await anna.says("Anička") == ["Noted: Anička"]
        assert anna.buttons == MENU
        assert (await till.says("find anicka"))[0].startswith(f"Anička · {code}")
        assert await till.says("find anna") == ["Nobody found. Names are found by whole words."]

        await anna.says("settings")
        await anna.presses("Name")
        assert await anna.presses("Cancel") == ["0 of 10 stamps"]

    async def test_birthday_once_a_year(self, cafe: Cafe) -> None:
        """S30."""
        anna, _ = await stamped(cafe, 0)
        await self._birthday(anna, "14 April", "Noted: 14 April")
        # A slip is put right the same day.
        await self._birthday(anna, "14 March", "Noted: 14 March")
        await cafe.passes(days=1)
        await self._birthday(
            anna,
            "15 March",
            "A birthday can be changed once a year. You can change yours again from 2 March 2027.",
        )
        await cafe.passes(days=364)
        await self._birthday(anna, "15 March", "Noted: 15 March")

    async def _birthday(self, anna: Person, text: str, answer: str) -> None:
        await anna.says("settings")
        assert await anna.presses("Birthday") == [
            "When is your birthday? Day and month, such as 14 March. It can be changed once a year."
        ]
        assert await anna.says(text) == [answer]

    async def test_number(self, cafe: Cafe) -> None:
        anna, till = await stamped(cafe, 0)
        bara = await cafe.member("Bára")
        code = await cafe.code_of(anna)
        question = (
            "With your number we can find your card without your phone. "
            "Share it with the button below."
        )
        assert await anna.presses("My number") == [question]
        assert anna.buttons == ["Share my number", "Cancel"]
        assert await anna.says("777111222") == [
            f"Please use the button: it proves that the number is yours.\n{question}"
        ]
        assert await anna.shares_contact("+420777111222", own=False) == [
            f"That is somebody else's contact. Please share your own.\n{question}"
        ]
        assert await anna.shares_contact("+420777111222") == ["Your number is linked to your card."]
        assert (await till.says("777111222"))[0].startswith(f"Anna · {code}")

        await bara.says("settings")
        await bara.presses("My number")
        async with cafe.nothing_changes():
            assert await bara.shares_contact("+420777111222") == [
                "This number already has a card: 0 of 10 stamps. Join both into one?"
            ]
            assert bara.buttons == ["Join them", "No"]
            assert await bara.presses("No") == ["All right, nothing was changed."]
        assert (await till.says("777111222"))[0].startswith(f"Anna · {code}")

    @on("telegram", "simulator-text")
    async def test_language(self, cafe: Cafe) -> None:
        anna, till = await stamped(cafe, 0)
        code = await cafe.code_of(anna)
        assert await anna.presses("Language") == ["Which language?"]
        assert anna.buttons == ["English", "Čeština"]
        assert await anna.says("klingon") == ["Please choose one of these.\nWhich language?"]
        assert await anna.presses("Čeština") == ["Dobře, dál česky."]
        assert anna.buttons == ["Karta", "Stav", "Odměny", "Uplatnit", "Více"]
        await till.says(f"/stamp {code} 2")
        assert anna.sees() == ["+2 razítka. Máte 2 z 10."]
        assert await anna.says("jazyk en") == ["English it is."]

    async def test_offers_off_and_on(self, cafe: Cafe) -> None:
        anna, _ = await stamped(cafe, 0)
        await anna.says("settings")
        await anna.presses("Messages")
        assert await anna.presses("Get offers") == [
            "All right, we may write to you about offers again. Say STOP any time."
        ]
        assert (await anna.says("settings"))[0].endswith("Offers: yes")
        await anna.presses("Messages")
        assert await anna.presses("No more offers") == [
            "Stopped. No more offers from us, on any channel. Your card works as before."
        ]
        assert anna.buttons == ["Get offers again", "Menu"]
        assert (await anna.says("settings"))[0].endswith("Offers: no")


class TestStop:
    """A stop word alone stops all marketing at once, wherever it is said (S33)."""

    @on("telegram", "simulator-text", "console")
    async def test_by_word(self, cafe: Cafe) -> None:
        anna, till = await stamped(cafe, 0)
        code = await cafe.code_of(anna)
        for word in ("stop", "STOP", "Stop.", "unsubscribe", "už neposílat", "/stop"):
            await anna.says("/resume")
            assert await anna.says(word) == [
                "Stopped. No more offers from us, on any channel. Your card works as before."
            ]
            assert (await anna.says("settings"))[0].split("\n")[1] == "Offers: no"
        # What she does at the till is told all the same.
        await till.says(f"/stamp {code}")
        assert anna.sees() == ["+1 stamp. 1 of 10."]

    async def test_inside_a_question_stops_and_asks_again(self, cafe: Cafe) -> None:
        anna = cafe.guest()
        await anna.opens("join")
        await anna.presses("Join")
        [shown] = await anna.says("stop")
        assert shown == (
            "Stopped. No more offers from us, on any channel. Your card works as before.\n"
            "May we also write to you about gifts and offers? At most 6 a month, stop any time. "
            "Your card works either way."
        )
        await anna.says("menu")
        assert (await anna.says("settings"))[0].split("\n")[1] == "Offers: no"

    @pytest.mark.parametrize("word", ["pokračovat", "continue", "obnovit", "yes", "ano"])
    async def test_nothing_said_in_passing_is_a_consent(self, cafe: Cafe, word: str) -> None:
        """S33: consent is a choice of its own."""
        anna, _ = await stamped(cafe, 0, "cs")
        await anna.says(word)
        assert (await anna.says("nastavení"))[0].split("\n")[1] == "Nabídky: ne"


class TestSmallTalk:
    """Help, menu, more, cancel, and what nobody understands."""

    @on("telegram", "simulator-text", "console")
    async def test_help_menu_more(self, cafe: Cafe) -> None:
        anna, _ = await stamped(cafe, 3)
        for text in ("help", "/help", "HELP!"):
            assert await anna.says(text) == [
                "CARD – your card to show\nBALANCE – where you stand\nREWARDS – what there is\n"
                "REDEEM – get a reward now\nMENU – back to the start, from anywhere\n"
                "STOP – no more offers\n"
                "Write to us: ahoj@lipa.example"
            ]
        for text in ("menu", "0", "/menu", "/start"):
            assert await anna.says(text) == ["3 of 10 stamps"]
            assert anna.buttons == MENU
        assert await anna.presses("More") == ["More:"]
        assert anna.buttons == ["Vouchers", "History", "Settings", "Help", "Ask the shop", "Menu"]
        assert await anna.presses("Vouchers") == [
            "You have no open voucher. Choose a reward to get one."
        ]

    @on("telegram", "simulator-text")
    async def test_cancel(self, cafe: Cafe) -> None:
        anna, _ = await stamped(cafe, 0)
        await anna.says("language")
        assert await anna.says("cancel") == ["Cancelled. What was done stays done."]
        assert await anna.says("/cancel") == ["There is nothing to cancel."]

    async def test_two_misses_reach_a_person(self, cafe: Cafe) -> None:
        anna, _ = await stamped(cafe, 0)
        assert await anna.says("fjdksla") == ["I didn't get that. Choose below, or type HELP."]
        assert anna.buttons == MENU
        assert await anna.says("qwrtp") == [
            "Sorry, I can't help with that. Write to us: ahoj@lipa.example"
        ]
        assert anna.buttons == ["Ask the shop", *MENU]
        await anna.says("balance")
        assert await anna.says("fjdksla") == ["I didn't get that. Choose below, or type HELP."]

    async def test_a_shop_nobody_can_write_to(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", ('contact = "ahoj@lipa.example"', "")))
        anna = await cafe.member()
        for _ in range(3):
            assert await anna.says("fjdksla") == ["I didn't get that. Choose below, or type HELP."]
        assert (await anna.says("help"))[0].endswith("STOP – no more offers")

    async def test_privacy_says_what_is_kept(self, cafe: Cafe) -> None:
        anna, _ = await stamped(cafe, 0)
        [shown] = await anna.says("privacy")
        assert shown.startswith(
            "For your card Kavárna Lípa keeps your name, what you collect and this chat, encrypted."
        )
        assert shown.endswith("For questions about your data: ahoj@lipa.example")
