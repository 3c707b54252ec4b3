"""The catalogues are whole, and what is wrong with a broken one is named."""

from pathlib import Path

import pytest

from locales import Catalogues, month_words
from locales.check import findings
from tests.locales.catalogues import RULES, Entries, write


def test_the_catalogues_are_whole() -> None:
    assert findings() == []


def test_the_catalogues_load_and_name_themselves() -> None:
    catalogues = Catalogues.load()
    assert catalogues.languages == ("en", "cs", "pl", "ro", "ru")
    assert catalogues.is_stop("Odhlásit!")


def test_words_of_two_languages_do_not_give_two_commands(tmp_path: Path) -> None:
    """A shop may offer any two, and the commands of both are understood."""
    write(tmp_path, "en", {"command.card": "card", "command.map": "map"})
    write(tmp_path, "cs", {"command.card": "plán", "command.map": "mapa"})
    write(tmp_path, "pl", {"command.card": "karta", "command.map": "plan"})
    assert findings(tmp_path) == ['pl.po: command.map: "plan" is command.card in cs.po']


def test_months_are_the_same_in_every_language_that_shares_a_word() -> None:
    words = month_words(RULES)
    assert set(words.values()) == set(range(1, 13))
    assert {words[word] for word in ("june", "cervna", "czerwca", "iunie", "июня")} == {6}


@pytest.mark.parametrize("language", RULES)
def test_every_languages_rule_is_known(tmp_path: Path, language: str) -> None:
    write(tmp_path, "en", {})
    assert findings(write(tmp_path, language, {})) == []


