"""What is wrong with a programme's rewards: contradictions, and names of nothing (S20)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal

from babel.numbers import get_currency_precision

from bot.domain import campaign_tables
from bot.domain.problems import Path, Problem
from bot.domain.programme import Programme
from bot.domain.programme_earning import Reward
from bot.domain.programme_values import did_you_mean
from bot.domain.rewards import PRICED, free

#: The keys that only some kinds of reward have.
_OF_KINDS = {
    "percent": ("percent",),
    "amount": ("amount", "delivery", "donation"),
    "cause": ("donation",),
    "payout": ("credit",),
    "minimum": PRICED,
}
#: The keys without which a kind says nothing, with an example.
_NEEDED = {
    "percent": ("percent", "`percent = 10`"),
    "amount": ("amount", "`amount = 5`"),
    "donation": ("amount", "`amount = 5`"),
    "early_access": ("details", "`details`, what is read then"),
}
#: What can't be set aside for somebody else.
_NO_PRESENTS = ("experience", "early_access", "donation", "credit")


def check(programme: Programme, today: date | None = None) -> Iterator[Problem]:
    """Everything wrong with [[rewards]]; `today` is the shop's day."""
    yield from _stamp_reward(programme)
    given = _given(programme)
    for i, reward in enumerate(programme.rewards):
        path: Path = ("rewards", i)
        yield from _price(path, reward, programme, given)
        yield from _keys(path, reward)
        yield from _choose(path, reward)
        yield from _money(path, reward, programme)
        yield from _names(path, reward, programme)
        yield from _dates(path, reward, today)
        yield from _friend(path, reward)
        yield from _validity(path, reward)
    if programme.units.credit and not any(r.kind == "credit" for r in programme.rewards):
        yield Problem(
            ("units", "credit"),
            "error",
            'credit can\'t be spent: add a reward with `kind = "credit"`',
        )


def _given(programme: Programme) -> set[str]:
    """The codes of the rewards that something gives."""
    given = {gift.reward for _, gift in campaign_tables.gifts(programme.campaigns)}
    given |= {rule.reward for rule in programme.earn if rule.reward}
    gifts = (tier.birthday_gift for tier in programme.tiers.levels)
    given |= {gift.reward for gift in gifts if gift}
    if programme.units.stamps:
        given.add(programme.units.stamps.reward)
    return given


def _stamp_reward(programme: Programme) -> Iterator[Problem]:
    if programme.units.stamps is None:
        return
    code = programme.units.stamps.reward
    path: Path = ("units", "stamps", "reward")
    given = programme.reward(code)
    if given is None:
        yield _unknown(path, "reward", code, (reward.code for reward in programme.rewards))
        return
    place: Path = ("rewards", programme.rewards.index(given))
    if given.points is not None:
        yield Problem(
            path,
            "error",
            f'the reward "{code}" is for points: name one without `points` for a full card',
            rival=(*place, "points"),
        )
    elif given.kind == "credit":
        yield Problem(
            path,
            "error",
            f'the reward "{code}" is paid with credit: name another for a full card',
            rival=(*place, "kind"),
        )


def _price(
    path: Path, reward: Reward, programme: Programme, given: Collection[str]
) -> Iterator[Problem]:
    """Something gives it, and only one thing pays for it."""
    if reward.kind == "credit":
        if reward.points is not None:
            yield Problem(
                (*path, "points"),
                "error",
                "this is paid with credit: remove `points`, or choose another `kind`",
                rival=(*path, "kind"),
            )
        if programme.units.credit is None:
            yield Problem(
                (*path, "kind"),
                "error",
                "the programme has no credit: add a table [units.credit], or remove this reward",
            )
        return
    if reward.points is None and reward.code not in given and not _with_a_tier(reward, programme):
        yield Problem(
            path,
            "error",
            f'nothing gives the reward "{reward.code}": write its price in `points`, '
            "or name it as the `reward` of [units.stamps]",
        )
    if reward.points is not None and programme.units.points is None:
        yield Problem(
            (*path, "points"),
            "error",
            "the programme has no points: add a table [units.points], or remove this",
        )


