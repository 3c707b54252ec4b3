"""S37: what is held is told to whom it is about, and goes when they type the word for it."""

from __future__ import annotations

import pytest

from bot.channels.segments import plain
from bot.domain.messages import phrase
from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.acceptance.two_channels import texter
from tests.chat import Person

ALL = ("telegram", "whatsapp", "simulator", "simulator-text", "console", "sms")
ALL_LANGUAGES = ('languages = ["en", "cs"]', 'languages = ["en", "cs", "pl", "ro", "ru"]')
HELD, ERASE = "What you keep on me", "Erase me"
NOTHING = "Nothing was erased."
GONE = "Done: nothing here leads to you any more. Thank you for coming."


async def stamped(cafe: Cafe, count: int, language: str = "en") -> tuple[Person, Person, str]:
    """A member with some stamps, the colleague who gave them, and the member's code."""
    till = await cafe.colleague()
    anna = await cafe.member(language=language)
    [row] = await cafe.rows("SELECT code FROM member")
    await till.says(f"stamp {row['code']} {count}")
    return anna, till, row["code"]


@on("telegram", "simulator-text")
async def test_a_member_reads_the_terms_again(cafe: Cafe) -> None:
    anna = await cafe.member()
    (programme,) = [await cafe.work.programme()]
    terms = cafe.words.render(programme.joining.terms, "en")
    assert terms.strip()
    assert "".join(await anna.says("terms")).startswith(terms.strip().split("\n")[0])


@everywhere()
async def test_s37_all_that_is_held_is_told(cafe: Cafe) -> None:
    anna, _, code = await stamped(cafe, 7)
    await anna.says("/feedback Do you have oat milk?")
    await anna.says("privacy")
    assert anna.buttons[:2] == [HELD, ERASE]
    lines = await all_pages(anna, *await anna.presses(HELD))
    assert lines[:2] == ["This is all we keep on you:", f"Anna · card {code}"]
    assert lines[3:] == [
        "Language: English",
        "Card since 2 March 2026",
        "1 visit",
        "Last visit: 2 March 2026",
        "7 of 10 stamps",
        "7 stamps last until 2 March 2027",
        "Terms accepted: 2 March 2026",
        lines[10],
        "Question, 2 March 2026: Do you have oat milk?",
        lines[-1],
    ]
    assert lines[10].startswith("Offers by ")
    assert lines[10].endswith(": no, 2 March 2026")
    assert lines[-1].endswith(" messages from us")
    assert anna.buttons[-3:] == ["History", ERASE, "Menu"]


async def all_pages(person: Person, shown: str) -> list[str]:
    """The lines of a list and of all its further pages."""
    while "Next" in person.buttons:
        [more] = await person.presses("Next")
        shown = f"{shown}\n{more}"
    return shown.split("\n")


@everywhere()
async def test_s37_the_word_erases_and_who_writes_again_is_a_stranger(cafe: Cafe) -> None:
    anna, till, code = await stamped(cafe, 10)
    card = await cafe.card_of(anna)
    await anna.says("privacy")
    async with cafe.nothing_changes():
        [asked] = await anna.presses(ERASE)
        assert "\n0 of 10 stamps\nReward ready: Coffee of your choice\n" in asked
        assert asked.endswith("Write ERASE to erase it all. Anything else changes nothing.")
        assert anna.buttons == ["Cancel"]
    assert await anna.says("erase!") == [GONE]
    assert anna.buttons == ["Join"]
    assert await till.scans(card) == ["This card is not valid."]
    for reference in (code, "find Anna"):
        assert (await till.says(reference))[0].startswith(("I didn't", "No", "This"))
    # The address stays no longer than the goodbye takes.
    await cafe.passes(minutes=1)
    assert await addresses(cafe) == {till.name}
    assert (await anna.says("balance"))[0].startswith("Welcome to Kavárna Lípa.")
    again = await cafe.member("Anna")
    assert (await again.says("balance"))[0].startswith("0 of 10 stamps")
    # What stays adds up: the café proves it when it closes.
    assert len(await cafe.rows("SELECT 1 FROM member WHERE erased_at IS NOT NULL")) == 1


