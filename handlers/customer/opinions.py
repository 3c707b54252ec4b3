"""What members say of the shop: a rating, a review, that they follow it."""

from __future__ import annotations

from bot.conversation import Router, Step, Turn, choice, option, whole
from bot.domain.messages import Phrase, Reply, Wording, phrase
from bot.domain.opinions import Photo
from bot.services import news, opinions
from bot.services.opinions import Rated
from bot.services.results import Earned
from handlers import gifts
from handlers.menu import home, member_menu

router = Router()

RATINGS = ("1", "2", "3", "4", "5")


# --- the survey ---


@router.command("rate", member=True)
async def rate(turn: Turn) -> Reply:
    """Ask for a rating, unless there was one lately."""
    refused = await opinions.may_rate(turn.uow, turn.customer.id, turn.now)
    return Reply((refused.why,), member_menu()) if refused else Reply(then="survey.rating")


async def ask_rating(turn: Turn) -> Reply:
    """The shop's question, from one to five."""
    survey = turn.programme.survey
    asked = phrase("survey.asked", question=survey.question if survey else "")
    # A list of numbers that stand for themselves would only cost more over SMS.
    row = tuple(choice("survey.rating", value, Wording.of(value)) for value in RATINGS)
    return Reply((asked,), () if turn.short else (row,), numbered=False)


async def answer_rating(turn: Turn) -> Reply:
    """Keep the rating, and ask for a word to it."""
    value = turn.answer or turn.text.strip()
    if value not in RATINGS:
        return Reply((phrase("survey.choose"),), then="survey.rating")
    rated = await opinions.rate(turn.uow, turn.customer.id, int(value), turn.now)
    if not isinstance(rated, Rated):
        return Reply((rated.why,), member_menu())
    thanks = (phrase("survey.thanks"), *(await _earned(turn, rated.earned)))
    return Reply(thanks, then="survey.words", draft={"answer": str(rated.answer)})


async def ask_words(_turn: Turn) -> Reply:
    """Whether they want to add something."""
    skip = choice("survey.words", "skip", phrase("button.skip"))
    return Reply((phrase("survey.words"),), ((skip,),))


async def answer_words(turn: Turn) -> Reply:
    """Keep what they add."""
    number = whole(turn.draft.get("answer", "")) or 0
    text = "" if turn.answer == "skip" else turn.text
    await opinions.explain_rating(turn.uow, turn.conversation, number, text, turn.now)
    return Reply((phrase("survey.done"),), member_menu())


# --- reviews ---


@router.command("review", member=True)
async def review(turn: Turn) -> Reply:
    """Ask for a review, where the programme gives something for one."""
    if not turn.programme.has("review"):
        return Reply((phrase("review.none"),), member_menu())
    return Reply(then="review.write")


async def ask_review(turn: Turn) -> Reply:
    """What a review earns, whatever it says."""
    lines: list[Phrase] = [phrase("review.asked")]
    lines += gifts.lines(turn.programme, "review", "review.earns")
    return Reply(tuple(lines), ((choice("review.write", "no", phrase("button.cancel")),),))


async def take_review(turn: Turn) -> Reply:
    """Keep what was written or shown, or say what can't be."""
    if turn.answer == "no":
        return await home(turn)
    message = turn.message
    photo = None
    if message.media == "photo" and message.file:
        photo = Photo(message.address.channel, message.file)
    elif message.media is not None:
        return Reply((phrase("review.empty"),), then="review.write")
    if not turn.text and photo is None:
        return Reply((phrase("review.empty"),), then="review.write")
    refused = await opinions.review(turn.uow, turn.customer.id, turn.text, photo, turn.now)
    if refused is None:
        return Reply((phrase("review.kept"),), member_menu())
    again = "review.write" if refused.why.key == "review.too_long" else None
    return Reply((refused.why,), () if again else member_menu(), then=again)


# --- following ---


@router.command("follow", member=True)
async def follow(turn: Turn) -> Reply:
    """Where the shop can be followed, and what that earns."""
    place = turn.programme.follow
    if place is None:
        return Reply((phrase("follow.none"),), member_menu())
    lines = [phrase("follow.where", name=place.name, link=Wording.of(place.link))]
    lines += gifts.lines(turn.programme, "follow", "follow.earns")
    yes = option(phrase("button.following"), "following")
    return Reply(tuple(lines), ((yes,), (option(phrase("button.menu"), "menu"),)), edits=True)


@router.action("following", member=True)
async def following(turn: Turn) -> Reply:
    """Take the member's word for it, once."""
    if turn.programme.follow is None:
        return Reply((phrase("follow.none"),), member_menu())
    earned = await opinions.follow(turn.uow, turn.customer.id, turn.now)
    return Reply((phrase("follow.thanks"), *(await _earned(turn, earned))), member_menu())


async def _earned(turn: Turn, earned: Earned | None) -> tuple[Phrase, ...]:
    """What somebody was just given; nothing where that was nothing."""
    if earned is None:
        return ()
    return (await news.of_earned(turn.uow, earned, "earn", turn.now)).phrases


router.step(Step("survey.rating", ask_rating, answer_rating, choices=True))
router.step(Step("survey.words", ask_words, answer_words, free=True))
router.step(Step("review.write", ask_review, take_review, free=True, photos=True))
