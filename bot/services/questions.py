"""Questions to the shop: passed on to its people, whose answer comes back into the chat."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.members import Role, Staff
from bot.domain.messages import (
    Action,
    Button,
    MessageClass,
    Moment,
    Phrase,
    Reply,
    Wording,
    phrase,
)
from bot.domain.rewards import Voucher
from bot.services import outreach, redeeming
from bot.services.results import Refused, Repeated
from bot.services.unit_of_work import UnitOfWork
from bot.storage import conversations, members, questions, staff, vouchers
from bot.storage.conversations import Conversation

#: The longest question or answer passed on, in characters.
TEXT_LIMIT = 1000
#: How much of an answer an approved sentence can carry, in characters.
#: https://www.twilio.com/docs/content/using-variables-with-content-api
VALUE_LIMIT = 250
#: How many questions one conversation may pass on in a day.
QUESTIONS_A_DAY = 5
DAY = timedelta(days=1)

#: Characters nobody sees, such as those that turn the order of what follows; and a text's gaps.
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_GAP = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Open:
    """A question that waits for an answer, with who asks, and what they are called at the till.

    `reward` is an experience they redeemed, with its voucher.
    """

    id: int
    text: str
    who: str
    asker: Conversation
    reward: Wording | None = None
    voucher_id: int | None = None

    @property
    def said(self) -> Phrase:
        """The question as colleagues read it."""
        if self.reward:
            return phrase("ask.experience", who=self.who, reward=self.reward)
        return asked(self.who, self.text)


async def ask(
    uow: UnitOfWork, conversation: Conversation, text: str, now: datetime
) -> Refused | None:
    """Pass a question on to the shop's people.

    Managers and owners hear it, or every colleague where none of those is here. Refused when
    nobody is, or when this conversation has asked too much today.
    """
    if refused := await nobody(uow, conversation):
        return refused
    if await questions.asked_since(uow.tx, conversation.id, now - DAY) >= QUESTIONS_A_DAY:
        return Refused(phrase("ask.enough"))
    # On one line: whoever asks must not write lines that read as ours.
    text = one_line(text)
    number = await questions.ask(uow.tx, conversation.id, text, now)
    said = asked(await _who(uow, conversation), text)
    template = phrase("template.question", shop=uow.programme.shop.name, text=_on_one_line(text))
    await _pass_on(uow, conversation, number, said, template, now)
    return None


async def _pass_on(
    uow: UnitOfWork,
    conversation: Conversation,
    number: int,
    said: Phrase,
    template: Phrase,
    now: datetime,
) -> None:
    """Put a question before whoever may answer it."""
    answer_it = Button(phrase("button.answer"), Action("answer_question", (str(number),)))
    reply = Reply((said,), ((answer_it,),), numbered=False, template=template)
    for listener in await _listeners(uow, conversation):
        await outreach.say(uow, listener, reply, now, message_class=MessageClass.TRANSACTIONAL)


async def pass_on_rating(
    uow: UnitOfWork, conversation: Conversation, rating: int, text: str, now: datetime
) -> None:
    """Let the shop's people know of a poor rating, which they can answer like a question."""
    text, who, shop = one_line(text), await _who(uow, conversation), uow.programme.shop.name
    said = phrase("survey.low_silent", who=who, rating=rating)
    if text:
        said = phrase("survey.low", who=who, rating=rating, text=text)
    kept = f"{rating}/5: {text}" if text else f"{rating}/5"
    number = await questions.ask(uow.tx, conversation.id, kept, now)
    template = phrase("template.question", shop=shop, text=_on_one_line(kept))
    await _pass_on(uow, conversation, number, said, template, now)


async def redeem(
    uow: UnitOfWork, conversation: Conversation, code: str, key: str, now: datetime
) -> Voucher | Refused | Repeated:
    """Redeem an experience: the shop's people hear of it, and their answer comes back here.

    With it the reward is used; without one it goes back to its owner in time.
    """
    if conversation.member_id is None:
        return Refused(phrase("reward.gone"))
    if refused := await nobody(uow, conversation):
        return refused
    voucher = await redeeming.reserve(uow, conversation.member_id, code, key, now)
    reward = uow.programme.reward(code)
    if not isinstance(voucher, Voucher) or reward is None:
        return voucher
    number = await questions.ask(uow.tx, conversation.id, "", now, voucher.id)
    said = phrase("ask.experience", who=await _who(uow, conversation), reward=reward.name)
    template = phrase("template.experience", shop=uow.programme.shop.name, reward=reward.name)
    await _pass_on(uow, conversation, number, said, template, now)
    return voucher


