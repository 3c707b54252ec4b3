"""What the TOML reader and pydantic object to, in plain English for the shop's owner."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, get_args, get_origin

from pydantic_core import ErrorDetails

from bot.domain.problems import Path
from bot.domain.programme import Programme
from bot.domain.programme_values import Part, did_you_mean

_TWICE = "this key or table is there above already: keep one of the two"
_STATEMENT = "a line here is `key = value`, `[table]`, `[[list]]` or `# a comment`"
#: What `tomllib` says, and what the owner can do about it.
_SYNTAX = {
    "Cannot overwrite": _TWICE,
    "Cannot declare": _TWICE,
    "Cannot mutate": _TWICE,
    "Cannot redefine": _TWICE,
    "Duplicate inline": _TWICE,
    "Invalid statement": _STATEMENT,
    "Invalid initial": _STATEMENT,
    "Expected '='": _STATEMENT,
    "Expected ']": "the closing bracket of a [table] or [[list]] is missing",
    "Invalid value": 'the value is missing or can\'t be read: a text goes in straight "quotes"',
    "Expected newline": "there is something left over after the value: "
    'a text goes in straight "quotes", a number has a point and no spaces',
    "Illegal character '\\n'": "the closing quote of the text is missing",
    "Unterminated string": "the closing quotes of a text are missing",
    "Unclosed array": "the closing ] or a comma of a list is missing",
    "Unclosed inline table": "the closing } or a comma is missing",
    "Unescaped": "a \\ in a text is written twice, or the text stands in 'single quotes'",
}

#: What people write for `true` and `false`.
_YES_AND_NO = {"true", "false", "yes", "no", "on", "off"}

#: What each of pydantic's types of value is called here.
_WANTED = {
    "string_type": "a text in quotes",
    "int_type": "a whole number without quotes",
    "bool_type": "true or false without quotes",
    "dict_type": "a table in braces, with a name for each value",
    "mapping_type": "a table in braces, with a name for each value",
}


def syntax(error: Exception, text: str) -> tuple[int | None, str]:
    """The line where `text` stopped being TOML, and what to do there."""
    said = str(error)
    if not isinstance(error, ValueError) or "integer string" in said:
        return None, "the file holds a number or a nesting too large to be meant"
    place = re.search(r" \(at line (\d+), column (\d+)\)$", said)
    line = int(place[1]) if place else text.rstrip().count("\n") + 1
    if place and said.startswith("Invalid value"):
        written = text.split("\n")[line - 1][int(place[2]) - 1 :]
        if word := re.match(r"[^\W\d_]+", written):
            return line, _bare(word[0])
    known = (ours for theirs, ours in _SYNTAX.items() if said.startswith(theirs))
    return line, next(known, f"this can't be read: {said.rpartition(' (at ')[0]}")


def _bare(word: str) -> str:
    """What to do about a word that stands where a value should."""
    if word.lower() in _YES_AND_NO:
        return "yes and no are written true and false, in small letters"
    return (
        f'"{word}" is no value: a number is written in digits, such as 8, and a text goes in '
        'straight "quotes"'
    )


def unrepeated(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """The errors, without the missing keys that are there misspelled: those are named already."""
    meant = {
        (*error["loc"][:-1], name)
        for error in errors
        if error["type"] == "extra_forbidden" and (name := _meant(_names(error["loc"])))
    }
    return (error for error in errors if error["type"] != "missing" or error["loc"] not in meant)


def objection(error: ErrorDetails) -> str:
    """What is wrong with one value, and what to write instead."""
    given, context = error["input"], error.get("ctx", {})
    names = _names(error["loc"])
    match error["type"]:
        case "missing":
            return f"{_called(names)} is missing: add it"
        case "extra_forbidden":
            return _unknown(names)
        case "value_error":
            return str(context["error"])
        case "literal_error":
            choices = context["expected"].replace("'", '"')
            hint = did_you_mean(str(given), re.findall('"(.*?)"', choices))
            return f"write {choices}, not {_shown(given)}.{hint}"
        case "greater_than_equal":
            return f"write at least {context['ge']}, not {given}"
        case "less_than_equal":
            return f"write at most {context['le']}, not {given}"
        case "tuple_type" | "model_type" if names in _TABLES:
            what = "each entry" if _TABLES[names].listed else "the table"
            return f"start {what} with a line {_called(names)} and write its keys below that"
        case "tuple_type":
            entry = _shown(given) if isinstance(given, str | int | Decimal) else '"en"'
            return f"write a list in brackets, such as [{entry}], not {_shown(given)}"
        case kind if kind in _WANTED:
            return f"write {_WANTED[kind]}, not {_shown(given)}"
        case _:
            return error["msg"]


class _Table(NamedTuple):
    part: type[Part]
    listed: bool


def _tables(
    part: type[Part], names: tuple[str, ...] = (), listed: bool = False
) -> Iterator[tuple[tuple[str, ...], _Table]]:
    yield names, _Table(part, listed)
    for name, field in part.model_fields.items():
        if inner := _part_in(field.annotation):
            yield from _tables(inner, (*names, name), get_origin(field.annotation) is tuple)


def _part_in(annotation: Any) -> type[Part] | None:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next((part for part in map(_part_in, get_args(annotation)) if part), None)


#: Every table the file may have, by the names of its path.
_TABLES = dict(_tables(Programme))


def _keys() -> Iterator[tuple[tuple[str, ...], Collection[str]]]:
    """The keys of every table, those of tables that are no `Part` where they are known."""
    for names, table in _TABLES.items():
        yield names, table.part.model_fields
        for name, field in table.part.model_fields.items():
            if get_origin(field.annotation) is Mapping:
                yield (*names, name), get_args(get_args(field.annotation)[0])


_KEYS = dict(_keys())


def place(error: ErrorDetails) -> Path:
    """Where the value or the key is that an error objects to."""
    return tuple(key for key in error["loc"] if key != "[key]")


def _names(path: Path) -> tuple[str, ...]:
    return tuple(key for key in path if isinstance(key, str))


def _called(names: tuple[str, ...]) -> str:
    if names not in _TABLES:
        return f"`{names[-1]}`"
    header = f"[{'.'.join(names)}]"
    return f"[{header}]" if _TABLES[names].listed else header


def _meant(names: tuple[str, ...]) -> str | None:
    """The key a key that is not known is near to."""
    known = _TABLES[names[:-1]].part.model_fields
    hint = did_you_mean(names[-1], known)
    return next((name for name in known if hint and hint == did_you_mean(names[-1], [name])), None)


def _unknown(names: tuple[str, ...]) -> str:
    key, known = names[-1], _TABLES[names[:-1]].part.model_fields
    if hint := did_you_mean(key, known):
        return f"there is no key `{key}` here.{hint}"
    homes = [home for home, keys in _KEYS.items() if home and key in keys]
    homes = [home for home in homes if home[: len(names) - 1] == names[:-1]] or homes
    if len(homes) == 1:
        return f"`{key}` does not belong here but under {_called(homes[0])}"
    return f"there is no key `{key}` here, only {', '.join(f'`{name}`' for name in known)}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}…"
