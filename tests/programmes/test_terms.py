"""What a ready-made programme's terms promise is what its numbers give, in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from bot.domain.expiry import Expiry
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn
from bot.programmes import preset, presets, read
from tests.domain.programme_text import EVERY_LANGUAGE

#: Small numbers as words, by how they begin.
WORDS = {
    "en": {1: "one ", 2: "two ", 3: "three", 10: "ten"},
    "cs": {1: "jed", 2: "dva", 3: "tři", 10: "deset|desetin"},
    "pl": {1: "jed", 2: "dwa", 3: "trzy", 10: "dziesią|dziesię"},
    "ro": {1: "un |o ", 2: "două", 3: "trei", 10: "zece|zecime"},
    "ru": {1: "один", 2: "два|две", 3: "три", 10: "десят"},
}
#: Said of calendars, not of the programme.
OF_THE_CALENDAR = {Decimal(31)}


def programme(name: str) -> Programme:
    found, _ = read(preset(name), EVERY_LANGUAGE)
    assert found is not None
    return found


def promised(of: Programme) -> Iterator[Decimal]:
    """The numbers a member has to read of before joining."""
    tiers, units = of.tiers, of.units
    lasting = [units.stamps, units.points, units.credit]
    yield from (n for unit in lasting if unit for n in lengths(unit.expires))
    yield from (n for reward in of.rewards for n in lengths(reward.validity))
    if units.stamps:
        yield Decimal(units.stamps.card)
    for rule in of.earn:
        yield from given(rule)
    for tier in tiers.levels:
        yield from (n for n in (tier.threshold, tier.fee) if n)
        yield from lengths(tier.lasts or Expiry())
        if tier.multiply > 1:
            yield from (rate * tier.multiply for rule in of.earn for rate in rates(rule))
        if tier.birthday_days and tier.birthday_days > 1:
            yield Decimal(tier.birthday_days)
    if any(tier.threshold for tier in tiers.levels):
        yield from lengths(tiers.keeps)
    yield from (Decimal(n) for n in (tiers.grace_days, of.earning.pending_days) if n)
    yield from (reward.minimum for reward in of.rewards if reward.kind == "credit")


def lengths(expires: Expiry) -> list[Decimal]:
    """How long something lasts; the end of a year is said in words."""
    own = expires.number if expires.kind in ("days", "weeks", "months") else 0
    return [Decimal(n) for n in (own, expires.idle_months) if n]


def given(rule: Earn) -> list[Decimal]:
    """What a rule gives, and for what."""
    if rule.multiply:
        return []
    return [n for n in (rule.percent or rule.amount, rule.per) if n and n != 1]


def rates(rule: Earn) -> list[Decimal]:
    """What of a rule a tier multiplies."""
    return [rule.percent or rule.amount] if rule.rule == "purchase" and not rule.multiply else []


def numbers(terms: str, language: str) -> set[Decimal]:
    """Every number a text holds in digits."""
    thousands = {"en": ",", "ro": r"\."}.get(language, "[  ]")
    terms = re.sub(rf"(?<=\d){thousands}(?=\d{{3}}\b)", "", terms)
    if language != "en":
        terms = re.sub(r"(?<=\d),(?=\d)", ".", terms)
    return {Decimal(n) for n in re.findall(r"\d+(?:\.\d+)?", terms)}


@pytest.mark.parametrize("language", EVERY_LANGUAGE)
@pytest.mark.parametrize("name", presets())
def test_what_the_programme_gives_is_in_its_terms(name: str, language: str) -> None:
    of = programme(name)
    terms = of.joining.terms.in_language(language)
    said = numbers(terms, language) | {
        Decimal(n)
        for n, word in WORDS[language].items()
        if re.search(rf"(?<!\w)(?:{word})", terms, re.IGNORECASE)
    }
    assert {n.normalize() for n in promised(of)} - {n.normalize() for n in said} == set()


@pytest.mark.parametrize("language", EVERY_LANGUAGE)
@pytest.mark.parametrize("name", presets())
def test_the_terms_name_no_number_the_programme_does_not_have(name: str, language: str) -> None:
    of, text = programme(name), preset(name)
    keys = re.sub(r'"""\n.*?"""', "", re.sub("#.*", "", text), flags=re.DOTALL)
    there = {Decimal(n) for n in re.findall(r"\d+(?:\.\d+)?", keys)} | set(promised(of))
    said = numbers(of.joining.terms.in_language(language), language)
    assert said - there - OF_THE_CALENDAR == set()


@pytest.mark.parametrize("name", presets())
def test_the_terms_say_the_same_numbers_in_every_language(name: str) -> None:
    terms = programme(name).joining.terms
    said = {language: numbers(terms.in_language(language), language) for language in EVERY_LANGUAGE}
    assert len({frozenset(found) for found in said.values()}) == 1, said
