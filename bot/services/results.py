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
    tier it moved them to. What is pending can be used from `available_at` on.
    """

    member: Member
    operation_id: int
    given: tuple[tuple[str, int], ...]
    rewards: tuple[str, ...] = ()
    move: Move | None = None
    available_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back from a member, by unit; codes of rewards turned back into stamps.

    `used` are the rewards that had been used on that purchase, which may be given back (S8);
    `membership` the code of a tier that had been paid for; `tier` says what became of the member's.
    """

    member: Member
    taken: tuple[tuple[str, int], ...]
    rewards: tuple[str, ...] = ()
    used: tuple[Voucher, ...] = ()
    membership: str = ""
    tier: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Bill:
    """A purchase's price, and what a reward took off it, in minor units."""

    amount_minor: int
    off_minor: int


@dataclass(frozen=True, slots=True)
class Used:
    """A reward that was handed over; with the purchase it was used on, and what that gave."""

    member: Member
    voucher: Voucher
    bill: Bill | None = None
    earned: Earned | None = None
