"""S19: a reward is reserved, then used, cancelled or expired, each once; nothing gets lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.members import Member, Staff
from bot.domain.messages import Moment
from bot.domain.rewards import Voucher
from bot.services import expiry, redeeming
from bot.services.results import Repeated, Used
from tests.services.rewarding import every_kind
from tests.services.shop import COFFEE, DAY, MINUTE, NOW, Shop, cafe, deli, values, why

INSTANT = timedelta(microseconds=1)


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    return await shop.colleague()


@pytest.fixture
async def anna(shop: Shop, bara: Staff) -> Member:
    """A member with two stamps and one earned coffee."""
    member = await shop.member(chat=await shop.chat("anna"))
    await shop.stamp(member, bara, 9, now=NOW - DAY)
    await shop.stamp(member, bara, 3)
    return member


async def test_s19_reserving_takes_the_reward_out_of_the_balance(shop: Shop, anna: Member) -> None:
    voucher = await shop.voucher(anna)
    assert await shop.has(anna) == (2, 0)
    assert (await shop.lines(anna))[-1] == ("reserve", COFFEE, -1)
    assert (voucher.state, voucher.reserved_at, voucher.member_id) == ("reserved", NOW, anna.id)


async def test_s19_a_voucher_is_valid_for_fifteen_minutes_unless_set(
    shop: Shop, anna: Member
) -> None:
    assert (await shop.voucher(anna)).ends_at == NOW + 15 * MINUTE
    await shop.work.adopt(deli(("minutes = 15", "minutes = 2")), NOW)
    ben = await shop.member("Ben")
    await shop.sale(ben, await shop.colleague("Ota"), 5000)
    assert (await shop.voucher(ben)).ends_at == NOW + 2 * MINUTE


async def test_s19_a_used_voucher_is_final(shop: Shop, anna: Member, bara: Staff) -> None:
    voucher = await shop.voucher(anna)
    used = await shop.use(voucher.code.lower(), bara, now=NOW + MINUTE)
    assert isinstance(used, Used)
    assert (used.member.id, used.voucher.id) == (anna.id, voucher.id)
    again = await shop.use(voucher.code, bara, now=NOW + 2 * MINUTE)
    assert (why(again), values(again)) == (
        "voucher.used",
        {"at": Moment(NOW + MINUTE, "Europe/Prague")},
    )
    assert why(await shop.cancel(anna, voucher.id, now=NOW + 2 * MINUTE)) == "voucher.used"
    assert await expiry.expire_vouchers(shop.work, NOW + DAY) == []
    assert await shop.has(anna, now=NOW + DAY) == (2, 0)
    assert await shop.told(await shop.chat("anna")) == [
        "news.stamps",
        "news.stamps",
        "news.reward_until",
        "balance.stamps",
        "news.used",
    ]


async def test_s19_a_voucher_works_until_its_last_moment(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna)
    assert why(await shop.use(voucher.code, bara, now=voucher.ends_at)) == "voucher.ended_minutes"
    second = await shop.voucher(anna, now=voucher.ends_at)
    assert isinstance(await shop.use(second.code, bara, now=second.ends_at - INSTANT), Used)


@pytest.mark.parametrize(
    ("late", "answer", "with_values"),
    [
        (timedelta(0), "voucher.ended_minutes", {"n": 1}),
        (4 * MINUTE, "voucher.ended_minutes", {"n": 4}),
        (59 * MINUTE, "voucher.ended_minutes", {"n": 59}),
        (60 * MINUTE, "voucher.ended", {"at": Moment(NOW + 15 * MINUTE, "Europe/Prague")}),
    ],
)
@pytest.mark.parametrize("swept", [False, True])
async def test_s19_an_ended_voucher_says_so_and_its_reward_is_back(
    shop: Shop,
    anna: Member,
    bara: Staff,
    late: timedelta,
    answer: str,
    with_values: dict[str, object],
    swept: bool,
) -> None:
    voucher = await shop.voucher(anna)
    at = voucher.ends_at + late
    if swept:
        await expiry.expire_vouchers(shop.work, at)
    refused = await shop.use(voucher.code, bara, now=at)
    assert (why(refused), values(refused)) == (answer, with_values)
    assert await shop.has(anna, now=at) == (2, 1)
    assert (await shop.told(await shop.chat("anna"))).count("news.voucher_ended") == 1


@pytest.mark.parametrize("code", ["AAAAAA", "", "'; --", "č" * 200])
async def test_s19_an_unknown_code_says_so(shop: Shop, bara: Staff, code: str) -> None:
    assert why(await shop.use(code, bara)) == "voucher.unknown"


async def test_s19_a_cancelled_reward_comes_back_with_its_old_validity(
    shop: Shop, anna: Member
) -> None:
    before = (await shop.wallet(anna)).endings()
    voucher = await shop.voucher(anna, now=NOW + MINUTE)
    cancelled = await shop.cancel(anna, voucher.id, now=NOW + 2 * MINUTE)
    assert isinstance(cancelled, Voucher)
    assert (await shop.wallet(anna)).endings() == before
    again = await shop.cancel(anna, voucher.id, now=NOW + 3 * MINUTE)
    assert why(again) == "voucher.cancelled"
    assert (await shop.lines(anna))[-2:] == [("reserve", COFFEE, -1), ("release", COFFEE, 1)]
    assert await shop.verify() == []


async def test_s19_an_expired_reward_comes_back_with_its_old_validity_and_says_so(
    shop: Shop, anna: Member
) -> None:
    before = (await shop.wallet(anna)).endings()
    voucher = await shop.voucher(anna)
    chat = await shop.chat("anna")
    assert await expiry.expire_vouchers(shop.work, voucher.ends_at - INSTANT) == []
    assert await expiry.expire_vouchers(shop.work, voucher.ends_at) == [chat.id]
    assert await expiry.expire_vouchers(shop.work, voucher.ends_at) == []
    assert (await shop.wallet(anna)).endings() == before
    assert (await shop.told(chat))[-1] == "news.voucher_ended"


async def test_s19_a_voucher_is_not_ended_before_its_time(shop: Shop, anna: Member) -> None:
    voucher = await shop.voucher(anna)
    async with shop.uow() as uow:
        assert await redeeming.expire(uow, voucher, voucher.ends_at - INSTANT) is False
        assert await redeeming.expire(uow, voucher, voucher.ends_at) is True
        assert await redeeming.expire(uow, voucher, voucher.ends_at) is False
    assert await shop.has(anna) == (2, 1)


async def test_s19_a_reward_that_ended_while_reserved_can_still_be_used_but_not_kept(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    (end,) = [e.ends_at for e in (await shop.wallet(anna)).endings() if e.unit == COFFEE]
    voucher = await shop.voucher(anna, now=end - MINUTE)
    assert await expiry.expire_lots(shop.work, end) == 0
    assert isinstance(await shop.use(voucher.code, bara, now=end + MINUTE), Used)


async def test_s19_a_reward_that_ended_while_reserved_is_gone_when_given_back(
    shop: Shop, anna: Member
) -> None:
    (end,) = [e.ends_at for e in (await shop.wallet(anna)).endings() if e.unit == COFFEE]
    voucher = await shop.voucher(anna, now=end - MINUTE)
    await shop.cancel(anna, voucher.id, now=end)
    assert await shop.has(anna, now=end) == (2, 0)
    assert await expiry.expire_lots(shop.work, end) == 1
    assert await shop.verify() == []


async def test_s19_nobody_else_can_give_a_voucher_back(shop: Shop, anna: Member) -> None:
    voucher, ben = await shop.voucher(anna), await shop.member("Ben")
    for number in (voucher.id, voucher.id + 1, 0, -1):
        assert why(await shop.cancel(ben, number)) == "voucher.unknown"
    assert await shop.has(anna) == (2, 0)


async def test_s19_a_colleague_gives_an_earned_reward_directly_and_the_member_hears(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    given = await shop.give(anna, bara)
    assert isinstance(given, Used)
    assert (given.member.id, given.voucher.reward) == (anna.id, "coffee")
    assert await shop.has(anna) == (2, 0)
    assert (await shop.told(await shop.chat("anna")))[-1] == "news.used"
    assert why(await shop.give(anna, bara)) == "reward.missing.stamps"


async def test_s9_the_same_press_reserves_or_gives_once(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    await shop.paper(anna, bara, 9)  # a second coffee
    await shop.reserve(anna, key="press")
    assert await shop.reserve(anna, key="press", now=NOW + MINUTE) == Repeated("reserve", NOW)
    await shop.give(anna, bara, key="panel")
    assert await shop.give(anna, bara, key="panel", now=NOW + MINUTE) == Repeated("reserve", NOW)
    assert await shop.has(anna) == (1, 0)


async def test_s10_what_is_missing_is_told_and_nothing_changes(shop: Shop, bara: Staff) -> None:
    ben = await shop.member("Ben")
    await shop.stamp(ben, bara, 3)
    refused = await shop.reserve(ben)
    assert (why(refused), values(refused)["n"]) == ("reward.missing.stamps", 7)
    assert why(await shop.reserve(ben, "cake")) == "reward.gone"
    assert await shop.lines(ben) == [("earn", "stamps", 3)]
    assert await shop.count("voucher") == 0


async def test_s20_rewards_for_points_cost_their_price_soonest_end_first(
    shop: Shop, bara: Staff
) -> None:
    await shop.work.adopt(deli(), NOW)
    ben = await shop.member("Ben", now=NOW - 365 * DAY)  # 50 points that end a year sooner
    await shop.sale(ben, bara, 12000)
    voucher = await shop.voucher(ben, "cheese")
    assert await shop.has(ben, "points") == (70,)
    (ending,) = (await shop.wallet(ben)).endings()
    assert ending.amount == 70
    await shop.cancel(ben, voucher.id)
    assert [e.amount for e in (await shop.wallet(ben)).endings()] == [50, 120]


async def test_s7_points_that_are_owed_cannot_be_spent(shop: Shop, bara: Staff) -> None:
    policy = ('when_spent = "stop_at_zero"', 'when_spent = "go_below_zero"')
    await shop.work.adopt(deli(policy), NOW)
    ben = await shop.member("Ben")
    await shop.sale(ben, bara, 10000)
    voucher = await shop.voucher(ben)
    await shop.undo(bara)
    # 50 for joining and 100 earned, 100 of them reserved; 50 could be taken back, 50 are owed.
    assert await shop.has(ben, "points") == (-50,)
    (offer, *_) = (await shop.wallet(ben)).offers()
    assert (offer.available, offer.missing) == (0, 150)
    await shop.cancel(ben, voucher.id)
    assert await shop.has(ben, "points") == (50,)
    assert why(await shop.reserve(ben)) == "reward.missing.points"
    assert await shop.verify() == []


async def test_s11_a_reward_taken_out_of_the_programme_can_be_given_back_not_taken(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna)
    await shop.work.adopt(
        cafe(
            ('reward = "coffee"  ', 'reward = "tea"  '),
            ('code = "coffee"', 'code = "tea"'),
        ),
        NOW,
    )
    await shop.cancel(anna, voucher.id)
    assert await shop.has(anna) == (2, 1)
    assert why(await shop.reserve(anna)) == "reward.gone"


async def test_s20_an_empty_bonus_account_pays_nothing(shop: Shop) -> None:
    await shop.work.adopt(every_kind(("minimum = 2\n", "")), NOW - DAY)
    anna, bara = await shop.member(), await shop.colleague(location="centre")
    for minor in (None, 1000):
        assert why(await shop.give(anna, bara, "bonus", minor=minor)) == "reward.short_credit"
    assert why(await shop.reserve(anna, "bonus", much=0)) == "reward.short_credit"
    assert (await shop.count("voucher"), await shop.verify()) == (0, [])
