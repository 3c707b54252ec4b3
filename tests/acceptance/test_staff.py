"""Colleagues: how they come in, what only they may do, the panel, undo, limits, the shift."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.members import Role
from tests.acceptance.cafe import SALES, TWO_SHOPS, Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.chat import Person

MENU = ["Card", "Balance", "Rewards", "Redeem", "More"]
COFFEE = "Coffee of your choice"
NOT_FOR_YOU = "That is for our staff only.\n0 of 10 stamps"
NOT_STAFF = "This code is for our staff to scan."


async def at_the_till(cafe: Cafe) -> tuple[Person, Person, str]:
    """A member, a colleague who has their panel open, and the member's code."""
    till = await cafe.colleague()
    anna = await cafe.member()
    code = await cafe.code_of(anna)
    await till.says(code)
    return anna, till, code


class TestInvitation:
    """A link that makes whoever opens it first a colleague, within a week (S38)."""

    @everywhere()
    async def test_signs_in_once(self, cafe: Cafe) -> None:
        token = await cafe.invites("Jana")
        jana, eve = cafe.guest("Jana"), cafe.guest("Eve")
        assert await jana.opens(f"s_{token}") == [
            "Signed in: Jana, cashier.\n"
            "Point your phone's camera at a customer's card and it opens here. HELP lists the rest."
        ]
        assert jana.buttons == ["Help"]
        assert await eve.opens(f"s_{token}") == [
            "This invitation was used already; each works once. Ask for a new one."
        ]
        assert eve.buttons == ["Join"]
        assert await jana.opens(f"s_{token}") == ["You are signed in with this invitation already."]
        assert await eve.opens("s_0123456789abcdef") == [
            "This invitation is not valid. Ask for a new one."
        ]
        assert await jana.says("menu") == [
            "On duty: Jana. Scan a card with your phone's camera, or type its code."
        ]

    async def test_opened_by_two_at_once_signs_in_one(self, cafe: Cafe) -> None:
        token = await cafe.invites("Jana")
        people = [cafe.guest("Jana"), cafe.guest("Eve")]
        await asyncio.gather(*(person.opens(f"s_{token}") for person in people))
        assert sorted(person.sees()[0].split(".")[0] for person in people) == [
            "Signed in: Jana, cashier",
            "This invitation was used already; each works once",
        ]

    async def test_ends_after_a_week(self, cafe: Cafe) -> None:
        token, other = await cafe.invites("Jana"), await cafe.invites("Karel")
        jana, karel = cafe.guest("Jana"), cafe.guest("Karel", "cs")
        await cafe.passes(days=6, hours=23)
        assert (await jana.opens(f"s_{token}"))[0].startswith("Signed in: Jana, cashier.")
        await cafe.passes(hours=1)
        assert await karel.opens(f"s_{other}") == [
            "Platnost pozvánky skončila, platí 7 dní. Požádejte o novou."
        ]

    async def test_opened_while_joining_ends_the_joining(self, cafe: Cafe) -> None:
        jana = cafe.guest("Jana")
        await jana.opens("join")
        assert (await jana.opens(f"s_{await cafe.invites('Jana', Role.OWNER)}"))[0] == (
            "Signed in: Jana, owner.\n"
            "Point your phone's camera at a customer's card and it opens here. HELP lists the rest."
        )


class TestMembersWords:
    """A colleague may be a customer too, but need not be."""

    @on("telegram", "simulator-text")
    async def test_lead_a_colleague_who_is_no_member_to_their_own_menu(self, cafe: Cafe) -> None:
        till = await cafe.colleague()
        for words in ("card", "my card", "/balance", "redeem", "more"):
            assert await till.says(words) == [
                "On duty: Jana. Scan a card with your phone's camera, or type its code."
            ]
            assert till.buttons == ["Help"]
        # Who wants a card joins like everybody else, and finds it in that menu.
        assert (await till.says("join"))[0].startswith("Welcome to Kavárna Lípa.\n")
        await till.presses("Join")
        if cafe.asks_name:
            await till.says("Jana")
        await till.presses("No, thanks")
        await till.says("menu")
        assert till.buttons == ["Help", "My card"]
        assert (await till.presses("My card"))[0].startswith("0 of 10 stamps\n")


