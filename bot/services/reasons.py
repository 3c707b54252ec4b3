"""Why somebody was not written to, or not yet, in words for the shop's people (S34)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bot.domain.messages import Phrase, phrase

#: How reasons begin, and what they come to; whatever else is the provider's.
_KINDS: Mapping[str, str] = {
    "too late": "too_late",
    "cap": "cap",
    "fewer": "fewer",
    "only gifts": "only_gifts",
    "paused": "paused",
    "no consent": "no_consent",
    "blocked": "blocked",
    "no channel": "no_channel",
    "channel off": "no_channel",
    "stopped": "stopped",
    "erased": "gone",
    "said before": "said_before",
    "switched off": "stopped",
    "no longer true": "stopped",
    "programme ends": "stopped",
    "budget": "budget",
    "halted": "halted",
    "quiet hours": "quiet",
    "held_out": "held_out",
}


def kind(reason: str) -> str:
    """What a reason comes to for somebody who runs a shop; what waited too long, why it waited."""
    reason = reason.removeprefix("too late: ")
    return next((named for begin, named in _KINDS.items() if reason.startswith(begin)), "failed")


def lines(reasons: Mapping[str, int]) -> tuple[Phrase, ...]:
    """How many people for which reason, the most first."""
    counts: Counter[str] = Counter()
    for reason, people in reasons.items():
        counts[kind(reason)] += people
    return tuple(phrase(f"why.{name}", count=people) for name, people in counts.most_common())
