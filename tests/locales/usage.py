"""Which phrases the source says, read from it without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from locales.catalogue import Sentence

#: The calls whose first argument is a key and whose keywords are the places.
SPEAKERS = frozenset({"phrase", "Phrase"})

#: The calls that end in something to read: a text in one of them has escaped the catalogues.
TELLERS = SPEAKERS | {"of", "Reply", "Button", "Picture", "option", "choice", "contact_button"}

#: Keys said by machinery that makes them from other names.
FAMILIES = ("command.*", "words.*", "language.*")

#: What may stand in such a call: keys, actions, codes.
_NAME = re.compile(r"[a-z0-9_.:#*/]*")
#: Two words in a row, or a letter that code needs for nothing but reading.
_SENTENCE = re.compile(r"[^\W\d_]{2,}[ ,]+[^\W\d_]{2,}|[^\W\d_a-zA-Z]")

_TOPIC = re.compile(r"[a-z][a-z0-9_]*\.")


@dataclass(frozen=True)
class Said:
    """One `phrase(…)` in the source: the keys it may give, `*` standing for what is put in.

    `names` are the values it gives, None when they cannot be read; `whole` when all can.
    """

    where: str
    keys: tuple[str, ...]
    names: frozenset[str] | None
    whole: bool = True


@dataclass
class Usage:
    """Everything the source says, and every text in it that may be a key."""

    said: list[Said]
    mentioned: set[str]

    @classmethod
    def of(cls, sources: Mapping[str, str]) -> Usage:
        """From sources by name."""
        usage = cls([], set())
        for name, tree in _trees(sources):
            for node in ast.walk(tree):
                usage.mentioned.update(_keys(node))
                if isinstance(node, ast.Call) and _called(node) in SPEAKERS:
                    usage.said.append(_said(node, f"{name}:{node.lineno}"))
        return usage

    def problems(self, sentences: Mapping[str, Sentence]) -> Iterator[str]:
        """Keys that no catalogue has, and values that are not the sentence's places."""
        for said in self.said:
            for key in said.keys:
                found = [known for known in sentences if covers(key, known)]
                if not found:
                    yield f"{said.where}: no catalogue has {key}"
                for known in found:
                    yield from _misfit(said, known, sentences[known], key)

    def unused(self, sentences: Mapping[str, Sentence]) -> list[str]:
        """The keys that nothing says."""
        patterns = {key for key in self.mentioned if "*" in key} | set(FAMILIES)
        return [
            key
            for key in sentences
            if key not in self.mentioned and not any(covers(each, key) for each in patterns)
        ]


def told(sources: Mapping[str, str]) -> Iterator[str]:
    """Texts given to a call that tells people something, where a key should stand."""
    for name, tree in _trees(sources):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in TELLERS:
                for text in _texts(node):
                    if not _NAME.fullmatch(text):
                        yield f"{name}:{node.lineno}: {text!r}"


def sentences(sources: Mapping[str, str]) -> Iterator[str]:
    """Texts that read like a sentence, but for docstrings and what is raised or logged."""
    for name, tree in _trees(sources):
        quiet: set[ast.AST] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) or _logs(node):
                quiet |= set(ast.walk(node))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                quiet.add(node.value)
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if node not in quiet and isinstance(text, str) and _SENTENCE.search(text):
                yield f"{name}:{node.lineno}: {text!r}"


def sources(*folders: Path) -> dict[str, str]:
    """Every Python file below the folders."""
    return {
        str(file.relative_to(folder.parent)): file.read_text(encoding="utf-8")
        for folder in folders
        for file in sorted(folder.rglob("*.py"))
    }


def covers(pattern: str, key: str) -> bool:
    """Whether `key` is one of the keys of `earned.*`; a star stands for one part or a piece."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", "[^.]+"), key) is not None


def _trees(sources: Mapping[str, str]) -> Iterator[tuple[str, ast.Module]]:
    """The sources that parse; one that does not is another test's business."""
    for name, source in sources.items():
        with suppress(SyntaxError):
            yield name, ast.parse(source)


def _logs(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.")


def _texts(call: ast.Call) -> Iterator[str]:
    for node in ast.walk(call):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _misfit(said: Said, key: str, sentence: Sentence, pattern: str) -> Iterator[str]:
    names = said.names
    if names is None:
        return
    lacking = sentence.names - names if said.whole else frozenset[str]()
    # Keys of one family are given the same values, and a sentence may leave some out.
    surplus = names - sentence.names if "*" not in pattern else frozenset[str]()
    if lacking or surplus:
        yield f"{said.where}: {key} lacks {sorted(lacking)}, has no place for {sorted(surplus)}"


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _keys(node: ast.expr | ast.AST) -> tuple[str, ...]:
    """The keys an expression may be: a text, an f-string as a pattern, either side of an if."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.IfExp):
        return _keys(node.body) + _keys(node.orelse)
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "*" for part in node.values]
        pattern = "".join(str(part) for part in parts)
        # Without a topic of its own a pattern would cover every key there is.
        return (pattern,) if _TOPIC.match(pattern) else ()
    return ()


def _said(call: ast.Call, where: str) -> Said:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    first = call.args[0] if call.args else given.get("key", ast.Constant(None))
    if _called(call) == "Phrase":
        values = call.args[1] if len(call.args) > 1 else given.get("values", ast.Dict([], []))
        return Said(where, _keys(first), *_table(values))
    names = frozenset(name for name in given if name is not None)
    return Said(where, _keys(first), names, whole=None not in given)


def _table(values: ast.expr) -> tuple[frozenset[str] | None, bool]:
    """The names in `{"n": 3, **more}`, and whether those are all."""
    if not isinstance(values, ast.Dict):
        return None, False
    names = [key.value for key in values.keys if isinstance(key, ast.Constant)]
    return frozenset(map(str, names)), len(names) == len(values.keys)
