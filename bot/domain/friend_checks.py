"""What must fit together where members invite friends, rate, review and follow (S13, S16)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.problems import Problem
from bot.domain.programme import Programme


def check(programme: Programme) -> Iterator[Problem]:
    """Everything wrong between these tables and the rules that need them."""
    yield from _referrals(programme)
    yield from _asked(programme)
    yield from _endless(programme)


def _referrals(programme: Programme) -> Iterator[Problem]:
    invites = programme.has("referral") or programme.has("referred")
    if "referrals" in programme.model_fields_set and not invites:
        yield Problem(
            ("referrals",),
            "error",
            'there is no rule "referral" or "referred", so inviting friends brings nothing: add an '
            "[[earn]] with one of them, or remove this table",
        )
    buys = programme.has("purchase") or programme.has("product")
    if invites and programme.referrals.minimum and not buys:
        yield Problem(
            ("referrals", "minimum"),
            "error",
            "no rule counts purchases, so no friend ever reaches this: remove it, or add an "
            '[[earn]] with rule = "purchase"',
        )
    if invites and not buys and not programme.has("visit"):
        at = next(i for i, e in enumerate(programme.earn) if e.rule in ("referral", "referred"))
        yield Problem(
            ("earn", at),
            "error",
            "a friend's first purchase or visit brings this, but nothing counts either: add a rule "
            '"purchase" or "visit"',
        )


def _asked(programme: Programme) -> Iterator[Problem]:
    """A rule for something that the programme never asks."""
    for i, rule in enumerate(programme.earn):
        if rule.rule == "survey" and programme.survey is None:
            message = "there is no [survey] to answer: add it with a question, or remove this rule"
            yield Problem(("earn", i), "error", message)
        if rule.rule == "follow" and programme.follow is None:
            message = (
                "there is nowhere to follow the shop: add [follow] with a name and a link, or "
                "remove this rule"
            )
            yield Problem(("earn", i), "error", message)
        if rule.rule == "profile" and not programme.joining.birthday:
            message = (
                "joining does not ask for the birthday this needs, so few will tell it: set "
                "`birthday = true` in [joining]"
            )
            yield Problem(("earn", i), "warning", message, ("joining",))
    if programme.follow and not programme.follow.link.startswith(("https://", "http://")):
        message = "write the whole address, beginning with https://"
        yield Problem(("follow", "link"), "error", message)


def _endless(programme: Programme) -> Iterator[Problem]:
    for i, rule in enumerate(programme.earn):
        limited = rule.per_member or rule.per_day or rule.total
        if rule.rule == "review" and not limited:
            message = (
                "it gives for each review, however many somebody writes: `per_member` or "
                "`per_day` limits that"
            )
            yield Problem(("earn", i), "warning", message)
