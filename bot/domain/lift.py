"""What a message changed: those it was sent to, beside those held out from it (S34)."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

#: With fewer people in one of the groups nothing is concluded, whatever the numbers say.
FEW = 30
#: The standard normal's 97.5 % point: an interval that holds the truth 95 times in 100.
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Group:
    """How many people there were, and how many of them came."""

    people: int
    came: int

    @property
    def rate(self) -> float | None:
        """The share that came; None of nobody."""
        return self.came / self.people if self.people else None


@dataclass(frozen=True, slots=True)
class Lift:
    """Two groups and the difference of their rates, with its 95 % interval from `low` to `high`.

    Without people in either group there is no difference.
    """

    sent: Group
    held_out: Group
    difference: float | None
    low: float | None
    high: float | None

    @property
    def clear(self) -> bool:
        """Whether the message made a difference; False is "too early to tell".

        It takes an interval without 0, and at least `FEW` people in each group.
        """
        if self.low is None or self.high is None:
            return False
        enough = min(self.sent.people, self.held_out.people) >= FEW
        return enough and (self.low > 0 or self.high < 0)


def lift(sent: Group, held_out: Group) -> Lift:
    """Compare two groups, by Newcombe's hybrid score interval, which is good for small ones too.

    Newcombe, R. G. (1998): Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17, 873-890, method 10:
    https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    if sent.rate is None or held_out.rate is None:
        return Lift(sent, held_out, None, None, None)
    difference = sent.rate - held_out.rate
    sent_low, sent_high = _wilson(sent)
    held_low, held_high = _wilson(held_out)
    return Lift(
        sent,
        held_out,
        difference,
        difference - sqrt((sent.rate - sent_low) ** 2 + (held_high - held_out.rate) ** 2),
        difference + sqrt((sent_high - sent.rate) ** 2 + (held_out.rate - held_low) ** 2),
    )


def _wilson(group: Group) -> tuple[float, float]:
    """Wilson's score interval of a rate, method 3 of Newcombe's companion paper (17, 857-872)."""
    n, came = group.people, group.came
    middle = 2 * came + _Z**2
    reach = _Z * sqrt(_Z**2 + 4 * came * (1 - came / n))
    return (middle - reach) / (2 * (n + _Z**2)), (middle + reach) / (2 * (n + _Z**2))
