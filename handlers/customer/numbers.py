"""The own number, shared by the app or proven by a code; and the card it may have already (S12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.conversation import Router, Said, Step, Turn, choice, contact_button
from bot.domain.messages import Button, Phrase, Reply, phrase
from bot.services import joining, linking, moving, proving, staffing
from bot.services.linking import HasCard
from bot.services.proving import Wrong
from bot.services.results import Refused
from handlers import gifts
from handlers.customer.joining import go_on, received
from handlers.customer.moving import after_move
from handlers.menu import home, member_menu, name_of, progress, waiting

router = Router()

#: What these questions keep in the draft, besides what joining had there before.
_OURS = ("number", "until", "asked")


@router.action("number", member=True)
async def number(_turn: Turn) -> Reply:
    """Begin adding a number."""
    return Reply(then="settings.number")


async def ask_number(turn: Turn) -> Reply:
    """The number of somebody who is a member already."""
    cancel = choice("settings.number", "no", phrase("button.cancel"))
    if not turn.can_share_contact:
        return Reply((phrase("phone.type"),), ((cancel,),))
    share = contact_button("settings.number", phrase("button.contact"))
    return Reply((phrase("settings.ask_number"),), ((share,), (cancel,)))


async def answer_number(turn: Turn) -> Said:
    """Take it, or leave it."""
    return await home(turn) if turn.answer == "no" else await _given(turn, "settings.number")


async def ask_new_number(turn: Turn) -> Reply:
    """The number of a member who moves to another one."""
    cancel = choice("settings.new_number", "no", phrase("button.cancel"))
    if not turn.can_share_contact:
        return Reply((phrase("move.type"),), ((cancel,),))
    share = contact_button("settings.new_number", phrase("button.contact"))
    return Reply((phrase("move.share"),), ((share,), (cancel,)))


async def answer_new_number(turn: Turn) -> Said:
    """Take it, or leave it."""
    return await home(turn) if turn.answer == "no" else await _given(turn, "settings.new_number")


async def ask_phone(turn: Turn) -> Reply:
    """The number of somebody who is joining."""
    rows: list[tuple[Button, ...]] = []
    if turn.can_share_contact:
        rows.append((contact_button("join.phone", phrase("button.contact")),))
    if turn.programme.joining.phone == "ask":
        rows.append((choice("join.phone", "skip", phrase("button.skip")),))
    asked = phrase("join.phone" if turn.can_share_contact else "phone.type")
    return Reply((asked,), tuple(rows))


async def answer_phone(turn: Turn) -> Said:
    """Take it, or go on without where the programme allows it."""
    if turn.answer == "skip" and turn.programme.joining.phone == "ask":
        return await go_on(turn, {**turn.draft, "phone": ""})
    return await _given(turn, "join.phone")


async def _given(turn: Turn, asked: str) -> Said:
    """A number that was shared is proven; one that was typed gets a code."""
    contact = turn.message.contact
    if contact and contact.own:
        return await _proven(turn, contact.phone, asked)
    if contact:
        return Reply((phrase("phone.not_yours"),), then=asked, draft=turn.draft)
    if not (turn.can_send_codes and turn.text):
        return Reply((phrase("join.phone_button"),), then=asked, draft=turn.draft)
    return await _send(turn, turn.text, asked, again=asked)


async def _send(turn: Turn, typed: str, asked: str, again: str) -> Reply:
    sent = await proving.send_code(turn.uow, turn.conversation, typed, turn.now)
    if isinstance(sent, Refused):
        return Reply((sent.why,), then=again, draft=turn.draft)
    return Reply(then="code", draft={**turn.draft, "number": sent, "asked": asked})


async def ask_code(turn: Turn) -> Reply:
    """The six digits that were sent to the number."""
    minutes = turn.programme.codes.minutes
    rows = (
        (choice("code", "again", phrase("button.new_code")),),
        (choice("code", "no", phrase("button.cancel")),),
    )
    return Reply((phrase("code.ask", number=turn.draft.get("number", ""), n=minutes),), rows)


async def answer_code(turn: Turn) -> Said:
    """Read the code, send another, or leave it."""
    asked = turn.draft.get("asked", "settings.number")
    if turn.answer == "again":
        return await _send(turn, turn.draft.get("number", ""), asked, again="code")
    if turn.answer == "no":
        return await home(turn) if turn.member else Reply(then=asked, draft=_theirs(turn.draft))
    proven = await proving.answer_code(turn.uow, turn.conversation, turn.text, turn.now)
    if isinstance(proven, Wrong):
        return Reply((proven.why,), then="code", draft=turn.draft)
    if isinstance(proven, Refused):
        return Reply((proven.why,), then=asked, draft=_theirs(turn.draft))
    return await _proven(turn, proven, asked)


async def _proven(turn: Turn, proven: str, asked: str, *, joins: bool = False) -> Said:
    """What follows from a number that is this person's, beyond doubt."""
    found = await linking.prove_phone(turn.uow, turn.conversation, proven, turn.now, joins=joins)
    draft = _theirs(turn.draft)
    if isinstance(found, Refused):
        return Reply((found.why,), then=asked, draft=draft)
    if isinstance(found, HasCard):
        until = turn.now + timedelta(minutes=turn.programme.codes.minutes)
        kept = {"number": proven, "until": until.isoformat(), "asked": asked}
        return Reply(then="merge", draft={**draft, **kept})
    if found is None:
        return await go_on(turn, {**draft, "phone": proven})
    if asked == "settings.new_number" and turn.member is not None:
        turn.member = await staffing.member_by_id(turn.uow, found)
        done = await moving.leave_old(turn.uow, found, proven, turn.key, turn.now, turn.channels)
        return after_move(done)
    return await _linked(turn, found, draft, joins)


