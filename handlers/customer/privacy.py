"""What is kept and why, all that is held on the member, and erasing it on a typed word (S37)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.conversation import Router, Step, Turn, choice, option
from bot.domain.members import Consent, Member
from bot.domain.messages import Moment, Money, Phrase, Reply, phrase
from bot.services import erasing, holding, joining
from bot.services.holding import Holding
from handlers.customer.messages import channel_name
from handlers.menu import Rows, endings, home, language_name, menu_of, name_of, progress, waiting
from handlers.paging import page_asked

router = Router()

#: Lines a page: of those, one message holds a page on every channel with room for it.
PAGE = 12


@router.command("privacy")
async def privacy(turn: Turn) -> Reply:
    """What is kept and why, and the shop's own terms; over SMS where to read it."""
    return _kept(turn)


@router.command("terms")
async def terms(turn: Turn) -> Reply:
    """The shop's own terms; over SMS where to read them."""
    if not any(text for _, text in turn.programme.joining.terms.texts):
        return _kept(turn)
    said = phrase("terms.text", text=turn.programme.joining.terms)
    if turn.short:
        said = phrase("terms.link", shop=turn.programme.shop.name, link=turn.page("terms"))
    return Reply((said,), menu_of(turn))


def _kept(turn: Turn) -> Reply:
    rows = _choices() if turn.holder else menu_of(turn)
    if turn.short:
        kept = phrase("privacy.link", shop=turn.programme.shop.name, link=turn.page("privacy"))
        return Reply((kept,), rows[:2])
    lines = [phrase("privacy.kept", shop=turn.programme.shop.name)]
    if any(text for _, text in turn.programme.joining.terms.texts):
        lines.append(phrase("terms.text", text=turn.programme.joining.terms))
    if turn.programme.shop.contact:
        lines.append(phrase("privacy.contact", contact=turn.programme.shop.contact))
    return Reply(tuple(lines), rows)


def _choices() -> Rows:
    held = option(phrase("button.my_data"), "my_data")
    erase = option(phrase("button.erase_me"), "erase_me")
    return ((held,), (erase,), (option(phrase("button.menu"), "menu"),))


@router.action("my_data")
async def my_data(turn: Turn) -> Reply:
    """A page of everything that is held on the member; the argument is the page, from 0."""
    if turn.holder is None:
        return _kept(turn)
    if turn.short:
        contact = turn.programme.shop.contact
        said = phrase("privacy.ask", contact=contact) if contact else phrase("privacy.ask_at_till")
        return Reply((said,), menu_of(turn))
    page = page_asked(turn)
    lines = await _lines(turn, turn.holder)
    shown, rest = lines[page * PAGE : (page + 1) * PAGE], lines[(page + 1) * PAGE :]
    rows = [_choices()[1:]]
    if rest:
        rows.insert(0, ((option(phrase("button.next"), "my_data", str(page + 1)),),))
    elif turn.member:
        rows.insert(0, ((option(phrase("button.history"), "history"),),))
    title = () if page else (phrase("privacy.held"),)
    return Reply((*title, *shown), tuple(row for part in rows for row in part))


async def _lines(turn: Turn, member: Member) -> list[Phrase]:
    held, purse = await holding.held(turn.uow, member), await turn.wallet(member)
    return [
        *_person(turn, member, held),
        *progress(purse),
        *waiting(purse),
        *endings(purse),
        *_vouchers(turn, held),
        *_decisions(turn, held),
        *_exchanged(turn, held),
    ]


def _person(turn: Turn, member: Member, held: Holding) -> Iterator[Phrase]:
    yield phrase("settings.name", name=name_of(member), code=member.code)
    if member.birthday:
        yield phrase("settings.birthday", day=joining.yearly(*member.birthday))
    for kind, value in held.addresses:
        if kind == "phone":
            yield phrase("privacy.phone", number=value)
        elif kind == "email":
            yield phrase("email.have", address=value)
        else:
            yield phrase("privacy.account", channel=channel_name(kind), address=value)
    yield phrase("privacy.language", language=language_name(turn, member.language))
    if place := turn.programme.location(member.home_location):
        yield phrase("privacy.place", location=place.name)
    if held.tags:
        yield phrase("privacy.tags", text=held.tags)
    yield phrase("privacy.since", at=_day(turn, member.joined_at))
    yield phrase("privacy.visits", n=held.visits)
    if member.last_visit_at:
        yield phrase("privacy.last_visit", at=_day(turn, member.last_visit_at))
    for each in held.bought:
        amount = Money(each.minor, each.currency)
        yield phrase("privacy.purchases", n=each.count, amount=amount)


