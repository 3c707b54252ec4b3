"""`campaigns`: who would hear what unasked, and planning it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.cli import results
from bot.cli.instants import At, clock_at, note_ahead
from bot.cli.opening import (
    CannotOpen,
    is_newest,
    load_settings,
    open_existing,
    open_work,
    read_programme,
)
from bot.cli.output import Json, counted, note, say
from bot.clock import Clock
from bot.domain.programme_values import did_you_mean
from bot.services.foreseeing import Foreseen, preview
from bot.services.unit_of_work import Work
from bot.settings import Settings
from scheduler.campaigns import CAMPAIGNS
from scheduler.jobs import plan

app = typer.Typer(no_args_is_help=True, help="What is said unasked.")

ALL_CHANNELS = frozenset({"telegram", "whatsapp", "sms", "email"})
#: How often a planning pass asks whether another one is over.
ASKING = timedelta(seconds=0.5)

_OUTCOMES = {
    "planned": "is sent",
    "deferred": "waits",
    "dropped": "is not sent",
    "held_out": "is not sent: held out, to see what the message changes",
}
_REASONS = {
    "no consent": "no consent to messages",
    "no channel": "no channel they can be reached on",
    "channel off": "their channel is switched off",
    "blocked": "they blocked us or stopped our messages there",
    "erased": "they were erased",
    "quiet hours": "quiet hours",
    "fewer": "they asked for fewer messages",
    "only gifts": "they want only what brings them something",
    "paused": "they asked for a pause",
    "budget": "the month's budget for this channel is used up",
    "halted": "the campaign is halted",
    "switched off": "the campaign is off",
    "said before": "they were told before",
    "no longer true": "it is not true any more",
}


def register(commands: typer.Typer) -> None:
    """Add the commands."""
    results.register(app)
    commands.add_typer(app, name="campaigns")


@app.command("preview")
def preview_campaigns(
    at: At = "",
    campaign: Annotated[
        str, typer.Option(help="Only this one, by the name of its file in scheduler/campaigns.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Show who would get what at an instant, and why others would not; changes nothing."""
    known = [each.name for each in CAMPAIGNS]
    if campaign and campaign not in known:
        hint = did_you_mean(campaign, known) or f" There are {', '.join(known)}."
        raise CannotOpen(f'--campaign: there is no campaign "{campaign}".{hint}')
    asyncio.run(_preview(clock_at(at), campaign or None, as_json=as_json))


async def _preview(clock: Clock, campaign: str | None, *, as_json: bool) -> None:
    settings = load_settings()
    async with open_existing(settings, clock) as work:
        await _note_not_in_force(settings, work)
        channels = _channels(settings)
        foreseen = preview(work, CAMPAIGNS, channels, clock.now(), campaign)
        if as_json:
            await _show_json(foreseen)
        else:
            await _show(foreseen, (await work.programme()).zone())


async def _note_not_in_force(settings: Settings, work: Work) -> None:
    """Say so where what an owner edited is not what they are shown."""
    try:
        source = read_programme(settings.programme)
    except CannotOpen:
        # Without a file there is nothing to take this for.
        return
    if not await is_newest(work.database, source):
        note(
            f"What is in {settings.programme} is not in force, so it is not what this shows: start "
            "Regulars again; `regulars check` says what may be wrong."
        )


def _channels(settings: Settings) -> frozenset[str]:
    """The channels that are set up; all of them where none is, to see what would be."""
    if not settings.channels:
        note("No channel is set up yet: shown as if all of them were.")
    return settings.channels or ALL_CHANNELS


async def _show_json(foreseen: AsyncIterator[Foreseen]) -> None:
    """A list, written as it comes: it may be about a million people."""
    line = "["
    async for each in foreseen:
        if line != "[":
            say(f"{line},")
        row = asdict(each)
        row = {"member": row.pop("member_code"), **row, "due_at": each.due_at.isoformat()}
        line = ("[" if line == "[" else " ") + json.dumps(row, ensure_ascii=False)
    say(f"{line}]")


async def _show(foreseen: AsyncIterator[Foreseen], zone: ZoneInfo) -> None:
    outcomes: Counter[str] = Counter()
    async for each in foreseen:
        outcomes[each.outcome] += 1
        due = each.due_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        channel = f" over {each.channel}" if each.channel else ""
        say(f"{each.member_code}  {each.campaign} {each.occurrence}{channel}  {due}  {_fate(each)}")
    say(
        f"{counted(outcomes['planned'], 'message')}, {outcomes['deferred']} that wait, "
        f"{outcomes['dropped'] + outcomes['held_out']} not sent."
    )


def _fate(foreseen: Foreseen) -> str:
    fate = _OUTCOMES[foreseen.outcome]
    return f"{fate}: {_spelled(foreseen.reason)}" if foreseen.reason else fate


def _spelled(reason: str) -> str:
    """A reason as people read it: `cap group occasions year`, `too late: quiet hours`."""
    if reason.startswith("too late: "):
        return f"too late, because of {_spelled(reason.removeprefix('too late: '))}"
    if reason.startswith("cap "):
        what, _, window = reason.removeprefix("cap ").rpartition(" ")
        return f"they had all that [caps] allow in a {window} ({what})"
    return _REASONS.get(reason, reason)


@app.command("run")
def run_campaigns(at: At = "") -> None:
    """Plan once, as the scheduler does; with --at, really, what comes due until that instant.

    Waits until no other process plans. To only look: campaigns preview --at.
    """
    clock = clock_at(at)
    note_ahead(at, "planned")
    asyncio.run(_run(clock))


async def _run(clock: Clock) -> None:
    new: Counter[str] = Counter()

    def planned(campaign: str, occasions: int) -> None:
        new[campaign] = occasions

    async with open_work(load_settings(), clock, migrate=True) as work:
        while not await plan(work, clock, CAMPAIGNS, again=True, planned=planned):
            await clock.wait_until(clock.real_now() + ASKING)
    for campaign, occasions in new.items():
        if occasions:
            say(f"{campaign}: {counted(occasions, 'message')} planned")
    say(f"{counted(new.total(), 'message')} planned.")
