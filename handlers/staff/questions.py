"""Answering what customers asked the shop."""

from __future__ import annotations

from bot.conversation import Router, Step, Turn, choice, whole
from bot.domain.members import Role
from bot.domain.messages import Reply, phrase
from bot.services import questions
from bot.services.results import Refused
from handlers.menu import home, staff_menu

router = Router()


@router.action("answer_question", role=Role.CASHIER)
async def begin_answer(turn: Turn) -> Reply:
    """Begin answering a question, unless a colleague was faster."""
    number = turn.args[0] if turn.args else ""
    found = await questions.waiting(turn.uow, whole(number) or 0)
    if isinstance(found, Refused):
        return Reply((found.why,), staff_menu(turn))
    # What was open before is about somebody else.
    return Reply(then="question.answer", draft={"question": number})


async def ask_answer(turn: Turn) -> Reply:
    """The question again, and that the next words go to the customer."""
    found = await questions.waiting(turn.uow, whole(turn.draft.get("question", "")) or 0)
    cancel = choice("question.answer", "no", phrase("button.cancel"))
    if isinstance(found, Refused):
        return Reply((found.why,), ((cancel,),))
    return Reply((questions.asked(found.who, found.text), phrase("ask.write_answer")), ((cancel,),))


async def take_answer(turn: Turn) -> Reply:
    """Send the answer."""
    if turn.answer == "no" or turn.staff is None:
        return await home(turn)
    if not turn.text:
        return Reply((phrase("fallback.media"),), then="question.answer", draft=turn.draft)
    number = whole(turn.draft.get("question", "")) or 0
    refused = await questions.answer(turn.uow, number, turn.text, turn.colleague, turn.now)
    if refused:
        return Reply((refused.why,), staff_menu(turn))
    return Reply((phrase("ask.sent"),), staff_menu(turn))


router.step(Step("question.answer", ask_answer, take_answer, free=True))
