"""The catalogues: sentences by key and language, read once, rendered many times."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from bot.domain.folding import fold
from bot.domain.messages import Day, Filled, Link, Moment, Money, Phrase, Value, Wording
from locales.formats import format_day, format_moment, format_money, format_number
from locales.voices import FALLBACK, FRIENDLY, SMS, catalogues_of, language_of, overlay_of, voice_of
from locales.words import CommandWords, loose, matches, word_list

#: Where the catalogues are.
FOLDER = Path(__file__).parent

#: Who reads what when their own language is not offered.
_KIN: Mapping[str, str] = {"sk": "cs", "mo": "ro"}

_COMMAND = "command."
_MENU_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


class MissingPhrase(LookupError):
    """A phrase has no sentence in the catalogues, or no value for a place in it."""


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence in pieces: literal text, each with the name of the value that follows it."""

    pieces: tuple[tuple[str, str | None], ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """From `You have {n} of {total}`; raises ValueError for anything but plain names."""
        pieces: list[tuple[str, str | None]] = []
        for literal, name, spec, conversion in Formatter().parse(text):
            # No attributes, indexes or formats: a catalogue is text, not a program.
            if name is not None and (not name.isidentifier() or spec or conversion):
                raise ValueError(f"only plain names may stand in braces, not {{{name}}}")
            pieces.append((literal, name))
        return cls(tuple(pieces))

    @property
    def names(self) -> frozenset[str]:
        """The names of the values it needs."""
        return frozenset(name for _, name in self.pieces if name is not None)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a catalogue says for one key: one form, or one per plural form chosen by `n`."""

    forms: tuple[Template, ...]
    plural: bool

    @property
    def names(self) -> frozenset[str]:
        """The values it needs, `n` among them when it chooses the form."""
        names = frozenset[str]().union(*(form.names for form in self.forms))
        return names | {"n"} if self.plural else names


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language's sentences, with the rule that chooses a plural form for a number."""

    sentences: Mapping[str, Sentence]
    plural_form: Callable[[int], int]

    @classmethod
    def read(cls, file: Path) -> Catalogue:
        """From a `.po` file; raises ValueError naming the file and key it cannot use."""
        po = read_catalog(file)
        sentences = {}
        for key, strings in entries(po).items():
            try:
                forms = tuple(Template.parse(text) for text in strings)
            except ValueError as error:
                raise ValueError(f"{file.name}: {key}: {error}") from error
            if all(strings):
                sentences[key] = Sentence(forms, plural=is_plural(po, key))
        # The header's rule, compiled by the standard library as gettext itself does it.
        return cls(sentences, gettext.c2py(po.plural_expr))

    def text(self, key: str) -> str:
        """The entry as written, for lists of words; raises KeyError when there is none."""
        return "".join(literal for literal, _ in self.sentences[key].forms[0].pieces)

    def form(self, sentence: Sentence, phrase: Phrase) -> Template:
        """The form of `sentence` for the `n` of `phrase`."""
        if not sentence.plural:
            return sentence.forms[0]
        n = phrase.values.get("n")
        if not isinstance(n, int):
            raise MissingPhrase(f"{phrase.key} chooses its form by a whole number n, not {n!r}")
        return sentence.forms[self.plural_form(abs(n))]


def read_catalog(file: Path) -> Catalog:
    """Babel's reading of a `.po` file; raises ValueError naming the file it cannot read."""
    try:
        with file.open("rb") as stream:
            return read_po(stream, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise ValueError(f"{file.name}: {error}") from error


def is_plural(po: Catalog, key: str) -> bool:
    """Whether the entry has plural forms."""
    message = po.get(key)
    return message is not None and message.pluralizable


def entries(po: Catalog) -> dict[str, tuple[str, ...]]:
    """Each key with its texts, one or one per plural form."""
    found = {}
    for message in po:
        key = message.id if isinstance(message.id, str) else message.id[0]
        if key:
            texts = message.string
            found[key] = (texts,) if isinstance(texts, str) else tuple(texts or ())
    return found


def _read(folder: Path) -> Mapping[str, Catalogue]:
    return {file.stem: Catalogue.read(file) for file in folder.glob("*.po")}


@cache
def _shipped() -> Mapping[str, Catalogue]:
    """The catalogues Regulars comes with, read once: it takes a tenth of a second."""
    return _read(FOLDER)


class Catalogues:
    """Every language Regulars speaks: renders what is said and recognises what is typed.

    A language may be given as a voice, which has the address and the length besides (`voice`).
    """

    def __init__(self, catalogues: Mapping[str, Catalogue], arguments: Set[str]) -> None:
        languages = (name for name in catalogues if overlay_of(name) is None)
        self.languages = tuple(sorted(languages, key=lambda code: (code != FALLBACK, code)))
        self._catalogues = catalogues
        self._arguments = arguments
        self._commands = {
            language: CommandWords.of([*self._entries(FALLBACK), *self._entries(language)])
            for language in self.languages
        }
        self._stops = frozenset(
            loose(word) for language in self.languages for word in self._words("stop", language)
        )

    @classmethod
    def load(cls, folder: Path = FOLDER, *, arguments: Set[str] = frozenset()) -> Catalogues:
        """Reads every catalogue; `arguments` names the commands that take words without a slash.

        Raises ValueError naming the file and key of what cannot be used.
        """
        return cls(_shipped() if folder == FOLDER else _read(folder), arguments)

    @staticmethod
    def voice(language: str, *, friendly: bool = False, short: bool = False) -> str:
        """The voice of a language: with the friendly address, or in the fewer words of SMS.

        What the overlay of a voice does not have is said as without it.
        """
        return voice_of(language, *(FRIENDLY,) * friendly, *(SMS,) * short)

    def render(self, value: Value, language: str) -> str:
        """`value` as said in `language`; a sentence it lacks is said in English.

        Raises MissingPhrase for a key that English lacks too, or for a value not given.
        """
        if isinstance(value, Phrase):
            return self._render_phrase(value, language)
        if isinstance(value, str):
            return value
        if isinstance(value, int | Decimal):
            return format_number(value, language)
        if isinstance(value, Money):
            return format_money(value, language)
        if isinstance(value, Day):
            return format_day(value, language)
        if isinstance(value, Moment):
            return format_moment(value, language)
        if isinstance(value, Filled):
            return self._fill(value, language)
        if isinstance(value, Link):
            return value.payload
        return value.in_language(language_of(language))

    def values(self, phrase: Phrase, language: str) -> tuple[str, ...]:
        """A phrase's values as they read, in the order in which the English sentence has them.

        That is the order of the numbered places of a sentence that was approved elsewhere.
        """
        return tuple(
            self.render(phrase.values[name], language) for name in self._places(phrase.key)
        )

    def _places(self, key: str) -> tuple[str, ...]:
        """The places of an English sentence, in the order in which they first appear."""
        pieces = self._catalogues[FALLBACK].sentences[key].forms[0].pieces
        return tuple(dict.fromkeys(name for _, name in pieces if name is not None))

    def approvable(self) -> dict[str, tuple[str, ...]]:
        """The `template.*` sentences that a provider approves beforehand, each with its places.

        Those are in the order of the numbers they get there.
        """
        sentences = self._catalogues[FALLBACK].sentences
        return {key: self._places(key) for key in sentences if key.startswith("template.")}

    def label(self, label: Phrase | Wording, language: str) -> str:
        """What a button reads."""
        return self.render(label, language)

    @staticmethod
    def matches(text: str, label: str) -> bool:
        """Whether a person who typed `text` meant the button that reads `label`."""
        return matches(text, label)

    def language_for(self, tag: str, offered: Sequence[str], default: str) -> str:
        """The offered language nearest to an app's tag (`cs-CZ`, `en_us`), else `default`."""
        spoken = tag.replace("_", "-").partition("-")[0].lower()
        for language in (spoken, _KIN.get(spoken)):
            if language in offered and language in self.languages:
                return language
        return default

    def command(self, text: str, language: str) -> tuple[str, str] | None:
        """The command that `text` gives in English or `language`, and the words after it.

        With a slash any command may be followed by words; without, only those in `arguments`.
        """
        words = self._commands.get(language_of(language), self._commands[FALLBACK])
        return words.find(text, self._arguments)

    def language_named(self, text: str) -> str | None:
        """The language that `text` asks for by its name in any of ours ("česky"), if it does."""
        for language in self.languages:
            if loose(text) in {loose(word) for word in self._words("language", language)}:
                return language
        return None

    def command_word(self, name: str, language: str) -> str:
        """The word to show for a command."""
        return word_list(self._text(_COMMAND + name, language))[0]

    def menu_word(self, name: str, language: str) -> str:
        """The word for Telegram's command menu, which takes a-z, 0-9 and _ up to 32 alone.

        https://core.telegram.org/bots/api#botcommand; English where the letters do not fit.
        """
        word = fold(self.command_word(name, language)).replace(" ", "_")
        return word if len(word) <= 32 and _MENU_LETTERS.issuperset(word) else name

    def word(self, name: str, language: str) -> str:
        """The first of the `words.<name>` of a language, or of English."""
        return (*self._words(name, language), *self._words(name, FALLBACK))[0]

    def is_word(self, name: str, text: str, language: str) -> bool:
        """Whether `text` is one of the `words.<name>` of English or `language`."""
        words = (*self._words(name, FALLBACK), *self._words(name, language))
        return bool(text.strip()) and loose(text) in {loose(word) for word in words}

    def is_stop(self, text: str) -> bool:
        """Whether `text` as a whole is a stop word of any language."""
        return loose(text) in self._stops

    def _render_phrase(self, phrase: Phrase, language: str) -> str:
        catalogue, sentence = self._find(phrase.key, language)
        form = catalogue.form(sentence, phrase)
        if missing := form.names - phrase.values.keys():
            raise MissingPhrase(f"{phrase.key} needs a value for {{{min(missing)}}}")
        return self._put_in(form, phrase.values, language)

    def _fill(self, filled: Filled, language: str) -> str:
        """The shop's own text with its places filled; one nobody fills stays as it is written."""
        form = Template.parse(filled.text.in_language(language_of(language)))
        unfilled = {name: f"{{{name}}}" for name in form.names - filled.values.keys()}
        return self._put_in(form, {**filled.values, **unfilled}, language)

    def _put_in(self, form: Template, values: Mapping[str, Value], language: str) -> str:
        said = ""
        for literal, name in form.pieces:
            # A value that ends in a full stop (30 czerwca 2026 r., Anna K.) ends the sentence too.
            said += literal.removeprefix(".") if said.endswith(".") else literal
            if name is not None:
                said += self.render(values[name], language)
        return said

    def _find(self, key: str, language: str) -> tuple[Catalogue, Sentence]:
        for name in catalogues_of(language):
            catalogue = self._catalogues.get(name)
            if catalogue and (sentence := catalogue.sentences.get(key)):
                return catalogue, sentence
        raise MissingPhrase(f"no catalogue has the key {key}")

    def _text(self, key: str, language: str) -> str:
        catalogue, _ = self._find(key, language)
        return catalogue.text(key)

    def _words(self, name: str, language: str) -> tuple[str, ...]:
        return word_list(self._text(f"words.{name}", language))

    def _entries(self, language: str) -> list[tuple[str, str]]:
        sentences = self._catalogues[language].sentences
        return [
            (key.removeprefix(_COMMAND), self._catalogues[language].text(key))
            for key in sentences
            if key.startswith(_COMMAND)
        ]
