"""Becoming a member: by oneself in chat, or by a colleague at the till (S33, S40)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.domain.members import STOP_WORDING, Consent, Member, Staff
from bot.domain.messages import Address, Day, MessageClass, Moment, Reply, phrase
from bot.services import earning, ending, outreach, persons
from bot.services.phones import e164, is_mobile, proven_number
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork
from bot.storage import conversations, members, occasions, operations, preferences
from bot.storage.conversations import Conversation

#: The longest name kept, in characters.
NAME_LIMIT = 60
#: Where a decision comes from that took a stop back.
UNDO = "undo"
BIRTHDAY_CHANGE = timedelta(days=365)
#: How long a first birthday may be put right.
BIRTHDAY_SLIP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Joined:
    """A new member, and what the programme gave them for joining, by unit.

    `told`: somebody a colleague enrolled was written to at their number.
    """

    member: Member
    gift: tuple[tuple[str, int], ...]
    told: bool = False


def clean_name(text: str) -> str:
    """A name on one line, without control characters, as long as is kept; "" without a letter."""
    if not any(c.isalpha() for c in text):
        return ""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:NAME_LIMIT].strip()


async def join(
    uow: UnitOfWork,
    conversation: Conversation,
    *,
    name: str,
    language: str,
    location: str | None,
    now: datetime,
    phone: str = "",
) -> Joined:
    """Make the person of a conversation a member who confirmed the age and accepted the terms.

    `phone` is a number the app vouched for and nobody has.
    """
    place = uow.programme.location(location)
    member = await members.create(
        uow.tx,
        name=clean_name(name),
        language=language,
        now=now,
        source="chat",
        home_location=place.code if place else None,
    )
    await conversations.belongs_to(uow.tx, conversation.identity_id, member.id)
    await _accept_terms(uow, member.id, conversation.address.channel, now)
    if phone and (number := proven_number(phone, uow.programme)):
        await members.attach(uow.tx, member.id, "phone", number, proven=True, now=now)
    member = await members.lock(uow.tx, member.id)
    gift = await earning.welcome(uow, member, now)
    await persons.expect_tenure(uow, member, now)
    return Joined(member, tuple(gift))


async def take_possession(
    uow: UnitOfWork,
    member_id: int,
    conversation: Conversation,
    name: str,
    language: str,
    now: datetime,
) -> Member:
    """Give a membership a colleague began to the person who proved its number."""
    member = await members.lock(uow.tx, member_id)
    if name and not member.name:
        await members.rename(uow.tx, member.id, clean_name(name))
    await members.set_language(uow.tx, member.id, language)
    await _accept_terms(uow, member.id, conversation.address.channel, now)
    return await members.lock(uow.tx, member.id)


async def _accept_terms(uow: UnitOfWork, member_id: int, channel: str, now: datetime) -> None:
    terms = uow.programme.joining
    await members.accept_terms(uow.tx, member_id, terms.terms_version, terms.minimum_age)
    consent = Consent(channel, "terms", True, "join.welcome", terms.terms_version, "chat", now)
    await members.add_consent(uow.tx, member_id, consent)


async def decided(uow: UnitOfWork, member_id: int, channel: str) -> bool:
    """Whether a member has chosen about marketing on a channel."""
    return await marketing(uow, member_id, channel) is not None


async def marketing(uow: UnitOfWork, member_id: int, channel: str) -> bool | None:
    """A member's choice about marketing on a channel; None before it was made."""
    for consent in await members.consents(uow.tx, member_id):
        if (consent.channel, consent.purpose) == (channel, "marketing"):
            return consent.granted
    return None


async def granted(uow: UnitOfWork, member_id: int) -> bool:
    """Whether a member wants marketing on any channel."""
    decided = await members.consents(uow.tx, member_id)
    return any(each.granted for each in decided if each.purpose == "marketing")


def yearly(month: int, day: int) -> Day:
    """A birthday as it is shown: any leap year has every day."""
    return Day(date(2000, month, day), yearly=True)


async def decide_marketing(
    uow: UnitOfWork,
    member_id: int,
    channel: str,
    granted: bool,
    wording: str,
    now: datetime,
    source: str = "chat",
) -> None:
    """Keep a member's choice about marketing on one channel, with what they were asked (S33).

    Under their lock, so that nothing is picked for them by what held before.
    """
    member = await members.lock(uow.tx, member_id)
    version = uow.programme.joining.terms_version
    consent = Consent(channel, "marketing", granted, wording, version, source, now)
    await members.add_consent(uow.tx, member.id, consent)
    kept = await preferences.of(uow.tx, member.id)
    if granted and kept.channel and not await marketing(uow, member.id, kept.channel):
        # They stopped it where they had chosen it, and allow it here: so it is to come here.
        await preferences.keep(uow.tx, member.id, replace(kept, channel=None))


