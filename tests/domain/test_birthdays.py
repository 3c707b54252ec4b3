"""Birthdays as people type them."""

import calendar
from datetime import date

import pytest
from babel.dates import format_date, format_skeleton
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.birthdays import BadBirthday, parse_birthday
from locales import month_words

LANGUAGES = ("en", "cs", "pl", "ro", "ru")
WORDS = month_words(LANGUAGES)


@pytest.mark.parametrize(
    ("text", "month_and_day"),
    [
        ("14 March", (3, 14)),
        ("March 14", (3, 14)),
        ("march 14th", (3, 14)),
        ("the 14th of March", (3, 14)),
        ("March 14, 1990", (3, 14)),
        ("14 Mar", (3, 14)),
        ("14mar", (3, 14)),
        ("14.3.", (3, 14)),
        ("14. 3.", (3, 14)),
        ("14.3", (3, 14)),
        ("14/3", (3, 14)),
        ("3/14", (3, 14)),
        ("03-14", (3, 14)),
        ("14.3.1990", (3, 14)),
        ("14. 3. 1990", (3, 14)),
        ("14/03/90", (3, 14)),
        ("3/14/1990", (3, 14)),
        ("1990-03-14", (3, 14)),
        ("1990-03-04", (3, 4)),
        ("4/3", (3, 4)),
        ("03-04", (4, 3)),
        ("12/12", (12, 12)),
        ("14. března", (3, 14)),
        ("14 brez", (3, 14)),
        ("14. BŘEZNA 1990", (3, 14)),
        ("1. června", (6, 1)),
        ("1. červen", (6, 1)),
        ("1 července", (7, 1)),
        ("14 marca 1990 r.", (3, 14)),
        ("14 martie", (3, 14)),
        ("14 марта 1990 г.", (3, 14)),
        ("9 мая", (5, 9)),
        ("9 май", (5, 9)),
        ("29 February", (2, 29)),
        ("29.2.", (2, 29)),
        ("29.2.1990", (2, 29)),
        ("31.12.", (12, 31)),
        (" 14 March! ", (3, 14)),
        ("١٤/٣", (3, 14)),
        ("１４．３．", (3, 14)),
    ],
)
def test_read(text: str, month_and_day: tuple[int, int]) -> None:
    assert parse_birthday(text, WORDS) == month_and_day


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_a_date"),
        ("   ", "not_a_date"),
        ("45", "not_a_date"),
        ("14", "not_a_date"),
        ("March", "not_a_date"),
        ("tomorrow", "not_a_date"),
        ("14 Smarch", "not_a_date"),
        ("14 ma", "not_a_date"),
        ("1 čer", "not_a_date"),
        ("14 March April", "not_a_date"),
        ("14 March March", "not_a_date"),
        ("14 15 March", "not_a_date"),
        ("14 March 1990 1991", "not_a_date"),
        ("14 March 123", "not_a_date"),
        ("14.3/1990", "not_a_date"),
        ("14 March" + " " * 40 + "1990", "not_a_date"),
        ("31 February", "no_such_day"),
        ("30.2.", "no_such_day"),
        ("31/4", "no_such_day"),
        ("31/13", "no_such_day"),
        ("0/3", "no_such_day"),
        ("3/0", "no_such_day"),
        ("32 March", "no_such_day"),
        ("1990-14-03", "no_such_day"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(BadBirthday) as refusal:
        parse_birthday(text, WORDS)
    assert refusal.value.reason == reason


@given(
    st.dates().filter(lambda day: day.year >= 1000),
    st.sampled_from(["en_GB", "cs_CZ", "pl_PL", "ro_RO", "ru_RU"]),
)
def test_what_babel_writes_is_read_back(day: date, locale: str) -> None:
    for written in (
        format_date(day, "long", locale),
        format_date(day, "medium", locale),
        format_date(day, "d.M.yyyy", locale),
        format_skeleton("MMMMd", day, locale=locale),
    ):
        assert parse_birthday(written, WORDS) == (day.month, day.day)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        month, day = parse_birthday(text, WORDS)
    except BadBirthday:
        return
    assert 1 <= day <= calendar.monthrange(2000, month)[1]
