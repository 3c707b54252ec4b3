"""S19–S21: what each kind of reward costs, is worth and does, and what stands in its way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.members import Member, Staff
from bot.domain.messages import Money
from bot.domain.rewards import Voucher
from bot.services import expiry, offers, questions
from bot.services.results import Bill, Refused, Repeated, Used
from bot.storage import conversations, vouchers
from tests.services.rewarding import every_kind
from tests.services.shop import DAY, MINUTE, NOW, Shop, values, why

JULY = datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def programme(shop: Shop) -> None:
    await shop.work.adopt(every_kind(), NOW - 30 * DAY)


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    return await shop.colleague(location="centre")


@pytest.fixture
async def anna(shop: Shop, bara: Staff) -> Member:
    """A member with 150 points (50 of them for joining) and 10 euros on the bonus account."""
    member = await shop.member(chat=await shop.chat("anna"))
    await shop.sale(member, bara, 10000, now=NOW - DAY)
    return member


async def points(shop: Shop, member: Member, now: datetime = NOW) -> tuple[int, ...]:
    return await shop.has(member, "points", "credit", now=now)


async def test_s20_a_percentage_lowers_the_purchase_it_is_used_on(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna, "tenth")
    used = await shop.use(voucher.code, bara, minor=14995)
    assert isinstance(used, Used)
    assert used.bill == Bill(14995, 1500)
    # 150 − 50 points, and one for each of the 134.95 euros that were paid; 10 % of those too (S14).
    assert await points(shop, anna) == (100 + 134, 1000 + 1349)
    assert (await shop.told(await shop.chat("anna")))[-1] == "news.used_off"


@pytest.mark.parametrize(("minor", "off"), [(2000, 500), (12000, 500)])
async def test_s20_an_amount_off_is_taken_once_and_links_its_purchase(
    shop: Shop, anna: Member, bara: Staff, minor: int, off: int
) -> None:
    voucher = await shop.voucher(anna, "five")
    used = await shop.use(voucher.code, bara, minor=minor, receipt="F-1")
    assert isinstance(used, Used)
    assert used.earned is not None
    assert used.bill == Bill(minor, off)
    async with shop.work.reading() as reader:
        [stored] = await vouchers.used_on(reader, used.earned.operation_id)
    assert (stored.id, stored.worth_minor) == (voucher.id, off)
    assert why(await shop.use(voucher.code, bara, minor=minor)) == "voucher.used"
    assert await shop.verify() == []


async def test_s20_a_purchase_below_the_minimum_is_refused_and_nothing_changes(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna, "five")
    refused = await shop.use(voucher.code, bara, minor=1999)
    assert why(refused) == "reward.refused.minimum"
    assert values(refused)["amount"] == Money(2000, "EUR")
    assert await points(shop, anna) == (100, 1000)
    assert isinstance(await shop.use(voucher.code, bara, minor=2000), Used)


async def test_s20_a_member_chooses_how_many_points(shop: Shop, anna: Member, bara: Staff) -> None:
    voucher = await shop.voucher(anna, "euros", much=7)
    assert (voucher.worth_minor, await points(shop, anna)) == (700, (80, 1000))
    used = await shop.use(voucher.code, bara, minor=500)
    assert isinstance(used, Used)
    assert used.bill == Bill(500, 500)
    assert why(await shop.reserve(anna, "euros", much=9)) == "reward.missing.points"
    assert why(await shop.reserve(anna, "five", much=2)) == "reward.gone"


async def test_s20_delivery_is_used_with_a_purchase_or_without(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna, "ship")
    used = await shop.use(voucher.code, bara)
    assert isinstance(used, Used)
    assert (used.bill, await shop.count("purchase")) == (None, 1)


async def test_s20_a_receipt_counted_before_leaves_the_voucher_open(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    await shop.sale(anna, bara, 3000, "F-7")
    voucher = await shop.voucher(anna, "five")
    assert isinstance(await shop.use(voucher.code, bara, minor=3000, receipt="F-7"), Repeated)
    assert isinstance(await shop.use(voucher.code, bara, minor=3000, receipt="F-8"), Used)


# The bonus account


async def test_s20_credit_is_spent_in_any_amount_from_the_minimum(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    refused = await shop.reserve(anna, "bonus", much=199)
    assert (why(refused), values(refused)["amount"]) == (
        "reward.refused.minimum",
        Money(200, "EUR"),
    )
    assert why(await shop.reserve(anna, "bonus", much=1001)) == "reward.short_credit"
    voucher = await shop.voucher(anna, "bonus", much=333)
    assert (voucher.worth_minor, await points(shop, anna)) == (333, (150, 667))
    used = await shop.use(voucher.code, bara, minor=2000)
    assert isinstance(used, Used)
    assert used.bill == Bill(2000, 333)


async def test_s20_what_a_purchase_does_not_need_of_a_credit_voucher_goes_back(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna, "bonus", much=1000)
    used = await shop.use(voucher.code, bara, minor=400)
    assert isinstance(used, Used)
    assert used.bill == Bill(400, 400)
    assert await points(shop, anna) == (150, 600)
    assert await shop.verify() == []


async def test_s21_a_colleague_takes_credit_off_a_purchase_but_never_what_it_gives(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    given = await shop.give(anna, bara, "bonus", minor=5000)
    assert isinstance(given, Used)
    # All 10 euros that were there; what 40 euros paid give is there for the next one.
    assert given.bill == Bill(5000, 1000)
    assert await points(shop, anna) == (150 + 40, 400)
    kinds = [line[:2] for line in await shop.lines(anna)]
    assert kinds.index(("reserve", "credit")) < len(kinds) - 2


async def test_s21_a_reward_is_not_funded_by_the_purchase_it_is_used_on(
    shop: Shop, bara: Staff
) -> None:
    ben = await shop.member("Ben")  # 50 points for joining
    assert isinstance(await shop.give(ben, bara, "five", minor=9000), Used)
    assert why(await shop.give(ben, bara, "hamper", minor=90000)) == "reward.missing.points"
    assert await shop.has(ben, "points") == (85,)
    assert await shop.count("purchase") == 1


async def test_s17_a_purchase_that_is_refused_gives_its_reward_back(
    shop: Shop, anna: Member
) -> None:
    """With several shops a sale needs a shift; nobody has to sort that out by hand."""
    ota = await shop.colleague("Ota")
    assert why(await shop.give(anna, ota, "five", minor=9000)) == "staff.shift_first"
    assert await points(shop, anna) == (150, 1000)
    assert await shop.verify() == []


async def test_s9_one_press_pays_once(shop: Shop, anna: Member, bara: Staff) -> None:
    first = await shop.give(anna, bara, "bonus", minor=300, key="panel")
    assert isinstance(first, Used)
    assert isinstance(await shop.give(anna, bara, "bonus", minor=300, key="panel"), Repeated)
    assert await shop.has(anna, "credit") == (700,)


# In the chat, without a colleague


async def test_s20_a_donation_is_given_at_once_and_added_up(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    ben = await shop.member("Ben")
    given = await shop.voucher(anna, "give", much=12)
    await shop.voucher(ben, "give", much=5)
    assert (given.state, given.worth_minor) == ("used", 1200)
    assert await points(shop, anna) == (30, 1000)
    assert (await shop.lines(anna))[-2:] == [
        ("reserve", "points", -120),
        ("donate", "cause:dogs", 1200),
    ]
    async with shop.work.reading() as reader:
        assert await vouchers.given_to(reader, "cause:dogs") == 1700
    assert why(await shop.restore(given.id, bara)) == "voucher.final"
    assert await shop.verify() == []


async def test_s20_early_access_is_open_at_once(shop: Shop, anna: Member) -> None:
    opened = await shop.voucher(anna, "early")
    assert (opened.state, await shop.has(anna, "points")) == ("used", (140,))


async def test_s20_an_experience_waits_for_an_answer_and_is_used_by_it(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    chat = await shop.chat("anna")
    async with shop.uow() as uow:
        voucher = await questions.redeem(uow, chat, "tour", "press", NOW)
    assert isinstance(voucher, Voucher)
    assert (voucher.ends_at, await shop.has(anna, "points")) == (NOW + 14 * DAY, (100,))
    async with shop.uow() as uow:
        [waiting] = await questions.open_ones(uow, 5, NOW)
        assert waiting.said.key == "ask.experience"
        assert await questions.answer(uow, waiting.id, "Saturday at ten?", bara, NOW + DAY) is None
    assert (await shop.told(chat))[-1] == "ask.answer"
    assert why(await shop.cancel(anna, voucher.id, now=NOW + DAY)) == "voucher.used"


async def test_s20_an_experience_nobody_answers_comes_back(shop: Shop, anna: Member) -> None:
    await shop.colleague()
    chat = await shop.chat("anna")
    async with shop.uow() as uow:
        await questions.redeem(uow, chat, "tour", "press", NOW)
    assert await expiry.expire_vouchers(shop.work, NOW + 14 * DAY) == [chat.id]
    assert await shop.has(anna, "points", now=NOW + 14 * DAY) == (150,)


async def test_s20_an_experience_is_not_sold_to_an_empty_shop(shop: Shop) -> None:
    """Nobody works here yet, so nobody could reply."""
    chat = await shop.chat("ben")
    ben = await shop.member("Ben", chat=chat)
    async with shop.uow() as uow:
        found = await conversations.get(uow.tx, chat.id)
        assert found is not None
        assert isinstance(await questions.redeem(uow, found, "tour", "press", NOW), Refused)
    assert await shop.has(ben, "points") == (50,)


# What stands in the way


async def test_s20_stock_is_given_out_once_and_comes_back_with_the_voucher(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    ben = await shop.member("Ben")
    voucher = await shop.voucher(anna, "few")
    assert why(await shop.reserve(ben, "few")) == "reward.refused.stock"
    await shop.cancel(anna, voucher.id)
    second = await shop.voucher(ben, "few")
    await expiry.expire_vouchers(shop.work, second.ends_at)
    third = await shop.voucher(anna, "few", now=NOW + DAY)
    used = await shop.use(third.code, bara, now=NOW + DAY)
    assert isinstance(used, Used)
    assert why(await shop.reserve(ben, "few", now=NOW + DAY)) == "reward.refused.stock"
    await shop.restore(third.id, bara, now=NOW + DAY)
    assert isinstance(await shop.reserve(ben, "few", now=NOW + DAY), Voucher)


async def test_s20_a_member_has_a_reward_as_often_as_it_says(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna, "once")
    assert why(await shop.reserve(anna, "once")) == "reward.refused.limit"
    await shop.cancel(anna, voucher.id)
    await shop.give(anna, bara, "once")
    assert why(await shop.reserve(anna, "once")) == "reward.refused.limit"
    assert isinstance(await shop.reserve(await shop.member("Ben"), "once"), Voucher)


async def test_s20_a_reward_is_there_from_its_first_to_its_last_day(
    shop: Shop, anna: Member
) -> None:
    assert why(await shop.reserve(anna, "summer")) == "reward.refused.early"
    for day, there in ((datetime(2026, 5, 31, 21, tzinfo=UTC), False), (JULY, True)):
        assert isinstance(await shop.reserve(anna, "summer", now=day), Voucher) is there
    late = datetime(2026, 8, 31, 22, tzinfo=UTC)  # 1 September where the shop is
    assert why(await shop.reserve(anna, "summer", now=late)) == "reward.refused.over"
    shown = {"Ice cream"} & await names(shop, anna, late)
    assert shown == set()


async def names(shop: Shop, member: Member, now: datetime) -> set[str]:
    """What the list of rewards has for a member."""
    purse = await shop.wallet(member, now)
    async with shop.work.reading() as reader:
        found = await offers.listed(reader, purse, member.id, now)
    return {each.offer.reward.name.in_language("") for each in found}


async def test_s20_a_reward_of_one_shop_is_used_there_alone(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna, "there")
    assert why(await shop.use(voucher.code, bara)) == "reward.refused.location"
    assert why(await shop.use(voucher.code, await shop.colleague("Ota"))) == "staff.shift_first"
    harbour = await shop.colleague("Ema", location="harbour")
    assert isinstance(await shop.use(voucher.code, harbour), Used)


async def test_s20_what_cannot_be_had_says_why_in_the_list(shop: Shop, anna: Member) -> None:
    await shop.voucher(anna, "few")
    await shop.voucher(anna, "once")
    purse = await shop.wallet(anna)
    async with shop.work.reading() as reader:
        found = await offers.listed(reader, purse, anna.id, NOW)
    reasons = {each.offer.reward.code: each.why.key for each in found if each.why}
    assert reasons == {
        "few": "reward.refused.stock",
        "once": "reward.refused.limit",
        "summer": "reward.refused.early",
    }


TIERS = """
[tiers]
by = "spend"

