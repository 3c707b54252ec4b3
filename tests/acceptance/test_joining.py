"""Joining: every option a programme has, every way to be interrupted, every wrong answer."""

from __future__ import annotations

import asyncio

import pytest

from tests.acceptance.cafe import TWO_SHOPS, Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.chat import Person

WELCOME = (
    "Welcome to Kavárna Lípa.\n"
    "Collect 10 stamps and it's yours: Coffee of your choice\n"
    "To run your card we keep your name and this chat.\n"
    "By joining you confirm you are 16 or over and accept the terms."
)
WELCOME_CS = (
    "Kavárna Lípa vás vítá.\n"
    "Nasbírejte 10 razítek a je to vaše: Káva podle výběru\n"
    "Kvůli kartě si uložíme vaše jméno a tento chat.\n"
    "Když se přidáte, potvrzujete, že je vám aspoň 16 let, a přijímáte podmínky."
)
CARD = "You're in, Anna.\n0 of 10 stamps\nShow this card when you pay."
OFFERS = (
    "May we also write to you about gifts and offers? At most 6 a month, stop any time. "
    "Your card works either way."
)
NAME = "What should we call you? Our staff see it at the till."
PHONE = "With your number we can find your card without your phone. Share it with the button below."
READY = "All set. Show your card when you pay."
BIRTHDAY = (
    "When is your birthday, so that we can think of you? "
    "Day and month are enough, such as 14 March."
)
MENU = ["Card", "Balance", "Rewards", "Redeem", "More"]

ASK_PHONE = ('phone = "off" ', 'phone = "ask" ')
REQUIRE_PHONE = ('phone = "off" ', 'phone = "required" ')
ASK_BIRTHDAY = ("birthday = false", "birthday = true")
NO_OFFERS = ("marketing = true", "marketing = false")


async def members(cafe: Cafe) -> int:
    """How many members there are."""
    return len(await cafe.rows("SELECT id FROM member"))


async def consents(cafe: Cafe) -> list[tuple[str, bool, str]]:
    """What people agreed to or not, in order: purpose, answer, wording."""
    rows = await cafe.rows("SELECT purpose, granted, wording FROM consent ORDER BY id")
    return [(row["purpose"], bool(row["granted"]), row["wording"]) for row in rows]


