"""`members import`: which lines are refused and how, and going on after a stop."""

from __future__ import annotations

import asyncio
import csv
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.messages import Address
from bot.services import importing
from bot.services.unit_of_work import Work
from bot.storage import conversations, members
from tests.cli.conftest import Ran, Shop
from tests.cli.files import HEADER, PEOPLE, bad, bring_in, exported


def test_columns_in_any_order_and_letter_case_with_a_mark_in_front(shop: Shop) -> None:
    text = "\ufeffSTAMPS, Name ,Phone\r\n2,Anna,777123456\r\n\r\n,,+420777123457\r\n"
    assert bring_in(shop, text).out == ["2 members added, 0 were there already."]
    rows = list(csv.DictReader(exported(shop).splitlines()))
    assert [(row["name"], row["phone"], row["stamps"]) for row in rows] == [
        ("Anna", "+420777123456", "2"),
        ("", "+420777123457", "0"),
    ]
    assert [row["language"] for row in rows] == ["en", "en"]


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_semicolons_with_a_mark_in_front_as_excel_writes_them(shop: Shop) -> None:
    text = '\ufeffphone;name;stamps\r\n777123456;"Nová; Anna, Bc.";2\r\n'
    assert bring_in(shop, text).out == ["1 member added, 0 were there already."]
    assert bring_in(shop, text).out == ["0 members added, 1 was there already."]
    (row,) = csv.DictReader(exported(shop).splitlines())
    assert (row["name"], row["stamps"]) == ("Nová; Anna, Bc.", "2")
    assert shop.run("ledger", "verify").out == ["1 entry, 0 differences."]


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("code", "A_1", "write 2 to 32 letters, digits and hyphens"),
        ("phone", "12", "this is no phone number: write it with its country, such as +420…"),
        ("email", "anna@home", "this is no e-mail address"),
        ("name", "x" * 61, "write at most 60 characters"),
        ("language", "xx", 'the programme has no "xx": write one of en, cs'),
        (
            "birthday",
            "14.3.",
            '"14.3." is no day of the year: write MM-DD, such as 03-14 for 14 March',
        ),
        (
            "birthday",
            "31-12",
            '"31-12" is no day of the year: write MM-DD, such as 03-14 for 14 March',
        ),
        (
            "birthday",
            "02-30",
            '"02-30" is no day of the year: write MM-DD, such as 03-14 for 14 March',
        ),
        (
            "joined",
            "5.5.2024",
            '"5.5.2024" is no date: write it as 2026-03-14, or with the time and its offset as '
            "2026-03-14T09:30:00+01:00",
        ),
        (
            "joined",
            "2024-05-05T10:00:00",
            '"2024-05-05T10:00:00" is no date: write it as 2026-03-14, or with the time and its '
            "offset as 2026-03-14T09:30:00+01:00",
        ),
        ("joined", "2999-01-01", "2999-01-01 is still to come"),
        ("location", "brno", 'the programme has no location "brno". There are: none.'),
        ("tags", "a\x07b", "write one line of at most 200 characters"),
        ("stamps", "-1", '"-1" is no whole number up to 1000000'),
        ("stamps", "2.5", '"2.5" is no whole number up to 1000000'),
        ("reward:coffee", "1000001", '"1000001" is no whole number up to 1000000'),
        (
            "stamps",
            "10",
            "10 stamps are a full card: write fewer here, and full cards in a column reward:coffee",
        ),
    ],
)
def test_a_bad_value_names_its_line_and_column(
    shop: Shop, column: str, value: str, message: str
) -> None:
    row = {"code": "M1", "phone": "", column: value}
    text = f"{','.join(row)}\nOK-1{',' * (len(row) - 1)}\n{','.join(row.values())}\n"
    assert bad(shop, text) == [f"3 {column}: {message}"]


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("consent", "message"),
    [
        ("sms,,", "consent: say when and where it was given, in consent_at and consent_source"),
        ("sms,2025-01-01,", "consent: say when and where it was given, in consent_at and "
         "consent_source"),
        ("fax,2025-01-01,form",
         'consent: there is no channel "fax": write some of telegram sms whatsapp email'),
        ("sms,2999-01-01,form", "consent_at: 2999-01-01 is still to come"),
    ],
)  # fmt: skip
def test_consent_needs_its_channel_time_and_source(shop: Shop, consent: str, message: str) -> None:
    text = f"code,consent,consent_at,consent_source\nM1,{consent}\n"
    assert bad(shop, text) == [f"2 {message}"]


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("text", "objections"),
    [
        ("", ["1 there is no header: write one, such as code,phone,name,email,language,birthday,"
              "joined,location,tags,consent,consent_at,consent_source"]),
        ("name,stamps\n", ["1 a column that says who is who is missing: code, phone or email"]),
        ("code,stmps\n", ['1 there is no column "stmps". Did you mean "stamps"?']),
        ("code,points\n", [f'1 there is no column "points". There are: '
                           f'{", ".join(HEADER.split(","))}.']),
        ("code,code\n", ['1 the column "code" is there twice: keep one of the two']),
        ("code\tstamps\nA1\t3\n", ["1 the columns are separated by tabs: save the file as CSV, "
                                     "with commas or semicolons"]),
        ("code,name\nA1\n", ["2 there is 1 value for 2 columns: mind the commas"]),
        ("code;name\nA1;B;C\n", ["2 there are 3 values for 2 columns: mind the semicolons"]),
        ('code,name\nA1,"a"b\n', ["2 this is no CSV (',' expected after '\"'): mind the quotes"]),
        ("code,name\n,Anna\n",
         ["2 there is nothing to know the member by: write a code, phone or email"]),
        ('code,name\nA1,"two\nlines"\nA1,\n',
         ["4 code: it is on line 2 already: keep one of them"]),
        ("phone,code\n777123456,A1\n+420777123456,A2\n",
         ["3 phone: it is on line 2 already: keep one of them"]),
    ],
)  # fmt: skip
def test_a_bad_file_names_its_lines(shop: Shop, text: str, objections: list[str]) -> None:
    assert bad(shop, text) == objections


