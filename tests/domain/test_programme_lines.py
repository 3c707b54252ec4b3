"""The line of every key, however TOML lets people write it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.problems import Path
from bot.programmes import preset, presets
from bot.programmes.positions import line_of, lines_of

EVERY_WAY = r'''# [not] = "a table"
a.b = 1.5  # c = 1
[ table . "quoted \u0041" ]
text = """
[no] = 1 # ]
k = \""" ] """""
'literal.key' = { x = "}", y.z = [1] }
list = [
  1, [ ']', { in = 1 } ],  # ]
  1979-05-27 07:32:00,
]
[[many]]
one = 1
[[many]]
[many.sub]
two = 2
[[many.deep]]
three = 3
'''


def paths(value: object, at: Path = ()) -> Iterator[Path]:
    """Every path there is inside a value."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*at, key)
            yield from paths(inner, (*at, key))


def test_every_way_to_write_a_key_has_its_line() -> None:
    assert set(lines_of(EVERY_WAY)) == set(paths(tomllib.loads(EVERY_WAY)))
    table = "quoted A"
    assert lines_of(EVERY_WAY) == {
        ("a",): 2,
        ("a", "b"): 2,
        ("table",): 3,
        ("table", table): 3,
        ("table", table, "text"): 4,
        ("table", table, "literal.key"): 7,
        ("table", table, "literal.key", "x"): 7,
        ("table", table, "literal.key", "y"): 7,
        ("table", table, "literal.key", "y", "z"): 7,
        ("table", table, "literal.key", "y", "z", 0): 7,
        ("table", table, "list"): 8,
        ("table", table, "list", 0): 9,
        ("table", table, "list", 1): 9,
        ("table", table, "list", 1, 0): 9,
        ("table", table, "list", 1, 1): 9,
        ("table", table, "list", 1, 1, "in"): 9,
        ("table", table, "list", 2): 10,
        ("many",): 12,
        ("many", 0): 12,
        ("many", 0, "one"): 13,
        ("many", 1): 14,
        ("many", 1, "sub"): 15,
        ("many", 1, "sub", "two"): 16,
        ("many", 1, "deep"): 17,
        ("many", 1, "deep", 0): 17,
        ("many", 1, "deep", 0, "three"): 18,
    }


def test_a_path_that_is_not_there_has_the_line_of_what_is_around_it() -> None:
    lines = lines_of(EVERY_WAY)
    assert line_of(("many", 1, "sub", "missing"), lines) == 15
    assert line_of(("many", 5, "sub"), lines) == 12
    assert line_of(("missing", "sub"), lines) is None
    assert line_of((), lines) is None


@pytest.mark.parametrize("name", presets())
def test_in_a_preset_the_line_of_a_key_names_it(name: str) -> None:
    rows = preset(name).split("\n")
    lines = lines_of(preset(name))
    assert set(lines) == set(paths(tomllib.loads(preset(name))))
    for path, line in lines.items():
        assert isinstance(path[-1], int) or path[-1] in rows[line - 1]


SCALARS = st.sampled_from(
    ["1", "-0.5", "true", "1e9", "nan", '"]"', '"#"', "'}'", '"""\n[a]\n"""', "'''a\n'b''''",
     '"""a""\\""""""', "2026-06-01", "2026-06-01 10:00:00+01:00", r'"\\"', r'"\""', '""', "''"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[ # ]\n" + ", # [\n".join(items) + "\n]"),
        st.lists(inner, max_size=3).map(lambda items: "[" + "\n,\n".join(items) + "]"),
        st.lists(inner, max_size=3).map(
            lambda items: f"{{{', '.join(f'k{n} = {item}' for n, item in enumerate(items))}}}"
        ),
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.booleans(), VALUES), max_size=6))
def test_every_key_of_any_toml_has_a_line(statements: list[tuple[bool, str]]) -> None:
    text = "".join(
        ("[[t.u]]\n" if header else "") + f'"k {n}".x = {value} # {{\n'
        for n, (header, value) in enumerate(statements)
    )
    assert set(lines_of(text)) == set(paths(tomllib.loads(text)))
