"""The planned end of a programme (S11): when earning is over, and when nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bot.domain.expiry import local_midnight
from bot.domain.problems import Path, Problem
from bot.domain.programme import Programme

#: Campaigns about what people have already; a broadcast is the owner's, who knows of the end.
REMINDING = ("expiry", "unused_reward")
_BROADCAST = "broadcast"
#: People need some time to hear of it, and to use what they have, in days.
NOTICE = 30


def earns(programme: Programme, at: datetime) -> bool:
    """Whether anything is earned at an instant: through the last day of earning."""
    end = programme.ending
    return end is None or at.astimezone(programme.zone()).date() <= end.last_earning


def ends_at(programme: Programme) -> datetime | None:
    """The instant at which all that is left ends; None where no end is planned."""
    if programme.ending is None:
        return None
    return local_midnight(programme.ending.last_redeeming + timedelta(days=1), programme.zone())


def redeems(programme: Programme, at: datetime) -> bool:
    """Whether anything can be redeemed at an instant: through the last day of redeeming."""
    end = ends_at(programme)
    return end is None or at < end


def invites(programme: Programme, campaign: str, at: datetime) -> bool:
    """Whether a campaign still makes sense at an instant.

    What invites to collect does until earning is over, what reminds of something to use until
    nothing can be redeemed any more.
    """
    if campaign == _BROADCAST:
        return True
    return redeems(programme, at) and (campaign in REMINDING or earns(programme, at))


def sooner(programme: Programme, at: datetime | None) -> datetime | None:
    """When something that ends at an instant, or never, is gone with the programme."""
    end = ends_at(programme)
    return at if end is None else min(at or end, end)


def check(programme: Programme, today: date | None = None) -> Iterator[Problem]:
    """What is wrong with the dates of the end, and that people hear of it late."""
    end = programme.ending
    if end is None:
        return
    first: Path = ("ending", "last_earning")
    last: Path = ("ending", "last_redeeming")
    if end.last_redeeming < end.last_earning:
        yield Problem(
            last,
            "error",
            f"redeeming ends on {end.last_redeeming} while people still earn until "
            f"{end.last_earning}: let it end on the same day or later",
            rival=first,
        )
    elif (end.last_redeeming - end.last_earning).days < NOTICE:
        yield Problem(
            last,
            "warning",
            f"less than {NOTICE} days are left to use what was earned on the last day: "
            "let people redeem for longer",
        )
    if today and end.last_redeeming >= today and (end.last_earning - today).days < NOTICE:
        yield Problem(
            first,
            "warning",
            f"members hear less than {NOTICE} days ahead that earning ends on {end.last_earning}: "
            "choose a later day if you can",
        )
