"""Two tiers at once, and those of the past: what they give and what is said of them (S13, S18)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from bot import programmes
from bot.domain.members import Member, Role, Staff
from bot.domain.messages import Day, Money, Phrase, Wording, phrase
from bot.services import memberships, refunding, standings, tiers
from bot.services.memberships import Paid
from bot.services.results import Earned, Undone
from tests.services.shop import DAY, MINUTE, NOW, Shop, deli, why
from tests.services.test_replaying import brought_in, made

TIERS = """
[tiers]
by = "spend"
window = "12 months"
keeps = "12 months"

[[tiers.levels]]
code = "silver"
name = "Silver"
threshold = 100

[[tiers.levels]]
code = "gold"
name = "Gold"
threshold = 1000
multiply = 3

[[tiers.levels]]
code = "club"
name = "Club"
fee = 99
lasts = "12 months"
multiply = 2
expires = "36 months"
birthday_gift = { points = 50 }

[[rewards]]
code = "cup"
name = "Cup"
points = 1
tiers = ["silver"]

[[earn]]
rule = "visit"
unit = "points"
amount = 7
tiers = ["silver"]
"""

SILVER_TOO = """
[[earn]]
rule = "purchase"
code = "silver"
unit = "points"
amount = 1
per = 1
tiers = ["silver"]
"""


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    await shop.work.adopt(deli() + TIERS, NOW - 600 * DAY)
    return await shop.colleague(role=Role.MANAGER)


async def pays(shop: Shop, member: Member, by: Staff, now: datetime = NOW) -> int:
    async with shop.uow() as uow:
        done = await memberships.pay(uow, member.id, "club", shop.key(), now, colleague=by)
    assert isinstance(done, Paid), done
    return done.operation_id


async def sold(shop: Shop, member: Member, by: Staff, minor: int, now: datetime = NOW) -> Earned:
    found = await shop.sale(member, by, minor, now=now)
    assert isinstance(found, Earned), found
    return found


async def imported(shop: Shop, *lines: tuple[datetime, int]) -> None:
    text = "".join(f"anna,{at.isoformat()},{amount}\n" for at, amount in lines)
    await brought_in(shop, f"member,at,amount\n{text}")


async def purchases(shop: Shop, member: Member) -> list[tuple[datetime, int]]:
    """The points of each purchase, as they happened."""
    found = [e for e in await shop.history(member) if e.kind == "earn" and e.unit == "points"]
    return sorted((e.occurred_at, e.amount) for e in found)


async def said(shop: Shop, member: Member, now: datetime) -> tuple[Phrase, ...]:
    programme = await shop.work.programme()
    async with shop.work.reading() as reader:
        found = await tiers.look(reader, programme, member, now)
    assert found is not None
    return standings.lines(programme, found)


async def test_s13_a_past_purchase_earns_by_what_was_paid_for_then(shop: Shop, bara: Staff) -> None:
    anna = await made(shop, "ANNA")
    january, later = NOW - 40 * DAY, NOW + 3 * DAY
    await pays(shop, anna, bara, NOW - 20 * DAY)
    await brought_in(
        shop,
        "member,at,amount\n"
        f"anna,{january.isoformat()},10\n"
        f"anna,{(NOW - 10 * DAY).isoformat()},10\n",
        later,
    )
    assert await purchases(shop, anna) == [(january, 10), (NOW - 10 * DAY, 20)]


async def test_s13_a_past_purchase_of_a_membership_that_is_over_earns_by_it(
    shop: Shop, bara: Staff
) -> None:
    anna = await made(shop, "ANNA")
    await pays(shop, anna, bara, NOW - 500 * DAY)
    assert await tiers.review(shop.work, NOW) == 1
    await imported(shop, (NOW - 450 * DAY, 10), (NOW - 50 * DAY, 10))
    assert [points for _, points in await purchases(shop, anna)] == [20, 10]


async def test_s13_a_past_purchase_earns_by_what_was_reached_then(shop: Shop, bara: Staff) -> None:
    anna = await made(shop, "ANNA")
    await sold(shop, anna, bara, 1000_00, NOW - 20 * DAY)
    await imported(shop, (NOW - 40 * DAY, 10), (NOW - 10 * DAY, 10))
    assert [points for _, points in await purchases(shop, anna)] == [10, 1000, 30]
    assert await shop.verify() == []


async def test_s13_what_an_import_reaches_counts_from_then_whatever_was_reached_since(
    shop: Shop, bara: Staff
) -> None:
    anna = await made(shop, "ANNA")
    await sold(shop, anna, bara, 2000_00, NOW - 20 * DAY)
    await imported(shop, (NOW - 60 * DAY, 10), (NOW - 50 * DAY, 1000), (NOW - 40 * DAY, 10))
    assert [points for _, points in await purchases(shop, anna)] == [10, 1000, 30, 2000]


@pytest.mark.parametrize("preset", ["vip-club", "art-club"])
async def test_s13_the_ready_made_clubs_give_the_past_what_was_due(shop: Shop, preset: str) -> None:
    await shop.work.adopt(programmes.preset(preset), NOW - 600 * DAY)
    anna, bara = await made(shop, "ANNA"), await shop.colleague()
    other = await made(shop, "OTHER", "Jana")
    if preset == "vip-club":
        await pays(shop, anna, bara)
    else:
        await sold(shop, anna, bara, 20000_00)
    then = NOW - 40 * DAY
    lines = f"anna,{then.isoformat()},100\nother,{then.isoformat()},100\n"
    await brought_in(shop, f"member,at,amount\n{lines}")
    hers, others = [
        [(e.unit, e.amount, e.rules) for e in await shop.history(each) if e.occurred_at == then]
        for each in (anna, other)
    ]
    assert hers == others
    assert len(hers) == 1


async def test_s18_who_pays_on_top_of_a_reached_tier_holds_both(shop: Shop, bara: Staff) -> None:
    anna = await shop.member()
    await sold(shop, anna, bara, 100_00)
    await pays(shop, anna, bara, NOW + MINUTE)
    earned = await shop.stamp(anna, bara, now=NOW + DAY)
    assert isinstance(earned, Earned)
    assert dict(earned.given)["points"] == 14
    await shop.voucher(anna, "cup", NOW + DAY)
    last = Day(date(2027, 3, 2))
    assert (await said(shop, anna, NOW + DAY))[:2] == (
        phrase("balance.membership_until", tier=Wording.of("Club"), until=last),
        phrase("balance.tier_until", tier=Wording.of("Silver"), until=last),
    )


async def test_s18_a_reward_for_a_tier_waits_for_it(shop: Shop, bara: Staff) -> None:
    anna = await shop.member()
    await pays(shop, anna, bara)
    assert why(await shop.reserve(anna, "cup")) == "reward.refused.tier"


async def test_s8_a_refund_of_a_part_goes_by_both_tiers_of_that_day(
    shop: Shop, bara: Staff
) -> None:
    await shop.work.adopt(deli() + TIERS + SILVER_TOO, NOW - DAY)
    anna = await shop.member()
    await sold(shop, anna, bara, 100_00)
    await pays(shop, anna, bara, NOW + MINUTE)
    earned = await sold(shop, anna, bara, 100_00, NOW + DAY)
    assert dict(earned.given)["points"] == 400
    async with shop.uow() as uow:
        undone = await refunding.reverse(
            uow, earned.operation_id, bara, shop.key(), NOW + 2 * DAY, 25_00
        )
    assert isinstance(undone, Undone)
    assert dict(undone.taken)["points"] == 100


async def test_s18_a_balance_says_when_pending_spending_counts(shop: Shop, bara: Staff) -> None:
    await shop.work.adopt(deli() + TIERS + "[earning]\npending_days = 14\n", NOW - DAY)
    anna = await shop.member()
    await sold(shop, anna, bara, 40_00)
    since = Day(date(2026, 3, 17))
    coming = phrase("balance.tier_coming", amount=Money(40_00, "EUR"), since=since)
    missing = phrase("balance.tier_next", tier=Wording.of("Silver"), missing=Money(100_00, "EUR"))
    assert await said(shop, anna, NOW + MINUTE) == (missing, coming)
    less = phrase("balance.tier_next", tier=Wording.of("Silver"), missing=Money(60_00, "EUR"))
    assert await said(shop, anna, NOW + 15 * DAY) == (less,)


async def test_s18_a_renewal_is_offered_from_where_the_membership_ends(
    shop: Shop, bara: Staff
) -> None:
    anna = await shop.member()
    async with shop.uow() as uow:
        [first] = await memberships.terms(uow, anna, NOW)
    assert (first.since, first.until) == (None, Day(date(2027, 3, 2)))
    await pays(shop, anna, bara)
    async with shop.uow() as uow:
        [again] = await memberships.terms(uow, anna, NOW + DAY)
    assert (again.since, again.until) == (Day(date(2027, 3, 3)), Day(date(2028, 3, 2)))


async def test_s7_what_a_reversal_does_to_a_tier_is_said_with_it(shop: Shop, bara: Staff) -> None:
    chat = await shop.chat("anna")
    anna = await shop.member(chat=chat)
    await sold(shop, anna, bara, 100_00)
    before = len(await shop.told(chat))
    assert isinstance(await shop.undo(bara, NOW + MINUTE), Undone)
    assert (await shop.told(chat))[before:] == ["news.undone.points", "tier.ended"]


async def test_s18_benefits_say_all_that_the_programme_gives_with_a_tier(
    shop: Shop, bara: Staff
) -> None:
    programme = await shop.work.programme()
    club = programme.tiers.level("club")
    assert club is not None
    assert standings.benefits(programme, club, NOW) == (
        phrase("tier.multiply.points", factor=Decimal(2)),
        phrase("tier.lasts.points", until=Day(date(2029, 3, 2))),
        phrase("tier.birthday", gift=phrase("amount.points", n=50)),
    )
