"""Past purchases from a file: checked whole, then counted as the engine would have then (S13).

Each is counted as of its own instant: deadlines, tiers and ends as they stood. Nobody is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TextIO

from bot.services.csv_file import Line, Problem
from bot.services.importing import BREATH_SECONDS, Tell
from bot.services.past import Again, count_piece
from bot.services.purchase_file import Bought, bought, read
from bot.services.references import References
from bot.services.unit_of_work import Work
from bot.storage import imports
from bot.storage.database import Reader
from bot.storage.spool import Sold, Spool

#: Lines looked up or purchases written at once: few enough that a till hardly notices.
PIECE = 1_000
#: Problems that are kept of a file that is all wrong.
MOST_PROBLEMS = 1_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many purchases an import counted, and how many of its lines were counted before."""

    added: int
    already_there: int


async def check(
    work: Work, stream: TextIO, lines: int, spool: Spool, now: datetime, tell: Tell
) -> list[Problem]:
    """Put a file's purchases into the spool; everything that is wrong with it, by line."""
    programme = await work.programme()
    people, problems = References(programme), list[Problem]()
    for piece in _pieces(read(stream)):
        found: list[Bought] = []
        for line in piece:
            checked = bought(line, programme, now) if isinstance(line, Line) else [line]
            if isinstance(checked, Bought):
                found.append(checked)
            else:
                problems += checked
        async with work.reading() as reader:
            await people.look_up(reader, {each.member for each in found if each.member})
            problems += [_nobody(each) for each in found if each.member and not people[each.member]]
            spool.add([(_sold(reader, each, people), each.content) for each in found])
        last = piece[-1]
        tell(min(last.number if isinstance(last, Line) else last.line, lines), lines)
        if len(problems) >= MOST_PROBLEMS:
            break
    problems += [_twice(*clash) for clash in spool.clashes(MOST_PROBLEMS)]
    return sorted(problems, key=lambda problem: problem.line)


def _pieces(lines: Iterator[Line | Problem]) -> Iterator[list[Line | Problem]]:
    while piece := list(islice(lines, PIECE)):
        yield piece


def _nobody(line: Bought) -> Problem:
    return Problem(
        line.line,
        f'member: nobody has the code, card, phone number or e-mail address "{line.member}": leave '
        "it empty for a purchase by nobody, or bring members in first",
    )


def _twice(line: int, first: int) -> Problem:
    return Problem(line, f"receipt: it is on line {first} already, with something else in it")


def _sold(reader: Reader, line: Bought, people: References) -> Sold:
    if line.receipt:
        key = f"receipt:{line.location or ''}:{line.receipt.casefold()}"
    else:
        # What a line says of a person is nobody else's business.
        key = f"line:{reader.vault.hash('import.purchase', line.content)}"
    return Sold(
        line.line,
        key,
        people[line.member],
        line.at,
        line.amount,
        line.discount,
        line.location,
        line.receipt,
        line.items,
    )


async def apply(work: Work, spool: Spool, now: datetime, tell: Tell) -> Replayed:
    """Count the purchases of a file in pieces. Doing it again changes nothing, and goes on."""
    programme = await work.programme()
    # What is given to the first who come goes by time; else each member's purchases come together.
    total = spool.sort(by_time=any(rule.total for rule in programme.earn))
    digest, added = spool.digest(), 0
    async with work.reading() as reader:
        done = await imports.lines_in(reader, digest)
    while piece := spool.piece(done, PIECE):
        try:
            async with work.unit_of_work() as uow:
                await uow.tx.alone("purchases import")
                counted = await count_piece(uow, piece, now)
                after = done + len(piece)
                await imports.go_on(uow.tx, digest, after, now, ended=after == total)
        except Again:
            continue
        done, added = after, added + counted
        tell(done, total)
        if work.database.dialect == "sqlite" and done < total:
            await asyncio.sleep(BREATH_SECONDS)
    return Replayed(added, total - added)
