"""A voice is a language with the shop's address and the channel's length: `ru@friendly@sms`.

What differs from the language stands in an overlay, a catalogue of those phrases alone.
"""

from __future__ import annotations

#: The language whose sentence stands in for one missing elsewhere.
FALLBACK = "en"

#: The overlays there may be: the friendly address (ty, tu, ты), and the wording for SMS.
FRIENDLY, SMS = "friendly", "sms"
OVERLAYS = (FRIENDLY, SMS)

_MARK = "@"


def voice_of(language: str, *overlays: str) -> str:
    """The voice that speaks a language with these overlays."""
    return _MARK.join((language, *overlays))


def language_of(voice: str) -> str:
    """The language of a voice; a language alone is a voice too."""
    return voice.partition(_MARK)[0]


def overlay_of(name: str) -> str | None:
    """Which overlay a catalogue's name says it is (`sms` in `ru@sms`), None for a language."""
    _, mark, overlay = name.partition(_MARK)
    return overlay if mark else None


def is_short(voice: str) -> bool:
    """Whether a voice speaks over SMS, in fewer words."""
    return SMS in voice.split(_MARK)[1:]


def catalogues_of(voice: str) -> tuple[str, ...]:
    """The names of the catalogues a voice looks in, in order: the last overlay comes first."""
    language, *overlays = voice.split(_MARK)
    special = (voice_of(language, overlay) for overlay in reversed(overlays))
    return (*special, language, FALLBACK)
