"""What a member means by what they type: an intent, two that are likely, or nothing for the bot."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from rapidfuzz.distance import Indel

from locales.classifier import Classifier, Example
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

#: Parts of an intent, which are learned as that one and told apart afterwards.
PARTS: Mapping[str, str] = {"how_to_stop": "stop", "messages": "settings"}

#: Answered alike, or parts of one, so a doubt between them is none.
KIN: Mapping[str, str] = {"missing": "balance", "feedback": OTHER, **PARTS}

#: What spends, stops or erases, or leads there: said in nearly these words, or asked about.
GRAVE = frozenset({"stop", "redeem", "privacy"})

#: From which likelihood on an intent is sure, and a candidate worth asking about.
_SURE, _LIKELY = 0.75, 0.15
#: How likely what is grave has to be, and in how many words of a phrase one may be more or less.
_STRICT, _LENIENT = (0.9, 4), (0.6, 3)
#: What can be undone in one reply.
_UNDOABLE = frozenset({"stop"})

#: The meanings that put off or deny.
_HOLDS_BACK = frozenset({"not", "later"})
#: The meanings that make a text polite and change nothing.
_POLITE = frozenset({"please", "thanks", "ok", "greeting", "sorry"})

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
    """A text as its words, spelled right, and what each saying in it can mean.

    `told` are its words in the order of letters, without mere politeness; `denied` are those that
    follow what puts off or denies: a "not" more, less or elsewhere turns an order around. `asks` is
    whether it ends as a question.
    """

    words: tuple[str, ...]
    meanings: tuple[tuple[str, ...], ...]
    told: tuple[str, ...]
    denied: tuple[str, ...]
    unknown: int
    mended: int
    rare: bool
    asks: bool

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
                [skeleton(text) for _, of, _, text in said if of == language], meanings[language]
            )
            for language in phrases
        }
        self._known: dict[str, list[tuple[str, _Reading]]] = {}
        examples = []
        parts: dict[str, list[Example]] = {}
        for _, language, intent, text in said:
            reading = self._read(text, [self._lexicons[language]])
            whole, features = PARTS.get(intent, intent), reading.features()
            examples.append((features, whole))
            if whole in GRAVE:
                self._known.setdefault(whole, []).append((intent, reading))
            elif whole in PARTS.values():
                parts.setdefault(whole, []).append((features, intent))
        self._classifier = Classifier(examples)
        self._parts = {whole: Classifier(several) for whole, several in parts.items()}

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
            reading = self._read(written, self._order(skeleton(written), languages))
            if reading.unknown < len(reading.words):
                return self._decide(self._classifier.likelihoods(reading.features()), reading)
        return Guess(None, sure=False)

    def _decide(self, likely: Mapping[str, float], reading: _Reading) -> Guess:
        ranked = sorted(likely, key=lambda intent: -likely[intent])
        best = ranked[0]
        kin = KIN.get(best, best)
        share = sum(p for intent, p in likely.items() if KIN.get(intent, intent) == kin)
        part: str | None = best
        if best in GRAVE:
            part = self._said_as(best, reading, share)
        elif share < _SURE:
            part = None
        elif best in self._parts:
            parts = self._parts[best].likelihoods(reading.features())
            part = max(parts, key=lambda each: parts[each])
        if part is not None:
            return Guess(part, sure=True)
        candidates = tuple(intent for intent in ranked if intent != OTHER)[:2]
        if kin == OTHER and likely[candidates[0]] < _LIKELY:
            return Guess(OTHER, sure=False)
        return Guess(None, sure=False, candidates=candidates)

    def _said_as(self, intent: str, reading: _Reading, likelihood: float) -> str | None:
        """Which part of an intent a text nearly says in its own phrases; None where it doesn't.

        "Don't stop" is not "stop", nor is "stop?", nor "stop the stamps" where nobody said stamps.
        """
        enough, words_a_change = _LENIENT if intent in _UNDOABLE else _STRICT
        if likelihood < enough or reading.unknown or reading.mended:
            return None
        near = [
            (changes, part)
            for part, known in self._known[intent]
            if reading.denied == known.denied
            and (known.asks or part in PARTS or not reading.asks)
            and (changes := Indel.distance(reading.told, known.told)) * words_a_change
            <= len(known.told)
        ]
        changes, part = min(near, default=(0, None))
        return None if changes and self._foreign(intent, reading) else part

    def _foreign(self, intent: str, reading: _Reading) -> bool:
        """Whether a text speaks of something that no phrase of an intent does."""
        spoken_of = {one for _, known in self._known[intent] for m in known.meanings for one in m}
        return any(several and spoken_of.isdisjoint(several) for several in reading.meanings)

    def _order(self, words: Sequence[str], languages: Sequence[str]) -> list[Lexicon]:
        """The languages' words, those first that know most of a text."""
        codes = dict.fromkeys((*languages, FALLBACK))
        offered = [self._lexicons[code] for code in codes if code in self._lexicons]
        return sorted(offered, key=lambda lexicon: -sum(map(lexicon.knows, words)))

    def _read(self, text: str, lexicons: Sequence[Lexicon]) -> _Reading:
        mended: list[str] = []
        owners: list[Lexicon | None] = []
        unknown = slips = 0
        for word in skeleton(text):
            found, owner, slip = _look_up(word, lexicons, slips < _MOST_MISSPELT)
            slips += slip
            mended += found
            owners += [owner] * len(found)
            unknown += owner is None
        rare = any(o is None or o.rare(w) for w, o in zip(mended, owners, strict=True))
        said = list(_sayings(mended, owners))
        plain = [(words, several) for words, several in said if _POLITE.isdisjoint(several)]
        return _Reading(
            words=tuple(mended),
            meanings=tuple(several for _, several in said),
            told=tuple(sorted(word for words, _ in plain for word in words)),
            denied=tuple(sorted(_denied(plain))),
            unknown=unknown,
            mended=slips,
            rare=rare,
            asks=text.rstrip().endswith("?"),
        )


def _sayings(
    words: Sequence[str], owners: Sequence[Lexicon | None]
) -> Iterator[tuple[Sequence[str], tuple[str, ...]]]:
    """Each saying and what it can mean, in the order they stand; a word may mean nothing."""
    at = 0
    while at < len(words):
        owner = owners[at]
        length, meanings = owner.sayings(words, at) if owner else (1, ())
        yield words[at : at + length], meanings
        at += length


def _denied(said: Sequence[tuple[Sequence[str], tuple[str, ...]]]) -> Iterator[str]:
    """The word that each "not" or "later" stands before; "" for one at the end."""
    for at, (_, meanings) in enumerate(said):
        if not _HOLDS_BACK.isdisjoint(meanings):
            yield said[at + 1][0][0] if at + 1 < len(said) else ""


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


def _spread(phrases: Phrases) -> Iterator[tuple[float, str, str, str]]:
    """Every phrase with its place, so that sorting mixes languages and intents evenly."""
    for language, said in phrases.items():
        for intent, several in said.items():
            for at, phrase in enumerate(several):
                yield (at + 0.5) / len(several), language, intent, phrase
