"""`purchases import`, as the shop's owner runs it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import programmes
from bot.domain.members import Role, Staff
from bot.domain.messages import Address
from bot.services import earning, past, replaying, staffing
from bot.services.unit_of_work import Work
from bot.storage import conversations
from bot.storage.database import instant
from tests.cli.conftest import Ran, Shop
from tests.cli.files import bring_in, shown
from tests.conftest import NOW

#: The points shop with two products, one of which earns nothing.
SHOP = (
    programmes.preset("points-shop").replace('"end of year + 12 months"', '"never"')
    + """
[earning]
excluded = ["cigarettes"]

[[products]]
code = "ham"
name = "Ham"

[[products]]
code = "cigarettes"
name = "Cigarettes"
"""
)
PEOPLE = "code,phone,email,name\nANNA,+420777123456,,Anna\nPETR,,petr@example.com,Petr\n"


@pytest.fixture
def deli(shop: Shop) -> Shop:
    shop.programme.write_text(SHOP, "utf-8")
    assert bring_in(shop, PEOPLE).code == 0
    return shop


def count(shop: Shop, text: str | bytes) -> Ran:
    """What an import of this text answers, without the lines about how far it is."""
    file = shop.folder / "purchases.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    ran = shop.run("purchases", "import", str(file))
    return Ran(ran.code, ran.out, [line for line in ran.err if line.startswith("error")])


def counted(new: int, before: int = 0) -> Ran:
    purchases = "1 purchase" if new == 1 else f"{new} purchases"
    were = "was" if before == 1 else "were"
    return Ran(0, [f"{purchases} counted, {before} {were} counted already."])


def rows(shop: Shop, sql: str) -> list[tuple[Any, ...]]:
    async def ask(work: Work) -> list[tuple[Any, ...]]:
        async with work.reading() as reader:
            return [tuple(row.values()) for row in await reader.rows(sql)]

    return shop.ask(ask)


def bad(shop: Shop, text: str | bytes) -> list[str]:
    """The objections to a file, of which nothing was kept."""
    ran = count(shop, text)
    assert (ran.code, ran.out) == (1, [])
    assert rows(shop, "SELECT COUNT(*) FROM purchase") == [(0,)]
    if ran.err[-1].startswith("error: Nothing was imported"):
        ran.err.pop()
    return [line.removeprefix(f"error: {shop.folder}/purchases.csv:") for line in ran.err]


def points(shop: Shop, code: str) -> int:
    balance = shown(shop, code)["balances"]["points"]
    assert isinstance(balance, int)
    return balance


def test_purchases_give_by_the_rules_whoever_is_named_how(deli: Shop) -> None:
    text = (
        "member,at,amount,receipt\n"
        "anna,2025-05-05T10:00:00+02:00,250.50,1\n"
        "+420 777 123 456,2025-05-06T10:00:00+02:00,99.9,2\n"
        "petr@example.com,2025-05-06,100,3\n"
        ",2025-05-07T10:00:00+02:00,1000,4\n"
    )
    assert count(deli, text) == counted(4)
    assert (points(deli, "ANNA"), points(deli, "PETR")) == (250 + 99, 100)
    assert rows(deli, "SELECT member_id, amount_minor, receipt FROM purchase ORDER BY id")[-1] in [
        (None, 100_000, "4"),
        (2, 10_000, "3"),
    ]
    assert deli.run("ledger", "verify").code == 0


def test_s9_importing_again_or_a_longer_file_changes_nothing_that_is_in(deli: Shop) -> None:
    lines = ["member,at,amount,receipt", "ANNA,2025-05-05,10,7", *["ANNA,2025-05-05,20,"] * 2, ""]
    assert count(deli, "\n".join(lines)) == counted(3)
    assert count(deli, "\n".join(lines)) == counted(0, 3)
    longer = [*lines[:-1], "ANNA,2025-05-05,20,", "PETR,2025-01-01,30,", "ANNA,2025-05-05,10,7", ""]
    assert count(deli, "\n".join(longer)) == counted(2, 3)
    assert (points(deli, "ANNA"), points(deli, "PETR")) == (70, 30)
    other_columns = "at;member;amount\n2025-05-05;ANNA;20\n2025-05-05;ANNA;20\n"
    assert count(deli, other_columns) == counted(0, 2)


def test_s4_points_end_as_if_they_were_earned_then(deli: Shop) -> None:
    text = SHOP.replace('expires = "never"', 'expires = "end of year + 12 months"')
    deli.programme.write_text(text, "utf-8")
    assert count(deli, "member,at,amount\nANNA,2024-12-31T23:30:00+01:00,40\n") == counted(1)
    ((amount, ends_at),) = rows(deli, "SELECT amount, ends_at FROM lot")
    assert (amount, instant(ends_at)) == (40, datetime(2025, 12, 31, 23, tzinfo=UTC))


def test_s14_and_s41_items_and_discounts_count_as_at_the_till(deli: Shop) -> None:
    text = (
        "member,at,amount,items,discount\n"
        'ANNA,2026-01-05,300,"ham*2=180;cigarettes=120",0\n'
        "PETR,2026-01-05,300,,100\n"
    )
    assert count(deli, text) == counted(2)
    assert (points(deli, "ANNA"), points(deli, "PETR")) == (180, 200)
    kept = rows(deli, "SELECT product, quantity, amount_minor FROM purchase_item ORDER BY 1")
    assert kept == [("cigarettes", 1, 12_000), ("ham", 2, 18_000)]


NOBODY = (
    'member: nobody has the code, card, phone number or e-mail address "EVA": leave it empty for '
    "a purchase by nobody, or bring members in first"
)


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("text", "objections"),
    [
        ("", ["1 there is no header: write one, such as member,at,amount,receipt,location,items,"
              "discount"]),
        ("member,at\nANNA,2025-05-05\n", ["1 a column is missing: amount"]),
        ("member,at,amount,tip\n", ['1 there is no column "tip". There are: member, at, amount, '
                                    "receipt, location, items, discount."]),
        ("member,at,amount\nEVA,2025-05-05,10\nANNA,2025-05-05,ten\n,,5\n",
         [f"2 {NOBODY}", '3 amount: "ten" is no amount: write it with a point, such as 1234.50',
          "4 at: it is empty"]),
        ("member,at,amount\nANNA,2025-05-05,-1\nANNA,2025-05-05,\"1,5\"\nANNA,2025-05-05,1.005\n",
         ['2 amount: "-1" is no amount: write it with a point, such as 1234.50',
          '3 amount: "1,5" is no amount: write it with a point, such as 1234.50',
          "4 amount: 1.005 is more exact than EUR is"]),
        ("member,at,amount\nANNA,2999-01-01,1\nANNA,5. 5. 2025,1\nANNA,2025-05-05T10:00,1\n",
         ["2 at: 2999-01-01 is still to come",
          '3 at: "5. 5. 2025" is no date: write it as 2026-03-14, or with the time and its offset '
          "as 2026-03-14T09:30:00+01:00",
          '4 at: "2025-05-05T10:00" is no date: write it as 2026-03-14, or with the time and its '
          "offset as 2026-03-14T09:30:00+01:00"]),
        ("at,amount,items\n2025-05-05,1,hem\n2025-05-05,1,ham*0\n2025-05-05,1,ham ham\n",
         ['2 items: the programme has no product "hem". Did you mean "ham"?',
          "3 items: write 1 to 10000 of ham",
          "4 items: ham is there twice: write it once, with how many"]),
        ("at,amount,receipt\n2025-05-05,1,A1\n2025-05-05,2,a1\n2025-05-05,1,A1\n",
         ["3 receipt: it is on line 2 already, with something else in it"]),
        ("at,amount,discount\n2025-05-05,1,2\n",
         ["2 discount: it is more than the amount, which is the price before it"]),
        (b"at,amount\n2025-05-05,1\n2025-05-05,\xff\n",
         ["3 there is a character that is not UTF-8: save the file as UTF-8, in Excel by Save As "
          'with the type "CSV UTF-8"']),
    ],
)  # fmt: skip
def test_a_bad_file_names_its_lines_and_nothing_is_kept(
    deli: Shop, text: str | bytes, objections: list[str]
) -> None:
    assert bad(deli, text) == objections


def test_an_import_that_was_killed_goes_on_where_it_stopped(
    deli: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "member,at,amount\n" + "".join(f"ANNA,2025-05-{day:02},10\n" for day in range(1, 31))
    monkeypatch.setattr(replaying, "PIECE", 7)
    pieces = _dies_after(monkeypatch, 2)
    assert count(deli, text).code == 1
    assert points(deli, "ANNA") == 140
    monkeypatch.setattr(replaying, "count_piece", past.count_piece)
    assert count(deli, text) == counted(16, 14)
    assert points(deli, "ANNA") == 300
    assert pieces == [7, 7]


def _dies_after(monkeypatch: pytest.MonkeyPatch, pieces: int) -> list[int]:
    done: list[int] = []

    async def count_piece(*arguments: object) -> int:
        if len(done) == pieces:
            raise RuntimeError("killed")
        done.append(await past.count_piece(*arguments))  # type: ignore[arg-type]
        return done[-1]

    monkeypatch.setattr(replaying, "count_piece", count_piece)
    return done


def test_s9_a_receipt_counted_at_the_till_is_not_counted_again(deli: Shop) -> None:
    async def sell(work: Work) -> None:
        async with work.unit_of_work() as uow:
            chat = await conversations.enter(
                uow.tx, Address("telegram", "1"), "telegram", "en", NOW
            )
            token = await staffing.invite(uow, "Jana", Role.CASHIER, None, NOW)
            jana = await staffing.accept(uow, chat, token, NOW)
            member = await staffing.member_by_reference(uow, "ANNA")
            assert member is not None
            assert isinstance(jana, Staff)
            await earning.sale(uow, member.id, 5_000, "R-9", jana, "till", NOW)

    deli.ask(sell)
    at = (NOW + timedelta(hours=1)).isoformat()
    assert count(deli, f"member,at,amount,receipt\nANNA,{at},50,r-9\n") == counted(0, 1)
    assert points(deli, "ANNA") == 50


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_nobody_hears_of_purchases_that_were_imported(deli: Shop) -> None:
    assert count(deli, "member,at,amount\nANNA,2025-05-05,5000\n") == counted(1)
    assert rows(deli, "SELECT COUNT(*) FROM outbox") == [(0,)]
