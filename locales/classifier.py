"""A linear classifier, trained in memory from examples, the same every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import exp, log, sqrt

#: An example: its features, each once, and its label.
Example = tuple[Sequence[str], str]

#: Passes over the examples, and how much one example may change.
_PASSES, _STEP = 6, 0.3

#: How sharply scores become likelihoods; by cross-validation, so that they are about true.
_SHARPNESS = 5.0


class Classifier:
    """Weights for features and labels.

    Trained by passive-aggressive updates (Crammer et al., Online Passive-Aggressive Algorithms,
    JMLR 7, 2006) over features weighted by their rarity: a second for thousands of phrases, as
    good here as logistic regression.
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        self._labels = sorted({label for _, label in examples})
        counted = Counter(feature for features, _ in examples for feature in features)
        self._rows = {feature: [0.0] * len(self._labels) for feature in counted}
        self._rarity = {f: (log(len(examples) / n) + 1) ** 2 for f, n in counted.items()}
        self._train(examples)

    def _train(self, examples: Sequence[Example]) -> None:
        columns = {label: column for column, label in enumerate(self._labels)}
        prepared = []
        for features, label in examples:
            squares = [self._rarity[feature] for feature in features]
            length = sqrt(sum(squares)) or 1.0
            rows = [self._rows[feature] for feature in features]
            prepared.append((rows, [s / length for s in squares], length, columns[label]))
        for _ in range(_PASSES):
            # What is right by a margin needs no second look.
            missed = []
            for example in prepared:
                rows, changes, length, right = example
                scores = [sum(column) / length for column in zip(*rows, strict=True)]
                reached, scores[right] = scores[right], float("-inf")
                best = max(scores)
                wrong = scores.index(best)
                lack = 1 - reached + best
                if lack > 0:
                    missed.append(example)
                    step = min(_STEP, lack / 2)
                    for row, change in zip(rows, changes, strict=True):
                        row[right] += step * change
                        row[wrong] -= step * change
            prepared = missed

    def likelihoods(self, features: Sequence[str]) -> dict[str, float]:
        """How likely each label is; the labels in a fixed order where nothing is known."""
        known = [feature for feature in features if feature in self._rows]
        length = sqrt(sum(self._rarity[feature] for feature in known)) or 1.0
        rows = [self._rows[feature] for feature in known] or [[0.0] * len(self._labels)]
        powers = [exp(_SHARPNESS * sum(c) / length) for c in zip(*rows, strict=True)]
        total = sum(powers)
        return {label: p / total for label, p in zip(self._labels, powers, strict=True)}