def test_every_bad_line_is_named_and_nothing_is_kept(shop: Shop) -> None:
    lines = [f"{code},{code % 3 * 9}" for code in range(1000, 1200)]
    objections = bad(shop, "\n".join(["code,stamps", *lines]))
    wrong = [number for number, line in enumerate(lines, 2) if line.endswith(",18")]
    assert objections.pop() == f"error: +{len(wrong) - 50} more"
    assert [int(line.partition(" ")[0]) for line in objections] == wrong[:50]


def test_a_line_about_two_members_is_refused(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    ran = bring_in(shop, "code,phone,email\nM2,+447911123456,new@example.com\nM9,,\n")
    assert (ran.code, ran.err[0]) == (
        1,
        f"error: {shop.folder}/people.csv:2 code and phone and email belong to different members: "
        "keep what is right",
    )
    assert exported(shop) == PEOPLE


def test_a_file_that_is_not_utf8_or_not_there(shop: Shop) -> None:
    (shop.folder / "old.csv").write_bytes("code,name\nA1,Nováková\n".encode("cp1250"))
    assert shop.run("members", "import", "old.csv").err == [
        "error: old.csv:2 there is a character that is not UTF-8: save the file as UTF-8, in Excel "
        'by Save As with the type "CSV UTF-8"'
    ]
    assert shop.run("members", "import", "none.csv").err == [
        "error: none.csv can't be read: No such file or directory"
    ]


def test_an_import_that_was_killed_goes_on_where_it_stopped(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "code,phone,stamps\n" + "".join(f"M{n},+42077712340{n},{n}\n" for n in range(1, 8))
    create = members.create
    monkeypatch.setattr(importing, "PIECE", 2)
    monkeypatch.setattr(importing, "BREATH_SECONDS", 0)

    async def killed(*values: Any, **named: Any) -> Any:
        if named["code"] == "M6":
            raise RuntimeError("the power is gone")
        return await create(*values, **named)

    monkeypatch.setattr(members, "create", killed)
    assert bring_in(shop, text).code == 1
    halfway = list(csv.DictReader(exported(shop).splitlines()))
    # M5 was in the piece that was being written.
    assert [row["code"] for row in halfway] == ["M1", "M2", "M3", "M4"]

    monkeypatch.setattr(members, "create", create)
    assert bring_in(shop, text) == Ran(0, ["3 members added, 4 were there already."])
    rows = list(csv.DictReader(exported(shop).splitlines()))
    assert [(row["code"], row["stamps"]) for row in rows] == [
        (f"M{n}", str(n)) for n in range(1, 8)
    ]
    assert shop.run("ledger", "verify").out == ["7 entries, 0 differences."]


@pytest.mark.parametrize("dialect", ["sqlite"])  # elsewhere writers don't wait for each other
async def test_an_import_lets_others_in_between(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PIECE", 1)
    now = datetime.now(UTC)
    people, problems = await importing.check(work, "code\nA1\nA2\nA3\n", now, lambda *_: None)
    assert problems == []
    seen: list[int] = []

    async def somebody_writes() -> None:
        async with work.unit_of_work() as uow:
            address = Address("telegram", "7")
            await conversations.enter(uow.tx, address, "telegram", "en", now)
            seen.append(await members.count(uow.tx))

    waiting: list[asyncio.Task[None]] = []

    def tell(done: int, _total: int) -> None:
        if done == 1:
            waiting.append(asyncio.create_task(somebody_writes()))

    imported = await importing.bring_in(work, people, now, tell)
    await asyncio.gather(*waiting)
    assert (imported.added, seen) == (3, [1])
