"""S12: a member moves to a new number or account, confirmed elsewhere or by a manager; once."""

from __future__ import annotations

import pytest

from bot.domain.members import Consent, Member, Role, Staff
from bot.services import joining, linking, merging, moving
from bot.services.moving import Moved
from bot.services.results import Refused, Repeated
from bot.storage import conversations, members
from bot.storage.conversations import Conversation
from tests.services.shop import DAY, MINUTE, NOW, Shop, why

OLD, NEW = "+420777000001", "+420777000061"
TEXTS = frozenset({"sms"})


@pytest.fixture
async def telegram(shop: Shop) -> Conversation:
    return await shop.chat("anna")


@pytest.fixture
async def anna(shop: Shop, telegram: Conversation) -> Member:
    """A member on Telegram who texted from her old number too."""
    member = await shop.member(chat=telegram)
    texting = await shop.chat(OLD, channel="sms")
    async with shop.uow() as uow:
        chat = await conversations.get(uow.tx, telegram.id)
        assert chat is not None
        await linking.prove_phone(uow, chat, OLD, NOW)
        assert texting.member_id is None
    await shop.stamp(member, await shop.colleague(), 3)
    # She wrote from Telegram last.
    await shop.chat("anna", now=NOW + MINUTE)
    return member


@pytest.fixture
async def marek(shop: Shop) -> Staff:
    return await shop.colleague("Marek", Role.MANAGER)


async def asks(shop: Shop, chat: Conversation, reference: str = OLD) -> Refused | None:
    async with shop.uow() as uow:
        return await moving.ask(uow, chat, reference, NOW + MINUTE)


async def question(shop: Shop) -> int:
    async with shop.work.reading() as reader:
        row = await reader.row("SELECT MAX(id) AS id FROM relocation")
    assert row is not None
    return int(row["id"])


async def confirms(shop: Shop, member: Member, number: int, now=NOW + 2 * MINUTE) -> object:  # type: ignore[no-untyped-def]
    async with shop.uow() as uow:
        return await moving.confirm(uow, member, number, now, TEXTS)


async def owner(shop: Shop, kind: str, value: str) -> int | None:
    async with shop.work.reading() as reader:
        found = await members.by_identity(reader, kind, value)
        return found.id if found else None


async def test_s12_a_move_is_confirmed_where_the_member_wrote_before(
    shop: Shop, anna: Member, telegram: Conversation
) -> None:
    new = await shop.chat(NEW, channel="sms")
    assert await asks(shop, new) is None
    assert (await shop.told(telegram))[-1] == "move.question_number"
    assert await owner(shop, "phone", NEW) is None
    moved = await confirms(shop, anna, await question(shop))
    assert isinstance(moved, Moved)
    assert await owner(shop, "phone", NEW) == anna.id
    assert await owner(shop, "phone", OLD) is None
    assert await shop.told(new) == ["move.here"]
    assert await shop.told(await shop.chat(OLD, channel="sms")) == ["move.gone"]
    assert await shop.has(anna) == (3, 0)


async def test_s12_the_old_number_can_be_anothers_who_sees_nothing_of_it(
    shop: Shop, anna: Member
) -> None:
    before = await shop.told(await shop.chat(OLD, channel="sms"))
    new = await shop.chat(NEW, channel="sms")
    await asks(shop, new)
    await confirms(shop, anna, await question(shop))
    theirs = await shop.chat(OLD, channel="sms", now=NOW + DAY)
    assert theirs.member_id is None
    ben = await shop.member("Ben", chat=theirs, now=NOW + DAY)
    assert await owner(shop, "phone", OLD) == ben.id != anna.id
    assert await shop.told(theirs) == ["move.gone"]
    assert before == []


async def test_s12_a_move_is_confirmed_once_and_within_a_day(shop: Shop, anna: Member) -> None:
    new = await shop.chat(NEW, channel="sms")
    await asks(shop, new)
    number = await question(shop)
    late = await confirms(shop, anna, number, NOW + MINUTE + DAY)
    assert why(late) == "move.over"
    assert isinstance(await confirms(shop, anna, number), Moved)
    assert why(await confirms(shop, anna, number)) == "move.over"


async def test_s12_nobody_elses_yes_counts(shop: Shop, anna: Member) -> None:
    new = await shop.chat(NEW, channel="sms")
    await asks(shop, new)
    ben = await shop.member("Ben")
    assert why(await confirms(shop, ben, await question(shop))) == "move.over"
    assert await owner(shop, "phone", NEW) is None


async def test_s12_after_a_no_nothing_moves(shop: Shop, anna: Member) -> None:
    new = await shop.chat(NEW, channel="sms")
    await asks(shop, new)
    async with shop.uow() as uow:
        assert await moving.refuse(uow, anna, await question(shop), NOW + MINUTE) is None
    assert why(await confirms(shop, anna, await question(shop))) == "move.over"
    assert await owner(shop, "phone", OLD) == anna.id


