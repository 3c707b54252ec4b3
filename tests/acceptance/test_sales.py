"""Sales: amounts as people type them, receipts that count once, purchases claimed later, points."""

from __future__ import annotations

import asyncio

import pytest

from tests.acceptance.cafe import SALES, Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.chat import Person

MENU = ["Card", "Balance", "Rewards", "Redeem", "More"]
SHOW = "Show this card when you pay."


@pytest.fixture
async def shop(open_cafe: OpenCafe) -> Cafe:
    """The ready-made shop with points: one for each euro, 50 for joining."""
    return await open_cafe(preset("points-shop"))


async def at_the_till(cafe: Cafe) -> tuple[Person, Person, str]:
    """A member, a colleague who has their panel open, and the member's code."""
    till = await cafe.colleague()
    anna = await cafe.member()
    code = await cafe.code_of(anna)
    await till.says(code)
    return anna, till, code


class TestPointsShop:
    """Points are counted, never stamps."""

    @everywhere()
    async def test_the_whole_story(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("points-shop"))
        till = await cafe.colleague()
        anna = cafe.guest("Anna")
        assert await anna.opens("join") == [
            "Welcome to Hora Deli.\nPurchases earn points. From 100 points: Coffee and cake\n"
            "To run your card we keep your name and this chat.\n"
            "By joining you confirm you are 16 or over and accept the terms."
        ]
        await anna.presses("Join")
        await cafe.introduces(anna)
        assert anna.sees()[0] == (
            f"You're in, Anna. A welcome gift from us: 50 points.\n50 points\n{SHOW}"
        )
        await anna.presses("No, thanks")
        assert await anna.says("balance") == [
            "50 points\n50 more points and it's yours: Coffee and cake\n"
            "50 points last until 31 December 2027"
        ]

        await till.scans(await cafe.card_of(anna))
        assert till.buttons == ["Sale…"]
        assert await till.presses("Sale…") == ["How much was paid? Such as €149"]
        assert await till.says("149,90 €") == ["+149 points\nAnna\n199 points"]
        assert anna.sees() == ["+149 points. You have 199."]
        assert await anna.says("rewards") == [
            "Rewards:\nCoffee and cake: ready, for 100 points\n"
            "A piece of cheese: ready, for 100 points\nPicnic hamper: 51 more points"
        ]
        [voucher] = await anna.presses("A piece of cheese")
        assert voucher.startswith("A piece of cheese. Show this at the till by 10:15. Code: ")
        assert (await anna.says("balance"))[0].split("\n")[0] == "99 points"
        await anna.says("vouchers")
        await till.scans(anna.picture)
        assert await till.presses("Confirm") == ["Handed over: A piece of cheese. Anna\n99 points"]
        assert anna.sees() == ["Handed over: A piece of cheese. Thank you for coming."]

    async def test_nobody_hears_of_stamps(self, shop: Cafe) -> None:
        anna, till, code = await at_the_till(shop)
        await till.presses("Sale…")
        await till.says("500")
        for word in ("card", "balance", "rewards", "history", "settings", "help", "more", "menu"):
            await anna.says(word)
        for word in (code, "help", "menu", f"sale {code} 10", "undo"):
            await till.says(word)
        shown = [message.text for person in (anna, till) for message in person.screen()]
        assert [text for text in shown if "stamp" in text.casefold()] == []
        labels = {label for person in (anna, till) for m in person.screen() for label in m.labels}
        assert labels.isdisjoint({"+1", "+2", "Paper card…"})

    async def test_a_stamp_is_refused(self, shop: Cafe) -> None:
        _, till, code = await at_the_till(shop)
        async with shop.nothing_changes():
            assert (await till.says(f"stamp {code}"))[0].startswith(
                "This programme has no stamps. Enter a sale.\n"
            )

    async def test_in_czech(self, shop: Cafe) -> None:
        pokladna = await shop.colleague(language="cs")
        anna = await shop.member(language="cs")
        code = await shop.code_of(anna)
        await pokladna.says(code)
        assert await pokladna.presses("Nákup…") == [
            "Kolik se platilo? Třeba 149\N{NO-BREAK SPACE}€"
        ]
        assert await pokladna.says("22,90 €") == ["+22 bodů\nAnna\n72 bodů"]
        assert anna.sees() == ["+22 bodů. Celkem máte 72."]
        assert await anna.says("stav") == [
            "72 bodů\nJeště 28 bodů a je to vaše: Káva a zákusek\n"
            "72 bodů platí do 31. prosince 2027"
        ]
        await pokladna.says(f"nákup {code} 2")
        assert anna.sees() == ["+2 body. Celkem máte 74."]


