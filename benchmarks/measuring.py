"""Interleaved rounds of a thing and its yardstick, and what came of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

#: Does one round; returns the seconds one piece of work took in it.
Round = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One measured thing; `ratio` is our speed as a share of the yardstick's, 1 being equal.

    `value`, `against_value` and `ratio` are those of the round whose ratio is the median: the two
    halves of a round ran next to each other, medians of each would not have. `lowest` and
    `highest` are the ratios of the worst and of the best round.
    """

    name: str
    value: float
    unit: str
    against: str
    against_value: float
    ratio: float
    lowest: float
    highest: float
    aim: float
    rounds: int

    @property
    def reached(self) -> bool:
        """Whether the aim was reached."""
        return self.ratio >= self.aim

    def as_json(self) -> dict[str, Any]:
        """The entry of `results/latest.json`."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "against": self.against,
            "against_value": round(self.against_value, 3),
            "ratio": round(self.ratio, 4),
            "spread": [round(self.lowest, 4), round(self.highest, 4)],
            "aim": f">= {self.aim:g}",
            "reached": self.reached,
            "rounds": self.rounds,
        }


async def compare(
    name: str,
    ours: Round,
    yardstick: Round,
    *,
    unit: str,
    against: str,
    aim: float,
    rounds: int,
) -> Outcome:
    """Measure A B A B …; both take a round first that does not count.

    `unit` is "ms" for the time of one piece of work, anything else is pieces a second.
    """
    await ours()
    await yardstick()
    pairs = [(await ours(), await yardstick()) for _ in range(rounds)]
    pairs.sort(key=_ratio)
    middle = pairs[len(pairs) // 2]
    return Outcome(
        name=name,
        value=_in(unit, middle[0]),
        unit=unit,
        against=against,
        against_value=_in(unit, middle[1]),
        ratio=_ratio(middle),
        lowest=_ratio(pairs[0]),
        highest=_ratio(pairs[-1]),
        aim=aim,
        rounds=rounds,
    )


def _ratio(pair: tuple[float, float]) -> float:
    mine, theirs = pair
    return theirs / mine


def _in(unit: str, seconds: float) -> float:
    return seconds * 1000 if unit == "ms" else 1 / seconds
