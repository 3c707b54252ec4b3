"""Everything said is in the catalogues with the places it is given, and nothing else is."""

from pathlib import Path

import pytest

from locales.catalogue import FOLDER, Catalogue, Sentence, Template
from tests.locales.usage import Usage, sources

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
