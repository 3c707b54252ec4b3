"""Who takes part: members and the shop's colleagues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

#: Letters and digits nobody mixes up when read aloud or off a receipt: no 0/O, 1/I/L, 5/S, 8/B.
CODE_ALPHABET = "234679ACDEFGHJKMNPQRTUVWXYZ"
#: What is kept as the wording of a stop, which was not asked for.
STOP_WORDING = "stop"


@dataclass(frozen=True, slots=True)
class Member:
    """A customer who joined. `birthday` is month and day; the year is never asked (S30).

    `erased`: they asked for it; only the ledger is left of them.
    """

    id: int
    code: str
    name: str
    language: str
    joined_at: datetime
    birthday: tuple[int, int] | None = None
    home_location: str | None = None
    last_visit_at: datetime | None = None
    terms_version: str | None = None
    erased: bool = False
    tags: tuple[str, ...] = ()

    @property
    def possessed(self) -> bool:
        """Whether its person has accepted the terms: not yet, while only a colleague began it."""
        return self.terms_version is not None


@dataclass(frozen=True, slots=True)
class Consent:
    """One decision about marketing on a channel, or about the terms (S33)."""

    channel: str
    purpose: str
    granted: bool
    wording: str
    version: str
    source: str
    at: datetime

    @property
    def stops_all(self) -> bool:
        """Whether it was a word to stop, which is meant for every channel."""
        return not self.granted and self.wording == STOP_WORDING


class Role(IntEnum):
    """What a colleague may do; each may do what those below may."""

    CASHIER = 1
    MANAGER = 2
    OWNER = 3

    @property
    def word(self) -> str:
        """The role as commands and the database spell it."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Role:
        """The role by its word; raises KeyError for another."""
        return cls[word.upper()]


@dataclass(frozen=True, slots=True)
class Staff:
    """A colleague; `location` is where they work, `shift_location` where they stand today."""

    id: int
    name: str
    role: Role
    location: str | None = None
    shift_location: str | None = None

    @property
    def at(self) -> str | None:
        """The location that what they do now belongs to."""
        return self.shift_location or self.location
