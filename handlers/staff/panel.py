"""The member in front of a colleague: who, balance, and what to do; facts, no chatter."""

from __future__ import annotations

from bot.conversation import Router, Turn, option, whole
from bot.domain.members import Member, Role
from bot.domain.messages import Button, Moment, Phrase, Reply, phrase
from bot.domain.rewards import Voucher
from bot.services import redeeming, staffing, wallets
from bot.services.results import Refused, Repeated, Used
from bot.services.wallets import Wallet
from handlers.menu import Rows, menu_of, name_of, progress, staff_menu, waiting
from handlers.paging import page_asked, page_of

router = Router()

STAMP_CHOICES = (1, 2)


@router.link("c")
async def scanned_card(turn: Turn) -> Reply:
    """A card was scanned: a colleague sees the member, anyone else nothing."""
    if turn.staff is None:
        return _not_for_you(turn)
    member = await staffing.member_by_reference(turn.uow, f"c_{turn.text}")
    if member is None:
        return Reply((phrase("staff.unknown_card"),), staff_menu(turn))
    return await panel(turn, member)


@router.link("v")
async def scanned_voucher(turn: Turn) -> Reply:
    """A voucher was scanned: a colleague may confirm it."""
    if turn.staff is None:
        return _not_for_you(turn)
    found = await redeeming.voucher_by_code(turn.uow, turn.text)
    if found is None:
        return Reply((phrase("voucher.unknown"),), staff_menu(turn))
    return await voucher_panel(turn, *found)


def _not_for_you(turn: Turn) -> Reply:
    """Says nothing of whose it is, nor whether there is such a one (S38)."""
    return Reply((phrase("scan.not_staff"),), menu_of(turn))


@router.action("panel", role=Role.CASHIER)
async def open_panel(turn: Turn) -> Reply:
    """Open a member from a button."""
    member = await staffing.member_by_reference(turn.uow, turn.args[0] if turn.args else "")
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    return await panel(turn, member)


async def panel(turn: Turn, member: Member, *first: Phrase) -> Reply:
    """A member as a colleague sees them, after something else that is to be said.

    Over SMS that is said instead of the balance, and nothing of the last visit.
    """
    purse = await turn.wallet(member)
    who = phrase("staff.whose", name=member.code)
    if member.name:
        who = phrase("staff.member", name=member.name, code=member.code)
    facts = (*progress(purse), *waiting(purse))
    if not turn.short:
        facts = (*facts, _last_visit(turn, member))
    elif first:
        facts = ()
    return Reply((*first, who, *facts), await _buttons(turn, member, purse), edits=True)


def shops(turn: Turn, member: Member | None = None, page: int = 0) -> Rows:
    """The shops to start a shift in; whose panel was open opens again there."""
    whom = "" if member is None else str(member.id)
    places, more = page_of(turn, turn.programme.locations, page, "shift", "", whom)
    return (*((option(place.name, "shift", place.code, whom),) for place in places), *more)


def _last_visit(turn: Turn, member: Member) -> Phrase:
    if member.last_visit_at is None:
        return phrase("staff.first_visit")
    zone = turn.programme.zone(turn.colleague.at)
    days = (turn.now.astimezone(zone).date() - member.last_visit_at.astimezone(zone).date()).days
    if days <= 0:
        return phrase("staff.here_today", at=Moment(member.last_visit_at, zone.key, "time"))
    return phrase("staff.here_before", n=days)


async def _buttons(turn: Turn, member: Member, purse: Wallet) -> Rows:
    code, nonce = member.code, turn.nonce
    rows: list[tuple[Button, ...]] = []
    if turn.programme.rules("visit"):
        rows.append(
            tuple(
                option(phrase("button.stamp", count=count), "stamp_panel", code, str(count), nonce)
                for count in STAMP_CHOICES
            )
        )
    if turn.programme.rules("purchase"):
        rows.append((option(phrase("button.sale"), "sale_panel", code, nonce),))
    actions = []
    if any(offer.available for offer in purse.offers()):
        actions.append(option(phrase("button.give_reward"), "give", code))
    if await redeeming.open_vouchers(turn.uow, member.id, turn.now):
        actions.append(option(phrase("button.use_voucher"), "use_panel", code))
    if turn.programme.units.stamps and await wallets.paper_card_open(turn.uow.tx, member, turn.now):
        actions.append(option(phrase("button.paper"), "paper", code))
    rows.append(tuple(actions))
    return tuple(row for row in rows if row)


