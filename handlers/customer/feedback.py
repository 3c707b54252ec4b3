"""Reaching a person: a question or a remark goes to the shop's people, and so do guesses gone."""

from __future__ import annotations

from bot.conversation import Router, Step, Turn, choice
from bot.domain.messages import Reply, phrase
from bot.services import questions
from bot.services.results import Refused
from handlers.menu import home, menu_of

router = Router()


@router.command("feedback")
async def feedback(turn: Turn) -> Reply:
    """`/feedback [words]`: pass the words on, or ask for them."""
    if turn.text and turn.message.action is None:
        return await _pass_on(turn, turn.text)
    refused = await questions.nobody(turn.uow, turn.conversation)
    return Reply((refused.why,), menu_of(turn)) if refused else Reply(then="feedback")


@router.action("pass_on")
async def pass_on(turn: Turn) -> Reply:
    """Offer to pass on what was written, since it is for a person."""
    words = turn.text[: questions.TEXT_LIMIT]
    return Reply(then="feedback.whether" if words else "feedback", draft={"words": words})


async def ask_words(_turn: Turn) -> Reply:
    """What the shop's people should read."""
    return Reply((phrase("ask.what"),), ((choice("feedback", "no", phrase("button.cancel")),),))


async def take_words(turn: Turn) -> Reply:
    """Pass the words on."""
    if turn.answer == "no":
        return await home(turn)
    if not turn.text:
        return Reply((phrase("fallback.media"),), then="feedback")
    return await _pass_on(turn, turn.text)


async def ask_whether(_turn: Turn) -> Reply:
    """Whether what was just written is for the shop's people."""
    rows = (
        (choice("feedback.whether", "yes", phrase("button.pass_on")),),
        (choice("feedback.whether", "no", phrase("button.no_thanks")),),
    )
    return Reply((phrase("ask.whether"),), rows)


async def take_whether(turn: Turn) -> Reply:
    """Pass on what was written before, or not."""
    answer = turn.answer or turn.yes_or_no(*turn.programme.shop.languages)
    return await (_pass_on(turn, turn.draft.get("words", "")) if answer == "yes" else home(turn))


async def _pass_on(turn: Turn, words: str) -> Reply:
    refused = await questions.ask(turn.uow, turn.conversation, words, turn.now)
    if isinstance(refused, Refused):
        return Reply((refused.why,), menu_of(turn))
    return Reply((phrase("ask.passed_on"),), menu_of(turn), edits=True)


router.step(Step("feedback", ask_words, take_words, free=True))
router.step(Step("feedback.whether", ask_whether, take_whether, once=True))
