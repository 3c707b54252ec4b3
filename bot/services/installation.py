"""What an installation knows about itself."""

from __future__ import annotations

from bot.services.unit_of_work import Work
from bot.storage import settings
from bot.storage.migrate import pending


async def kept(work: Work, name: str, value: str) -> str:
    """A value made up once and kept: the stored one, or `value` from now on."""
    async with work.database.transaction() as tx:
        return await settings.keep(tx, name, value)


async def problems(work: Work) -> list[str]:
    """What keeps this process from working; raises when the database does not answer."""
    if waiting := await pending(work.database):
        return [f"the database lacks {len(waiting)} migrations: run `regulars migrate`"]
    return []
