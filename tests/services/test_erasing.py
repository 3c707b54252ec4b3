"""S37: a member who is erased is nowhere any more; the ledger stays, nobody's, and adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.members import Consent, Member, Role, Staff
from bot.domain.messages import Action, Address, Button, Reply, phrase
from bot.domain.preferences import Preference
from bot.services import (
    cards,
    erasing,
    exporting,
    joining,
    linking,
    outreach,
    questions,
    redeeming,
    staffing,
)
from bot.services.results import Refused
from bot.storage import conversations, members, outbox, preferences, proofs, staff, tidying
from bot.storage.conversations import Conversation
from tests.services.shop import COFFEE, DAY, MINUTE, NOW, Shop, why

PHONE, CHAT, MAIL = "+420777123456", "998877665", "anezka@example.com"
NAME = "Anežka Zkoušková"
_IN_JSON = "Zkou\\u0161kov\\u00e1"
LATER = NOW + 5 * MINUTE


@dataclass(frozen=True)
class Scene:
    """A member of whom everything is kept that can be, and a colleague who knows her."""

    shop: Shop
    anna: Member
    app: Conversation
    sms: Conversation
    bara: Staff
    till: Conversation
    token: str


@pytest.fixture
async def scene(shop: Shop) -> Scene:
    till = await shop.chat("till")
    bara = await shop.colleague(role=Role.MANAGER, chat=till)
    app = await shop.chat(CHAT)
    anna = await shop.member(NAME, app, now=NOW - DAY)
    sms = await shop.chat(PHONE, channel="sms")
    other = await shop.member("Áňa Z.", sms, now=NOW)
    await shop.stamp(anna, bara, 8)
    await shop.stamp(other, bara, 4)
    await shop.merge(anna, other)
    await shop.voucher(anna)
    app, sms = await shop.chat(CHAT), await shop.chat(PHONE, channel="sms")
    async with shop.uow() as uow:
        tx = uow.tx
        await members.attach(tx, anna.id, "email", MAIL, proven=False, now=NOW)
        await members.set_birthday(tx, anna.id, 5, 17, NOW)
        await tx.execute("UPDATE member SET tags = 'dietVegan' WHERE id = $1", anna.id)
        consent = Consent("sms", "marketing", True, "import", "", f"letter of {NAME}", NOW)
        await members.add_consent(tx, anna.id, consent)
        await preferences.keep(tx, anna.id, Preference(channel="sms", zone="Asia/Tokyo"))
        assert await questions.ask(uow, app, "Do you have oatlatte, please?", NOW) is None
        await proofs.begin(tx, app.id, "phone", PHONE, "123456", now=NOW, ends_at=NOW + MINUTE)
        await conversations.save(
            tx, app.id, step="x", draft={"typed": "oatlatte"}, misses=1, language="en"
        )
        for number, failure in enumerate(("Error at x", "unreadable")):
            await conversations.record_inbound(tx, "telegram", f"{number}", NOW)
            whose = app.id if number == 0 else None
            text = f"oatlatte {CHAT}"
            await conversations.record_failure(tx, "telegram", f"{number}", failure, text, whose)
        panel = Reply((phrase("staff.member", name=NAME, code=anna.code),))
        await outreach.say(uow, till.id, panel, NOW)
        await _planned(tx, anna.id)
        await tx.execute("UPDATE outbox SET state = 'delivered', provider_id = 'm' || id")
        await outreach.say(uow, sms.id, panel, NOW, member_id=anna.id)
        token = await members.card_token(tx, anna.id)
    return Scene(shop, anna, app, sms, bara, till, token)


async def _planned(tx: Any, member_id: int) -> None:
    await tx.execute(
        "INSERT INTO occasion (member_id, campaign, occurrence, state, due_at, ends_at, "
        "planned_at) VALUES ($1, 'birthday', '2026', 'planned', $2, $2, $2)",
        member_id,
        NOW,
    )


async def erase(shop: Shop, member: Member) -> bool:
    async with shop.uow() as uow:
        return await erasing.erase(uow, member.id, LATER)


async def rows(shop: Shop, sql: str, *given: Any) -> list[dict[str, Any]]:
    async with shop.work.reading() as reader:
        return await reader.rows(sql, *given)


#: Tables that hold nothing of anybody's.
_APART = {"schema_version", "vault_key", "sqlite_sequence", "programme_version"}


async def texts(shop: Shop) -> dict[str, list[str]]:
    """Everything that is text in the database, by table, what is sealed opened."""
    async with shop.work.reading() as reader:
        listed = (
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if reader.dialect == "sqlite"
            else "SELECT table_name AS name FROM information_schema.tables "
            "WHERE table_schema = 'public'"
        )
        names = [row["name"] for row in await reader.rows(listed)]
        found: dict[str, list[str]] = {}
        for table in set(names) - _APART:
            found[table] = []
            for row in await reader.rows(f"SELECT * FROM {table}"):
                for column, value in row.items():
                    if isinstance(value, str) and value:
                        sealed = column.endswith("_sealed")
                        name = f"{table}.{column.removesuffix('_sealed')}"
                        found[table].append(reader.vault.open(name, value) if sealed else value)
    return found


async def tables_with(shop: Shop, words: Sequence[str]) -> dict[str, set[str]]:
    """Which of some words stand in which tables."""
    found = {
        table: {word for word in words if any(word.lower() in text.lower() for text in all_of)}
        for table, all_of in (await texts(shop)).items()
    }
    return {table: words for table, words in found.items() if words}


def words_of(scene: Scene) -> list[str]:
    spelled = [NAME, _IN_JSON, PHONE[1:], CHAT, MAIL, "oatlatte", "letter of"]
    return [*spelled, "05-17", "dietVegan", "Tokyo", scene.anna.code, scene.token]


async def test_s37_nothing_that_says_who_it_was_is_left_in_any_table(scene: Scene) -> None:
    known = set().union(*(await tables_with(scene.shop, words_of(scene))).values())
    assert set(words_of(scene)) - known == set()
    assert await erase(scene.shop, scene.anna)
    assert await tables_with(scene.shop, words_of(scene)) == {}


async def test_s37_keyed_hashes_are_kept_of_what_an_import_could_bring_and_nowhere_else(
    scene: Scene,
) -> None:
    vault = scene.shop.work.database.vault
    assert vault is not None
    kept = {
        ("telegram", vault.hash("telegram", CHAT)),
        ("phone", vault.hash("phone", PHONE)),
        ("email", vault.hash("email", MAIL)),
        ("code", vault.hash("code", scene.anna.code)),
    }
    others = [
        vault.hash("address.telegram", CHAT),
        vault.hash("address.sms", PHONE),
        vault.hash("birthday", "05-17"),
        vault.hash("card", scene.token),
        *vault.word_hashes(NAME),
    ]
    hashes = [*others, *(value for _, value in kept)]
    assert set(await tables_with(scene.shop, hashes)) >= {"identity", "conversation", "member"}
    await erase(scene.shop, scene.anna)
    assert set(await tables_with(scene.shop, hashes)) == {"erased"}
    remembered = await rows(scene.shop, "SELECT kind, value_hash FROM erased")
    assert {(row["kind"], row["value_hash"]) for row in remembered} >= kept


async def test_s1_the_ledger_stays_and_adds_up_and_nobody_is_owed_what_is_left(
    scene: Scene,
) -> None:
    entries = "SELECT id, member_id, unit, amount, kind FROM entry ORDER BY id"
    before = await rows(scene.shop, entries)
    assert await scene.shop.has(scene.anna) == (2, 0)
    await erase(scene.shop, scene.anna)
    after = await rows(scene.shop, entries)
    assert after[: len(before)] == before
    added = [(row["kind"], row["unit"], row["amount"]) for row in after[len(before) :]]
    assert added == [("release", COFFEE, 1), ("expire", COFFEE, -1), ("expire", "stamps", -2)]
    assert await scene.shop.has(scene.anna) == (0, 0)
    assert await rows(scene.shop, "SELECT state FROM voucher") == [{"state": "cancelled"}]
    assert await scene.shop.verify() == []
    async with scene.shop.work.reading() as reader:
        assert await members.count(reader) == 0


async def test_whoever_looks_for_them_finds_nobody(scene: Scene) -> None:
    shop, anna = scene.shop, scene.anna
    [voucher] = await rows(shop, "SELECT code FROM voucher")
    await erase(shop, anna)
    async with shop.uow() as uow:
        for reference in (anna.code, scene.token, f"c_{scene.token}", PHONE, f"~{anna.id}", NAME):
            assert await staffing.find(uow, reference) == []
        assert await staffing.member_by_id(uow, anna.id) is None
        assert await redeeming.voucher_by_code(uow, voucher["code"]) is None
        for kind, value in (("telegram", CHAT), ("phone", PHONE), ("email", MAIL)):
            assert await members.by_identity(uow.tx, kind, value) is None
        assert await cards.by_token(shop.work, uow.programme, scene.token, LATER) is None
        assert await questions.open_ones(uow, 10, NOW) == []
    assert [page async for page in exporting.lines(shop.work, LATER)] == []
    assert why(await shop.stamp(anna, scene.bara, now=LATER)) == "staff.unknown_code"
    assert why(await shop.give(anna, scene.bara, now=LATER)) == "staff.unknown_code"
    assert why(await shop.use(voucher["code"], scene.bara, now=LATER)) == "voucher.cancelled"
    assert why(await shop.undo(scene.bara, now=NOW + MINUTE)) == "staff.unknown_code"
    assert isinstance(await shop.merge(anna, await shop.member("Petr"), now=LATER), Refused)


async def test_a_second_time_there_is_nobody_to_erase(scene: Scene) -> None:
    assert await erase(scene.shop, scene.anna)
    before = await texts(scene.shop)
    assert not await erase(scene.shop, scene.anna)
    assert await texts(scene.shop) == before


async def test_s27_nothing_waits_to_be_sent_to_them_and_what_is_being_sent_is_not_tried_again(
    scene: Scene,
) -> None:
    shop = scene.shop
    async with shop.uow() as uow:
        await outreach.say(uow, scene.app.id, Reply((phrase("stop.done"),)), NOW)
        letter = await outbox.claim_next(
            uow.tx,
            scene.app.id,
            owner=uow.owner,
            now=NOW,
            real_now=NOW,
            lease=MINUTE,
            rates={},
        )
    assert isinstance(letter, outbox.Letter)
    await erase(shop, scene.anna)
    async with shop.uow() as uow:
        await outbox.retry(uow.tx, letter, LATER, "busy", doubtful=False)
    open_now = "SELECT id FROM outbox WHERE conversation_id <> $1 AND state IN ('due', 'sending')"
    assert await rows(shop, open_now, scene.till.id) == []
    states = "SELECT state, reason FROM outbox WHERE reason = 'erased' ORDER BY state"
    assert [row["state"] for row in await rows(shop, states)] == ["dropped", "unknown"]
    async with shop.uow() as uow:
        await outbox.accepted(uow.tx, letter.id, "m1")
    assert await rows(shop, "SELECT state FROM outbox WHERE id = $1", letter.id) == [
        {"state": "accepted"}
    ]
    assert await rows(shop, "SELECT state, reason FROM occasion") == [
        {"state": "dropped", "reason": "erased"}
    ]


async def test_whoever_writes_again_is_a_stranger_and_may_join_anew(scene: Scene) -> None:
    shop = scene.shop
    await erase(shop, scene.anna)
    chat = await shop.chat(CHAT, now=LATER)
    assert (chat.id == scene.app.id, chat.member_id, chat.step, chat.draft) == (
        False,
        None,
        None,
        {},
    )
    anna = await shop.member("Anna", chat, now=LATER)
    assert anna.id != scene.anna.id
    assert await shop.has(anna) == (0, 0)
    assert await shop.history(anna) == []
    chat = await shop.chat(CHAT, now=LATER)
    async with shop.uow() as uow:
        linked = await linking.prove_phone(uow, chat, PHONE, LATER, joins=True)
        assert linked == anna.id
        assert await members.consents(uow.tx, anna.id) == [
            Consent("telegram", "terms", True, "join.welcome", "1", "chat", LATER)
        ]
    # And go again.
    assert await erase(shop, anna)
    assert (await shop.chat(CHAT, now=LATER)).member_id is None
    assert await shop.verify() == []


async def test_a_number_may_be_enrolled_at_the_till_again(scene: Scene) -> None:
    await erase(scene.shop, scene.anna)
    async with scene.shop.uow() as uow:
        joined = await joining.enrol(uow, PHONE, scene.bara, "key", LATER)
    assert isinstance(joined, joining.Joined)
    assert joined.member.id != scene.anna.id


async def test_a_colleague_stays_one_without_their_card(scene: Scene) -> None:
    shop = scene.shop
    mine = await shop.member("Bára", await shop.chat("till"))
    async with shop.uow() as uow:
        due = Reply((phrase("staff.usage_find"),))
        await outreach.say(uow, scene.till.id, due, NOW)
        await outreach.say(uow, scene.till.id, due, NOW, member_id=mine.id)
        left = await erasing.leave(uow, await shop_chat(uow, "till"), LATER)
    assert (left.id, left.member_id, left.staff_id) == (scene.till.id, None, scene.bara.id)
    async with shop.work.reading() as reader:
        assert await staff.conversations(reader, tuple(Role)) == [scene.till.id]
    # What is about work is still sent, what was for the member is not.
    states = await rows(
        shop,
        "SELECT state FROM outbox WHERE conversation_id = $1 ORDER BY id DESC LIMIT 2",
        scene.till.id,
    )
    assert [row["state"] for row in states] == ["dropped", "due"]
    assert await erasing.forget_goodbyes(shop.work, LATER) == 0
    assert (await shop.chat("till", now=LATER)).staff_id == scene.bara.id


async def shop_chat(uow: Any, address: str) -> Conversation:
    return await conversations.enter(uow.tx, Address("telegram", address), "telegram", "en", NOW)


async def test_the_address_of_a_goodbye_is_forgotten_once_it_is_said(scene: Scene) -> None:
    shop = scene.shop
    async with shop.uow() as uow:
        left = await erasing.leave(uow, await shop_chat(uow, CHAT), LATER)
        assert (left.address.value, left.member_id) == (CHAT, None)
        await outreach.say(uow, left.id, Reply((phrase("stop.done"),)), LATER)
    assert await erasing.forget_goodbyes(shop.work, LATER) == 0
    async with shop.uow() as uow:
        await uow.tx.execute("UPDATE outbox SET state = 'accepted' WHERE state = 'due'")
    assert await erasing.forget_goodbyes(shop.work, LATER) == 1
    assert await tables_with(shop, words_of(scene)) == {}
    assert await erasing.forget_goodbyes(shop.work, LATER) == 0


async def test_who_writes_after_the_goodbye_is_not_forgotten(scene: Scene) -> None:
    shop = scene.shop
    async with shop.uow() as uow:
        await erasing.leave(uow, await shop_chat(uow, CHAT), LATER)
    stranger = await shop.chat(CHAT, now=LATER + MINUTE)
    assert await erasing.forget_goodbyes(shop.work, LATER + DAY) == 0
    assert (await shop.chat(CHAT, now=LATER + DAY)).id == stranger.id


async def test_codes_sent_to_others_go_on_counting_for_their_numbers(scene: Scene) -> None:
    """S32: nobody sends more codes to a number by joining, asking and being erased in turns."""
    shop, number = scene.shop, "+420777999888"
    await shop.chat(number, channel="sms")
    async with shop.uow() as uow:
        for _ in range(3):
            await proofs.begin(
                uow.tx, scene.app.id, "phone", number, "123456", now=NOW, ends_at=NOW + MINUTE
            )
    await erase(shop, scene.anna)
    async with shop.uow() as uow:
        since = NOW - timedelta(hours=1)
        assert await proofs.sent(uow.tx, "phone", since, "value_hash", number) == 3
        assert await proofs.sent(uow.tx, "phone", since, "value_hash", PHONE) == 0
        assert await proofs.sent(uow.tx, "phone", since) == 4
        assert await proofs.sent(uow.tx, "phone", since, "conversation_id", scene.app.id) == 1


async def test_what_colleagues_were_told_is_forgotten_but_for_what_they_may_answer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the newest at once, of all before it soon: a shop's years are many messages."""
    shop = scene.shop
    monkeypatch.setattr(tidying, "PAGE", 1)
    choices = ((Button(phrase("button.card"), Action("card")),),)
    async with shop.uow() as uow:
        for name in (NAME, *["Petr"] * 2, *[NAME] * 4, "Jana"):
            said = Reply((phrase("staff.whose", name=name),), () if name == "Jana" else choices)
            await outreach.say(uow, scene.till.id, said, NOW)
        await uow.tx.execute("UPDATE outbox SET state = 'accepted' WHERE state = 'due'")
    known = [_IN_JSON, "Petr", "Jana"]
    await erasing.tidy(shop.work, LATER)
    assert (await tables_with(shop, known))["outbox"] == {*known}
    await erase(shop, scene.anna)
    assert (await tables_with(shop, known))["outbox"] == {_IN_JSON, "Petr"}
    for _ in range(2):
        await erasing.tidy(shop.work, LATER)
        assert (await tables_with(shop, known))["outbox"] == {"Petr"}
    async with shop.work.reading() as reader:
        assert await tidying.untidied(reader) is None
