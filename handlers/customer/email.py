"""The own e-mail address: proven by a code sent to it, changed, taken away (S12)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation import Router, Said, Step, Turn, choice, option
from bot.domain.messages import Reply, phrase
from bot.services import joining, linking, mailboxes, proving, staffing
from bot.services.linking import HasCard
from bot.services.proving import Wrong
from bot.services.results import Refused
from handlers.menu import home, member_menu, progress, waiting

router = Router()

CHANNEL = "email"


@router.action("email", member=True)
async def email(turn: Turn) -> Reply:
    """The address we have, and what to do with it; or begin adding one."""
    if CHANNEL not in turn.channels:
        return await home(turn)
    address = await mailboxes.of(turn.uow, turn.customer.id)
    if address is None:
        return Reply(then="settings.email")
    rows = (
        (
            option(phrase("button.change"), "change_email"),
            option(phrase("button.remove"), "remove_email"),
        ),
        (option(phrase("button.messages"), "messages"), option(phrase("button.menu"), "menu")),
    )
    return Reply((phrase("email.have", address=address),), rows, edits=True)


@router.action("change_email", member=True)
async def change(turn: Turn) -> Reply:
    """Begin giving another address."""
    return Reply(then="settings.email") if CHANNEL in turn.channels else await home(turn)


@router.action("remove_email", member=True)
async def remove(turn: Turn) -> Reply:
    """Take the address away; nothing is sent there any more."""
    await mailboxes.remove(turn.uow, turn.customer, turn.now)
    return Reply((phrase("email.removed"),), member_menu(), edits=True)


async def ask_address(_turn: Turn) -> Reply:
    """The address, and what for."""
    cancel = choice("settings.email", "no", phrase("button.cancel"))
    return Reply((phrase("email.type"),), ((cancel,),))


async def answer_address(turn: Turn) -> Said:
    """Send a code there, or leave it."""
    if turn.answer == "no":
        return await home(turn)
    return await _send(turn, turn.text, again="settings.email")


async def _send(turn: Turn, typed: str, again: str) -> Reply:
    sent = await proving.mail_code(turn.uow, turn.conversation, typed, turn.now)
    if isinstance(sent, Refused):
        return Reply((sent.why,), then=again, draft=turn.draft)
    return Reply(then="email.code", draft={"address": sent})


async def ask_code(turn: Turn) -> Reply:
    """The six digits that were sent to the address."""
    rows = (
        (choice("email.code", "again", phrase("button.new_code")),),
        (choice("email.code", "no", phrase("button.cancel")),),
    )
    minutes, address = turn.programme.codes.minutes, turn.draft.get("address", "")
    return Reply((phrase("email.code_ask", address=address, n=minutes),), rows)


async def answer_code(turn: Turn) -> Said:
    """Read the code, send another, or leave it."""
    if turn.answer == "no":
        return await home(turn)
    if turn.answer == "again":
        return await _send(turn, turn.draft.get("address", ""), again="email.code")
    proven = await proving.answer_code(turn.uow, turn.conversation, turn.text, turn.now, "email")
    if isinstance(proven, Wrong):
        return Reply((proven.why,), then="email.code", draft=turn.draft)
    if isinstance(proven, Refused):
        return Reply((proven.why,), then="settings.email")
    return await _proven(turn, proven)


async def _proven(turn: Turn, address: str, *, joins: bool = False) -> Said:
    found = await mailboxes.link(turn.uow, turn.conversation, address, turn.now, joins=joins)
    if isinstance(found, HasCard):
        until = turn.now + timedelta(minutes=turn.programme.codes.minutes)
        return Reply(then="email.merge", draft={"address": address, "until": until.isoformat()})
    turn.member = await staffing.member_by_id(turn.uow, found)
    lines = [phrase("email.linked")]
    if joins:
        purse = await turn.wallet(turn.customer)
        lines = [phrase("merge.done"), *progress(purse), *waiting(purse)]
    if await mailboxes.undecided(turn.uow, turn.customer.id):
        return Reply(tuple(lines), then="email.marketing")
    return Reply(tuple(lines), member_menu())


async def ask_merge(turn: Turn) -> Reply:
    """Whether the card of the address and the own one become one."""
    holder = await linking.holder_of(turn.uow, "email", turn.draft.get("address", ""))
    if holder is None:
        return await home(turn)
    has = progress(await turn.wallet(holder))[0]
    yes = choice("email.merge", "yes", phrase("button.merge"))
    no = choice("email.merge", "no", phrase("button.no"))
    return Reply((phrase("email.merge", has=has),), ((yes, no),))


async def answer_merge(turn: Turn) -> Said:
    """Join the two, if the proof is fresh; or leave both as they are."""
    answer = turn.answer or turn.yes_or_no()
    if answer == "no":
        return Reply((phrase("merge.kept_apart"),), member_menu())
    if answer != "yes":
        return Reply((phrase("join.choose"),), then="email.merge", draft=turn.draft)
    if turn.now >= datetime.fromisoformat(turn.draft["until"]):
        return Reply((phrase("email.too_late"),), then="settings.email")
    return await _proven(turn, turn.draft["address"], joins=True)


async def ask_marketing(_turn: Turn) -> Reply:
    """Whether gifts and offers may come by e-mail too: a choice of its own (S33)."""
    yes = choice("email.marketing", "yes", phrase("button.yes_please"))
    no = choice("email.marketing", "no", phrase("button.no_thanks"))
    return Reply((phrase("email.marketing"),), ((yes, no),))


async def answer_marketing(turn: Turn) -> Reply:
    """Keep the choice."""
    answer = turn.answer or turn.yes_or_no()
    if answer not in ("yes", "no"):
        return Reply((phrase("join.choose"),), then="email.marketing")
    granted = answer == "yes"
    await joining.decide_marketing(
        turn.uow, turn.customer.id, CHANNEL, granted, "email.marketing", turn.now
    )
    said = phrase("email.marketing_yes" if granted else "email.marketing_no")
    return Reply((said,), member_menu(), edits=True)


router.step(Step("settings.email", ask_address, answer_address))
router.step(Step("email.code", ask_code, answer_code))
router.step(Step("email.merge", ask_merge, answer_merge, choices=True))
router.step(Step("email.marketing", ask_marketing, answer_marketing, choices=True))