async def test_s38_a_stranger_learns_nothing_of_whether_there_is_a_card(
    shop: Shop, anna: Member, telegram: Conversation
) -> None:
    said = await shop.told(telegram)
    stranger = await shop.chat(NEW, channel="sms")
    assert await asks(shop, stranger, "+420777999999") is None
    assert await asks(shop, stranger, "?") is None
    assert await shop.told(telegram) == said
    assert await asks(shop, stranger) is None
    # Nor can they go on for long.
    assert why(await asks(shop, stranger)) == "move.too_often"


async def test_s12_a_member_is_asked_three_times_a_day_at_most(
    shop: Shop, anna: Member, telegram: Conversation
) -> None:
    for n in range(5):
        await asks(shop, await shop.chat(f"+42077700007{n}", channel="sms"))
    assert (await shop.told(telegram)).count("move.question_number") == 3


async def test_s12_moving_to_another_account_takes_the_old_one_off(
    shop: Shop, anna: Member, telegram: Conversation
) -> None:
    new = await shop.chat("anna's new phone")
    await asks(shop, new, anna.code)
    assert (await shop.told(telegram))[-1] == "move.question_account"
    moved = await confirms(shop, anna, await question(shop))
    assert isinstance(moved, Moved)
    # She said yes where her card is no more: that chat heard it.
    assert telegram.address in moved.left
    assert await owner(shop, "telegram", "anna's new phone") == anna.id
    assert await owner(shop, "telegram", "anna") is None
    assert await owner(shop, "phone", OLD) == anna.id


async def test_s12_who_has_a_card_at_the_new_number_brings_it_along(
    shop: Shop, anna: Member, marek: Staff
) -> None:
    new = await shop.chat(NEW, channel="sms", now=NOW + MINUTE)
    other = await shop.member("Anna", chat=new, now=NOW + MINUTE)
    await shop.stamp(other, marek, 2)
    await asks(shop, new)
    moved = await confirms(shop, anna, await question(shop))
    assert isinstance(moved, Moved)
    assert moved.member.id == anna.id
    assert await shop.has(anna) == (5, 0)
    assert await shop.verify() == []


async def test_s33_consent_for_the_old_number_does_not_go_with_it(shop: Shop, anna: Member) -> None:
    async with shop.uow() as uow:
        for channel in ("sms", "telegram"):
            await joining.decide_marketing(uow, anna.id, channel, True, "join.marketing", NOW)
    new = await shop.chat(NEW, channel="sms")
    await asks(shop, new)
    moved = await confirms(shop, anna, await question(shop))
    assert isinstance(moved, Moved)
    assert moved.offers_ended
    async with shop.work.reading() as reader:
        decided = {c.channel: c for c in await members.consents(reader, anna.id)}
    assert {name: each.granted for name, each in decided.items()} == {
        "telegram": True,
        "sms": False,
    } | {name: each.granted for name, each in decided.items() if each.purpose == "terms"}
    assert isinstance(decided["sms"], Consent)


class TestByAManager:
    """At the till."""

    async def move(
        self, shop: Shop, by: Staff, member: Member, number: str = NEW, key: str = "till"
    ) -> Moved | Refused | Repeated:
        async with shop.uow() as uow:
            return await moving.by_manager(
                uow, member.id, number, by, key, NOW + MINUTE, TEXTS, proven=True
            )

    async def test_s12_a_manager_moves_a_member(
        self, shop: Shop, anna: Member, marek: Staff
    ) -> None:
        moved = await self.move(shop, marek, anna)
        assert isinstance(moved, Moved)
        assert await owner(shop, "phone", NEW) == anna.id
        assert await owner(shop, "phone", OLD) is None
        assert await shop.told(await shop.chat(NEW, channel="sms")) == ["move.here"]
        assert await shop.told(await shop.chat(OLD, channel="sms")) == ["move.gone"]
        assert isinstance(await self.move(shop, marek, anna), Repeated)

    async def test_s12_a_number_with_a_card_is_not_taken_from_it(
        self, shop: Shop, anna: Member, marek: Staff
    ) -> None:
        await shop.member("Ben", chat=await shop.chat(NEW, channel="sms"))
        assert why(await self.move(shop, marek, anna)) == "staff.number_taken"
        assert await owner(shop, "phone", OLD) == anna.id

    async def test_s12_after_a_merge_the_kept_member_moves(
        self, shop: Shop, anna: Member, marek: Staff
    ) -> None:
        later = await shop.member("Anna", now=NOW + MINUTE)
        async with shop.uow() as uow:
            await merging.merge(uow, anna.id, later.id, NOW + MINUTE)
        moved = await self.move(shop, marek, later)
        assert isinstance(moved, Moved)
        assert moved.member.id == anna.id
