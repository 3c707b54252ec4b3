"""S36: personal data is unreadable at rest, opens where it belongs, and outlives a new secret."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.members import Member
from bot.domain.messages import MessageClass
from bot.domain.segments import parse
from bot.services import broadcasts, erasing, joining, preferences, staffing
from bot.services.unit_of_work import Work
from bot.storage import conversations, members, outbox, proofs, questions
from bot.storage.database import Database
from bot.storage.keys import WrongSecret, check_secrets, kept_secret, open_vault
from bot.storage.vault import Vault
from tests.services.shop import NOW, Shop

ONE = Vault([(1, b"a" * 32)], b"l" * 32, b"s" * 32)
#: Any text, and the halves of surrogate pairs that JSON from outside may hold.
TEXTS = st.text(st.characters(codec=None) | st.sampled_from("\ud83d\udc00\0"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url)
    try:
        yield database
    finally:
        await database.close()


def vault_of(database: Database) -> Vault:
    assert database.vault is not None
    return database.vault


# Values


@given(text=TEXTS)
def test_what_was_sealed_opens_as_it_was(text: str) -> None:
    assert ONE.open("member.name", ONE.seal("member.name", text)) == text


@given(text=TEXTS)
def test_two_seals_of_one_text_differ(text: str) -> None:
    assert ONE.seal("member.name", text) != ONE.seal("member.name", text)


def test_a_value_opens_in_its_own_column_alone() -> None:
    sealed = ONE.seal("member.name", "Anna")
    with pytest.raises(ValueError, match=r"identity\.value does not open"):
        ONE.open("identity.value", sealed)


@pytest.mark.parametrize("where", [2, 10, -6])
def test_an_altered_value_does_not_open(where: int) -> None:
    sealed = ONE.seal("member.name", "Anna Nováková")
    other = "A" if sealed[where] != "A" else "B"
    with pytest.raises(ValueError, match="does not open"):
        ONE.open("member.name", sealed[:where] + other + sealed[where:][1:])


@pytest.mark.parametrize("stored", ["", "1", "1.", "x.abc", "9.AAAA", "1.ééé"])
def test_what_was_never_sealed_does_not_open(stored: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ONE.open("member.name", stored)


def test_the_newest_data_key_seals_and_older_ones_still_open() -> None:
    old = ONE.seal("member.name", "Anna")
    both = Vault([(1, b"a" * 32), (2, b"b" * 32)], b"l" * 32, b"s" * 32)
    assert both.open("member.name", old) == "Anna"
    with pytest.raises(ValueError, match="does not open"):
        ONE.open("member.name", both.seal("member.name", "Anna"))


@given(one=TEXTS, other=TEXTS)
def test_hashes_are_equal_for_equal_values_of_one_kind(one: str, other: str) -> None:
    assert (ONE.hash("phone", one) == ONE.hash("phone", other)) == (one == other)
    assert ONE.hash("phone", one) != ONE.hash("email", one)


def test_hashes_need_the_key() -> None:
    other = Vault([(1, b"a" * 32)], b"m" * 32, b"s" * 32)
    assert ONE.hash("phone", "+420777123456") != other.hash("phone", "+420777123456")


def test_a_name_is_found_by_any_of_its_words_without_case_or_accents() -> None:
    words = ONE.word_hashes("Anna Marie Nováková")
    assert words == {ONE.hash("word", word) for word in ("anna", "marie", "novakova")}
    assert ONE.word_hashes("NOVAKOVA") < words


# Keys


async def test_the_same_secret_opens_what_was_sealed_before(database: Database) -> None:
    await open_vault(database, ["first"], NOW)
    sealed, hashed = vault_of(database).seal("a.b", "text"), vault_of(database).hash("a", "b")
    await open_vault(database, ["first"], NOW)
    assert vault_of(database).open("a.b", sealed) == "text"
    assert vault_of(database).hash("a", "b") == hashed


async def test_another_secret_opens_nothing_and_spoils_nothing(database: Database) -> None:
    await open_vault(database, ["first"], NOW)
    sealed = vault_of(database).seal("a.b", "text")
    with pytest.raises(WrongSecret, match="REGULARS_SECRET_KEY"):
        await open_vault(database, ["second"], NOW)
    with pytest.raises(WrongSecret):
        await check_secrets(database, ["second"])
    assert await check_secrets(database, ["first"]) is True
    await open_vault(database, ["first"], NOW)
    assert vault_of(database).open("a.b", sealed) == "text"


async def test_a_wrong_secret_does_not_wrap_a_key_that_a_new_release_needs(
    database: Database,
) -> None:
    await open_vault(database, ["first"], NOW)
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM vault_key WHERE purpose = 'signing'")
    with pytest.raises(WrongSecret):
        await open_vault(database, ["second"], NOW)
    await open_vault(database, ["first"], NOW)
    async with database.reading() as reader:
        rows = await reader.rows("SELECT purpose FROM vault_key ORDER BY purpose")
    assert [row["purpose"] for row in rows] == ["data", "lookup", "signing"]


async def test_a_new_secret_is_taken_with_the_old_one_beside_it(database: Database) -> None:
    await open_vault(database, ["old"], NOW)
    sealed = vault_of(database).seal("a.b", "text")
    await open_vault(database, ["new", "old"], NOW)
    assert vault_of(database).open("a.b", sealed) == "text"


async def test_checking_secrets_makes_no_keys(database: Database) -> None:
    assert await check_secrets(database, ["first"]) is False
    async with database.reading() as reader:
        assert await reader.rows("SELECT * FROM vault_key") == []


async def test_who_opens_a_new_vault_at_once_makes_its_keys_once(database: Database) -> None:
    await asyncio.gather(*(open_vault(database, ["first"], NOW) for _ in range(4)))
    async with database.reading() as reader:
        (row,) = await reader.rows("SELECT COUNT(*) AS n FROM vault_key")
    assert row["n"] == 3


def test_the_secret_kept_beside_a_database_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    secret = kept_secret(tmp_path)
    assert kept_secret(tmp_path) == secret
    assert len(secret) >= 32
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


# Nothing readable at rest

NAME = "Žofie Kovářová"
PHONE = "+420777987654"
ADDRESS = "8675309421"
COLLEAGUE = "Vendelín Šťastný"
SAID = "je mi špatně po laktóze"
#: How any of it may look; a birthday is not looked for within a date.
SECRETS = re.compile(
    "|".join(
        [
            "(?i:žofie|zofie|kovářová|kovarova|kovář)",
            "777.?987.?654",
            ADDRESS,
            "(?i:vendel|šťastný|stastny)",
            "(?i:laktóz|laktoz|špatně)",
            r"(?<!\d{4}-)\b0?7-29\b",
            r"\b29\. ?0?7\.",
        ]
    )
)


@pytest.fixture
async def told(work: Work) -> Work:
    """A member, a colleague, a stranger's draft, a message that could not be handled."""
    shop = Shop(work)
    chat = await shop.chat(ADDRESS)
    async with work.unit_of_work() as uow:
        joined = await joining.join(
            uow, chat, name=NAME, language="cs", location=None, now=NOW, phone=PHONE
        )
        member = joined.member
        await joining.set_birthday(uow, member.id, 7, 29, NOW)
        await members.attach(uow.tx, member.id, "email", f"{ADDRESS}@x.cz", proven=True, now=NOW)
        await conversations.save(
            uow.tx, chat.id, step="staff.sale", draft={"name": SAID}, misses=0, language="cs"
        )
        await conversations.record_inbound(uow.tx, "telegram", "1", NOW)
        await conversations.record_failure(uow.tx, "telegram", "1", "KeyError at f:1", SAID)
        await outbox.put(
            uow.tx,
            chat.id,
            f'{{"said": "{NAME}: {SAID}, {PHONE}, 29. 7."}}',
            message_class=MessageClass.REPLY,
            member_id=member.id,
            choices=False,
            due_at=NOW,
            now=NOW,
        )
        await questions.ask(uow.tx, chat.id, SAID, NOW)
        await proofs.begin(uow.tx, chat.id, "phone", PHONE, "123456", now=NOW, ends_at=NOW)
    bara = await shop.colleague(COLLEAGUE)
    await shop.stamp(member, bara, 10)
    await shop.use((await shop.voucher(member)).code, bara)
    async with work.unit_of_work() as uow:
        await joining.enrol(uow, "+420777987655", bara, "enrol", NOW)
        assert [found.name for found in await staffing.find(uow, "kovarova")] == [NAME]
    await _unasked(shop, member)
    return work


