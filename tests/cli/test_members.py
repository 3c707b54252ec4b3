"""`members import`, `export` and `show`, as the shop's owner runs them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.expiry import add_months, local_midnight
from bot.domain.rewards import Voucher
from bot.programmes import preset
from bot.services import erasing, importing, merging, redeeming, staffing, wallets
from bot.services.merging import Merged
from bot.services.results import Refused, Repeated
from bot.services.unit_of_work import Work
from bot.storage import members, operations
from tests.cli.conftest import Ran, Shop
from tests.cli.files import PEOPLE, bring_in, exported, shown
from tests.conftest import MakeDatabase

PRAGUE = ZoneInfo("Europe/Prague")


def today() -> date:
    return datetime.now(PRAGUE).date()


def test_members_come_in_and_go_out_the_same(
    shop: Shop, new_database: MakeDatabase, use: Callable[[str], None]
) -> None:
    assert bring_in(shop, PEOPLE) == Ran(0, ["3 members added, 0 were there already."])
    assert exported(shop) == PEOPLE
    with new_database() as another:
        use(another)
        assert bring_in(shop, PEOPLE).code == 0
        assert exported(shop) == PEOPLE
        assert shop.run("ledger", "verify").out == ["3 entries, 0 differences."]


def test_importing_again_changes_nothing(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    before = shown(shop, "ANNA-1")
    changed = PEOPLE.replace("Anna Nová", "Another").replace(",9,0", ",8,1")
    assert bring_in(shop, changed) == Ran(0, ["0 members added, 3 were there already."])
    assert shown(shop, "ANNA-1") == before
    assert exported(shop) == PEOPLE


def test_a_member_known_by_the_number_alone_is_not_doubled(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    more = "stamps,phone\n5,777 123 456\n1,777 123 457\n"
    assert bring_in(shop, more) == Ran(0, ["1 member added, 1 was there already."])
    assert shown(shop, "+420777123456")["balances"] == {"stamps": 3, "reward:coffee": 2}
    assert shown(shop, "+420777123457")["balances"] == {"stamps": 1, "reward:coffee": 0}


def test_an_opening_balance_is_given_once_even_after_the_number_moved(shop: Shop) -> None:
    bring_in(shop, "phone,stamps\n+420777123456,5\n")
    shop.sql("UPDATE identity SET member_id = NULL")
    assert bring_in(shop, "phone,stamps\n+420777123456,5\n") == Ran(
        0, ["0 members added, 1 was there already."]
    )


def test_show_holds_what_the_interface_promises(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    stamps_end = local_midnight(add_months(today(), 12) + timedelta(days=1), PRAGUE)
    coffee_end = local_midnight(today() + timedelta(days=91), PRAGUE)
    consent = {
        "purpose": "marketing",
        "granted": True,
        "at": "2025-01-02T09:30:00+00:00",
        "source": "paper form",
        "wording": "import",
        "version": "",
    }
    expected = {
        "code": "ANNA-1",
        "name": "Anna Nová",
        "balances": {"stamps": 3, "reward:coffee": 2},
        "lots": [
            {
                "unit": "reward:coffee",
                "amount": 2,
                "left": 2,
                "ends_at": coffee_end.isoformat(),
                "rule": "opening",
                "available_at": None,
            },
            {
                "unit": "stamps",
                "amount": 3,
                "left": 3,
                "ends_at": stamps_end.isoformat(),
                "rule": "opening",
                "available_at": None,
            },
        ],
        "tier": None,
        "review_at": None,
        "vouchers": [],
        "identities": [{"kind": "phone", "value": "+420777123456", "proven": False}],
        "consents": [{"channel": "sms", **consent}, {"channel": "whatsapp", **consent}],
    }

    async def card(work: Work) -> str:
        async with work.unit_of_work() as uow:
            member = await staffing.member_by_reference(uow, "ANNA-1")
            assert member is not None
            return await wallets.card_payload(uow.tx, member.id)

    payload = shop.ask(card)
    found = shown(shop, "ANNA-1")
    entries = found.pop("entries")
    assert [(each["unit"], each["amount"], each["kind"]) for each in entries] == [
        ("reward:coffee", 2, "opening"),
        ("stamps", 3, "opening"),
    ]
    assert found == expected
    expected["entries"] = entries
    for reference in ("ANNA-1", "anna-1", payload, payload[2:], "777123456", "+420 777 123 456"):
        assert shown(shop, reference) == expected


def test_a_member_is_found_and_erased_by_their_e_mail_address(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    for typed in ("eva@example.com", " Eva@Example.com"):
        assert shown(shop, typed) == shown(shop, "M2")
    for nobodys in ("eva@example.org", "@"):
        assert shop.run("members", "show", nobodys) == nobody(nobodys)
    assert shop.run("members", "erase", "EVA@example.com", "--yes").out[-1] == "Erased."
    assert shop.run("members", "show", "M2") == nobody("M2")


def test_two_that_were_merged_are_one_whichever_code_is_given(shop: Shop) -> None:
    """S12."""
    lines = (
        "code,phone,name,joined,consent,consent_at,consent_source,stamps\n"
        "ELDER,+420777123456,Anna,2025-01-02,,,,7\n"
        "OTHER,+420777123457,Anička,2025-03-04,sms,2025-03-04,paper form,5\n"
    )
    bring_in(shop, lines)

    async def merge(work: Work) -> None:
        async with work.unit_of_work() as uow:
            both = [await members.by_code(uow.tx, code) for code in ("OTHER", "ELDER")]
            one, another = (member.id for member in both if member)
            assert isinstance(await merging.merge(uow, one, another, datetime.now(UTC)), Merged)

    shop.ask(merge)
    found = shown(shop, "OTHER")
    assert found == shown(shop, "ELDER") == shown(shop, "+420777123457")
    assert (found["code"], found["name"]) == ("ELDER", "Anna")
    assert found["balances"] == {"stamps": 2, "reward:coffee": 1}
    assert [(lot["unit"], lot["amount"], lot["left"], lot["rule"]) for lot in found["lots"]] == [
        ("reward:coffee", 1, 1, "card"),
        ("stamps", 5, 2, "opening"),
    ]
    assert [identity["value"] for identity in found["identities"]] == [
        "+420777123456",
        "+420777123457",
    ]
    [consent] = found["consents"]
    assert (consent["channel"], consent["granted"], consent["source"]) == ("sms", True, "merge")
    assert shop.run("ledger", "verify").out[-1].endswith(" 0 differences.")
    # Importing again finds the one by either code and number; exporting lists it once.
    assert bring_in(shop, lines) == Ran(0, ["0 members added, 2 were there already."])
    [_header, line] = exported(shop).splitlines()
    assert line.startswith("ELDER,")


def test_show_has_a_reserved_voucher(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    now = datetime.now(UTC)

    async def reserve(work: Work) -> Voucher:
        async with work.unit_of_work() as uow:
            member = await members.by_code(uow.tx, "ANNA-1")
            assert member is not None
            voucher = await redeeming.reserve(uow, member.id, "coffee", "key", now)
            assert not isinstance(voucher, Refused | Repeated)
            return voucher

    voucher = shop.ask(reserve)
    found = shown(shop, "ANNA-1")
    assert found["balances"] == {"stamps": 3, "reward:coffee": 1}
    assert found["vouchers"] == [
        {
            "code": voucher.code,
            "reward": "coffee",
            "state": "reserved",
            "reserved_at": now.isoformat(),
            "ends_at": (now + timedelta(minutes=15)).isoformat(),
            "closed_at": None,
        }
    ]


def test_show_for_people_takes_a_name_as_it_is(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    bring_in(shop, "code,name,stamps\nM1,[bold]:coffee:,3\n")
    out = shop.run("members", "show", "m1").out
    assert out[:3] == ["M1  [bold]:coffee:", "  stamps: 3", "  reward:coffee: 0"]
    row = next(line for line in out if "opening" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        "stamps",
        "3",
        "3",
        add_months(today(), 12).isoformat(),
        "opening",
    ]


def test_show_for_people_says_money_and_last_days(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    shop.programme.write_text(preset("store-credit").replace('"CZK"', '"EUR"'), "utf-8")
    bring_in(shop, "code,name,credit\nM1,Anna,5.99\n")
    out = shop.run("members", "show", "m1").out
    assert out[:2] == ["M1  Anna", "  credit: 5.99 EUR"]
    assert shown(shop, "M1")["balances"] == {"credit": 599}
    row = next(line for line in out if "opening" in line)
    assert "5.99 EUR" in row
    assert shown(shop, "M1")["lots"][0]["amount"] == 599


def test_an_export_into_a_pipe_leaves_the_pipe(shop: Shop, tmp_path: Path) -> None:
    bring_in(shop, PEOPLE)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as reading:
        read = reading.submit(pipe.read_text, "utf-8")
        assert shop.run("members", "export", str(pipe)).code == 0
        assert read.result().splitlines()[0] == PEOPLE.splitlines()[0]
    assert pipe.is_fifo()


def test_show_nobody(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    assert shop.run("members", "show", "nobody") == Ran(
        1,
        [],
        [
            'error: no member has the code, card, phone number or e-mail address "nobody": '
            "write a number with its country, such as +420777123456"
        ],
    )


def test_an_export_to_a_file_is_whole_and_for_its_owner_alone(shop: Shop, tmp_path: Path) -> None:
    bring_in(shop, PEOPLE)
    file = tmp_path / "out.csv"
    file.write_text("of yesterday", "utf-8")
    assert shop.run("members", "export", str(file)) == Ran(
        0, [], ["Members exported: 3 of 3", "3 members exported."]
    )
    assert file.read_text("utf-8") == PEOPLE
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("out*")] == ["out.csv"]
    missing = shop.run("members", "export", str(tmp_path / "no" / "out.csv"))
    assert (missing.code, missing.out) == (1, [])
    assert missing.err == [
        f"error: {tmp_path}/no/out.csv can't be written: No such file or directory"
    ]


async def test_an_imported_member_is_in_the_ledger_like_any_other(work: Work) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    people, _ = await importing.check(work, "code,stamps\nA1,4\n", now, lambda *_: None)
    await importing.bring_in(work, people, now, lambda *_: None)
    async with work.unit_of_work() as uow:
        member = await members.by_code(uow.tx, "A1")
        assert member is not None
        (entry,), _ = await wallets.history(uow.tx, member.id, 0, 8)
        assert (entry.kind, entry.unit, entry.amount) == ("opening", "stamps", 4)
        operation = await operations.get(uow.tx, entry.operation_id)
        assert operation is not None
        assert (operation.kind, operation.member_id) == ("import", member.id)


GOES = (
    "Goes: name, birthday, numbers, addresses, tags, cards, messages and questions; what is left "
    "on the card is written off."
)
STAYS = (
    "Stays: the ledger and the consents, nobody's; and a keyed hash of the code and of each number "
    "and address, so that no import brings them back."
)


def nobody(code: str) -> Ran:
    """What is said of a code nobody has."""
    return Ran(
        1,
        [],
        [
            f'error: no member has the code, card, phone number or e-mail address "{code}": '
            "write a number with its country, such as +420777123456"
        ],
    )


def test_s37_erase_says_who_goes_and_what_stays_and_there_is_nobody_after_it(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    who = ["ANNA-1  Anna Nová", "  stamps: 3", "  reward:coffee: 2", GOES, STAYS]
    assert shop.run("members", "erase", "+420777123456", "--yes") == Ran(0, [*who, "Erased."])
    for reference in ("ANNA-1", "+420777123456"):
        assert shop.run("members", "show", reference) == nobody(reference)
        assert shop.run("members", "erase", reference, "--yes") == nobody(reference)
    assert [line.split(",")[0] for line in exported(shop).splitlines()] == ["code", "M2", "M3"]
    assert shop.run("ledger", "verify").out == ["5 entries, 0 differences."]


def test_erase_without_a_terminal_asks_for_yes_and_erases_nothing(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    ran = shop.run("members", "erase", "ANNA-1")
    assert (ran.code, ran.err) == (
        1,
        ["error: nobody is here to be asked: run it again with --yes to erase for good"],
    )
    assert exported(shop) == PEOPLE


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 1)])
def test_erase_on_a_terminal_asks_first(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, answer: bool, code: int
) -> None:
    bring_in(shop, PEOPLE)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda _question: answer)
    ran = shop.run("members", "erase", "ANNA-1")
    assert (ran.code, ran.err) == (code, [] if answer else ["error: nothing was erased"])
    assert ("ANNA-1" in exported(shop)) is not answer


@pytest.mark.parametrize("column", ["code", "phone", "email"])
def test_s37_no_import_brings_the_erased_back(shop: Shop, column: str) -> None:
    bring_in(shop, "code,phone,email,stamps\nA1,+420777123456,anna@example.com,3\n")
    shop.run("members", "erase", "A1", "--yes")
    value = {"code": "a1", "phone": "777 123 456", "email": "Anna@example.com"}[column]
    today = datetime.now(PRAGUE).date().isoformat()
    ran = bring_in(shop, f"{column},name\n{value},Anna\n")
    assert (ran.code, ran.out) == (1, [])
    assert ran.err == [
        f"error: {shop.folder}/people.csv:2 {column}: whose this is asked to be erased on {today}: "
        "remove the line",
        "error: Nothing was imported: put these right and import the file again.",
    ]
    assert len(exported(shop).splitlines()) == 1


async def test_s37_who_is_erased_while_a_file_comes_in_is_left_out(work: Work) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    text = "code,stamps\nA1,4\nA2,4\n"
    people, _ = await importing.check(work, text, now, lambda *_: None)
    await importing.bring_in(work, people, now, lambda *_: None)
    async with work.unit_of_work() as uow:
        member = await members.by_code(uow.tx, "A1")
        assert member is not None
        await erasing.erase(uow, member.id, now)
    again = await importing.bring_in(work, people, now, lambda *_: None)
    assert again == importing.Imported(0, 2)
    async with work.reading() as reader:
        assert await members.count(reader) == 1
