"""What members say of the shop in a review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture somebody sent: the channel it came by, and what it is called there."""

    channel: str
    file: str


@dataclass(frozen=True, slots=True)
class Review:
    """What a member wrote or showed; `waiting` until a colleague accepts or refuses it."""

    id: int
    member_id: int
    text: str
    photo: Photo | None
    state: Literal["waiting", "approved", "refused"]