def _with_a_tier(reward: Reward, programme: Programme) -> bool:
    early = any(tier.early_access for tier in programme.tiers.levels)
    return free(reward) and (early or bool(reward.tiers))


def _keys(path: Path, reward: Reward) -> Iterator[Problem]:
    """What its kind needs, and what another kind would need."""
    if found := _NEEDED.get(reward.kind):
        key, example = found
        if getattr(reward, key) is None:
            yield Problem(path, "error", f'a reward of the kind "{reward.kind}" needs {example}')
    if reward.kind == "donation" and reward.cause is None:
        yield Problem(
            path, "error", "say what is given to: a `cause`, with the code of one in [[causes]]"
        )
    for key, kinds in _OF_KINDS.items():
        if key in reward.model_fields_set and reward.kind not in kinds:
            yield Problem(
                (*path, key),
                "error",
                f'a reward of the kind "{reward.kind}" has no `{key}`: remove it, or write '
                f'`kind = "{kinds[0]}"`',
                rival=(*path, "kind") if "kind" in reward.model_fields_set else None,
            )


def _choose(path: Path, reward: Reward) -> Iterator[Problem]:
    if not reward.choose:
        return
    for key in ("points", "amount"):
        if getattr(reward, key) is None:
            yield Problem(
                (*path, "choose"),
                "error",
                f"to choose how many, it needs both `points` and `amount`: add `{key}`",
            )
    if reward.per_member:
        yield Problem(
            (*path, "per_member"),
            "warning",
            "one voucher counts once here, however much is chosen",
            rival=(*path, "choose"),
        )


def _money(path: Path, reward: Reward, programme: Programme) -> Iterator[Problem]:
    currency = programme.shop.currency
    smallest = Decimal(1).scaleb(-get_currency_precision(currency))
    for key in ("amount", "minimum"):
        amount = getattr(reward, key)
        if amount is not None and amount % smallest:
            yield Problem(
                (*path, key),
                "error",
                f"{amount} can't be paid: the smallest amount is {smallest} {currency}",
            )


def _names(path: Path, reward: Reward, programme: Programme) -> Iterator[Problem]:
    known = {
        "tiers": ("tier", [tier.code for tier in programme.tiers.levels]),
        "locations": ("location", [place.code for place in programme.locations]),
    }
    for key, (what, codes) in known.items():
        for n, code in enumerate(getattr(reward, key)):
            if code not in codes:
                yield _unknown((*path, key, n), what, code, codes)
    causes = [cause.code for cause in programme.causes]
    if reward.cause is not None and reward.cause not in causes:
        yield _unknown((*path, "cause"), "cause", reward.cause, causes)


def _unknown(path: Path, what: str, code: str, known: Iterator[str] | Collection[str]) -> Problem:
    hint = did_you_mean(code, known)
    return Problem(path, "error", f'there is no {what} with the code "{code}".{hint}')


def _dates(path: Path, reward: Reward, today: date | None) -> Iterator[Problem]:
    if reward.begins and reward.ends and reward.ends < reward.begins:
        yield Problem(
            (*path, "ends"),
            "error",
            "it would end before it begins: change one of the days",
            rival=(*path, "begins"),
        )
    elif reward.ends and today and reward.ends < today:
        yield Problem(
            (*path, "ends"),
            "warning",
            "this reward is over, and nobody sees it any more: change the day, or remove it",
        )


def _friend(path: Path, reward: Reward) -> Iterator[Problem]:
    if reward.friend and reward.kind in _NO_PRESENTS:
        yield Problem(
            (*path, "friend"),
            "error",
            f'a reward of the kind "{reward.kind}" can\'t be given to a friend: remove this',
            rival=(*path, "kind"),
        )
    if reward.friend and reward.choose:
        yield Problem(
            (*path, "friend"),
            "error",
            "a friend gets one reward, so nothing can be chosen: remove one of the two",
            rival=(*path, "choose"),
        )


def _validity(path: Path, reward: Reward) -> Iterator[Problem]:
    if reward.validity.idle_months or reward.validity.moves:
        yield Problem(
            (*path, "validity"),
            "error",
            'an earned reward can\'t end by activity: write how long it lasts, such as "90 days"',
        )
