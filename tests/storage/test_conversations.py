"""S32, S33: conversations that we begin, and addresses that take no more messages."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.messages import Address
from bot.services.unit_of_work import Work
from bot.storage import conversations
from bot.storage.conversations import Conversation
from tests.services.shop import DAY, MINUTE, NOW, Shop

NUMBER = "+420777000111"
SMS, WHATSAPP = Address("sms", NUMBER), Address("whatsapp", NUMBER)


class Chats:
    """What is done in conversations, each act a transaction of its own."""

    def __init__(self, work: Work) -> None:
        self.work = work

    async def writes(self, address: Address = SMS, after: Any = 0 * DAY) -> Conversation:
        """The owner of an address writes to us."""
        async with self.work.unit_of_work() as uow:
            return await conversations.enter(uow.tx, address, "phone", "cs", NOW + after)

    async def opens(self, address: Address = SMS) -> Conversation:
        """We write to an address first, or again."""
        async with self.work.unit_of_work() as uow:
            return await conversations.open(uow.tx, address, "phone", "en", NOW)

    async def does(self, act: str, chat: Conversation) -> None:
        """Note something of a conversation."""
        async with self.work.unit_of_work() as uow:
            moment = () if act == "opt_in" else (NOW,)
            await getattr(conversations, act)(uow.tx, chat.id, *moment)

    async def is_opted_out(self, chat: Conversation) -> bool:
        async with self.work.reading() as reader:
            return await conversations.opted_out(reader, chat.id)

    async def proven(self) -> bool:
        """Whether somebody has shown that the number is theirs."""
        async with self.work.reading() as reader:
            (identity,) = await reader.rows("SELECT proven_at FROM identity")
        return identity["proven_at"] is not None

    async def joins(self, chat: Conversation) -> int:
        """Make the person a member."""
        return (await Shop(self.work).member(chat=chat)).id

    async def reached(self, member_id: int) -> list[str]:
        """The channels on which a member can be written to, in the order they are tried."""
        async with self.work.reading() as reader:
            return [name for _, name in await conversations.of_member(reader, member_id)]


@pytest.fixture
def chats(work: Work) -> Chats:
    return Chats(work)


async def test_s33_where_we_wrote_first_we_say_nothing_more_until_they_answer(
    chats: Chats,
) -> None:
    begun = await chats.opens()
    assert (begun.address, begun.language) == (SMS, "en")
    member = await chats.joins(begun)
    assert await chats.reached(member) == []
    answered = await chats.writes()
    # It is the same conversation, in the language it was begun in.
    assert (answered.id, answered.language, answered.member_id) == (begun.id, "en", member)
    assert await chats.reached(member) == ["sms"]


async def test_s12_a_number_is_proven_by_its_owner_and_not_by_our_writing(chats: Chats) -> None:
    await chats.opens()
    assert not await chats.proven()
    await chats.writes()
    assert await chats.proven()


async def test_beginning_a_conversation_that_is_there_changes_nothing(chats: Chats) -> None:
    known = await chats.writes()
    member = await chats.joins(known)
    await chats.does("block", known)
    assert (await chats.opens()).id == known.id
    assert await chats.reached(member) == []


async def test_s12_an_address_that_can_be_written_in_two_ways_is_one_person(chats: Chats) -> None:
    old, new = "+5215512345678", "+525512345678"
    async with chats.work.unit_of_work() as uow:
        text = await conversations.enter(uow.tx, Address("sms", new), "phone", "es", NOW)
        said = await conversations.enter(
            uow.tx, Address("whatsapp", old), "phone", "es", NOW, identity=new
        )
        begun = await conversations.open(
            uow.tx, Address("whatsapp", new), "phone", "es", NOW, identity=new
        )
    assert text.identity_id == said.identity_id == begun.identity_id
    assert [c.address.value for c in (text, said, begun)] == [new, old, new]


async def test_s32_blocked_until_its_owner_writes_again(chats: Chats) -> None:
    chat = await chats.writes()
    member = await chats.joins(chat)
    await chats.does("block", chat)
    assert await chats.reached(member) == []
    await chats.writes(after=MINUTE)
    assert await chats.reached(member) == ["sms"]


async def test_s32_opted_out_until_the_network_hears_a_start_word(chats: Chats) -> None:
    chat = await chats.writes()
    member = await chats.joins(chat)
    await chats.does("opt_out", chat)
    await chats.writes(after=MINUTE)
    assert (await chats.reached(member), await chats.is_opted_out(chat)) == ([], True)
    await chats.does("opt_in", chat)
    assert (await chats.reached(member), await chats.is_opted_out(chat)) == (["sms"], False)


async def test_s33a_the_conversation_used_last_comes_first(chats: Chats) -> None:
    member = await chats.joins(await chats.writes(SMS))
    other = await chats.writes(WHATSAPP, MINUTE)
    assert await chats.reached(member) == ["whatsapp", "sms"]
    await chats.writes(SMS, 2 * MINUTE)
    assert await chats.reached(member) == ["sms", "whatsapp"]
    # One that is dead is passed over.
    await chats.does("block", await chats.writes(SMS, 2 * MINUTE))
    assert await chats.reached(member) == [other.address.channel]
