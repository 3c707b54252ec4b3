"""Members who begin at the till: by their number, or with a paper card in their hand."""

from __future__ import annotations

import pytest

from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, on
from tests.chat import Person

PHONE = "With your number we can find your card without your phone. Share it with the button below."
ASK_PAPER = "How many stamps are on the paper card? From 1 to 9, once per member."


@pytest.fixture
async def shop(open_cafe: OpenCafe) -> Cafe:
    """A café that asks for numbers."""
    return await open_cafe(preset("cafe-stamps", ('phone = "off" ', 'phone = "ask" ')))


async def code_of_newest(cafe: Cafe) -> str:
    """The code of whoever became a member last."""
    [row] = await cafe.rows("SELECT code FROM member ORDER BY id DESC LIMIT 1")
    return str(row["code"])


class TestByNumber:
    """`/enroll PHONE`: a card that waits for whoever proves its number (S12, S33)."""

    async def test_becomes_theirs_when_they_prove_the_number(self, shop: Cafe) -> None:
        till = await shop.colleague()
        [shown] = await till.says("enroll 777 123 456")
        code = await code_of_newest(shop)
        assert shown == (
            f"Enrolled: {code}. The card is theirs once they write to us and share this number.\n"
            f"{code}\n0 of 10 stamps\nFirst visit"
        )
        assert till.buttons == ["+1", "+2", "Paper card…"]
        await till.presses("+2")
        await till.says("777123456")
        await till.presses("+1")

        anna = shop.guest("Anna")
        await anna.opens("join")
        assert await anna.presses("Join") == [PHONE]
        assert (await anna.shares_contact("420777123456"))[0] == (
            "Welcome back. This card was started for you at the till: Anna\n"
            "3 of 10 stamps\nShow this card when you pay."
        )
        assert anna.buttons == ["Yes, please", "No, thanks"]
        await anna.presses("No, thanks")
        [shown] = await anna.says("settings")
        assert shown.startswith(f"Anna · card {code}")
        assert (await till.says(code))[0].startswith(f"Anna · {code}\n3 of 10 stamps")
        assert len(await shop.rows("SELECT id FROM member")) == 1
        [terms] = await shop.rows("SELECT granted FROM consent WHERE purpose = 'terms'")
        assert terms["granted"]

    async def test_nothing_is_sent_to_a_number_that_never_wrote(self, shop: Cafe) -> None:
        till = await shop.colleague()
        await till.says("enroll +420777123456")
        await till.presses("+1")
        assert await shop.rows("SELECT id FROM outbox WHERE member_id IS NOT NULL") == []

    async def test_again_opens_the_card_there_is(self, shop: Cafe) -> None:
        till = await shop.colleague()
        await till.says("enroll +420777123456")
        code = await code_of_newest(shop)
        async with shop.nothing_changes():
            assert await till.says("enroll 777123456") == [
                f"This number has a card already: {code}"
            ]

    async def test_a_card_somebody_has_is_used_by_who_proves_its_number(self, shop: Cafe) -> None:
        till = await shop.colleague()
        await till.says("enroll +420777123456")
        anna, eve = shop.guest("Anna"), shop.guest("Eve")
        for person in (anna, eve):
            await person.opens("join")
            await person.presses("Join")
        await anna.shares_contact("+420777123456")

        async with shop.nothing_changes():
            assert await eve.shares_contact("+420777123456", own=False) == [
                f"That is somebody else's contact. Please share your own.\n{PHONE}"
            ]
            assert await eve.shares_contact("+420777123456") == [
                "This number already has a card: 0 of 10 stamps. Use it here too?"
            ]
        assert (await eve.presses("No"))[0].startswith("You're in, Eve.")
        assert await eve.says("settings")
        assert (await shop.rows("SELECT COUNT(*) AS n FROM member"))[0]["n"] == 2

    @pytest.mark.parametrize("number", ["abc", "12", "+420 1"])
    async def test_what_is_no_number(self, shop: Cafe, number: str) -> None:
        till = await shop.colleague()
        async with shop.nothing_changes():
            assert await till.says(f"enroll {number}") == [
                "This isn't a valid phone number. Write it like +420 777 123 456."
            ]
            assert await till.says("enroll") == ["Write it like this: enroll +420 777 123 456"]

    async def test_a_purchase_that_waited_is_counted_too(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset("points-shop"))
        till = await cafe.colleague()
        await till.says("enroll +420777123456")
        await till.says("sale - 30")
        anna = cafe.guest("Anna")
        await anna.scans(till.picture)
        await anna.presses("Join")
        assert (await anna.shares_contact("+420777123456"))[0] == (
            "Welcome back. This card was started for you at the till: Anna\n"
            "Your purchase is counted.\n80 points\nShow this card when you pay."
        )


class TestPaperCard:
    """A paper card is taken over once per member, up to a full card less one (S17)."""

    @on("telegram", "simulator-text")
    async def test_once(self, cafe: Cafe) -> None:
        anna, till, _code = await self._panel(cafe)
        assert await till.presses("Paper card…") == [ASK_PAPER]
        assert till.buttons == ["Cancel"]
        for text, answer in (
            ("ten", "Write how many as a whole number, such as 2."),
            ("-3", "Write how many as a whole number, such as 2."),
            ("10", "You can take over 1 to 9 stamps from a paper card."),
            ("00", "You can take over 1 to 9 stamps from a paper card."),
        ):
            async with cafe.nothing_changes():
                assert await till.says(text) == [f"{answer}\n{ASK_PAPER}"]
        assert await till.says("7") == ["+7 stamps\nAnna\n7 of 10 stamps"]
        assert anna.sees() == ["7 stamps taken over from your paper card. 7 of 10."]

        await till.presses("Member")
        assert till.buttons == ["+1", "+2"]
        assert (await anna.says("history"))[0].endswith("+7 stamps · paper card")

    async def test_not_twice_by_a_panel_from_before(self, cafe: Cafe) -> None:
        _, till, _ = await self._panel(cafe)
        panel = till.message
        await till.presses("Paper card…")
        await till.says("7")
        await till.presses("Paper card…", panel)
        async with cafe.nothing_changes():
            assert await till.says("5") == [
                "Counted already: 2 March 2026, 10:00. Nothing changed.\nAnna\n7 of 10 stamps"
            ]

    async def test_a_mistake_is_undone_and_put_right(self, cafe: Cafe) -> None:
        _anna, till, _ = await self._panel(cafe)
        await till.presses("Paper card…")
        await till.says("9")
        assert await till.presses("Undo") == ["−9 stamps, undone\nAnna\n0 of 10 stamps"]
        await till.presses("Member")
        await till.presses("Paper card…")
        assert await till.says("6") == ["+6 stamps\nAnna\n6 of 10 stamps"]

    async def test_can_be_left_alone(self, cafe: Cafe) -> None:
        _, till, code = await self._panel(cafe)
        await till.presses("Paper card…")
        assert await till.presses("Cancel") == [f"Anna · {code}\n0 of 10 stamps\nFirst visit"]
        assert till.buttons == ["+1", "+2", "Paper card…"]

    async def test_is_not_offered_to_old_members(self, cafe: Cafe) -> None:
        _anna, till, code = await self._panel(cafe)
        await cafe.passes(days=31)
        await till.says(code)
        assert till.buttons == ["+1", "+2"]

    async def _panel(self, cafe: Cafe) -> tuple[Person, Person, str]:
        till = await cafe.colleague()
        anna = await cafe.member()
        code = await cafe.code_of(anna)
        await till.says(code)
        return anna, till, code
