"""S22, S33a: what members hear unasked, and where."""

from __future__ import annotations

import pytest

from bot.domain.members import Member, Staff
from bot.services.unit_of_work import Work
from bot.storage import conversations
from bot.storage.conversations import Conversation
from tests.services.shop import MINUTE, NOW, Shop, cafe

RECEIPTS = "[sms]\nreceipts = true\n"


@pytest.fixture
async def jana(shop: Shop) -> Staff:
    return await shop.colleague("Jana")


@pytest.fixture
async def chat(shop: Shop) -> Conversation:
    """Where Anna texts from."""
    return await shop.chat("+420777000111", channel="sms")


@pytest.fixture
async def anna(shop: Shop, chat: Conversation) -> Member:
    return await shop.member(chat=chat)


async def test_s22_over_sms_stamps_are_not_told_and_what_they_unlock_is(
    shop: Shop, chat: Conversation, anna: Member, jana: Staff
) -> None:
    await shop.stamp(anna, jana, 9)
    await shop.paper(anna, jana, 1)
    assert await shop.told(chat) == ["news.paper", "news.reward_until"]


async def test_s22_nor_is_a_stamp_that_was_taken_back_unless_a_reward_goes_with_it(
    shop: Shop, chat: Conversation, anna: Member, jana: Staff
) -> None:
    await shop.stamp(anna, jana, 3)
    await shop.undo(jana)
    assert await shop.told(chat) == []
    await shop.stamp(anna, jana, 10)
    before = await shop.told(chat)
    await shop.undo(jana)
    assert "news.undone_reward" in (await shop.told(chat))[len(before) :]


async def test_s22_a_reward_that_was_handed_over_is_told(
    shop: Shop, chat: Conversation, anna: Member, jana: Staff
) -> None:
    await shop.stamp(anna, jana, 10)
    voucher = await shop.voucher(anna)
    before = await shop.told(chat)
    await shop.use(voucher.code, jana)
    assert (await shop.told(chat))[len(before) :] == ["news.used"]


async def test_s22_the_shop_may_pay_for_all_of_it(
    work: Work, shop: Shop, chat: Conversation, anna: Member, jana: Staff
) -> None:
    await work.adopt(f"{cafe()}\n{RECEIPTS}", NOW)
    await shop.stamp(anna, jana)
    await shop.undo(jana)
    assert await shop.told(chat) == ["news.stamps", "news.undone.stamps"]


@pytest.mark.parametrize(
    ("act", "heard"), [("block", ["news.stamps", "news.reward_until"]), ("opt_out", [])]
)
async def test_s33a_another_channel_takes_over_from_a_dead_address_and_not_after_a_stop(
    shop: Shop, chat: Conversation, anna: Member, jana: Staff, act: str, heard: list[str]
) -> None:
    """The same number on both channels is one person."""
    other = await shop.chat(chat.address.value, NOW + MINUTE, channel="whatsapp")
    assert other.member_id == anna.id
    await shop.stamp(anna, jana)
    assert (await shop.told(chat), await shop.told(other)) == ([], ["news.stamps"])
    async with shop.uow() as uow:
        await getattr(conversations, act)(uow.tx, other.id, NOW)
    await shop.stamp(anna, jana, 9)
    assert (await shop.told(chat), await shop.told(other)) == (heard, ["news.stamps"])


async def test_s33a_who_blocked_the_bot_is_not_texted_instead(
    shop: Shop, chat: Conversation, anna: Member, jana: Staff
) -> None:
    app = await shop.chat("anna", NOW + MINUTE)
    async with shop.uow() as uow:
        await conversations.belongs_to(uow.tx, app.identity_id, anna.id)
        await conversations.block(uow.tx, app.id, NOW)
    await shop.stamp(anna, jana, 10)
    assert (await shop.told(chat), await shop.told(app)) == ([], [])
