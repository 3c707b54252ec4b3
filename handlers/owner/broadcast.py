"""Writing to many at once: the text in each language, who gets it, a test, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.conversation import Router, Step, Turn, choice, option, whole
from bot.domain.broadcasts import Broadcast
from bot.domain.members import Role
from bot.domain.messages import Phrase, Reply, phrase
from bot.domain.segments import Segment, conditions
from bot.services import broadcasts, halting, unasked
from bot.services.broadcasts import Estimate
from bot.services.results import Refused
from handlers.menu import Rows, home, language_name, staff_menu
from handlers.owner.segments import common, described, read

router = Router()

TEXT, SEGMENT = "broadcast.text", "broadcast.segment"
#: Broadcasts in the list of earlier ones.
SHOWN, SHORT_SHOWN = 8, 4
#: How a draft names the text of a language.
_TEXT_IN = "text."

#: Channels as their makers call them; what is not here, of the demo, has no other name.
_CHANNELS = {
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
    "sms": "SMS",
    "email": "E-mail",
}


@router.command("broadcast", role=Role.OWNER)
async def broadcast(turn: Turn) -> Reply:
    """`/broadcast`, `/broadcast NUMBER`, or the text itself behind it."""
    if (number := whole(turn.text)) is not None:
        return await _page(turn, number)
    draft = {"language": _languages(turn)[0]}
    if turn.text and not turn.message.action:
        return _kept(turn, turn.text, draft)
    return Reply(then=TEXT, draft=draft)


@router.action("broadcasts", role=Role.OWNER)
async def earlier(turn: Turn) -> Reply:
    """The last ones, with how they stand."""
    turn.leaves = True
    found = await broadcasts.newest(turn.uow.tx, SHORT_SHOWN if turn.short else SHOWN)
    if not found:
        return Reply((phrase("broadcast.none"),), staff_menu(turn))
    rows = tuple(
        (option(phrase("broadcast.title", number=str(one.id)), "broadcast_show", str(one.id)),)
        for one in found
    )
    lines = (phrase("broadcast.listed", number=str(one.id), state=_state(one)) for one in found)
    return Reply(tuple(lines), rows)


# --- Writing it ---


async def ask_text(turn: Turn) -> Reply:
    """The text in one language after the other; only the first is needed."""
    code = turn.draft.get("language", _languages(turn)[0])
    first = code == _languages(turn)[0]
    asked = phrase(
        "broadcast.ask_text" if first else "broadcast.ask_more",
        language=language_name(turn, code),
        most=broadcasts.TEXT_LIMIT,
    )
    buttons = [choice(TEXT, "no", phrase("button.cancel"))]
    if not first:
        buttons.insert(0, choice(TEXT, "skip", phrase("button.skip")))
    elif await broadcasts.newest(turn.uow.tx, 1):
        buttons.insert(0, option(phrase("button.earlier"), "broadcasts"))
    return Reply((asked,), tuple((button,) for button in buttons), numbered=False)


async def take_text(turn: Turn) -> Reply:
    """Keep the text and go on to the next language, or to whom it goes."""
    if turn.answer == "no" or not _is_owner(turn):
        return await home(turn)
    if turn.answer == "skip":
        written = any(name.startswith(_TEXT_IN) for name in turn.draft)
        # The button of an earlier one may be pressed: the first text is needed.
        return _further(turn, turn.draft) if written else Reply(then=TEXT, draft=turn.draft)
    if not turn.text:
        return Reply((phrase("fallback.media"),), then=TEXT, draft=turn.draft)
    return _kept(turn, turn.text, turn.draft)


def _kept(turn: Turn, text: str, draft: Mapping[str, str]) -> Reply:
    if surplus := broadcasts.too_long(text):
        return Reply((phrase("broadcast.too_long", n=surplus),), then=TEXT, draft=draft)
    if wrong := broadcasts.no_place(text):
        return Reply((wrong,), then=TEXT, draft=draft)
    return _further(turn, {**draft, _TEXT_IN + draft["language"]: text})


def _further(turn: Turn, draft: Mapping[str, str]) -> Reply:
    languages = _languages(turn)
    done = draft["language"]
    # The programme may have changed while somebody was writing.
    following = languages[languages.index(done) + 1 :] if done in languages else ()
    if following:
        return Reply(then=TEXT, draft={**draft, "language": following[0]})
    return Reply(then=SEGMENT, draft=draft)


async def ask_segment(turn: Turn) -> Reply:
    """Who gets it: one of the common ones, or written."""
    rows = (*common(turn, SEGMENT), (choice(SEGMENT, "no", phrase("button.cancel")),))
    lines = [phrase("broadcast.ask_segment")]
    if not turn.short:
        known = " ".join(conditions(turn.programme).values())
        lines.append(phrase("broadcast.write_segment", known=known))
    return Reply(tuple(lines), rows)


async def take_segment(turn: Turn) -> Reply:
    """Keep the draft and show what it comes to."""
    if turn.answer == "no" or not _is_owner(turn):
        return await home(turn)
    written = turn.answer or turn.text
    if not written:
        return Reply((phrase("fallback.media"),), then=SEGMENT, draft=turn.draft)
    segment = read(turn, written)
    if isinstance(segment, Phrase):
        return Reply((segment,), then=SEGMENT, draft=turn.draft)
    texts = {
        name.removeprefix(_TEXT_IN): text
        for name, text in turn.draft.items()
        if name.startswith(_TEXT_IN)
    }
    made = await broadcasts.draft(turn.uow, texts, segment, turn.colleague.id, turn.now)
    return await _draft(turn, made)


# --- Before it goes ---


async def _draft(turn: Turn, made: Broadcast) -> Reply:
    """What would be said, to whom, and what it costs."""
    estimate = await _estimate(turn, made)
    several = len(made.texts.texts) > 1
    texts = (
        phrase("broadcast.text_in", language=language_name(turn, code), text=text)
        if several
        else phrase("broadcast.text", text=text)
        for code, text in made.texts.texts
    )
    lines = (*texts, *_recipients(turn, made), *_counted(turn, estimate))
    return Reply(lines, _draft_buttons(made, estimate))


def _recipients(turn: Turn, made: Broadcast) -> Sequence[Phrase]:
    segment = read(turn, made.segment)
    return described(turn, segment) if isinstance(segment, Segment) else (segment,)


def _counted(turn: Turn, estimate: Estimate) -> list[Phrase]:
    if not estimate.total:
        return [phrase("broadcast.nobody")]
    lines = [phrase("broadcast.people", n=estimate.total)]
    if len(estimate.people) > 1:
        lines += (
            phrase("broadcast.on_channel", channel=_CHANNELS.get(name, name), count=people)
            for name, people in estimate.people.items()
        )
    if estimate.segments:
        lines.append(phrase("broadcast.segments", n=estimate.segments))
    if estimate.longest > turn.programme.sms.segments:
        lines.append(phrase("broadcast.long_sms", n=estimate.longest))
    if estimate.cost:
        lines.append(phrase("broadcast.cost", amount=estimate.cost))
    return lines


def _draft_buttons(made: Broadcast, estimate: Estimate) -> Rows:
    number = str(made.id)
    send = (option(phrase("button.send"), "broadcast_send", number),) if estimate.total else ()
    return (
        (option(phrase("button.test"), "broadcast_test", number), *send),
        (option(phrase("button.discard"), "broadcast_stop", number),),
    )


async def _estimate(turn: Turn, made: Broadcast) -> Estimate:
    return await broadcasts.estimate(
        turn.uow.tx, made, turn.programme, turn.words, turn.channels, turn.now
    )


@router.action("broadcast_test", role=Role.OWNER)
async def test(turn: Turn) -> Sequence[Reply]:
    """The real thing, to whoever asks for it."""
    found = await _found(turn)
    if isinstance(found, Refused):
        return [_refused(turn, found)]
    channel, conversation = turn.message.address.channel, turn.conversation.id
    message = broadcasts.message(found.texts, turn.programme)
    real = await unasked.stoppable(turn.uow, message, channel, conversation)
    if found.state != "draft":
        return [real]
    estimate = await _estimate(turn, found)
    after = Reply((phrase("broadcast.tested"),), _draft_buttons(found, estimate))
    return [real, after]


@router.action("broadcast_send", role=Role.OWNER)
async def send(turn: Turn) -> Reply:
    """Ask once more, with the number of people as it is now."""
    found = await _found(turn)
    if isinstance(found, Refused):
        return _refused(turn, found)
    if found.state != "draft":
        return await _page(turn, found.id)
    estimate = await _estimate(turn, found)
    if not estimate.total:
        return Reply((phrase("broadcast.nobody"),), _draft_buttons(found, estimate))
    number = str(found.id)
    rows = (
        (option(phrase("button.send_now"), "broadcast_go", number),),
        (option(phrase("button.discard"), "broadcast_stop", number),),
    )
    return Reply((phrase("broadcast.sure", n=estimate.total),), rows)


@router.action("broadcast_go", role=Role.OWNER)
async def go(turn: Turn) -> Reply:
    """Let it go out."""
    found = await _found(turn)
    if isinstance(found, Refused):
        return _refused(turn, found)
    estimate = await _estimate(turn, found)
    started = await broadcasts.start(turn.uow, found.id, estimate.total, turn.now)
    if isinstance(started, Refused):
        return await _page(turn, found.id, started.why)
    turn.closes = True
    return await _page(turn, found.id, phrase("broadcast.started", n=estimate.total))


# --- While it goes ---


@router.action("broadcast_show", role=Role.OWNER)
async def show(turn: Turn) -> Reply:
    """How far one is."""
    return await _page(turn, _number(turn))


@router.action("broadcast_pause", role=Role.OWNER)
async def pause(turn: Turn) -> Reply:
    """Send nothing more for now."""
    done = await broadcasts.pause(turn.uow, _number(turn), turn.colleague.id, turn.now)
    return await _after(turn, done)


@router.action("broadcast_resume", role=Role.OWNER)
async def resume(turn: Turn) -> Reply:
    """Go on."""
    return await _after(turn, await broadcasts.resume(turn.uow, _number(turn), turn.now))


@router.action("broadcast_stop", role=Role.OWNER)
async def stop(turn: Turn) -> Reply:
    """End it, or throw the draft away."""
    return await _after(turn, await broadcasts.stop(turn.uow, _number(turn), turn.now))


async def _after(turn: Turn, done: Broadcast | Refused) -> Reply:
    if isinstance(done, Refused):
        return await _page(turn, _number(turn), done.why)
    return await _page(turn, done.id)


async def _page(turn: Turn, number: int, *first: Phrase) -> Reply:
    """One broadcast: what can still be done with it, and how far it is."""
    found = await broadcasts.show(turn.uow.tx, number)
    if isinstance(found, Refused):
        return _refused(turn, found)
    made, progress = found
    if made.state == "draft":
        return await _draft(turn, made)
    title = phrase("broadcast.listed", number=str(made.id), state=_state(made))
    why = _because(made)
    lines = (*first, title, *why, *broadcasts.told(progress, short=turn.short))
    if turn.short and why:
        lines = (title, *why)
    return Reply(lines, _buttons(made), edits=True)


def _buttons(made: Broadcast) -> Rows:
    number = str(made.id)
    again = option(phrase("button.progress"), "broadcast_show", number)
    stop_it = option(phrase("button.stop_it"), "broadcast_stop", number)
    match made.state:
        case "running":
            pause_it = option(phrase("button.halt"), "broadcast_pause", number)
            return ((again,), (pause_it, stop_it))
        case "paused":
            go_on = option(phrase("button.go_on"), "broadcast_resume", number)
            return ((again,), (go_on, stop_it))
    return ((option(phrase("button.new_broadcast"), "broadcast"),),)


def _because(made: Broadcast) -> tuple[Phrase, ...]:
    """Why it waits, where nobody of the shop wanted that."""
    if made.state != "paused" or made.reason in (None, halting.BY_HAND):
        return ()
    return (phrase("broadcast.because", reason=made.reason),)


def _state(made: Broadcast) -> Phrase:
    return phrase(f"broadcast.state.{made.state}")


def _refused(turn: Turn, refused: Refused) -> Reply:
    return Reply((refused.why,), staff_menu(turn))


def _number(turn: Turn) -> int:
    return whole(turn.args[0] if turn.args else "") or 0


async def _found(turn: Turn) -> Broadcast | Refused:
    return await broadcasts.find(turn.uow, _number(turn))


def _is_owner(turn: Turn) -> bool:
    """A question may still be open in the chat of somebody who is no owner any more."""
    return turn.staff is not None and turn.staff.role >= Role.OWNER


def _languages(turn: Turn) -> list[str]:
    """The languages the shop speaks, its own first."""
    shop = turn.programme.shop
    return sorted(shop.languages, key=lambda code: code != shop.language)


router.step(Step(TEXT, ask_text, take_text, free=True))
router.step(Step(SEGMENT, ask_segment, take_segment, free=True))
