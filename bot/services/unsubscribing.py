"""Stopping offers in one conversation by a link, without logging in anywhere (S33, S38)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from bot.domain.members import Member
from bot.services import joining, reaching
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import conversations, members
from bot.storage.database import Reader
from bot.storage.vault import Vault

#: What is kept as the wording and the source of a stop by a link.
WORDING, SOURCE = "unsubscribe.ask", "link"

_PURPOSE, _MASK = "unsubscribe", "unsubscribe.mask"
#: Hex digits of a conversation's number.
_NUMBER = 16


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whom a link is of, and on which channel it stops offers; whether they get some, and where."""

    member: Member
    channel: str
    here: bool
    elsewhere: bool


def token(work: Work, conversation_id: int) -> str:
    """What stops offers in a conversation: always the same for one, and it says nothing of it.

    The number is hidden by what signs it. It ends with the address's being the member's.
    """
    vault = work.database.vault
    if vault is None:
        raise RuntimeError("the vault is not open yet")
    proof = vault.sign(_PURPOSE, str(conversation_id))
    return f"{conversation_id ^ _mask(vault, proof):0{_NUMBER}x}{proof}"


async def of(work: Work, given: str) -> Subscription | None:
    """Whom a token is of; None for one that is not ours, or no longer good."""
    async with work.reading() as reader:
        return await _found(reader, given)


async def take(
    uow: UnitOfWork, given: str, now: datetime, *, everywhere: bool = False
) -> Subscription | None:
    """Stop offers where a token says, or on every channel; who has stopped stays as they are."""
    found = await _found(uow.tx, given)
    if found is None:
        return None
    member = await members.lock(uow.tx, found.member.id)
    if everywhere:
        await joining.stop_marketing(uow, member.id, found.channel, now, SOURCE)
    elif await joining.marketing(uow, member.id, found.channel) is not False:
        await joining.decide_marketing(uow, member.id, found.channel, False, WORDING, now, SOURCE)
    return found


async def _found(reader: Reader, given: str) -> Subscription | None:
    number = _number(reader.vault, given)
    conversation = await conversations.get(reader, number) if number else None
    if conversation is None or conversation.member_id is None:
        return None
    member = await members.get(reader, conversation.member_id)
    if member is None:
        return None
    channel, granted = conversation.address.channel, await reaching.granted(reader, member.id)
    return Subscription(member, channel, channel in granted, bool(granted - {channel}))


def _number(vault: Vault, given: str) -> int | None:
    """The conversation a token is of, if we made it."""
    hidden, proof = given[:_NUMBER], given[_NUMBER:]
    try:
        number = int(hidden, 16) ^ _mask(vault, proof)
    except ValueError:
        return None
    right = vault.sign(_PURPOSE, str(number))
    return number if hmac.compare_digest(proof.encode(), right.encode()) else None


def _mask(vault: Vault, proof: str) -> int:
    return int(vault.sign(_MASK, proof)[:_NUMBER], 16)