async def _unasked(shop: Shop, member: Member) -> None:
    """An owner's words to everybody, a wish of the member's, and another who was erased."""
    async with shop.uow() as uow:
        everybody = parse("all", uow.programme)
        texts = {"cs": f"{SAID}, {NAME}"}
        draft = await broadcasts.draft(uow, texts, everybody, None, NOW)
        await broadcasts.start(uow, draft.id, 1, NOW)
        await preferences.set_pace(uow, member.id, "fewer")
        await joining.decide_marketing(uow, member.id, "telegram", True, "resume.done", NOW)
    await broadcasts.advance(shop.work, NOW)
    other = await shop.member(NAME)
    async with shop.uow() as uow:
        assert await erasing.erase(uow, other.id, NOW)


async def test_s36_no_column_of_any_table_holds_personal_data(told: Work) -> None:
    database = told.database
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%' "
        "AND name <> 'sqlite_sequence'",
        "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    }
    found, empty = [], set()
    async with told.reading() as reader:
        for table in await reader.rows(catalogue[database.dialect]):
            rows = await reader.rows(f"SELECT * FROM {table['name']}")
            if not rows:
                empty.add(table["name"])
            for row in rows:
                found += [
                    (table["name"], column, value)
                    for column, value in row.items()
                    if SECRETS.search(str(value))
                ]
    assert found == []
    assert empty == {
        *("claim", "debt", "halt", "lease", "pace", "planning", "purchase", "setting", "spending"),
        *("activity", "counter", "import_progress", "invite", "membership", "purchase_item"),
        *("recheck", "referral", "relocation", "review", "standing", "survey_answer"),
        *("survey_offer", "tally", "tally_entry", "tier_change"),
    }


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_s36_no_byte_of_the_files_does_either(told: Work, database_url: str) -> None:
    file = Path(database_url.removeprefix("sqlite://"))
    written = [path for path in _beside(file) if path.stat().st_size]
    assert {path.name for path in written} >= {"regulars.db", "regulars.db-wal"}
    for path in written:
        text = path.read_bytes().decode("utf-8", "replace")
        assert SECRETS.findall(text) == [], path.name
    # What is looked for would be found: the programme's own text is not sealed.
    assert "Kavárna Lípa" in "".join(
        path.read_bytes().decode("utf-8", "replace") for path in written
    )


