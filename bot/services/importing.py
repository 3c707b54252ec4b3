"""Bringing members in from a file: checked whole first, then written in resumable pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain import lasting
from bot.domain.members import Consent
from bot.services import persons
from bot.services.csv_file import Problem
from bot.services.member_file import REFERENCES, Newcomer, newcomer, read
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import erasing, members, operations
from bot.storage.database import Reader

#: Lines looked up or written at once: few enough that whoever waits hardly notices.
PIECE = 100
#: How long the database is left to others after each piece. SQLite lets whoever asks first in;
#: one who has waited asks again every tenth of a second.
BREATH_SECONDS = 0.12

#: Hears how many lines are done, of how many.
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many members an import made, and how many of its lines were members already."""

    added: int
    already_there: int


async def check(
    work: Work, text: str, now: datetime, tell: Tell
) -> tuple[list[Newcomer], list[Problem]]:
    """Everybody in a file, and everything wrong with it, by line; reads only."""
    programme = await work.programme()
    lines, problems = read(text, programme)
    found: list[Newcomer] = []
    seen: dict[tuple[str, str], int] = {}
    for start in range(0, len(lines), PIECE):
        piece: list[Newcomer] = []
        for line in lines[start : start + PIECE]:
            person = newcomer(line, programme, now)
            if isinstance(person, Newcomer):
                piece.append(person)
                problems += _duplicates(person, seen)
            else:
                problems += person
        async with work.reading() as reader:
            known = await _known(reader, piece)
            problems += _torn(piece, known)
            problems += await _gone(reader, piece, known, programme.zone())
        found += piece
        tell(min(start + PIECE, len(lines)), len(lines))
    return found, sorted(problems, key=lambda problem: problem.line)


async def bring_in(work: Work, people: Sequence[Newcomer], now: datetime, tell: Tell) -> Imported:
    """Make everybody a member who is none yet. Doing it again changes nothing, and goes on.

    A member who is there already, by code, phone or e-mail address, stays as they are.
    """
    added = 0
    for start in range(0, len(people), PIECE):
        piece = people[start : start + PIECE]
        async with work.unit_of_work() as uow:
            known = await _known(uow.tx, piece)
            gone = {each.line for each in await _gone(uow.tx, piece, known, uow.programme.zone())}
            for person in piece:
                if not known[person.line] and person.line not in gone:
                    added += await _add(uow, person, now)
        done = min(start + PIECE, len(people))
        tell(done, len(people))
        if work.database.dialect == "sqlite" and done < len(people):
            await asyncio.sleep(BREATH_SECONDS)
    return Imported(added, len(people) - added)


def _duplicates(person: Newcomer, seen: dict[tuple[str, str], int]) -> Iterator[Problem]:
    for column, value in person.references.items():
        first = seen.setdefault((column, value), person.line)
        if first != person.line:
            yield Problem(person.line, f"{column}: it is on line {first} already: keep one of them")


def _torn(piece: Sequence[Newcomer], known: Mapping[int, set[int]]) -> list[Problem]:
    """The lines whose code, phone and e-mail address belong to different members."""
    return [
        Problem(
            person.line,
            f"{' and '.join(person.references)} belong to different members: keep what is right",
        )
        for person in piece
        if len(known[person.line]) > 1
    ]


async def _gone(
    reader: Reader, piece: Sequence[Newcomer], known: Mapping[int, set[int]], zone: ZoneInfo
) -> list[Problem]:
    """The lines of people who asked to be erased, and have not joined again since (S37)."""
    found: dict[int, Problem] = {}
    for column in REFERENCES:
        values = {p.references[column]: p for p in piece if column in p.references}
        for value, at in (await erasing.erased_on(reader, column, list(values))).items():
            line = values[value].line
            if not known[line]:
                day = at.astimezone(zone).date().isoformat()
                why = f"{column}: whose this is asked to be erased on {day}: remove the line"
                found.setdefault(line, Problem(line, why))
    return list(found.values())


async def _known(reader: Reader, piece: Sequence[Newcomer]) -> dict[int, set[int]]:
    """By line, the members there are with its code, phone or e-mail address."""
    codes = [person.code for person in piece if person.code]
    ids = {
        "code": await members.ids_by_code(reader, codes),
        **{
            kind: await members.ids_by_identity(
                reader, kind, [p.references[kind] for p in piece if kind in p.references]
            )
            for kind in ("phone", "email")
        },
    }
    return {
        person.line: {
            ids[column][value]
            for column, value in person.references.items()
            if value in ids[column]
        }
        for person in piece
    }


async def _add(uow: UnitOfWork, person: Newcomer, now: datetime) -> bool:
    """Make one person a member; False when this very line was brought in before."""
    column, value = next(iter(person.references.items()))
    # The key outlives a member's number, so that no later import gives the opening balance twice.
    key = f"import:member:{uow.tx.vault.hash(f'import.{column}', value)}"
    operation_id = await operations.begin(uow.tx, key, "import", now=now, location=person.location)
    if operation_id is None:
        return False
    member = await members.create(
        uow.tx,
        name=person.name,
        language=person.language,
        now=now,
        source="import",
        code=person.code,
        home_location=person.location,
        joined_at=person.joined_at,
        tags=person.tags,
    )
    await operations.concerns(uow.tx, operation_id, member.id)
    await _complete(uow, person, member.id, now)
    await _open(uow, person, member.id, operation_id, now)
    return True


async def _complete(uow: UnitOfWork, person: Newcomer, member_id: int, now: datetime) -> None:
    for kind, value in person.references.items():
        if kind != "code":
            # Not proven: a file is no proof that a number is still the same person's (S12).
            await members.attach(uow.tx, member_id, kind, value, proven=False, now=now)
    if person.birthday:
        await members.set_birthday(uow.tx, member_id, *person.birthday, now)
    for channel in person.consent:
        source, at = person.consent_source, person.consent_at
        consent = Consent(channel, "marketing", True, "import", "", source, at)
        await members.add_consent(uow.tx, member_id, consent)


async def _open(
    uow: UnitOfWork, person: Newcomer, member_id: int, operation_id: int, now: datetime
) -> None:
    opened = await persons.read(uow, await members.lock(uow.tx, member_id), now)
    zone = uow.programme.zone(person.location)
    for unit, amount in person.opening:
        lasting.credit(uow.programme, opened, "opening", unit, amount, at=now, zone=zone)
    await persons.write_given(uow, opened, operation_id, now)
