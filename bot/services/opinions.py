"""What members say of the shop, and what it earns: ratings, reviews, and following it (S13).

A review earns because it was written, whatever it says; nobody is asked for praise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.members import Staff
from bot.domain.messages import Action, Button, Moment, Reply, phrase
from bot.domain.opinions import Photo, Review
from bot.services import earning, limits, news, outreach, questions
from bot.services.results import NOBODY, Earned, Refused
from bot.services.unit_of_work import UnitOfWork
from bot.storage import members, opinions
from bot.storage.conversations import Conversation

#: The longest review kept, in characters; one message of a colleague's shows it whole.
REVIEW_LIMIT = 1_500


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating that was kept, and what it earned."""

    answer: int
    earned: Earned | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A review a colleague decides on, and who wrote it."""

    review: Review
    who: str


async def may_rate(uow: UnitOfWork, member_id: int, now: datetime) -> Refused | None:
    """Why a member can't answer the survey now: they did lately."""
    survey = uow.programme.survey
    if survey is None:
        return Refused(phrase("survey.none"))
    last = await opinions.last_answer(uow.tx, member_id)
    again = last and last + timedelta(days=survey.every_days)
    if again and now < again:
        return Refused(phrase("survey.again", on=Moment(again, uow.programme.zone().key, "day")))
    return None


async def rate(uow: UnitOfWork, member_id: int, rating: int, now: datetime) -> Rated | Refused:
    """Keep a member's rating from 1 to 5, and give what the survey earns."""
    member = await members.lock(uow.tx, member_id)
    if member.erased:
        return NOBODY
    if refused := await may_rate(uow, member.id, now):
        return refused
    answer = await opinions.answer(uow.tx, member.id, rating, now)
    given = await earning.grant(uow, member, "survey", f"survey:{answer}", now)
    return Rated(answer, given if isinstance(given, Earned) else None)


async def explain_rating(
    uow: UnitOfWork, conversation: Conversation, answer: int, text: str, now: datetime
) -> None:
    """Keep what a member adds to their rating, if anything; a poor one reaches the managers."""
    survey, member_id = uow.programme.survey, conversation.member_id
    if survey is None or member_id is None:
        return
    member = await members.lock(uow.tx, member_id)
    text = questions.one_line(text)
    rating = await opinions.add_words(uow.tx, member.id, answer, text)
    if rating is not None and rating <= survey.low:
        await questions.pass_on_rating(uow, conversation, rating, text, now)


async def review(
    uow: UnitOfWork, member_id: int, text: str, photo: Photo | None, now: datetime
) -> Refused | None:
    """Keep a member's review until a colleague has looked at it."""
    if not uow.programme.has("review"):
        return Refused(phrase("review.none"))
    member = await members.lock(uow.tx, member_id)
    if member.erased:
        return NOBODY
    if await opinions.waiting_of(uow.tx, member.id):
        return Refused(phrase("review.one_at_a_time"))
    if len(text) > REVIEW_LIMIT:
        return Refused(phrase("review.too_long", most=REVIEW_LIMIT, length=len(text)))
    await opinions.write(uow.tx, member.id, questions.readable(text), photo, now)
    button = Button(phrase("button.reviews"), Action("reviews"))
    told = Reply((phrase("reviews.new", who=member.name or member.code),), ((button,),))
    await outreach.tell_managers(uow, replace(told, numbered=False), now, except_for=0)
    return None


async def waiting(uow: UnitOfWork, limit: int) -> list[Waiting]:
    """The reviews nobody has decided on, oldest first, at most `limit`."""
    found = []
    for each in await opinions.waiting(uow.tx, limit):
        member = await members.get(uow.tx, each.member_id)
        if member:
            found.append(Waiting(each, member.name or member.code))
    return found


async def decide(
    uow: UnitOfWork, review_id: int, colleague: Staff, now: datetime, *, approved: bool
) -> Refused | None:
    """Approve a review, which earns once, or refuse it; the member hears of it."""
    found = await opinions.get(uow.tx, review_id)
    if found is None:
        return Refused(phrase("reviews.decided"))
    member = await members.lock(uow.tx, found.member_id)
    found = await opinions.get(uow.tx, review_id)
    if found is None or found.state != "waiting" or member.erased:
        return Refused(phrase("reviews.decided"))
    if refused := await limits.own_card(uow, member, colleague, now):
        return refused
    await opinions.close(uow.tx, review_id, approved=approved, staff_id=colleague.id, now=now)
    template = phrase("template.review", shop=uow.programme.shop.name)
    said = Reply((phrase("review.refused"),), ((news.card_button(),),), template=template)
    if approved:
        key = f"review:{review_id}"
        given = await earning.grant(uow, member, "review", key, now, colleague=colleague)
        if isinstance(given, Earned):
            said = await news.of_earned(uow, given, "earn", now)
        else:
            said = replace(said, phrases=())
        said = replace(said, phrases=(phrase("review.approved"), *said.phrases))
    await outreach.tell_member(uow, member.id, said, now, at_once=False)
    return None


async def follow(uow: UnitOfWork, member_id: int, now: datetime) -> Earned | None:
    """Take a member's word that they follow the shop: it earns once."""
    member = await members.lock(uow.tx, member_id)
    return None if member.erased else await earning.once(uow, member, "follow", now)
