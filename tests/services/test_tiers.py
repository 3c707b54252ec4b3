"""Tiers and memberships as the shop lives with them, on SQLite and PostgreSQL (S6, S18)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.domain.members import Member, Staff
from bot.domain.tiers import Standing
from bot.services import memberships, tiers
from bot.services.claims import Claimable
from bot.services.memberships import Paid
from bot.services.results import Earned, Refused, Repeated, Undone
from bot.storage import members, progress
from tests.services.shop import DAY, MINUTE, NOW, Shop, deli, why

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
threshold = 300
multiply = 2
expires = "24 months"
"""
CLUB = """
[[tiers.levels]]
code = "club"
name = "Club"
fee = 990
lasts = "12 months"
"""


async def adopt(shop: Shop, *more: str) -> None:
    await shop.work.adopt("\n".join((deli(), *more)), NOW - DAY)


async def stands(shop: Shop, member: Member) -> Standing:
    async with shop.work.reading() as reader:
        return await progress.standing(reader, member.id)


async def sold(shop: Shop, member: Member, by: Staff, amount: int, now: datetime = NOW) -> Earned:
    found = await shop.sale(member, by, amount * 100, now=now)
    assert isinstance(found, Earned)
    return found


async def pays(
    shop: Shop, member: Member, by: Staff, code: str = "club", now: datetime = NOW, key: str = ""
) -> Paid | Refused | Repeated:
    async with shop.uow() as uow:
        return await memberships.pay(uow, member.id, code, key or shop.key(), now, colleague=by)


async def changes(shop: Shop, member: Member) -> list[tuple[str, str | None]]:
    async with shop.work.reading() as reader:
        rows = await reader.rows(
            "SELECT reason, to_tier FROM tier_change WHERE member_id = $1 ORDER BY id", member.id
        )
    return [(row["reason"], row["to_tier"]) for row in rows]


async def test_s18_a_purchase_raises_at_once_and_the_news_says_so(shop: Shop) -> None:
    await adopt(shop, TIERS)
    chat, bara = await shop.chat(), await shop.colleague()
    anna = await shop.member(chat=chat)
    assert (await sold(shop, anna, bara, 99)).move is None
    earned = await sold(shop, anna, bara, 1)
    assert earned.move is not None
    assert earned.move.standing.tier == "silver"
    assert "tier.reached_until" in await shop.told(chat)
    assert (await stands(shop, anna)).tier == "silver"


