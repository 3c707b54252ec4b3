"""Reviews members wrote: a manager approves or refuses them."""

from __future__ import annotations

from bot.conversation import Router, Turn, option, whole
from bot.domain.members import Role
from bot.domain.messages import Phrase, Reply, phrase
from bot.services import opinions
from handlers.menu import staff_menu

router = Router()


@router.command("reviews", role=Role.MANAGER)
async def reviews(turn: Turn) -> list[Reply]:
    """The review that waits longest."""
    return await _next(turn)


@router.action("review_approve", role=Role.MANAGER)
async def approve(turn: Turn) -> list[Reply]:
    """Let a review count."""
    return await _decide(turn, approved=True)


@router.action("review_refuse", role=Role.MANAGER)
async def refuse(turn: Turn) -> list[Reply]:
    """Let a review not count."""
    return await _decide(turn, approved=False)


async def _decide(turn: Turn, *, approved: bool) -> list[Reply]:
    number = whole(turn.args[0]) if turn.args else None
    refused = await opinions.decide(
        turn.uow, number or 0, turn.colleague, turn.now, approved=approved
    )
    done = phrase("reviews.approved" if approved else "reviews.refused")
    return await _next(turn, refused.why if refused else done)


async def _next(turn: Turn, *first: Phrase) -> list[Reply]:
    """What was done, then the next one; a photo of it where it can be shown here."""
    found = await opinions.waiting(turn.uow, 1)
    if not found:
        return [Reply((*first, phrase("reviews.nothing")), staff_menu(turn), edits=True)]
    one = found[0]
    lines = [*first]
    if one.review.text:
        lines.append(phrase("reviews.one", who=one.who, text=one.review.text))
    else:
        lines.append(phrase("reviews.photo_alone", who=one.who))
    shown = one.review.photo
    channel = turn.message.address.channel
    here = shown is not None and turn.shows_photos and shown.channel == channel
    if shown is not None and not here:
        lines.append(phrase("reviews.photo_elsewhere"))
    rows = (
        (
            option(phrase("button.approve"), "review_approve", str(one.review.id)),
            option(phrase("button.refuse"), "review_refuse", str(one.review.id)),
        ),
    )
    said = Reply(tuple(lines), rows, edits=not here)
    if shown is None or not here:
        return [said]
    return [Reply((phrase("reviews.photo", who=one.who),), photo=shown.file), said]
