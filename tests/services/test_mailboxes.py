"""S12, S32: e-mail addresses are proven like numbers; their codes cost nothing, and are few."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.members import Consent
from bot.domain.messages import Reply
from bot.domain.wire import reply_from_json
from bot.services import joining, mailboxes, profiles, proving
from bot.services.linking import HasCard
from bot.services.proving import Wrong
from bot.services.results import Refused
from bot.storage import conversations, members
from bot.storage.conversations import Conversation
from tests.services.shop import DAY, NOW, Shop, cafe, values, why

ANNA = "anna@example.org"
HOUR = timedelta(hours=1)


@pytest.fixture
async def chat(shop: Shop) -> Conversation:
    return await shop.chat("anna")


async def asked(
    shop: Shop, chat: Conversation, address: str = ANNA, now: Any = NOW
) -> str | Refused:
    async with shop.uow() as uow:
        return await proving.mail_code(uow, chat, address, now)


async def answered(shop: Shop, chat: Conversation, typed: str, now: Any = NOW) -> str | Refused:
    async with shop.uow() as uow:
        return await proving.answer_code(uow, chat, typed, now, "email")


async def linked(shop: Shop, chat: Conversation, address: str = ANNA) -> int | HasCard:
    async with shop.uow() as uow:
        found = await conversations.get(uow.tx, chat.id)
        assert found is not None
        return await mailboxes.link(uow, found, address, NOW)


async def mails(shop: Shop, address: str = ANNA) -> list[Reply]:
    """What went to an address, oldest first."""
    async with shop.work.reading() as reader:
        rows = await reader.rows(
            "SELECT o.body_sealed FROM outbox o JOIN conversation c ON c.id = o.conversation_id "
            "WHERE c.channel = 'email' AND c.address_hash = $1 ORDER BY o.id",
            reader.vault.hash("address.email", address),
        )
        bodies = [reader.vault.open("outbox.body", row["body_sealed"]) for row in rows]
    return [reply_from_json(json.loads(body)) for body in bodies]


async def codes(shop: Shop, address: str = ANNA) -> list[str]:
    return [str(mail.phrases[0].values["code"]) for mail in await mails(shop, address)]


async def theirs(shop: Shop, member_id: int) -> list[str]:
    """A member's e-mail addresses."""
    async with shop.work.reading() as reader:
        found = await members.identities(reader, member_id)
    return [value for kind, value, _ in found if kind == "email"]


# What proves


async def test_s12_the_code_proves_the_address_it_went_to(shop: Shop, chat: Conversation) -> None:
    assert await asked(shop, chat, " Anna@Example.org ") == ANNA
    [code] = await codes(shop)
    assert (len(code), code.isdigit()) == (6, True)
    assert isinstance(await answered(shop, chat, f"{(int(code) + 1) % 1_000_000:06}"), Wrong)
    assert await answered(shop, chat, f"Your code is {code}.") == ANNA
    assert why(await answered(shop, chat, code)) == "code.ended"


async def test_s12_the_mail_says_what_it_is(shop: Shop, chat: Conversation) -> None:
    await asked(shop, chat)
    [mail] = await mails(shop)
    assert [phrase.key for phrase in mail.phrases] == ["email.code", "email.code_not_asked"]
    assert mail.subject is not None
    assert mail.subject.key == "email.subject.code"
    # Subjects are read on locked screens and kept in logs of servers on the way.
    assert "code" not in mail.subject.values


async def test_s12_a_mail_code_is_none_for_a_number(shop: Shop, chat: Conversation) -> None:
    await asked(shop, chat)
    [code] = await codes(shop)
    async with shop.uow() as uow:
        assert why(await proving.answer_code(uow, chat, code, NOW)) == "code.ended"
    async with shop.uow() as uow:
        await proving.send_code(uow, chat, "+420777123456", NOW)
    assert why(await answered(shop, chat, code)) == "code.ended"


# How many


async def test_s32_an_address_gets_few_a_day(shop: Shop, chat: Conversation) -> None:
    for hour in range(3):
        assert await asked(shop, chat, now=NOW + hour * HOUR) == ANNA
    other = await shop.chat("eve")
    refused = await asked(shop, other, now=NOW + 3 * HOUR)
    assert (why(refused), values(refused)["n"]) == ("email.address_limit", 3)
    assert await asked(shop, other, now=NOW + DAY) == ANNA


async def test_s32_a_person_asks_for_few_a_day(shop: Shop, chat: Conversation) -> None:
    for number in range(5):
        assert isinstance(await asked(shop, chat, f"a{number}@example.org"), str)
    assert why(await asked(shop, chat, "a6@example.org")) == "code.sender_limit"


