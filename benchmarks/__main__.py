"""`make bench`: measures, prints a table, writes `benchmarks/results/latest.json`."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from benchmarks import (
    engine,
    history,
    importing,
    picture,
    planning,
    purchases,
    replies,
    sending,
    verifying,
    webhook,
)
from benchmarks.databases import postgres, sqlite
from benchmarks.measuring import Outcome

RESULTS = Path(__file__).with_name("results")


async def _measured(rounds: int) -> AsyncIterator[Outcome]:
    yield await picture.measure(rounds)
    yield await sending.measure(rounds)
    with sqlite() as place:
        yield await webhook.measure(place, rounds)
        yield await engine.one_at_a_time(place, rounds)
        yield await history.measure(place, rounds)
        for outcome in (
            *await importing.measure(place, rounds),
            *await verifying.measure(place, rounds),
        ):
            yield outcome
        yield await replies.measure(place, rounds)
        yield await planning.measure(place, rounds)
    with postgres() as place:
        yield await webhook.measure(place, rounds)
        yield await engine.many_at_once(place, rounds)
        yield await purchases.against_statements(place, rounds)
        yield await purchases.against_one(place, rounds)
        for outcome in (
            *await importing.measure(place, rounds),
            *await verifying.measure(place, rounds),
        ):
            yield outcome
        yield await replies.measure(place, rounds)
        yield await planning.measure(place, rounds)


async def _all(rounds: int) -> list[Outcome]:
    outcomes = []
    async for outcome in _measured(rounds):
        print(_line(outcome), flush=True)
        outcomes.append(outcome)
    return outcomes


def _line(outcome: Outcome) -> str:
    verdict = "reached" if outcome.reached else "NOT REACHED"
    return (
        f"{outcome.name}\n"
        f"    {outcome.value:10.2f} {outcome.unit}\n"
        f"    {outcome.against_value:10.2f} {outcome.unit} {outcome.against}\n"
        f"    {outcome.ratio:10.3f} of its speed, {outcome.lowest:.3f} to {outcome.highest:.3f} "
        f"in {outcome.rounds} rounds; aim {outcome.aim:g}: {verdict}\n"
    )


def _write(outcomes: Sequence[Outcome]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "latest.json"
    entries = [outcome.as_json() for outcome in outcomes]
    file.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return file


def main() -> None:
    """Measure everything; a missed aim is printed, but no error: machines differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each, 5 by default")
    rounds = max(1, parser.parse_args().rounds)
    file = _write(asyncio.run(_all(rounds)))
    print(f"written to {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")


if __name__ == "__main__":
    main()
