"""Answering what customers asked the shop."""

from __future__ import annotations

from bot.conversation import Router, Step, Turn, choice, option, whole
from bot.domain.members import Role
from bot.domain.messages import Reply, phrase
from bot.services import questions
from bot.services.results import Refused
from handlers.menu import home, staff_menu

router = Router()


#: Questions shown at once; answered ones make room for the next.
SHOWN, SHORT_SHOWN = 5, 1


@router.command("questions", role=Role.CASHIER)
async def open_questions(turn: Turn) -> Reply:
    """What customers asked and nobody has answered."""
    found = await questions.open_ones(turn.uow, SHORT_SHOWN if turn.short else SHOWN, turn.now)
    if not found:
        return Reply((phrase("ask.none_open"),), staff_menu(turn))
    rows = tuple(
        (option(phrase("button.answer_to", number=str(n)), "answer_question", str(one.id)),)
        for n, one in enumerate(found, 1)
    )
    lines = tuple(one.said for one in found)
    return Reply(lines, rows)


@router.action("answer_question", role=Role.CASHIER)
async def begin_answer(turn: Turn) -> Reply:
    """Begin answering a question, unless a colleague was faster."""
    number = turn.args[0] if turn.args else ""
    found = await questions.waiting(turn.uow, whole(number) or 0, turn.now)
    if isinstance(found, Refused):
        return Reply((found.why,), staff_menu(turn))
    # What was open before is about somebody else.
    return Reply(then="question.answer", draft={"question": number})


async def ask_answer(turn: Turn) -> Reply:
    """The question again, and that the next words go to the customer."""
    number = whole(turn.draft.get("question", "")) or 0
    found = await questions.waiting(turn.uow, number, turn.now)
    cancel = choice("question.answer", "no", phrase("button.cancel"))
    if isinstance(found, Refused):
        return Reply((found.why,), ((cancel,),))
    return Reply((found.said, phrase("ask.write_answer")), ((cancel,),))


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