async def test_s32_strangers_make_nobody_a_spammer(shop: Shop) -> None:
    await shop.work.adopt(f"{cafe()}\n[codes]\ncountry_an_hour = 3\n", NOW)
    for number in range(3):
        assert isinstance(await asked(shop, await shop.chat(), f"a{number}@example.org"), str)
    assert why(await asked(shop, await shop.chat(), "a9@example.org")) == "code.busy"
    assert await asked(shop, await shop.chat(), now=NOW + HOUR) == ANNA


async def test_s32_mail_is_not_paid_from_the_budget_of_texts(
    shop: Shop, chat: Conversation
) -> None:
    await shop.work.adopt(f"{cafe()}\n[codes]\na_month = 1\n", NOW)
    assert await asked(shop, chat) == ANNA
    assert await asked(shop, chat, "nova@example.org") == "nova@example.org"
    async with shop.uow() as uow:
        assert await proving.send_code(uow, chat, "+420777123456", NOW) == "+420777123456"


async def test_s32_a_dead_address_is_tried_again_when_its_owner_asks(
    shop: Shop, chat: Conversation
) -> None:
    await asked(shop, chat)
    async with shop.uow() as uow:
        row = await uow.tx.row("SELECT id FROM conversation WHERE channel = 'email'")
        assert row is not None
        await conversations.block(uow.tx, row["id"], NOW)
    await asked(shop, chat, now=NOW + DAY)
    async with shop.work.reading() as reader:
        rows = await reader.rows("SELECT blocked_at FROM conversation WHERE channel = 'email'")
    assert [row["blocked_at"] for row in rows] == [None]


# Whose it is


async def test_s12_a_member_has_one_address(shop: Shop, chat: Conversation) -> None:
    anna = await shop.member(chat=chat)
    for address in (ANNA, "nova@example.org", ANNA):
        assert await linked(shop, chat, address) == anna.id
        assert await theirs(shop, anna.id) == [address]


async def test_s12_an_address_of_another_card_stays_there(shop: Shop, chat: Conversation) -> None:
    anna = await shop.member(chat=chat)
    await linked(shop, chat)
    theirs_too = await shop.chat("eve")
    eve = await shop.member("Eve", theirs_too)
    found = await linked(shop, theirs_too)
    assert isinstance(found, HasCard)
    assert found.member.id == anna.id
    assert (await theirs(shop, anna.id), await theirs(shop, eve.id)) == ([ANNA], [])


async def test_s33_offers_are_asked_about_anew_after_a_removal_and_not_after_a_no(
    shop: Shop, chat: Conversation
) -> None:
    anna = await shop.member(chat=chat)

    async def undecided() -> bool:
        async with shop.uow() as uow:
            return await mailboxes.undecided(uow, anna.id)

    async def decides(granted: bool) -> None:
        async with shop.uow() as uow:
            await joining.decide_marketing(uow, anna.id, "email", granted, "email.marketing", NOW)

    assert await undecided()
    await linked(shop, chat)
    await decides(True)
    assert not await undecided()
    async with shop.uow() as uow:
        await mailboxes.remove(uow, anna, NOW)
    assert await undecided()
    assert await theirs(shop, anna.id) == []
    await decides(False)
    async with shop.uow() as uow:
        await mailboxes.remove(uow, anna, NOW)
    # They had said no, and nobody takes a removal for anything else.
    assert not await undecided()


async def test_mail_is_in_the_language_its_reader_chose(shop: Shop, chat: Conversation) -> None:
    anna = await shop.member(chat=chat)
    await asked(shop, chat)
    await linked(shop, chat)
    async with shop.uow() as uow:
        await profiles.set_language(uow, anna.id, "cs")
    async with shop.work.reading() as reader:
        rows = await reader.rows("SELECT channel, language FROM conversation ORDER BY channel")
    # In a chat the language is what is spoken there.
    assert [(row["channel"], row["language"]) for row in rows] == [
        ("email", "cs"),
        ("telegram", "en"),
    ]


async def test_s33_an_import_brings_an_address_with_its_consent(
    shop: Shop, chat: Conversation
) -> None:
    """What is known of an address that nobody proved is what the file says."""
    anna = await shop.member(chat=chat)
    async with shop.uow() as uow:
        await members.attach(uow.tx, anna.id, "email", ANNA, proven=False, now=NOW)
        given = Consent("email", "marketing", True, "import", "", "paper form", NOW)
        await members.add_consent(uow.tx, anna.id, given)
        assert await mailboxes.of(uow, anna.id) == ANNA
        assert not await mailboxes.undecided(uow, anna.id)
