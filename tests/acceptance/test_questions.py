"""A question to the shop goes to its people, and their answer comes back into the chat."""

from __future__ import annotations

from bot.domain.members import Role
from tests.acceptance.cafe import Cafe
from tests.acceptance.conftest import everywhere, on

MENU = ["Card", "Balance", "Rewards", "Redeem", "More"]


@everywhere()
async def test_a_question_is_relayed_and_answered(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await cafe.member("Anna")

    assert await anna.says("/feedback") == [
        "What would you like to tell us? A person reads it, and the answer comes here."
    ]
    assert await anna.says("Do you have oat milk?") == ["Passed on. The answer comes here."]
    assert owner.sees() == ["Question from Anna: Do you have oat milk?"]

    assert await owner.presses("Answer") == [
        "Question from Anna: Do you have oat milk?\n"
        "Write the answer; it goes to them as you write it."
    ]
    assert await owner.says("Yes, oat and soy.") == ["Sent."]
    assert anna.sees() == ["Kavárna Lípa: Yes, oat and soy."]
    assert anna.buttons == ["Menu"]


@on("telegram", "simulator-text")
async def test_the_first_answer_counts(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    manager = await cafe.colleague("Jana", Role.MANAGER)
    anna = await cafe.member("Anna")
    await anna.says("/feedback Is there parking?")
    [asked] = [message for message in owner.news if "parking" in message.text]
    await owner.presses("Answer")
    await manager.presses("Answer")
    await manager.says("Two places behind the house.")
    assert anna.sees() == ["Kavárna Lípa: Two places behind the house."]
    assert await owner.says("No.") == ["Jana answered that: 2 March 2026, 10:00"]
    assert anna.sees() == []
    assert await owner.presses("Answer", under=asked) == ["Jana answered that: 2 March 2026, 10:00"]


@on("telegram", "simulator-text")
async def test_somebody_who_is_no_member_may_ask_too(cafe: Cafe) -> None:
    till = await cafe.colleague("Jana")
    guest = cafe.guest("Eva")
    await guest.says("/feedback Are you open on Sunday?")
    # Nobody of the managers is here, so every colleague hears it.
    assert till.sees() == ["Question from a guest: Are you open on Sunday?"]


@on("telegram", "simulator-text")
async def test_what_can_not_be_passed_on_is_said(cafe: Cafe) -> None:
    anna = await cafe.member("Anna")
    assert await anna.says("/feedback Hello?") == [
        "Sorry, I can't help with that. Write to us: ahoj@lipa.example"
    ]
    owner = await cafe.colleague("Petr", Role.OWNER)
    for number in range(5):
        assert await anna.says(f"/feedback {number}") == ["Passed on. The answer comes here."]
    assert await anna.says("/feedback 6") == [
        "That's as many questions as we can pass on today. "
        "The answers to the earlier ones come here."
    ]
    assert owner.sees() == []
    await cafe.passes(days=1, seconds=1)
    assert await anna.says("/feedback 7") == ["Passed on. The answer comes here."]


@on("telegram", "simulator-text")
async def test_a_question_can_be_left(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await cafe.member("Anna")
    await anna.says("/feedback")
    assert await anna.presses("Cancel") == ["0 of 10 stamps"]
    assert owner.sees() == []
    await anna.says("/feedback Oat milk?")
    await owner.presses("Answer")
    await owner.presses("Cancel")
    assert anna.sees() == []
    assert await owner.presses("Answer") == [
        "Question from Anna: Oat milk?\nWrite the answer; it goes to them as you write it."
    ]


@on("telegram", "simulator-text")
async def test_no_question_is_lost_among_the_others(cafe: Cafe) -> None:
    owner, anna = await cafe.colleague("Petr", Role.OWNER), await cafe.member("Anna")
    assert await owner.says("questions") == ["No question waits for an answer."]
    await anna.says("/feedback Oat milk?")
    await anna.says("/feedback Parking?")
    assert await owner.says("questions") == [
        "Question from Anna: Oat milk?\nQuestion from Anna: Parking?"
    ]
    await owner.presses("Answer 1")
    await owner.says("Yes.")
    assert anna.sees() == ["Kavárna Lípa: Yes."]
    assert await owner.says("questions") == ["Question from Anna: Parking?"]


@on("telegram", "simulator-text")
async def test_an_offer_to_pass_on_lapses_when_anything_else_is_said(cafe: Cafe) -> None:
    owner, anna = await cafe.colleague("Petr", Role.OWNER), await cafe.member("Anna")
    offer = ["That one is for a person. Shall I pass it on to the shop?"]
    assert await anna.says("do you have oat milk for my coffee?") == offer
    assert await anna.says("balance") == [
        "0 of 10 stamps\n○○○○○○○○○○\n10 more stamps and it's yours: Coffee of your choice"
    ]
    assert await anna.says("yes") != ["Passed on. The answer comes here."]
    assert owner.sees() == []
    await anna.says("do you have oat milk for my coffee?")
    assert await anna.says("ano") == ["Passed on. The answer comes here."]
