"""Giving a reward to a friend, and taking one that was given."""

from __future__ import annotations

from bot.conversation import Router, Said, Turn, option
from bot.domain.messages import Button, Day, Link, Moment, Phrase, Reply, Value, phrase
from bot.services import offers, presents
from bot.services.news import last_day
from bot.services.presents import Present
from bot.services.results import Refused, Repeated
from handlers.customer.redeeming import take_back, vouchers
from handlers.menu import member_menu, menu_of
from handlers.paging import page_asked, page_of

router = Router()


@router.action("present", member=True)
async def present(turn: Turn) -> Said:
    """Set a reward aside for a friend; which one, where several can be given."""
    code, mark = (*turn.args, "", "")[:2]
    purse = await turn.wallet(turn.customer)
    found = await offers.ready(turn.uow.tx, purse, turn.customer.id, turn.now)
    ready = [offer.reward for offer in found if offer.reward.friend]
    if not code and len(ready) == 1:
        code = ready[0].code
    if not code:
        if not ready:
            return Reply((phrase("redeem.nothing"),), member_menu(), edits=True)
        shown, more = page_of(turn, ready, page_asked(turn, 2), "present", "", "")
        rows = ((option(r.name, "present", r.code, turn.nonce),) for r in shown)
        menu: tuple[tuple[Button, ...], ...] = ((option(phrase("button.menu"), "menu"),),)
        return Reply((phrase("present.which"),), (*rows, *more, *(() if turn.short else menu)))
    return await _give(turn, code, mark)


async def _give(turn: Turn, code: str, mark: str) -> Said:
    key = f"present:{turn.customer.id}:{mark}" if mark else turn.key
    given = await presents.give(turn.uow, turn.customer.id, code, key, turn.now)
    if isinstance(given, Refused):
        return Reply((given.why,), member_menu())
    if isinstance(given, Repeated):
        return await vouchers(turn)
    turn.closes = True
    until = Moment(given.voucher.ends_at, turn.programme.zone().key, "day")
    explained = Reply((phrase("present.made", until=until),), (take_back(given.voucher),))
    return [Reply((_to_forward(turn, given, until),)), explained]


def _to_forward(turn: Turn, given: Present, until: Moment) -> Phrase:
    """What the friend is to read: a link, or the code to write where a link leads nowhere."""
    reward = turn.programme.reward(given.voucher.reward)
    shop = turn.programme.shop.name
    name: Value = reward.name if reward else given.voucher.reward
    if turn.by_number:
        code = f"g_{given.code}"
        return phrase("present.forward_code", shop=shop, reward=name, code=code, until=until)
    link = Link(f"g_{given.code}")
    return phrase("present.forward", shop=shop, reward=name, link=link, until=until)


@router.link("g")
async def take(turn: Turn) -> Reply:
    """Take a present; a stranger joins first."""
    if turn.member is None:
        step = turn.conversation.step or "join.welcome"
        refused = await presents.refused(turn.uow, turn.text, turn.now)
        if refused:
            return Reply((refused.why,), menu_of(turn))
        draft = {**turn.draft, "present": turn.text}
        return Reply((phrase("present.join_first"),), then=step, draft=draft)
    return await taken(turn, turn.text)


async def taken(turn: Turn, code: str) -> Reply:
    """Take a present for a member, and say what it is."""
    got = await presents.take(turn.uow, turn.customer.id, code, turn.now)
    if isinstance(got, Refused):
        return Reply((got.why,), member_menu())
    said = phrase("present.yours", reward=got.reward.name)
    if got.ends_at:
        until: Day = last_day(turn.programme, got.ends_at)
        said = phrase("present.yours_until", reward=got.reward.name, until=until)
    return Reply((said,), member_menu())
