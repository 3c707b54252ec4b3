"""Ending a programme as planned (S11): announced, then no earning, then no redeeming, then over."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from bot.domain import ending as rules
from bot.domain.ledger import Take
from bot.domain.messages import Day, Phrase, Reply, phrase
from bot.domain.programme import Programme
from bot.services import outreach
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import ledger, lots, members, operations, settings

#: Members told in one transaction, and transactions at a time: a till waits for no announcement.
PAGE, PAGES = 100, 20


def no_earning(programme: Programme, now: datetime) -> Refused | None:
    """The refusal of whatever earns, once that is over."""
    if programme.ending is None or rules.earns(programme, now):
        return None
    if not rules.redeems(programme, now):
        return Refused(phrase("ending.over", day=Day(programme.ending.last_redeeming)))
    return Refused(phrase("ending.no_earning", day=Day(programme.ending.last_earning)))


def no_redeeming(programme: Programme, now: datetime) -> Refused | None:
    """The refusal of whatever redeems, once that is over."""
    if programme.ending is None or rules.redeems(programme, now):
        return None
    return Refused(phrase("ending.no_redeeming", day=Day(programme.ending.last_redeeming)))


def no_joining(programme: Programme, now: datetime) -> Phrase | None:
    """What somebody hears who would like to join a programme that is ending."""
    if programme.ending is None or rules.earns(programme, now):
        return None
    return phrase("ending.no_joining", shop=programme.shop.name)


def notice(programme: Programme, now: datetime) -> tuple[Phrase, ...]:
    """What is said of the end beside a balance or the rewards."""
    end = programme.ending
    if end is None:
        return ()
    until = Day(end.last_redeeming)
    if not rules.redeems(programme, now):
        return (phrase("ending.over", day=until),)
    if not rules.earns(programme, now):
        return (phrase("ending.redeem_until", day=until),)
    return (phrase("ending.soon", earning=Day(end.last_earning), redeeming=until),)


async def announce(work: Work, now: datetime) -> list[int]:
    """Tell every member of the end, once for its dates; returns the conversations that hear it.

    A part at a time: how far it got is kept with what was said, so that neither another process
    nor a new start tells anybody twice. By night it waits.
    """
    touched: dict[int, None] = {}
    for _ in range(PAGES):
        async with work.unit_of_work() as uow:
            told = await _announce_page(uow, now)
        touched |= uow.touched
        if not told:
            break
    return list(touched)


async def _announce_page(uow: UnitOfWork, now: datetime) -> bool:
    end = uow.programme.ending
    if end is None or not rules.redeems(uow.programme, now):
        return False
    await uow.tx.alone("ending")
    name = f"ending:{end.last_earning}:{end.last_redeeming}"
    page = await members.after(uow.tx, int(await settings.get(uow.tx, name) or 0), PAGE)
    for member in page:
        await outreach.tell_member(uow, member.id, _announcement(uow), now, at_once=False)
    if page:
        await settings.put(uow.tx, name, str(page[-1].id))
    return bool(page)


def _announcement(uow: UnitOfWork) -> Reply:
    end, shop = uow.programme.ending, uow.programme.shop.name
    assert end is not None  # noqa: S101 - it is being announced
    dates = {"earning": Day(end.last_earning), "redeeming": Day(end.last_redeeming)}
    template = phrase("template.ending", shop=shop, **dates)
    return Reply((phrase("ending.announced", shop=shop, **dates),), template=template)


async def close(work: Work, now: datetime) -> int:
    """Expire all that is left at the instant the programme ended; returns the units taken.

    Not what was given to a cause, which is nobody's balance.
    """
    programme = await work.programme()
    end = rules.ends_at(programme)
    total = 0
    while end is not None and end <= now:
        async with work.reading() as reader:
            page = await lots.holders(reader, PAGE)
        taken = 0
        for member_id in page:
            async with work.unit_of_work() as uow:
                taken += await _close(uow, member_id, end, now)
        if not taken:
            break
        total += taken
    return total


async def _close(uow: UnitOfWork, member_id: int, end: datetime, now: datetime) -> int:
    member = await members.lock(uow.tx, member_id)
    account = await ledger.open_account(uow.tx, member.id)
    taken = account.expire(end)
    for unit in account.units:
        left = [lot for lot in account.lots if lot.unit == unit and lot.remaining]
        if left and not unit.startswith("cause:"):
            takes = tuple(Take(lot.id, lot.remaining) for lot in left)
            taken += -account.take_from("expire", unit, takes, at=end).amount
    if not taken:
        return 0
    operation_id = await operations.begin(
        uow.tx, f"expire:{uuid4()}", "expire", now=now, member_id=member.id
    )
    if operation_id is None:
        raise RuntimeError("a random key was used before")
    await uow.write(account, member_id=member.id, operation_id=operation_id, now=now)
    return taken
