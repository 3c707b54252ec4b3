"""S11: a programme ends as planned, and no change of it is ever retroactive."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.ledger import EntryRef
from bot.domain.members import Member, Role, Staff
from bot.domain.messages import Day
from bot.services import earning, ending, refunding
from bot.services.results import Earned, Undone, Used
from bot.services.unit_of_work import Work
from bot.storage import ledger, lots, members
from tests.services.shop import COFFEE, DAY, NOW, Shop, cafe, deli, values, why

PRAGUE = ZoneInfo("Europe/Prague")
#: Earning ends with 31 March, redeeming with 30 April.
ENDS = "\n[ending]\nlast_earning = 2026-03-31\nlast_redeeming = 2026-04-30\n"
APRIL, MAY = datetime(2026, 4, 1, tzinfo=PRAGUE), datetime(2026, 5, 1, tzinfo=PRAGUE)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
async def anna(shop: Shop) -> Member:
    return await shop.member(chat=await shop.chat("anna"))


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    return await shop.colleague()


@pytest.fixture
async def ends(shop: Shop, anna: Member, bara: Staff) -> None:
    """Anna has a reward and two stamps; then the end is planned."""
    await shop.stamp(anna, bara, 10, now=NOW - DAY)
    await shop.stamp(anna, bara, 2)
    await shop.work.adopt(cafe() + ENDS, NOW)


pytestmark = pytest.mark.usefixtures("ends")


async def test_s11_earning_goes_on_through_its_last_day_and_is_then_refused_with_the_date(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    assert isinstance(await shop.stamp(anna, bara, now=APRIL - MOMENT), Earned)
    late = await shop.stamp(anna, bara, now=APRIL)
    assert why(late) == "ending.no_earning"
    assert values(late) == {"day": Day(datetime(2026, 3, 31).date())}
    assert why(await shop.paper(anna, bara, 3, now=APRIL)) == "ending.no_earning"
    assert await shop.has(anna, now=APRIL) == (3, 1)


async def test_s11_redeeming_goes_on_until_its_date_and_so_does_giving_back(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(anna, now=MAY - timedelta(minutes=20))
    await shop.cancel(anna, voucher.id, now=MAY - timedelta(minutes=10))
    last = await shop.voucher(anna, now=MAY - timedelta(minutes=5))
    # No voucher outlives the programme.
    assert last.ends_at == MAY
    assert isinstance(await shop.use(last.code, bara, now=MAY - MOMENT), Used)


async def test_s11_after_its_date_nothing_is_redeemed(
    shop: Shop, anna: Member, bara: Staff
) -> None:
    last = await shop.voucher(anna, now=MAY - timedelta(minutes=5))
    for refused in (
        await shop.use(last.code, bara, now=MAY),
        await shop.reserve(anna, now=MAY),
        await shop.give(anna, bara, now=MAY),
    ):
        assert why(refused) == "ending.no_redeeming"


async def test_s11_what_is_left_expires_at_that_instant_whenever_the_sweep_runs(
    shop: Shop, anna: Member
) -> None:
    assert await ending.close(shop.work, MAY - MOMENT) == 0
    # Before the sweep nothing is shown any more, either.
    assert await shop.has(anna, now=MAY) == (0, 0)
    assert await ending.close(shop.work, MAY + 3 * DAY) == 3
    assert await ending.close(shop.work, MAY + 3 * DAY) == 0
    gone = [e for e in await shop.history(anna) if e.kind == "expire"]
    assert [(e.unit, e.amount, e.occurred_at) for e in gone] == [
        (COFFEE, -1, MAY),
        ("stamps", -2, MAY),
    ]
    assert await shop.verify() == []


async def test_s3_every_end_shown_is_the_programmes_where_that_comes_first(
    shop: Shop, anna: Member
) -> None:
    assert {end.ends_at for end in (await shop.wallet(anna)).endings()} == {MAY}


async def test_s11_every_member_hears_of_it_once(shop: Shop, anna: Member) -> None:
    chat = await shop.chat("ben")
    await shop.member("Ben", chat=chat)
    for _ in range(3):
        await ending.announce(shop.work, NOW)
    # A process that starts anew tells nobody twice.
    again = Work(shop.work.database, ("en", "cs", "pl", "ro", "ru"), owner="another")
    await ending.announce(again, NOW + DAY)
    for told in (await shop.told(chat), await shop.told(await shop.chat("anna"))):
        assert told.count("ending.announced") == 1


async def test_s28_nobody_hears_of_it_by_night(shop: Shop, anna: Member) -> None:
    night = datetime(2026, 3, 3, 2, tzinfo=PRAGUE)
    await ending.announce(shop.work, night)
    async with shop.work.reading() as reader:
        rows = await reader.rows("SELECT due_at FROM outbox ORDER BY id DESC LIMIT 1")
    due_at = rows[0]["due_at"]
    assert datetime.fromisoformat(str(due_at)) == datetime(2026, 3, 3, 9, tzinfo=PRAGUE)


async def test_s11_new_dates_are_announced_anew_and_no_end_is_not_announced(
    shop: Shop, anna: Member
) -> None:
    chat = await shop.chat("anna")
    await ending.announce(shop.work, NOW)
    await shop.work.adopt(cafe(), NOW, again=True)
    await ending.announce(shop.work, NOW)
    await shop.work.adopt(cafe() + ENDS.replace("04-30", "05-31"), NOW)
    await ending.announce(shop.work, NOW)
    assert (await shop.told(chat)).count("ending.announced") == 2


async def test_s11_gifts_end_with_earning(shop: Shop, anna: Member) -> None:
    source = cafe() + '\n[[earn]]\nrule = "joining"\nunit = "stamps"\namount = 2\n' + ENDS
    await shop.work.adopt(source, NOW)
    async with shop.uow() as uow:
        member = await members.lock(uow.tx, anna.id)
        assert await earning.grant(uow, member, "joining", "late", APRIL) is None


class TestNeverRetroactive:
    """A change is for what comes after it."""

    async def test_s11_entries_and_lots_keep_what_they_were_made_under(
        self, shop: Shop, bara: Staff
    ) -> None:
        await shop.work.adopt(cafe(), NOW, again=True)
        petr = await shop.member("Petr")
        await shop.stamp(petr, bara, 2)
        before = (await shop.wallet(petr)).endings()
        await shop.work.adopt(cafe(("card = 10", "card = 5")), NOW)
        async with shop.work.reading() as reader:
            rows = await reader.rows(
                "SELECT programme_version_id AS v FROM entry WHERE member_id = $1", petr.id
            )
            newest = await reader.row("SELECT MAX(id) AS v FROM programme_version")
        assert newest is not None
        assert {row["v"] for row in rows} == {newest["v"] - 1}
        await shop.work.adopt(cafe(), NOW, again=True)
        assert (await shop.wallet(petr)).endings() == before

    async def test_s11_an_old_voucher_is_for_the_reward_it_was_reserved_for(
        self, shop: Shop, anna: Member, bara: Staff
    ) -> None:
        await shop.work.adopt(cafe(), NOW, again=True)
        voucher = await shop.voucher(anna)
        await shop.work.adopt(cafe(("card = 10", "card = 12")), NOW)
        used = await shop.use(voucher.code, bara)
        assert isinstance(used, Used)
        assert used.voucher.reward == "coffee"
        async with shop.work.reading() as reader:
            assert await ledger.takes_of(reader, EntryRef(voucher.entry.id, voucher.entry.month))
            assert [lot.unit for lot in await lots.open_lots(reader, anna.id)] == ["stamps"]

    async def test_s11_a_refund_goes_by_the_old_rate(self, shop: Shop) -> None:
        marek = await shop.colleague("Marek", Role.MANAGER)
        await shop.work.adopt(deli(), NOW)
        petr = await shop.member("Petr")
        sale = await shop.sale(petr, marek, 1000)
        assert isinstance(sale, Earned)
        await shop.work.adopt(deli(("amount = 1\n", "amount = 7\n")), NOW)
        async with shop.uow() as uow:
            undone = await refunding.reverse(uow, sale.operation_id, marek, "refund", NOW, 500)
        assert isinstance(undone, Undone)
        assert undone.taken == (("points", 5),)


async def test_s11_nobody_is_invited_to_collect_for_what_nobody_can_collect_any_more(
    shop: Shop, work: Work
) -> None:
    await work.adopt(deli() + ENDS, NOW)
    member = await shop.member("Jana")
    last_day, later, over = APRIL - MOMENT, APRIL, MAY
    offers = {
        at: [offer.reward.code for offer in (await shop.wallet(member, at)).offers()]
        for at in (last_day, later, over)
    }
    rewards = [reward.code for reward in (await work.programme()).rewards]
    assert offers == {last_day: rewards, later: [], over: []}
