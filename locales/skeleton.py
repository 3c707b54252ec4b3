"""The one spelling in which typed words are compared: Latin letters, no accents, none doubled."""

from __future__ import annotations

import re
from functools import lru_cache

from locales.words import loose

#: Russian as people spell it in Latin letters; the pairs of `_LATIN` lead to the same.
_CYRILLIC = str.maketrans(
    {
        **dict(zip("абвгдезиклмнопрстуфхцчшщъыьэ", "abvgdeziklmnoprstufhccss", strict=False)),
        **{"ц": "ts", "щ": "s", "ъ": "", "ы": "i", "ь": "", "э": "e", "ж": "z", "ю": "iu"},
        **{"я": "ia", "і": "i", "ї": "i", "є": "e", "ґ": "g"},
    }
)

#: Latin letters that look like Cyrillic ones, as they get into Russian words.
_LOOKALIKES = str.maketrans("aceopxykmthb", "асеорхукмтнв")

#: What one sound is written as, the longest first.
_LATIN = (
    *(("shch", "s"), ("sch", "s"), ("sh", "s"), ("zh", "z"), ("kh", "h"), ("ch", "c")),
    *(("tz", "ts"), ("ya", "ia"), ("ja", "ia"), ("yu", "iu"), ("ju", "iu"), ("yo", "e")),
    *(("jo", "e"), ("w", "v"), ("x", "h"), ("y", "i"), ("j", "i")),
)

#: Russian typed while the keyboard was set to Latin letters.
_KEYBOARD = str.maketrans("qwertyuiop[]asdfghjkl;'zxcvbnm,.`", "йцукенгшщзхъфывапролджэячсмитьбюё")

_DOUBLED = re.compile(r"(.)\1+")
_FOUR = re.compile(r"(?<=[a-z])4|4(?=[a-z])")
_SIX = re.compile(r"(?<=[a-z])6|6(?=[a-z])")
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")


def skeleton(text: str) -> list[str]:
    """The words of `text` in the spelling they are compared in; signs alone are words each."""
    plain = loose(_SKIN_TONES.sub("", text))
    if not any(c.isalnum() for c in plain):
        return sorted({c for c in plain if not c.isspace()})
    return [word for word in map(_word, plain.split()) if word]


def as_if_cyrillic(text: str) -> str:
    """What a text reads that was meant for the Russian keyboard: "rfhnf" is "карта"."""
    return text.lower().translate(_KEYBOARD)


@lru_cache(maxsize=8192)
def _word(word: str) -> str:
    if word.isdigit():
        return "#"
    cyrillic = sum("а" <= c <= "я" for c in word)
    if cyrillic and 2 * cyrillic >= len(word):
        word = word.translate(_LOOKALIKES)
    word = word.translate(_CYRILLIC)
    # Digits stand for letters: 4 is ч, 6 is ш.
    word = _SIX.sub("s", _FOUR.sub("c", word))
    for written, sound in _LATIN:
        word = word.replace(written, sound)
    return _DOUBLED.sub(r"\1", word)
