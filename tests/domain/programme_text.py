"""A programme's text for tests to spoil, and what is then found in it."""

from __future__ import annotations

from bot.programmes import Finding, read

LANGUAGES = ("en", "cs")
EVERY_LANGUAGE = ("en", "cs", "pl", "ro", "ru")
BASE = """\
[shop]
name = "Kavárna Lípa"

[joining]
terms = "Ten coffees, the eleventh is on us."

[units.stamps]
card = 10
reward = "coffee"

[units.points]

[[earn]]
rule = "visit"
unit = "stamps"

[[earn]]
rule = "purchase"
unit = "points"
per = 1

[[rewards]]
code = "coffee"
name = "Coffee"

[[rewards]]
code = "cake"
name = "Cake"
points = 100
"""


def marked(*edits: tuple[str, str]) -> tuple[str, list[int]]:
    """The base with edits, and the lines that carry a `#!`."""
    text = BASE
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text, [n for n, line in enumerate(text.split("\n"), 1) if "#!" in line]


def findings(text: str, languages: tuple[str, ...] = LANGUAGES) -> tuple[Finding, ...]:
    programme, found = read(text, languages)
    assert (programme is None) == any(finding.level == "error" for finding in found)
    return found
