"""What a member may like, by what they bought."""

from __future__ import annotations

from bot.domain.programme import Programme
from bot.domain.suggestions import Suggestion, suggest
from bot.storage import operations
from bot.storage.database import Reader


async def suggestion(reader: Reader, programme: Programme, member_id: int) -> Suggestion | None:
    """Something new for a member, if there is anything."""
    return suggest(programme, await operations.products_of(reader, member_id))