async def voucher_panel(turn: Turn, voucher: Voucher, member: Member) -> Reply:
    """A voucher as a colleague sees it: whose, for what, and whether it still counts."""
    why_not = redeeming.closed(turn.uow, voucher, turn.now)
    if why_not:
        # So that "the reward is back on the card" is true at once.
        await redeeming.expire(turn.uow, voucher, turn.now)
    reward = turn.programme.reward(voucher.reward)
    lines = phrase(
        "staff.voucher",
        reward=reward.name if reward else voucher.reward,
        name=name_of(member),
        code=voucher.code,
    )
    open_member = option(phrase("button.member"), "panel", member.code)
    if why_not:
        return Reply((lines, why_not), ((open_member,),))
    confirm = option(phrase("button.confirm"), "use", voucher.code)
    return Reply((lines,), ((confirm,), (open_member,)))


def by_number(member: Member) -> str:
    """A member in a button that holds a reward's code too: an imported code may be too long."""
    return f"#{member.id}"


@router.action("give", role=Role.CASHIER)
async def give(turn: Turn) -> Reply:
    """Hand over a reward with the card in hand: choose which, then it is done."""
    code, chosen, nonce = (*turn.args, "", "", "")[:3]
    member = (
        await staffing.member_by_id(turn.uow, whole(code[1:]))
        if code.startswith("#")
        else await staffing.member_by_reference(turn.uow, code)
    )
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    if not chosen:
        return await _give_which(turn, member)
    key = f"give:{member.id}:{nonce}"
    given = await redeeming.give(turn.uow, member.id, chosen, turn.colleague, key, turn.now)
    return await after_use(turn, given)


async def _give_which(turn: Turn, member: Member) -> Reply:
    """The rewards this member can have now; a page of them where a button asked for it."""
    purse, whom = await turn.wallet(member), by_number(member)
    ready = [offer.reward for offer in purse.offers() if offer.available]
    shown, more = page_of(turn, ready, page_asked(turn, 2), "give", whom, "")
    rows = ((option(reward.name, "give", whom, reward.code, turn.nonce),) for reward in shown)
    back = (option(phrase("button.back"), "panel", member.code),)
    which = phrase("staff.give_which", name=name_of(member))
    return Reply((which,), (*rows, *more, back), edits=True)


async def after_use(turn: Turn, used: Used | Refused | Repeated) -> Reply:
    """What a colleague reads after a reward was handed over, or why it was not."""
    if isinstance(used, Refused):
        return Reply((used.why,), staff_menu(turn))
    if isinstance(used, Repeated):
        at = Moment(used.at, turn.programme.zone().key)
        return Reply((phrase("staff.counted", at=at),), staff_menu(turn), edits=True)
    reward = turn.programme.reward(used.voucher.reward)
    name = reward.name if reward else used.voucher.reward
    purse = await turn.wallet(used.member)
    said = phrase("staff.given", reward=name, name=name_of(used.member))
    open_member = option(phrase("button.member"), "panel", used.member.code)
    return Reply((said, *progress(purse), *waiting(purse)), ((open_member,),), edits=True)


@router.action("use_panel", role=Role.CASHIER)
async def use_from_panel(turn: Turn) -> Reply:
    """The open vouchers of the member in front of the colleague."""
    code = turn.args[0] if turn.args else ""
    member = await staffing.member_by_reference(turn.uow, code)
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    open_now = await redeeming.open_vouchers(turn.uow, member.id, turn.now)
    if not open_now:
        return await panel(turn, member, phrase("voucher.none_open"))
    return await voucher_panel(turn, open_now[0], member)
