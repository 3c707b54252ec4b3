"""What a member changes about themselves."""

from __future__ import annotations

from bot.services.unit_of_work import UnitOfWork
from bot.storage import mailboxes, members


async def set_language(uow: UnitOfWork, member_id: int, language: str) -> None:
    """Keep the language messages to the member are written in."""
    await members.set_language(uow.tx, member_id, language)
    await mailboxes.speak(uow.tx, member_id, language)


async def rename(uow: UnitOfWork, member_id: int, name: str) -> None:
    """Give the member another name."""
    await members.rename(uow.tx, member_id, name)
