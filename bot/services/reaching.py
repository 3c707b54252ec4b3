"""Where a member is written to unasked, and what holds for them there (S27, S28, S32, S33a)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from bot.domain.deciding import Circumstances
from bot.domain.drawing import draw
from bot.domain.expiry import local_midnight
from bot.domain.members import Member
from bot.domain.messages import Address
from bot.domain.preferences import Preference, zone_of
from bot.domain.programme import Paid, Programme
from bot.services.outreach import SMS
from bot.storage import conversations, halts, members, spending
from bot.storage.conversations import Place
from bot.storage.database import Reader, Transaction

WHATSAPP, EMAIL = "whatsapp", "email"
#: Which of a member's addresses a channel needs.
IDENTITY_KINDS: Mapping[str, str] = {SMS: "phone", WHATSAPP: "phone", EMAIL: "email"}
#: In this order where nobody ever wrote: what costs nothing first.
FIRST_CONTACT = (EMAIL, WHATSAPP, SMS)


#: Why nowhere, where the channel they use is not on in this process: another may have it.
OFF = "channel off"
#: How long until that is looked at again.
OFF_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to a member that may be taken; `conversation_id` is None where none was begun yet."""

    channel: str
    conversation_id: int | None
    address: str = ""


async def granted(reader: Reader, member_id: int) -> frozenset[str]:
    """The channels on which a member wants marketing now."""
    return frozenset(
        consent.channel
        for consent in await members.consents(reader, member_id)
        if consent.purpose == "marketing" and consent.granted
    )


async def way_to(
    reader: Reader,
    member: Member,
    preference: Preference,
    channels: Collection[str],
    prefers: str = "",
) -> Way | str:
    """Where a member hears what is unasked, of the `channels` that are on; or why nowhere.

    The channel they chose, else the one that suits the message (`prefers`), else the one used
    last. Another takes over for a dead address, never after a stop or a block (S33a).
    """
    wanted = await granted(reader, member.id)
    if not wanted or (preference.channel and preference.channel not in wanted):
        # Whoever stopped it where they wanted it is not written to elsewhere instead.
        return "no consent"
    first = preference.channel or prefers
    known = await conversations.places(reader, member.id)
    used = sorted((p for p in known if p.heard), key=lambda place: place.channel != first)
    silent = [place for place in known if not place.heard]
    possible = [name for name in FIRST_CONTACT if name in wanted and name in channels]
    if first in possible and all(place.channel != first for place in used):
        # An address nobody writes from, such as for e-mail.
        way = await _first_contact(reader, member, silent, (first,))
        if way is not None:
            return way
    for place in used:
        if place.refuses:
            return "blocked"
        if place.channel in wanted and place.channel in channels and not place.dead:
            return Way(place.channel, place.conversation_id)
    unused = [name for name in possible if all(place.channel != name for place in used)]
    way = await _first_contact(reader, member, silent, unused)
    if way is not None:
        return way
    off = any(place.channel in wanted - set(channels) and not place.dead for place in used)
    return OFF if off else "no channel"


@dataclass(frozen=True)
class Ways:
    """The ways to one member, each looked for once."""

    reader: Reader
    member: Member
    preference: Preference
    channels: Collection[str]
    _found: dict[str, Way | str] = field(default_factory=dict)

    async def to(self, prefers: str) -> Way | str:
        """As `way_to`, for a message that `prefers` a channel."""
        if prefers not in self._found:
            self._found[prefers] = await way_to(
                self.reader, self.member, self.preference, self.channels, prefers
            )
        return self._found[prefers]


async def _first_contact(
    reader: Reader, member: Member, silent: Collection[Place], channels: Collection[str]
) -> Way | None:
    """A way where the member never wrote from, but agreed to be written to."""
    for channel in channels:
        begun = next((place for place in silent if place.channel == channel), None)
        if begun and not begun.dead and not begun.refuses:
            return Way(channel, begun.conversation_id)
        if begun:
            continue
        for kind, value, _ in await members.identities(reader, member.id):
            if kind == IDENTITY_KINDS.get(channel):
                return Way(channel, None, value)
    return None


async def begun(tx: Transaction, member: Member, way: Way, now: datetime) -> int:
    """The conversation of a way, begun where we write first."""
    if way.conversation_id is not None:
        return way.conversation_id
    kind = IDENTITY_KINDS[way.channel]
    address = Address(way.channel, way.address)
    return (await conversations.open(tx, address, kind, member.language, now)).id


async def circumstances(
    reader: Reader,
    programme: Programme,
    member: Member,
    preference: Preference,
    channel: str,
    now: datetime,
) -> Circumstances:
    """What holds for a member on a channel at this moment, but for what was said before."""
    return Circumstances(
        caps=programme.caps,
        quiet=programme.quiet_hours,
        zone=zone_of(member, preference, programme),
        channel=channel,
        pace=preference.pace,
        paused_until=preference.paused_until,
        budget_until=await budget_until(reader, programme, channel, now),
        halted=await halts.halted(reader),
        draw=draw(member.code, "spread"),
    )


def units_of(programme: Programme, channel: str) -> int:
    """The most units of a budget that one message of a channel takes."""
    return programme.sms.segments if channel == SMS else 1


def month(programme: Programme, now: datetime) -> int:
    """The calendar month of a budget, in the programme's zone."""
    return spending.month_of(now.astimezone(programme.zone()).date())


async def budget_until(
    reader: Reader, programme: Programme, channel: str, now: datetime
) -> datetime | None:
    """When there is money again for a channel: None where there is some now (S32)."""
    prices: Mapping[str, Paid] = {SMS: programme.sms, WHATSAPP: programme.whatsapp}
    paid = prices.get(channel)
    if paid is None or paid.budget is None or paid.price is None:
        return None
    used = await spending.units(reader, channel, month(programme, now))
    if (used + units_of(programme, channel)) * paid.price <= paid.budget:
        return None
    today = now.astimezone(programme.zone()).date()
    following = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    return local_midnight(following, programme.zone()).astimezone(UTC)
