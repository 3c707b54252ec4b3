"""What a clever or careless person could have made of it, and no longer can."""

from __future__ import annotations

import pytest

from bot.domain.members import Role
from tests.acceptance.cafe import SALES, Cafe, preset
from tests.acceptance.conftest import OpenCafe
from tests.acceptance.test_staff import at_the_till


class TestDailyLimit:
    """S17: stamps a day, whatever is undone in between."""

    async def test_stamping_giving_and_undoing_gives_one_coffee_a_day(self, cafe: Cafe) -> None:
        _anna, till, code = await at_the_till(cafe)
        await till.says(f"stamp {code} 10")
        stamped = till.message
        await till.presses("Give it now")
        assert await till.presses("Undo", stamped) == [
            "Undone, but everything it gave had been used already.\nAnna\n0 of 10 stamps"
        ]
        async with cafe.nothing_changes():
            assert (await till.says(f"stamp {code} 10"))[0].startswith(
                "This card got 10 today; the limit is 10 stamps a day."
            )

    async def test_a_mistake_that_was_taken_back_whole_leaves_the_day_free(
        self, cafe: Cafe
    ) -> None:
        _anna, till, code = await at_the_till(cafe)
        await till.says(f"stamp {code} 9")
        await till.says("undo")
        assert await till.says(f"stamp {code} 9") == ["+9 stamps\nAnna\n9 of 10 stamps"]

    @pytest.mark.parametrize("count", ["1001", "000010999999999", "²", "99999999999999999999"])
    async def test_no_spelling_of_a_number_is_too_large(self, cafe: Cafe, count: str) -> None:
        _anna, till, code = await at_the_till(cafe)
        async with cafe.nothing_changes():
            assert await till.says(f"/stamp {code} {count}") == [
                "Write how many as a whole number, such as 2."
            ]


class TestColleagues:
    """Who one is stays who one is."""

    async def test_an_owner_who_tries_the_link_they_pass_on_stays_the_owner(
        self, cafe: Cafe
    ) -> None:
        owner = await cafe.colleague("Olga", role=Role.OWNER)
        token = await cafe.invites("Jana")
        assert await owner.opens(f"s_{token}") == [
            "You are a colleague here already, so this invitation is still good: pass it on."
        ]
        jana = cafe.guest("Jana")
        assert (await jana.opens(f"s_{token}"))[0].startswith("Signed in: Jana, cashier.")

    async def test_a_receipt_of_another_member_is_told_as_theirs(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(preset(more=SALES))
        till = await cafe.colleague()
        anna, bob = await cafe.member("Anna"), await cafe.member("Bob")
        await till.says(f"sale {await cafe.code_of(anna)} 100 R1")
        async with cafe.nothing_changes():
            (said,) = await till.says(f"sale {await cafe.code_of(bob)} 100 R1")
        assert said.split("\n")[:2] == [
            "Counted already: 2 March 2026, 10:00. Nothing changed.",
            "Anna",
        ]
        other = await cafe.colleague("Karel")
        await other.says(f"sale {await cafe.code_of(bob)} 100 R1")
        assert other.buttons == ["Member"]


class TestMembers:
    """In a hurry, or curious."""

    async def test_a_second_tap_on_a_reward_reserves_no_second_one(self, cafe: Cafe) -> None:
        anna, till, code = await at_the_till(cafe)
        await till.says(f"stamp {code} 10")
        await cafe.passes(days=1)
        await till.says(f"stamp {code} 10")
        await anna.says("redeem")
        question = anna.message
        first = await anna.presses("Redeem now", question)
        async with cafe.nothing_changes():
            assert await anna.presses("Redeem now", question) == first

    @pytest.mark.parametrize("number", ["²", "①", "99999999999999999999"])
    async def test_odd_numbers_are_no_choices(self, cafe: Cafe, number: str) -> None:
        anna = await cafe.member()
        async with cafe.nothing_changes():
            assert (await anna.says(f"/redeem {number}"))[0].startswith("No reward is ready yet.")
        assert await cafe.failures() == []