async def stop_marketing(
    uow: UnitOfWork, member_id: int, channel: str, now: datetime, source: str = "chat"
) -> int:
    """Stop all marketing on every channel at once (S33); the number by which it can be undone."""
    member = await members.lock(uow.tx, member_id)
    known = {consent.channel for consent in await members.consents(uow.tx, member.id)}
    for name in sorted({channel, *known, *await members.channels_used(uow.tx, member.id)}):
        await decide_marketing(uow, member.id, name, False, STOP_WORDING, now, source)
    return (await members.all_decisions(uow.tx, member.id, "marketing"))[-1][0]


async def undo_stop(uow: UnitOfWork, member_id: int, number: int, now: datetime) -> bool:
    """Restore what was decided before a stop, channel by channel (S33).

    False once anything was decided after it.
    """
    member = await members.lock(uow.tx, member_id)
    decided = await members.all_decisions(uow.tx, member.id, "marketing")
    if not decided or decided[-1][0] != number or not decided[-1][1].stops_all:
        return False
    before = [decision for _, decision in decided]
    stopped: dict[str, Consent] = {}
    # A stop decides each channel once, all at the same moment.
    while before and before[-1].at == decided[-1][1].at and before[-1].stops_all:
        if before[-1].channel in stopped:
            break
        decision = before.pop()
        stopped[decision.channel] = decision
    in_force = {decision.channel: decision for decision in before}
    for channel, stop in sorted(stopped.items()):
        undecided = replace(stop, wording=UNDO)
        again = replace(in_force.get(channel, undecided), source=UNDO, at=now)
        await members.add_consent(uow.tx, member.id, again)
    return True


async def set_birthday(
    uow: UnitOfWork, member_id: int, month: int, day: int, now: datetime
) -> Refused | None:
    """Keep a birthday; it can be changed once a year, and a first one put right at once (S30)."""
    member = await members.lock(uow.tx, member_id)
    set_at = await members.birthday_set_at(uow.tx, member.id)
    if member.birthday and set_at:
        changed = f"birthday:{member.id}"
        slip = now < set_at + BIRTHDAY_SLIP and not await operations.by_key(uow.tx, changed)
        if not slip and now < set_at + BIRTHDAY_CHANGE:
            again = Moment(set_at + BIRTHDAY_CHANGE, uow.programme.zone().key, "day")
            return Refused(phrase("birthday.once_a_year", at=again))
        if slip:
            now = set_at
        else:
            await operations.begin(uow.tx, changed, "birthday", now=now, member_id=member.id)
    await members.set_birthday(uow.tx, member.id, month, day, now)
    # A greeting on the wrong day would be dropped then, and this year's with it.
    await occasions.forget_planned(uow.tx, await members.family(uow.tx, member.id))
    return None


async def enrol(
    uow: UnitOfWork,
    phone: str,
    colleague: Staff,
    key: str,
    now: datetime,
    channels: Collection[str] = (),
) -> Joined | Refused:
    """Make a customer at the till a member by their number, which they prove when they write.

    Over one of `channels` they are told so once; nothing more is sent until they answer (S33).
    """
    if closed := ending.no_joining(uow.programme, now):
        return Refused(closed)
    number = e164(phone, uow.programme)
    if number is None:
        return Refused(phrase("phone.invalid"))
    existing = await members.by_identity(uow.tx, "phone", number)
    if existing:
        return Refused(phrase("staff.enrolled_before", code=existing.code))
    location = uow.programme.location(colleague.at)
    member = await members.create(
        uow.tx,
        name="",
        language=uow.programme.shop.language,
        now=now,
        source="staff",
        home_location=location.code if location else None,
    )
    await members.attach(uow.tx, member.id, "phone", number, proven=False, now=now)
    await operations.begin(
        uow.tx,
        key,
        "enrol",
        now=now,
        member_id=member.id,
        staff_id=colleague.id,
        location=colleague.at,
    )
    gift = await earning.welcome(uow, member, now)
    await persons.expect_tenure(uow, member, now)
    told = await _tell_enrolled(uow, member, number, channels, now)
    return Joined(member, tuple(gift), told)


async def _tell_enrolled(
    uow: UnitOfWork, member: Member, number: str, channels: Collection[str], now: datetime
) -> bool:
    channel = _first_contact(uow, member.language, channels)
    if channel is None or not is_mobile(number):
        return False
    address = Address(channel, number)
    theirs = await conversations.open(uow.tx, address, "phone", member.language, now)
    if await conversations.opted_out(uow.tx, theirs.id):
        return False
    shop = uow.programme.shop.name
    reply = Reply(
        (phrase("enrolled.told", shop=shop),), template=phrase("template.enrolled", shop=shop)
    )
    await outreach.say(
        uow,
        theirs.id,
        reply,
        now,
        message_class=MessageClass.TRANSACTIONAL,
        member_id=member.id,
    )
    return True


def _first_contact(uow: UnitOfWork, language: str, channels: Collection[str]) -> str | None:
    """Where a number can be written to whose owner never wrote to us."""
    if outreach.SMS in channels:
        return outreach.SMS
    approved = uow.programme.whatsapp.templates.get("enrolled", {})
    return "whatsapp" if "whatsapp" in channels and language in approved else None
