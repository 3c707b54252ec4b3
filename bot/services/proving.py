"""Proving a number or e-mail address by a code sent to it (S12), without costing much (S32).

Nothing here looks whether one has a card: answers and their time are the same for all.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import emails
from bot.domain.messages import Address, MessageClass, Phrase, Reply, phrase
from bot.services import outreach, phones
from bot.services.outreach import SMS
from bot.services.reaching import EMAIL
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork
from bot.storage import conversations, proofs
from bot.storage.conversations import Conversation
from bot.storage.proofs import Kind

#: How many wrong codes end one that was sent.
TRIES = 5
HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)

_BETWEEN = re.compile(r"(?<=\d)[\s.–-]+(?=\d)")
_CODE = re.compile(r"(?<!\d)[0-9]{6}(?!\d)")


@dataclass(frozen=True, slots=True)
class Wrong(Refused):
    """That was not the code, which may be tried again."""


async def send_code(
    uow: UnitOfWork, conversation: Conversation, typed: str, now: datetime
) -> str | Refused:
    """Send a code to a number somebody typed in a conversation; the number in one form."""
    number = phones.e164(typed, uow.programme)
    if number is None or not phones.is_mobile(number):
        return Refused(phrase("phone.invalid"))
    country = phones.country(number)
    if country not in (uow.programme.codes.countries or (phones.region(uow.programme),)):
        return Refused(phrase("code.country"))
    await uow.tx.alone("codes")
    if why := await _too_many(uow, conversation, number, country, now):
        return Refused(why)
    theirs = await conversations.open(
        uow.tx, Address(SMS, number), "phone", conversation.language, now
    )
    if await conversations.opted_out(uow.tx, theirs.id):
        return Refused(phrase("code.stopped"))
    code = await _begin(uow, conversation, "phone", number, now, country)
    said = Reply((phrase("code.sms", shop=uow.programme.shop.name, code=code),))
    await outreach.say(uow, theirs.id, said, now, message_class=MessageClass.TRANSACTIONAL)
    return number


async def mail_code(
    uow: UnitOfWork, conversation: Conversation, typed: str, now: datetime
) -> str | Refused:
    """Send a code to an e-mail address somebody typed in a conversation; it in one form."""
    address = emails.canonical(typed)
    if address is None:
        return Refused(phrase("email.invalid"))
    await uow.tx.alone("codes")
    if why := await _too_many_mails(uow, conversation, address, now):
        return Refused(why)
    theirs = await conversations.open(
        uow.tx, Address(EMAIL, address), EMAIL, conversation.language, now
    )
    # An address that was dead may be somebody's again: this very mail will tell (S32).
    await conversations.revive(uow.tx, theirs.id)
    code = await _begin(uow, conversation, "email", address, now)
    shop, minutes = uow.programme.shop.name, uow.programme.codes.minutes
    said = Reply(
        (phrase("email.code", shop=shop, code=code, n=minutes), phrase("email.code_not_asked")),
        subject=phrase("email.subject.code", shop=shop),
    )
    await outreach.say(uow, theirs.id, said, now, message_class=MessageClass.TRANSACTIONAL)
    return address


async def _begin(
    uow: UnitOfWork,
    conversation: Conversation,
    kind: Kind,
    value: str,
    now: datetime,
    country: str = "",
) -> str:
    code = f"{secrets.randbelow(1_000_000):06}"
    ends_at = now + timedelta(minutes=uow.programme.codes.minutes)
    await proofs.begin(
        uow.tx, conversation.id, kind, value, code, country=country, now=now, ends_at=ends_at
    )
    return code


async def _too_many(
    uow: UnitOfWork, conversation: Conversation, number: str, country: str, now: datetime
) -> Phrase | None:
    """Why no more codes are sent to numbers now; only those that were sent count."""
    limits = uow.programme.codes
    if await proofs.sent(uow.tx, "phone", now - MONTH) >= limits.a_month:
        return phrase("code.budget")
    if await proofs.sent(uow.tx, "phone", now - HOUR, "country", country) >= limits.country_an_hour:
        return phrase("code.busy")
    if await proofs.sent(uow.tx, "phone", now - DAY, "value_hash", number) >= limits.number_a_day:
        return phrase("code.number_limit", n=limits.number_a_day)
    return await _too_many_asked(uow, conversation, "phone", now)


async def _too_many_mails(
    uow: UnitOfWork, conversation: Conversation, address: str, now: datetime
) -> Phrase | None:
    """The same for e-mail: it costs nothing, but too much of it makes the shop a spammer."""
    limits = uow.programme.codes
    if await proofs.sent(uow.tx, "email", now - HOUR) >= limits.country_an_hour:
        return phrase("code.busy")
    if await proofs.sent(uow.tx, "email", now - DAY, "value_hash", address) >= limits.number_a_day:
        return phrase("email.address_limit", n=limits.number_a_day)
    return await _too_many_asked(uow, conversation, "email", now)


async def _too_many_asked(
    uow: UnitOfWork, conversation: Conversation, kind: Kind, now: datetime
) -> Phrase | None:
    most = uow.programme.codes.sender_a_day
    sent = await proofs.sent(uow.tx, kind, now - DAY, "conversation_id", conversation.id)
    return phrase("code.sender_limit", n=most) if sent >= most else None


async def answer_code(
    uow: UnitOfWork,
    conversation: Conversation,
    typed: str,
    now: datetime,
    kind: Kind = "phone",
) -> str | Refused:
    """The number or address that is proven by the code somebody typed where they asked for it.

    Spaces and dashes are forgiven, and words around it. Wrong while it may be tried again.
    """
    proof = await proofs.newest(uow.tx, conversation.id)
    if proof is None or proof.kind != kind or proof.ends_at <= now:
        return Refused(phrase("code.ended"))
    codes = _CODE.findall(_BETWEEN.sub("", typed))
    if len(codes) != 1:
        return Wrong(phrase("code.unreadable"))
    if not await proofs.answer(uow.tx, conversation.id, proof, codes[0]):
        left = TRIES - proof.tries - 1
        if left > 0:
            return Wrong(phrase("code.wrong", n=left))
        await proofs.end(uow.tx, proof, now)
        return Refused(phrase("code.too_many"))
    await proofs.use(uow.tx, proof, now)
    return proof.value
