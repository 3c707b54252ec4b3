"""What a member decides about unasked messages: how many, where, by whose clock, not for now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.domain.caps import FEWER
from bot.domain.expiry import add_months, local_midnight
from bot.domain.members import Member
from bot.domain.preferences import Pace, Preference, zone_of
from bot.domain.programme import Programme
from bot.services import reaching
from bot.services.unit_of_work import UnitOfWork
from bot.storage import conversations, members, occasions, preferences

#: What a channel is to a member: messages come here; only where that one is dead; not allowed;
#: closed by its owner, who has to write from there.
Stands = Literal["first", "allowed", "refused", "closed"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for a member at this moment; `channels` are all they have, the first one first."""

    preference: Preference
    channels: dict[str, Stands]
    zone: ZoneInfo

    @property
    def first(self) -> str | None:
        """The channel that gifts and offers come to; None where they come to none."""
        return next((name for name, stands in self.channels.items() if stands == "first"), None)

    @property
    def closed(self) -> str | None:
        """The channel whose owner closed it to us, where that keeps everything back."""
        if self.first is not None or "allowed" not in self.channels.values():
            return None
        return next((name for name, stands in self.channels.items() if stands == "closed"), None)


async def standing(
    uow: UnitOfWork, member: Member, channels: Collection[str], now: datetime
) -> Standing:
    """What holds for a member now, of the `channels` that are switched on."""
    kept = await preferences.of(uow.tx, member.id)
    if kept.paused_until is not None and kept.paused_until <= now:
        kept = replace(kept, paused_until=None)
    granted = await reaching.granted(uow.tx, member.id)
    way = await reaching.way_to(uow.tx, member, kept, channels)
    first = None if isinstance(way, str) else way.channel
    closed = {
        place.channel for place in await conversations.places(uow.tx, member.id) if place.refuses
    }
    known = [*filter(None, [first]), *await _known(uow, member, channels)]
    stands: dict[str, Stands] = {}
    for name in dict.fromkeys(known):
        if name == first:
            stands[name] = "first"
        elif name in closed:
            stands[name] = "closed"
        else:
            stands[name] = "allowed" if name in granted else "refused"
    return Standing(kept, stands, zone_of(member, kept, uow.programme))


async def _known(uow: UnitOfWork, member: Member, channels: Collection[str]) -> list[str]:
    """The channels a member can be reached on, or has decided about."""
    used = {place.channel for place in await conversations.places(uow.tx, member.id)}
    decided = {
        consent.channel
        for consent in await members.consents(uow.tx, member.id)
        if consent.purpose == "marketing"
    }
    return sorted((used | decided) & set(channels))


async def of(uow: UnitOfWork, member_id: int) -> Preference:
    """What a member wants."""
    return await preferences.of(uow.tx, member_id)


def most_a_month(programme: Programme, pace: Pace = "all") -> int | None:
    """How many unasked messages a month there may be at most; None where no cap says so."""
    caps = [programme.caps.member.get("month"), FEWER["month"] if pace == "fewer" else None]
    return min((cap for cap in caps if cap is not None), default=None)


async def set_pace(uow: UnitOfWork, member_id: int, pace: Pace) -> None:
    """Keep how many messages a member wants."""
    await _change(uow, member_id, pace=pace)


async def prefer(uow: UnitOfWork, member_id: int, channel: str | None) -> None:
    """Keep the channel a member wants messages on; None is the one used last (S33a)."""
    await _change(uow, member_id, channel=channel)


async def pause(uow: UnitOfWork, member: Member, now: datetime) -> None:
    """Say nothing unasked for a month: until the same local day begins."""
    zone = zone_of(member, await preferences.of(uow.tx, member.id), uow.programme)
    until = local_midnight(add_months(now.astimezone(zone).date(), 1), zone)
    await _change(uow, member.id, paused_until=until)


async def end_pause(uow: UnitOfWork, member_id: int) -> None:
    """Go on as before a pause."""
    await _change(uow, member_id, paused_until=None)


async def live_by(uow: UnitOfWork, member_id: int, zone: str | None) -> None:
    """Keep a member's own time zone (S28); None is their shop's.

    What is planned goes by the old one, so it is planned anew.
    """
    await _change(uow, member_id, zone=zone)
    await occasions.forget_planned(uow.tx, await members.family(uow.tx, member_id))


async def _change(uow: UnitOfWork, member_id: int, **wishes: Any) -> None:
    member = await members.lock(uow.tx, member_id)
    kept = await preferences.of(uow.tx, member.id)
    await preferences.keep(uow.tx, member.id, replace(kept, **wishes))
    # What they did not want till then may be wanted from now on.
    await occasions.look_again(uow.tx, await members.family(uow.tx, member.id))
