"""What is said now, later and never, against a plain model that tries every quarter of an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.campaign_rules import DEFAULT_CAPS, Caps, QuietHours
from bot.domain.caps import DAYS
from bot.domain.deciding import Candidate, Circumstances, Verdict, decide
from bot.domain.occasions import Occasion, Said
from bot.domain.programme_values import Windows

PRAGUE = ZoneInfo("Europe/Prague")
#: A Monday noon in Prague.
NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NEVER_QUIET = QuietHours(start=time(0), end=time(0))
ANYTHING = Circumstances(caps=Caps(), quiet=NEVER_QUIET, zone=PRAGUE, channel="telegram")


def candidate(number: int = 1, campaign: str = "winback", **changes: Any) -> Candidate:
    """A candidate that is due and good for three days."""
    whole = {
        "occurrence": "1", "due_at": NOW - HOUR, "ends_at": NOW + 3 * DAY, "reason": None,
        "group": campaign, "rank": 1, "gives": False, **changes,
    }  # fmt: skip
    of_candidate = {key: whole.pop(key) for key in ("group", "rank", "gives")}
    return Candidate(Occasion(number, 1, campaign, **whole), **of_candidate)


def said(ago: timedelta, campaign: str = "statement", channel: str = "telegram") -> Said:
    return Said(NOW - ago, campaign, campaign, channel)


def verdict(
    one: Candidate, circumstances: Circumstances, *before: Said, now: datetime = NOW
) -> tuple[str, datetime | None, str]:
    """Outcome, moment and reason of the only candidate."""
    [only] = decide([one], before, circumstances, now)
    assert only.occasion == one.occasion
    return only.outcome, only.at, only.reason


# Which of several


def test_s26_the_best_ranked_goes_and_those_behind_it_wait_for_their_turn() -> None:
    low, high = candidate(1, rank=2), candidate(2, "expiry", rank=1)
    assert decide([low, high], [], ANYTHING, NOW) == [Verdict(high.occasion, "send")]


def test_s26_of_one_rank_the_earlier_deadline_goes_then_the_lower_number() -> None:
    last = candidate(1, ends_at=NOW + 2 * DAY)
    first, second = candidate(2, ends_at=NOW + DAY), candidate(3, ends_at=NOW + DAY)
    assert decide([last, second, first], [], ANYTHING, NOW)[0].occasion == first.occasion
    assert decide([last, second], [], ANYTHING, NOW)[0].occasion == second.occasion


def test_s26_one_that_has_to_wait_lets_the_next_go() -> None:
    capped, free = candidate(1, rank=1), candidate(2, "expiry", rank=2)
    caps = Caps(campaigns={"winback": {"day": 1}})
    verdicts = decide([free, capped], [said(HOUR, "winback")], replace(ANYTHING, caps=caps), NOW)
    assert verdicts == [
        Verdict(capped.occasion, "defer", NOW + 23 * HOUR, "cap campaign winback day"),
        Verdict(free.occasion, "send"),
    ]


def test_what_is_not_due_yet_is_not_judged() -> None:
    assert decide([candidate(due_at=NOW + timedelta(microseconds=1))], [], ANYTHING, NOW) == []
    assert decide([candidate(due_at=NOW)], [], ANYTHING, NOW)[0].outcome == "send"


# Deadlines


def test_s26_past_its_deadline_it_is_dropped_with_why_it_waited() -> None:
    assert verdict(candidate(ends_at=NOW), ANYTHING) == ("drop", None, "too late")
    waited = candidate(ends_at=NOW, reason="cap member day")
    assert verdict(waited, ANYTHING) == ("drop", None, "too late: cap member day")
    assert verdict(candidate(ends_at=NOW + MINUTE), ANYTHING)[0] == "send"


def test_s26_it_waits_no_longer_than_its_deadline() -> None:
    paused = replace(ANYTHING, paused_until=NOW + 30 * DAY)
    assert verdict(candidate(ends_at=NOW + DAY), paused) == ("defer", NOW + DAY, "paused")


# Reasons


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        (Caps(member={"day": 1}), "cap member day"),
        (Caps(channels={"sms": {"month": 1}}), "cap channel sms month"),
        (Caps(groups={"occasions": {"year": 1}}), "cap group occasions year"),
        (Caps(campaigns={"birthday": {"week": 1}}), "cap campaign birthday week"),
    ],
)
def test_s23_each_cap_counts_its_own(caps: Caps, reason: str) -> None:
    birthday = candidate(campaign="birthday", group="occasions", ends_at=NOW + 400 * DAY)
    circumstances = replace(ANYTHING, caps=caps, channel="sms")
    before = Said(NOW - HOUR, "birthday", "occasions", "sms")
    until = NOW - HOUR + timedelta(days=DAYS[reason.rpartition(" ")[2]])  # type: ignore[index]
    assert verdict(birthday, circumstances, before) == ("defer", until, reason)
    other = Said(NOW - HOUR, "winback", "winback", "telegram")
    counted = reason == "cap member day"
    assert verdict(birthday, circumstances, other)[0] == ("defer" if counted else "send")


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        (Caps(member={"day": 5, "month": 0}), "cap member month"),
        (Caps(channels={"telegram": {"day": 0}}), "cap channel telegram day"),
        (Caps(groups={"winback": {"year": 0}}), "cap group winback year"),
        (Caps(campaigns={"winback": {"quarter": 0}}), "cap campaign winback quarter"),
    ],
)
def test_s23_a_cap_of_0_is_never_and_not_later(caps: Caps, reason: str) -> None:
    assert verdict(candidate(), replace(ANYTHING, caps=caps)) == ("drop", None, reason)


def test_s23_an_empty_table_is_no_cap() -> None:
    busy = [said(HOUR, "winback")] * 100
    assert verdict(candidate(), replace(ANYTHING, caps=Caps()), *busy)[0] == "send"
    assert verdict(candidate(), replace(ANYTHING, caps=DEFAULT_CAPS), *busy)[0] == "defer"


def test_the_reason_is_what_lets_go_last() -> None:
    circumstances = replace(
        ANYTHING, caps=Caps(member={"day": 1}), paused_until=NOW + 2 * DAY, budget_until=NOW + DAY
    )
    assert verdict(candidate(), circumstances, said(HOUR)) == ("defer", NOW + 2 * DAY, "paused")


def test_who_asked_for_fewer_gets_two_a_month() -> None:
    fewer = replace(ANYTHING, pace="fewer")
    long = candidate(ends_at=NOW + 90 * DAY)
    assert verdict(long, fewer, said(DAY))[0] == "send"
    assert verdict(long, fewer, said(9 * DAY), said(DAY)) == ("defer", NOW + 21 * DAY, "fewer")


def test_who_asked_for_gifts_alone_gets_no_other_message() -> None:
    gifts = replace(ANYTHING, pace="gifts")
    assert verdict(candidate(), gifts) == ("drop", None, "only gifts")
    assert verdict(candidate(gives=True), gifts)[0] == "send"


def test_s26_nothing_paid_for_is_said_before_the_budget_allows_it() -> None:
    spent = replace(ANYTHING, budget_until=NOW + DAY)
    assert verdict(candidate(), spent) == ("defer", NOW + DAY, "budget")
    assert verdict(candidate(), replace(ANYTHING, budget_until=NOW))[0] == "send"


def test_a_halted_campaign_or_broadcast_is_looked_at_again_in_an_hour() -> None:
    halted = replace(ANYTHING, halted=frozenset({"winback", "broadcast:7"}))
    later = ("defer", NOW + HOUR, "halted")
    assert verdict(candidate(), halted) == later
    assert verdict(candidate(campaign="broadcast", occurrence="7"), halted) == later
    assert verdict(candidate(campaign="broadcast", occurrence="8"), halted)[0] == "send"
    assert verdict(candidate(campaign="expiry"), halted)[0] == "send"


# Quiet hours


def test_s28_what_comes_due_in_quiet_hours_waits_for_their_end() -> None:
    awake = replace(ANYTHING, quiet=QuietHours())
    night = NOW + 8 * HOUR  # eight in the evening
    morning = NOW + 21 * HOUR  # nine
    assert verdict(candidate(), awake, now=night) == ("defer", morning, "quiet hours")
    assert verdict(candidate(), awake, now=morning)[0] == "send"
    assert verdict(candidate(), awake, now=night - timedelta(microseconds=1))[0] == "send"


def test_s26_a_cap_that_lets_go_at_night_waits_for_the_morning_too() -> None:
    capped = replace(ANYTHING, quiet=QuietHours(), caps=Caps(member={"day": 1}))
    late = said(HOUR * 15)  # at eight in the evening
    assert verdict(candidate(), capped, late) == ("defer", NOW + 21 * HOUR, "cap member day")


def test_s28_what_waited_is_spread_after_the_end_by_the_members_own_draw() -> None:
    quiet = QuietHours(spread_minutes=60)
    night = NOW + 10 * HOUR
    for draw, minutes in ((0.0, 0), (0.5, 30), (0.75, 45)):
        circumstances = replace(ANYTHING, quiet=quiet, draw=draw)
        at = NOW + 21 * HOUR + minutes * MINUTE
        assert verdict(candidate(), circumstances, now=night) == ("defer", at, "quiet hours")


def test_s28_the_spread_makes_nothing_late() -> None:
    circumstances = replace(ANYTHING, quiet=QuietHours(spread_minutes=60), draw=0.5)
    short = candidate(ends_at=NOW + 21 * HOUR + 10 * MINUTE)
    at = NOW + 21 * HOUR + 5 * MINUTE
    assert verdict(short, circumstances, now=NOW + 10 * HOUR) == ("defer", at, "quiet hours")


def test_s28_the_spread_wakes_nobody() -> None:
    """Quiet but for an hour, and a spread of two."""
    quiet = QuietHours(start=time(10), end=time(9), spread_minutes=120)
    circumstances = replace(ANYTHING, quiet=quiet, draw=0.9)
    assert verdict(candidate(), circumstances) == ("defer", NOW + 21 * HOUR, "quiet hours")


# Against the model

QUARTER = 15 * MINUTE
#: Quarters of an hour from now, back and ahead.
AGO = st.integers(0, 40 * 96).map(lambda quarters: quarters * QUARTER)
AHEAD = st.integers(-8, 3 * 96).map(lambda quarters: NOW + quarters * QUARTER)
LIMITS: st.SearchStrategy[Windows] = st.dictionaries(
    st.sampled_from(list(DAYS)), st.integers(0, 3), max_size=2
)
CAMPAIGNS = {"winback": "winback", "birthday": "occasions", "anniversary": "occasions"}
NAMES = st.sampled_from(list(CAMPAIGNS))
CAPS = st.builds(
    Caps,
    member=LIMITS,
    channels=st.dictionaries(st.sampled_from(["sms", "telegram"]), LIMITS, max_size=1),
    groups=st.dictionaries(st.sampled_from(["winback", "occasions"]), LIMITS, max_size=1),
    campaigns=st.dictionaries(NAMES, LIMITS, max_size=1),
)
CLOCK = st.integers(0, 47).map(lambda half: time(half // 2, half % 2 * 30))
ZONES = st.sampled_from(
    ["Europe/Prague", "America/New_York", "Australia/Lord_Howe", "America/Santiago",
     "Asia/Kathmandu", "Pacific/Auckland"]
).map(ZoneInfo)  # fmt: skip
CIRCUMSTANCES = st.builds(
    Circumstances,
    caps=CAPS,
    quiet=st.builds(QuietHours, start=CLOCK, end=CLOCK),
    zone=ZONES,
    channel=st.sampled_from(["sms", "telegram"]),
    pace=st.sampled_from(["all", "fewer", "gifts"]),
    paused_until=st.none() | AHEAD,
    budget_until=st.none() | AHEAD,
    halted=st.frozensets(NAMES, max_size=1),
    draw=st.floats(0, 1, exclude_max=True),
)
SAID = st.builds(
    lambda ago, name, channel: Said(NOW - ago, name, CAMPAIGNS[name], channel),
    AGO, NAMES, st.sampled_from(["sms", "telegram"]),
)  # fmt: skip
CANDIDATES = st.lists(
    st.builds(
        lambda name, rank, gives, due_at, ends_at: candidate(
            1, name, group=CAMPAIGNS[name], rank=rank, gives=gives, due_at=due_at, ends_at=ends_at
        ),
        NAMES, st.integers(1, 3), st.booleans(), st.sampled_from([NOW - HOUR, NOW, NOW + HOUR]),
        AHEAD,
    ),
    max_size=5,
).map(
    lambda found: [
        replace(each, occasion=replace(each.occasion, id=number))
        for number, each in enumerate(found, 1)
    ]
)  # fmt: skip


def windows_over(one: Candidate, before: list[Said], given: Circumstances) -> list[Any]:
    """Every cap on a candidate, with the times that count in it."""
    caps = given.caps
    campaign = one.occasion.campaign
    return [
        (caps.member, [each.at for each in before]),
        ({"month": 2} if given.pace == "fewer" else {}, [each.at for each in before]),
        (caps.channels.get(given.channel, {}),
         [each.at for each in before if each.channel == given.channel]),
        (caps.groups.get(one.group, {}), [each.at for each in before if each.group == one.group]),
        (caps.campaigns.get(campaign, {}),
         [each.at for each in before if each.campaign == campaign]),
    ]  # fmt: skip


def allowed(one: Candidate, before: list[Said], given: Circumstances, at: datetime) -> bool:
    """Whether everything allows a message at one moment, looked at one after the other."""
    for windows, times in windows_over(one, before, given):
        for window, count in windows.items():
            if sum(at - timedelta(days=DAYS[window]) < each for each in times) >= count:
                return False
    wall, quiet = at.astimezone(given.zone).time(), given.quiet
    if quiet.start < quiet.end and quiet.start <= wall < quiet.end:
        return False
    if quiet.start > quiet.end and not quiet.end <= wall < quiet.start:
        return False
    waits = [given.paused_until or NOW, given.budget_until or NOW]
    if one.occasion.campaign in given.halted:
        waits.append(NOW + HOUR)
    return at >= max(waits)


def modelled(one: Candidate, before: list[Said], given: Circumstances) -> tuple[str, Any]:
    """Outcome and moment of a due candidate, by trying every quarter of an hour."""
    if one.occasion.ends_at <= NOW or (given.pace == "gifts" and not one.gives):
        return "drop", None
    if any(0 in windows.values() for windows, _ in windows_over(one, before, given)):
        return "drop", None
    at = NOW
    while at < one.occasion.ends_at:
        if allowed(one, before, given, at):
            return ("send", None) if at == NOW else ("defer", at)
        at += QUARTER
    return "defer", one.occasion.ends_at


@settings(deadline=None)
@given(CANDIDATES, st.lists(SAID, max_size=6), CIRCUMSTANCES)
def test_s24_s26_s28_what_is_decided_is_what_trying_every_moment_finds(
    candidates: list[Candidate], before: list[Said], given: Circumstances
) -> None:
    due = [each for each in candidates if each.occasion.due_at <= NOW]
    due.sort(key=lambda each: (each.rank, each.occasion.ends_at, each.occasion.id))
    expected = []
    for each in due:
        expected.append((each.occasion, *modelled(each, before, given)))
        if expected[-1][1] == "send":
            break
    decided = decide(candidates, before, given, NOW)
    assert [(each.occasion, each.outcome, each.at) for each in decided] == expected
    assert [bool(each.reason) for each in decided] == [each.outcome != "send" for each in decided]


@given(st.lists(SAID, max_size=6), CIRCUMSTANCES)
def test_s26_what_was_put_off_goes_at_its_moment_if_nothing_else_was_said(
    before: list[Said], given: Circumstances
) -> None:
    given = replace(given, halted=frozenset())
    one = candidate(campaign="birthday", group="occasions", gives=True, ends_at=NOW + 400 * DAY)
    outcome, at, _ = verdict(one, given, *before)
    if outcome == "defer":
        assert at is not None
        assert verdict(one, given, *before, now=at) == ("send", None, "")
