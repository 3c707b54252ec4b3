"""`stats`: figures computed by hand from a handful of purchases."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from bot import programmes
from bot.domain.ledger import Account, Take
from bot.services import liability
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import ledger as books
from bot.storage import members, operations
from tests.cli.conftest import Ran, Shop
from tests.cli.files import bring_in

PRAGUE = ZoneInfo("Europe/Prague")
TODAY = datetime.now(PRAGUE).replace(hour=12, minute=0, second=0, microsecond=0)
SHOP = (
    programmes.preset("points-shop")
    .replace('expires = "end of year + 12 months"', 'expires = "10 days"\nvalue = 0.5')
    .replace("points = 100", "points = 100\ncost = 40", 1)
)


def ago(days: float) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


PURCHASES = f"""member,at,amount,discount
ANNA,{ago(2)},100,
ANNA,{ago(1)},50.50,0.50
PETR,{ago(1)},200,
,{ago(1)},80,
,{ago(3)},40,
EVA,{ago(20)},60,
EVA,{ago(60)},1000,
"""


@pytest.fixture
def deli(shop: Shop) -> Shop:
    shop.programme.write_text(SHOP, "utf-8")
    people = "".join(f"{code},2024-05-05\n" for code in ("ANNA", "PETR", "EVA", "JANA"))
    assert bring_in(shop, f"code,joined\n{people}NOVA,{ago(4)}\n").code == 0
    file = shop.folder / "purchases.csv"
    file.write_text(PURCHASES, "utf-8")
    assert shop.run("purchases", "import", str(file)).code == 0
    return shop


def stats(shop: Shop, *options: str) -> Any:
    ran = shop.run("stats", "--json", *options)
    assert ran.code == 0, ran.err
    return json.loads("\n".join(ran.out))


def day(days: int) -> str:
    return (TODAY - timedelta(days=days)).date().isoformat()


def test_the_figures_of_thirty_days_are_what_they_come_to_by_hand(deli: Shop) -> None:
    found = stats(deli)
    assert (found["from"], found["to"], found["currency"]) == (day(29), day(0), "EUR")
    assert (found["members"], found["new_members"], found["active_members"]) == (5, 1, 3)
    assert (found["visits"], found["repeat_rate"]) == (4, 0.3333)
    assert found["purchases"] == {
        "members": {"count": 4, "revenue": 410.0, "average": 102.5},
        "others": {"count": 2, "revenue": 120.0, "average": 60.0},
    }
    assert found["members_share_of_revenue"] == 0.7736
    # Eva's 1060 points have ended, nobody has run expiry; 1000 of them within the period.
    assert found["units"] == {
        "points": {
            "earned": 100 + 50 + 200 + 60,
            "spent": 0,
            "expired": 60,
            "reversed": 0,
            "outstanding": 350,
        }
    }
    assert (found["rewards_used"], found["messages"], found["donations"]) == ({}, {}, {})


def test_a_period_has_its_days_in_the_shops_zone_the_last_one_inside(deli: Shop) -> None:
    found = stats(deli, "--from", day(60), "--to", day(20))
    assert (found["visits"], found["purchases"]["members"]["revenue"]) == (2, 1060.0)
    assert found["units"]["points"] == {
        "earned": 1060,
        "spent": 0,
        "expired": 1000,
        "reversed": 0,
        "outstanding": 60,
    }
    assert stats(deli, "--from", day(19), "--to", day(4))["visits"] == 0
    late = deli.folder / "late.csv"
    midnight = TODAY.replace(hour=0) - timedelta(days=9)
    before = (midnight - timedelta(seconds=1)).isoformat()
    late.write_text(f"member,at,amount\nJANA,{before},1\nJANA,{midnight.isoformat()},2\n", "utf-8")
    assert deli.run("purchases", "import", str(late)).code == 0
    assert stats(deli, "--from", day(10), "--to", day(10))["purchases"]["members"]["revenue"] == 1
    assert stats(deli, "--from", day(9), "--to", day(9))["purchases"]["members"]["revenue"] == 2


def test_what_was_spent_and_taken_back_is_not_what_expired(deli: Shop) -> None:
    async def spend(uow: UnitOfWork, member: int, operation: int, now: datetime) -> None:
        account = await books.open_account(uow.tx, member)
        account.debit("reserve", "points", 120, at=now)
        await uow.write(account, member_id=member, operation_id=operation, now=now)
        account = await books.open_account(uow.tx, member)
        account.take_from("adjust", "points", _takes(account, 30), at=now)
        await uow.write(account, member_id=member, operation_id=operation, now=now)

    deli.ask(_on_the_card_of("PETR", spend))
    assert stats(deli)["units"]["points"] == {
        "earned": 410,
        "spent": 120,
        "expired": 60,
        "reversed": 30,
        "outstanding": 200,
    }
    assert stats(deli)["redemption_rate"] == {"points": 0.2927}


def _takes(account: Account, amount: int) -> tuple[Take, ...]:
    lot = next(lot for lot in account.lots if lot.remaining >= amount)
    return (Take(lot.id, amount),)


def _on_the_card_of(
    code: str, deed: Callable[[UnitOfWork, int, int, datetime], Awaitable[None]]
) -> Callable[[Work], Awaitable[None]]:
    async def done(work: Work) -> None:
        async with work.unit_of_work() as uow:
            member = await members.by_code(uow.tx, code)
            assert member is not None
            now = datetime.now(PRAGUE)
            number = await operations.begin(uow.tx, "x", "adjust", now=now, member_id=member.id)
            assert number is not None
            await deed(uow, member.id, number, now)

    return done


def test_what_is_owed_is_worth_what_the_programme_says_and_breakage_is_its_own(
    deli: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed = {"outstanding": 350, "value": 175.0, "breakage": None, "expected_cost": None}
    assert stats(deli)["liability"] == {"points": owed}
    # Both of Eva's lots ended unused: 1060 of 1060.
    monkeypatch.setattr(liability, "ENOUGH", 2)
    owed |= {"breakage": 1.0, "expected_cost": 0.0}
    assert stats(deli)["liability"] == {"points": owed}


def test_figures_for_people_say_what_is_not_known(deli: Shop) -> None:
    ran = deli.run("stats")
    assert (ran.code, ran.err) == (0, [])
    assert ran.out[0] == f"Hora Deli, {day(29)} to {day(0)}"
    assert "members                    5 (1 new)" in ran.out
    assert "purchases of members       4 for 410.00 EUR, 102.50 EUR on average" in ran.out
    assert ran.out[-1] == "Breakage is unknown until 30 lots of a unit have ended."


def test_a_chart_of_any_number_of_days_is_drawn(deli: Shop) -> None:
    for options in ((), ("--from", day(400)), ("--from", day(0))):
        file = deli.folder / "chart.png"
        assert deli.run("stats", "--chart", str(file), *options).code == 0
        with Image.open(file) as picture:
            assert picture.size == (1600, 1000)
            assert len(picture.getcolors(1 << 24) or ()) > 10


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--from", "yesterday"), '--from: "yesterday" is no day; write it like 2026-03-01'),
        (
            ("--from", "2026-03-02", "--to", "2026-03-01"),
            "--from 2026-03-02 is after --to 2026-03-01: the first day comes first",
        ),
    ],
)
def test_days_that_are_none_are_refused(deli: Shop, options: tuple[str, ...], why: str) -> None:
    assert deli.run("stats", *options) == Ran(1, [], [f"error: {why}"])
