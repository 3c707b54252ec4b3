"""A reply as JSON for the outbox, and back: exactly inverse.

A text stands for itself and a whole number too; every other value is an object with one member,
whose name says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.domain.messages import (
    Action,
    Button,
    Day,
    Filled,
    Link,
    Moment,
    Money,
    Phrase,
    Picture,
    Reply,
    Value,
    Wording,
)

#: What `json` reads: its checks are the constructors below.
Json = Any


def to_json(reply: Reply) -> dict[str, Json]:
    """The reply in JSON's own types; raises ValueError for an instant without an offset."""
    return {
        "phrases": [_value(phrase) for phrase in reply.phrases],
        "buttons": [[_button(button) for button in row] for row in reply.buttons],
        "picture": _picture(reply.picture) if reply.picture else None,
        "edits": reply.edits,
        "then": reply.then,
        "draft": dict(reply.draft),
        "numbered": reply.numbered,
        "template": _value(reply.template) if reply.template else None,
        "subject": _value(reply.subject) if reply.subject else None,
        "photo": reply.photo,
    }


def reply_from_json(stored: Mapping[str, Json]) -> Reply:
    """The reply that `to_json` stored; raises KeyError, TypeError or ValueError otherwise."""
    return Reply(
        phrases=tuple(_read_phrase(phrase) for phrase in stored["phrases"]),
        buttons=tuple(tuple(_read_button(button) for button in row) for row in stored["buttons"]),
        picture=_read_picture(stored["picture"]) if stored["picture"] else None,
        edits=stored["edits"],
        then=stored["then"],
        draft=dict(stored["draft"]),
        numbered=stored["numbered"],
        # Messages stored before there were templates, subjects or photos have none.
        template=_read_phrase(stored["template"]) if stored.get("template") else None,
        subject=_read_phrase(stored["subject"]) if stored.get("subject") else None,
        photo=stored.get("photo", ""),
    )


def _value(value: Value) -> Json:
    if isinstance(value, Phrase):
        values = {name: _value(inner) for name, inner in value.values.items()}
        return {"phrase": [value.key, values]}
    if isinstance(value, Money):
        return {"money": [value.minor, value.currency]}
    if isinstance(value, Moment):
        if value.at.utcoffset() is None:
            raise ValueError(f"an instant needs an offset: {value.at.isoformat()}")
        return {"moment": [value.at.isoformat(), value.zone, value.show]}
    if isinstance(value, Day):
        return {"day": [value.on.isoformat(), value.yearly]}
    if isinstance(value, Wording):
        return {"wording": [list(pair) for pair in value.texts]}
    if isinstance(value, Filled):
        values = {name: _value(inner) for name, inner in value.values.items()}
        return {"filled": [_value(value.text), values]}
    if isinstance(value, Link):
        return {"link": value.payload}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return value


def _read(stored: Json) -> Value:
    if isinstance(stored, str | int):
        return stored
    ((kind, parts),) = stored.items()
    match kind:
        case "phrase":
            key, values = parts
            return Phrase(key, {name: _read(inner) for name, inner in values.items()})
        case "money":
            return Money(*parts)
        case "moment":
            at, zone, show = parts
            return Moment(datetime.fromisoformat(at), zone, show)
        case "day":
            on, yearly = parts
            return Day(date.fromisoformat(on), yearly)
        case "wording":
            return Wording(tuple((language, text) for language, text in parts))
        case "filled":
            (text, values) = parts
            return Filled(_wording(text), {name: _read(inner) for name, inner in values.items()})
        case "link":
            return Link(parts)
        case "decimal":
            return Decimal(parts)
    raise ValueError(f"no value is called {kind!r}")


def _wording(stored: Json) -> Wording:
    value = _read(stored)
    if not isinstance(value, Wording):
        raise TypeError(f"a text with places is a wording, not {value!r}")
    return value


def _read_phrase(stored: Json) -> Phrase:
    value = _read(stored)
    if not isinstance(value, Phrase):
        raise TypeError(f"a message is made of phrases, not of {value!r}")
    return value


def _button(button: Button) -> Json:
    action = [button.action.name, *button.action.args]
    return {
        "label": _value(button.label),
        "action": action,
        "contact": button.contact,
        "standing": button.standing,
    }


def _read_button(stored: Json) -> Button:
    label = _read(stored["label"])
    if not isinstance(label, Phrase | Wording):
        raise TypeError(f"a label is a phrase or the shop's wording, not {label!r}")
    name, *args = stored["action"]
    standing = stored.get("standing", False)
    return Button(label, Action(name, tuple(args)), stored["contact"], standing)


def _picture(picture: Picture) -> Json:
    return {
        "kind": picture.kind,
        "payload": picture.payload,
        "heading": _value(picture.heading),
        "footer": _value(picture.footer),
        "filled": picture.filled,
        "total": picture.total,
    }


def _read_picture(stored: Json) -> Picture:
    return Picture(
        kind=stored["kind"],
        payload=stored["payload"],
        heading=_read(stored["heading"]),
        footer=_read(stored["footer"]),
        filled=stored["filled"],
        total=stored["total"],
    )
