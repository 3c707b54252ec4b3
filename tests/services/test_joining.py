"""S12, S30, S33, S40: joining, what is kept of it, and numbers that are one person's."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.domain.messages import Moment
from bot.services import joining, linking
from bot.services.joining import Joined
from bot.services.results import Refused
from bot.storage import members
from bot.storage.members import AlreadyTaken
from tests.services.shop import DAY, MINUTE, NOW, Shop, cafe, values, why

YEAR = timedelta(days=365)
PHONE = "+420 777 123 456"
WELCOME = """[[earn]]
rule = "joining"
unit = "stamps"
amount = 2

[[rewards]]"""


# S40


async def test_s40_the_age_and_the_terms_that_were_confirmed_are_kept(shop: Shop) -> None:
    older = ("minimum_age = 16", "minimum_age = 18")
    await shop.work.adopt(cafe(older, ('terms_version = "1"', 'terms_version = "2"')), NOW)
    anna = await shop.member()
    # What the programme asks for later changes nothing about what Anna confirmed.
    await shop.work.adopt(cafe(), NOW)
    async with shop.work.reading() as reader:
        row = await reader.row(
            "SELECT minimum_age, terms_version FROM member WHERE id = $1", anna.id
        )
        consents = await members.consents(reader, anna.id)
    assert row == {"minimum_age": 18, "terms_version": "2"}
    assert [(c.purpose, c.granted, c.version, c.at, c.source) for c in consents] == [
        ("terms", True, "2", NOW, "chat")
    ]


async def test_s33_joining_is_no_consent_to_marketing(shop: Shop) -> None:
    anna = await shop.member()
    async with shop.uow() as uow:
        assert await joining.marketing(uow, anna.id, "telegram") is None


async def test_a_welcome_gift_is_given_once_and_counts_for_no_day(shop: Shop) -> None:
    await shop.work.adopt(cafe(("[[rewards]]", WELCOME)), NOW)
    chat = await shop.chat("anna")
    anna, bara = await shop.member(chat=chat), await shop.colleague()
    assert await shop.has(anna) == (2, 0)
    await shop.stamp(anna, bara, 10)
    assert await shop.has(anna) == (2, 1)


# S30


async def test_s30_a_birthday_can_be_changed_once_a_year_and_a_first_one_put_right(
    shop: Shop,
) -> None:
    anna = await shop.member()
    instant = timedelta(microseconds=1)
    steps = [
        ((5, 6), NOW, None),
        ((6, 5), NOW + MINUTE, None),
        ((5, 6), NOW + DAY - instant, None),
        ((5, 7), NOW + DAY, "birthday.once_a_year"),
        ((5, 7), NOW + YEAR - instant, "birthday.once_a_year"),
        ((2, 29), NOW + YEAR, None),
        ((5, 7), NOW + YEAR + MINUTE, "birthday.once_a_year"),
    ]
    for birthday, now, answer in steps:
        async with shop.uow() as uow:
            refused = await joining.set_birthday(uow, anna.id, *birthday, now)
        assert (refused.why.key if refused else None) == answer
        if refused:
            since = NOW if now < NOW + YEAR else NOW + YEAR
            assert values(refused) == {"at": Moment(since + YEAR, "Europe/Prague", "day")}
    assert (await shop.stored_member(anna)).birthday == (2, 29)


# S12


async def enrol(shop: Shop, phone: str = PHONE) -> Joined | Refused:
    bara = await shop.colleague()
    async with shop.uow() as uow:
        return await joining.enrol(uow, phone, bara, shop.key(), NOW)


@pytest.mark.parametrize(
    ("channels", "approved", "told"),
    [
        ((), True, []),
        (("telegram",), True, []),
        (("whatsapp",), False, []),
        (("telegram", "whatsapp"), True, ["whatsapp"]),
        (("whatsapp", "sms"), True, ["sms"]),
        (("sms",), False, ["sms"]),
    ],
)
async def test_s33_who_is_enrolled_is_told_once_where_a_first_message_may_be_sent(
    shop: Shop, channels: tuple[str, ...], approved: bool, told: list[str]
) -> None:
    if approved:
        template = f'[whatsapp.templates.enrolled]\nen = "HX{"0" * 32}"\n\n[[rewards]]'
        await shop.work.adopt(cafe(("[[rewards]]", template)), NOW)
    bara = await shop.colleague()
    async with shop.uow() as uow:
        joined = await joining.enrol(uow, PHONE, bara, shop.key(), NOW, channels)
    assert isinstance(joined, Joined)
    async with shop.work.reading() as reader:
        rows = await reader.rows(
            "SELECT c.channel, c.last_inbound_at, o.class FROM outbox o "
            "JOIN conversation c ON c.id = o.conversation_id"
        )
        identities = await members.identities(reader, joined.member.id)
    assert joined.told == bool(told)
    assert rows == [
        {"channel": channel, "last_inbound_at": None, "class": "transactional"} for channel in told
    ]
    # That we wrote proves nothing.
    assert identities == [("phone", "+420777123456", False)]
    assert not joined.member.possessed


@pytest.mark.parametrize("written", ["777123456", "00420777123456", "+420777123456"])
async def test_s12_a_number_is_one_member_however_it_is_written(shop: Shop, written: str) -> None:
    enrolled = await enrol(shop)
    assert isinstance(enrolled, Joined)
    again = await enrol(shop, written)
    assert (why(again), values(again)) == (
        "staff.enrolled_before",
        {"code": enrolled.member.code},
    )
    assert await shop.count("member") == 1


async def test_s12_two_colleagues_who_enrol_one_number_at_once_make_one_member(
    shop: Shop,
) -> None:
    bara, ota = await shop.colleague(), await shop.colleague("Ota")

    async def attempt(number: int) -> Joined | Refused:
        async with shop.uow() as uow:
            colleague = (bara, ota)[number % 2]
            return await joining.enrol(uow, PHONE, colleague, f"enrol:{number}", NOW)

    results = await asyncio.gather(*map(attempt, range(20)), return_exceptions=True)
    joined = [result for result in results if isinstance(result, Joined)]
    assert len(joined) == 1
    # Whoever looked before the first was through is rolled back whole.
    others = [r for r in results if not isinstance(r, Joined)]
    assert all(isinstance(other, Refused | AlreadyTaken) for other in others)
    assert await shop.count("member") == 1
    async with shop.work.reading() as reader:
        identities = await members.identities(reader, joined[0].member.id)
    assert identities == [("phone", "+420777123456", False)]


async def test_s12_a_number_proven_by_its_owner_brings_the_card_a_colleague_began(
    shop: Shop,
) -> None:
    enrolled = await enrol(shop)
    assert isinstance(enrolled, Joined)
    chat = await shop.chat("anna")
    async with shop.uow() as uow:
        assert await linking.prove_phone(uow, chat, "420777123456", NOW) == enrolled.member.id
    async with shop.work.reading() as reader:
        found = await members.by_identity(reader, "telegram", "anna")
    assert found is not None
    assert found.id == enrolled.member.id