class TestInterrupted:
    """An enrolment goes on where it stopped."""

    @everywhere(but="whatsapp")  # it asks nothing: it tells the name and the number
    async def test_goes_on_after_a_restart(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", ASK_PHONE, more=TWO_SHOPS))
        anna = cafe.guest("Anna")
        await anna.opens("join_karlin")
        # Where the app tells a name the number comes next, where it can't share one the name.
        question = NAME if cafe.asks_name else PHONE
        assert await anna.presses("Join") == [question]

        await cafe.reopens()

        assert await anna.opens("join_vinohrady") == [question]
        if cafe.asks_name:
            await anna.says("Anna")
        else:
            await anna.presses("Skip")
        assert anna.sees() == [CARD, OFFERS]
        [member] = await cafe.rows("SELECT home_location FROM member")
        assert member["home_location"] == "karlin"

    async def test_goes_on_at_the_offers_too(self, cafe: Cafe) -> None:
        anna = cafe.guest("Anna")
        await anna.opens("join")
        await anna.presses("Join")

        await cafe.reopens()

        assert await anna.says("/start") == [f"0 of 10 stamps\n{OFFERS}"]
        assert anna.buttons == ["Yes, please", "No, thanks"]

    @on("simulator", "simulator-text")
    async def test_what_is_asked_in_between_is_answered_first(self, cafe: Cafe) -> None:
        anna = cafe.guest("Anna")
        await anna.opens("join")

        assert await anna.says("help") == [
            "This is the loyalty card of Kavárna Lípa. Choose Join to get yours.\n"
            f"Write to us: ahoj@lipa.example\n{WELCOME}"
        ]
        assert await anna.says("balance") == [WELCOME]
        assert await anna.says("stop") == [f"You get no messages from us.\n{WELCOME}"]
        assert await anna.says("Is the coffee good?") == [
            f"Reply 1 or JOIN and the card is yours.\n{WELCOME}"
        ]
        assert anna.buttons == ["Join", "Čeština", "Terms and privacy"]

    async def test_a_code_that_is_not_for_them_leaves_the_question_open(
        self, open_cafe: OpenCafe
    ) -> None:
        cafe = await open_cafe(preset("cafe-stamps", ASK_PHONE))
        bara = await cafe.member("Bára")
        card = await cafe.card_of(bara)
        anna = cafe.guest("Anna")
        await anna.opens("join")
        await anna.presses("Join")

        assert await anna.scans(card) == [f"This code is for our staff to scan.\n{PHONE}"]
        assert anna.buttons == ["Share my number", "Skip"]

    @on("telegram", "simulator-text")
    async def test_zero_goes_back_and_keeps_where_they_came_from(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", ASK_PHONE, more=TWO_SHOPS))
        anna = cafe.guest("Anna")
        await anna.opens("join_karlin")
        await anna.presses("Join")

        assert await anna.says("0") == [WELCOME]
        await anna.presses("Join")
        if cafe.asks_name:
            await anna.says("Anna")
        else:
            await anna.presses("Skip")
        assert anna.sees() == [CARD, OFFERS]
        [member] = await cafe.rows("SELECT home_location FROM member")
        assert member["home_location"] == "karlin"

    async def test_cancel_keeps_nothing(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", REQUIRE_PHONE))
        anna = cafe.guest("Anna")
        await anna.opens("join")
        await anna.presses("Join")

        assert await anna.says("cancel") == ["All right. Nothing was kept, join whenever you like."]
        assert anna.buttons == ["Join"]
        assert await members(cafe) == 0
        [chat] = await cafe.rows("SELECT step, draft_sealed FROM conversation")
        assert chat == {"step": None, "draft_sealed": None}
        assert await anna.presses("Join") == [WELCOME]


class TestTwice:
    """Nobody gets two cards."""

    @on("telegram", "console")
    async def test_joining_again_shows_that_one_is_in(self, cafe: Cafe) -> None:
        anna = await cafe.member()

        for text in ("/join", "JOIN", f"{anna._opens}join", f"{anna._opens}join_vinohrady"):
            assert await anna.says(text) == ["You're already in, Anna.\n0 of 10 stamps"]
        assert anna.buttons == MENU
        assert await members(cafe) == 1

    @on("telegram", "simulator")
    async def test_pressing_join_twice_at_once_makes_one_member(self, cafe: Cafe) -> None:
        anna = cafe.guest("Anna")
        await anna.opens("join")
        question = anna.message

        await asyncio.gather(anna.presses("Join", question), anna.presses("Join", question))

        assert await members(cafe) == 1
        assert anna.sees()[:2] == [CARD, OFFERS]

    @everywhere()
    async def test_the_same_press_delivered_twice_at_once_is_answered_once(
        self, cafe: Cafe
    ) -> None:
        """S9."""
        anna = cafe.guest("Anna")
        await anna.opens("join")

        await anna.presses("Join", times=2)

        if cafe.asks_name:
            assert anna.sees() == [NAME]
        else:
            assert anna.sees() == [CARD, OFFERS]
            assert await members(cafe) == 1


class TestPhone:
    """A number is proven by the app that shares it, never by typing it (S12)."""

    @on("telegram", "simulator")
    async def test_required(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", REQUIRE_PHONE))
        anna = cafe.guest("Anna")
        await anna.opens("join")
        assert await anna.presses("Join") == [PHONE]
        assert anna.buttons == ["Share my number"]

        assert await anna.says("+420 777 111 222") == [
            f"Please use the button: it proves that the number is yours.\n{PHONE}"
        ]
        assert await anna.shares_contact("+420777999888", own=False) == [
            f"That is somebody else's contact. Please share your own.\n{PHONE}"
        ]
        assert await anna.says("skip") == [
            f"Please use the button: it proves that the number is yours.\n{PHONE}"
        ]
        assert await anna.shares_contact("+12") == [
            f"This isn't a valid phone number. Write it like +420 777 123 456.\n{PHONE}"
        ]
        assert await anna.presses("Share my number") == [CARD, OFFERS]
        [number] = await cafe.rows(
            "SELECT member_id, proven_at FROM identity WHERE kind = 'phone' AND member_id > 0"
        )
        assert number["proven_at"] is not None

    async def test_the_number_finds_the_member_at_the_till(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", ASK_PHONE))
        till = await cafe.colleague()
        anna = cafe.guest("Anna")
        await anna.opens("join")
        await anna.presses("Join")
        # Apps leave the plus out.
        await anna.shares_contact("420777111222")
        code = (await cafe.rows("SELECT code FROM member"))[0]["code"]

        for text in ("+420777111222", "777 111 222", "find 777111222", "00420 777 111 222"):
            assert await till.says(text) == [f"Anna · {code}\n0 of 10 stamps\nFirst visit"]

    async def test_asked_for_and_skipped(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", ASK_PHONE))
        anna = cafe.guest("Anna")
        await anna.opens("join")
        await anna.presses("Join")

        assert await anna.presses("Skip") == [CARD, OFFERS]

    async def test_a_number_that_has_a_card_brings_it_here_if_they_like(
        self, open_cafe: OpenCafe
    ) -> None:
        cafe = await open_cafe(preset("cafe-stamps", REQUIRE_PHONE))
        first, second = cafe.guest("Anna"), cafe.guest("Bára")
        for person in (first, second):
            await person.opens("join")
            await person.presses("Join")
        await first.shares_contact("+420777111222")

        offer = ["This number already has a card: 0 of 10 stamps. Use it here too?"]
        assert await second.shares_contact("+420777111222") == offer
        assert second.buttons == ["Use this card", "No"]
        assert await second.says("maybe") == [f"Please choose one of these.\n{offer[0]}"]
        # The shop wants a number from everybody, so without that card it has to be another.
        assert await second.presses("No") == [PHONE]
        await second.shares_contact("+420777111222")
        assert await second.presses("Use this card") == [
            "Your card works here too now.\n0 of 10 stamps\nShow this card when you pay.",
            OFFERS,
        ]
        assert await members(cafe) == 1

    @on("simulator-text", "console")
    async def test_is_not_asked_where_no_app_can_share_it(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", REQUIRE_PHONE))
        anna = cafe.guest("Anna")
        await anna.opens("join")
        await anna.presses("Join")

        assert await anna.says("Anna") == [CARD, OFFERS]


class TestOffers:
    """Consent to offers is a choice of its own, kept with its wording (S33)."""

    async def test_yes(self, cafe: Cafe) -> None:
        anna = await self._asked(cafe)
        assert await anna.presses("Yes, please") == [
            "Thank you. Say STOP any time.\nAll set. Show your card when you pay."
        ]
        assert await consents(cafe) == [
            ("terms", True, "join.welcome"),
            ("marketing", True, "join.marketing"),
        ]

    async def test_no(self, cafe: Cafe) -> None:
        anna = await self._asked(cafe)
        assert await anna.presses("No, thanks") == [
            "All right, no offers. Your card works the same.\nAll set. Show your card when you pay."
        ]
        assert await consents(cafe) == [
            ("terms", True, "join.welcome"),
            ("marketing", False, "join.marketing"),
        ]

    async def test_neither_is_asked_again_and_silence_is_no_consent(self, cafe: Cafe) -> None:
        anna = await self._asked(cafe)
        assert await anna.says("maybe") == [f"Please choose one of these.\n{OFFERS}"]
        assert await anna.says("menu") == ["0 of 10 stamps"]
        assert await consents(cafe) == [("terms", True, "join.welcome")]

    async def test_are_not_asked_about_where_the_shop_has_none(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", NO_OFFERS))
        anna = cafe.guest("Anna")
        await anna.opens("join")
        assert await anna.presses("Join") == [CARD, "All set. Show your card when you pay."]
        assert anna.buttons == MENU

    @on("simulator-text")
    async def test_a_number_under_news_is_no_consent(self, cafe: Cafe) -> None:
        """S33: "1" under "+1 stamp. 1 Card" must not say yes to the question above it."""
        till = await cafe.colleague()
        anna = await self._asked(cafe)
        [member] = await cafe.rows("SELECT code FROM member")
        await till.says(f"stamp {member['code']}")
        assert anna.sees() == ["+1 stamp. 1 of 10."]
        assert anna.message.rows[0][0].types == ""

        await anna.presses("Card")
        assert anna.sees()[0] == "1 of 10 stamps\nShow this card when you pay."
        assert await consents(cafe) == [("terms", True, "join.welcome")]
        await anna.says("1")
        assert await consents(cafe) == [
            ("terms", True, "join.welcome"),
            ("marketing", True, "join.marketing"),
        ]

    async def _asked(self, cafe: Cafe) -> Person:
        anna = cafe.guest("Anna")
        await anna.opens("join")
        await anna.presses("Join")
        if cafe.asks_name:
            await anna.says("Anna")
        return anna


class TestBirthday:
    """A day and a month, or nothing (S30)."""

    @pytest.mark.parametrize("text", ["14 March", "14.3.", "14. 3.", "March 14", "1990-03-14"])
    async def test_is_kept(self, open_cafe: OpenCafe, text: str) -> None:
        anna = await self._asked(open_cafe)
        assert await anna.says(text) == [f"Noted: 14 March\n{READY}"]
        assert anna.buttons == MENU
        assert (await anna.says("settings"))[0].split("\n")[1] == "Birthday: 14 March"

    async def test_is_asked_again_when_it_is_none(self, open_cafe: OpenCafe) -> None:
        anna = await self._asked(open_cafe)
        assert await anna.says("31 February") == [f"There is no such day.\n{BIRTHDAY}"]
        assert await anna.says("a long time ago") == [f"We can't read that as a day.\n{BIRTHDAY}"]
        assert await anna.says("29 February") == [f"Noted: 29 February\n{READY}"]

    async def test_can_be_skipped(self, open_cafe: OpenCafe) -> None:
        anna = await self._asked(open_cafe)
        assert await anna.presses("Skip") == [READY]

    async def test_in_czech(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", ASK_BIRTHDAY))
        anna = cafe.guest("Anna", "cs")
        await anna.opens("join")
        await anna.presses("Přidat se")
        assert await anna.presses("Ano, prosím") == [
            "Děkujeme. Kdykoli stačí napsat STOP.\n"
            "Kdy máte narozeniny, ať na vás myslíme? Stačí den a měsíc, třeba 14. března."
        ]
        assert await anna.says("31. února") == [
            "Takový den v kalendáři není.\n"
            "Kdy máte narozeniny, ať na vás myslíme? Stačí den a měsíc, třeba 14. března."
        ]
        assert await anna.says("24. prosince") == [
            "Zapsáno: 24. prosince\nVše je připraveno. Při placení ukažte kartu."
        ]

    async def _asked(self, open_cafe: OpenCafe) -> Person:
        cafe = await open_cafe(preset("cafe-stamps", ASK_BIRTHDAY, NO_OFFERS))
        anna = cafe.guest("Anna")
        await anna.opens("join")
        await anna.presses("Join")
        assert anna.sees() == [CARD, BIRTHDAY]
        return anna


class TestName:
    """What people are called."""

    @on("telegram", "simulator-text")
    async def test_is_asked_for_when_the_app_tells_none(self, cafe: Cafe) -> None:
        anna = cafe.guest("🙂")
        await anna.opens("join")
        assert await anna.presses("Join") == [NAME]
        assert await anna.says("🙂🙂🙂") == [
            f"We can't find a name in that. A few letters are enough.\n{NAME}"
        ]
        assert await anna.says("  Anna \n Nová ") == [
            "You're in, Anna Nová.\n0 of 10 stamps\nShow this card when you pay.",
            OFFERS,
        ]

    async def test_can_be_left_out(self, cafe: Cafe) -> None:
        anna = cafe.guest("...")
        await anna.opens("join")
        await anna.presses("Join")
        assert (await anna.presses("Skip"))[0] == (
            "You're in.\n0 of 10 stamps\nShow this card when you pay."
        )
        await anna.presses("No, thanks")
        code = await cafe.code_of(anna)
        assert await anna.says("settings") == [f"{code} · card {code}\nOffers: no"]

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("مريم العَلَوي", "مريم العَلَوي"),
            ("דנה", "דנה"),
            ("Zoë 🙂", "Zoë 🙂"),
            ("\u202eannA\u202c", "annA"),
            ("A" * 200, "A" * 60),
            ("{name} %s \\n", "{name} %s \\n"),
            ("<b>Eve</b>", "<b>Eve</b>"),
        ],
    )
    async def test_is_shown_as_it_is(self, cafe: Cafe, name: str, shown: str) -> None:
        """S39: whatever a name holds, the card and the till show it."""
        till = await cafe.colleague()
        anna = cafe.guest(name)
        await anna.opens("join")
        assert (await anna.presses("Join"))[0] == (
            f"You're in, {shown}.\n0 of 10 stamps\nShow this card when you pay."
        )
        [member] = await cafe.rows("SELECT code FROM member")
        assert await till.scans(anna.picture) == [
            f"{shown} · {member['code']}\n0 of 10 stamps\nFirst visit"
        ]


class TestTermsAgeAndLanguage:
    """What is read before the card."""

    async def test_terms_are_shown_and_the_question_stays(self, cafe: Cafe) -> None:
        anna = cafe.guest("Anna")
        await anna.opens("join")
        [shown] = await anna.presses("Terms and privacy")
        assert shown.startswith("Ten coffees, the eleventh is on us. Every coffee is one stamp")
        assert shown.endswith(f"we tell you beforehand.\n{WELCOME}")
        assert anna.buttons == ["Join", "Čeština", "Terms and privacy"]

    async def test_what_was_accepted_is_kept(self, open_cafe: OpenCafe) -> None:
        """S40."""
        cafe = await open_cafe(
            preset("cafe-stamps", ('terms_version = "1"', 'terms_version = "2026-03"'))
        )
        await cafe.member()
        [member] = await cafe.rows("SELECT terms_version, minimum_age FROM member")
        assert member == {"terms_version": "2026-03", "minimum_age": 16}

    @pytest.mark.parametrize(
        ("age", "line"),
        [(0, []), (18, ["By joining you confirm you are 18 or over and accept the terms."])],
    )
    async def test_age(self, open_cafe: OpenCafe, age: int, line: list[str]) -> None:
        """S40."""
        cafe = await open_cafe(
            preset("cafe-stamps", ("minimum_age = 16 ", f"minimum_age = {age} "))
        )
        anna = cafe.guest("Anna")
        [shown] = await anna.opens("join")
        assert shown.split("\n")[3:] == line

    @pytest.mark.parametrize("tag", ["cs", "cs-CZ", "sk"])
    async def test_a_czech_app_is_answered_in_czech(self, cafe: Cafe, tag: str) -> None:
        anna = cafe.guest("Anna", tag)
        assert await anna.opens("join") == [WELCOME_CS]

    async def test_an_app_in_no_language_of_the_shop_gets_the_shops(self, cafe: Cafe) -> None:
        anna = cafe.guest("Anna", "pt-br")
        assert await anna.opens("join") == [WELCOME]

    @on("telegram", "simulator-text")
    async def test_the_language_can_be_switched_on_the_way(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("cafe-stamps", ASK_PHONE))
        anna = cafe.guest("Anna")
        await anna.opens("join")
        assert await anna.presses("Čeština") == [WELCOME_CS]
        await anna.presses("Přidat se")
        question = "Podle čísla najdeme vaši kartu i bez telefonu. Sdílejte ho tlačítkem dole."
        if cafe.asks_name:
            question = "Jak vám máme říkat? Jméno uvidí obsluha u pokladny."
        assert anna.sees() == [question]

        assert await anna.says("jazyk") == ["Který jazyk?"]
        assert await anna.presses("English") == [
            f"English it is.\n{NAME if cafe.asks_name else PHONE}"
        ]
        await cafe.introduces(anna)
        assert anna.sees() == [CARD, OFFERS]

    async def test_a_welcome_gift_is_on_the_card_at_once(self, open_cafe: OpenCafe) -> None:
        gift = '[[earn]]\nrule = "joining"\nunit = "stamps"\namount = 2\n'
        cafe = await open_cafe(preset(more=gift))
        anna = cafe.guest("Anna")
        await anna.opens("join")
        assert await anna.presses("Join") == [
            "You're in, Anna. A welcome gift from us: 2 stamps.\n2 of 10 stamps\n"
            "Show this card when you pay.",
            OFFERS,
        ]