class TestAmounts:
    """An amount is read as people write it, or refused with the reason; nothing is guessed."""

    @pytest.mark.parametrize(
        ("written", "stamps"),
        [
            ("250", 2),
            ("250,50 Kč", 2),
            ("1250,-", 12),
            ("CZK 199.90", 1),
            ("99", 0),
        ],
    )
    async def test_that_are_fine(self, open_cafe: OpenCafe, written: str, stamps: int) -> None:
        cafe = await open_cafe(preset("cafe-stamps", ("day = 10\n", "day = 100\n"), more=SALES))
        _anna, till, code = await at_the_till(cafe)
        [shown] = await till.says(f"sale {code} {written}")
        [purchase] = await cafe.rows("SELECT amount_minor FROM purchase")
        assert (
            shown.split("\n")[0]
            == {
                0: "Counted. Too small to earn anything.",
                1: "+1 stamp",
                2: "+2 stamps",
                12: "+12 stamps",
            }[stamps]
        )
        assert purchase["amount_minor"] in {25000, 25050, 125000, 19990, 9900}

    @pytest.mark.parametrize(
        ("written", "answer"),
        [
            ("-3", "An amount can't be below zero. To correct a sale, use UNDO."),
            ("1e9", "We can't read that as an amount. Write it like 149.50"),
            ("abc", "We can't read that as an amount. Write it like 149.50"),
            ("0", "The amount is zero. Write what was paid."),
            ("99999999", "That is more than one sale can be. Check the amount."),
            (
                "12.505 €",
                "That isn't the shop's currency. Write the amount in the shop's own.",
            ),
            ("9" * 300, "We can't read that as an amount. Write it like 149.50"),
            (
                "1 250",
                "Write the amount without spaces, so that it can't be taken for a receipt number: "
                "1234.50",
            ),
            ("", "Write it like this: sale K7M4Q2 149.50 4711"),
        ],
    )
    async def test_that_are_not(self, open_cafe: OpenCafe, written: str, answer: str) -> None:
        """S39."""
        cafe = await open_cafe(preset(more=SALES))
        anna, till, code = await at_the_till(cafe)
        async with cafe.nothing_changes():
            assert await till.says(f"/sale {code} {written}") == [answer]
        assert anna.sees() == []

    @on("telegram", "simulator-text")
    async def test_the_question_stays_open_until_there_is_one(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset(more=SALES))
        _, till, _ = await at_the_till(cafe)
        question = "How much was paid? Such as CZK\N{NO-BREAK SPACE}149"
        # One that could be a choice's number is an amount all the same.
        assert await till.presses("Sale…") == [question]
        assert await till.says("1") == [
            "Counted. Too small to earn anything.\nAnna\n0 of 10 stamps"
        ]
        await till.presses("Member")
        await till.presses("Sale…")
        async with cafe.nothing_changes():
            assert await till.says("a lot") == [
                f"We can't read that as an amount. Write it like 149.50\n{question}"
            ]
            await till.sends_photo()
        assert await till.says("100") == ["+1 stamp\nAnna\n1 of 10 stamps"]


class TestReceipts:
    """A receipt's number counts once per shop; who enters it again is told when it counted (S9)."""

    @everywhere()
    async def test_twice(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset(more=SALES))
        anna, till, code = await at_the_till(cafe)
        karel = await cafe.colleague("Karel")
        assert await till.says(f"sale {code} 250,50 Kč R-4711") == [
            "+2 stamps\nAnna\n2 of 10 stamps"
        ]
        assert anna.sees() == ["+2 stamps. 2 of 10."]
        await cafe.passes(days=1)
        async with cafe.nothing_changes():
            for text in (f"sale {code} 250,50 Kč R-4711", f"/sale {code} 99999 r-4711"):
                assert await karel.says(text) == [
                    "Counted already: 2 March 2026, 10:00. Nothing changed.\nAnna\n2 of 10 stamps"
                ]
        assert anna.sees() == []

    @on("simulator", "simulator")
    async def test_twice_at_once(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset(more=SALES))
        anna, till, code = await at_the_till(cafe)
        karel = await cafe.colleague("Karel")
        await asyncio.gather(*(p.says(f"sale {code} 250 4711") for p in (till, karel)))
        assert (await anna.says("balance"))[0].startswith("2 of 10 stamps")

    async def test_without_one_every_sale_counts(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset(more=SALES))
        anna, till, code = await at_the_till(cafe)
        for _ in range(2):
            await till.says(f"sale {code} 100")
        assert (await anna.says("balance"))[0].startswith("2 of 10 stamps")

    async def test_a_programme_without_sales_says_so(self, cafe: Cafe) -> None:
        _, till, code = await at_the_till(cafe)
        async with cafe.nothing_changes():
            assert (await till.says(f"/sale {code} 100"))[0].startswith(
                "This programme does not count sales. Give a stamp.\n"
            )
            assert await till.says("/sale - 100") == [
                "This programme does not count sales. Give a stamp."
            ]


