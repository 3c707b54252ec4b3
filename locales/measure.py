"""How well what people type is understood, on phrases that were not used to learn from.

`python -m locales.measure [FOLDER]` prints a line per language; the folder has a file a language
with lists of phrases by intent, as in `intents/`.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from locales.understanding import FOLDER, GRAVE, KIN, MEANINGS, OTHER, Guess, Understanding
from locales.words import loose

HEARD = Path(__file__).parents[1] / "tests" / "locales" / "heard"


@dataclass
class Measure:
    """What came of a language's phrases.

    `understood`: acted on rightly, asked about with the right one among the two, or left to a
    person where it was for one. `wrong_actions`: sure of what spends, stops or erases, wrongly.
    """

    phrases: int = 0
    understood: int = 0
    asked: int = 0
    missed: list[tuple[str, str, Guess]] = field(default_factory=list)
    wrong_actions: list[tuple[str, str, Guess]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The part that was understood."""
        return self.understood / self.phrases

    def add(self, intent: str, text: str, guess: Guess, seconds: float) -> None:
        """Count one phrase."""
        self.phrases += 1
        self.asked += bool(guess.candidates)
        self.seconds.append(seconds)
        if _right(intent, guess):
            self.understood += 1
        else:
            self.missed.append((intent, text, guess))
        if guess.sure and guess.intent in GRAVE and guess.intent != intent:
            self.wrong_actions.append((intent, text, guess))

    def __str__(self) -> str:
        slowest = sorted(self.seconds)[int(len(self.seconds) * 0.95)]
        return (
            f"{self.phrases} phrases, {self.share:.1%} understood "
            f"({self.asked / self.phrases:.1%} by asking), "
            f"{len(self.wrong_actions)} wrong actions, p95 {slowest * 1000:.2f} ms"
        )


def _right(intent: str, guess: Guess) -> bool:
    meant = _kin(intent)
    if guess.candidates:
        # Beside the two stands a button to reach a person.
        return meant == OTHER or meant in map(_kin, guess.candidates)
    return meant == _kin(guess.intent or OTHER)


def _kin(intent: str) -> str:
    return KIN.get(intent, intent)


def measure(understanding: Understanding, language: str, heard: Path = HEARD) -> Measure:
    """Ask for every heard phrase of a language that nobody learned from."""
    learned = {loose(phrase) for phrases in _phrases(FOLDER, language) for phrase in phrases[1]}
    found = Measure()
    for intent, phrases in _phrases(heard, language):
        for text in phrases:
            if loose(text) not in learned:
                began = perf_counter()
                guess = understanding.guess(text, (language,))
                found.add(intent, text, guess, perf_counter() - began)
    return found


def _phrases(folder: Path, language: str) -> list[tuple[str, list[str]]]:
    content = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
    return [(intent, phrases) for intent, phrases in content.items() if intent != MEANINGS]


def main() -> None:
    """Print a line per language."""
    heard = Path(sys.argv[1]) if len(sys.argv) > 1 else HEARD
    understanding = Understanding.load()
    for file in sorted(heard.glob("*.toml")):
        print(f"{file.stem}: {measure(understanding, file.stem, heard)}")


if __name__ == "__main__":
    main()
