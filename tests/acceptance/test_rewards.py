"""S19–S21: rewards of every kind, as members and colleagues talk about them."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.members import Role
from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.chat import Person
from tests.services.rewarding import EVERY_KIND

#: A café whose coffee can be given to a friend.
GIVEN = preset("cafe-stamps", ('code = "coffee"\n', 'code = "coffee"\nfriend = true\n'))
COFFEE = "Coffee of your choice"


async def opened(open_cafe: OpenCafe) -> tuple[Cafe, Person, Person, str]:
    """A shop with every kind of reward, its owner, and a member with 150 points and €10."""
    cafe = await open_cafe(preset("points-shop", more=EVERY_KIND))
    till = await cafe.colleague("Jana", Role.OWNER, "centre")
    anna = await cafe.member("Anna")
    code = await cafe.code_of(anna)
    await till.says(f"sale {code} 100")
    anna.sees()
    return cafe, till, anna, code


async def newest_voucher(cafe: Cafe) -> str:
    """The code of the voucher that was made last."""
    [row] = await cafe.rows("SELECT code FROM voucher ORDER BY id DESC LIMIT 1")
    return str(row["code"])


@everywhere()
async def test_s20_a_price_is_lowered_by_as_many_points_as_one_likes(
    open_cafe: OpenCafe,
) -> None:
    cafe, till, anna, _ = await opened(open_cafe)
    how_many = "How many times? Each is 10 points for €1; at most 15."
    assert await anna.says("redeem euros off") == [how_many]
    assert await anna.says("many") == [f"Write a whole number, such as 2.\n{how_many}"]
    assert await anna.says("16") == [f"You don't have that much.\n{how_many}"]
    [voucher] = await anna.says("3")
    code = await newest_voucher(cafe)
    assert voucher == f"Euros off: €3. Show this at the till by 10:15. Code: {code}"

    assert await till.says(code) == [f"Euros off · Anna · {code}\nWorth: €3"]
    assert await till.presses("Confirm") == [
        "What does the purchase come to before the reward? For example €149"
    ]
    assert await till.says("49.90") == [
        "€49.90 − €3 = €46.90 to pay\nUsed: Euros off. Anna\n+46 points\n"
        "+€4.69 on the bonus account\n166 points\nBonus account: €14.69"
    ]
    assert anna.sees()[-1] == "Euros off: €49.90 − €3 = €46.90. Thank you for coming."


@on("telegram", "simulator-text")
async def test_s20_a_voucher_is_typed_with_the_purchase_and_its_receipt(
    open_cafe: OpenCafe,
) -> None:
    cafe, till, anna, _ = await opened(open_cafe)
    await anna.says("redeem 5 euros off")
    code = await newest_voucher(cafe)
    async with cafe.nothing_changes():
        assert await till.says(f"use {code} 19,99") == ["5 euros off: from €20"]
        assert await till.says(f"use {code} 20,9999") == [
            "The amount has too many decimal places. Write it like 149.50"
        ]
    assert (await till.says(f"use {code} 20,00 F-12"))[0].startswith("€20 − €5 = €15 to pay\n")
    assert (await till.says(f"sale {await cafe.code_of(anna)} 20 F-12"))[0].startswith(
        "Counted already: 2 March 2026, 10:00. "
    )


@on("telegram", "simulator-text")
async def test_s20_without_a_purchase_it_is_just_used(open_cafe: OpenCafe) -> None:
    cafe, till, anna, _ = await opened(open_cafe)
    await anna.says("redeem euros off")
    await anna.says("3")
    await till.says(f"use {await newest_voucher(cafe)}")
    assert (await till.presses("Without a purchase"))[0].startswith(
        "Worth: €3\nUsed: Euros off. Anna"
    )
    assert len(await cafe.rows("SELECT id FROM purchase")) == 1


@on("telegram", "simulator-text")
async def test_s20_a_voucher_with_a_minimum_is_never_used_without_a_purchase(
    open_cafe: OpenCafe,
) -> None:
    cafe, till, anna, _ = await opened(open_cafe)
    await anna.says("redeem 5 euros off")
    code = await newest_voucher(cafe)
    async with cafe.nothing_changes():
        assert await till.says(f"use {code}") == [
            "What does the purchase come to before the reward? For example €149"
        ]
        assert "Without a purchase" not in till.buttons
        assert await till.says("19,99") == ["5 euros off: from €20"]
    await till.says(f"use {code}")
    assert (await till.says("20"))[0].startswith("€20 − €5 = €15 to pay\n")


@everywhere()
async def test_s20_an_experience_that_was_given_back_waits_for_no_answer(
    open_cafe: OpenCafe,
) -> None:
    cafe, till, anna, _ = await opened(open_cafe)
    await anna.says("redeem a tour of the roastery")
    await till.says("questions")
    await anna.says("vouchers")
    await anna.presses("Give it back")
    async with cafe.nothing_changes():
        assert await till.presses("Answer 1") == [
            "This voucher was given back. The reward is on the card again."
        ]
        assert await till.says("questions") == ["No question waits for an answer."]


@on("simulator", "simulator-text")
async def test_s20_an_experience_nobody_answered_in_time_waits_no_more(
    open_cafe: OpenCafe,
) -> None:
    cafe, till, anna, _ = await opened(open_cafe)
    await anna.says("redeem a tour of the roastery")
    cafe.clock.advance(timedelta(days=14))
    assert await till.says("questions") == ["No question waits for an answer."]


@on("telegram", "simulator-text")
async def test_s19_of_several_vouchers_one_is_given_back_by_its_name(
    open_cafe: OpenCafe,
) -> None:
    cafe, _, anna, _ = await opened(open_cafe)
    await anna.says("redeem 5 euros off")
    await anna.says("redeem a tour of the roastery")
    assert (await anna.says("vouchers"))[-1] == "Give one back?"
    await anna.presses("5 euros off")
    rows = await cafe.rows("SELECT reward, state FROM voucher ORDER BY id")
    assert [(row["reward"], row["state"]) for row in rows] == [
        ("five", "cancelled"),
        ("tour", "reserved"),
    ]


@on("telegram", "simulator-text")
async def test_s20_what_the_bonus_account_lacks_is_said(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset("store-credit"))
    till = await cafe.colleague("Jana", Role.OWNER)
    anna = await cafe.member("Anna")
    code = await cafe.code_of(anna)
    assert await anna.says("rewards") == ["Rewards:\nPay from the bonus account: €1 more"]
    await till.says(f"sale {code} 10")
    assert await anna.says("rewards") == [
        "Rewards:\nPay from the bonus account: €1 more\n"
        "€0.50 on the bonus account from 2 April 2026"
    ]


@everywhere()
async def test_s21_a_colleague_takes_the_bonus_account_off_a_purchase(
    open_cafe: OpenCafe,
) -> None:
    _, till, anna, code = await opened(open_cafe)
    await till.says(code)
    await till.presses("From bonus account")
    assert (await till.says("25"))[0].split("\n")[0] == "€25 − €10 = €15 to pay"
    assert anna.sees()[-1] == "Bonus account: €25 − €10 = €15. Thank you for coming."
    # 10 % of the 15 euros that were paid.
    assert "Bonus account: €1.50" in (await anna.says("balance"))[0]


@on("telegram", "simulator-text")
async def test_s20_credit_is_shown_as_an_amount_and_paid_out(open_cafe: OpenCafe) -> None:
    cafe, till, anna, _ = await opened(open_cafe)
    assert await anna.says("redeem bonus account") == ["How much? From €2 to €10."]
    assert await anna.says("1.99") == ["Bonus account: from €2\nHow much? From €2 to €10."]
    [voucher] = await anna.says("4,20")
    code = await newest_voucher(cafe)
    assert voucher == f"Bonus account: €4.20. Show this at the till by 10:15. Code: {code}"
    await till.says(code)
    await till.presses("Confirm")
    assert (await till.presses("Pay it out"))[0].split("\n")[0] == "Pay out: €4.20"
    assert "Bonus account: €5.80" in (await anna.says("balance"))[0]


@everywhere()
async def test_s20_an_experience_is_answered_by_a_person(open_cafe: OpenCafe) -> None:
    _, till, anna, _ = await opened(open_cafe)
    assert await anna.says("redeem a tour of the roastery") == [
        "A tour of the roastery: we'll write to you here about it.\nBring warm clothes."
    ]
    asked = "Anna redeemed this and waits for a reply: A tour of the roastery"
    assert till.sees() == [asked]
    assert await till.says("questions") == [asked]
    await till.presses("Answer 1")
    assert await till.says("Saturday at ten?") == ["Sent."]
    assert anna.sees() == ["Hora Deli: Saturday at ten?"]
    assert await anna.says("vouchers") == ["You have no open voucher. Choose a reward to get one."]


@on("telegram", "simulator-text")
async def test_s20_a_donation_is_asked_about_and_added_up(open_cafe: OpenCafe) -> None:
    cafe, _, anna, _ = await opened(open_cafe)
    await anna.says("redeem help the dogs")
    assert await anna.says("5") == ["Given: €5. Thank you.\nDog shelter: €5 given together so far"]
    eva = await cafe.member("Eva")
    await eva.says("redeem help the dogs")
    await eva.says("2")
    assert "Dog shelter: €7 given together so far" in (await anna.says("rewards"))[0].split("\n")
    lines = (await eva.says("history"))[0].split("\n")
    assert lines[1:3] == [
        "2 March 2026 · €2 for Dog shelter · donated",
        "2 March 2026 · −20 points · redeemed",
    ]


@on("telegram", "simulator-text")
async def test_s20_a_single_donation_is_not_given_by_a_slip(open_cafe: OpenCafe) -> None:
    once = EVERY_KIND.replace(
        'amount = 1\npoints = 10\nchoose = true\n\n[[rewards]]\ncode = "bonus"',
        'amount = 1\npoints = 10\n\n[[rewards]]\ncode = "bonus"',
    )
    cafe = await open_cafe(preset("points-shop", more=once))
    anna = await cafe.member("Anna")
    async with cafe.nothing_changes():
        assert await anna.says("redeem help the dogs") == ["Dog shelter: give €1 now?"]
        assert anna.buttons == ["Give", "Keep it"]
        await anna.presses("Keep it")
    await anna.says("redeem help the dogs")
    assert (await anna.presses("Give"))[0].startswith("Given: €1. Thank you.")


@on("telegram", "simulator-text")
async def test_s20_why_a_reward_can_not_be_had_is_said(open_cafe: OpenCafe) -> None:
    cafe, till, anna, code = await opened(open_cafe)
    shown = (await anna.says("rewards"))[0].split("\n")
    assert shown[4:6] == ["5 euros off: ready, for 50 points", "On purchases from €20"]
    assert shown[-2:] == ["Ice cream: from 1 June 2026", "Picnic hamper: 100 more points"]
    assert "Ice cream" not in anna.buttons
    await anna.says("redeem a mug")
    eva = await cafe.member("Eva")
    assert "A mug: none left" in (await eva.says("rewards"))[0].split("\n")
    await anna.says("redeem harbour cake")
    assert await till.says(f"use {await newest_voucher(cafe)}") == ["Harbour cake: only at Harbour"]
    await till.says(code)
    await till.presses("Give reward")
    assert "A mug" not in till.buttons


class TestPresents:
    """A reward is given to a friend, who joins for it."""

    @everywhere()
    async def test_s20_a_friend_joins_and_has_it(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(GIVEN)
        till, anna = await cafe.colleague(), await cafe.member("Anna")
        await till.says(f"stamp {await cafe.code_of(anna)} 10")
        await anna.says("rewards")
        forward, explained = await anna.presses("Give to a friend")
        assert forward.startswith(f"Kavárna Lípa: a present, {COFFEE}. ")
        assert explained == (
            "Forward the message above. If nobody takes it by 16 March 2026, it comes back to you."
        )
        assert anna.buttons == ["Take it back", "Menu"]
        link = forward[forward.index("g_") :]

        eva = cafe.guest("Eva")
        assert (await eva.opens(link))[0].startswith(
            "A present is waiting for you. Join, and it's yours."
        )
        await eva.presses("Join")
        await cafe.introduces(eva)
        said = "\n".join(eva.sees())
        assert f"The present is on your card until 31 May 2026: {COFFEE}" in said
        assert anna.sees() == [f"Your present was taken: {COFFEE}"]
        assert await anna.opens(link) == ["This is your own present: send it to somebody else."]

    @on("telegram", "simulator-text")
    async def test_s20_it_is_taken_back(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(GIVEN)
        till, anna = await cafe.colleague(), await cafe.member("Anna")
        await till.says(f"stamp {await cafe.code_of(anna)} 10")
        await anna.says("rewards")
        forward, _ = await anna.presses("Give to a friend")
        assert await anna.says("vouchers") == [f"A present, waiting until 16 March 2026: {COFFEE}"]
        assert await anna.presses("Take it back") == [f"Given back: {COFFEE}. Nothing was lost."]
        eva = await cafe.member("Eva")
        assert await eva.opens(forward[forward.index("g_") :]) == [
            "This present is over: it went back to the person who sent it."
        ]

    @on("telegram", "simulator-text")
    async def test_s20_nobody_came_for_it(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe(GIVEN)
        till, anna = await cafe.colleague(), await cafe.member("Anna")
        await till.says(f"stamp {await cafe.code_of(anna)} 10")
        await anna.says("rewards")
        await anna.presses("Give to a friend")
        await cafe.passes(days=14)
        assert anna.sees()[0] == (
            f"Nobody came for your present: {COFFEE}. It is back on your card."
        )


@on("sms")
async def test_s20_over_sms_a_present_is_a_code_to_send(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(GIVEN)
    till, anna = await cafe.colleague(), await cafe.member("Anna")
    await till.says(f"stamp {await cafe.code_of(anna)} 10")
    await anna.says("rewards")
    forward, _ = await anna.presses("Give to a friend")
    code = forward[forward.index("g_") :]
    assert forward == (
        f"Kavarna Lipa: a present, {COFFEE}. Send us this code by 16 Mar 2026: {code}"
    )
    eva = await cafe.member("Eva")
    assert await eva.says(code) == [f"The present is on your card until 31 May 2026: {COFFEE}"]