async def nobody(uow: UnitOfWork, asker: Conversation) -> Refused | None:
    """Why nobody of the shop can be asked here, where that is so."""
    return None if await _listeners(uow, asker) else _nobody(uow)


def _nobody(uow: UnitOfWork) -> Refused:
    contact = uow.programme.shop.contact
    return Refused(phrase("fallback.person", contact=contact) if contact else phrase("ask.nobody"))


async def open_ones(uow: UnitOfWork, limit: int, now: datetime) -> list[Open]:
    """The questions nobody has answered, oldest first, at most `limit`."""
    found = []
    for number in await questions.unanswered(uow.tx, limit, now):
        question = await waiting(uow, number, now)
        if isinstance(question, Open):
            found.append(question)
    return found


def asked(who: str, text: str) -> Phrase:
    """A question as colleagues read it; `who` is empty for somebody who is no member."""
    return (
        phrase("ask.asked", who=who, text=text) if who else phrase("ask.asked_stranger", text=text)
    )


def one_line(text: str) -> str:
    """What somebody wrote on one line, as long as is passed on."""
    return " ".join(readable(text).split())


def readable(text: str) -> str:
    """What somebody wrote, as long as is passed on, in the order and the lines they show."""
    return _GAP.sub("\n\n", _UNSEEN.sub(" ", text)).strip()[:TEXT_LIMIT]


def _on_one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= VALUE_LIMIT else f"{line[: VALUE_LIMIT - 1].rstrip()}…"


async def _listeners(uow: UnitOfWork, asker: Conversation) -> list[int]:
    for roles in ((Role.MANAGER, Role.OWNER), tuple(Role)):
        found = await staff.conversations(uow.tx, roles, asker.staff_id or 0)
        if found:
            return found
    return []


async def _who(uow: UnitOfWork, conversation: Conversation) -> str:
    if conversation.member_id is None:
        return ""
    member = await members.get(uow.tx, conversation.member_id)
    return "" if member is None else f"{member.name or member.code}"


async def waiting(uow: UnitOfWork, question_id: int, now: datetime) -> Open | Refused:
    """A question for a colleague who wants to answer it, if nobody has and it still waits."""
    found = await questions.lock(uow.tx, question_id)
    if found is None:
        return Refused(phrase("ask.gone"))
    if found.answered_at is not None:
        by = await staff.get(uow.tx, found.staff_id) if found.staff_id else None
        at = Moment(found.answered_at, uow.programme.zone().key)
        return Refused(phrase("ask.answered_already", colleague=by.name if by else "", at=at))
    asker = await conversations.get(uow.tx, found.conversation_id)
    assert asker is not None  # noqa: S101 - a question refers to its conversation
    voucher = await vouchers.get(uow.tx, found.voucher_id) if found.voucher_id else None
    if voucher and voucher.state != "used" and (why := redeeming.closed(uow, voucher, now)):
        return Refused(why)
    reward = uow.programme.reward(voucher.reward) if voucher else None
    return Open(
        found.id,
        found.text,
        await _who(uow, asker),
        asker,
        reward.name if reward else None,
        found.voucher_id,
    )


async def answer(
    uow: UnitOfWork, question_id: int, text: str, colleague: Staff, now: datetime
) -> Refused | None:
    """Send a colleague's answer to whoever asked; the first answer counts.

    Refused too where the network takes nothing to them any more.
    """
    found = await waiting(uow, question_id, now)
    if isinstance(found, Refused):
        return found
    if await conversations.opted_out(uow.tx, found.asker.id):
        return Refused(phrase("code.stopped"))
    text = readable(text)
    await questions.answer(uow.tx, question_id, text, colleague.id, now)
    if found.voucher_id:
        await redeeming.confirm(uow, found.voucher_id, colleague, now)
    shop = uow.programme.shop.name
    reply = Reply(
        (phrase("ask.answer", shop=shop, text=text),),
        ((Button(phrase("button.menu"), Action("menu")),),),
        numbered=False,
        template=phrase("template.answer", shop=shop, text=_on_one_line(text)),
    )
    await outreach.say(
        uow,
        found.asker.id,
        reply,
        now,
        message_class=MessageClass.TRANSACTIONAL,
        member_id=found.asker.member_id,
    )
    return None
