"""What the programme gives for something a member does, in words, before they do it."""

from __future__ import annotations

from bot.conversation import Turn
from bot.domain.messages import Phrase, phrase
from bot.domain.programme import Programme
from bot.services import news, profiles, units


def lines(programme: Programme, trigger: str, key: str) -> tuple[Phrase, ...]:
    """A sentence with a place for the gift, for each thing a trigger gives."""
    return tuple(phrase(key, gift=gift) for gift in units.promised(programme, trigger))


def of_profile(turn: Turn) -> tuple[Phrase, ...]:
    """What telling all that the programme asks for brings."""
    number = turn.programme.joining.phone != "off"
    return lines(turn.programme, "profile", "profile.earns_number" if number else "profile.earns")


async def for_profile(turn: Turn) -> tuple[Phrase, ...]:
    """What a member just got for having told all that; nothing where they did not."""
    earned = await profiles.completed(turn.uow, turn.customer.id, turn.now)
    if earned is None:
        return ()
    given = await news.of_earned(turn.uow, earned, "earn", turn.now)
    return (phrase("profile.done"), *given.phrases)