async def addresses(cafe: Cafe) -> set[str]:
    """Whose identities are known, by the name of the colleague, or of nobody."""
    rows = await cafe.rows(
        "SELECT i.value_sealed, s.name_sealed FROM identity i "
        "LEFT JOIN staff s ON s.id = i.staff_id"
    )
    return {
        cafe.opened("staff.name", row["name_sealed"]) if row["name_sealed"] else "nobody"
        for row in rows
        if cafe.opened("identity.value", row["value_sealed"])
    }


@pytest.mark.parametrize("typed", ["yes", "ERASE IT ALL", "SMAZAT", "ERA SE", "7"])
async def test_any_other_word_changes_nothing(cafe: Cafe, typed: str) -> None:
    anna, _, _ = await stamped(cafe, 1)
    await anna.says("privacy")
    await anna.presses(ERASE)
    async with cafe.nothing_changes():
        assert await anna.says(typed) == [NOTHING]
        assert (await anna.says("ERASE"))[0] != GONE
        assert (await anna.says("balance"))[0].startswith("1 of 10 stamps")


@on(*ALL)
async def test_cancelling_and_asking_something_else_erase_nothing(cafe: Cafe) -> None:
    anna, _, _ = await stamped(cafe, 1)
    async with cafe.nothing_changes():
        await anna.says("privacy")
        await anna.presses(ERASE)
        assert await anna.presses("Cancel") == [NOTHING]
        await anna.says("privacy")
        await anna.presses(ERASE)
        assert (await anna.says("balance"))[0].startswith("1 of 10 stamps")
        assert (await anna.says("menu"))[0].startswith("1 of 10 stamps")
        assert (await anna.says("ERASE"))[0] != GONE


@on(*ALL)
@pytest.mark.parametrize(
    ("language", "typed"),
    [("en", "Erase"), ("cs", "smazat."), ("pl", "usun"), ("ro", "Sterge"), ("ru", "удалить")],
)
async def test_it_is_the_word_of_the_language_however_it_is_spelled(
    open_cafe: OpenCafe, channel: str, language: str, typed: str
) -> None:
    address = "friendly" if channel in ("whatsapp", "console", "simulator-text") else "formal"
    formal = ('address = "formal"', f'address = "{address}"')
    cafe = await open_cafe(preset("cafe-stamps", ALL_LANGUAGES, formal))
    anna = await cafe.member(language=language)
    await anna.says(cafe.words.command_word("privacy", language))
    held, erase = cafe.label("button.my_data", language), cafe.label("button.erase_me", language)
    assert anna.buttons[:2] == [held, erase]
    await anna.presses(erase)
    voice = cafe.words.voice(language, friendly=address == "friendly", short=cafe.by_sms)
    gone = cafe.words.render(phrase("privacy.erased"), voice)
    assert await anna.says(typed) == [plain(gone, language) if cafe.by_sms else gone]
    assert await cafe.rows("SELECT id FROM identity WHERE member_id IS NOT NULL") == []


@on("sms")
async def test_by_text_it_is_said_where_all_that_is_held_can_be_asked_for(cafe: Cafe) -> None:
    anna = await cafe.member()
    await anna.says("privacy")
    assert await anna.presses(HELD) == [
        "What we keep on you is too long for a text. Ask for it here: ahoj@lipa.example"
    ]


@on("sms")
async def test_by_text_a_shop_without_a_contact_is_asked_at_the_till(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset("cafe-stamps", ('contact = "ahoj@lipa.example"', "")))
    anna = await cafe.member()
    await anna.says("privacy")
    assert await anna.presses(HELD) == [
        "What we keep on you is too long for a text. Please ask for it at the till."
    ]


async def test_no_sentence_erases_but_it_shows_the_page(cafe: Cafe) -> None:
    anna, _, _ = await stamped(cafe, 1)
    async with cafe.nothing_changes():
        for sentence in ("please delete all my data", "please delete my account", "export my data"):
            await anna.says(sentence)
            assert anna.buttons == [HELD, ERASE, "Menu"]
        await anna.says("ERASE")
    assert (await anna.says("balance"))[0].startswith("1 of 10 stamps")


