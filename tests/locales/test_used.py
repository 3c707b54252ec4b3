"""Everything said is in the catalogues with the places it is given, and nothing else is."""

from pathlib import Path

import pytest

from locales.catalogue import FOLDER, Catalogue, Sentence, Template
from tests.locales.usage import Usage, sentences, sources, told

ROOT = FOLDER.parent
SPOKEN = [ROOT / name for name in ("handlers", "scheduler", "bot")]


@pytest.fixture(scope="module")
def english() -> dict[str, Sentence]:
    return dict(Catalogue.read(FOLDER / "en.po").sentences)


@pytest.fixture(scope="module")
def usage() -> Usage:
    return Usage.of(sources(*SPOKEN))


def test_everything_said_is_in_the_catalogues(usage: Usage, english: dict[str, Sentence]) -> None:
    problems = list(usage.problems(english))
    assert not problems, "\n" + "\n".join(problems)


def test_everything_in_the_catalogues_is_said(usage: Usage, english: dict[str, Sentence]) -> None:
    unused = usage.unused(english)
    assert not unused, "\nnothing says:\n" + "\n".join(unused)


def test_nothing_is_told_but_from_the_catalogues() -> None:
    assert list(told(sources(*SPOKEN))) == []


def test_no_sentence_stands_in_what_people_chat_with() -> None:
    assert list(sentences(sources(ROOT / "handlers", ROOT / "scheduler"))) == []


def sentence(text: str, *, plural: bool = False) -> Sentence:
    return Sentence((Template.parse(text),), plural)


KNOWN = {
    "a.hello": sentence("Hello {name}"),
    "a.stamps": sentence("{n} of {total}", plural=True),
    "earned.stamps": sentence("{n}", plural=True),
    "earned.points": sentence("{n} for {amount}", plural=True),
}


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        ('phrase("a.hello", name=x)', []),
        ('messages.phrase("a.hello", name=x)', []),
        ('Phrase("a.hello", {"name": x})', []),
        ('Phrase(key="a.hello", values={"name": x})', []),
        ('phrase("a.stamps", n=1, total=2)', []),
        ('phrase("a.hello", **values)', []),
        ('Phrase("a.hello", values)', []),
        ("phrase(key, name=x)", []),
        ('phrase(f"earned.{unit}", n=1, amount=m)', []),
        ("phrase(", []),
        ('phrase("a.bye")', ["f.py:1: no catalogue has a.bye"]),
        ('phrase("a.bye" if x else "a.hello", name=x)', ["f.py:1: no catalogue has a.bye"]),
        ('phrase(f"spent.{unit}")', ["f.py:1: no catalogue has spent.*"]),
        ('phrase("a.hello")', ["f.py:1: a.hello lacks ['name'], has no place for []"]),
        ('Phrase("a.hello")', ["f.py:1: a.hello lacks ['name'], has no place for []"]),
        (
            'phrase("a.hello", nam=x, **values)',
            ["f.py:1: a.hello lacks [], has no place for ['nam']"],
        ),
        (
            'phrase("a.stamps", total=2, m=1)',
            ["f.py:1: a.stamps lacks ['n'], has no place for ['m']"],
        ),
        (
            'phrase(f"earned.{unit}", n=1)',
            ["f.py:1: earned.points lacks ['amount'], has no place for []"],
        ),
    ],
)
def test_what_does_not_fit_is_named(source: str, problems: list[str]) -> None:
    assert list(Usage.of({"f.py": source}).problems(KNOWN)) == problems


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('phrase("a.hello", name=member.name)', []),
        ('phrase("a.hello", name="Guest")', ["f.py:1: 'Guest'"]),
        ('Reply((Wording.of("Hello"),))', ["f.py:1: 'Hello'", "f.py:1: 'Hello'"]),
        ('option(phrase("button.card"), "card", "3", f"x_{code}")', []),
        ('log.info("a member joined", name="Anna")', []),
    ],
)
def test_a_text_in_the_place_of_a_key_is_named(source: str, found: list[str]) -> None:
    assert list(told({"f.py": source})) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('said = "You have " + str(n)', ["f.py:1: 'You have '"]),
        ("said = f'{n} razítek'", ["f.py:1: ' razítek'"]),
        ('raise LookupError("this is for us")', []),
        ('log.warning("this is for us")', []),
        ('"""What this is for."""', []),
        ('key = "join.done" if x else "a_b"', []),
    ],
)
def test_a_sentence_in_the_source_is_named(source: str, found: list[str]) -> None:
    assert list(sentences({"f.py": source})) == found


@pytest.mark.parametrize(
    ("source", "unused"),
    [
        ("", list(KNOWN)),
        ('KEYS = {"x": "a.hello"}', ["a.stamps", "earned.stamps", "earned.points"]),
        ('key = f"earned.{unit}"', ["a.hello", "a.stamps"]),
        ('key = f"{topic}.{unit}"', list(KNOWN)),
    ],
)
def test_what_nothing_says_is_named(source: str, unused: list[str]) -> None:
    assert Usage.of({"f.py": source}).unused(KNOWN) == unused


def test_files_are_found_below_folders(tmp_path: Path) -> None:
    folder = tmp_path / "handlers" / "customer"
    folder.mkdir(parents=True)
    (folder / "card.py").write_text("x", encoding="utf-8")
    found = sources(tmp_path / "handlers", tmp_path / "nowhere")
    assert found == {"handlers/customer/card.py": "x"}
