"""docs/programme.md says what the types say: every key, its default, an example that works.

What all campaigns have is said once, under `[campaigns.…]`; the others have their own keys.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from bot.domain.campaign_rules import (
    DEFAULT_CAPS,
    PLACES,
    PRIORITY,
    CampaignRules,
    Campaigns,
    Caps,
    Giving,
)
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
            if not issubclass(part, CampaignRules) or not said_before(name, field):
                keys[name] = field
        else:
            listed = get_origin(field.annotation) is tuple
            yield from tables(inner, "[[{}]]" if listed else "[{}]", f"{path}.{name}".strip("."))
    if keys or issubclass(part, CampaignRules):
        yield header.format(path), keys


def said_before(name: str, field: FieldInfo) -> bool:
    """Whether a key of a campaign is as all campaigns have it."""
    common = Giving.model_fields.get(name)
    return common is not None and common.default == field.default


TABLES: dict[str, dict[str, FieldInfo]] = {
    **dict(tables(Programme)),
    "[campaigns.…]": dict(Giving.model_fields),
}
#: The header of each campaign that has places for its own wording.
CAMPAIGNS = {
    name: "[[campaigns.seasons]]" if name == "season" else f"[campaigns.{name}]" for name in PLACES
}


def section(header: str) -> str:
    """What stands under a header of the page."""
    return PAGE.partition(f"\n## `{header}`\n")[2].partition("\n## ")[0]


def rows(header: str) -> list[list[str]]:
    """The cells of the key table under a header of the page."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section(header).split("\n")
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
        case time():
            return f'`"{default:%H:%M}"`'
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
    assert [findings(f"{whole}\n{one}") for one in more] == [()] * len(more)


def test_the_page_shows_the_caps_as_they_are_without_the_table() -> None:
    [shown] = re.findall(r"```toml\n(\[caps\].*?)```", PAGE, flags=re.DOTALL)
    caps = Caps(**tomllib.loads(shown)["caps"])
    assert caps.channels == {"sms": {"month": 2}}
    assert caps.model_copy(update={"channels": {}}) == DEFAULT_CAPS


@pytest.mark.parametrize(("campaign", "header"), CAMPAIGNS.items())
def test_the_page_names_the_places_of_every_campaigns_text(campaign: str, header: str) -> None:
    said = re.search(r"^Places: (.*)\.$", section(header), flags=re.MULTILINE)
    assert said is not None
    assert set(re.findall(r"`\{(\w+)\}`", said[1])) == PLACES[campaign]


def test_the_page_says_which_campaigns_are_on_and_in_which_order() -> None:
    order = re.findall(r"`(\w+)`", PAGE.partition("The order is")[2].partition(".\n")[0])
    assert tuple(order) == PRIORITY
    on = re.findall(r"`(\w+)`", PAGE.partition("On from the start: ")[2].partition(".\n")[0])
    fields = Campaigns.model_fields
    assert sorted(on) == sorted(name for name in fields if getattr(fields[name].default, "on", 0))
