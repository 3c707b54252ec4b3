"""What is said: places, plurals, and values as natives write them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.domain.messages import Day, Moment, Money, Value, Wording, phrase
from locales import Catalogues, MissingPhrase
from tests.locales.catalogues import write

STAMPS: dict[str, list[str]] = {
    "en": ["{n} stamp", "{n} stamps"],
    "cs": ["{n} razítko", "{n} razítka", "{n} razítek"],
    "pl": ["{n} pieczątka", "{n} pieczątki", "{n} pieczątek"],
    "ro": ["{n} ștampilă", "{n} ștampile", "{n} de ștampile"],
    "ru": ["{n} штамп", "{n} штампа", "{n} штампов"],
}


@pytest.fixture
def catalogues(tmp_path: Path) -> Catalogues:
    for language, forms in STAMPS.items():
        write(tmp_path, language, {"stamps": forms, "language.name": language})
    write(
        tmp_path,
        "en",
        {
            "stamps": STAMPS["en"],
            "hello": "Hello {name}, {stamps}. {{ok}}",
            "gone": ["One went", "{n} went"],
        },
    )
    return Catalogues.load(tmp_path)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "0 stamps|1 stamp|2 stamps|5 stamps|21 stamps|22 stamps|101 stamps"),
        ("cs", "0 razítek|1 razítko|2 razítka|5 razítek|21 razítek|22 razítek|101 razítek"),
        (
            "pl",
            "0 pieczątek|1 pieczątka|2 pieczątki|5 pieczątek|21 pieczątek|22 pieczątki"
            "|101 pieczątek",
        ),
        (
            "ro",
            "0 ștampile|1 ștampilă|2 ștampile|5 ștampile|21 de ștampile|22 de ștampile"
            "|101 ștampile",
        ),
        ("ru", "0 штампов|1 штамп|2 штампа|5 штампов|21 штамп|22 штампа|101 штамп"),
    ],
)
def test_plurals_follow_cldr(catalogues: Catalogues, language: str, said: str) -> None:
    numbers = [0, 1, 2, 5, 21, 22, 101]
    assert [catalogues.render(phrase("stamps", n=n), language) for n in numbers] == said.split("|")


def test_a_debt_has_the_form_of_its_size(catalogues: Catalogues) -> None:
    assert catalogues.render(phrase("stamps", n=-1), "cs") == "-1 razítko"


def test_a_form_may_leave_its_number_out(catalogues: Catalogues) -> None:
    assert catalogues.render(phrase("gone", n=1), "en") == "One went"


def test_phrases_nest_and_peoples_own_words_stay(catalogues: Catalogues) -> None:
    said = phrase("hello", name="{n} Anna", stamps=phrase("stamps", n=3))
    assert catalogues.render(said, "en") == "Hello {n} Anna, 3 stamps. {ok}"


def test_a_sentence_missing_in_a_language_is_said_in_english(catalogues: Catalogues) -> None:
    # The sentence is English, with English plurals; the values inside stay in the language.
    assert catalogues.render(phrase("gone", n=3), "cs") == "3 went"
    said = phrase("hello", name="Jan", stamps=phrase("stamps", n=3))
    assert catalogues.render(said, "cs") == "Hello Jan, 3 razítka. {ok}"
    assert catalogues.render(phrase("gone", n=3), "xx") == "3 went"


@pytest.mark.parametrize(
    "value", [phrase("nowhere"), phrase("hello", name="A"), phrase("stamps"), phrase("gone", n="2")]
)
def test_what_cannot_be_said_fails_loudly(catalogues: Catalogues, value: Value) -> None:
    with pytest.raises(MissingPhrase):
        catalogues.render(value, "en")


def test_a_shops_wording_is_said_in_the_language_or_its_first(catalogues: Catalogues) -> None:
    coffee = Wording.of({"cs": "Káva", "en": "Coffee"})
    assert [catalogues.render(coffee, code) for code in ("cs", "en", "pl")] == [
        "Káva",
        "Coffee",
        "Káva",
    ]
    assert catalogues.label(Wording.of("Espresso"), "cs") == "Espresso"


NOON_UTC = datetime(2026, 6, 30, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "en", "cs"),
    [
        (Money(123450, "CZK"), "CZK 1,234.50", "1 234,50 Kč"),
        (Money(10000, "CZK"), "CZK 100", "100 Kč"),
        (Money(123450, "GBP"), "£1,234.50", "1 234,50 £"),
        (Money(300, "GBP"), "£3", "3 £"),
        (Money(-350, "GBP"), "-£3.50", "-3,50 £"),
        (Money(1250, "EUR"), "€12.50", "12,50 €"),
        (Money(5, "CZK"), "CZK 0.05", "0,05 Kč"),
        (Money(1200, "JPY"), "JP¥1,200", "1 200 JP¥"),
        (9999, "9999", "9999"),
        (12345, "12,345", "12 345"),
        (-12345, "-12,345", "-12 345"),
        (Day(date(2026, 6, 30)), "30 June 2026", "30. června 2026"),
        (Day(date(2000, 3, 14), yearly=True), "14 March", "14. března"),
        (Moment(NOON_UTC, "Europe/Prague"), "30 June 2026, 14:05", "30. června 2026 14:05"),
        (Moment(NOON_UTC, "Europe/Prague", "time"), "14:05", "14:05"),
        (Moment(NOON_UTC, "Pacific/Auckland", "day"), "1 July 2026", "1. července 2026"),
        ("  Anna ", "  Anna ", "  Anna "),
    ],
)
def test_values_read_as_natives_write_them(
    catalogues: Catalogues, value: Value, en: str, cs: str
) -> None:
    def said(language: str) -> str:
        return catalogues.render(value, language).replace("\N{NO-BREAK SPACE}", " ")

    assert (said("en"), said("cs")) == (en, cs)


def test_romanians_read_lei(catalogues: Catalogues) -> None:
    assert catalogues.render(Money(123450, "RON"), "ro") == "1.234,50\N{NO-BREAK SPACE}lei"


def test_numbers_keep_together_with_their_sign(catalogues: Catalogues) -> None:
    assert " " not in catalogues.render(Money(123450, "CZK"), "cs")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("cs-CZ", "cs"),
        ("en_us", "en"),
        ("EN", "en"),
        ("sk", "cs"),
        ("sk-SK", "cs"),
        ("", "en"),
        ("ru", "en"),
        ("de", "en"),
        ("pl-PL", "pl"),
    ],
)
def test_the_language_nearest_to_the_apps(catalogues: Catalogues, tag: str, language: str) -> None:
    assert catalogues.language_for(tag, ["cs", "en", "pl"], "en") == language


def test_english_comes_first(catalogues: Catalogues) -> None:
    assert catalogues.languages == ("en", "cs", "pl", "ro", "ru")


@pytest.mark.parametrize("text", ["{a.b}", "{a[0]}", "{a!r}", "{a:>9}", "{}", "{0}", "{a", "a}"])
def test_only_plain_names_may_stand_in_braces(tmp_path: Path, text: str) -> None:
    write(tmp_path, "en", {"bad.one": text})
    with pytest.raises(ValueError, match=r"^en\.po: bad\.one: "):
        Catalogues.load(tmp_path)


def test_values_come_in_the_order_of_the_english_sentence(tmp_path: Path) -> None:
    """Those numbers the places of a sentence that was approved, however others turn it."""
    write(tmp_path, "en", {"template.card": "{shop}: {n} of {total}, {n} for {name} now."})
    write(tmp_path, "cs", {"template.card": "Pro {name} z {total} už {n}, {shop}."})
    said = phrase("template.card", total=1000, n=3, name="Anna", shop=Wording.of("Lípa"))
    assert Catalogues.load(tmp_path).values(said, "cs") == ("Lípa", "3", "1000", "Anna")
