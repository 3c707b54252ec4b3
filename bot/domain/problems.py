"""What a check of a programme finds, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Where in the file: keys, and positions in lists counted from 0.
Path = tuple[str | int, ...]
Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: where, how bad, and what to do about it in plain English.

    `rival` is the other place, where two places disagree.
    """

    path: Path
    level: Level
    message: str
    rival: Path | None = None