class TestRoles:
    """What is for colleagues is refused to everybody else, on the server (S38)."""

    @everywhere()
    async def test_customers_get_nothing_by_typing(self, cafe: Cafe) -> None:
        anna = await cafe.member()
        bara = await cafe.member("Bára")
        code = await cafe.code_of(anna)
        async with cafe.nothing_changes():
            for text in (
                f"/stamp {code} 5",
                f"/sale {code} 100",
                "/use 7TC4WX",
                "/undo",
                "/find Anna",
                "/enroll 777123456",
                "/shift",
                "/staff",
            ):
                assert await bara.says(text) == [NOT_FOR_YOU]
                assert bara.buttons == MENU
            for text in (f"stamp {code}", "find Anna", "undo", code, "777000001"):
                assert await bara.says(text) in (
                    ["I didn't get that. Choose below, or type HELP."],
                    ["Sorry, I can't help with that. Write to us: ahoj@lipa.example"],
                    ["Which of these do you mean?"],
                    ["That one is for a person. Shall I pass it on to the shop?"],
                )

    async def test_customers_get_nothing_by_pressing(self, cafe: Cafe) -> None:
        anna, till, _ = await at_the_till(cafe)
        panel = till.message
        eve = await cafe.member("Eve")
        async with cafe.nothing_changes():
            for button in ("+1", "+2", "Paper card…"):
                assert await eve.presses(button, panel) == [NOT_FOR_YOU]
        assert anna.sees() == []

    async def test_codes_give_nothing_away(self, cafe: Cafe) -> None:
        """A true code and a false one are answered alike."""
        anna, till, code = await at_the_till(cafe)
        await till.says(f"/stamp {code} 10")
        await anna.presses("Redeem now")
        voucher = anna.picture
        card = await cafe.card_of(anna)
        eve, stranger = await cafe.member("Eve"), cafe.guest("Ivan")
        for link in (card, voucher):
            assert await eve.scans(link) == [NOT_STAFF]
            assert eve.buttons == MENU
            assert await stranger.scans(link) == [NOT_STAFF]
            assert stranger.buttons == ["Join"]
        for payload in ("c_0123456789abcdef", "v_AAAAAA"):
            assert await eve.opens(payload) == [NOT_STAFF]
            assert await stranger.opens(payload) == [NOT_STAFF]
        # Her own card too: only a colleague's phone opens it.
        assert await anna.scans(card) == [NOT_STAFF]

    async def test_a_removed_colleague_is_nobody(self, cafe: Cafe) -> None:
        _, till, code = await at_the_till(cafe)
        panel = till.message
        async with cafe.database.transaction() as tx:
            await tx.execute("UPDATE staff SET removed_at = $1", cafe.clock.now())
        async with cafe.nothing_changes():
            [shown] = await till.presses("+1", panel)
            assert shown.startswith("That is for our staff only.\nWelcome to Kavárna Lípa.")
            assert (await till.says(f"/stamp {code}"))[0].startswith("That is for our staff only.")


