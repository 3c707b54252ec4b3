"""What a member means by what they type: an intent, two that are likely, or nothing for the bot."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from rapidfuzz.distance import Indel

from locales.classifier import Classifier
from locales.lexicon import Lexicon
from locales.skeleton import as_if_cyrillic, skeleton
from locales.words import LONGEST

#: Where the phrases are, a file per language: lists of phrases by intent, and under `meanings`
#: the words that mean the same.
FOLDER = Path(__file__).parent / "intents"
MEANINGS = "meanings"
#: Understood in every shop.
FALLBACK = "en"

#: What is not for the bot.
OTHER = "other"

#: Answered alike, so a doubt between them is none.
KIN: Mapping[str, str] = {"missing": "balance", "feedback": OTHER}

#: What spends, stops or erases, or leads there: said in nearly these words, or asked about.
GRAVE = frozenset({"stop", "redeem", "privacy"})

#: From which likelihood on an intent is sure, and a candidate worth asking about.
_SURE, _SURE_GRAVE, _LIKELY = 0.75, 0.9, 0.15

#: The meanings that put off or deny.
_HOLDS_BACK = frozenset({"not", "later"})

#: A word more or less than in a known phrase is allowed in so many words.
_WORDS_A_CHANGE = 4

#: Looking for what a misspelt word was takes longest; a text has at most so many.
_MOST_MISSPELT = 8

#: Phrases by intent, by language.
Phrases = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Guess:
    """What a text means. `sure`: act on `intent`.

    Not sure: `candidates` has the two likeliest intents, to be asked about. An intent "other" is
    for the shop's people; None without candidates is a text without a word anybody knows.
    """

    intent: str | None
    sure: bool
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text as its words, spelled right, and what each saying in it can mean."""

    words: tuple[str, ...]
    meanings: tuple[tuple[str, ...], ...]
    unknown: int
    mended: int
    rare: bool

    @property
    def held_back(self) -> int:
        """How many sayings put off or deny: a "not" more or less turns an order around."""
        return sum(not _HOLDS_BACK.isdisjoint(several) for several in self.meanings)

    def features(self) -> list[str]:
        """What the classifier sees: words, their beginnings, meanings, and which go together."""
        found = [f"w {word}" for word in self.words]
        found += [f"p {word[:4]}" for word in self.words if len(word) > 4]
        begun = ("^", *(word[:3] for word in self.words), "$")
        found += [f"b {a} {b}" for a, b in pairwise(begun)]
        row = (("^",), *(several or ("?",) for several in self.meanings), ("$",))
        found += [f"m {one}" for several in self.meanings for one in several]
        found += [f"{a}>{b}" for x, y in pairwise(row) for a in x for b in y]
        flat = sorted({one for several in self.meanings for one in several})
        found += [f"{a}&{b}" for i, a in enumerate(flat) for b in flat[i + 1 :]]
        if self.rare:
            found.append("rare")
        return list(dict.fromkeys(found))