class TestClaims:
    """A purchase made without the card is claimed by its code, once, within a week (S17)."""

    @everywhere()
    async def test_by_a_member(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("points-shop"))
        anna, till, _ = await at_the_till(cafe)
        [shown] = await till.says("sale - 30,50")
        code = shown.rpartition(" ")[2]
        assert shown == (
            "€30.50 without a card. Until 9 March 2026 the customer can scan this or send us: "
            f"{code}"
        )
        link = till.picture
        assert link is not None
        assert link.endswith(code)

        assert await anna.scans(link) == ["Your purchase is counted.\n+30 points. You have 80."]
        assert anna.buttons == ["Card"]
        async with cafe.nothing_changes():
            assert await anna.scans(link) == [
                "This purchase was counted already: 2 March 2026, 10:00"
            ]
            assert anna.buttons == MENU

    @on("telegram", "simulator-text")
    async def test_by_typing_it(self, shop: Cafe) -> None:
        """A phone's keyboard begins with a capital."""
        anna, till, _ = await at_the_till(shop)
        [shown] = await till.says("/sale - 30")
        code = shown.rpartition(" ")[2]
        assert await anna.says(f"X{code[1:]}") == [
            "Your purchase is counted.\n+30 points. You have 80."
        ]

    @everywhere()
    async def test_by_a_stranger_who_joins_first(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("points-shop"))
        till = await cafe.colleague()
        await till.says("/sale - 30")
        link = till.picture
        petr = cafe.guest("Petr")
        [shown] = await petr.scans(link)
        assert shown.startswith("Join, and your purchase is counted right away.\nWelcome to Hora")
        await petr.presses("Join")
        await cafe.introduces(petr)
        assert petr.sees()[0] == (
            "You're in, Petr. A welcome gift from us: 50 points.\nYour purchase is counted.\n"
            f"80 points\n{SHOW}"
        )
        eve = await cafe.member("Eve")
        async with cafe.nothing_changes():
            assert await eve.scans(link) == [
                "This purchase was counted already: 2 March 2026, 10:00"
            ]

    async def test_in_the_middle_of_joining(self, shop: Cafe) -> None:
        till = await shop.colleague()
        await till.says("/sale - 30")
        link = till.picture
        petr = shop.guest("Petr")
        await petr.opens("join")
        await petr.presses("Join")
        [shown] = await petr.scans(link)
        assert shown.startswith(
            "Join, and your purchase is counted right away.\nWith your number we can find your card"
        )
        assert (await petr.presses("Skip"))[0].split("\n")[1:3] == [
            "Your purchase is counted.",
            "80 points",
        ]

    async def test_by_two_at_once(self, shop: Cafe) -> None:
        till = await shop.colleague()
        people = [await shop.member("Anna"), await shop.member("Bára")]
        await till.says("/sale - 30")
        link = till.picture
        await asyncio.gather(*(person.scans(link) for person in people))
        assert sorted(person.sees()[0].split("\n")[0] for person in people) == [
            "This purchase was counted already: 2 March 2026, 10:00",
            "Your purchase is counted.",
        ]

    async def test_not_after_a_week(self, shop: Cafe) -> None:
        till = await shop.colleague()
        anna = await shop.member()
        bara = await shop.member("Bára", "cs")
        await till.says("/sale - 30")
        first = till.picture
        await till.says("/sale - 40")
        second = till.picture
        await shop.passes(days=6, hours=23, minutes=59)
        assert (await anna.scans(first))[0].startswith("Your purchase is counted.")
        await shop.passes(minutes=1)
        async with shop.nothing_changes():
            assert await anna.scans(second) == ["This receipt code ended: 9 March 2026"]
            assert await bara.scans(second) == ["Platnost kódu účtenky skončila: 9. března 2026"]

    async def test_unknown(self, shop: Cafe) -> None:
        anna = await shop.member()
        async with shop.nothing_changes():
            assert await anna.opens("x_AAAAAAAAAA") == [
                "This receipt code is not valid. Check it, or ask at the till."
            ]

    @on("telegram", "simulator-text")
    async def test_the_points_are_of_the_day_of_the_purchase(self, shop: Cafe) -> None:
        """S5: what is earned counts from when it happened."""
        till = await shop.colleague()
        anna = await shop.member()
        await till.says("/sale - 30")
        link = till.picture
        await shop.passes(days=3)
        await anna.scans(link)
        assert (await anna.says("history"))[0].split("\n")[
            1
        ] == "2 March 2026 · +30 points · purchase"
