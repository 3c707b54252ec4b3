"""The café that is measured: colleagues at their tills, and members who chat with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot import programmes
from bot.domain.members import Role, Staff
from bot.domain.messages import Address
from bot.services import staffing
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import conversations, members
from bot.storage.conversations import Conversation

#: A fixed noon: no day begins while a round runs, and every round stores the same instants.
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Regular:
    """A member, by number and code."""

    id: int
    code: str


@dataclass(frozen=True, slots=True)
class Till:
    """A colleague, the chat they write from, and the members they serve."""

    colleague: Staff
    chat: int
    regulars: Sequence[Regular]


async def furnish(work: Work, tills: int, regulars: int, preset: str = "cafe-stamps") -> list[Till]:
    """Put a programme in force and people in the book: so many regulars for each till."""
    # One stamp after the other at one till would pass the limits of any real day.
    source = re.sub(r"(_stamps_a_day = )\d+", r"\g<1>100000", programmes.preset(preset))
    await work.adopt(source, NOON)
    return [await _till(work, number, regulars) for number in range(1, tills + 1)]


async def _till(work: Work, number: int, regulars: int) -> Till:
    chat = number * 1_000_000
    async with work.unit_of_work() as uow:
        token = await staffing.invite(uow, f"Jana {number}", Role.CASHIER, None, NOON)
        colleague = await staffing.accept(uow, await _enter(uow, chat), token, NOON)
        if isinstance(colleague, Refused):
            raise TypeError(f"the colleague was refused: {colleague.why.key}")
        served = [await _regular(uow, chat + one) for one in range(1, regulars + 1)]
    return Till(colleague, chat, served)


async def _regular(uow: UnitOfWork, chat: int) -> Regular:
    conversation = await _enter(uow, chat)
    member = await members.create(
        uow.tx, name=f"Markéta Nováková {chat}", language="cs", now=NOON, source="chat"
    )
    await conversations.belongs_to(uow.tx, conversation.identity_id, member.id)
    return Regular(member.id, member.code)


async def _enter(uow: UnitOfWork, chat: int) -> Conversation:
    address = Address("telegram", str(chat))
    return await conversations.enter(uow.tx, address, "telegram", "cs", NOON)
