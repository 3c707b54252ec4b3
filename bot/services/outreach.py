"""Putting messages into the outbox: replies, and news for people who did not just write."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from bot.domain.members import Role
from bot.domain.messages import MessageClass, Reply
from bot.domain.preferences import zone_of
from bot.domain.quiet import quiet_until
from bot.domain.wire import reply_from_json, to_json
from bot.services.unit_of_work import UnitOfWork
from bot.storage import conversations, members, outbox, preferences, staff

#: The channel on which every message costs the shop money.
SMS = "sms"
#: How many messages with choices still count as being on the table, news among them.
CHOICES_KEPT = 3


async def say(
    uow: UnitOfWork,
    conversation_id: int,
    reply: Reply,
    now: datetime,
    *,
    message_class: MessageClass = MessageClass.REPLY,
    member_id: int | None = None,
    edit_of: str | None = None,
    clear_of: str | None = None,
    due_at: datetime | None = None,
) -> None:
    """Say something in a conversation, after what was said there before; now, or when it is due."""
    await outbox.put(
        uow.tx,
        conversation_id,
        json.dumps(to_json(reply)),
        message_class=message_class,
        member_id=member_id,
        choices=bool(reply.buttons),
        due_at=due_at or now,
        now=now,
        claimed_by=uow.owner,
        lease_until=uow.lease_until,
        edit_of=edit_of,
        clear_of=clear_of,
    )
    uow.touched[conversation_id] = None


async def tell_member(
    uow: UnitOfWork,
    member_id: int,
    reply: Reply,
    now: datetime,
    *,
    receipt: bool = False,
    at_once: bool = True,
) -> None:
    """Tell a member what was just done for them, where they wrote last (S22, S33a).

    A `receipt` tells no more than what was counted: over SMS it is off unless the shop pays for it.
    What does not follow what the member just did is not said `at_once`: it waits for quiet hours
    to end.
    """
    due_at = now if at_once else await _awake(uow, member_id, now)
    # A number is the answer to what they were asked themselves: it may be their consent.
    reply = replace(reply, numbered=False)
    for conversation_id, channel in (await conversations.of_member(uow.tx, member_id))[:1]:
        if receipt and channel == SMS and not uow.programme.sms.receipts:
            continue
        await say(
            uow,
            conversation_id,
            reply,
            now,
            message_class=MessageClass.TRANSACTIONAL,
            member_id=member_id,
            due_at=due_at,
        )


async def _awake(uow: UnitOfWork, member_id: int, now: datetime) -> datetime:
    """The first instant outside a member's quiet hours (S28)."""
    member = await members.get(uow.tx, member_id)
    if member is None:
        return now
    zone = zone_of(member, await preferences.of(uow.tx, member.id), uow.programme)
    return quiet_until(now, uow.programme.quiet_hours, zone) or now


async def tell_managers(
    uow: UnitOfWork,
    reply: Reply,
    now: datetime,
    *,
    except_for: int,
    roles: tuple[Role, ...] = (Role.MANAGER, Role.OWNER),
) -> None:
    """Tell the managers and owners something they should know, but not the colleague it is of."""
    for conversation_id in await staff.conversations(uow.tx, roles, except_for):
        await say(uow, conversation_id, reply, now, message_class=MessageClass.TRANSACTIONAL)


async def last_choices(uow: UnitOfWork, conversation_id: int) -> list[Reply]:
    """The newest messages with choices in a conversation, newest first."""
    stored = await outbox.last_choices(uow.tx, conversation_id, CHOICES_KEPT)
    return [reply_from_json(json.loads(reply)) for reply in stored]
