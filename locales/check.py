"""What is wrong with the catalogues, as lines that name the file and the key."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel import UnknownLocaleError
from babel.messages.catalog import Catalog

from locales.catalogue import FOLDER, Template, entries, is_plural, read_catalog
from locales.formats import locale_of
from locales.voices import FALLBACK, OVERLAYS, language_of, overlay_of
from locales.words import SEPARATOR, loose, word_list

#: A WhatsApp reply button's title, the narrowest a label has to fit.
#: https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-reply-buttons-messages
BUTTON_CHARACTERS = 20

_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
#: What people type is the same whatever is said to them.
_TYPED = ("command.", "words.")

#: What people call a language when they ask for it.
_NAMES = "words.language"

_MSGID = re.compile(r'^msgid "(.+)"', re.MULTILINE)

#: Every plural rule of CLDR repeats itself well within this many whole numbers.
_NUMBERS = range(1001)


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    language: str
    overlay: str | None
    po: Catalog
    texts: Mapping[str, tuple[str, ...]]
    keys_written: tuple[str, ...]

    @classmethod
    def read(cls, file: Path) -> _File:
        po = read_catalog(file)
        written = _MSGID.findall(file.read_text(encoding="utf-8"))
        language, overlay = language_of(file.stem), overlay_of(file.stem)
        return cls(file.name, language, overlay, po, entries(po), tuple(written))

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
    languages = {file.language: file for file in files if file.overlay is None}
    english = languages.get(FALLBACK)
    if english is None:
        return [*found, f"{FALLBACK}.po: missing or unreadable"]
    for file in files:
        base = english if file.overlay is None else languages.get(file.language)
        found += _alone(file)
        if base is None:
            found.append(f"{file.name}: {file.language}.po is missing or unreadable")
            continue
        found += _keys(file, base) if file.overlay is None else _overlay(file, base)
        for key in sorted(file.texts.keys() & base.texts.keys()):
            found += (f"{file.name}: {key}: {problem}" for problem in _differences(file, base, key))
    found += _collisions([english, *(file for file in languages.values() if file != english)])
    found += _stops_that_are_commands(list(languages.values()))
    return found


def _alone(file: _File) -> Iterator[str]:
    """What is wrong with a file whatever the others say."""
    yield from _header(file)
    for key in sorted({key for key in file.keys_written if file.keys_written.count(key) > 1}):
        yield f"{file.name}: {key}: written more than once"
    for key in file.texts:
        yield from (f"{file.name}: {key}: {problem}" for problem in _entry(file, key))


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


def _overlay(file: _File, base: _File) -> Iterator[str]:
    """What is wrong with an overlay, which has only what differs from its language."""
    if file.overlay not in OVERLAYS:
        yield f"{file.name}: an overlay is {' or '.join(OVERLAYS)}, not {file.overlay}"
    for key, texts in file.texts.items():
        if key not in base.texts:
            yield f"{file.name}: {key}: {base.name} has no such key"
        elif key.startswith(_TYPED):
            yield f"{file.name}: {key}: what people type is the language's, leave it out"
        elif texts == base.texts[key]:
            yield f"{file.name}: {key}: the same as in {base.name}, leave it out"


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
    if key.startswith(_TYPED):
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


def _collisions(files: list[_File]) -> Iterator[str]:
    """Words that give two commands, or two languages: those of every language are understood."""
    first: dict[str, tuple[str, str]] = {}
    for file in files:
        names = ((loose(word), _NAMES) for word in word_list(file.texts.get(_NAMES, ("",))[0]))
        for word, key in (*_commands(file), *names):
            other, name = first.setdefault(word, (key, file.name))
            if other != key or (key == _NAMES and name != file.name):
                yield f'{file.name}: {key}: "{word}" is {other} in {name}'


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
