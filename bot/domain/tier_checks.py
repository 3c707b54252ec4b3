"""What is wrong with a programme's tiers and memberships (S18)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from babel.numbers import get_currency_precision

from bot.domain.expiry import Expiry
from bot.domain.messages import Wording
from bot.domain.problems import Path, Problem
from bot.domain.programme import Programme
from bot.domain.programme_tiers import Tier
from bot.domain.programme_values import did_you_mean

_LEVELS = ("tiers", "levels")
_CALENDAR = {"calendar_year": "end_of_year", "calendar_month": "end_of_month"}
_WORDS = {"end_of_year": "end of year", "end_of_month": "end of month"}


def check(programme: Programme) -> Iterator[Problem]:
    """Everything wrong with the tiers: how they are reached, kept, paid for and what they give."""
    if not programme.tiers.levels:
        if "tiers" in programme.model_fields_set:
            message = "there are no tiers: add a [[tiers.levels]] table for each, or remove [tiers]"
            yield Problem(("tiers",), "error", message)
        return
    yield from _codes(programme)
    yield from _ways(programme)
    yield from _rising(programme)
    yield from _amounts(programme)
    yield from _keeping(programme)
    for i, tier in enumerate(programme.tiers.levels):
        yield from _paid(i, tier)
        yield from _gift(programme, i, tier)
        yield from _gives(programme, i, tier)


def texts(programme: Programme) -> Iterator[tuple[Path, Wording]]:
    """The names of the tiers and what they offer, with their places in the file."""
    for i, tier in enumerate(programme.tiers.levels):
        yield (*_LEVELS, i, "name"), tier.name
        if tier.benefits:
            yield (*_LEVELS, i, "benefits"), tier.benefits


def _codes(programme: Programme) -> Iterator[Problem]:
    codes = [tier.code for tier in programme.tiers.levels]
    for i, code in enumerate(codes):
        if (first := codes.index(code)) < i:
            yield Problem(
                (*_LEVELS, i, "code"),
                "error",
                f'two tiers have the code "{code}": give one of them another',
                rival=(*_LEVELS, first, "code"),
            )


def _ways(programme: Programme) -> Iterator[Problem]:
    for i, tier in enumerate(programme.tiers.levels):
        if tier.threshold is None and tier.fee is None:
            message = "say what reaches this tier: a `threshold`, or a `fee` for a paid membership"
            yield Problem((*_LEVELS, i), "error", message)
        if tier.threshold is not None and tier.fee is not None:
            yield Problem(
                (*_LEVELS, i, "fee"),
                "error",
                "a tier is reached or paid for: make two of it, or remove one of these",
                rival=(*_LEVELS, i, "threshold"),
            )


def _rising(programme: Programme) -> Iterator[Problem]:
    before: tuple[int, Decimal] | None = None
    for i, tier in enumerate(programme.tiers.levels):
        if tier.threshold is None:
            continue
        if before is not None and tier.threshold <= before[1]:
            yield Problem(
                (*_LEVELS, i, "threshold"),
                "error",
                f"the tiers go from the lowest up: write more than {before[1]}, or move this tier",
                rival=(*_LEVELS, before[0], "threshold"),
            )
        before = (i, tier.threshold)


def _amounts(programme: Programme) -> Iterator[Problem]:
    by, currency = programme.tiers.by, programme.shop.currency
    smallest = Decimal(1).scaleb(-get_currency_precision(currency))
    what = {"spend": f"money: the smallest amount is {smallest} {currency}"}
    for i, tier in enumerate(programme.tiers.levels):
        unit = smallest if by == "spend" else Decimal(1)
        if tier.threshold is not None and tier.threshold % unit:
            counted = what.get(by, f"{'months' if by == 'tenure' else by}, which are whole")
            message = f"{tier.threshold} can't be reached: tiers go by {counted}"
            yield Problem((*_LEVELS, i, "threshold"), "error", message)
        if tier.fee is not None and tier.fee % smallest:
            message = f"{tier.fee} can't be paid: the smallest amount is {smallest} {currency}"
            yield Problem((*_LEVELS, i, "fee"), "error", message)


def _keeping(programme: Programme) -> Iterator[Problem]:
    tiers = programme.tiers
    yield from _without_activity(("tiers", "keeps"), tiers.keeps)
    end = _CALENDAR.get(tiers.window.kind)
    if end and tiers.by != "tenure" and tiers.keeps.kind not in (end, "never"):
        yield Problem(
            ("tiers", "keeps"),
            "warning",
            "the review would see only a part of what counts, for it begins anew with the "
            f'calendar: write "{_WORDS[end]}", or that "+ 12 months"',
            rival=("tiers", "window"),
        )
    if tiers.by == "tenure" and "window" in tiers.model_fields_set:
        message = "who has been a member for so long stays one: remove `window`"
        yield Problem(("tiers", "window"), "warning", message, rival=("tiers", "by"))


def _without_activity(path: Path, lasts: Expiry) -> Iterator[Problem]:
    if lasts.idle_months or lasts.moves:
        message = 'activity moves no tier: write such as "12 months" or "end of year"'
        yield Problem(path, "error", message)


def _paid(i: int, tier: Tier) -> Iterator[Problem]:
    if tier.fee is not None and tier.lasts is None:
        message = 'say how long what is paid `lasts`: "12 months", or "never" for without an end'
        yield Problem((*_LEVELS, i, "fee"), "error", message)
    if tier.lasts is not None:
        yield from _without_activity((*_LEVELS, i, "lasts"), tier.lasts)
    if tier.link and not tier.link.startswith(("https://", "http://")):
        message = "write the whole address of the page: https://…"
        yield Problem((*_LEVELS, i, "link"), "error", message)
    for key in ("lasts", "link"):
        if tier.fee is None and getattr(tier, key):
            message = f"nothing is paid for this tier: add a `fee`, or remove `{key}`"
            yield Problem((*_LEVELS, i, key), "error", message)


def _gift(programme: Programme, i: int, tier: Tier) -> Iterator[Problem]:
    gift, path = tier.birthday_gift, (*_LEVELS, i, "birthday_gift")
    if gift is None:
        if tier.birthday_days is not None:
            message = "there is no gift to wait for: add a `birthday_gift`, or remove this"
            yield Problem((*_LEVELS, i, "birthday_days"), "error", message)
        return
    if gift.kind == "reward" and programme.reward(gift.reward) is None:
        hint = did_you_mean(gift.reward, (reward.code for reward in programme.rewards))
        yield Problem(path, "error", f'there is no reward with the code "{gift.reward}".{hint}')
    if gift.kind != "reward" and getattr(programme.units, gift.kind) is None:
        message = f"the programme has no {gift.kind}: add a table [units.{gift.kind}]"
        yield Problem(path, "error", message)
    if not programme.joining.birthday:
        message = "nobody is asked for their birthday: write `birthday = true` in [joining]"
        yield Problem(path, "warning", message, rival=("joining", "birthday"))


def _gives(programme: Programme, i: int, tier: Tier) -> Iterator[Problem]:
    units = programme.units
    if tier.expires and not (units.points or units.credit):
        message = "points and credit can last longer by a tier, and the programme has neither"
        yield Problem((*_LEVELS, i, "expires"), "warning", message)
    named = [rule.tiers for rule in programme.earn] + [each.tiers for each in programme.rewards]
    gives = (
        tier.threshold == 0
        or tier.multiply != 1
        or tier.expires
        or tier.birthday_gift
        or tier.free_delivery
        or tier.early_access
        or tier.benefits
        or any(tier.code in codes for codes in named)
    )
    if not gives:
        message = "this tier gives nothing: say what its members have of it, in `benefits` at least"
        yield Problem((*_LEVELS, i), "warning", message)
