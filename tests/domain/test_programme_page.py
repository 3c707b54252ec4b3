"""docs/programme.md says what the types say: every key, its default, an example that works."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from bot.domain.expiry import Expiry
from bot.domain.messages import Wording
from bot.domain.programme import Programme
from bot.domain.programme_values import Part
from tests.domain.programme_text import findings

PAGE = (Path(__file__).parents[2] / "docs" / "programme.md").read_text("utf-8")


def tables(part: type[Part], header: str = "[{}]", path: str = "") -> Iterator[tuple[str, Any]]:
    """The header of every table, with its fields that are no tables themselves."""
    keys = {}
    for name, field in part.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        inner = next((k for k in kinds if isinstance(k, type) and issubclass(k, Part)), None)
        if inner is None:
            keys[name] = field
        else:
            listed = get_origin(field.annotation) is tuple
            yield from tables(inner, "[[{}]]" if listed else "[{}]", f"{path}.{name}".strip("."))
    if keys:
        yield header.format(path), keys


TABLES: dict[str, dict[str, FieldInfo]] = dict(tables(Programme))


def rows(header: str) -> list[list[str]]:
    """The cells of the key table under a header of the page."""
    section = PAGE.partition(f"\n## `{header}`\n")[2].partition("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.split("\n")
        if line.startswith("| `")
    ]


def stated(default: object) -> str:
    """A default as the page writes it."""
    match default:
        case None:
            return "none"
        case bool():
            return f"`{str(default).lower()}`"
        case int() | Decimal():
            return f"`{default}`"
        case tuple() | dict():
            return f"`{json.dumps(default)}`"
        case Wording():
            return f'`"{default.in_language("")}"`'
        case Expiry(kind="never"):
            return '`"never"`'
        case _:
            return f'`"{default}"`'


def test_the_page_has_every_table_and_no_other() -> None:
    assert sorted(re.findall(r"^## `(.*)`$", PAGE, flags=re.MULTILINE)) == sorted(TABLES)


@pytest.mark.parametrize("header", TABLES)
def test_the_page_names_every_key_with_its_default(header: str) -> None:
    assert [row[:2] for row in rows(header)] == [
        [f"`{name}`", "required" if field.is_required() else stated(field.default)]
        for name, field in TABLES[header].items()
    ]


@pytest.mark.parametrize("header", TABLES)
def test_the_pages_examples_are_allowed_and_differ_from_the_default(header: str) -> None:
    for key, _, allowed, meaning, example in rows(header):
        field = TABLES[header][key.strip("`")]
        kind: Any = field.annotation
        for constraint in field.metadata:
            kind = Annotated[kind, constraint]
        written = tomllib.loads(f"x = {example.strip('`')}", parse_float=Decimal)["x"]
        assert TypeAdapter(kind).validate_python(written) != field.default
        assert allowed
        assert meaning


def test_the_pages_whole_programme_works_and_so_do_its_rules() -> None:
    whole, *more = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert findings(whole) == ()
    assert [findings(f"{whole}\n{one}") for one in more] == [()] * 2
