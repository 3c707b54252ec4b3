"""On which line of a TOML file each key stands; `tomllib` doesn't say.

This reads only what `tomllib` has accepted before, so it has to tell things apart, not to check.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from typing import NamedTuple

from bot.domain.problems import Path

_TOKEN = re.compile(
    r'''
      (?P<space> [ \t\r]+ | \#[^\n]* )
    | """ (?: \\. | (?!""") [^\\] )* """ "{0,2}    # the closing quotes may touch two more
    | \'\'\' .*? \'\'\' '{0,2}
    | " (?: \\. | [^"\\] )* "
    | ' [^']* '
    | [A-Za-z0-9_+:-]+                             # a bare key, or a piece of a bare value
    | .                                            # punctuation and the end of a line
    ''',
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    text: str
    line: int


_AFTER_VALUE = {",", "]", "}", "\n", ""}


def lines_of(text: str) -> Mapping[Path, int]:
    """The line (from 1) of every table, key and list entry in valid TOML, by its path."""
    return _Scan(text).lines


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of a path, else of the nearest table around it that is in the file."""
    return next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), None)


class _Scan:
    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._tokens = list(_tokens(text))
        self._at = 0
        self._entries: Counter[Path] = Counter()  # of each array of tables, so far
        table: Path = ()
        while self._peek().text:
            if self._peek().text == "[":
                table = self._header()
            elif not self._took("\n"):
                self._pair(table)

    def _header(self) -> Path:
        line = self._next().line
        array = self._took("[")
        keys = self._keys()
        self._next()
        if array:
            self._next()
        path: Path = ()
        for n, key in enumerate(keys, 1):
            path = self._note((*path, key), line)
            if array and n == len(keys):
                self._entries[path] += 1
            if path in self._entries:
                path = self._note((*path, self._entries[path] - 1), line)
        return path

    def _pair(self, table: Path) -> None:
        line = self._peek().line
        path = table
        for key in self._keys():
            path = self._note((*path, key), line)
        self._next()  # the equals sign
        self._value(path)

    def _keys(self) -> list[str]:
        keys = [_unquoted(self._next().text)]
        while self._took("."):
            keys.append(_unquoted(self._next().text))
        return keys

    def _value(self, path: Path) -> None:
        opening = self._next().text
        if opening == "[":
            for index in count():
                self._skip_separators()
                if self._took("]"):
                    return
                self._value(self._note((*path, index), self._peek().line))
        elif opening == "{":
            self._skip_separators()
            while not self._took("}"):
                self._pair(path)
                self._skip_separators()
        else:
            while self._peek().text not in _AFTER_VALUE:
                self._next()

    def _note(self, path: Path, line: int) -> Path:
        self.lines.setdefault(path, line)
        return path

    def _skip_separators(self) -> None:
        while self._took("\n") or self._took(","):
            pass

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _took(self, text: str) -> bool:
        taken = self._peek().text == text
        self._at += taken
        return taken


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        if not match["space"]:
            yield _Token(match[0], line)
        line += match[0].count("\n")
    yield _Token("", line)


def _unquoted(key: str) -> str:
    return str(tomllib.loads(f"key = {key}")["key"]) if key[0] in "\"'" else key
