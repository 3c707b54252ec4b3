"""What a text costs over SMS: its segments, and the plain letters that keep them few.

GSM-7 is 3GPP TS 23.038, 6.2.1; how Twilio counts: https://www.twilio.com/docs/glossary/what-sms-character-limit
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import chain
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Each of these takes an escape besides itself, and the two stay in one segment.
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENSION

#: The units of a text that is one segment, and of each segment of one that is more: the rest of
#: those is the header that joins them.
_ALONE = {"GSM-7": 160, "UCS-2": 70}
_JOINED = {"GSM-7": 153, "UCS-2": 67}

#: The languages whose letters are Latin ones with accents, which people read without them.
_UNACCENTED = ("en", "cs", "pl", "ro")

#: The kin of what Unicode does not take apart: letters with a stroke, and signs.
_KIN = {
    **dict(zip("łŁđĐøØħĦıŧŦ", "lLdDoOhHitT", strict=True)),
    **{"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th"},
    **dict.fromkeys("„“”‟«»″〞", '"'),
    **dict.fromkeys("‘’‚‛‹›′´`ʼ", "'"),
    **dict.fromkeys("–—‐‑‒―−·○◦▪", "-"),
    **dict.fromkeys("●•★☆✓✔", "*"),
    **dict.fromkeys("×✕✗", "x"),
    **{"…": "...", "→": "->", "←": "<-", "⁄": "/", "÷": "/", "≤": "<=", "≥": ">=", "≈": "~"},
    **{"₽": "RUB", "№": "No", "©": "(c)", "®": "(R)", "\t": " ", "\u2028": "\n", "\u2029": "\n"},
}


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text goes out: its encoding, its length in units of that, and what is paid for."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int


def count(text: str) -> Segments:
    """The segments of a text, as a network counts them; an empty one is still a message."""
    if _GSM.issuperset(text):
        return _filled("GSM-7", [1 + (char in _EXTENSION) for char in text])
    return _filled("UCS-2", [1 + (char > "\uffff") for char in text])


def _filled(encoding: Literal["GSM-7", "UCS-2"], widths: list[int]) -> Segments:
    """A character of two units that does not fit the end of a segment goes to the next one."""
    units = sum(widths)
    if units <= _ALONE[encoding]:
        return Segments(encoding, units, 1)
    segments, room = 0, 0
    for width in widths:
        if width > room:
            segments, room = segments + 1, _JOINED[encoding]
        room -= width
    return Segments(encoding, units, segments)


def plain(text: str, language: str) -> str:
    """The text in the letters and signs that cost least over SMS in this language.

    English, Czech, Polish and Romanian lose all accents, also those GSM-7 has: "Zižkov Café" with
    half of them gone would look like a mistake. What is not of the Latin alphabet stays, a name in
    Cyrillic for one. Elsewhere a text stays as it is as soon as it holds such letters: once it is
    UCS-2, accents and typographic signs cost nothing.
    """
    text = unicodedata.normalize("NFC", text)
    made = _tidied("".join(_plain(char) for char in text))
    if language not in _UNACCENTED and not _GSM.issuperset(made):
        return text
    return made


def _plain(char: str) -> str:
    if char.isascii() and char in _GSM:
        return char
    if char in _KIN:
        return _KIN[char]
    # Without their marks; compatibility forms (², ﬁ, a no-break space) are made plain by it too.
    base = [c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) != "Mn"]
    kin = "".join(chain.from_iterable(_KIN.get(c, c) for c in base))
    if kin and _GSM.issuperset(kin):
        return kin
    if char in _GSM or char.isalnum():
        return char
    # Emoji, the invisible signs that go with them, control characters.
    return " " if unicodedata.category(char).startswith("Z") else ""


def _tidied(text: str) -> str:
    """Without the blanks that a dropped emoji leaves behind."""
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))
