"""What is wrong with the catalogues, as lines that name the file and the key."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel import UnknownLocaleError
from babel.messages.catalog import Catalog

from locales.catalogue import FALLBACK, FOLDER, Template, entries, is_plural, read_catalog
from locales.formats import locale_of
from locales.words import SEPARATOR, loose, word_list

#: A WhatsApp reply button's title, the narrowest a label has to fit.
#: https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-reply-buttons-messages
BUTTON_CHARACTERS = 20

_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_MSGID = re.compile(r'^msgid "(.+)"', re.MULTILINE)

#: Every plural rule of CLDR repeats itself well within this many whole numbers.
_NUMBERS = range(1001)


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    language: str
    po: Catalog
    texts: Mapping[str, tuple[str, ...]]
    keys_written: tuple[str, ...]

    @classmethod
    def read(cls, file: Path) -> _File:
        po = read_catalog(file)
        written = _MSGID.findall(file.read_text(encoding="utf-8"))
        return cls(file.name, file.stem, po, entries(po), tuple(written))

    def plural(self, key: str) -> bool:
        return is_plural(self.po, key)

    def names(self, key: str) -> frozenset[str]:
        """The places in an entry, without those of a form that cannot be read."""
        return frozenset[str]().union(*(_names(text) or () for text in self.texts[key]))


def findings(folder: Path = FOLDER) -> list[str]:
    """Everything wrong with the catalogues in `folder`, one line each; empty when all is well."""
    files, found = [], []
    for path in sorted(folder.glob("*.po")):
        try:
            files.append(_File.read(path))
        except ValueError as error:
            found.append(f"{error}")
    english = next((file for file in files if file.language == FALLBACK), None)
    if english is None:
        return [*found, f"{FALLBACK}.po: missing or unreadable"]
    for file in files:
        found += _header(file)
        found += _keys(file, english)
        for key in file.texts:
            found += (f"{file.name}: {key}: {problem}" for problem in _entry(file, key))
        for key in file.texts.keys() & english.texts.keys():
            found += (f"{file.name}: {key}: {p}" for p in _differences(file, english, key))
        found += _collisions(file, english)
    found += _stops_that_are_commands(files)
    return found


def _names(text: str) -> frozenset[str] | None:
    try:
        return Template.parse(text).names
    except ValueError:
        return None


def _header(file: _File) -> Iterator[str]:
    if str(file.po.locale_identifier) != file.language:
        yield f"{file.name}: the header's Language must be {file.language}"
    try:
        rule = locale_of(file.language).plural_form
    except UnknownLocaleError:
        yield f"{file.name}: Babel knows no language {file.language}"
        return
    form = gettext.c2py(file.po.plural_expr)
    pairs = {(rule(n), form(n)) for n in _NUMBERS}
    forms = {index for _, index in pairs}
    # One form for each of CLDR's categories that whole numbers reach, and the reverse.
    one_to_one = len(pairs) == len(forms) == len({category for category, _ in pairs})
    if not one_to_one or forms != set(range(file.po.num_plurals)):
        yield f"{file.name}: Plural-Forms differs from the language's rule in CLDR"


def _keys(file: _File, english: _File) -> Iterator[str]:
    for key in sorted(english.texts.keys() - file.texts.keys()):
        yield f"{file.name}: {key}: missing, {english.name} has it"
    for key in sorted(file.texts.keys() - english.texts.keys()):
        yield f"{english.name}: {key}: missing, {file.name} has it"
    for key in sorted({key for key in file.keys_written if file.keys_written.count(key) > 1}):
        yield f"{file.name}: {key}: written more than once"


def _entry(file: _File, key: str) -> Iterator[str]:
    """What is wrong with an entry by itself."""
    message = file.po.get(key)
    if message is None:
        # Babel finds no entry by its key alone when the entry has a context.
        yield "entries have no msgctxt"
        return
    if not _KEY.fullmatch(key):
        yield "a key is words of small letters, digits and _ joined by dots"
    if file.plural(key) and message.id != (key, key):
        yield "msgid_plural must repeat msgid"
    if message.fuzzy:
        yield "marked fuzzy: read it again and take the mark away"
    for text in file.texts[key]:
        yield from _text(key, text)
    if file.plural(key):
        shared = file.names(key) - {"n"}
        if any(
            names is not None and names | {"n"} != shared | {"n"} for names in _forms(file, key)
        ):
            yield "every form needs the same places; only {n} may be left out"


def _forms(file: _File, key: str) -> list[frozenset[str] | None]:
    return [_names(text) for text in file.texts[key]]


def _text(key: str, text: str) -> Iterator[str]:
    """What is wrong with one text of an entry."""
    if not text.strip():
        yield "empty"
        return
    if text != text.strip():
        yield "white space at an end"
    try:
        template = Template.parse(text)
    except ValueError as error:
        yield f"{error}"
        return
    if key.startswith(("command.", "words.")):
        if template.names:
            yield "a list of words has no places"
        if not all(word.strip() for word in text.split(SEPARATOR)):
            yield f"no word at one side of a {SEPARATOR}"
    label = "".join(literal for literal, _ in template.pieces)
    if key.startswith("button.") and len(label) > BUTTON_CHARACTERS:
        yield f"a button's label has at most {BUTTON_CHARACTERS} characters, not {len(label)}"


def _differences(file: _File, english: _File, key: str) -> Iterator[str]:
    if file.plural(key) != english.plural(key):
        yield f"has plural forms in one of {file.name} and {english.name} alone"
        return
    # A plural's n is counted with, so whether a form shows it is the language's own affair.
    chosen = {"n"} if file.plural(key) else set()
    here, there = file.names(key) - chosen, english.names(key) - chosen
    if here != there:
        yield f"has the places {_list(here)}, in {english.name} {_list(there)}"


def _list(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "none"


def _commands(file: _File) -> Iterator[tuple[str, str]]:
    """Each word that gives a command, as it is compared, with the command's key."""
    for key, texts in file.texts.items():
        if key.startswith("command."):
            yield from ((loose(word), key) for word in word_list(texts[0]))


def _collisions(file: _File, english: _File) -> Iterator[str]:
    """Words that give two commands to somebody who types English and this language."""
    keys = dict(_commands(english))
    for word, key in _commands(file):
        other = keys.setdefault(word, key)
        if other != key:
            yield f'{file.name}: {key}: "{word}" is {other} too'


def _stops_that_are_commands(files: list[_File]) -> Iterator[str]:
    """Stop words count in every language, so they may mean nothing else in any."""
    stops = {
        loose(word): file.name
        for file in files
        for text in file.texts.get("words.stop", ())
        for word in word_list(text)
    }
    for file in files:
        for word, key in _commands(file):
            if word in stops and key != "command.stop":
                yield f'{file.name}: {key}: "{word}" is a stop word in {stops[word]}'