class TestPanel:
    """The member in front of a colleague."""

    @on("telegram", "simulator-text", "console")
    async def test_opens_by_card_code_number_and_name(self, cafe: Cafe) -> None:
        anna, till, code = await at_the_till(cafe)
        bara = await cafe.member("Bára Nová")
        shown = [f"Anna · {code}\n0 of 10 stamps\nFirst visit"]
        assert await till.scans(await cafe.card_of(anna)) == shown
        for text in (code, code.lower(), f" {code} ", "find anna", f"find {code}", "/find ANNA"):
            assert await till.says(text) == shown
        assert await till.says("find nova bara") == [
            f"Bára Nová · {await cafe.code_of(bara)}\n0 of 10 stamps\nFirst visit"
        ]
        assert await till.says("find Ann") == ["Nobody found. Names are found by whole words."]
        assert await till.says("find") == ["Write it like this: find Anna"]

    async def test_several_of_a_name(self, cafe: Cafe) -> None:
        till = await cafe.colleague()
        codes = [await cafe.code_of(await cafe.member(name)) for name in ("Anna N", "Anna B")]
        assert await till.says("find anna") == ["2 members found:"]
        assert sorted(till.buttons) == sorted([f"Anna N · {codes[0]}", f"Anna B · {codes[1]}"])
        assert (await till.presses(f"Anna B · {codes[1]}"))[0].startswith("Anna B · ")

    @pytest.mark.parametrize(
        ("hours", "line"),
        [
            (1, "Last here today at 10:00"),
            (24, "Last here yesterday"),
            (72, "Last here 3 days ago"),
        ],
    )
    async def test_says_when_they_were_here(self, cafe: Cafe, hours: int, line: str) -> None:
        _, till, code = await at_the_till(cafe)
        await till.presses("+1")
        await cafe.passes(hours=hours)
        assert (await till.says(code))[0].split("\n")[-1] == line

    @everywhere()
    async def test_a_double_press_counts_once(self, cafe: Cafe) -> None:
        anna, till, _ = await at_the_till(cafe)
        panel = till.message
        await till.presses("+2", panel)
        assert anna.sees() == ["+2 stamps. 2 of 10."]
        if cafe.has_buttons:
            assert await till.presses("+2", panel) == [
                "Counted already: 2 March 2026, 10:00. Nothing changed.\nAnna\n2 of 10 stamps"
            ]
            assert till.buttons == ["Member", "Undo"]
            assert anna.sees() == []
        assert (await anna.says("balance"))[0].startswith("2 of 10 stamps")

    @on("telegram", "simulator", "simulator")
    async def test_a_double_press_at_once_counts_once(self, cafe: Cafe) -> None:
        anna, till, _ = await at_the_till(cafe)
        panel = till.message
        await asyncio.gather(till.presses("+2", panel), till.presses("+2", panel))
        assert (await anna.says("balance"))[0].startswith("2 of 10 stamps")

    async def test_gives_a_reward_of_several(self, cafe: Cafe) -> None:
        _anna, till, code = await at_the_till(cafe)
        await till.says(f"/stamp {code} 10")
        await till.presses("Member")
        assert till.buttons == ["+1", "+2", "Give reward", "Paper card…"]
        assert await till.presses("Give reward") == ["Anna: which reward?"]
        assert till.buttons == [COFFEE, "Back"]
        question = till.message
        assert await till.presses(COFFEE) == [f"Handed over: {COFFEE}. Anna\n0 of 10 stamps"]
        async with cafe.nothing_changes():
            assert await till.presses(COFFEE, question) == [
                "Counted already: 2 March 2026, 10:00. Nothing changed."
            ]

    async def test_uses_an_open_voucher(self, cafe: Cafe) -> None:
        anna, till, code = await at_the_till(cafe)
        await till.says(f"/stamp {code} 10")
        await anna.presses("Redeem now")
        [voucher] = await cafe.rows("SELECT code FROM voucher")
        await till.says(code)
        assert till.buttons == ["+1", "+2", "Use voucher", "Paper card…"]
        assert await till.presses("Use voucher") == [f"{COFFEE} · Anna · {voucher['code']}"]
        confirm = till.message
        await till.presses("Confirm")
        assert anna.sees() == [f"Handed over: {COFFEE}. Thank you for coming."]
        assert await till.presses("Confirm", confirm) == [
            "This voucher was used already: 2 March 2026, 10:00"
        ]
        assert anna.sees() == []


class TestOwnCard:
    """Nobody stamps their own card (S17)."""

    @on("telegram", "simulator-text")
    async def test_whatever_way(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset(more=SALES))
        boss = await cafe.colleague("Olga", Role.OWNER)
        anna = await cafe.member()
        code = await cafe.code_of(anna)
        await anna.opens(f"s_{await cafe.invites('Anna')}")
        own = "Not on your own card: ask a colleague."
        card = await cafe.card_of(anna)
        async with cafe.nothing_changes():
            await anna.scans(card)
            for act in ("+1", "+2"):
                await anna.scans(card)
                assert (await anna.presses(act))[0].startswith(f"{own}\nAnna · {code}")
                assert boss.sees() == [f"A limit at the till stopped this. Anna: {own}"]
            assert (await anna.says(f"sale {code} 500"))[0].startswith(own)
            await anna.says(code)
            await anna.presses("Paper card…")
            assert (await anna.says("5"))[0].startswith(own)

    async def test_nor_claims_the_sale_one_has_entered(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("points-shop"))
        anna = await cafe.member()
        await anna.opens(f"s_{await cafe.invites('Anna')}")
        await anna.says("sale - 1000")
        link = anna.picture
        before = await cafe.rows("SELECT * FROM entry")
        assert await anna.scans(link) == ["Not on your own card: ask a colleague."]
        assert await cafe.rows("SELECT * FROM entry") == before

    async def test_nor_uses_ones_own_voucher(self, cafe: Cafe) -> None:
        anna, till, code = await at_the_till(cafe)
        await till.says(f"/stamp {code} 10")
        await anna.presses("Redeem now")
        [voucher] = await cafe.rows("SELECT code FROM voucher")
        await anna.opens(f"s_{await cafe.invites('Anna')}")
        async with cafe.nothing_changes():
            assert await anna.says(f"use {voucher['code']}") == [
                "Not on your own card: ask a colleague."
            ]


