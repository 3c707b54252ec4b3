"""`ledger`: proving that what is stored is what the entries add up to."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

import typer

from bot.cli.opening import load_settings, open_existing
from bot.cli.output import Json, Progress, counted, note, say, say_json
from bot.clock import Clock
from bot.services.unit_of_work import Work
from bot.storage import members, verify
from bot.storage.database import Reader
from bot.storage.verify import Difference

app = typer.Typer(no_args_is_help=True, help="The ledger behind every balance.")

#: Differences shown one by one.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Proof:
    """What the verification looked at and found."""

    entries: int
    differences: list[dict[str, Any]]


def register(commands: typer.Typer) -> None:
    """Add the commands."""
    commands.add_typer(app, name="ledger")


@app.callback()
def ledger() -> None:
    """The ledger behind every balance."""


@app.command("verify")
def verify_ledger(as_json: Json = False) -> None:
    """Recompute every balance from the entries; exits 1 on a difference."""
    proof = asyncio.run(_verify())
    if as_json:
        say_json(asdict(proof))
    else:
        _show(proof)
    if proof.differences:
        raise typer.Exit(1)


async def _verify() -> Proof:
    async with open_existing(load_settings(), Clock()) as work:
        found = await _differences(work)
        async with work.reading() as reader:
            named = [await _named(reader, difference) for difference in found]
            return Proof(await verify.entry_count(reader), named)


async def _differences(work: Work) -> list[Difference]:
    found: list[Difference] = []
    with Progress("Checks") as progress:
        for done, check in enumerate(verify.CHECKS, 1):
            # Each reads a state of its own, so that a till never waits for all of them.
            async with work.reading() as reader:
                found += await verify.differences_of(reader, check)
            progress.tell(done, len(verify.CHECKS))
    return found


async def _named(reader: Reader, difference: Difference) -> dict[str, Any]:
    whose = difference.member_id
    member = await members.get(reader, whose) if whose is not None else None
    return {
        "check": difference.check,
        "member": member.code if member else None,
        "unit": difference.unit,
        "stored": difference.stored,
        "computed": difference.computed,
    }


def _show(proof: Proof) -> None:
    for difference in proof.differences[:SHOWN]:
        whose = f"member {difference['member']}, " if difference["member"] else ""
        figures = "{unit}: stored {stored}, the entries say {computed}".format(**difference)
        say(f"{difference['check']}: {whose}{figures}")
    if hidden := len(proof.differences[SHOWN:]):
        say(f"+{hidden} more")
    entries = counted(proof.entries, "entry", "entries")
    say(f"{entries}, {counted(len(proof.differences), 'difference')}.")
    if proof.differences:
        note("The ledger does not add up: keep a copy of the database and report how it came.")