def _vouchers(turn: Turn, held: Holding) -> Iterator[Phrase]:
    for voucher in held.vouchers:
        reward = turn.programme.reward(voucher.reward)
        yield phrase(
            "privacy.voucher",
            code=voucher.code,
            reward=reward.name if reward else voucher.reward,
            at=_day(turn, voucher.reserved_at),
        )


def _decisions(turn: Turn, held: Holding) -> Iterator[Phrase]:
    """What they agreed to and chose."""
    for consent in held.consents:
        yield _consent(turn, consent)
    kept = held.preference
    if kept.channel:
        yield phrase("privacy.chosen", what=channel_name(kept.channel))
    if kept.pace != "all":
        yield phrase("privacy.chosen", what=phrase(f"button.{kept.pace}_messages"))
    if kept.paused_until:
        yield phrase("settings.offers_paused", on=_day(turn, kept.paused_until))
    if kept.zone:
        yield phrase("privacy.chosen", what=kept.zone)


def _consent(turn: Turn, consent: Consent) -> Phrase:
    at = _day(turn, consent.at)
    if consent.purpose == "terms":
        return phrase("privacy.terms", at=at)
    key = "privacy.offers_yes" if consent.granted else "privacy.offers_no"
    return phrase(key, channel=channel_name(consent.channel), at=at)


def _exchanged(turn: Turn, held: Holding) -> Iterator[Phrase]:
    """What was written to and fro."""
    for each in held.asked:
        yield phrase("privacy.question", at=_day(turn, each.at), text=each.text)
        if each.answer:
            yield phrase("privacy.answer", text=each.answer)
    for one in held.rated:
        at = _day(turn, one.at)
        if one.text:
            yield phrase("privacy.rating", at=at, rating=one.rating, text=one.text)
        else:
            yield phrase("privacy.rating_silent", at=at, rating=one.rating)
    for review in held.reviewed:
        text = review.text or phrase("privacy.photo")
        yield phrase("privacy.review", at=_day(turn, review.at), text=text)
    if held.invited:
        yield phrase("privacy.invited")
    yield phrase("privacy.messages", n=held.messages)


def _day(turn: Turn, at: datetime) -> Moment:
    return Moment(at, turn.programme.zone().key, "day")


# --- erasing ---


@router.command("erase_me")
async def erase_me(turn: Turn) -> Reply:
    """Begin erasing; nothing happens before a word is typed."""
    return Reply(then="privacy.erase") if turn.holder else _kept(turn)


async def ask_erase(turn: Turn) -> Reply:
    """What goes, what stays, and the word that does it."""
    rows = ((choice("privacy.erase", "no", phrase("button.cancel")),),)
    word = phrase("privacy.word")
    if turn.short:
        return Reply((phrase("privacy.erase_short", word=word),), rows)
    purse = await turn.wallet(turn.holder) if turn.holder else None
    lost = (*progress(purse), *waiting(purse)) if purse else ()
    lines = (phrase("privacy.erase_goes"), *lost, phrase("privacy.erase_stays"), *_at_work(turn))
    return Reply((*lines, phrase("privacy.erase_type", word=word)), rows)


def _at_work(turn: Turn) -> tuple[Phrase, ...]:
    return (phrase("privacy.erase_staff"),) if turn.staff else ()


async def answer_erase(turn: Turn) -> Reply:
    """Erase the member of this conversation for the word, and nothing for any other."""
    if turn.holder is None:
        return await home(turn)
    word = turn.words.render(phrase("privacy.word"), turn.voice)
    if turn.answer == "no" or not turn.words.matches(turn.text, word):
        return Reply((phrase("privacy.nothing"),), menu_of(turn))
    turn.conversation = await erasing.leave(turn.uow, turn.conversation, turn.now)
    turn.member = turn.begun = None
    return Reply((phrase("privacy.erased"), *_at_work(turn)), menu_of(turn))


router.step(Step("privacy.erase", ask_erase, answer_erase, free=True))
