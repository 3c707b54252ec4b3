"""What is said to a member now, what later and why, what never (S24, S26–S28)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.domain.campaign_rules import Caps, QuietHours
from bot.domain.caps import FEWER, free_at
from bot.domain.occasions import Occasion, Said
from bot.domain.programme_values import Windows
from bot.domain.quiet import quiet_until

#: How long until a halted campaign is looked at again.
_HALTED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An occasion with what its campaign says of it; the lowest `rank` goes first."""

    occasion: Occasion
    group: str
    rank: int
    gives: bool

    @property
    def order(self) -> tuple[int, datetime, int]:
        """What goes first is the lowest: by rank, then the earliest deadline (S26)."""
        return self.rank, self.occasion.ends_at, self.occasion.id


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for a member at this moment.

    Nothing paid for is said before `budget_until`. `halted` has campaigns ("winback") and single
    occurrences ("broadcast:7"). `draw` is the member's place, from 0 up to 1, in the spread.
    """

    caps: Caps
    quiet: QuietHours
    zone: ZoneInfo
    channel: str
    pace: Literal["all", "fewer", "gifts"] = "all"
    paused_until: datetime | None = None
    budget_until: datetime | None = None
    halted: frozenset[str] = frozenset()
    draw: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an occasion: `at` is when it is looked at again, if it is put off."""

    occasion: Occasion
    outcome: Literal["send", "defer", "drop"]
    at: datetime | None = None
    reason: str = ""


def decide(
    candidates: Sequence[Candidate],
    said: Sequence[Said],
    circumstances: Circumstances,
    now: datetime,
) -> list[Verdict]:
    """Verdicts on what is due, the best first, up to the one that goes now, if any may.

    What is behind that one waits for its own turn, when this message counts.
    """
    due = [candidate for candidate in candidates if candidate.occasion.due_at <= now]
    due.sort(key=lambda each: each.order)
    verdicts = []
    for candidate in due:
        verdicts.append(_verdict(candidate, said, circumstances, now))
        if verdicts[-1].outcome == "send":
            break
    return verdicts


def _verdict(
    candidate: Candidate, said: Sequence[Said], circumstances: Circumstances, now: datetime
) -> Verdict:
    occasion = candidate.occasion
    if occasion.ends_at <= now:
        reason = f"too late: {occasion.reason}" if occasion.reason else "too late"
        return Verdict(occasion, "drop", reason=reason)
    if circumstances.pace == "gifts" and not candidate.gives:
        return Verdict(occasion, "drop", reason="only gifts")
    at, why = now, ""
    for reason, moment in _waits(candidate, said, circumstances, now):
        if moment is None:
            return Verdict(occasion, "drop", reason=reason)
        if moment > at:
            at, why = moment, reason
    # All of these, once free, stay free: what is left is to be awake.
    if quiet_end := quiet_until(at, circumstances.quiet, circumstances.zone):
        at = _released(quiet_end, occasion.ends_at, circumstances)
        why = why or "quiet hours"
    if at <= now:
        return Verdict(occasion, "send")
    return Verdict(occasion, "defer", min(at, occasion.ends_at), why)


def _waits(
    candidate: Candidate, said: Sequence[Said], circumstances: Circumstances, now: datetime
) -> Iterator[tuple[str, datetime | None]]:
    """Each reason to wait with the moment it is over: `now` or before is none, None is never."""
    occasion = candidate.occasion
    for name, windows, times in _caps(candidate, said, circumstances):
        for window, count in windows.items():
            yield f"cap {name} {window}", free_at(times, {window: count}, now)
    if circumstances.pace == "fewer":
        yield "fewer", free_at([each.at for each in said], FEWER, now)
    if circumstances.halted & {occasion.campaign, occasion.key}:
        yield "halted", now + _HALTED
    yield "paused", circumstances.paused_until or now
    yield "budget", circumstances.budget_until or now


def _caps(
    candidate: Candidate, said: Sequence[Said], circumstances: Circumstances
) -> Iterator[tuple[str, Windows, list[datetime]]]:
    """Each cap that concerns a candidate: its name, its windows, and what counts in them."""
    caps, channel = circumstances.caps, circumstances.channel
    campaign, group = candidate.occasion.campaign, candidate.group
    yield "member", caps.member, [each.at for each in said]
    yield (
        f"channel {channel}",
        caps.channels.get(channel, {}),
        [each.at for each in said if each.channel == channel],
    )
    yield (
        f"group {group}",
        caps.groups.get(group, {}),
        [each.at for each in said if each.group == group],
    )
    yield (
        f"campaign {campaign}",
        caps.campaigns.get(campaign, {}),
        [each.at for each in said if each.campaign == campaign],
    )


def _released(quiet_end: datetime, ends_at: datetime, circumstances: Circumstances) -> datetime:
    """The member's own moment after quiet hours, still awake and before the deadline."""
    spread = min(timedelta(minutes=circumstances.quiet.spread_minutes), ends_at - quiet_end)
    moment = quiet_end + max(spread, timedelta()) * circumstances.draw
    awake = quiet_until(moment, circumstances.quiet, circumstances.zone) is None
    return moment if awake else quiet_end
