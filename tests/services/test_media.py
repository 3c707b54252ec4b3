"""Signed addresses of pictures (S36, S38)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.messages import Address, Picture, Reply, phrase
from bot.services import media, outreach
from bot.services.unit_of_work import Work
from bot.storage import conversations
from tests.conftest import NOW

CARD = Picture("card", "c_9fK2mQx7TzYv4LwB", filled=3, total=10)


async def said(work: Work, *replies: Reply) -> list[int]:
    """Say something to somebody in Czech; the numbers of the messages."""
    async with work.unit_of_work() as uow:
        address = Address("whatsapp", "+420777000007")
        conversation = await conversations.enter(uow.tx, address, "phone", "cs", NOW)
        for reply in replies:
            await outreach.say(uow, conversation.id, reply, NOW)
        rows = await uow.tx.rows("SELECT id FROM outbox ORDER BY id")
    return [row["id"] for row in rows]


async def test_an_address_opens_the_picture_for_a_day(work: Work) -> None:
    [card] = await said(work, Reply(picture=CARD))
    signed = media.signed(work, card, NOW)
    end = NOW + media.LIFE
    assert await media.opened(work, signed, NOW) == (CARD, "cs")
    assert await media.opened(work, signed, end - timedelta(seconds=1)) == (CARD, "cs")
    assert await media.opened(work, signed, end) is None


async def test_nothing_else_opens_one(work: Work) -> None:
    card, text = await said(work, Reply(picture=CARD), Reply((phrase("join.ready"),)))
    signed = media.signed(work, card, NOW)
    number, ends, proof = signed.split("-")
    for altered in (
        "",
        "-",
        number,
        f"{number}-{ends}-",
        f"{number}-{ends}-{proof[:-1]}",
        f"{number}-{int(ends) + 1}-{proof}",
        f"{int(number) + 1}-{ends}-{proof}",
        signed.replace(proof, proof[::-1]),
        f"{signed}ž",
    ):
        assert await media.opened(work, altered, NOW) is None, altered
    assert await media.opened(work, media.signed(work, text, NOW), NOW) is None
    assert await media.opened(work, media.signed(work, card + 99, NOW), NOW) is None


@pytest.mark.parametrize("secret", ["c_9fK2mQx7TzYv4LwB", "420777000007"])
async def test_s36_it_holds_no_personal_data(work: Work, secret: str) -> None:
    [card] = await said(work, Reply(picture=CARD))
    assert secret not in media.signed(work, card, NOW)