@pytest.mark.parametrize(
    ("english", "czech", "found"),
    [
        ({"a.b": "A"}, {}, "cs.po: a.b: missing, en.po has it"),
        ({}, {"a.b": "A"}, "en.po: a.b: missing, cs.po has it"),
        ({"a.b": "A"}, {"a.b": ""}, "cs.po: a.b: empty"),
        ({"a.b": "A"}, {"a.b": "A "}, "cs.po: a.b: white space at an end"),
        ({"a.b": "{x}"}, {"a.b": "A"}, "cs.po: a.b: has the places none, in en.po {x}"),
        ({"a.b": "{x}"}, {"a.b": "{x} {y}"}, "cs.po: a.b: has the places {x}, {y}, in en.po {x}"),
        (
            {"a.b": "{x}"},
            {"a.b": "{x.y}"},
            "cs.po: a.b: only plain names may stand in braces, not {x.y}",
        ),
        ({"a.b": "A"}, {"a.b": "{"}, "cs.po: a.b: Single '{' encountered in format string"),
        (
            {"a.b": ["{n}", "{n}"]},
            {"a.b": "{n}"},
            "cs.po: a.b: has plural forms in one of cs.po and en.po alone",
        ),
        ({"a.b": ["{n}", "{n}"]}, {"a.b": ["{n}", "{n}"]}, "cs.po: a.b: empty"),
        (
            {"a.b": ["one {x}", "{n}"]},
            {"a.b": ["{x}", "{n} {x}", "{n} {x}"]},
            "en.po: a.b: every form needs the same places; only {n} may be left out",
        ),
        (
            {"button.go": "Go"},
            {"button.go": "Pokračovat, prosím ano"},
            "cs.po: button.go: a button's label has at most 20 characters, not 22",
        ),
        (
            {"command.card": "card", "command.map": "map"},
            {"command.card": "karta|mapa", "command.map": "Mapa"},
            'cs.po: command.map: "mapa" is command.card in cs.po',
        ),
        (
            {"command.card": "card", "command.map": "map"},
            {"command.card": "map", "command.map": "mapa"},
            'cs.po: command.card: "map" is command.map in en.po',
        ),
        (
            {"command.end": "halt"},
            {"command.end": "konec", "words.stop": "stop|halt"},
            'en.po: command.end: "halt" is a stop word in cs.po',
        ),
        (
            {"words.language": "english"},
            {"words.language": "česky|English"},
            'cs.po: words.language: "english" is words.language in en.po',
        ),
        (
            {"command.card": "card", "words.language": "english"},
            {"command.card": "english", "words.language": "česky"},
            'cs.po: command.card: "english" is words.language in en.po',
        ),
        ({"words.x": "a"}, {"words.x": "a||b"}, "cs.po: words.x: no word at one side of a |"),
        ({"words.x": "a"}, {"words.x": "{n}"}, "cs.po: words.x: a list of words has no places"),
        (
            {"Bad": "A"},
            {"Bad": "A"},
            "en.po: Bad: a key is words of small letters, digits and _ joined by dots",
        ),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, english: Entries, czech: Entries, found: str
) -> None:
    write(tmp_path, "en", english)
    assert found in findings(write(tmp_path, "cs", czech))


@pytest.mark.parametrize(
    ("overlay", "entries", "found"),
    [
        ("cs@friendly", {"a.b": "B"}, []),
        ("cs@sms", {"a.b": "B", "c.d": ["A {x}", "B {x}", "C {x}"]}, []),
        ("cs@loud", {"a.b": "B"}, ["cs@loud.po: an overlay is friendly or sms, not loud"]),
        ("pl@sms", {"a.b": "B"}, ["pl@sms.po: pl.po is missing or unreadable"]),
        ("cs@sms", {"a.x": "B"}, ["cs@sms.po: a.x: cs.po has no such key"]),
        ("cs@sms", {"a.b": "A"}, ["cs@sms.po: a.b: the same as in cs.po, leave it out"]),
        (
            "cs@friendly",
            {"command.card": "kartička"},
            ["cs@friendly.po: command.card: what people type is the language's, leave it out"],
        ),
        (
            "cs@friendly",
            {"words.stop": "konec"},
            ["cs@friendly.po: words.stop: what people type is the language's, leave it out"],
        ),
        (
            "cs@sms",
            {"a.b": "B {x}"},
            ["cs@sms.po: a.b: has the places {x}, in cs.po none"],
        ),
        (
            "cs@sms",
            {"c.d": "{x}"},
            ["cs@sms.po: c.d: has plural forms in one of cs@sms.po and cs.po alone"],
        ),
    ],
)
def test_what_is_wrong_with_an_overlay_is_named(
    tmp_path: Path, overlay: str, entries: Entries, found: list[str]
) -> None:
    write(tmp_path, "en", {"a.b": "A", "c.d": ["{x}", "{x}"], "command.card": "card"})
    base: Entries = {"a.b": "A", "c.d": ["{x}", "{x}", "{x}"], "command.card": "karta"}
    write(tmp_path, "cs", base)
    assert findings(write(tmp_path, overlay, entries)) == found


def test_an_overlay_has_its_languages_header(tmp_path: Path) -> None:
    write(tmp_path, "en", {"a.b": "A"})
    write(tmp_path, "cs", {"a.b": "A"})
    folder = write(tmp_path, "cs@sms", {"a.b": "B"}, RULES["en"])
    assert findings(folder) == ["cs@sms.po: Plural-Forms differs from the language's rule in CLDR"]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ('msgid "a.b"\n', '#, fuzzy\nmsgid "a.b"\n', "a.b: marked fuzzy: read it again and"),
        ('msgid "a.b"\n', 'msgctxt "x"\nmsgid "a.b"\n', "a.b: entries have no msgctxt"),
        ("Language: cs", "Language: pl", "the header's Language must be cs"),
        ('msgstr "A"', 'msgstr "A', ""),
        ('msgid_plural "c.d"', 'msgid_plural "c.e"', "c.d: msgid_plural must repeat msgid"),
        ('msgstr[2] "C"', 'msgstr[2] "C"\nmsgstr[3] "C"', ""),
        ('msgid "c.d"', 'msgid "a.b"\nmsgstr "B"\n\nmsgid "c.d"', "a.b: written more than once"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(
    tmp_path: Path, before: str, after: str, found: str
) -> None:
    write(tmp_path, "en", {"a.b": "A", "c.d": ["A", "B"]})
    folder = write(tmp_path, "cs", {"a.b": "A", "c.d": ["A", "B", "C"]})
    text = (folder / "cs.po").read_text(encoding="utf-8")
    (folder / "cs.po").write_text(text.replace(before, after), encoding="utf-8")
    assert any(line.startswith(f"cs.po: {found}") for line in findings(folder))


@pytest.mark.parametrize(
    "rule",
    [
        "nplurals=2; plural=(n != 1);",
        "nplurals=3; plural=(n==1 ? 0 : n>=2 && n<=5 ? 1 : 2);",
        "nplurals=4; plural=((n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2);",
    ],
)
def test_a_plural_rule_that_differs_from_cldr_is_named(tmp_path: Path, rule: str) -> None:
    write(tmp_path, "en", {})
    folder = write(tmp_path, "cs", {}, rule)
    assert findings(folder) == ["cs.po: Plural-Forms differs from the language's rule in CLDR"]


def test_a_folder_without_english_is_named(tmp_path: Path) -> None:
    assert findings(write(tmp_path, "cs", {})) == ["en.po: missing or unreadable"]


def test_a_language_babel_does_not_know_is_named(tmp_path: Path) -> None:
    write(tmp_path, "en", {})
    folder = write(tmp_path, "xx", {}, RULES["en"])
    assert "xx.po: Babel knows no language xx" in findings(folder)
