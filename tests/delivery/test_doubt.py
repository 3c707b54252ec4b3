"""S31: what may have arrived is asked about, repeated once at most, and marketing never."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.channels.base import SendError
from bot.domain.messages import DeliveryReceipt, MessageClass, OutboundMessage
from bot.sender import SENDING_LEASE
from bot.services.unit_of_work import Work
from bot.storage import receipts
from tests.delivery.kit import (
    DEAD_AFTER,
    DEAD_BEFORE,
    LOST,
    MARKETING,
    REPLY,
    TRANSACTIONAL,
    Post,
    Provider,
)

UNHEARD = SendError("unknown", "no answer")
LATER = SendError("later", "500")


@pytest.fixture
def asked(work: Work) -> Post:
    """A provider that can be asked what it took."""
    return Post(work, Provider(answers=True))


@pytest.fixture
def mute(work: Work) -> Post:
    """A provider that can't."""
    return Post(work, Provider())


@pytest.mark.parametrize("message_class", [REPLY, TRANSACTIONAL, MARKETING])
async def test_s31_taken_without_an_answer_is_found_and_not_said_again(
    asked: Post, message_class: MessageClass
) -> None:
    provider = asked.providers["sms"]
    chat = await asked.chat()
    number = await asked.says(chat, "one", message_class)
    provider.fails(LOST)
    await asked.until_done()
    assert provider.texts == ["one"]
    assert await asked.state(number) == ("accepted", "")
    # It is known by the provider's id from then on.
    told = DeliveryReceipt("sms", "sms-1", "delivered")
    async with asked.work.unit_of_work() as uow:
        assert await receipts.keep(uow.tx, told, asked.watch.at)


@pytest.mark.parametrize("message_class", [REPLY, TRANSACTIONAL])
async def test_s31_where_nobody_can_be_asked_it_is_repeated_once(
    mute: Post, message_class: MessageClass
) -> None:
    number = await mute.says(await mute.chat(), "one", message_class)
    mute.providers["sms"].fails(LOST, LOST, LOST)
    await mute.until_done()
    assert mute.providers["sms"].texts == ["one", "one"]
    assert await mute.state(number) == ("unknown", "no answer")


@pytest.mark.parametrize("fate", [LOST, UNHEARD])
async def test_s31_marketing_is_never_repeated(mute: Post, fate: SendError | str) -> None:
    number = await mute.says(await mute.chat(), "offer", MARKETING)
    mute.providers["sms"].fails(fate)
    await mute.until_done()
    assert len(mute.providers["sms"].tried) == 1
    assert (await mute.state(number))[0] == "unknown"


async def test_s31_marketing_that_was_not_taken_is_not_said_late(asked: Post) -> None:
    number = await asked.says(await asked.chat(), "offer", MARKETING)
    asked.providers["sms"].fails(UNHEARD)
    await asked.until_done()
    assert asked.providers["sms"].texts == []
    assert (await asked.state(number))[0] == "unknown"


async def test_s31_a_reply_that_was_not_taken_is_said_then(asked: Post) -> None:
    number = await asked.says(await asked.chat(), "one")
    asked.providers["sms"].fails(UNHEARD)
    await asked.until_done()
    assert asked.providers["sms"].texts == ["one"]
    assert await asked.state(number) == ("accepted", "")


async def test_s31_refusals_before_a_doubt_take_nothing_from_its_one_repeat(mute: Post) -> None:
    """Known fault: both were counted together."""
    number = await mute.says(await mute.chat(), "one")
    mute.providers["sms"].fails(LATER, LATER, LATER, UNHEARD, LATER, LATER)
    await mute.until_done()
    assert mute.providers["sms"].texts == ["one"]
    assert await mute.state(number) == ("accepted", "")
    assert len(mute.providers["sms"].tried) == 7


