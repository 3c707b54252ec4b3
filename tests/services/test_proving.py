"""S12, S32: a number is proven by a code sent to it; strangers neither learn nor cost much."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.messages import Phrase
from bot.domain.wire import reply_from_json
from bot.services import joining, linking, proving
from bot.services.linking import HasCard
from bot.services.proving import Wrong
from bot.services.results import Refused
from bot.storage import conversations
from bot.storage.conversations import Conversation
from tests.services.shop import DAY, MINUTE, NOW, Shop, cafe, values, why

PHONE = "+420777123456"
INSTANT = timedelta(microseconds=1)


@pytest.fixture
async def chat(shop: Shop) -> Conversation:
    return await shop.chat("anna")


async def asked(
    shop: Shop, chat: Conversation, number: str = PHONE, now: Any = NOW
) -> str | Refused:
    async with shop.uow() as uow:
        return await proving.send_code(uow, chat, number, now)


async def answered(shop: Shop, chat: Conversation, typed: str, now: Any = NOW) -> str | Refused:
    async with shop.uow() as uow:
        return await proving.answer_code(uow, chat, typed, now)


async def codes(shop: Shop, number: str = PHONE) -> list[str]:
    """The codes that went to a number over SMS, oldest first."""
    return [str(said.values["code"]) for said in await texts(shop, number)]


async def texts(shop: Shop, number: str = PHONE) -> list[Phrase]:
    async with shop.work.reading() as reader:
        rows = await reader.rows(
            "SELECT o.body_sealed, o.class FROM outbox o JOIN conversation c "
            "ON c.id = o.conversation_id WHERE c.channel = 'sms' AND c.address_hash = $1 "
            "ORDER BY o.id",
            reader.vault.hash("address.sms", number),
        )
        bodies = [reader.vault.open("outbox.body", row["body_sealed"]) for row in rows]
    assert {row["class"] for row in rows} <= {"transactional"}
    return [phrase for body in bodies for phrase in reply_from_json(json.loads(body)).phrases]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


# What proves


@pytest.mark.parametrize(
    "typed",
    [
        "{}",
        " {} ",
        "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}",
        "{0[0]}{0[1]}-{0[2]}{0[3]}-{0[4]}{0[5]}",
        "Your code is {}.",
    ],
)
async def test_s12_the_code_proves_the_number_it_went_to(
    shop: Shop, chat: Conversation, typed: str
) -> None:
    assert await asked(shop, chat, "777 123 456") == PHONE
    [code] = await codes(shop)
    assert (len(code), code.isdigit()) == (6, True)
    assert await answered(shop, chat, typed.format(code)) == PHONE


async def test_s12_the_code_names_the_shop(shop: Shop, chat: Conversation) -> None:
    await asked(shop, chat)
    [said] = await texts(shop)
    programme = await shop.work.programme()
    assert (said.key, said.values["shop"]) == ("code.sms", programme.shop.name)


async def test_s12_a_code_works_once(shop: Shop, chat: Conversation) -> None:
    await asked(shop, chat)
    [code] = await codes(shop)
    await answered(shop, chat, code)
    assert why(await answered(shop, chat, code)) == "code.ended"


async def test_s12_a_code_works_where_it_was_asked_for_alone(
    shop: Shop, chat: Conversation
) -> None:
    eve = await shop.chat("eve")
    await asked(shop, chat)
    [code] = await codes(shop)
    assert why(await answered(shop, eve, code)) == "code.ended"
    await asked(shop, eve)
    assert isinstance(await answered(shop, eve, code), Wrong)


async def test_s12_a_code_ends_after_ten_minutes(shop: Shop, chat: Conversation) -> None:
    await asked(shop, chat)
    [code] = await codes(shop)
    assert why(await answered(shop, chat, code, NOW + 10 * MINUTE)) == "code.ended"
    assert await answered(shop, chat, code, NOW + 10 * MINUTE - INSTANT) == PHONE


async def test_s12_of_several_codes_the_newest_counts(shop: Shop, chat: Conversation) -> None:
    for number in (PHONE, PHONE, "+420777123457"):
        await asked(shop, chat, number)
    first, second = await codes(shop)
    [newest] = await codes(shop, "+420777123457")
    for code in {first, second} - {newest}:
        assert isinstance(await answered(shop, chat, code), Wrong)
    assert await answered(shop, chat, newest) == "+420777123457"
    assert why(await answered(shop, chat, second)) == "code.ended"


async def test_s32_five_tries_and_no_more(shop: Shop, chat: Conversation) -> None:
    await asked(shop, chat)
    [code] = await codes(shop)
    for left in (4, 3, 2, 1):
        refused = await answered(shop, chat, wrong(code))
        assert isinstance(refused, Wrong)
        assert (why(refused), values(refused)) == ("code.wrong", {"n": left})
    assert why(await answered(shop, chat, wrong(code))) == "code.too_many"
    assert why(await answered(shop, chat, code)) == "code.ended"


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "what?", "123456 654321", "１２３４５６"]
)
async def test_what_is_no_code_costs_no_try(shop: Shop, chat: Conversation, typed: str) -> None:
    await asked(shop, chat)
    for _ in range(6):
        assert why(await answered(shop, chat, typed)) == "code.unreadable"
    [code] = await codes(shop)
    assert await answered(shop, chat, code) == PHONE


async def test_s36_a_code_is_nowhere_in_clear(shop: Shop, chat: Conversation) -> None:
    await asked(shop, chat)
    [code] = await codes(shop)
    async with shop.work.reading() as reader:
        rows = [
            *await reader.rows("SELECT * FROM proof"),
            *await reader.rows("SELECT * FROM outbox"),
        ]
    assert rows
    assert not [row for row in rows if code in repr(row) or "777123456" in repr(row)]


# What it costs


async def refusals(shop: Shop, chat: Conversation, number: str, now: Any) -> str | None:
    result = await asked(shop, chat, number, now)
    return result.why.key if isinstance(result, Refused) else None


async def test_s32_three_codes_to_a_number_a_day(shop: Shop) -> None:
    chats = [await shop.chat(f"eve {number}") for number in range(4)]
    sent = [await refusals(shop, chat, PHONE, NOW) for chat in chats]
    assert sent == [None, None, None, "code.number_limit"]
    refused = await asked(shop, chats[3], PHONE, NOW + DAY - INSTANT)
    assert (why(refused), values(refused)) == ("code.number_limit", {"n": 3})
    assert await asked(shop, chats[3], PHONE, NOW + DAY) == PHONE


async def test_s32_five_codes_asked_for_in_a_chat_a_day(shop: Shop, chat: Conversation) -> None:
    numbers = [f"+42077712345{number}" for number in range(6)]
    sent = [await refusals(shop, chat, number, NOW) for number in numbers]
    assert sent == [None] * 5 + ["code.sender_limit"]
    assert await asked(shop, chat, numbers[5], NOW + DAY) == numbers[5]


async def test_s32_so_many_codes_to_a_country_an_hour_and_in_a_month(shop: Shop) -> None:
    limits = "[codes]\ncountry_an_hour = 2\na_month = 3\n\n[[rewards]]"
    await shop.work.adopt(cafe(("[[rewards]]", limits)), NOW)

    async def sent(number: int, now: Any) -> str | None:
        chat = await shop.chat(f"eve {number}")
        return await refusals(shop, chat, f"+42077712345{number}", now)

    hour = timedelta(hours=1)
    assert [await sent(n, NOW) for n in range(3)] == [None, None, "code.busy"]
    assert await sent(3, NOW + hour) is None
    assert await sent(4, NOW + 2 * hour) == "code.budget"
    assert await sent(5, NOW + 30 * DAY) is None


async def test_s32_codes_go_to_the_shops_country_or_those_it_names(
    shop: Shop, chat: Conversation
) -> None:
    assert why(await asked(shop, chat, "+48512345678")) == "code.country"
    named = '[codes]\ncountries = ["PL"]\n\n[[rewards]]'
    await shop.work.adopt(cafe(("[[rewards]]", named)), NOW)
    assert await asked(shop, chat, "+48512345678") == "+48512345678"
    assert why(await asked(shop, chat, PHONE)) == "code.country"


@pytest.mark.parametrize("typed", ["", "abc", "12", "+420 1", "9" * 500])
async def test_s39_what_is_no_number_gets_no_code(
    shop: Shop, chat: Conversation, typed: str
) -> None:
    assert why(await asked(shop, chat, typed)) == "phone.invalid"
    assert await shop.count("proof") == 0


async def test_s32_a_number_that_told_the_network_to_stop_gets_none_and_is_told_why(
    shop: Shop, chat: Conversation
) -> None:
    theirs = await shop.chat(PHONE, channel="sms")
    async with shop.uow() as uow:
        await conversations.opt_out(uow.tx, theirs.id, NOW)
    assert why(await asked(shop, chat)) == "code.stopped"
    assert (await codes(shop), await shop.count("proof")) == ([], 0)


async def test_s32_limits_hold_for_many_who_ask_at_once(shop: Shop) -> None:
    chats = [await shop.chat(f"eve {number}") for number in range(20)]
    sent = await asyncio.gather(*(refusals(shop, chat, PHONE, NOW) for chat in chats))
    assert sent.count(None) == 3
    assert len(await codes(shop)) == 3


async def test_s38_asking_says_the_same_whether_or_not_a_number_has_a_card(
    shop: Shop, chat: Conversation
) -> None:
    bara = await shop.colleague()
    async with shop.uow() as uow:
        await joining.enrol(uow, PHONE, bara, shop.key(), NOW)
    member, free = PHONE, "+420777123457"
    asked_for = [await asked(shop, chat, number) for number in (member, free)]
    assert asked_for == [member, free]
    told = [[said.key for said in await texts(shop, number)] for number in (member, free)]
    assert told == [["code.sms"], ["code.sms"]]


# What follows


async def test_s12_a_proven_number_of_another_card_is_offered_and_changes_nothing(
    shop: Shop, chat: Conversation
) -> None:
    anna = await shop.member(chat=chat)
    other = await shop.member(chat=await shop.chat(PHONE, channel="sms"))
    chat = await shop.chat("anna")
    for _ in range(2):
        async with shop.uow() as uow:
            assert await linking.prove_phone(uow, chat, PHONE, NOW) == HasCard(other)
    async with shop.uow() as uow:
        assert await linking.prove_phone(uow, chat, PHONE, NOW, joins=True) == anna.id
    assert (await shop.chat(PHONE, channel="sms")).member_id == anna.id


async def test_s12_a_free_number_becomes_the_members(shop: Shop, chat: Conversation) -> None:
    async with shop.uow() as uow:
        assert await linking.prove_phone(uow, chat, PHONE, NOW) is None
    anna = await shop.member(chat=chat)
    chat = await shop.chat("anna")
    async with shop.uow() as uow:
        assert await linking.prove_phone(uow, chat, PHONE, NOW) == anna.id
    # Over SMS nothing is sent there until they write.
    await asked(shop, await shop.chat("eve"))
    async with shop.work.reading() as reader:
        assert [channel for _, channel in await conversations.of_member(reader, anna.id)] == [
            "telegram"
        ]
