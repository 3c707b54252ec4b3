"""The member in front of a colleague: who, balance, and what to do; facts, no chatter."""

from __future__ import annotations

from bot.conversation import Router, Turn, option
from bot.domain.earning import rules_for
from bot.domain.members import Member, Role
from bot.domain.messages import Button, Moment, Phrase, Reply, phrase
from bot.services import handing_over, memberships, offers, redeeming, staffing, wallets
from bot.services.wallets import Wallet
from handlers.menu import Rows, menu_of, progress, staff_menu, tier_lines, waiting
from handlers.paging import page_of

router = Router()

STAMP_CHOICES = (1, 2)


@router.link("c")
async def scanned_card(turn: Turn) -> Reply:
    """A card was scanned: a colleague sees the member, anyone else nothing."""
    if turn.staff is None:
        return not_for_you(turn)
    member = await staffing.member_by_reference(turn.uow, f"c_{turn.text}")
    if member is None:
        return Reply((phrase("staff.unknown_card"),), staff_menu(turn))
    return await panel(turn, member)


def not_for_you(turn: Turn) -> Reply:
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
    ranks = await tier_lines(turn, member, brief=turn.short)
    facts = (*progress(purse), *ranks, *waiting(purse))
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
    if rules_for(turn.programme, "purchase"):
        rows.append((option(phrase("button.sale"), "sale_panel", code, nonce),))
    actions = []
    ready = await offers.ready(turn.uow.tx, purse, member.id, turn.now)
    if any(handing_over.can_give(offer.reward) for offer in ready):
        actions.append(option(phrase("button.give_reward"), "give", code))
    for reward in (offer.reward for offer in ready if offer.reward.kind == "credit"):
        whom = by_number(member)
        pay = option(phrase("button.pay_credit"), "give", whom, reward.code, nonce)
        rows.append((pay,))
    if await redeeming.open_vouchers(turn.uow, member.id, turn.now):
        actions.append(option(phrase("button.use_voucher"), "use_panel", code))
    if turn.programme.units.stamps and await wallets.paper_card_open(turn.uow.tx, member, turn.now):
        actions.append(option(phrase("button.paper"), "paper", code))
    rows.append(tuple(actions))
    if memberships.offered(turn.programme):
        rows.append((option(phrase("button.membership"), "member_pays", by_number(member)),))
    if turn.colleague.role >= Role.MANAGER:
        rows.append(
            (
                option(phrase("button.entries"), "entries", code),
                option(phrase("button.new_number"), "move_panel", code, nonce),
            )
        )
    return tuple(row for row in rows if row)


def by_number(member: Member) -> str:
    """A member in a button that holds a reward's code too: an imported code may be too long."""
    return f"#{member.id}"