async def test_s31_nothing_is_said_while_the_provider_can_not_be_asked(asked: Post) -> None:
    number = await asked.says(await asked.chat(), "one")
    provider = asked.providers["sms"]
    provider.fails(LOST)
    provider.silences.extend([SendError("later", "503"), SendError("unknown", "no answer")] * 3)
    await asked.delivers()
    for _ in range(6):
        asked.watch.passes(minutes=5)
        await asked.delivers()
        assert await asked.state(number) != ("accepted", "")
        assert len(provider.tried) == 1
    asked.watch.passes(minutes=5)
    await asked.delivers()
    assert (provider.texts, await asked.state(number)) == (["one"], ("accepted", ""))


async def test_s31_the_same_words_said_before_are_not_taken_for_these(asked: Post) -> None:
    chat = await asked.chat()
    provider = asked.providers["sms"]
    await asked.says(chat, "0 of 10 stamps")
    await asked.delivers()
    number = await asked.says(chat, "0 of 10 stamps")
    provider.fails(UNHEARD)
    await asked.until_done()
    assert provider.texts == ["0 of 10 stamps"] * 2
    assert await asked.state(number) == ("accepted", "")


async def test_s31_a_receipt_settles_it_before_anybody_asks(mute: Post) -> None:
    number = await mute.says(await mute.chat(), "one")
    mute.providers["sms"].fails(LOST)
    await mute.delivers()
    [message] = mute.providers["sms"].tried
    assert message.reference == f"{number}"
    told = DeliveryReceipt("sms", "sms-1", "sent", reference=message.reference)
    async with mute.work.unit_of_work() as uow:
        await receipts.keep(uow.tx, told, mute.watch.at)
    await mute.until_done()
    assert (mute.providers["sms"].texts, await mute.state(number)) == (["one"], ("accepted", ""))


async def test_s32_an_unknown_stops_blocking(mute: Post) -> None:
    chat = await mute.chat()
    for text in ("one", "two"):
        await mute.says(chat, text)
    mute.providers["sms"].fails(UNHEARD, UNHEARD)
    await mute.until_done()
    assert mute.providers["sms"].texts == ["two"]
    assert await mute.states() == {"unknown": 1, "accepted": 1}


# Processes that die


@pytest.mark.parametrize("message_class", [REPLY, MARKETING])
async def test_s31_whoever_died_after_it_was_taken_is_asked_after(
    asked: Post, message_class: MessageClass
) -> None:
    number = await asked.says(await asked.chat(), "one", message_class)
    asked.providers["sms"].fails(DEAD_AFTER)
    with pytest.raises(asyncio.CancelledError):
        await asked.delivers()
    assert (await asked.state(number))[0] == "sending"
    asked.watch.passes(seconds=SENDING_LEASE.total_seconds())
    await asked.until_done()
    assert asked.providers["sms"].texts == ["one"]
    assert await asked.state(number) == ("accepted", "")


async def test_s31_whoever_died_before_is_done_for_by_another(mute: Post) -> None:
    number = await mute.says(await mute.chat(), "one")
    mute.providers["sms"].fails(DEAD_BEFORE)
    with pytest.raises(asyncio.CancelledError):
        await mute.delivers()
    mute.watch.passes(seconds=SENDING_LEASE.total_seconds())
    await mute.until_done()
    assert mute.providers["sms"].texts == ["one"]
    assert await mute.state(number) == ("accepted", "")


# Long ones


async def test_s31_a_long_message_goes_on_where_it_stopped(mute: Post) -> None:
    """Neither cut short nor begun anew."""
    parts = ["a" * 120, "b" * 120, "c" * 120]
    number = await mute.says(await mute.chat(), "\n".join(parts))
    provider = mute.providers["sms"]
    provider.watched = failing_once(provider, "b", LATER)
    await mute.until_done()
    assert provider.texts == parts
    assert await mute.state(number) == ("accepted", "")
    # A receipt of the last part is one of the whole.
    assert [m.reference for m, _ in provider.taken] == ["", "", f"{number}"]


def failing_once(
    provider: Provider, begins: str, fate: SendError
) -> Callable[[OutboundMessage], None]:
    """What has a part that begins so fail the first time."""
    fates = [fate]

    def watch(message: OutboundMessage) -> None:
        if message.text.startswith(begins) and fates:
            provider.fails(fates.pop())

    return watch
