"""S13, S37: ratings, reviews and following earn as the rules say, and go with their member."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.members import Member, Role, Staff
from bot.domain.opinions import Photo
from bot.services import erasing, opinions
from bot.services.opinions import Rated
from bot.services.results import Refused
from bot.storage import conversations
from bot.storage.conversations import Conversation
from tests.services.shop import DAY, NOW, Shop, cafe, why

RULES = """
[[earn]]
rule = "survey"
unit = "stamps"
amount = 1

[[earn]]
rule = "review"
unit = "stamps"
amount = 2
per_member = 1

[[earn]]
rule = "follow"
unit = "stamps"
amount = 1

[survey]
question = "How was it?"
every_days = 30

[follow]
name = "Instagram"
link = "https://instagram.example/lipa"
"""


@pytest.fixture
async def chat(shop: Shop) -> Conversation:
    await shop.work.adopt(cafe() + RULES, NOW)
    return await shop.chat()


@pytest.fixture
async def anna(shop: Shop, chat: Conversation) -> Member:
    return await shop.member("Anna", chat)


@pytest.fixture
async def jana(shop: Shop) -> Staff:
    return await shop.colleague("Jana", Role.MANAGER)


async def rates(shop: Shop, member: Member, rating: int, days: int = 0) -> Rated | Refused:
    async with shop.uow() as uow:
        return await opinions.rate(uow, member.id, rating, NOW + days * DAY)


async def writes(shop: Shop, member: Member, text: str, photo: Photo | None = None) -> object:
    async with shop.uow() as uow:
        return await opinions.review(uow, member.id, text, photo, NOW)


async def decides(shop: Shop, by: Staff, review: int, *, approved: bool) -> Refused | None:
    async with shop.uow() as uow:
        return await opinions.decide(uow, review, by, NOW, approved=approved)


async def test_s13_a_rating_earns_once_in_its_time(shop: Shop, anna: Member) -> None:
    assert isinstance(await rates(shop, anna, 5), Rated)
    assert why(await rates(shop, anna, 1, 29)) == "survey.again"
    assert isinstance(await rates(shop, anna, 1, 30), Rated)
    assert await shop.has(anna, now=NOW + 30 * DAY) == (2, 0)


async def test_s13_ratings_at_once_are_one(shop: Shop, anna: Member) -> None:
    results = await asyncio.gather(*(rates(shop, anna, 4) for _ in range(20)))
    assert sum(isinstance(result, Rated) for result in results) == 1
    assert (await shop.count("survey_answer"), await shop.has(anna)) == (1, (1, 0))


async def test_nobody_writes_to_anothers_rating(shop: Shop, anna: Member) -> None:
    other = await shop.chat()
    await shop.member("Ben", other)
    rated = await rates(shop, anna, 5)
    assert isinstance(rated, Rated)
    async with shop.uow() as uow:
        found = await conversations.get(uow.tx, other.id)
        assert found is not None
        await opinions.explain_rating(uow, found, rated.answer, "Mine!", NOW)
    async with shop.work.reading() as reader:
        [row] = await reader.rows("SELECT text_sealed FROM survey_answer")
    assert row["text_sealed"] is None


async def test_s13_a_review_earns_when_it_is_accepted_and_as_often_as_the_rule_says(
    shop: Shop, chat: Conversation, anna: Member, jana: Staff
) -> None:
    await writes(shop, anna, "Loud.")
    assert why(await writes(shop, anna, "Again.")) == "review.one_at_a_time"
    assert await shop.has(anna) == (0, 0)
    assert await decides(shop, jana, 1, approved=True) is None
    assert why(await decides(shop, jana, 1, approved=True)) == "reviews.decided"
    assert await shop.has(anna) == (2, 0)
    await writes(shop, anna, "", Photo("telegram", "file"))
    assert await decides(shop, jana, 2, approved=True) is None
    assert await shop.has(anna) == (2, 0)
    assert (await shop.told(chat))[-1] == "review.approved"
    assert await shop.verify() == []


async def test_s13_managers_who_decide_at_once_let_it_earn_once(
    shop: Shop, anna: Member, jana: Staff
) -> None:
    await writes(shop, anna, "Loud.")
    results = await asyncio.gather(*(decides(shop, jana, 1, approved=True) for _ in range(20)))
    assert results.count(None) == 1
    assert await shop.has(anna) == (2, 0)


async def test_s17_nobody_accepts_their_own_review(
    shop: Shop, chat: Conversation, anna: Member
) -> None:
    herself = await shop.colleague("Anna", Role.MANAGER, chat)
    await writes(shop, anna, "Wonderful!")
    assert why(await decides(shop, herself, 1, approved=True)) == "staff.own_card"
    assert await shop.has(anna) == (0, 0)


async def test_a_review_too_long_is_not_cut_but_refused(shop: Shop, anna: Member) -> None:
    assert why(await writes(shop, anna, "x" * 1501)) == "review.too_long"
    assert await shop.count("review") == 0


async def test_s12_who_was_merged_follows_once(shop: Shop, anna: Member) -> None:
    ben = await shop.member("Anna")
    for member in (anna, ben):
        async with shop.uow() as uow:
            await opinions.follow(uow, member.id, NOW)
    await shop.merge(anna, ben)
    before = await shop.has(anna)
    async with shop.uow() as uow:
        assert await opinions.follow(uow, anna.id, NOW) is None
    assert await shop.has(anna) == before


async def test_s37_what_was_written_goes_with_its_member(shop: Shop, anna: Member) -> None:
    rated = await rates(shop, anna, 2)
    assert isinstance(rated, Rated)
    await writes(shop, anna, "Loud.", Photo("telegram", "file"))
    async with shop.uow() as uow:
        await uow.tx.execute(
            "UPDATE survey_answer SET text_sealed = $1",
            uow.tx.vault.seal("survey_answer.text", "!"),
        )
    async with shop.uow() as uow:
        await erasing.erase(uow, anna.id, NOW)
    async with shop.work.reading() as reader:
        [answer] = await reader.rows("SELECT rating, text_sealed FROM survey_answer")
        [review] = await reader.rows("SELECT text_sealed, media_sealed, state FROM review")
        assert (answer["rating"], answer["text_sealed"]) == (2, None)
        assert reader.vault.open("review.text", review["text_sealed"]) == ""
    assert (review["media_sealed"], review["state"]) == (None, "refused")
