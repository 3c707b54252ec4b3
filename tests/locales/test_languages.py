"""What each language really says: its plurals, days and money as natives write them."""

from datetime import UTC, date, datetime

import pytest

from bot.domain.messages import Day, Moment, Money, Value, phrase
from locales import Catalogues

LANGUAGES = ("en", "cs", "pl", "ro", "ru")
DAY = Day(date(2026, 6, 30))
NOON_UTC = datetime(2026, 6, 30, 12, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalogues() -> Catalogues:
    return Catalogues.load()


def said(catalogues: Catalogues, value: Value, language: str) -> str:
    text = catalogues.render(value, language)
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("language", "stamps", "points"),
    [
        (
            "en",
            "+0 stamps, +1 stamp, +2 stamps, +21 stamps",
            "+1 point, +2 points, +21 points",
        ),
        (
            "cs",
            "+0 razítek, +1 razítko, +2 razítka, +4 razítka, +5 razítek, +21 razítek, +22 razítek, "
            "+101 razítek",
            "+1 bod, +2 body, +5 bodů, +22 bodů",
        ),
        (
            "pl",
            "+0 pieczątek, +1 pieczątka, +2 pieczątki, +5 pieczątek, +12 pieczątek, "
            "+21 pieczątek, +22 pieczątki, +24 pieczątki, +25 pieczątek, +101 pieczątek, "
            "+112 pieczątek, +122 pieczątki",
            "+1 punkt, +2 punkty, +5 punktów, +21 punktów, +22 punkty, +101 punktów",
        ),
        (
            "ro",
            "+0 ștampile, +1 ștampilă, +2 ștampile, +19 ștampile, +20 de ștampile, "
            "+22 de ștampile, +100 de ștampile, +101 ștampile, +119 ștampile, +120 de ștampile",
            "+1 punct, +2 puncte, +19 puncte, +20 de puncte, +101 puncte, +1000 de puncte",
        ),
        (
            "ru",
            "+0 штампов, +1 штамп, +2 штампа, +5 штампов, +11 штампов, +14 штампов, +21 штамп, "
            "+22 штампа, +25 штампов, +101 штамп, +111 штампов",
            "+1 балл, +2 балла, +5 баллов, +21 балл, +22 балла, +101 балл",
        ),
    ],
)
def test_plurals_follow_cldr_in_what_is_said(
    catalogues: Catalogues, language: str, stamps: str, points: str
) -> None:
    for unit, listed in (("stamps", stamps), ("points", points)):
        for one in listed.split(", "):
            n = int(one.split()[0])
            assert said(catalogues, phrase(f"amount.plus.{unit}", n=n), language) == one


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (
            DAY,
            "30 June 2026|30. června 2026|30 czerwca 2026 r.|30 iunie 2026|30 июня 2026 г.",
        ),
        (
            Day(date(2000, 6, 30), yearly=True),
            "30 June|30. června|30 czerwca|30 iunie|30 июня",
        ),
        (
            Moment(NOON_UTC, "Europe/Prague"),
            "30 June 2026, 14:05|30. června 2026 14:05|30 czerwca 2026 r., 14:05"
            "|30 iunie 2026, 14:05|30 июня 2026 г., 14:05",
        ),
        (Moment(NOON_UTC, "Europe/Prague", "time"), "14:05|14:05|14:05|14:05|14:05"),
        (9999, "9999|9999|9999|9999|9999"),
        (12345, "12,345|12 345|12 345|12.345|12 345"),
    ],
)
def test_days_times_and_numbers(catalogues: Catalogues, value: Value, texts: str) -> None:
    assert [said(catalogues, value, language) for language in LANGUAGES] == texts.split("|")


def test_days_over_sms_are_short_where_they_may_be(catalogues: Catalogues) -> None:
    yearly, both = Day(DAY.on, yearly=True), Moment(NOON_UTC, "Europe/Prague")
    voices = [catalogues.voice(language, short=True) for language in LANGUAGES]
    assert [said(catalogues, DAY, voice) for voice in voices] == [
        "30 Jun 2026",
        "30.6.2026",
        "30.06.2026",
        "30.06.2026",
        "30.06.2026",
    ]
    assert said(catalogues, both, voices[1]) == "30.6.2026 14:05"
    assert said(catalogues, yearly, voices[1]) == "30. června"


@pytest.mark.parametrize(
    ("language", "currency", "small", "whole", "large"),
    [
        ("en", "GBP", "£1,234.50", "£3", "£12,345.50"),
        ("cs", "CZK", "1 234,50 Kč", "3 Kč", "12 345,50 Kč"),
        ("pl", "PLN", "1234,50 zł", "3 zł", "12 345,50 zł"),
        ("ro", "RON", "1.234,50 lei", "3 lei", "12.345,50 lei"),
        ("ru", "RUB", "1 234,50 ₽", "3 ₽", "12 345,50 ₽"),
    ],
)
def test_money_in_the_countrys_own_currency(
    catalogues: Catalogues, language: str, currency: str, small: str, whole: str, large: str
) -> None:
    amounts = [Money(minor, currency) for minor in (123450, 300, 1234550)]
    assert [said(catalogues, money, language) for money in amounts] == [small, whole, large]


@pytest.mark.parametrize(
    ("language", "end"), [("pl", " 30 czerwca 2026 r."), ("ru", " 30 июня 2026 г.")]
)
def test_a_date_that_ends_in_a_full_stop_ends_its_sentence(
    catalogues: Catalogues, language: str, end: str
) -> None:
    assert said(catalogues, phrase("birthday.once_a_year", at=DAY), language).endswith(end)


def test_a_name_that_ends_in_a_full_stop_ends_its_sentence(catalogues: Catalogues) -> None:
    assert said(catalogues, phrase("join.done_name", name="Anna K."), "en") == "You're in, Anna K."


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_friendly_address_differs_where_the_language_has_two(
    catalogues: Catalogues, language: str
) -> None:
    voices = (language, catalogues.voice(language, friendly=True))
    said = {catalogues.render(phrase("join.name"), voice) for voice in voices}
    assert len(said) == (1 if language == "en" else 2)