def _beside(file: Path) -> Iterator[Path]:
    return file.parent.glob(f"{file.name}*")


async def test_s36_everything_opens_for_those_who_may_see_it(told: Work) -> None:
    async with told.reading() as reader:
        member = await members.by_identity(reader, "phone", PHONE)
        assert member is not None
        [(chat, channel)] = await conversations.of_member(reader, member.id)
        kept = await conversations.get(reader, chat)
    assert channel == "telegram"
    assert (member.name, member.birthday, member.language) == (NAME, (7, 29), "cs")
    assert kept is not None
    assert (kept.address.value, dict(kept.draft)) == (ADDRESS, {"name": SAID})


async def test_s36_a_birthday_is_found_by_its_day(told: Work) -> None:
    async with told.reading() as reader:
        found = await reader.rows(
            "SELECT id FROM member WHERE birthday_hash = $1",
            reader.vault.hash("birthday", "07-29"),
        )
    assert len(found) == 1


@pytest.mark.parametrize("left", ["", "\n", "short"])
def test_a_kept_secret_that_was_cut_or_emptied_is_refused(tmp_path: Path, left: str) -> None:
    """S36: an empty secret would open, and so protect, nothing."""
    (tmp_path / "secret.key").write_text(left, "utf-8")
    with pytest.raises(WrongSecret):
        kept_secret(tmp_path)


def test_the_kept_secret_is_its_owners_alone(tmp_path: Path) -> None:
    kept_secret(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
