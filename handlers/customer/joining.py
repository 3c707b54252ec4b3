"""Joining: age and terms, name, number, then the card; what is asked after it can be skipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.conversation import Router, Said, Step, Turn, choice, option
from bot.domain.birthdays import BadBirthday, parse_birthday
from bot.domain.messages import Button, Phrase, Reply, phrase
from bot.domain.programme import Programme
from bot.services import claims, ending, inviting, joining, news, preferences, units
from bot.services.results import Refused
from handlers import gifts
from handlers.customer.card import card
from handlers.customer.presents import taken
from handlers.menu import language_name, member_menu, menu_of, name_of, progress
from locales import month_words

router = Router()


@router.command("join")
async def join(turn: Turn) -> Said:
    """Begin joining, go on where it was left, or say that it is done."""
    if turn.member is not None:
        return await _already(turn)
    if turn.conversation.step == "join.welcome" and _in_words(turn):
        turn.leaves, turn.answer = True, "join"
        return await answer_welcome(turn)
    if (turn.conversation.step or "").startswith("join."):
        return Reply()
    return Reply(then="join.welcome")


def _in_words(turn: Turn) -> bool:
    """Whether JOIN was written like an answer: neither /join nor a button, nor another command.

    In another language than the question's it was not: that is asked again in theirs.
    """
    text, asked_in = turn.message.text.strip(), turn.conversation.language
    return not text.startswith("/") and turn.words.command(text, asked_in) == ("join", "")


@router.link("join")
async def join_at(turn: Turn) -> Reply:
    """Begin joining by the sign in a shop; `turn.text` is the location."""
    if turn.member is not None:
        return await _already(turn)
    if (turn.conversation.step or "").startswith("join."):
        return Reply()
    place = turn.programme.location(turn.text.lower())
    return Reply(then="join.welcome", draft={"location": place.code} if place else {})


@router.link("x")
async def claim(turn: Turn) -> Reply:
    """Claim a purchase made without the card; a stranger joins first."""
    if turn.member is None:
        step = turn.conversation.step or "join.welcome"
        refused = await claims.claim_refused(turn.uow, turn.text, turn.now)
        if refused:
            return Reply((refused.why,), menu_of(turn))
        draft = {**turn.draft, "claim": turn.text}
        return Reply((phrase("claim.join_first"),), then=step, draft=draft)
    return await _claim(turn, turn.text)


async def _claim(turn: Turn, code: str) -> Reply:
    claimed = await claims.claim(turn.uow, turn.customer.id, code, turn.now)
    if isinstance(claimed, Refused):
        return Reply((claimed.why,), member_menu())
    told = await news.of_earned(turn.uow, claimed, "earn", turn.now)
    return replace(told, phrases=(phrase("claim.done"), *told.phrases))


async def _already(turn: Turn) -> Reply:
    purse = await turn.wallet(turn.customer)
    return Reply(
        (phrase("join.already", name=name_of(turn.customer)), *progress(purse)), member_menu()
    )


def offer(turn: Turn) -> Phrase:
    """What the programme promises, in one line."""
    stamps = turn.programme.units.stamps
    reward = turn.programme.reward(stamps.reward) if stamps else None
    if stamps and reward:
        return phrase("join.offer.stamps", n=stamps.card, reward=reward.name)
    priced = [reward for reward in turn.programme.rewards if reward.points]
    if turn.programme.units.points and priced:
        # What everybody can have, else the cheapest of what the tiers have.
        first = min(priced, key=lambda each: (bool(each.tiers), each.points or 0))
        return phrase("join.offer.points", n=first.points or 0, reward=first.name)
    if turn.programme.units.credit or not turn.programme.causes:
        return phrase("join.offer.credit")
    return phrase("join.offer.cause", cause=turn.programme.causes[0].name)


def _closed(turn: Turn) -> Reply | None:
    """That nobody joins any more (S11); a card that was begun for somebody is theirs still."""
    why = None if turn.begun else ending.no_joining(turn.programme, turn.now)
    if why is None:
        return None
    return Reply((why,), ((option(phrase("button.have_card"), "moved"),),))


async def ask_welcome(turn: Turn) -> Reply:
    """Who we are, what it gives or what waits, what is kept, and the age joining confirms (S40)."""
    if closed := _closed(turn):
        return closed
    minimum_age = turn.programme.joining.minimum_age
    if turn.short:
        return Reply((_in_one(turn, minimum_age),), _welcome_buttons(turn))
    phrases = [phrase("join.welcome", shop=turn.programme.shop.name)]
    if turn.begun is None:
        phrases.append(offer(turn))
    else:
        phrases += [phrase("join.begun"), *progress(await turn.wallet(turn.begun))]
    phrases.append(phrase("join.kept"))
    if minimum_age:
        phrases.append(phrase("join.age", n=minimum_age))
    return Reply(tuple(phrases), _welcome_buttons(turn))


def _in_one(turn: Turn, minimum_age: int) -> Phrase:
    """The same where each segment is paid for; the terms are a page, and the law wants the rest."""
    shop, terms = turn.programme.shop.name, turn.page("terms")
    gives = phrase("join.begun") if turn.begun else offer(turn)
    if not minimum_age:
        return phrase("join.sms_any_age", shop=shop, offer=gives, terms=terms)
    return phrase("join.sms", shop=shop, offer=gives, age=minimum_age, terms=terms)


def _welcome_buttons(turn: Turn) -> tuple[tuple[Button, ...], ...]:
    """Join, the other languages, and the terms where they are not a page."""
    rows = [(choice("join.welcome", "join", phrase("button.join")),), _language_choices(turn)]
    if not turn.short and any(text for _, text in turn.programme.joining.terms.texts):
        rows.append((choice("join.welcome", "terms", phrase("button.terms")),))
    return tuple(row for row in rows if row)


def _language_choices(turn: Turn) -> tuple[Button, ...]:
    """The other languages by their names; more than there is room for are one choice."""
    others = _other_languages(turn)
    if len(others) > (1 if turn.short else 2):
        return (choice("join.welcome", "language", phrase("button.language")),)
    return tuple(_language_choice(turn, code) for code in others)


def _other_languages(turn: Turn) -> list[str]:
    return [code for code in turn.programme.shop.languages if code != turn.language]


def _language_choice(turn: Turn, code: str) -> Button:
    return choice("join.welcome", code, language_name(turn, code))


async def answer_welcome(turn: Turn) -> Reply | list[Reply]:
    """Join, change the language, or read the terms first."""
    if closed := _closed(turn):
        return closed
    if turn.answer == "join" or turn.yes_or_no() == "yes":
        begun = turn.begun.name if turn.begun else ""
        draft = {**turn.draft, "name": begun or joining.clean_name(turn.message.name)}
        return await go_on(turn, draft)
    if turn.answer in turn.programme.shop.languages:
        turn.language = turn.answer or turn.language
        return Reply(then="join.welcome", draft=turn.draft, edits=True)
    if turn.answer == "language":
        return Reply(then="language", draft={**turn.draft, "back": "join.welcome"})
    if turn.answer == "terms":
        terms = phrase("terms.text", text=turn.programme.joining.terms)
        return Reply((terms,), then="join.welcome", draft=turn.draft)
    return Reply((phrase("join.tap"),), then="join.welcome", draft=turn.draft)


async def go_on(turn: Turn, draft: dict[str, str]) -> Reply | list[Reply]:
    """The next thing joining needs, else the card."""
    if turn.member is not None:
        # Their number was linked to a card meanwhile, from another chat.
        return await _already(turn)
    if closed := _closed(turn):
        return closed
    if not draft.get("name") and "no_name" not in draft:
        return Reply(then="join.name", draft=draft)
    can_prove = turn.can_share_contact or turn.can_send_codes
    wants_phone = turn.programme.joining.phone != "off" and can_prove
    if wants_phone and "phone" not in draft:
        return Reply(then="join.phone", draft=draft)
    return await _become_member(turn, draft)


async def ask_name(_turn: Turn) -> Reply:
    """What to call the member; the app did not say."""
    skip = choice("join.name", "skip", phrase("button.skip"))
    return Reply((phrase("join.name"),), ((skip,),))


async def answer_name(turn: Turn) -> Reply | list[Reply]:
    """Take a name, or go without."""
    name = "" if turn.answer == "skip" or turn.yes_or_no() else joining.clean_name(turn.text)
    if not name and turn.answer != "skip":
        return Reply((phrase("join.name_unreadable"),), then="join.name", draft=turn.draft)
    return await go_on(turn, {**turn.draft, "name": name, **({} if name else {"no_name": "1"})})


async def _become_member(turn: Turn, draft: dict[str, str]) -> Reply | list[Reply]:
    if turn.begun is not None:
        turn.member = await joining.take_possession(
            turn.uow,
            turn.begun.id,
            turn.conversation,
            draft.get("name", ""),
            turn.language,
            turn.now,
        )
        return await received(turn, phrase("join.found", name=name_of(turn.member)), draft)
    joined = await joining.join(
        turn.uow,
        turn.conversation,
        name=draft.get("name", ""),
        language=turn.language,
        location=draft.get("location"),
        phone=draft.get("phone", ""),
        now=turn.now,
    )
    turn.member = joined.member
    if "invite" in draft:
        await inviting.accept(turn.uow, joined.member, draft["invite"], turn.now)
    return await received(turn, _greeting(turn.programme, joined), draft)


async def received(turn: Turn, greeting: Phrase, draft: Mapping[str, str]) -> list[Reply]:
    """What somebody reads who has a card from now on: what they came with is counted first."""
    said = [greeting]
    if draft.get("claim"):
        said.append((await _claim(turn, draft["claim"])).phrases[0])
    if draft.get("present"):
        said.append((await taken(turn, draft["present"])).phrases[0])
    more = await _ask_more(turn)
    if turn.short and draft.get("present"):
        # What they came for; the card is a word away.
        shown = Reply(tuple(said), member_menu())
    else:
        shown = await card(turn, *said)
    return [shown] if turn.short and more.then is None else [shown, more]


def _greeting(programme: Programme, joined: joining.Joined) -> Phrase:
    name = joined.member.name
    hello = phrase("join.done_name", name=name) if name else phrase("join.done")
    if not joined.gift:
        return hello
    unit, amount = joined.gift[0]
    if reward := programme.reward(unit.partition(":")[2]):
        return phrase("join.gift.reward", hello=hello, reward=reward.name)
    return units.said(programme, f"join.gift.{unit}", unit, amount, hello=hello)


async def _ask_more(turn: Turn) -> Reply:
    """What is asked after the card: offers, then the birthday; then the menu."""
    if turn.programme.joining.marketing and not await joining.decided(
        turn.uow, turn.customer.id, turn.message.address.channel
    ):
        return Reply(then="join.marketing")
    if turn.programme.joining.birthday and turn.customer.birthday is None:
        return Reply(then="join.birthday")
    return Reply((phrase("join.ready"),), member_menu())


async def ask_marketing(turn: Turn) -> Reply:
    """Whether we may write about offers: a choice of its own, never a condition (S33).

    It promises no fewer messages than the programme's caps do.
    """
    most = preferences.most_a_month(turn.programme)
    yes = choice("join.marketing", "yes", phrase("button.yes_please"))
    no = choice("join.marketing", "no", phrase("button.no_thanks"))
    asked = phrase("join.marketing", n=most) if most else phrase("join.marketing_any")
    return Reply((asked,), ((yes, no),))


async def answer_marketing(turn: Turn) -> Reply:
    """Keep the choice and go on."""
    turn.answer = turn.answer or turn.yes_or_no()
    if turn.answer not in ("yes", "no"):
        return Reply((phrase("join.choose"),), then="join.marketing")
    await joining.decide_marketing(
        turn.uow,
        turn.customer.id,
        turn.message.address.channel,
        turn.answer == "yes",
        "join.marketing",
        turn.now,
    )
    more = await _ask_more(turn)
    said = phrase("join.marketing_yes" if turn.answer == "yes" else "join.marketing_no")
    if more.then:
        return Reply((said,), then=more.then, edits=True)
    return Reply((said, *more.phrases), more.buttons, edits=True)


async def ask_birthday(turn: Turn) -> Reply:
    """The day and month of the birthday, and what it brings; the year is not asked (S30)."""
    skip = choice("join.birthday", "skip", phrase("button.skip"))
    return Reply((phrase("join.birthday"), *gifts.of_profile(turn)), ((skip,),))


async def answer_birthday(turn: Turn) -> Reply:
    """Take a birthday, or go without."""
    ready = phrase("join.ready")
    if turn.answer == "skip":
        return Reply((ready,), member_menu(), edits=True)
    kept = await keep_birthday(turn, "join.birthday")
    return kept if kept.then else replace(kept, phrases=(*kept.phrases, ready))


async def keep_birthday(turn: Turn, step: str) -> Reply:
    """Read a birthday in the person's language and keep it, or ask again."""
    try:
        month, day = parse_birthday(turn.text, month_words({turn.language, "en"}))
    except BadBirthday as error:
        return Reply((phrase(f"birthday.bad.{error.reason}"),), then=step)
    refused = await joining.set_birthday(turn.uow, turn.customer.id, month, day, turn.now)
    if refused:
        return Reply((refused.why,), member_menu())
    kept = phrase("birthday.kept", day=joining.yearly(month, day))
    return Reply((kept, *await gifts.for_profile(turn)), member_menu())


router.step(Step("join.welcome", ask_welcome, answer_welcome, choices=True))
router.step(Step("join.name", ask_name, answer_name))
router.step(Step("join.marketing", ask_marketing, answer_marketing, choices=True))
router.step(Step("join.birthday", ask_birthday, answer_birthday))
