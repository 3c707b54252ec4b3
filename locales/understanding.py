"""What a member means by what they type: an intent, two that are likely, or nothing for the bot."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from locales.classifier import Classifier
from locales.lexicon import Lexicon
from locales.skeleton import skeleton
from locales.words import LONGEST

#: Where the phrases are, a file per language.
FOLDER = Path(__file__).parent / "intents"
MEANINGS = "meanings"
FALLBACK = "en"

#: What is not for the bot.
OTHER = "other"

#: Answered alike, so a doubt between them is none.
_KIN = {"missing": "balance", "feedback": OTHER}

#: What spends, stops or erases, or leads there: said in nearly these words, or asked about.
_GRAVE = frozenset({"stop", "redeem", "privacy"})

_SURE, _SURE_GRAVE, _LIKELY = 0.7, 0.9, 0.4
_MOST_MISSPELT = 8


@dataclass(frozen=True, slots=True)
class Guess:
    intent: str | None
    sure: bool
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    words: tuple[str, ...]
    meanings: tuple[tuple[str, ...], ...]
    unknown: int
    mended: int
    rare: bool

    def features(self) -> list[str]:
        found = [f"w {w}" for w in self.words]
        found += [f"p {word[:4]}" for word in self.words if len(word) > 4]
        begun = ("^", *(word[:3] for word in self.words), "$")
        found += [f"b {a} {b}" for a, b in zip(begun, begun[1:], strict=False)]
        row = (("^",), *(m or ("?",) for m in self.meanings), ("$",))
        found += [f"m {one}" for several in self.meanings for one in several]
        found += [f"{a}>{b}" for x, y in zip(row, row[1:], strict=False) for a in x for b in y]
        flat = sorted({one for several in self.meanings for one in several})
        found += [f"{a}&{b}" for i, a in enumerate(flat) for b in flat[i + 1 :]]
        if self.rare:
            found.append("rare")
        return list(dict.fromkeys(found))


class Understanding:
    def __init__(
        self,
        phrases: Mapping[str, Mapping[str, Sequence[str]]],
        meanings: Mapping[str, Mapping[str, Sequence[str]]],
    ) -> None:
        self._lexicons = {
            language: Lexicon((p for ps in said.values() for p in ps), meanings[language])
            for language, said in phrases.items()
        }
        self._known: dict[str, list[tuple[str, ...]]] = {}
        examples = []
        for _, language, intent, phrase in sorted(_spread(phrases)):
            reading = self._read(skeleton(phrase), [self._lexicons[language]])
            examples.append((reading.features(), intent))
            if intent in _GRAVE:
                self._known.setdefault(intent, []).append(reading.words)
        self._classifier = Classifier(examples)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Understanding:
        phrases, meanings = {}, {}
        for file in sorted(folder.glob("*.toml")):
            content = tomllib.loads(file.read_text(encoding="utf-8"))
            meanings[file.stem] = content.pop(MEANINGS, {})
            phrases[file.stem] = content
        return cls(phrases, meanings)

    def guess(self, text: str, languages: Sequence[str]) -> Guess:
        if len(text) > LONGEST:
            return Guess(OTHER, sure=True)
        words = skeleton(text)
        reading = self._read(words, self._order(words, languages))
        if reading.unknown == len(words):
            return Guess(None, sure=False)
        likely = self._classifier.likelihoods(reading.features())
        return self._decide(likely, reading)

    def _decide(self, likely: Mapping[str, float], reading: _Reading) -> Guess:
        ranked = sorted(likely, key=lambda intent: -likely[intent])
        best = ranked[0]
        kin = _KIN.get(best, best)
        share = sum(p for intent, p in likely.items() if _KIN.get(intent, intent) == kin)
        if best in _GRAVE:
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
        if reading.unknown or reading.mended:
            return False
        return any(_distance(reading.words, known) * 3 <= len(known) for known in self._known[intent])

    def _order(self, words: Sequence[str], languages: Sequence[str]) -> list[Lexicon]:
        offered = [self._lexicons[code] for code in dict.fromkeys((*languages, FALLBACK)) if code in self._lexicons]
        return sorted(offered, key=lambda lexicon: -sum(map(lexicon.knows, words)))

    def _read(self, words: Sequence[str], lexicons: Sequence[Lexicon]) -> _Reading:
        mended: list[str] = []
        owners: list[Lexicon | None] = []
        unknown = slips = 0
        for word in words:
            found, owner, slip = self._look_up(word, lexicons, slips)
            slips += slip
            mended += found
            owners += [owner] * len(found)
            unknown += owner is None
        meanings = []
        at = 0
        while at < len(mended):
            owner = owners[at]
            length, meaning = owner.sayings(mended, at) if owner else (1, ())
            meanings.append(meaning)
            at += length
        rare = any(o is None or o.rare(w) for w, o in zip(mended, owners, strict=True))
        return _Reading(tuple(mended), tuple(meanings), unknown, slips, rare)

    def _look_up(self, word, lexicons, slips):
        for lexicon in lexicons:
            if lexicon.knows(word):
                return [word], lexicon, 0
        for lexicon in lexicons:
            if lexicon.begins(word):
                return [word], lexicon, 0
        if slips < _MOST_MISSPELT:
            for lexicon in lexicons:
                if meant := lexicon.meant(word):
                    return [meant], lexicon, 1
            for lexicon in lexicons:
                if parts := lexicon.parts(word):
                    return parts, lexicon, 1
        return [word], None, 0


def _spread(phrases):
    for language, said in phrases.items():
        for intent, several in said.items():
            for at, phrase in enumerate(several):
                yield (at + 0.5) / len(several), language, intent, phrase


def _distance(one: Sequence[str], other: Sequence[str]) -> int:
    from rapidfuzz.distance import Levenshtein
    return Levenshtein.distance(one, other)
