"""`campaigns results`: what campaigns changed, against those who were left out of them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from bot.cli.opening import CannotOpen, load_settings, open_existing
from bot.cli.output import Json, counted, say, say_json
from bot.clock import Clock
from bot.domain.campaign_rules import PRIORITY
from bot.domain.lift import Lift
from bot.domain.programme_values import did_you_mean
from bot.services import effects, overview
from bot.services.effects import Effects

#: Rates are said of so many people.
_OF = 100


def register(campaigns: typer.Typer) -> None:
    """Add the command to those of `campaigns`."""
    campaigns.command("results")(results)


def results(
    name: Annotated[
        str | None, typer.Argument(help="A campaign, or one broadcast or season: broadcast:7.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show who came after a message, and who without it."""
    found = asyncio.run(_results(name))
    if as_json:
        say_json([_as_json(campaign, effect) for campaign, effect in found])
        return
    for campaign, effect in found:
        _show(campaign, effect)


async def _results(name: str | None) -> list[tuple[str, Effects]]:
    clock = Clock()
    async with open_existing(load_settings(), clock) as work, work.reading(long=True) as reader:
        programme, now = await work.programme(), clock.now()
        if name is None:
            lines = await overview.overview(reader, programme, now)
            names = [line.name for line in lines]
        else:
            names = [_known(name)]
        parts = [(each, *each.partition(":")[::2]) for each in names]
        return [
            (each, await effects.of(reader, programme, campaign, occurrence or None, now))
            for each, campaign, occurrence in parts
        ]


def _known(name: str) -> str:
    campaign = name.partition(":")[0]
    if campaign not in PRIORITY:
        hint = did_you_mean(campaign, PRIORITY) or f" There are: {', '.join(PRIORITY)}."
        raise CannotOpen(f'there is no campaign "{campaign}".{hint}')
    return name


def _show(campaign: str, found: Effects) -> None:
    say(f"{campaign}: {_sentence(found.whole)}")
    for variant, each in found.variants.items():
        say(f"  variant {variant}: {_sentence(each)}")
    if found.running:
        say(f"  {counted(found.running, 'person', 'people')} still have time and are not counted")


def _sentence(result: Lift) -> str:
    sent, held_out = result.sent, result.held_out
    if not sent.people:
        return "no results yet"
    came = f"{sent.came} of {sent.people} came"
    if result.difference is None or result.low is None or result.high is None:
        return f"{came}; nobody was left out, so there is nothing to compare with (hold_out)"
    without = f"{held_out.came} of {held_out.people} without it"
    difference = (
        f"{_signed(result.difference)} of {_OF}, between {_signed(result.low)} and "
        f"{_signed(result.high)}"
    )
    early = "" if result.clear else "; too early to tell"
    return f"{came}, {without}: {difference}{early}"


def _signed(rate: float) -> str:
    whole = round(rate * _OF)
    return f"{whole:+d}" if whole else "0"


def _as_json(campaign: str, found: Effects) -> dict[str, Any]:
    return {
        "campaign": campaign,
        **_lift(found.whole),
        "variants": {variant: _lift(each) for variant, each in found.variants.items()},
        "running": found.running,
    }


def _lift(result: Lift) -> dict[str, Any]:
    return {
        "people": result.sent.people,
        "came": result.sent.came,
        "held_out": result.held_out.people,
        "held_out_came": result.held_out.came,
        "difference": result.difference,
        "low": result.low,
        "high": result.high,
        "clear": result.clear,
    }
