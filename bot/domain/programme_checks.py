"""What is wrong with a programme whose values are each right: the checks that need two of them.

An error is a programme that can't run as written; a warning is one its owner may regret.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal

from babel.numbers import get_currency_precision

from bot.domain import campaign_checks, campaign_tables
from bot.domain.messages import Wording
from bot.domain.problems import Path, Problem
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn
from bot.domain.programme_values import did_you_mean, listed

#: Sooner ends, in days, feel like a trick: three months for units, a week for an earned reward.
SHORT_UNITS, SHORT_REWARD = 90, 7
#: In visits. A first reward further away than this is given up on.
FAR_REWARD = 10
#: WCAG's least contrast for large text: https://www.w3.org/TR/WCAG22/#contrast-minimum
LEAST_CONTRAST = 3.0

#: A host nobody has: https://www.rfc-editor.org/rfc/rfc2606#section-2
_EXAMPLE = re.compile(r"\w\.example(?![\w-]|\.\w)", re.IGNORECASE)


def check(programme: Programme, languages: Collection[str]) -> tuple[Problem, ...]:
    """Everything wrong between the values of a programme, errors and warnings.

    `languages` are those the bot can speak.
    """
    return (
        *_languages(programme, languages),
        *_texts(programme, languages),
        *_examples(programme),
        *_duplicates(programme),
        *_units(programme),
        *_stamp_reward(programme),
        *_rewards(programme),
        *_rules(programme),
        *_money(programme),
        *_welcome(programme),
        *_till(programme),
        *_ends(programme),
        *_first_reward(programme),
        *_contrast(programme),
        *campaign_checks.check(programme),
    )


def _languages(programme: Programme, available: Collection[str]) -> Iterator[Problem]:
    shop = programme.shop
    path: Path = ("shop", "languages")
    if not shop.languages:
        yield Problem(path, "error", "name at least one language")
    for i, language in enumerate(shop.languages):
        if language not in available:
            known = listed(sorted(available))
            yield Problem(
                (*path, i), "error", f'the bot can\'t speak "{language}" yet: it knows {known}'
            )
        if language in shop.languages[:i]:
            yield Problem((*path, i), "error", f'"{language}" is in the list already: remove it')
    if shop.languages and shop.language not in shop.languages:
        yield Problem(
            ("shop", "language"),
            "error",
            f'the first language, "{shop.language}", is not among `languages`: add it there, '
            f"or set `language` to one of {listed(shop.languages)}",
        )


def _texts(programme: Programme, available: Collection[str]) -> Iterator[Problem]:
    if not any(text for _, text in programme.joining.terms.texts):
        yield Problem(
            ("joining", "terms"),
            "warning",
            "there are no terms: write what people agree to by joining, or the address of a page",
        )
    texts: list[tuple[Path, Wording]] = [
        (("shop", "name"), programme.shop.name),
        (("joining", "terms"), programme.joining.terms),
        *((("locations", i, "name"), place.name) for i, place in enumerate(programme.locations)),
        *((("rewards", i, "name"), reward.name) for i, reward in enumerate(programme.rewards)),
        *(
            ((*path, "name"), season.name)
            for path, season in campaign_tables.seasons(programme.campaigns)
        ),
        *campaign_tables.texts(programme.campaigns),
    ]
    spoken = programme.shop.languages
    for path, wording in texts:
        written = dict(wording.texts)
        if "" in written:  # one text for all languages
            continue
        if missing := [language for language in spoken if not written.get(language)]:
            yield Problem(path, "warning", f"there is no text for {listed(missing)}: add it")
        # A text for a language that is not offered waits for it; one for no language is a slip.
        if unread := [language for language in written if language not in (*available, *spoken)]:
            yield Problem(
                path,
                "warning",
                f"nobody can read the text for {listed(unread)}: the bot knows "
                f"{listed(sorted(available))}",
            )


def _examples(programme: Programme) -> Iterator[Problem]:
    if _EXAMPLE.search(programme.shop.contact):
        message = "still the example's: write how people reach you"
        yield Problem(("shop", "contact"), "warning", message)
    if any(_EXAMPLE.search(text) for _, text in programme.joining.terms.texts):
        message = "there is an example's address in the terms: write your own"
        yield Problem(("joining", "terms"), "warning", message)


def _duplicates(programme: Programme) -> Iterator[Problem]:
    named = {
        "locations": [place.code for place in programme.locations],
        "rewards": [reward.code for reward in programme.rewards],
    }
    for table, codes in named.items():
        for i, code in enumerate(codes):
            if (first := codes.index(code)) < i:
                yield Problem(
                    (table, i, "code"),
                    "error",
                    f'two {table} have the code "{code}": give one of them another',
                    rival=(table, first, "code"),
                )
    rules = [(rule.rule, rule.unit) for rule in programme.earn]
    for i, (trigger, unit) in enumerate(rules):
        if (first := rules.index((trigger, unit))) < i:
            yield Problem(
                ("earn", i),
                "error",
                f"two {trigger} rules say how many {unit} to give: keep one of them",
                rival=("earn", first),
            )


def _units(programme: Programme) -> Iterator[Problem]:
    units = programme.units
    if units.stamps is None and units.points is None:
        yield Problem(
            ("units",),
            "error",
            "the programme counts nothing: add a table [units.stamps] or [units.points]",
        )
    for unit in ("stamps", "points"):
        if getattr(units, unit) and not _till_rules(programme, unit):
            yield Problem(
                ("units", unit),
                "error",
                f"no visit and no purchase gives {unit}: add an [[earn]] rule that does, "
                f"or remove [units.{unit}]",
            )
    if units.points and all(reward.points is None for reward in programme.rewards):
        yield Problem(
            ("units", "points"),
            "error",
            "there is nothing to get for points: add `points = 100`, say, to a reward",
        )


def _stamp_reward(programme: Programme) -> Iterator[Problem]:
    if programme.units.stamps is None:
        return
    code = programme.units.stamps.reward
    given = programme.reward(code)
    if given is None:
        hint = did_you_mean(code, (reward.code for reward in programme.rewards))
        yield Problem(
            ("units", "stamps", "reward"),
            "error",
            f'there is no reward with the code "{code}".{hint}',
        )
    elif given.points is not None:
        yield Problem(
            ("units", "stamps", "reward"),
            "error",
            f'the reward "{code}" is for points: name one without `points` for a full card',
            rival=("rewards", programme.rewards.index(given), "points"),
        )


def _rewards(programme: Programme) -> Iterator[Problem]:
    units = programme.units
    given = {gift.reward for _, gift in campaign_tables.gifts(programme.campaigns)}
    if units.stamps:
        given.add(units.stamps.reward)
    for i, reward in enumerate(programme.rewards):
        if reward.points is None and reward.code not in given:
            yield Problem(
                ("rewards", i),
                "error",
                f'nothing gives the reward "{reward.code}": write its price in `points`, '
                "or name it as the `reward` of [units.stamps]",
            )
        if reward.points is not None and units.points is None:
            yield Problem(
                ("rewards", i, "points"),
                "error",
                "the programme has no points: add a table [units.points], or remove this",
            )


def _rules(programme: Programme) -> Iterator[Problem]:
    for i, rule in enumerate(programme.earn):
        if rule.unit and getattr(programme.units, rule.unit) is None:
            yield Problem(
                ("earn", i, "unit"),
                "error",
                f"the programme has no {rule.unit}: add a table [units.{rule.unit}], "
                "or remove this rule",
            )
        unused = {"per", "minimum", "rounding"} & rule.model_fields_set
        if rule.rule != "purchase":
            what = "joining" if rule.rule == "joining" else "a visit"
            for key in sorted(unused):
                yield Problem(
                    ("earn", i, key),
                    "error",
                    f'{what} has no amount of money: remove `{key}`, or make the rule "purchase"',
                )
        elif rule.per is None and rule.unit == "points":
            yield Problem(
                ("earn", i),
                "error",
                "say for how much money a purchase gives points: `per = 1`, for example",
            )
        elif rule.per is None and "rounding" in unused:
            yield Problem(
                ("earn", i, "rounding"), "warning", "without `per` there is nothing to round"
            )


def _money(programme: Programme) -> Iterator[Problem]:
    currency = programme.shop.currency
    smallest = Decimal(1).scaleb(-get_currency_precision(currency))
    for i, rule in enumerate(programme.earn):
        for key, amount in (("per", rule.per), ("minimum", rule.minimum)):
            if amount is not None and amount % smallest:
                yield Problem(
                    ("earn", i, key),
                    "error",
                    f"{amount} can't be paid: the smallest amount is {smallest} {currency}",
                )


def _welcome(programme: Programme) -> Iterator[Problem]:
    for i, rule in enumerate(programme.earn):
        price = _price(programme, rule.unit or "")
        if rule.rule != "joining" or price is None or rule.amount < price:
            continue
        if rule.unit == "stamps":
            yield Problem(
                ("earn", i, "amount"),
                "error",
                f"joining would give a whole card: give at most {price - 1} stamps",
            )
        else:
            yield Problem(
                ("earn", i, "amount"),
                "warning",
                f"joining alone pays for a reward: give fewer than {price} points "
                "if people should come back for it",
            )


def _till(programme: Programme) -> Iterator[Problem]:
    limits = programme.limits
    most = min(limits.member_stamps_a_day, limits.colleague_stamps_a_day)
    for i, rule in enumerate(programme.earn):
        if (rule.rule, rule.unit) == ("visit", "stamps") and rule.amount > most:
            yield Problem(
                ("earn", i, "amount"),
                "error",
                f"every visit would be refused: [limits] allow {most} stamps a day",
            )


def _ends(programme: Programme) -> Iterator[Problem]:
    for unit in ("stamps", "points"):
        table = getattr(programme.units, unit)
        if table and table.expires.least_days < SHORT_UNITS:
            yield Problem(
                ("units", unit, "expires"),
                "warning",
                f"{unit} can end within three months, before many people are back: "
                "consider a longer time",
            )
    for i, reward in enumerate(programme.rewards):
        if reward.validity.least_days < SHORT_REWARD:
            yield Problem(
                ("rewards", i, "validity"),
                "warning",
                "an earned reward can end within a week: consider a longer time",
            )


def _first_reward(programme: Programme) -> Iterator[Problem]:
    for unit, path in (("stamps", ("units", "stamps", "card")), ("points", ("units", "points"))):
        price = _price(programme, unit)
        rules = _till_rules(programme, unit)
        by_money = any(r.per or (r.rule, unit) == ("purchase", "points") for r in rules)
        if price is None or not rules or by_money:  # how much money a visit is can't be told
            continue
        welcome = sum(rule.amount for rule in programme.rules("joining", unit))
        visits = -(-(price - welcome) // max(rule.amount for rule in rules))
        if visits > FAR_REWARD:
            yield Problem(
                path,
                "warning",
                f"the first reward takes {visits} visits, and many people give up after "
                f"{FAR_REWARD}: ask for less, or give some {unit} for joining",
            )


def _contrast(programme: Programme) -> Iterator[Problem]:
    look = programme.look
    dark, light = sorted((_luminance(look.background), _luminance(look.ink)))
    if (light + 0.05) / (dark + 0.05) < LEAST_CONTRAST:
        yield Problem(
            ("look", "ink"),
            "warning",
            "the text is hard to read on this background: choose a lighter or a darker colour",
        )


def _till_rules(programme: Programme, unit: str) -> tuple[Earn, ...]:
    return programme.rules("visit", unit) + programme.rules("purchase", unit)


def _price(programme: Programme, unit: str) -> int | None:
    """How many of a unit the cheapest reward costs, if there is one."""
    if unit == "stamps":
        return programme.units.stamps.card if programme.units.stamps else None
    return min((reward.points for reward in programme.rewards if reward.points), default=None)


def _luminance(colour: str) -> float:
    """How bright a colour is, 0 to 1: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
