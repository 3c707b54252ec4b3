"""Programme files: from the text a shop owner wrote to a checked `Programme`, and ready-made ones.

Nothing here opens the shop's own file; that, and what to do about its encoding, is the caller's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError

from bot.domain.problems import Level, Path, Problem
from bot.domain.programme import Programme
from bot.domain.programme_checks import check
from bot.programmes.phrasing import objection, place, syntax, unrepeated
from bot.programmes.positions import line_of, lines_of


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the operator should know about a programme file: what is wrong, and what to do.

    `line` counts from 1; None where nothing of the file is to blame, as for a missing table.
    `key` is the place as in `rewards[2].points`, entries of a list counted from 1.
    """

    line: int | None
    key: str
    level: Level
    message: str


def read(
    text: str, languages: Collection[str], today: date | None = None
) -> tuple[Programme | None, tuple[Finding, ...]]:
    """The programme a file's text describes, and everything found in it, by line.

    `languages` are those the bot can speak; what is over is found where `today` is known. There is
    no programme where there is an error.
    """
    text = text.removeprefix("\ufeff")
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        line, message = syntax(error, text)
        return None, (Finding(line, "", "error", message),)
    lines = lines_of(text)
    programme, problems = _checked(content, languages, today)
    findings = sorted((_found(problem, lines) for problem in problems), key=_place)
    broken = any(finding.level == "error" for finding in findings)
    return None if broken else programme, tuple(findings)


@lru_cache(maxsize=16)
def once_in_force(text: str) -> Programme | None:
    """The programme of an earlier version, which is not checked anew; None if it can't be read."""
    try:
        return Programme.model_validate(tomllib.loads(text, parse_float=Decimal))
    except (ValueError, ArithmeticError):
        return None


def presets() -> dict[str, str]:
    """The ready-made programmes: a line about each, by name."""
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8").partition("\n")[0].lstrip("# ")
        for file in sorted(files(__name__).iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    }


def preset(name: str) -> str:
    """The text of a ready-made programme file; raises KeyError for a name not in `presets()`."""
    if name not in presets():
        raise KeyError(name)
    return files(__name__).joinpath(f"{name}.toml").read_text("utf-8")


def _checked(
    content: dict[str, Any], languages: Collection[str], today: date | None
) -> tuple[Programme | None, tuple[Problem, ...]]:
    try:
        programme = Programme.model_validate(content)
    except ValidationError as error:
        found = unrepeated(error.errors())
        return None, tuple(Problem(place(e), "error", objection(e)) for e in found)
    return programme, check(programme, languages, today)


def _found(problem: Problem, lines: Mapping[Path, int]) -> Finding:
    line, message = line_of(problem.path, lines), problem.message
    if problem.rival:
        message += f" (lines {line_of(problem.rival, lines)} and {line})"
    return Finding(line, _spelled(problem.path), problem.level, message)


def _spelled(path: Path) -> str:
    return "".join(f"[{key + 1}]" if isinstance(key, int) else f".{key}" for key in path)[1:]


def _place(finding: Finding) -> int:
    return finding.line or 0