class TestUndo:
    """A mistake at the till is taken back by who made it, within ten minutes (S7)."""

    @everywhere()
    async def test_by_button_and_by_command(self, cafe: Cafe) -> None:
        anna, till, code = await at_the_till(cafe)
        await till.presses("+2")
        assert await till.presses("Undo") == ["−2 stamps, undone\nAnna\n0 of 10 stamps"]
        assert anna.sees() == ["A correction at the till: −2 stamps. You have 0."]
        await till.says(f"stamp {code} 3")
        assert await till.says("undo") == ["−3 stamps, undone\nAnna\n0 of 10 stamps"]
        async with cafe.nothing_changes():
            assert await till.says("/undo") == [
                "Nothing of yours from the last 10 minutes can be undone."
            ]

    @on("telegram", "simulator")
    async def test_pressed_twice_takes_back_once(self, cafe: Cafe) -> None:
        anna, till, code = await at_the_till(cafe)
        await till.says(f"stamp {code} 2")
        await till.says(f"stamp {code} 3")
        done = till.message
        await till.presses("Undo", done)
        assert anna.sees() == ["A correction at the till: −3 stamps. You have 2."]
        async with cafe.nothing_changes():
            assert await till.presses("Undo", done) == ["That was undone already."]
        assert (await anna.says("balance"))[0].startswith("2 of 10 stamps")

    async def test_not_after_ten_minutes(self, cafe: Cafe) -> None:
        _, till, _ = await at_the_till(cafe)
        await till.presses("+1")
        done = till.message
        await cafe.passes(minutes=9, seconds=59)
        later = await cafe.colleague("Karel")
        await cafe.passes(seconds=1)
        async with cafe.nothing_changes():
            for undo in (till.presses("Undo", done), till.says("undo")):
                assert await undo == [
                    "Too late: undo works for 10 minutes. A manager can correct it."
                ]
            assert await later.says("undo") == [
                "Nothing of yours from the last 10 minutes can be undone."
            ]

    async def test_not_what_another_colleague_did(self, cafe: Cafe) -> None:
        _, till, _ = await at_the_till(cafe)
        karel = await cafe.colleague("Karel")
        await till.presses("+1")
        async with cafe.nothing_changes():
            assert await karel.presses("Undo", till.message) == [
                "Nothing of yours from the last 10 minutes can be undone."
            ]

    async def test_of_the_stamp_that_filled_a_card(self, cafe: Cafe) -> None:
        """S7: the unused reward turns back into its stamps, with their old ends."""
        anna, till, code = await at_the_till(cafe)
        await till.says(f"/stamp {code} 9")
        await cafe.passes(days=2)
        await till.says(f"/stamp {code}")
        assert await till.presses("Undo") == [
            f"−1 stamp, undone\nTaken back too: {COFFEE}\nAnna\n9 of 10 stamps"
        ]
        assert anna.sees()[-1] == (
            "A correction at the till: −1 stamp. You have 9.\n"
            f"The card is not full any more, so this went too: {COFFEE}"
        )
        assert (await anna.says("balance"))[0].split("\n")[2:] == [
            f"1 more stamp and it's yours: {COFFEE}",
            "9 stamps last until 2 March 2027",
        ]

    async def test_in_czech(self, cafe: Cafe) -> None:
        pokladna = await cafe.colleague(language="cs")
        anna = await cafe.member(language="cs")
        await pokladna.says(await cafe.code_of(anna))
        await pokladna.presses("+2")
        assert await pokladna.says("vrátit") == ["−2 razítka, vráceno\nAnna\nRazítka: 0 z 10"]
        assert anna.sees() == ["Oprava u pokladny: −2 razítka. Máte 0."]


