"""What is wrong with a programme whose values are each right: the checks that need two of them.

An error is a programme that can't run as written; a warning is one its owner may regret.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date

from bot.domain import (
    campaign_checks,
    campaign_tables,
    earning_checks,
    ending,
    friend_checks,
    reward_checks,
    tier_checks,
    trade_checks,
)
from bot.domain.earning import rules_for
from bot.domain.messages import Wording
from bot.domain.problems import Path, Problem
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn
from bot.domain.programme_values import listed

#: WCAG's least contrast for large text: https://www.w3.org/TR/WCAG22/#contrast-minimum
LEAST_CONTRAST = 3.0

#: A host nobody has: https://www.rfc-editor.org/rfc/rfc2606#section-2
_EXAMPLE = re.compile(r"\w\.example(?![\w-]|\.\w)", re.IGNORECASE)


def check(
    programme: Programme, languages: Collection[str], today: date | None = None
) -> tuple[Problem, ...]:
    """Everything wrong between the values of a programme, errors and warnings.

    `languages` are those the bot can speak; what is over can be said where `today` is known.
    """
    return (
        *_languages(programme, languages),
        *_texts(programme, languages),
        *_examples(programme),
        *_duplicates(programme),
        *_units(programme),
        *reward_checks.check(programme, today),
        *earning_checks.check(programme, today),
        *tier_checks.check(programme),
        *_welcome(programme),
        *_till(programme),
        *trade_checks.check(programme),
        *_contrast(programme),
        *campaign_checks.check(programme),
        *friend_checks.check(programme),
        *ending.check(programme, today),
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
        *((("products", i, "name"), thing.name) for i, thing in enumerate(programme.products)),
        *((("causes", i, "name"), cause.name) for i, cause in enumerate(programme.causes)),
        *((("earn", i, "name"), rule.name) for i, rule in enumerate(programme.earn) if rule.name),
        *(
            ((*path, "name"), season.name)
            for path, season in campaign_tables.seasons(programme.campaigns)
        ),
        *campaign_tables.texts(programme.campaigns),
        *tier_checks.texts(programme),
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
        "products": [product.code for product in programme.products],
        "causes": [cause.code for cause in programme.causes],
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


def _units(programme: Programme) -> Iterator[Problem]:
    units = programme.units
    if not (units.stamps or units.points or units.credit) and not any(
        rule.reward or rule.cause for rule in programme.earn
    ):
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
    if units.credit and not any(rule.unit == "credit" for rule in programme.earn):
        yield Problem(
            ("units", "credit"),
            "error",
            "nothing gives credit: add an [[earn]] rule that does, or remove [units.credit]",
        )
    if units.points and all(reward.points is None for reward in programme.rewards):
        yield Problem(
            ("units", "points"),
            "error",
            "there is nothing to get for points: add `points = 100`, say, to a reward",
        )


def _welcome(programme: Programme) -> Iterator[Problem]:
    for i, rule in enumerate(programme.earn):
        price = _price(programme, rule.target)
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
    """The rules that give a unit at the till of themselves."""
    rules = rules_for(programme, "visit") + rules_for(programme, "purchase")
    return tuple(rule for rule in rules if rule.target == unit and rule.multiply is None)


def _price(programme: Programme, unit: str) -> int | None:
    """How many of a unit the cheapest reward costs, if there is one."""
    if unit == "stamps":
        return programme.units.stamps.card if programme.units.stamps else None
    if unit != "points":
        return None
    return min((reward.points for reward in programme.rewards if reward.points), default=None)


def _luminance(colour: str) -> float:
    """How bright a colour is, 0 to 1: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
