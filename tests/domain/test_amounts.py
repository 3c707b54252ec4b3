"""Amounts as people type them at a till."""

from decimal import Decimal

import pytest
from babel.numbers import format_currency, get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.amounts import LARGEST, BadAmount, parse_amount


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12", "CZK", 1200),
        ("12,50 Kč", "CZK", 1250),
        ("12,50kc", "CZK", 1250),
        ("12.5", "CZK", 1250),
        ("12.50", "CZK", 1250),
        ("  12,50\t", "CZK", 1250),
        ("1 234,50", "CZK", 123450),
        ("1\N{NO-BREAK SPACE}234,50 Kč", "CZK", 123450),
        ("1\N{NARROW NO-BREAK SPACE}234", "CZK", 123400),
        ("1\N{THIN SPACE}234", "CZK", 123400),
        ("1.234,50", "CZK", 123450),
        ("1,234.50", "CZK", 123450),
        ("1'234.50", "CHF", 123450),
        ("1’234.50 Fr.", "CHF", 123450),
        ("Fr. 12", "CHF", 1200),
        ("1 234", "CZK", 123400),
        ("1.234.567", "CZK", 123456700),
        ("1,234,567.8", "CZK", 123456780),
        ("1234,5", "CZK", 123450),
        ("CZK 12", "CZK", 1200),
        ("czk12", "CZK", 1200),
        ("12,-", "CZK", 1200),
        ("12,--", "CZK", 1200),
        ("12,– Kč", "CZK", 1200),
        ("12.-", "CHF", 1200),
        ("1.234,- Kč", "CZK", 123400),
        ("12 korun", "CZK", 1200),
        ("12.", "CZK", 1200),
        ("£3", "GBP", 300),
        ("GBP £3.5", "GBP", 350),
        ("12 zł", "PLN", 1200),
        ("12 ZL", "PLN", 1200),
        ("12 lei", "RON", 1200),
        ("1 leu", "RON", 100),
        ("150.00 €", "EUR", 15000),
        ("300 руб.", "RUB", 30000),
        ("300 ₽", "RUB", 30000),
        ("$4", "CAD", 400),
        ("1200", "JPY", 1200),
        ("¥1,200", "JPY", 1200),
        ("1 990,50 Ft", "HUF", 199050),
        ("1.234", "KWD", 1234),
        ("1,234.567", "KWD", 1234567),
        ("1 234", "KWD", 1234000),
        ("١٢٫٥٠", "CZK", 1250),
        ("١٬٢٣٤", "CZK", 123400),
        ("１２．５０", "CZK", 1250),
        ("10 000 000", "CZK", 1_000_000_000),
    ],
)
def test_read(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("", "CZK", "empty"),
        (" \N{NO-BREAK SPACE}\n", "CZK", "empty"),
        ("abc", "CZK", "not_a_number"),
        ("Kč", "CZK", "not_a_number"),
        ("1e9", "CZK", "not_a_number"),
        ("+3", "CZK", "not_a_number"),
        ("12 34", "CZK", "not_a_number"),
        ("1,00,000", "CZK", "not_a_number"),
        ("1 234.567,00", "CZK", "not_a_number"),
        ("12,", "CZK", "not_a_number"),
        (".50", "CZK", "not_a_number"),
        ("£.50", "GBP", "not_a_number"),
        ("£ .50", "GBP", "not_a_number"),
        ("3-", "CZK", "not_a_number"),
        ("12²", "CZK", "not_a_number"),
        ("1½", "CZK", "not_a_number"),
        ("12 sandwiches", "CZK", "not_a_number"),
        ("1" * 10_000, "CZK", "not_a_number"),
        ("1" + " 1" * 10_000, "CZK", "not_a_number"),
        ("-3", "CZK", "negative"),
        ("−3 Kč", "CZK", "negative"),
        ("Kč -3", "CZK", "negative"),
        ("- 3", "CZK", "negative"),
        ("0", "CZK", "zero"),
        ("0,00 Kč", "CZK", "zero"),
        ("10000000,01", "CZK", "too_large"),
        ("99999999999999999999", "CZK", "too_large"),
        ("10000001", "JPY", "too_large"),
        ("1,234", "CZK", "ambiguous"),
        ("20.000", "EUR", "ambiguous"),
        ("12,505", "CZK", "ambiguous"),
        ("1234,567", "CZK", "too_precise"),
        ("1 234,567", "CZK", "too_precise"),
        ("0,505", "CZK", "too_precise"),
        ("12,5051", "CZK", "too_precise"),
        ("12.5", "JPY", "too_precise"),
        ("3 €", "CZK", "other_currency"),
        ("€3", "CZK", "other_currency"),
        ("12 EUR", "CZK", "other_currency"),
        ("12 zł", "CZK", "other_currency"),
        ("12 Kč", "EUR", "other_currency"),
        ("CZK 12 €", "CZK", "other_currency"),
        ("$4", "EUR", "other_currency"),
    ],
)
def test_refused(text: str, currency: str, reason: str) -> None:
    with pytest.raises(BadAmount) as refusal:
        parse_amount(text, currency)
    assert refusal.value.reason == reason


@given(
    locale=st.sampled_from(["en_GB", "cs_CZ", "pl_PL", "ro_RO", "ru_RU"]),
    currency=st.sampled_from(
        ["CZK", "EUR", "GBP", "USD", "PLN", "RON", "RUB", "HUF", "JPY", "KWD"]
    ),
    thousandths=st.integers(1, LARGEST * 1000),
)
def test_what_babel_writes_is_read_back(locale: str, currency: str, thousandths: int) -> None:
    precision = get_currency_precision(currency)
    minor = max(1, thousandths // 10 ** (3 - precision))
    written = format_currency(Decimal(minor).scaleb(-precision), currency, locale=locale)
    assert parse_amount(written, currency) == minor


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        minor = parse_amount(text, "CZK")
    except BadAmount:
        return
    assert 0 < minor <= LARGEST * 100


@given(st.text("0123456789 .,-'’Kč€zł٣", max_size=12))
def test_anything_like_an_amount_is_read_or_refused(text: str) -> None:
    try:
        minor = parse_amount(text, "CZK")
    except BadAmount:
        return
    assert 0 < minor <= LARGEST * 100
