"""What is typed: commands, stop words, labels."""

from pathlib import Path

import pytest

from locales import Catalogues
from locales.words import LONGEST, loose
from tests.locales.catalogues import write


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Catalogues:
    folder: Path = tmp_path_factory.mktemp("locales")
    write(
        folder,
        "en",
        {
            "command.card": "card|my card",
            "command.stamp": "stamp",
            "command.stamps": "stamp book",
            "command.rewards": "rewards",
            "words.stop": "stop|opt out",
            "words.menu": "menu",
            "words.back": "0",
        },
    )
    write(
        folder,
        "cs",
        {
            "command.card": "karta|kartička|moje karta",
            "command.stamp": "razítko",
            "command.stamps": "sešit razítek",
            "command.rewards": "odměny",
            "words.stop": "stop|zrušit odběr",
            "words.menu": "nabídka",
            "words.back": "0",
        },
    )
    write(folder, "ru", {"command.card": "карта", "words.stop": "стоп"})
    return Catalogues.load(folder, arguments={"stamp"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/card", ("card", "")),
        ("card", ("card", "")),
        ("CARD", ("card", "")),
        ("Card!", ("card", "")),
        ("☕ card", ("card", "")),
        ("/karta@some_bot", ("card", "")),
        ("/KARTA@Some_Bot now", ("card", "now")),
        ("karticka", ("card", "")),
        ("KARTIČKA", ("card", "")),
        ("moje karta", ("card", "")),
        ("  moje   karta ", ("card", "")),
        ("/moje_karta", ("card", "")),
        ("/moje karta 2", ("card", "2")),
        ("my card", ("card", "")),
        ("/stamp K7M4Q2 2", ("stamp", "K7M4Q2 2")),
        ("stamp K7M4Q2 2", ("stamp", "K7M4Q2 2")),
        ("Razitko k7m4q2  -\n2", ("stamp", "k7m4q2  -\n2")),
        ("stamp", ("stamp", "")),
        ("stamp book", ("stamps", "")),
        ("/stamp book 1", ("stamps", "1")),
        ("stamp book 1", ("stamp", "book 1")),
        ("card please", None),
        ("my stamp K7", None),
        ("/nothing", None),
        ("/", None),
        ("/@some_bot", None),
        ("", None),
        ("   ", None),
        ("👍", None),
        ("карта", None),
    ],
)
def test_commands(catalogues: Catalogues, text: str, found: tuple[str, str] | None) -> None:
    assert catalogues.command(text, "cs") == found


def test_other_languages_words_are_no_commands(catalogues: Catalogues) -> None:
    assert catalogues.command("karta", "en") is None
    assert catalogues.command("КАРТА", "ru") == ("card", "")
    assert catalogues.command("card", "ru") == ("card", "")
    assert catalogues.command("card", "xx") == ("card", "")


def test_words_to_show(catalogues: Catalogues) -> None:
    assert catalogues.command_word("rewards", "cs") == "odměny"
    assert catalogues.menu_word("rewards", "cs") == "odmeny"
    assert catalogues.menu_word("stamps", "cs") == "sesit_razitek"
    assert catalogues.menu_word("card", "ru") == "card"
    assert catalogues.command("/sesit_razitek", "cs") == ("stamps", "")


@pytest.mark.parametrize(
    "text",
    ["STOP", "stop", " Stop. ", "STOP!!!", "zrušit odběr", "ZRUSIT  ODBER", "Стоп", "opt-out"],
)
def test_s33_a_stop_word_alone_stops_in_any_language(catalogues: Catalogues, text: str) -> None:
    assert catalogues.is_stop(text)


@pytest.mark.parametrize("text", ["", "please stop", "stop it", "END", "CANCEL", "QUIT", "zrušit"])
def test_s33_other_words_do_not_stop(catalogues: Catalogues, text: str) -> None:
    assert not catalogues.is_stop(text)


def test_words_of_english_and_the_persons_language(catalogues: Catalogues) -> None:
    assert catalogues.is_word("menu", "MENU", "cs")
    assert catalogues.is_word("menu", "Nabidka.", "cs")
    assert not catalogues.is_word("menu", "nabídka", "en")
    assert catalogues.is_word("back", " 0 ", "ru")
    assert not catalogues.is_word("back", "", "en")


@pytest.mark.parametrize(
    ("text", "label", "same"),
    [
        ("my card", "💳 My card", True),
        ("NO THANKS", "No, thanks", True),
        ("im in", "I’m in!", True),
        ("moje odmeny", "Moje odměny", True),
        ("Sale", "Sale…", True),
        ("+1", "+1", True),
        ("1", "+1", False),
        ("👍", "👍", True),
        ("👍", "👎", False),
        ("", "", False),
        ("card", "My card", False),
    ],
)
def test_a_typed_label(catalogues: Catalogues, text: str, label: str, same: bool) -> None:
    assert catalogues.matches(text, label) is same


def test_a_text_longer_than_any_word_is_compared_as_it_is() -> None:
    """Folding one letter into eighteen, for every word there is, would hold everybody up."""
    assert loose("ﷺ" * (LONGEST + 1)) == "ﷺ" * (LONGEST + 1)
    assert loose("É" * LONGEST) == "e" * LONGEST