class TestLimits:
    """Over the line is refused and told to the manager (S17)."""

    @on("telegram", "simulator-text")
    async def test_stamps_of_a_member_a_day(self, cafe: Cafe) -> None:
        boss = await cafe.colleague("Olga", Role.MANAGER)
        anna, till, code = await at_the_till(cafe)
        await till.says(f"/stamp {code} 9")
        why = "This card got 9 today; the limit is 10 stamps a day."
        async with cafe.nothing_changes():
            await till.presses("Member")
            assert await till.presses("+2") == [
                f"{why}\nAnna · {code}\n9 of 10 stamps\nLast here today at 10:00"
            ]
        assert boss.sees() == [f"A limit at the till stopped this. Jana: {why}"]
        assert anna.sees() == []
        await till.says(f"/stamp {code} 1")
        # The day is the shop's, in Prague: it is over fourteen hours after ten in the morning.
        await cafe.passes(hours=13, minutes=59)
        assert (await till.says(f"/stamp {code}"))[0].startswith("This card got 10 today;")
        await cafe.passes(minutes=1)
        assert (await till.says(f"/stamp {code}"))[0].startswith("+1 stamp\n")

    async def test_what_was_undone_does_not_count(self, cafe: Cafe) -> None:
        _, till, code = await at_the_till(cafe)
        for _ in range(3):
            await till.says(f"/stamp {code} 9")
            await till.says("undo")
        assert (await till.says(f"/stamp {code} 9"))[0].startswith("+9 stamps\n")

    async def test_stamps_by_a_colleague_a_day(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(
            preset("cafe-stamps", ("colleague_stamps_a_day = 300", "colleague_stamps_a_day = 12"))
        )
        boss = await cafe.colleague("Olga", Role.OWNER)
        _, till, code = await at_the_till(cafe)
        other = await cafe.code_of(await cafe.member("Bára"))
        await till.says(f"/stamp {code} 8")
        assert (await till.says(f"/stamp {other} 5"))[0].startswith(
            "Given today: 8. The limit is 12 stamps a day for one colleague."
        )
        assert boss.sees() == [
            "A limit at the till stopped this. Jana: "
            "Given today: 8. The limit is 12 stamps a day for one colleague."
        ]
        assert (await till.says(f"/stamp {other} 4"))[0].startswith("+4 stamps\n")

    async def test_time_between_two_stampings(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(
            preset("cafe-stamps", ("minutes_between = 0 ", "minutes_between = 60 "))
        )
        _, till, code = await at_the_till(cafe)
        await till.says(f"/stamp {code}")
        await cafe.passes(minutes=59)
        assert (await till.says(f"/stamp {code}"))[0].startswith(
            "Last stamped at 10:00. Stamps must be 60 minutes apart."
        )
        await cafe.passes(minutes=1)
        assert (await till.says(f"/stamp {code}"))[0].startswith("+1 stamp\n")

    async def test_two_tills_stay_below_it_together(self, cafe: Cafe) -> None:
        anna, jana, code = await at_the_till(cafe)
        karel = await cafe.colleague("Karel")
        await asyncio.gather(jana.says(f"/stamp {code} 6"), karel.says(f"/stamp {code} 6"))
        assert (await anna.says("balance"))[0].startswith("6 of 10 stamps")


class TestTwoColleaguesAtOnce:
    """Two tills and one member: everything counts, nothing twice (S10)."""

    @on("simulator", "simulator", "telegram")
    async def test_both_stamp(self, cafe: Cafe) -> None:
        anna, jana, code = await at_the_till(cafe)
        karel = await cafe.colleague("Karel")
        await karel.says(code)
        await asyncio.gather(jana.presses("+1"), karel.presses("+2"))
        assert (await anna.says("balance"))[0].startswith("3 of 10 stamps")

    @on("simulator", "simulator", "telegram")
    async def test_both_give_the_last_reward(self, cafe: Cafe) -> None:
        anna, jana, code = await at_the_till(cafe)
        karel = await cafe.colleague("Karel")
        await jana.says(f"/stamp {code} 10")
        for till in (jana, karel):
            await till.says(code)
            await till.presses("Give reward")
        await asyncio.gather(jana.presses(COFFEE), karel.presses(COFFEE))
        assert sorted(till.sees()[0].split("\n")[0] for till in (jana, karel)) == [
            f"Handed over: {COFFEE}. Anna",
            f"Not yet: 10 more stamps for {COFFEE}.",
        ]
        assert anna.sees() == [f"Handed over: {COFFEE}. Thank you for coming."]

    @on("simulator", "simulator")
    async def test_both_confirm_one_voucher(self, cafe: Cafe) -> None:
        anna, jana, code = await at_the_till(cafe)
        karel = await cafe.colleague("Karel")
        await jana.says(f"/stamp {code} 10")
        await anna.presses("Redeem now")
        link = anna.picture
        for till in (jana, karel):
            await till.scans(link)
        await asyncio.gather(jana.presses("Confirm"), karel.presses("Confirm"))
        assert sorted(till.sees()[0].split("\n")[0] for till in (jana, karel)) == [
            f"Handed over: {COFFEE}. Anna",
            "This voucher was used already: 2 March 2026, 10:00",
        ]
        assert anna.sees() == [f"Handed over: {COFFEE}. Thank you for coming."]


class TestShift:
    """Where there are several shops, what a colleague does belongs to the one they stand in."""

    @on("telegram", "simulator-text")
    async def test_is_chosen_first(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset(more=TWO_SHOPS))
        till = await cafe.colleague()
        assert till.buttons == ["Help", "Shift"]
        code = await cafe.code_of(await cafe.member())
        async with cafe.nothing_changes():
            assert await till.says(f"/stamp {code}") == [
                "Start your shift first: which shop are you in?"
            ]
            assert till.buttons == ["Vinohrady", "Karlín"]
            # Then the member in front of the till is open again.
            assert await till.presses("Vinohrady") == [
                f"Your shift: Vinohrady\nAnna · {code}\n0 of 10 stamps\nFirst visit"
            ]
        await till.says("menu")
        assert await till.presses("Shift") == ["Where are you today?"]
        assert till.buttons == ["Vinohrady", "Karlín"]
        assert await till.says("shift brno") == ["There is no such location. Choose one:"]
        assert await till.presses("Karlín") == ["Your shift: Karlín"]
        await till.says(f"/stamp {code}")
        assert await till.says("/shift VINOHRADY") == ["Your shift: Vinohrady"]
        await till.says(f"/stamp {code}")
        stamps = await cafe.rows("SELECT location FROM operation WHERE kind = 'stamp' ORDER BY id")
        assert [row["location"] for row in stamps] == ["karlin", "vinohrady"]

    async def test_where_there_is_one_shop_nobody_is_asked(self, cafe: Cafe) -> None:
        till = await cafe.colleague()
        assert await till.says("shift") == ["There is only one location."]


class TestHelp:
    """Facts, no chatter."""

    @pytest.mark.parametrize(
        ("name", "lines"),
        [
            ("cafe-stamps", ["stamp CODE 2 – gives 2 stamps"]),
            (
                "points-shop",
                [
                    "sale CODE 149.50 4711 – counts a sale and its receipt",
                    "sale - 149.50 – without a card, to be claimed",
                ],
            ),
        ],
    )
    async def test_names_what_this_programme_has(
        self, open_cafe: OpenCafe, name: str, lines: list[str]
    ) -> None:
        cafe = await open_cafe(preset(name))
        [shown] = await (await cafe.colleague()).says("help")
        assert shown.split("\n") == [
            "Scan a card with the phone's camera, or type a code: the member opens.",
            *lines,
            "use VOUCHER · find NAME · enroll PHONE · undo · shift",
        ]

    @on("telegram", "simulator-text")
    async def test_a_sale_can_be_left(self, open_cafe: OpenCafe) -> None:
        """The question about one member must not stand in the way of the next."""
        cafe = await open_cafe(preset("points-shop"))
        till = await cafe.colleague()
        anna, bara = await cafe.member(), await cafe.member("Bára")
        code = await cafe.code_of(anna)
        card = await cafe.card_of(bara)
        await till.says(code)
        assert await till.presses("Sale…") == ["How much was paid? Such as €149"]
        assert await till.presses("Cancel") == [f"Anna · {code}\n50 points\nFirst visit"]
        await till.presses("Sale…")
        assert (await till.scans(card))[0].startswith("Bára · ")
        assert await till.says("100") == [
            "No member, voucher or command fits that. HELP lists the commands."
        ]
