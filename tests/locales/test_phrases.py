"""The pages of phrases are true, and what stands on them fits what it is sent through."""

import pytest

from bot.channels.segments import count, plain
from bot.domain.messages import Wording
from bot.domain.programme_values import NAME_LIMIT
from bot.phrases import FOLDER, page
from bot.programmes import preset, presets, read
from locales import Catalogues
from locales.phrases import LONGEST, NUMBERS, spoken

#: What people type, what WhatsApp approves, and what stands on a page or in Telegram's menu.
NEVER_BY_SMS = ("command", "words", "template", "page", "menu")
#: What SMS says otherwise: on a page, or in a phrase of its own.
LONGER = ("privacy.kept", "privacy.erase_stays")

CATALOGUES = Catalogues.load()


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_the_page_is_what_is_said(language: str) -> None:
    written = (FOLDER / f"{language}.md").read_text("utf-8")
    assert page(CATALOGUES, language) == written, "run `make phrases`"


def test_there_is_no_other_page() -> None:
    assert {file.stem for file in FOLDER.glob("*.md")} == set(CATALOGUES.languages)


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_a_sentence_with_a_number_is_there_with_each_form_of_the_language(language: str) -> None:
    [stamps] = [said for said in spoken(CATALOGUES, language) if said.key == "amount.plus.stamps"]
    assert [int(text.split()[0]) for text in stamps.formal] == list(NUMBERS)


def test_the_longest_names_are_as_long_as_a_name_may_be() -> None:
    for name in ("name", "shop", "location", "reward"):
        longest = LONGEST[name]
        texts = dict(longest.texts) if isinstance(longest, Wording) else {"": longest}
        assert {code: len(str(text)) for code, text in texts.items()} == dict.fromkeys(
            texts, NAME_LIMIT
        )


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_s35_every_sentence_fits_two_segments_of_sms(language: str) -> None:
    long = [
        (said.key, text)
        for said in spoken(CATALOGUES, language)
        if said.topic not in NEVER_BY_SMS and said.key not in LONGER
        for text in (*said.formal_sms, *said.friendly_sms)
        if count(plain(text, language)).segments > 2
    ]
    assert long == []


@pytest.mark.parametrize("name", presets())
def test_a_presets_terms_name_the_command_that_tells_what_is_kept(name: str) -> None:
    programme, _ = read(preset(name), CATALOGUES.languages)
    assert programme is not None
    for language, terms in programme.joining.terms.texts:
        assert CATALOGUES.command_word("privacy", language).upper() in terms
