"""The words of one language: which are known, what they mean, and what a misspelt one was."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from locales.skeleton import skeleton

#: Meanings may be said in several words, up to this many: "get off my list".
_LONGEST_SAYING = 4

#: A misspelt word has at least so many letters, and from so many on may have two slips.
_SHORTEST_MISSPELT, _LONG = 4, 8

#: Words run together: the shortest part, the longest whole, and into how many parts it falls.
_SHORTEST_PART, _LONGEST_JOINED, _MOST_PARTS = 2, 30, 4


class Lexicon:
    """What one language's phrases and meanings say about words.

    A meaning lists words and sayings, each whole (`gift`) or by its beginning (`reward*`).
    """

    def __init__(
        self, phrases: Iterable[Sequence[str]], meanings: Mapping[str, Sequence[str]]
    ) -> None:
        counted = Counter(word for phrase in phrases for word in phrase)
        self._whole: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self._begun: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for meaning, sayings in meanings.items():
            for saying in sayings:
                words = tuple(skeleton(saying.rstrip("*")))
                sort = self._begun if saying.endswith("*") else self._whole
                sort[words].append(meaning)
        self._openings = {words[:-1] for words in (*self._begun, *self._whole)}
        known = counted + Counter(word for words in self._whole for word in words)
        self._known = frozenset(known)
        self._common = frozenset(word for word, times in counted.items() if times > 1)
        # The commonest first: of two words as near, it is the likelier.
        self._spelling: dict[str, list[str]] = defaultdict(list)
        for word in sorted(known, key=lambda word: (-known[word], word)):
            if len(word) >= _SHORTEST_MISSPELT - 1:
                self._spelling[word[0]].append(word)

    def knows(self, word: str) -> bool:
        """Whether a phrase or a meaning has this very word."""
        return word in self._known

    def rare(self, word: str) -> bool:
        """Whether the phrases have this word once or never: it says little by itself."""
        return word not in self._common

    def begins(self, word: str) -> bool:
        """Whether a meaning has the beginning of this word."""
        ends = range(_SHORTEST_PART, len(word) + 1)
        return any((word[:end],) in self._begun for end in ends)

    def meant(self, word: str) -> str | None:
        """The known word that `word` is a slip of the thumb away from."""
        if len(word) < _SHORTEST_MISSPELT:
            return None
        slips = 1 if len(word) < _LONG else 2
        near = self._spelling.get(word[0], ())
        found = extractOne(word, near, scorer=OSA.distance, score_cutoff=slips)
        return found[0] if found else None

    def parts(self, word: str, most: int = _MOST_PARTS) -> list[str] | None:
        """The known words that were run together in `word`, the fewest and longest first."""
        if len(word) > _LONGEST_JOINED or len(word) < 2 * _SHORTEST_PART:
            return None
        for end in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
            if word[:end] in self._known:
                rest = word[end:]
                if rest in self._known:
                    return [word[:end], rest]
                if most > 2 and (parts := self.parts(rest, most - 1)):
                    return [word[:end], *parts]
        return None

    def sayings(self, words: Sequence[str], at: int) -> tuple[int, tuple[str, ...]]:
        """How many words from `at` on are one saying, and what it can mean."""
        for length in range(min(_LONGEST_SAYING, len(words) - at), 1, -1):
            if found := self._meanings(words[at : at + length]):
                return length, found
        return 1, self._meanings(words[at : at + 1])

    def _meanings(self, words: Sequence[str]) -> tuple[str, ...]:
        first, last = tuple(words[:-1]), words[-1]
        if first not in self._openings:
            return ()
        found = list(self._whole.get((*first, last), ()))
        for end in range(_SHORTEST_PART, len(last) + 1):
            found += self._begun.get((*first, last[:end]), ())
        return tuple(dict.fromkeys(found))
