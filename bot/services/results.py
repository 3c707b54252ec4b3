"""What services answer: done, refused with the reason in words, or done before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.members import Member
from bot.domain.messages import Phrase, phrase
from bot.domain.rewards import Voucher
from bot.domain.tiers import Move


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing changed, and why, as a phrase for whoever asked."""

    why: Phrase


#: The answer about somebody who was erased while the lock on them was waited for (S37).
NOBODY = Refused(phrase("staff.unknown_code"))


@dataclass(frozen=True, slots=True)
class NoShift(Refused):
    """Nothing changed: of several shops it has to be known first in which one this happens."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same operation was done before; nothing changed now (S9)."""

    kind: str
    at: datetime
    operation_id: int = field(default=0, compare=False)
    member_id: int | None = field(default=None, compare=False)
    staff_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Earned:
    """What an operation gave a member: amounts by unit, codes of rewards of filled cards, and the
    tier it moved them to.
    """

    member: Member
    operation_id: int
    given: tuple[tuple[str, int], ...]
    rewards: tuple[str, ...] = ()
    move: Move | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo took back from a member, by unit; codes of rewards turned back into stamps."""

    member: Member
    taken: tuple[tuple[str, int], ...]
    rewards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Used:
    """A reward that was handed over."""

    member: Member
    voucher: Voucher
