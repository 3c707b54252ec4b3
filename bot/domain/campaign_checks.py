"""What is wrong with a programme's unasked messages: the checks that need two values.

An error is what can't be said as written; a warning is what its owner may regret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

from bot.domain import campaign_texts
from bot.domain.campaign_rules import (
    CHANNELS,
    GROUPS,
    PRIORITY,
    CampaignRules,
    Ending,
    Giving,
    Milestone,
    QuietHours,
    Season,
    Winback,
)
from bot.domain.campaign_tables import every_campaign, gifts, seasons
from bot.domain.caps import free_at
from bot.domain.problems import Path, Problem
from bot.domain.programme import Paid, Programme
from bot.domain.programme_values import Gift, did_you_mean, listed
from bot.domain.segments import BadSegment, parse

#: In days. A gift that ends sooner may be gone before anybody had the time to come.
SHORT_GIFT = 7
#: How long a win-back that may not be said yet waits before it is dropped (S26).
WINBACK_WAITS = timedelta(days=7)
#: Quiet hours that have the one and not the other were meant to be the hours of the day.
NOON, MIDNIGHT = time(12), time(0)


def check(programme: Programme) -> Iterator[Problem]:
    """Everything wrong between the values of [caps], [quiet_hours], [campaigns] and prices."""
    yield from _caps(programme)
    yield from _quiet_hours(programme)
    yield from _budgets(programme)
    yield from _names(("campaigns", "priority"), programme.campaigns.priority, PRIORITY)
    yield from _twice(programme)
    yield from _ladder(programme)
    yield from _birthday(programme)
    for path, rules in every_campaign(programme.campaigns):
        yield from _written_and_off(path, rules)
        yield from _without_a_reason(path, rules)
        yield from _asleep(path, rules, programme.quiet_hours)
        yield from _gift_ends(path, rules)
        yield from _ungiven(path, rules)
    for path, season in seasons(programme.campaigns):
        yield from _season(path, season, programme)
    for path, gift in gifts(programme.campaigns):
        yield from _gift(path, gift, programme)
    yield from campaign_texts.check(programme)


def _caps(programme: Programme) -> Iterator[Problem]:
    caps = programme.caps
    yield from _names(("caps", "channels"), caps.channels, CHANNELS)
    yield from _names(("caps", "groups"), caps.groups, GROUPS)
    yield from _names(("caps", "campaigns"), caps.campaigns, PRIORITY)
    # One in a week is one a day as well.
    a_day = min(caps.member.values(), default=None)
    if a_day is None:
        yield Problem(
            ("caps", "member"),
            "warning",
            "nothing limits how many messages one person gets: write `member = { day = 1, week = 2,"
            " month = 6 }`, say",
        )
    elif a_day == 0:
        yield Problem(
            ("caps", "member"),
            "warning",
            "a 0 lets nothing through: nobody is written to, whatever is on",
        )
    elif a_day > 1:
        yield Problem(
            ("caps", "member"),
            "warning",
            f"one person can get {a_day} messages in a day, and many people leave over that: "
            "write `day = 1`",
        )


def _names(
    path: Path, written: Mapping[str, object] | tuple[str, ...], known: tuple[str, ...]
) -> Iterator[Problem]:
    """Names that are not known, and those of a list that stand in it twice."""
    names = tuple(written)
    for i, name in enumerate(names):
        place = (*path, name if isinstance(written, Mapping) else i)
        if name not in known:
            hint = did_you_mean(name, known) or f" There are {listed(known)}."
            yield Problem(place, "error", f'there is no "{name}" here.{hint}')
        elif name in names[:i]:
            yield Problem(place, "error", f'"{name}" is in the list already: remove it')


def _quiet_hours(programme: Programme) -> Iterator[Problem]:
    quiet = programme.quiet_hours
    if quiet.start == quiet.end:
        yield Problem(
            ("quiet_hours",),
            "warning",
            "with the same start and end, messages may come in the middle of the night",
        )
    elif _is_quiet(NOON, quiet) and not _is_quiet(MIDNIGHT, quiet):
        yield Problem(
            ("quiet_hours",),
            "warning",
            "these are the hours of the day: messages would go out at night; did you mean "
            f'start = "{quiet.end:%H:%M}" and end = "{quiet.start:%H:%M}"?',
        )
    elif quiet.spread_minutes > (awake := _minutes(quiet.end, quiet.start)):
        yield Problem(
            ("quiet_hours", "spread_minutes"),
            "warning",
            f"only {awake} minutes of a day are not quiet: spread over fewer",
        )


def _minutes(start: time, end: time) -> int:
    """From one time of day to the next, across midnight too."""
    return ((end.hour - start.hour) * 60 + end.minute - start.minute) % 1440


def _is_quiet(at: time, quiet: QuietHours) -> bool:
    return _minutes(quiet.start, at) < _minutes(quiet.start, quiet.end)


def _budgets(programme: Programme) -> Iterator[Problem]:
    paid: dict[str, Paid] = {"sms": programme.sms, "whatsapp": programme.whatsapp}
    for name, channel in paid.items():
        if channel.budget is not None and channel.price is None:
            what = "a segment" if name == "sms" else "a message"
            yield Problem(
                (name, "budget"),
                "error",
                f"a budget can't be kept without a price: write what {what} costs, such as "
                '`price = "0.05"`',
            )


def _twice(programme: Programme) -> Iterator[Problem]:
    codes = [season.code for season in programme.campaigns.seasons]
    for i, code in enumerate(codes):
        if (first := codes.index(code)) < i:
            yield Problem(
                ("campaigns", "seasons", i, "code"),
                "error",
                f'two seasons have the code "{code}", and nobody is written to twice for one '
                "code: give one of them another",
                rival=("campaigns", "seasons", first, "code"),
            )


def _ladder(programme: Programme) -> Iterator[Problem]:
    """Messages of a win-back ladder that its caps let nobody get."""
    winback, caps = programme.campaigns.winback, programme.caps
    if not winback.on or 0 in caps.member.values():
        return
    limits = [caps.groups.get("winback", {}), caps.campaigns.get("winback", {}), caps.member]
    left = datetime(2026, 1, 1, tzinfo=UTC)
    said: list[datetime] = []
    for i, days in sorted(enumerate(winback.days), key=lambda rung: rung[1]):
        due = left + timedelta(days=days)
        free = [free_at(said, windows, due) for windows in limits]
        if all(moment is not None and moment < due + WINBACK_WAITS for moment in free):
            said.append(max(moment for moment in free if moment is not None))
            continue
        yield Problem(
            ("campaigns", "winback", "days", i),
            "warning",
            f"nobody gets the message after {days} days: the caps allow fewer win-backs than that. "
            "Leave it out, or give `winback` more under [caps.groups]",
        )


def _birthday(programme: Programme) -> Iterator[Problem]:
    campaigns = programme.campaigns
    written = "birthday" in campaigns.model_fields_set
    if written and campaigns.birthday.on and not programme.joining.birthday:
        yield Problem(
            ("campaigns", "birthday"),
            "warning",
            "joining does not ask for birthdays: write `birthday = true` in [joining], or few "
            "people will have one",
        )


def _written_and_off(path: Path, rules: CampaignRules) -> Iterator[Problem]:
    if rules.model_fields_set and "on" not in rules.model_fields_set and not rules.on:
        yield Problem(
            path, "warning", "this is off: write `on = true` in it, or remove it if it should be"
        )


def _without_a_reason(path: Path, rules: CampaignRules) -> Iterator[Problem]:
    """What is on, and has nothing to be said on."""
    if not rules.on:
        return
    if isinstance(rules, Ending | Winback) and not rules.days:
        number = type(rules)().days[0]
        yield Problem(
            (*path, "days"),
            "warning",
            f"without a number nobody is written to: write `days = [{number}]`, say, "
            "or `on = false`",
        )
    if isinstance(rules, Milestone) and not (rules.visits or rules.years or rules.amounts):
        yield Problem(
            path,
            "warning",
            "there is nothing to celebrate: write `visits = [10, 50]`, say, or `on = false`",
        )


def _asleep(path: Path, rules: CampaignRules, quiet: QuietHours) -> Iterator[Problem]:
    if "at" in rules.model_fields_set and _is_quiet(rules.at, quiet):
        yield Problem(
            (*path, "at"),
            "warning",
            f"{rules.at:%H:%M} is in the quiet hours: it will go out at {quiet.end:%H:%M}",
        )


def _gift_ends(path: Path, rules: CampaignRules) -> Iterator[Problem]:
    if isinstance(rules, Giving) and rules.gift_ends.least_days < SHORT_GIFT:
        yield Problem(
            (*path, "gift_ends"),
            "warning",
            "the gift can end within a week, before many people have time to come: consider a "
            "longer time",
        )


def _ungiven(path: Path, rules: CampaignRules) -> Iterator[Problem]:
    for code, variant in rules.variants.items():
        if variant.gift is not None and not isinstance(rules, Giving):
            yield Problem(
                (*path, "variants", code, "gift"),
                "error",
                "this campaign gives nothing: remove the gift, or put it into another",
            )


def _season(path: Path, season: Season, programme: Programme) -> Iterator[Problem]:
    if season.ends < season.begins:
        yield Problem(
            (*path, "ends"),
            "error",
            f"this is before it begins: write a day from {season.begins} on",
            rival=(*path, "begins"),
        )
    variants = season.variants.values()
    worded = season.text or (variants and all(variant.text for variant in variants))
    if not worded and not season.gives:
        yield Problem(
            path,
            "warning",
            "people only read its name and its last day: write in a `text` what they get",
        )
    try:
        parse(season.segment, programme)
    except BadSegment as error:
        yield Problem((*path, "segment"), "error", str(error))


def _gift(path: Path, gift: Gift, programme: Programme) -> Iterator[Problem]:
    if gift.kind != "reward":
        if getattr(programme.units, gift.kind) is None:
            yield Problem(
                path,
                "error",
                f"the programme has no {gift.kind}: add a table [units.{gift.kind}], or give "
                "something else",
            )
        return
    reward = programme.reward(gift.reward)
    if reward is None:
        hint = did_you_mean(gift.reward, (each.code for each in programme.rewards))
        yield Problem(path, "error", f'there is no reward with the code "{gift.reward}".{hint}')
    elif reward.points is not None:
        yield Problem(
            path,
            "error",
            f'the reward "{gift.reward}" is for points: give its price, {{ points = '
            f"{reward.points} }}, or a reward without `points`",
            rival=("rewards", programme.rewards.index(reward), "points"),
        )
