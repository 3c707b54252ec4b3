"""Shortening the names in a reply, so that it fits where each character counts (S35)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.channels.fit import shortened
from bot.domain.messages import Button, Filled, Phrase, Reply, Value, Wording
from bot.domain.programme_values import NAME_LIMIT

#: How long a name may be, in characters: tried one after the other until the message fits.
LENGTHS = (NAME_LIMIT, 30, 20, 12, 8)

#: Web and e-mail addresses, numbers, codes: worth nothing when a part is missing.
_WHOLE = re.compile(r"[/@]|\d{3}|^\S*\d\S*$")


def squeezed(reply: Reply, longest: int) -> Reply:
    """The reply with the names of people, shops and rewards cut to `longest` characters.

    What is longer than any name is somebody's own text, and stays whole.
    """
    rows = (tuple(_button(button, longest) for button in row) for row in reply.buttons)
    phrases = tuple(_phrase(phrase, longest) for phrase in reply.phrases)
    return replace(reply, phrases=phrases, buttons=tuple(rows))


def _button(button: Button, longest: int) -> Button:
    label = button.label
    if isinstance(label, Phrase):
        return replace(button, label=_phrase(label, longest))
    return replace(button, label=_wording(label, longest))


def _phrase(phrase: Phrase, longest: int) -> Phrase:
    return Phrase(phrase.key, _values(phrase.values, longest))


def _values(values: Mapping[str, Value], longest: int) -> dict[str, Value]:
    # An imported code may be long, and without a digit to know it by.
    return {name: v if name == "code" else _value(v, longest) for name, v in values.items()}


def _value(value: Value, longest: int) -> Value:
    match value:
        case Phrase():
            return _phrase(value, longest)
        case Filled():
            return replace(value, values=_values(value.values, longest))
        case Wording():
            return _wording(value, longest)
        case str() if not _WHOLE.search(value):
            return _name(value, longest)
    return value


def _wording(wording: Wording, longest: int) -> Wording:
    return Wording(tuple((code, _name(text, longest)) for code, text in wording.texts))


def _name(text: str, longest: int) -> str:
    return text if len(text) > NAME_LIMIT else shortened(text, longest)
