"""What people type is understood, the same way every time, and never acted on wrongly."""

from __future__ import annotations

import pytest

from locales import Understanding
from locales.measure import measure
from locales.understanding import GRAVE, Guess

ALL = ("en", "cs", "pl", "ro", "ru")


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    return Understanding.load()


@pytest.mark.parametrize(
    ("language", "text", "intent"),
    [
        ("cs", "kolik mi chybí do kávy?", "missing"),
        ("cs", "kolik mi chybi do kavy", "missing"),
        ("cs", "KOLIK MI CHYBÍ DO KÁVY", "missing"),
        ("ru", "сколько у меня бонусов", "balance"),
        ("ru", "skolko u menya bonusov", "balance"),
        ("ru", "cкoлькo y мeня бoнуcoв", "balance"),  # half of the letters are Latin
        ("ru", "ghbdtn, crjkmrj e vtyz ,fkkjd", "balance"),  # the keyboard was set to English
        ("en", "whats my points", "balance"),
        ("en", "waht's my blaance", "balance"),
        ("en", "show me my qr code pls 🙏", "card"),
        ("pl", "ile mam punktow", "balance"),
        ("ro", "cate stampile am", "balance"),
        ("en", "can you delete my data", "privacy"),
    ],
)
def test_a_question_is_understood_however_it_is_spelled(
    understanding: Understanding, language: str, text: str, intent: str
) -> None:
    assert understanding.guess(text, (language,)) == Guess(intent, sure=True)


@pytest.mark.parametrize(
    ("language", "text", "intent"),
    [
        ("en", "thanks, but stop texting me please", "stop"),
        ("en", "how do I unsubscribe", "how_to_stop"),
        ("cs", "mi už nic neposílejte", "stop"),
        ("cs", "jak to vypnu", "how_to_stop"),
        ("ru", "больше мне не пишите, пожалуйста", "stop"),
        ("en", "write to me less often", "messages"),
        ("ro", "pauză la oferte", "messages"),
        ("en", "change my name", "settings"),
        ("cs", "chci změnit jméno", "settings"),
    ],
)
def test_the_parts_of_an_intent_are_told_apart_in_whatever_order_and_however_polite(
    understanding: Understanding, language: str, text: str, intent: str
) -> None:
    assert understanding.guess(text, (language,)) == Guess(intent, sure=True)


@pytest.mark.parametrize("text", ["stop texting me?", "stop texting me the stamps"])
def test_a_stop_that_is_a_question_or_about_something_else_is_asked_about(
    understanding: Understanding, text: str
) -> None:
    guess = understanding.guess(text, ("en",))
    assert (guess.intent, guess.candidates[0]) == (None, "stop")


def test_another_language_of_the_shop_is_understood_too(understanding: Understanding) -> None:
    assert understanding.guess("kolik mi chybí do kávy?", ("ru", "cs")).intent == "missing"
    assert understanding.guess("how many points do I have", ("cs",)).intent == "balance"


@pytest.mark.parametrize(
    "text",
    [
        "don't stop",
        "please don't stop sending me offers",
        "i don't want to redeem yet",
        "the bus stop is far",
        "my card was stolen by my ex",
        "is the balance of flavours good?",
        "nechci ještě uplatnit odměnu",
        "nie przestawajcie wysyłać",
        "не надо останавливать рассылку",
    ],
)
def test_a_word_in_a_sentence_is_no_order(understanding: Understanding, text: str) -> None:
    guess = understanding.guess(text, ALL)
    assert not (guess.sure and guess.intent in GRAVE)


@pytest.mark.parametrize("text", ["", " ", "fjdksla", "🙂", "\u202e", "مرحبا"])
def test_what_no_language_knows_is_nothing(understanding: Understanding, text: str) -> None:
    assert understanding.guess(text, ALL) == Guess(None, sure=False)


@pytest.mark.parametrize(
    "text",
    ["stop " * 20_000, "a" * 100_000, "card" * 60, "(" * 5_000 + "a+" * 5_000],
    ids=["words", "one letter", "run together", "brackets"],
)
def test_a_text_longer_than_anybody_asks_is_for_a_person(
    understanding: Understanding, text: str
) -> None:
    assert understanding.guess(text, ALL) == Guess("other", sure=True)


def test_it_learns_the_same_every_time(understanding: Understanding) -> None:
    texts = ("where is my card", "dej mi kávu zadarmo", "co za to dostanu", "хочу кофе")
    again = Understanding.load()
    assert [again.guess(text, ALL) for text in texts] == [
        understanding.guess(text, ALL) for text in texts
    ]


@pytest.mark.parametrize("language", ALL)
def test_nineteen_of_twenty_unseen_phrases_are_understood_and_none_acted_on_wrongly(
    understanding: Understanding, language: str
) -> None:
    """On phrases written by others than those it learned from (`make phrases` prints figures)."""
    found = measure(understanding, language)
    assert found.wrong_actions == []
    assert found.share >= 0.95, [(intent, text) for intent, text, _ in found.missed]