#: What people ask to be erased by, however they spell it.
ERASES = {
    "en": ["erase me", "Delete me!", "delete my data", "delete my account"],
    "cs": ["vymazat mě", "Smazat mě", "vymažte mě.", "smazte me", "smažte moje údaje"],
    "pl": ["usuń mnie", "usunac mnie", "usuńcie mnie", "usuń moje dane"],
    "ro": ["șterge-mă", "Ștergeți-mă", "stergeti-ma", "șterge contul"],
    "ru": ["удалить меня", "Удалите меня", "удали меня", "удалить мои данные"],
}


@on("telegram", "sms")
@pytest.mark.parametrize("language", list(ERASES))
async def test_s37_who_asks_to_be_erased_is_asked_for_the_word(
    open_cafe: OpenCafe, language: str
) -> None:
    cafe = await open_cafe(preset("cafe-stamps", ALL_LANGUAGES))
    anna = await cafe.member(language=language)
    voice = cafe.words.voice(language, short=cafe.by_sms)
    word = cafe.words.render(phrase("privacy.word"), voice)
    asked = cafe.words.render(phrase("privacy.erase_type", word=word), voice)
    if cafe.by_sms:
        asked = plain(cafe.words.render(phrase("privacy.erase_short", word=word), voice), language)
    cancel = cafe.label("button.cancel", language)
    async with cafe.nothing_changes():
        for typed in ERASES[language]:
            # Asking again is no confirmation.
            for _ in range(2):
                [said] = await anna.says(typed)
                assert asked in said, typed
                assert anna.buttons == [cancel], typed
            await anna.presses(cancel)


async def test_a_stranger_has_nothing_to_be_told_or_erased(cafe: Cafe) -> None:
    eve = cafe.guest("Eve")
    for typed in ("privacy", "erase me"):
        [shown] = await eve.says(typed)
        assert shown.startswith("For your card Kavárna Lípa keeps")
        assert HELD not in eve.buttons


async def test_buttons_of_before_show_a_stranger_the_page(cafe: Cafe) -> None:
    anna, _, _ = await stamped(cafe, 1)
    await anna.says("privacy")
    before = anna.message
    await anna.presses(ERASE)
    await anna.says("erase")
    for button in (HELD, ERASE):
        [shown] = await anna.presses(button, before)
        assert shown.startswith("For your card Kavárna Lípa keeps")
        assert anna.buttons == ["Join"]


async def test_nobody_is_told_or_erased_but_who_asks(cafe: Cafe) -> None:
    anna, _, code = await stamped(cafe, 3)
    eve = await cafe.member("Eve")
    await eve.says("privacy")
    [shown] = await eve.presses(HELD)
    assert code not in shown
    assert "Anna" not in shown
    await eve.presses(ERASE)
    await eve.says("erase")
    assert (await anna.says("balance"))[0].startswith("3 of 10 stamps")


async def test_a_colleague_stays_one(cafe: Cafe) -> None:
    _, till, _ = await stamped(cafe, 1)
    await till.says("join")
    await till.presses("Join")
    for _question in range(3):
        for label in ("Skip", "No, thanks"):
            if label in till.buttons:
                await till.presses(label)
    await till.says("privacy")
    [asked] = await till.presses(ERASE)
    assert "\nAccess as a colleague stays.\n" in asked
    assert await till.says("erase") == [f"{GONE}\nAccess as a colleague stays."]
    await cafe.passes(minutes=1)
    assert (await till.says("help"))[0] != ""
    assert (await till.says("find Anna"))[0].startswith("Anna · ")
    assert "My card" not in till.buttons


async def test_a_card_begun_at_the_till_can_be_erased_before_it_is_taken_over(
    open_both: OpenCafe,
) -> None:
    shop = await open_both()
    till = await shop.colleague()
    sms = texter(shop)
    await till.says(f"enroll {sms.phone}")
    sms.sees()
    await sms.says("privacy")
    await sms.presses(ERASE)
    assert await sms.says("erase") == [GONE]
    assert (await till.says(f"find {sms.phone}"))[0].startswith("Nobody found.")