async def _linked(turn: Turn, member_id: int, draft: Mapping[str, str], joined: bool) -> Said:
    """What somebody reads whose number leads to the same card as this chat from now on."""
    before, turn.member = turn.member, await staffing.member_by_id(turn.uow, member_id)
    if before is not None and not joined:
        return Reply((phrase("phone.linked"), *await gifts.for_profile(turn)), member_menu())
    if before is not None:
        purse = await turn.wallet(turn.customer)
        return Reply((phrase("merge.done"), *progress(purse), *waiting(purse)), member_menu())
    if turn.customer.possessed:
        return await received(turn, phrase("merge.used_here"), draft)
    turn.member = await joining.take_possession(
        turn.uow, member_id, turn.conversation, draft.get("name", ""), turn.language, turn.now
    )
    return await received(turn, phrase("join.found", name=name_of(turn.customer)), draft)


async def ask_merge(turn: Turn) -> Reply:
    """Whether the card of a number and the own one become one; or its card is used here too."""
    holder = await linking.holder_of(turn.uow, "phone", turn.draft.get("number", ""))
    if holder is None:
        return await home(turn)
    has: Phrase = progress(await turn.wallet(holder))[0]
    asked, yes = "merge.offer", "button.merge"
    if turn.member is None:
        asked, yes = "merge.offer_use", "button.use_card"
    rows = ((choice("merge", "yes", phrase(yes)), choice("merge", "no", phrase("button.no"))),)
    return Reply((phrase(asked, has=has),), rows)


async def answer_merge(turn: Turn) -> Said:
    """Join the two, if the proof is fresh; or leave both as they are."""
    answer = turn.answer or turn.yes_or_no()
    draft, asked = _theirs(turn.draft), turn.draft.get("asked", "settings.number")
    if answer == "no" and turn.member is not None:
        return Reply((phrase("merge.kept_apart"),), member_menu())
    if answer == "no":
        if turn.programme.joining.phone == "required":
            return Reply(then=asked, draft=draft)
        return await go_on(turn, {**draft, "phone": ""})
    if answer != "yes":
        return Reply((phrase("join.choose"),), then="merge", draft=turn.draft)
    if turn.now >= datetime.fromisoformat(turn.draft["until"]):
        return Reply((phrase("merge.too_late"),), then=asked, draft=draft)
    return await _proven(turn, turn.draft["number"], asked, joins=True)


def _theirs(draft: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in draft.items() if name not in _OURS}


router.step(Step("join.phone", ask_phone, answer_phone))
router.step(Step("settings.number", ask_number, answer_number))
router.step(Step("settings.new_number", ask_new_number, answer_new_number))
router.step(Step("code", ask_code, answer_code))
router.step(Step("merge", ask_merge, answer_merge))
