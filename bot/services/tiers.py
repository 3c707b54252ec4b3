"""Tiers over time: reviews, what a refund takes back, and where a member stands (S18)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain import tiers
from bot.domain.members import Member
from bot.domain.messages import Phrase
from bot.domain.person import Person
from bot.domain.programme import Programme
from bot.domain.tiers import Move, Progress, Standing
from bot.services import persons, standings
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import members, memberships, progress
from bot.storage.database import Reader

#: Members a page; each is looked at in a transaction of its own.
PAGE = 100


async def review(work: Work, now: datetime) -> int:
    """Look at everybody whose tier or membership is due by `now`; returns how many moved.

    Each review is done as of its own instant, however late.
    """
    moved, after = 0, 0
    while True:
        async with work.reading() as reader:
            page = await progress.due_standings(reader, now, after, PAGE)
        for member_id in page:
            async with work.unit_of_work() as uow:
                moved += await look_again(uow, await members.lock(uow.tx, member_id), now)
        if len(page) < PAGE:
            return moved
        after = page[-1]


async def look_again(uow: UnitOfWork, member: Member, now: datetime) -> bool:
    """Do what is due to a locked member's tier and tell them; False where nothing was.

    Again changes nothing: what was done is not due any more.
    """
    person = await persons.read(uow, member, now)
    found = bool(person.moves)
    await persons.write_moves(uow, person, None, now)
    return found


async def merge(
    uow: UnitOfWork, kept: Member, other: Member, operation_id: int, now: datetime
) -> None:
    """Join the tiers of two locked members and what counts for them (S12)."""
    ours, theirs = [(await persons.read(uow, each, now)).standing for each in (kept, other)]
    counts = await progress.all_counts(uow.tx, other.id)
    less = [replace(count, amount=-count.amount) for count in counts]
    await progress.add_counts(uow.tx, other.id, operation_id, less)
    await progress.add_counts(uow.tx, kept.id, operation_id, counts)
    await progress.hand_over(uow.tx, other.id, kept.id)
    both = tiers.merged(uow.programme.tiers, ours, theirs)
    if both != await progress.standing(uow.tx, kept.id):
        await progress.move(uow.tx, kept.id, Move(ours, both, "merged", now), operation_id)
    person = await persons.read(uow, kept, now)
    await persons.write_moves(uow, person, operation_id, now)
    if both != ours:
        await persons.last_longer(uow, person, now)


async def look(
    reader: Reader, programme: Programme, member: Member, now: datetime
) -> Progress | None:
    """Where a member stands, whether or not what is due has run; None without tiers."""
    if not programme.tiers.levels:
        return None
    standing = await progress.standing(reader, member.id)
    tallies = await persons.tallies(reader, programme, member.id, now)
    return tiers.progress(programme, standing, tallies, member.joined_at, now)


async def stood(uow: UnitOfWork, person: Person, at: datetime) -> Standing:
    """The tiers that a member who was read just now had at an instant gone by."""
    if not uow.programme.tiers.levels:
        return Standing()
    due = [move.standing.tier for move in person.moves if move.at <= at]
    stored = None if due else await progress.tier_reached(uow.tx, person.member.id, at)
    paid = await memberships.newest(uow.tx, person.member.id, by=at)
    return Standing(
        due[-1] if due else stored,
        paid_tier=paid.tier if paid else None,
        paid_until=paid.ends_at if paid else None,
    )


async def after_refund(
    uow: UnitOfWork, person: Person, about_id: int, operation_id: int, now: datetime
) -> tuple[Phrase, ...]:
    """Take back the tier that an operation brought, when what counts no longer reaches it.

    The member goes back to the one before, until when they had that. Otherwise a tier stays until
    its review: what is taken back later counts then. Returns what is to be said of it.
    """
    found = await progress.last_move(uow.tx, person.member.id, person.standing)
    if found is None or found[1] != about_id or found[0].reason != "reached":
        return ()
    move = tiers.without(
        uow.programme, found[0], person.standing, person.tallies, person.member.joined_at, now
    )
    if move is None:
        return ()
    person.move([move])
    said = standings.became(uow.programme, person, person.moves, now)
    await persons.write_moves(uow, person, operation_id, now, told=move)
    return said.phrases if said else ()