async def test_s18_the_higher_rate_begins_with_the_next_purchase(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, bara = await shop.member(), await shop.colleague()
    assert dict((await sold(shop, anna, bara, 300)).given)["points"] == 300
    assert dict((await sold(shop, anna, bara, 10)).given)["points"] == 20


async def test_s18_a_tiers_own_end_holds_for_open_lots_on_the_way_up(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, bara = await shop.member(), await shop.colleague()
    await sold(shop, anna, bara, 50)
    [before] = (await shop.wallet(anna)).endings()
    await sold(shop, anna, bara, 250)
    ends = {end.ends_at for end in (await shop.wallet(anna)).endings() if end.unit == "points"}
    assert min(ends) > before.ends_at
    assert await shop.verify() == []


async def test_s18_the_sweep_looks_at_what_is_due_once_and_tells(shop: Shop) -> None:
    await adopt(shop, TIERS)
    chat, bara = await shop.chat(), await shop.colleague()
    anna = await shop.member(chat=chat)
    await sold(shop, anna, bara, 300)
    later = NOW + timedelta(days=367)
    assert await tiers.review(shop.work, NOW + DAY) == 0
    assert await tiers.review(shop.work, later) == 1
    assert await tiers.review(shop.work, later) == 0
    assert await stands(shop, anna) == Standing(since_at=(await stands(shop, anna)).since_at)
    assert await changes(shop, anna) == [("reached", "gold"), ("lost", None)]
    assert (await shop.told(chat))[-1] == "tier.ended"


async def test_s18_a_review_that_has_not_run_is_done_before_a_purchase_earns(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, bara = await shop.member(), await shop.colleague()
    await sold(shop, anna, bara, 300)
    later = NOW + timedelta(days=400)
    assert dict((await sold(shop, anna, bara, 10, later)).given)["points"] == 10
    assert await changes(shop, anna) == [("reached", "gold"), ("lost", None)]


async def test_s6_spending_costs_no_tier(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, bara = await shop.member(), await shop.colleague()
    await sold(shop, anna, bara, 300)
    before = await stands(shop, anna)
    await shop.voucher(anna, (await shop.work.programme()).rewards[0].code)
    assert await stands(shop, anna) == before


async def test_s18_undoing_the_purchase_that_brought_a_tier_takes_it_back(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, bara = await shop.member(), await shop.colleague()
    await sold(shop, anna, bara, 120)
    silver = await stands(shop, anna)
    await sold(shop, anna, bara, 180)
    assert (await stands(shop, anna)).tier == "gold"
    assert isinstance(await shop.undo(bara), Undone)
    assert await stands(shop, anna) == silver
    assert await shop.verify() == []


async def test_s18_a_tier_reached_by_something_else_stays_until_its_review(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, bara = await shop.member(), await shop.colleague()
    first = await sold(shop, anna, bara, 120)
    await sold(shop, anna, bara, 180)
    gold = await stands(shop, anna)
    assert isinstance(await shop.undo(bara, operation=first.operation_id), Undone)
    assert await stands(shop, anna) == gold


async def test_s18_a_membership_is_paid_confirmed_once_and_renewed_at_its_end(shop: Shop) -> None:
    await adopt(shop, TIERS, CLUB)
    chat, bara = await shop.chat(), await shop.colleague()
    anna = await shop.member(chat=chat)
    paid = await pays(shop, anna, bara, key="one")
    assert isinstance(paid, Paid)
    assert isinstance(await pays(shop, anna, bara, key="one"), Repeated)
    assert paid.until == datetime(2027, 3, 2, 23, tzinfo=UTC)
    renewed = await pays(shop, anna, bara, now=NOW + 30 * DAY)
    assert isinstance(renewed, Paid)
    assert renewed.until == datetime(2028, 3, 2, 23, tzinfo=UTC)
    assert (await shop.told(chat)).count("membership.paid_until") == 2
    assert await shop.has(anna, "points") == (50,)  # the welcome gift alone
    assert await shop.count("membership") == 2


async def test_s18_a_membership_that_was_not_paid_is_undone(shop: Shop) -> None:
    await adopt(shop, TIERS, CLUB)
    anna, bara = await shop.member(), await shop.colleague()
    await pays(shop, anna, bara)
    first = await stands(shop, anna)
    second = await pays(shop, anna, bara, now=NOW + MINUTE)
    assert isinstance(second, Paid)
    undone = await shop.undo(bara, NOW + 2 * MINUTE)
    assert isinstance(undone, Undone)
    assert undone.membership == "club"
    assert (await stands(shop, anna)).paid_until == first.paid_until
    assert isinstance(await shop.undo(bara, NOW + 3 * MINUTE), Undone)
    assert (await stands(shop, anna)).paid_tier is None


async def test_s18_a_payment_that_was_renewed_is_undone_last(shop: Shop) -> None:
    await adopt(shop, TIERS, CLUB)
    anna, bara = await shop.member(), await shop.colleague()
    first = await pays(shop, anna, bara)
    assert isinstance(first, Paid)
    await pays(shop, anna, bara, now=NOW + MINUTE)
    refused = await shop.undo(bara, NOW + 2 * MINUTE, operation=first.operation_id)
    assert why(refused) == "membership.refused.renewed"


async def test_s18_a_membership_ends_and_its_member_hears_of_it(shop: Shop) -> None:
    await adopt(shop, TIERS, CLUB)
    chat, bara = await shop.chat(), await shop.colleague()
    anna = await shop.member(chat=chat)
    await pays(shop, anna, bara)
    assert await tiers.review(shop.work, NOW + 366 * DAY) == 1
    assert (await stands(shop, anna)).paid_tier is None
    assert (await shop.told(chat))[-1] == "tier.ended"


async def test_s18_there_is_no_paying_for_what_is_not_sold_or_for_oneself(shop: Shop) -> None:
    await adopt(shop, TIERS, CLUB)
    chat = await shop.chat()
    anna, bara = await shop.member(chat=chat), await shop.colleague(chat=chat)
    other = await shop.member("Jana")
    assert why(await pays(shop, other, bara, "gold")) == "membership.refused.unknown"
    assert why(await pays(shop, anna, bara)) == "staff.own_card"


async def test_s18_tenure_raises_without_a_purchase(shop: Shop) -> None:
    months = TIERS.replace('by = "spend"', 'by = "tenure"').replace("100", "1").replace("300", "2")
    await adopt(shop, months)
    chat = await shop.chat()
    anna = await shop.member(chat=chat)
    async with shop.work.reading() as reader:
        [due] = await reader.rows("SELECT at FROM recheck WHERE member_id = $1", anna.id)
    assert due
    async with shop.uow() as uow:
        member = await members.lock(uow.tx, anna.id)
        assert await tiers.look_again(uow, member, NOW + 31 * DAY)
    assert (await stands(shop, anna)).tier == "silver"
    assert (await shop.told(chat))[-1] == "tier.reached_until"


async def test_s12_merging_keeps_the_higher_tier_and_adds_up_what_counts(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, other, bara = await shop.member(), await shop.member("Anna"), await shop.colleague()
    await sold(shop, anna, bara, 50)
    await sold(shop, other, bara, 120)
    theirs = await stands(shop, other)
    await shop.merge(anna, other)
    assert await stands(shop, anna) == theirs
    assert await shop.verify() == []
    assert (await sold(shop, anna, bara, 130)).move is not None
    assert (await stands(shop, anna)).tier == "gold"


async def test_s12_what_two_reach_together_is_reached_at_once(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, other, bara = await shop.member(), await shop.member("Anna"), await shop.colleague()
    await sold(shop, anna, bara, 160)
    await sold(shop, other, bara, 160)
    await shop.merge(anna, other)
    assert (await stands(shop, anna)).tier == "gold"
    assert await shop.verify() == []


async def claimed(shop: Shop, member: Member, kept: object, now: datetime) -> Earned:
    assert isinstance(kept, Claimable)
    found = await shop.claim(member, kept.code, now)
    assert isinstance(found, Earned)
    return found


async def test_s5_a_claim_earns_by_the_tier_of_its_day(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, bara = await shop.member(), await shop.colleague()
    before = await shop.sale_without_card(bara, 1_000, NOW)
    await sold(shop, anna, bara, 300, NOW + DAY)
    after = await shop.sale_without_card(bara, 1_000, NOW + 2 * DAY)
    # Gold gives double; the first purchase was before it.
    assert (await claimed(shop, anna, before, NOW + 3 * DAY)).given == (("points", 10),)
    assert (await claimed(shop, anna, after, NOW + 3 * DAY)).given == (("points", 20),)


async def test_s5_a_claim_earns_by_a_tier_that_was_lost_since_swept_or_not(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, ben = await shop.member(), await shop.member("Ben")
    bara = await shop.colleague()
    for member in (anna, ben):
        await sold(shop, member, bara, 300)
    review = datetime(2027, 3, 2, 23, tzinfo=UTC)
    kept = [await shop.sale_without_card(bara, 1_000, review - DAY) for _ in range(2)]
    later = [await shop.sale_without_card(bara, 1_000, review + DAY) for _ in range(2)]
    now = review + 2 * DAY
    async with shop.uow() as uow:
        assert await tiers.look_again(uow, await members.lock(uow.tx, anna.id), now)
    for member, had, lost in zip((anna, ben), kept, later, strict=True):
        assert (await claimed(shop, member, lost, now)).given == (("points", 10),)
        assert (await claimed(shop, member, had, now)).given == (("points", 20),)
    assert (await stands(shop, anna)).tier is None
    assert await stands(shop, ben) == await stands(shop, anna)


async def test_s5_a_claim_earns_by_a_membership_that_is_over(shop: Shop) -> None:
    club = CLUB.replace('lasts = "12 months"', 'lasts = "2 days"\nmultiply = 3')
    await adopt(shop, TIERS, club)
    anna, bara = await shop.member(), await shop.colleague()
    before = await shop.sale_without_card(bara, 1_000, NOW - MINUTE)
    assert isinstance(await pays(shop, anna, bara), Paid)
    kept = await shop.sale_without_card(bara, 1_000, NOW + DAY)
    assert (await claimed(shop, anna, before, NOW + 2 * DAY)).given == (("points", 10),)
    assert (await claimed(shop, anna, kept, NOW + 5 * DAY)).given == (("points", 30),)


async def test_s18_a_claim_reaches_the_tier_its_day_would_have(shop: Shop) -> None:
    await adopt(shop, TIERS)
    anna, bara = await shop.member(), await shop.colleague()
    kept = await shop.sale_without_card(bara, 30_000)
    assert await stands(shop, anna) == Standing()
    await claimed(shop, anna, kept, NOW + DAY)
    found = await stands(shop, anna)
    assert found.tier == "gold"
    assert found.review_at == datetime(2027, 3, 2, 23, tzinfo=UTC)