[[tiers.levels]]
code = "basic"
name = "Basic"
threshold = 0

[[tiers.levels]]
code = "gold"
name = "Gold"
threshold = 150
early_access = true
"""


async def test_s20_a_reward_of_a_tier_is_for_its_members_alone(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    gold = (
        'code = "few"\nname = "A mug"\npoints = 10\nstock = 1',
        'code = "few"\nname = "A mug"\npoints = 10\ntiers = ["gold"]',
    )
    free = ('kind = "early_access"\npoints = 10', 'kind = "early_access"')
    await shop.work.adopt(f"{every_kind(gold, free)}\n{TIERS}", NOW - DAY)
    refused = await shop.reserve(anna, "few")
    assert why(refused) == "reward.refused.tier"
    assert "The new blend" not in await names(shop, anna, NOW)
    await shop.sale(anna, bara, 20000)
    assert isinstance(await shop.reserve(anna, "few"), Voucher)
    assert "The new blend" in await names(shop, anna, NOW)


# Given back after all (S8)


async def test_s8_a_used_reward_is_given_back_with_its_old_validity_once(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    before = (await shop.wallet(anna)).endings()
    voucher = await shop.voucher(anna, "euros", much=5)
    assert why(await shop.restore(voucher.id, bara)) == "voucher.final"
    await shop.use(voucher.code, bara)
    restored = await shop.restore(voucher.id, bara, now=NOW + DAY, key="give back")
    assert isinstance(restored, Voucher)
    assert (await shop.wallet(anna, NOW + DAY)).endings() == before
    assert (await shop.lines(anna))[-1] == ("restore", "points", 50)
    assert (await shop.told(await shop.chat("anna")))[-1] == "news.restored"
    again = await shop.restore(voucher.id, bara, now=NOW + DAY, key="give back")
    assert isinstance(again, Repeated)
    assert why(await shop.restore(voucher.id, bara, now=NOW + DAY)) == "voucher.restored"
    assert await shop.verify() == []


async def test_s8_only_what_a_purchase_took_of_credit_is_given_back(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna, "bonus", much=1000)
    await shop.use(voucher.code, bara, minor=400)
    await shop.restore(voucher.id, bara)
    assert await shop.has(anna, "credit") == (1000,)
    assert await shop.verify() == []


async def test_s8_a_reward_is_given_back_to_who_its_owner_became(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    """The lots it came from were another member's, who was merged into the elder since."""
    elder = await shop.member("Anna", now=NOW - 20 * DAY)
    voucher = await shop.voucher(anna, "euros", much=5)
    await shop.use(voucher.code, bara)
    ends = (await shop.wallet(anna)).endings()
    await shop.merge(elder, anna, now=NOW + MINUTE)
    before = await shop.has(elder, "points", now=NOW + DAY)
    await shop.restore(voucher.id, bara, now=NOW + DAY)
    assert await shop.has(elder, "points", now=NOW + DAY) == (before[0] + 50,)
    after = (await shop.wallet(elder, NOW + DAY)).endings()
    assert {e.ends_at for e in after} == {e.ends_at for e in ends}
    assert await shop.verify() == []


async def test_s4_redeeming_keeps_points_alive_that_end_without_activity(shop: Shop) -> None:
    idle = ('expires = "end of year + 12 months"', 'expires = "2 months without activity"')
    await shop.work.adopt(every_kind(idle), NOW - DAY)
    ben = await shop.member("Ben")
    await shop.reserve(ben, "few", now=NOW + 50 * DAY)
    assert (await shop.has(ben, "points", now=NOW + 100 * DAY)) == (40,)
    assert (await shop.has(ben, "points", now=NOW + timedelta(days=115))) == (0,)
