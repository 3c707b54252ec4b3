"""What a text costs over SMS, and how its letters are made plain."""

from __future__ import annotations

import pytest

from bot.channels.segments import count, plain

DIGITS = "1234567890" * 40

#: The published vectors of Twilio's own calculator: a text, its encoding, units and segments.
#: https://github.com/TwilioDevEd/message-segment-calculator
VECTORS = [
    (DIGITS[:160], "GSM-7", 160, 1),
    (DIGITS[:161], "GSM-7", 161, 2),
    (DIGITS[:307], "GSM-7", 307, 3),
    ("😜" + DIGITS[1:69], "UCS-2", 70, 1),
    ("😜" + DIGITS[1:70], "UCS-2", 71, 2),
    ("😜" + DIGITS[1:134], "UCS-2", 135, 3),
    ("🇮🇹" + DIGITS[1:67], "UCS-2", 70, 1),
    ("🇮🇹" + DIGITS[1:68], "UCS-2", 71, 2),
    ("🏳️🌈" + DIGITS[1:66], "UCS-2", 70, 1),
    ("🏳️🌈" + DIGITS[1:67], "UCS-2", 71, 2),
    ("😀" + "]" * 68, "UCS-2", 70, 1),
    ("😀" + "]" * 69, "UCS-2", 71, 2),
    ("e\u0301\u0301\u0301" + "a" * 66, "UCS-2", 70, 1),
    ("e\u0301\u0301\u0301" + "a" * 67, "UCS-2", 71, 2),
    *((sign + DIGITS[:158], "GSM-7", 160, 1) for sign in "|^€{}[]~\\"),
    *((sign + DIGITS[:159], "GSM-7", 161, 2) for sign in "|^€{}[]~\\"),
    *((letter * 70, "UCS-2", 70, 1) for letter in "ÁÚúçíÍóÓ"),
    *((letter * 71, "UCS-2", 71, 2) for letter in "ÁÚúçíÍóÓ"),
]


@pytest.mark.parametrize(("text", "encoding", "units", "segments"), VECTORS)
def test_s35_segments_are_counted_as_twilio_publishes_them(
    text: str, encoding: str, units: int, segments: int
) -> None:
    counted = count(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


def test_a_pair_is_never_split_between_two_segments() -> None:
    assert count("a" * 152 + "€" + "a" * 151).segments == 2
    assert count("a" * 152 + "€" + "a" * 152).segments == 3
    assert count("č" * 66 + "🙂" + "č" * 65).segments == 2
    assert count("č" * 66 + "🙂" + "č" * 66).segments == 3


def test_an_empty_text_is_one_segment() -> None:
    assert count("").segments == 1


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("cs", "Žluťoučký kůň", "Zlutoucky kun"),
        ("pl", "Zażółć gęślą jaźń", "Zazolc gesla jazn"),
        ("ro", "Ștampilă, în țara", "Stampila, in tara"),
        ("en", "Žižkov Café", "Zizkov Cafe"),
        ("cs", "„Káva“ – 1 234,50 Kč…", '"Kava" - 1 234,50 Kc...'),
        ("en", "You’re in", "You're in"),
        ("en", "●●○ +1 × −2 · ok", "**- +1 x -2 - ok"),
        ("en", "Ten! 🎉 Coffee ☕️\nis yours", "Ten! Coffee\nis yours"),
        ("en", "£5 €5 ½ ² ﬁ", "£5 €5 1/2 2 fi"),
        ("cs", "Strauß, Ærø", "Strauss, AEro"),
        ("en", "5\u202f000\u2009₽", "5 000 RUB"),
    ],
)
def test_s35_texts_are_made_plain(language: str, text: str, said: str) -> None:
    assert plain(text, language) == said
    assert count(said).encoding == "GSM-7"


def test_cyrillic_letters_stay() -> None:
    assert plain("Мария · Káva", "cs") == "Мария - Kava"
    assert plain("У вас 3 штампа…", "ru") == "У вас 3 штампа…"


def test_a_russian_text_without_russian_letters_is_as_cheap_as_any() -> None:
    assert plain("●●○ – Káva", "ru") == "**- - Kava"


def test_accents_written_apart_are_accents() -> None:
    assert plain("koc\u030cka\u0301", "cs") == "kocka"
