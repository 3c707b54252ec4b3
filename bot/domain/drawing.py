"""Draws that stay: who is held out, who gets which variant, whose turn comes when (S28, S34).

The same member draws the same number every time, in every process and after every restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b


def draw(member_code: str, what: str) -> float:
    """A number from 0 up to, not including, 1: this member's for `what`, and uniform over many."""
    digest = blake2b(f"{what}\0{member_code}".encode(), digest_size=8).digest()
    # A float holds 53 bits: more of them would round up to 1.
    return (int.from_bytes(digest) >> 11) / (1 << 53)


def held_out(member_code: str, campaign: str, percent: int) -> bool:
    """Whether a member is among the `percent` who are left out of a campaign, to compare with."""
    return draw(member_code, f"hold out {campaign}") * 100 < percent


def variant(member_code: str, campaign: str, variants: Sequence[str]) -> str:
    """The variant a member gets of a campaign, each an equal share; empty where there is none.

    The order does not matter, and a new one takes members only for itself.
    """
    return max(
        variants,
        key=lambda code: draw(member_code, f"variant {campaign} {code}"),
        default="",
    )
