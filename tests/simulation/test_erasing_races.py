"""S10, S37: somebody is erased while everybody else is at work; nothing comes after it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.domain.members import Member, Staff
from bot.domain.messages import Address, Reply, phrase
from bot.services import erasing, joining, linking, outreach, profiles, questions
from bot.storage import conversations
from tests.services.shop import DAY, NOW, Shop
from tests.simulation.test_races import kinds, race

PHONE = "+420777123456"


async def erase(shop: Shop, member: Member) -> bool:
    async with shop.uow() as uow:
        return await erasing.erase(uow, member.id, NOW)


async def left_of(shop: Shop, *people: Member) -> list[str]:
    """What somebody's rows still say who was erased."""
    assert shop.work.database.vault is not None
    opened = shop.work.database.vault.open
    async with shop.work.reading() as reader:
        members = await reader.rows("SELECT * FROM member WHERE erased_at IS NOT NULL")
        waiting = await reader.rows(
            "SELECT o.id FROM outbox o JOIN member m ON m.id = o.member_id "
            "WHERE m.erased_at IS NOT NULL AND o.state IN ('due', 'sending')"
        )
        held = await reader.rows(
            "SELECT l.id FROM lot l JOIN member m ON m.id = l.member_id "
            "WHERE m.erased_at IS NOT NULL AND l.remaining > 0"
        )
        reached = await reader.rows(
            "SELECT i.id FROM identity i JOIN member m ON m.id = i.member_id "
            "WHERE m.erased_at IS NOT NULL"
        )
    names = [opened("member.name", row["name_sealed"]) for row in members]
    assert len(members) >= len({member.id for member in people})
    return [*filter(None, names), *(str(row) for row in (*waiting, *held, *reached))]


async def test_s10_stamps_rewards_and_undoings_come_before_it_or_find_nobody(shop: Shop) -> None:
    colleagues = [await shop.colleague(f"Colleague {number}") for number in range(6)]
    for evening in range(4):
        now = NOW + evening * DAY
        anna = await shop.member(chat=await shop.chat(f"anna {evening}"), now=now - DAY)
        await shop.stamp(anna, colleagues[0], 10, now=now - DAY)
        voucher = await shop.voucher(anna, now=now)
        await shop.stamp(anna, colleagues[0], 2, now=now)

        async def act(
            number: int, anna: Member = anna, now: datetime = now, code: str = voucher.code
        ) -> Any:
            by = colleagues[number % 6]
            acts: list[Callable[[], Awaitable[Any]]] = [
                lambda: shop.stamp(anna, by, now=now),
                lambda: shop.give(anna, by, now=now),
                lambda: shop.undo(by, now=now),
                lambda: shop.use(code, by, now=now),
                lambda: erase(shop, anna),
            ]
            return await acts[number % 5]()

        results = await race(20, act)
        assert [result for result in results if isinstance(result, bool)].count(True) == 1
        refused = {kind for kind in kinds(results) if "." in kind}
        assert refused <= {
            "staff.unknown_code",
            "staff.nothing_to_undo",
            "staff.undone_already",
            "staff.reward_final",
            "voucher.used",
            "voucher.cancelled",
            "reward.missing.stamps",
        }
        assert await left_of(shop, anna) == []
    assert await shop.verify() == []


@pytest.mark.parametrize("who", [0, 1])
async def test_s12_whoever_of_two_is_erased_while_they_become_one_leaves_nothing_half_done(
    shop: Shop, bara: Staff, who: int
) -> None:
    for _ in range(6):
        pair = await shop.member(now=NOW - DAY), await shop.member(now=NOW)
        for member in pair:
            await shop.stamp(member, bara, 3)

        async def act(number: int, pair: tuple[Member, Member] = pair) -> Any:
            if number == 4:
                return await erase(shop, pair[who])
            return await shop.merge(pair[number % 2], pair[1 - number % 2])

        results = await race(8, act)
        assert kinds(results).get("Merged", 0) <= 1
        assert True in results
        assert await left_of(shop, pair[who]) == []
        assert await shop.verify() == []


async def test_what_they_do_themselves_meanwhile_is_done_before_or_by_a_stranger(
    shop: Shop, bara: Staff
) -> None:
    """From the app and by a first text from their number, each time as if they wrote."""
    for round_ in range(4):
        address, number = f"anna {round_}", f"+42077712345{round_}"
        chat = await shop.chat(address)
        anna = await shop.member("Anna", chat)
        async with shop.uow() as uow:
            await linking.prove_phone(uow, await shop_chat(uow, address), number, NOW)

        async def rename(address: str = address) -> str:
            async with shop.uow() as uow:
                chat = await shop_chat(uow, address)
                await asyncio.sleep(0)
                if chat.member_id is None:
                    return "stranger"
                await profiles.rename(uow, chat.member_id, "Anička")
                return "renamed"

        async def texts(number: str = number) -> str:
            async with shop.uow() as uow:
                chat = await conversations.enter(
                    uow.tx, Address("sms", number), "phone", "en", NOW, number
                )
                if chat.member_id is not None:
                    await joining.set_birthday(uow, chat.member_id, 3, 14, NOW)
                await outreach.say(
                    uow, chat.id, Reply((phrase("stop.done"),)), NOW, member_id=chat.member_id
                )
                return "texted"

        async def asks(address: str = address) -> str:
            async with shop.uow() as uow:
                await questions.ask(uow, await shop_chat(uow, address), "Oat milk?", NOW)
                return "asked"

        async def act(
            count: int,
            anna: Member = anna,
            own: Sequence[Callable[[], Awaitable[Any]]] = (rename, texts, asks),
        ) -> Any:
            if count == 7:
                return await erase(shop, anna)
            return await (shop.stamp(anna, bara) if count % 4 == 3 else own[count % 4]())

        assert True in await race(16, act)
        assert await left_of(shop, anna) == []
        # Whoever writes now is known by their number as a stranger is.
        async with shop.uow() as uow:
            kind, value = await conversations.identity(
                uow.tx,
                (
                    await conversations.enter(
                        uow.tx, Address("sms", number), "phone", "en", NOW, number
                    )
                ).identity_id,
            )
            assert (kind, value) == ("phone", number)
    assert await shop.verify() == []


async def shop_chat(uow: Any, address: str) -> conversations.Conversation:
    return await conversations.enter(uow.tx, Address("telegram", address), "telegram", "en", NOW)


@pytest.mark.parametrize("times", [8])
async def test_many_who_erase_the_same_member_erase_them_once(shop: Shop, times: int) -> None:
    anna = await shop.member()
    results = await race(times, lambda _: erase(shop, anna))
    assert sorted(results) == [False] * (times - 1) + [True]
    assert await shop.verify() == []
