"""What a member changes about themselves."""

from __future__ import annotations

from datetime import datetime

from bot.services import earning
from bot.services.results import Earned
from bot.services.unit_of_work import UnitOfWork
from bot.storage import mailboxes, members


async def set_language(uow: UnitOfWork, member_id: int, language: str) -> None:
    """Keep the language messages to the member are written in."""
    await members.set_language(uow.tx, member_id, language)
    await mailboxes.speak(uow.tx, member_id, language)


async def rename(uow: UnitOfWork, member_id: int, name: str) -> None:
    """Give the member another name."""
    await members.rename(uow.tx, member_id, name)


async def completed(uow: UnitOfWork, member_id: int, now: datetime) -> Earned | None:
    """What a member gets who has just told the last of what the programme asks for, once.

    That is a name and a birthday, and a number where joining asks for one.
    """
    if not uow.programme.has("profile"):
        return None
    member = await members.lock(uow.tx, member_id)
    if member.erased or not (member.name and member.birthday):
        return None
    if uow.programme.joining.phone != "off":
        known = {kind for kind, _, _ in await members.identities(uow.tx, member.id)}
        if "phone" not in known:
            return None
    return await earning.once(uow, member, "profile", now)
