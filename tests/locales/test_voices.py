"""A voice: a language with the shop's address, and in fewer words over SMS."""

from datetime import date
from pathlib import Path

import pytest

from bot.domain.messages import Day, Money, Wording, phrase
from locales import Catalogues
from tests.locales.catalogues import write


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Catalogues:
    folder: Path = tmp_path_factory.mktemp("locales")
    both = {"command.card": "card", "words.menu": "menu", "button.card": "Card"}
    said = dict.fromkeys(("a.all", "a.friendly", "a.sms", "a.none"), "plain")
    write(folder, "en", {**both, **said, "a.english": "English"})
    write(folder, "en@sms", {"a.english": "En", "a.none": "English over SMS"})
    czech = {"command.card": "karta", "words.menu": "nabídka", "button.card": "Karta"}
    write(folder, "cs", {**czech, **dict.fromkeys(said, "formal")})
    write(folder, "cs@friendly", {"a.all": "friendly", "a.friendly": "friendly"})
    write(folder, "cs@sms", {"a.all": "short", "a.sms": "short", "button.card": "K"})
    return Catalogues.load(folder)


@pytest.mark.parametrize(
    ("friendly", "short", "said"),
    [
        (False, False, "formal formal formal formal"),
        (True, False, "friendly friendly formal formal"),
        (False, True, "short formal short formal"),
        (True, True, "short friendly short formal"),
    ],
)
def test_what_a_voice_does_not_say_its_own_way_is_said_as_without_it(
    catalogues: Catalogues, *, friendly: bool, short: bool, said: str
) -> None:
    voice = catalogues.voice("cs", friendly=friendly, short=short)
    keys = ("a.all", "a.friendly", "a.sms", "a.none")
    assert " ".join(catalogues.render(phrase(key), voice) for key in keys) == said


def test_english_stands_in_for_a_language_as_it_is_said_at_length(catalogues: Catalogues) -> None:
    assert catalogues.render(phrase("a.english"), catalogues.voice("cs", short=True)) == "English"
    assert catalogues.render(phrase("a.english"), catalogues.voice("en", short=True)) == "En"


def test_a_voice_is_no_language_to_choose(catalogues: Catalogues) -> None:
    assert catalogues.languages == ("en", "cs")


def test_people_type_the_same_whatever_the_voice(catalogues: Catalogues) -> None:
    voice = catalogues.voice("cs", friendly=True, short=True)
    assert catalogues.command("KARTA", voice) == ("card", "")
    assert catalogues.command_word("card", voice) == "karta"
    assert catalogues.menu_word("card", voice) == "karta"
    assert catalogues.is_word("menu", "nabídka", voice)
    assert catalogues.label(phrase("button.card"), voice) == "K"


def test_values_are_written_as_in_the_language(catalogues: Catalogues) -> None:
    voice = catalogues.voice("cs", friendly=True, short=True)
    assert catalogues.render(Day(date(2026, 6, 30), yearly=True), voice) == "30. června"
    assert catalogues.render(Money(123450, "CZK"), voice) == "1\u00a0234,50\u00a0Kč"
    assert catalogues.render(Wording.of({"en": "Coffee", "cs": "Káva"}), voice) == "Káva"
