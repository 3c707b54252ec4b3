"""The programme of an earlier day: changes are never retroactive (S11)."""

from __future__ import annotations

from bot import programmes
from bot.domain.programme import Programme
from bot.services.unit_of_work import UnitOfWork
from bot.storage import settings


async def programme_of(uow: UnitOfWork, version: int | None) -> Programme:
    """The programme as a version said it; the one in force where it can't be read any more."""
    if version is None or version == uow.version:
        return uow.programme
    source = await settings.programme_source(uow.tx, version)
    found = programmes.once_in_force(source.removeprefix("\ufeff")) if source else None
    return found or uow.programme
