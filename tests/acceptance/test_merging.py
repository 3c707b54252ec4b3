"""S12: one person on an app and over SMS, whose cards become one when they prove their number."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe
from tests.acceptance.two_channels import texter
from tests.chat import OnSms, Person

COFFEE = "Coffee of your choice"
MENU = ["Card", "Balance", "Rewards", "Redeem", "More"]
ASK_PHONE = ('phone = "off" ', 'phone = "ask" ')
OFFER = "This number already has a card: 7 of 10 stamps. Join both into one?"


def asks(number: str) -> str:
    return f"We've texted six digits to {number}. Write them here within 10 minutes."


async def texts_and_chats(
    shop: Cafe, by_sms: int = 7, in_app: int = 5
) -> tuple[OnSms, Person, Person]:
    """Anna by SMS, Anna in the app, each with a card of her own; and a colleague."""
    till = await shop.colleague()
    sms = texter(shop)
    for words in ("JOIN", "1", "Anna", "2"):
        await sms.says(words)
    await shop.passes(seconds=1)
    app = await shop.member("Anna")
    codes = [row["code"] for row in await shop.rows("SELECT code FROM member ORDER BY id")]
    for code, stamps in zip(codes, (by_sms, in_app), strict=True):
        if stamps:
            await till.says(f"/stamp {code} {stamps}")
    return sms, app, till


async def code_sent_to(app: Person, sms: OnSms) -> str:
    """Ask in the app for a code to a number; the code its owner reads there."""
    await app.says("settings")
    await app.presses("My number")
    assert await app.says(sms.phone) == [asks(sms.phone)]
    [text] = sms.sees()
    assert sms.buttons == []
    found = re.fullmatch(
        r"Kavarna Lipa: your code is (\d{6})\. None of us will ask you for it\.", text
    )
    assert found, text
    return found[1]


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"], indirect=True)
async def test_two_cards_of_one_person_become_one(shop: Cafe) -> None:
    sms, app, till = await texts_and_chats(shop)
    code = await code_sent_to(app, sms)
    assert app.buttons == ["New code", "Cancel"]

    async with shop.nothing_changes():
        assert await app.says(f"{code[:3]} {code[3:]}") == [OFFER]
    assert app.buttons == ["Join them", "No"]
    assert await app.presses("Join them") == [
        f"Both are one card now.\n2 of 10 stamps\nReward ready: {COFFEE}"
    ]
    assert app.buttons == MENU
    assert sms.sees() == []

    # Both phones show the same card, and both codes open it at the till.
    [balance] = await sms.says("balance")
    assert balance.startswith("2 of 10 stamps\n")
    elder, other = [row["code"] for row in await shop.rows("SELECT code FROM member ORDER BY id")]
    assert await shop.code_of(app) == elder
    panel = f"Anna · {elder}\n2 of 10 stamps\nReward ready: {COFFEE}\nLast here today at 10:00"
    for reference in (elder, other, sms.phone):
        assert await till.says(reference) == [panel]
    assert await till.says("find anna") == [panel]
    for phone in (sms, app):
        assert await till.scans(await shop.card_of(phone)) == [panel]

    assert (await app.says("history"))[0].split("\n")[1:] == [
        f"2 March 2026 · +1 × {COFFEE} · for a full card",
        "2 March 2026 · −10 stamps · card full",
        "2 March 2026 · +5 stamps · visit",
        "2 March 2026 · +7 stamps · visit",
    ]
    # News go to the phone that was used last.
    await shop.passes(days=1)
    await app.says("menu")
    await till.says(f"/stamp {other} 8")
    assert app.sees() == [
        f"+8 stamps. 10 of 10.\nYour card is full, this is on us until 31 May 2026: {COFFEE}"
    ]


async def test_a_number_the_app_vouches_for_needs_no_code(shop: Cafe) -> None:
    sms, app, _ = await texts_and_chats(shop)
    await app.says("settings")
    await app.presses("My number")
    assert await app.shares_contact(sms.phone) == [OFFER]
    assert await app.says("yes") == [
        f"Both are one card now.\n2 of 10 stamps\nReward ready: {COFFEE}"
    ]
    assert sms.sees() == []


async def test_no_leaves_both_as_they_are(shop: Cafe) -> None:
    sms, app, _ = await texts_and_chats(shop)
    await app.says("settings")
    await app.presses("My number")
    async with shop.nothing_changes():
        await app.shares_contact(sms.phone)
        offer = app.message
        assert await app.presses("No") == ["All right, nothing was changed."]
        assert app.buttons == MENU
        [stale] = await app.presses("Join them", offer)
        assert stale == "5 of 10 stamps"
    assert (await sms.says("balance"))[0].startswith("7 of 10 stamps")


async def test_a_proof_lasts_some_minutes(shop: Cafe) -> None:
    sms, app, _ = await texts_and_chats(shop)
    await app.says("settings")
    await app.presses("My number")
    await app.shares_contact(sms.phone)
    await shop.passes(minutes=10)
    async with shop.nothing_changes():
        [shown] = await app.presses("Join them")
        assert shown.startswith("Too much time has passed, so please prove the number once more.\n")
        assert app.buttons == ["Share my number", "Cancel"]


async def test_a_voucher_that_is_open_meanwhile_is_still_confirmed(shop: Cafe) -> None:
    sms, app, till = await texts_and_chats(shop, by_sms=3, in_app=10)
    await app.presses("Redeem now")
    voucher = app.picture
    await app.says("settings")
    await app.presses("My number")
    await app.shares_contact(sms.phone)
    assert await app.presses("Join them") == ["Both are one card now.\n3 of 10 stamps"]
    await till.scans(voucher)
    assert (await till.presses("Confirm"))[0].startswith(f"Handed over: {COFFEE}. Anna\n")
    assert app.sees() == [f"Handed over: {COFFEE}. Thank you for coming."]


async def test_pressing_twice_and_from_both_sides_joins_once(shop: Cafe) -> None:
    sms, app, _ = await texts_and_chats(shop)
    second = await shop.member("Anna")
    for person in (app, second):
        await person.says("settings")
        await person.presses("My number")
        await person.shares_contact(sms.phone)
    offer = app.message
    await app.presses("Join them", times=3)
    await app.presses("Join them", offer)
    await second.presses("Join them")
    for person in (app, second, sms):
        assert (await person.says("balance"))[0].startswith("2 of 10 stamps")
    assert await shop.rows("SELECT COUNT(*) AS merges FROM operation WHERE kind = 'merge'") == [
        {"merges": 2}
    ]


async def test_undo_of_a_stamp_before_says_why_not(shop: Cafe) -> None:
    sms, app, till = await texts_and_chats(shop)
    await app.says("settings")
    await app.presses("My number")
    await app.shares_contact(sms.phone)
    await app.presses("Join them")
    async with shop.nothing_changes():
        assert await till.says("undo") == [
            "This card was joined with another since, so it can't be undone. "
            "A manager can correct it."
        ]


# Codes


async def test_s32_a_wrong_code_can_be_tried_five_times(shop: Cafe) -> None:
    sms, app, _ = await texts_and_chats(shop)
    code = await code_sent_to(app, sms)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    again = asks(sms.phone)
    async with shop.nothing_changes():
        assert await app.says("what is my number?") == [f"A code is six digits.\n{again}"]
        assert await app.says(wrong) == [f"That isn't the code. 4 tries left.\n{again}"]
        for _ in range(3):
            await app.says(wrong)
        [shown] = await app.says(wrong)
        assert shown.startswith("That wasn't the code either, so it no longer works.\n")
        assert app.buttons == ["Share my number", "Cancel"]
        # By now it reads like a number, and is none.
        assert (await app.says(code))[0].startswith("This isn't a valid phone number.")


async def test_s32_another_code_is_sent_and_at_last_no_more(shop: Cafe) -> None:
    sms, app, _ = await texts_and_chats(shop)
    first = await code_sent_to(app, sms)
    for _ in range(2):
        assert await app.presses("New code") == [asks(sms.phone)]
        assert len(sms.sees()) == 1
    newest = sms.sees()[0].split("code is ")[1][:6]
    assert await app.presses("New code") == [
        "This number got 3 codes in a day, that is the most. Please try again tomorrow.\n"
        f"{asks(sms.phone)}"
    ]
    assert sms.sees() == []
    if first != newest:
        assert (await app.says(first))[0].startswith("That isn't the code.")
    assert await app.says(newest) == [OFFER]


async def test_a_code_can_be_left(shop: Cafe) -> None:
    sms, app, _ = await texts_and_chats(shop)
    code = await code_sent_to(app, sms)
    assert await app.presses("Cancel") == ["5 of 10 stamps"]
    async with shop.nothing_changes():
        assert await app.says(code) == ["I didn't get that. Choose below, or type HELP."]


async def test_a_free_number_becomes_the_members_by_its_code(shop: Cafe) -> None:
    till = await shop.colleague()
    sms, app = texter(shop), await shop.member("Anna")
    code = await code_sent_to(app, sms)
    assert await app.says(code) == ["Your number is linked to your card."]
    assert (await till.says(sms.phone))[0].startswith("Anna · ")
    # Whoever texts from it is the same member, and nothing was sent there before they did.
    await till.presses("+1")
    assert (app.sees(), sms.sees()) == (["+1 stamp. 1 of 10."], [])
    assert (await sms.says("balance"))[0].startswith("1 of 10 stamps")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("12", "This isn't a valid phone number. Write it like +420 777 123 456."),
        (
            "+48 512 345 678",
            "We can't send codes to numbers of that country. Our staff can help you.",
        ),
    ],
)
async def test_s32_what_gets_no_code_is_told_why(shop: Cafe, typed: str, answer: str) -> None:
    app = await shop.member("Anna")
    await app.says("settings")
    await app.presses("My number")
    async with shop.nothing_changes():
        [shown] = await app.says(typed)
    assert shown.split("\n")[0] == answer
    assert app.buttons == ["Share my number", "Cancel"]


async def test_s32_a_number_that_stopped_our_texts_gets_no_code(shop: Cafe) -> None:
    sms, app, _ = await texts_and_chats(shop)
    await sms.says("STOP")
    await app.says("settings")
    await app.presses("My number")
    [shown] = await app.says(sms.phone)
    assert shown.startswith(
        "That number has stopped our texts. A text with START from it turns them on again.\n"
    )
    assert sms.sees() == []


async def test_over_sms_the_own_number_is_known_already(shop: Cafe) -> None:
    sms, _, _ = await texts_and_chats(shop)
    await sms.says("settings")
    assert sms.buttons == ["Language", "Name", "Messages", "Birthday", "Menu"]


# While joining


async def test_a_typed_number_is_proven_by_a_code_while_joining(open_both: OpenCafe) -> None:
    shop = await open_both(preset("cafe-stamps", ASK_PHONE))
    till = await shop.colleague()
    sms, anna = texter(shop), shop.guest("Anna")
    await till.says(f"enroll {sms.phone}")
    await till.presses("+2")
    await anna.opens("join")
    await anna.presses("Join")
    assert await anna.says(sms.phone) == [asks(sms.phone)]
    code = sms.sees()[0].split("code is ")[1][:6]
    # Meanwhile they may ask what this is, and are asked again.
    assert (await anna.says("help"))[0].endswith(asks(sms.phone))
    [card, _offers] = await anna.says(code)
    assert card == (
        "Welcome back. This card was started for you at the till: Anna\n"
        "2 of 10 stamps\nShow this card when you pay."
    )


async def test_a_number_linked_elsewhere_while_its_owner_joins_makes_no_second_card(
    shop: Cafe,
) -> None:
    sms, app = texter(shop), await shop.member("Anna")
    for words in ("JOIN", "1"):
        await sms.says(words)
    await app.says("settings")
    await app.presses("My number")
    assert await app.shares_contact(sms.phone) == ["Your number is linked to your card."]
    assert await sms.says("Anička") == ["You're already in, Anna.\n0 of 10 stamps"]
    assert await shop.rows("SELECT COUNT(*) AS n FROM member") == [{"n": 1}]


async def test_where_no_app_can_share_a_number_it_is_typed(open_both: OpenCafe) -> None:
    shop = await open_both(preset("cafe-stamps", ASK_PHONE), app="simulator-text")
    sms, anna = texter(shop), shop.guest("Anna")
    type_it = (
        "With your number we can find your card without your phone. Write it here and we'll text "
        "a code to it."
    )
    await anna.opens("join")
    await anna.presses("Join")
    assert await anna.says("Anna") == [type_it]
    assert anna.buttons == ["Skip"]
    # A slip in the number: back, and once more.
    await anna.says("777 000 009")
    assert await anna.presses("Cancel") == [type_it]
    await anna.says(sms.phone)
    code = sms.sees()[0].split("code is ")[1][:6]
    assert (await anna.says(code))[0].startswith("You're in, Anna.\n")
    await anna.presses("No, thanks")
    await anna.says("settings")
    assert await anna.presses("My number") == [type_it]
    assert anna.buttons == ["Cancel"]
    assert (await sms.says("balance"))[0].startswith("0 of 10 stamps")


async def test_who_joins_may_use_the_card_their_number_has(open_both: OpenCafe) -> None:
    shop = await open_both(preset("cafe-stamps", ASK_PHONE))
    sms, _app, _ = await texts_and_chats(shop)
    eve = shop.guest("Anna")
    await eve.opens("join")
    await eve.presses("Join")
    await eve.says(sms.phone)
    code = sms.sees()[0].split("code is ")[1][:6]
    assert await eve.says(code) == [
        "This number already has a card: 7 of 10 stamps. Use it here too?"
    ]
    assert eve.buttons == ["Use this card", "No"]
    assert (await eve.presses("Use this card"))[0] == (
        "Your card works here too now.\n7 of 10 stamps\nShow this card when you pay."
    )
    assert await shop.rows("SELECT COUNT(*) AS n FROM member") == [{"n": 2}]