class Understanding:
    """Understands the languages there are phrases of; the same text always the same way."""

    def __init__(self, phrases: Phrases, meanings: Phrases) -> None:
        said = sorted(_spread(phrases))
        self._lexicons = {
            language: Lexicon(
                [words for _, of, _, words in said if of == language], meanings[language]
            )
            for language in phrases
        }
        self._known: dict[str, list[_Reading]] = {}
        examples = []
        for _, language, intent, words in said:
            reading = self._read(words, [self._lexicons[language]])
            examples.append((reading.features(), intent))
            if intent in GRAVE:
                self._known.setdefault(intent, []).append(reading)
        self._classifier = Classifier(examples)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Understanding:
        """Learns from the phrases in a folder, which takes under two seconds."""
        phrases, meanings = {}, {}
        for file in sorted(folder.glob("*.toml")):
            content = tomllib.loads(file.read_text(encoding="utf-8"))
            meanings[file.stem] = content.pop(MEANINGS, {})
            phrases[file.stem] = content
        return cls(phrases, meanings)

    def guess(self, text: str, languages: Sequence[str]) -> Guess:
        """What `text` means to somebody who may be writing any of `languages`, or English."""
        if len(text) > LONGEST:
            return Guess(OTHER, sure=True)
        for written in (text, as_if_cyrillic(text)):
            words = skeleton(written)
            reading = self._read(words, self._order(words, languages))
            if reading.unknown < len(words):
                return self._decide(self._classifier.likelihoods(reading.features()), reading)
        return Guess(None, sure=False)

    def _decide(self, likely: Mapping[str, float], reading: _Reading) -> Guess:
        ranked = sorted(likely, key=lambda intent: -likely[intent])
        best = ranked[0]
        kin = KIN.get(best, best)
        share = sum(p for intent, p in likely.items() if KIN.get(intent, intent) == kin)
        if best in GRAVE:
            sure = share >= _SURE_GRAVE and self._said_so(best, reading)
        else:
            sure = share >= _SURE
        if sure:
            return Guess(best, sure=True)
        candidates = tuple(intent for intent in ranked if intent != OTHER)[:2]
        if kin == OTHER and likely[candidates[0]] < _LIKELY:
            return Guess(OTHER, sure=False)
        return Guess(None, sure=False, candidates=candidates)

    def _said_so(self, intent: str, reading: _Reading) -> bool:
        """Whether a text is nearly one of the intent's own phrases: "don't stop" is not "stop"."""
        if reading.unknown or reading.mended:
            return False
        return any(
            reading.held_back == known.held_back
            and Indel.distance(reading.words, known.words) * _WORDS_A_CHANGE <= len(known.words)
            for known in self._known[intent]
        )

    def _order(self, words: Sequence[str], languages: Sequence[str]) -> list[Lexicon]:
        """The languages' words, those first that know most of a text."""
        codes = dict.fromkeys((*languages, FALLBACK))
        offered = [self._lexicons[code] for code in codes if code in self._lexicons]
        return sorted(offered, key=lambda lexicon: -sum(map(lexicon.knows, words)))

    def _read(self, words: Sequence[str], lexicons: Sequence[Lexicon]) -> _Reading:
        mended: list[str] = []
        owners: list[Lexicon | None] = []
        unknown = slips = 0
        for word in words:
            found, owner, slip = _look_up(word, lexicons, slips < _MOST_MISSPELT)
            slips += slip
            mended += found
            owners += [owner] * len(found)
            unknown += owner is None
        rare = any(o is None or o.rare(w) for w, o in zip(mended, owners, strict=True))
        return _Reading(tuple(mended), _meanings(mended, owners), unknown, slips, rare)


def _meanings(
    words: Sequence[str], owners: Sequence[Lexicon | None]
) -> tuple[tuple[str, ...], ...]:
    """What each saying can mean, in the order they stand; none for a word without a meaning."""
    meanings: list[tuple[str, ...]] = []
    at = 0
    while at < len(words):
        owner = owners[at]
        length, meaning = owner.sayings(words, at) if owner else (1, ())
        meanings.append(meaning)
        at += length
    return tuple(meanings)


def _look_up(
    word: str, lexicons: Sequence[Lexicon], mend: bool
) -> tuple[list[str], Lexicon | None, int]:
    """The words a typed one stands for, whose they are, and whether it had to be mended."""
    for lexicon in lexicons:
        if lexicon.knows(word):
            return [word], lexicon, 0
    for lexicon in lexicons:
        if lexicon.begins(word):
            return [word], lexicon, 0
    if mend:
        for lexicon in lexicons:
            if meant := lexicon.meant(word):
                return [meant], lexicon, 1
        for lexicon in lexicons:
            if parts := lexicon.parts(word):
                return parts, lexicon, 1
    return [word], None, 0


def _spread(phrases: Phrases) -> Iterator[tuple[float, str, str, list[str]]]:
    """Every phrase with its place, so that sorting mixes languages and intents evenly."""
    for language, said in phrases.items():
        for intent, several in said.items():
            for at, phrase in enumerate(several):
                yield (at + 0.5) / len(several), language, intent, skeleton(phrase)
