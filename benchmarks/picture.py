"""A member's card as a picture, against the plain QR code of the same link as qrcode makes it."""

from __future__ import annotations

from io import BytesIO
from itertools import count
from time import perf_counter

import qrcode

from benchmarks.measuring import Outcome, compare
from bot import pictures

CARDS = 20
#: A card is a code and much around it; drawing it must not make the code seem slow.
AIM = 0.8


async def measure(rounds: int) -> Outcome:
    """Our card against `qrcode.make(link).save()`; no two cards are the same member's."""
    numbers = count(1)

    async def ours() -> float:
        started = perf_counter()
        for _ in range(CARDS):
            _card(next(numbers))
        return (perf_counter() - started) / CARDS

    async def yardstick() -> float:
        started = perf_counter()
        for _ in range(CARDS):
            qrcode.make(_link(next(numbers))).save(BytesIO())
        return (perf_counter() - started) / CARDS

    return await compare(
        "a member's card as a picture",
        ours,
        yardstick,
        unit="ms",
        against="qrcode making and saving the bare code",
        aim=AIM,
        rounds=rounds,
    )


def _card(number: int) -> bytes:
    filled = number % 10
    return pictures.card(
        link=_link(number),
        shop="Kavárna Lípa",
        colours=("#2f4a3c", "#ffffff", "#e8b04a"),
        heading=f"Markéta Nováková {number}",
        footer=f"{filled} z 10 razítek",
        filled=filled,
        total=10,
    )


def _link(number: int) -> str:
    """As long as a real one: a card's token is 16 characters."""
    return f"https://t.me/kavarna_lipa_bot?start=c_{number:016x}"
