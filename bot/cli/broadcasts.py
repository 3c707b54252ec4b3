"""`broadcast`: one message to many, from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.cli.opening import CannotOpen, load_settings, open_existing
from bot.cli.output import Json, counted, note, say, say_json
from bot.cli.output import Progress as ProgressBar
from bot.clock import Clock
from bot.domain.broadcasts import Broadcast, Progress
from bot.domain.messages import Phrase
from bot.domain.programme import Programme
from bot.domain.segments import ALL, CONDITIONS, BadSegment, Segment, parse
from bot.services import broadcasts
from bot.services.broadcasts import Estimate
from bot.services.results import Refused
from bot.services.unit_of_work import UnitOfWork, Work
from bot.settings import Settings
from locales import Catalogues
from locales.formats import format_money

app = typer.Typer(no_args_is_help=True, help="Messages to many members at once.")

Number = Annotated[int, typer.Argument(help="The broadcast's number, as `list` shows it.")]
#: Broadcasts that `list` shows.
SHOWN = 50
#: How often `show --follow` looks again.
LOOK_SECONDS = 1.0
#: What is said here is in English.
_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class _Desk:
    """What commands work with."""

    work: Work
    settings: Settings
    words: Catalogues
    now: datetime


def register(commands: typer.Typer) -> None:
    """Add the commands."""
    commands.add_typer(app, name="broadcast")


@app.command("new")
def new_broadcast(
    text: Annotated[
        list[str],
        typer.Option(
            help="What people read: a language, = and the text; once for each language. The first "
            "stands in where one is missing.",
            metavar="LANGUAGE=TEXT",
        ),
    ],
    segment: Annotated[
        str, typer.Option(help=f"Who gets it: {ALL}, or such as {' '.join(CONDITIONS.values())}")
    ] = ALL,
    yes: Annotated[bool, typer.Option("--yes", help="Send it without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Count who would get a message and what it costs, and send it after a yes."""
    made, estimate, programme = asyncio.run(_draft(text, segment))
    if not as_json:
        _say_draft(made, estimate, programme)
    elif not yes:
        say_json(_draft_as_json(made, estimate))
    if not estimate.total:
        note("None of them can be written to now: it takes consent and an address that works.")
        _say_kept(made)
        raise typer.Exit(1)
    if not yes and (as_json or not typer.confirm("Send it?", err=True)):
        _say_kept(made)
        return
    _send(made.id, as_json=as_json)


@app.command("send")
def send(number: Number, as_json: Json = False) -> None:
    """Send a draft, to whoever belongs to its segment at this moment."""
    _send(number, as_json=as_json)


def _send(number: int, *, as_json: bool) -> None:
    _answer(asyncio.run(_changed(number, _start)), as_json=as_json)


@app.command("list")
def list_broadcasts(as_json: Json = False) -> None:
    """Show the last broadcasts, newest first."""
    found = asyncio.run(_newest())
    if as_json:
        say_json([_as_json(each, progress) for each, progress in found])
    for each, progress in found if not as_json else ():
        say(f"{each.id}  {each.state:8}  {_counts(progress)}  {each.segment}")


@app.command("show")
def show(
    number: Number,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on showing it until it is over.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show how far a broadcast is, and why some were not written to."""
    _answer(asyncio.run(_shown(number, follow=follow)), as_json=as_json)


@app.command("pause")
def pause(number: Number, as_json: Json = False) -> None:
    """Send nothing more of it until `resume`; its 72 hours go on."""
    _answer(asyncio.run(_changed(number, _pause)), as_json=as_json)


@app.command("resume")
def resume(number: Number, as_json: Json = False) -> None:
    """Go on where it was paused."""
    _answer(asyncio.run(_changed(number, _resume)), as_json=as_json)


@app.command("stop")
def stop(number: Number, as_json: Json = False) -> None:
    """End it for good: nobody else gets it. A draft is thrown away."""
    _answer(asyncio.run(_changed(number, _stop)), as_json=as_json)


@app.command("test")
def test(number: Number) -> None:
    """Send it to the owners' own chats, as members would get it."""
    chats = asyncio.run(_tested(number))
    if not chats:
        raise CannotOpen(
            "no owner has a chat with the bot yet: invite one with `regulars staff add`"
        )
    say(f"On its way to {counted(chats, 'chat')} of owners; a running Regulars sends it.")


# --- The database's side ---


@asynccontextmanager
async def _desk() -> AsyncIterator[_Desk]:
    settings, clock = load_settings(), Clock()
    async with open_existing(settings, clock) as work:
        yield _Desk(work, settings, Catalogues.load(), clock.now())


async def _draft(texts: Sequence[str], segment: str) -> tuple[Broadcast, Estimate, Programme]:
    async with _desk() as desk:
        programme = await desk.work.programme()
        written, chosen = _texts(texts, programme, desk.words), _segment(segment, programme)
        async with desk.work.unit_of_work() as uow:
            made = await broadcasts.draft(uow, written, chosen, None, desk.now)
        return made, await _estimate(desk, made), programme


async def _estimate(desk: _Desk, made: Broadcast) -> Estimate:
    async with desk.work.reading() as reader:
        return await broadcasts.estimate(
            reader,
            made,
            await desk.work.programme(),
            desk.words,
            desk.settings.channels,
            desk.now,
        )


def _texts(given: Sequence[str], programme: Programme, words: Catalogues) -> dict[str, str]:
    texts: dict[str, str] = {}
    for each in given:
        language, sign, text = each.partition("=")
        language, text = language.strip().lower(), text.strip()
        if not sign or not text:
            raise CannotOpen(f'--text "{each}": write a language, = and the text: cs="Dobrý den!"')
        if language not in programme.shop.languages:
            spoken = ", ".join(programme.shop.languages)
            raise CannotOpen(f'--text: the shop does not speak "{language}"; there are: {spoken}')
        if language in texts:
            raise CannotOpen(f'--text: "{language}" stands there twice')
        if surplus := broadcasts.too_long(text):
            raise CannotOpen(
                f"--text {language}: {counted(surplus, 'character')} too long; "
                f"at most {broadcasts.TEXT_LIMIT} fit"
            )
        if wrong := broadcasts.no_place(text):
            raise CannotOpen(f"--text {language}: {words.render(wrong, _ENGLISH)}")
        texts[language] = text
    return texts


def _segment(text: str, programme: Programme) -> Segment:
    try:
        return parse(text, programme)
    except BadSegment as error:
        raise CannotOpen(f"--segment: {error}") from None


Change = Callable[[_Desk, UnitOfWork, int], Awaitable[Broadcast | Refused]]


async def _changed(number: int, change: Change) -> tuple[Broadcast, Progress]:
    async with _desk() as desk:
        async with desk.work.unit_of_work() as uow:
            done = await change(desk, uow, number)
        if isinstance(done, Refused):
            raise _refused(desk, done.why)
        return await _found(desk, number)


async def _start(desk: _Desk, uow: UnitOfWork, number: int) -> Broadcast | Refused:
    found = await broadcasts.find(uow, number)
    if isinstance(found, Refused):
        return found
    estimate = await broadcasts.estimate(
        uow.tx, found, uow.programme, desk.words, desk.settings.channels, desk.now
    )
    return await broadcasts.start(uow, number, estimate.total, desk.now)


async def _pause(desk: _Desk, uow: UnitOfWork, number: int) -> Broadcast | Refused:
    return await broadcasts.pause(uow, number, None, desk.now)


async def _resume(desk: _Desk, uow: UnitOfWork, number: int) -> Broadcast | Refused:
    return await broadcasts.resume(uow, number, desk.now)


async def _stop(desk: _Desk, uow: UnitOfWork, number: int) -> Broadcast | Refused:
    return await broadcasts.stop(uow, number, desk.now)


async def _newest() -> list[tuple[Broadcast, Progress]]:
    async with _desk() as desk, desk.work.reading() as reader:
        found = await broadcasts.newest(reader, SHOWN)
        return [await _found(desk, each.id) for each in found]


async def _shown(number: int, *, follow: bool) -> tuple[Broadcast, Progress]:
    async with _desk() as desk:
        found, progress = await _found(desk, number)
        if not follow:
            return found, progress
        with ProgressBar(f"Broadcast {number}") as bar:
            while found.open:
                bar.tell(progress.over, progress.over + progress.waiting)
                await asyncio.sleep(LOOK_SECONDS)
                found, progress = await _found(desk, number)
        return found, progress


async def _found(desk: _Desk, number: int) -> tuple[Broadcast, Progress]:
    async with desk.work.reading() as reader:
        found = await broadcasts.show(reader, number)
    if isinstance(found, Refused):
        raise _refused(desk, found.why)
    return found


async def _tested(number: int) -> int:
    async with _desk() as desk, desk.work.unit_of_work() as uow:
        found = await broadcasts.find(uow, number)
        if isinstance(found, Refused):
            raise _refused(desk, found.why)
        return await broadcasts.test(uow, found, desk.now)


def _refused(desk: _Desk, why: Phrase) -> CannotOpen:
    return CannotOpen(desk.words.render(why, _ENGLISH))


# --- What is printed ---


def _say_draft(made: Broadcast, estimate: Estimate, programme: Programme) -> None:
    for language, text in made.texts.texts:
        say(f"[{language}] {text}")
    say(f"To: {made.segment}")
    channels = ", ".join(f"{name} {people}" for name, people in estimate.people.items())
    say(f"{counted(estimate.total, 'person', 'people')}{f': {channels}' if channels else ''}")
    if estimate.segments:
        say(f"About {counted(estimate.segments, 'segment')} over SMS")
    if estimate.longest > programme.sms.segments:
        note(f"One text takes {estimate.longest} segments: more than one message may have.")
    if estimate.cost:
        say(f"About {format_money(estimate.cost, _ENGLISH)}")


def _say_kept(made: Broadcast) -> None:
    command = "regulars broadcast"
    note(
        f"Kept as draft {made.id}: `{command} send {made.id}` sends it, "
        f"`{command} stop {made.id}` throws it away."
    )


def _draft_as_json(made: Broadcast, estimate: Estimate) -> dict[str, Any]:
    cost = estimate.cost
    return {
        "broadcast": made.id,
        "segment": made.segment,
        "people": estimate.total,
        "channels": dict(estimate.people),
        "segments": estimate.segments,
        "cost": {"minor": cost.minor, "currency": cost.currency} if cost else None,
    }


def _answer(found: tuple[Broadcast, Progress], *, as_json: bool) -> None:
    broadcast, progress = found
    if as_json:
        say_json(_as_json(broadcast, progress))
        return
    say(f"Broadcast {broadcast.id}: {broadcast.state}, to {broadcast.segment}")
    say(_counts(progress))
    for title, reasons in (("waiting", progress.put_off), ("not sent", progress.why)):
        for reason, people in sorted(reasons.items(), key=lambda each: -each[1]):
            say(f"  {title}: {people} {reason}")


def _counts(progress: Progress) -> str:
    return (
        f"{progress.sent + progress.on_the_way} sent, {progress.waiting} waiting, "
        f"{progress.not_sent} not sent"
    )


def _as_json(broadcast: Broadcast, progress: Progress) -> dict[str, Any]:
    started, ended = broadcast.started_at, broadcast.ended_at
    return {
        "broadcast": broadcast.id,
        "state": broadcast.state,
        "reason": broadcast.reason,
        "segment": broadcast.segment,
        "people": broadcast.people,
        "sent": progress.sent,
        "on_the_way": progress.on_the_way,
        "waiting": progress.waiting,
        "not_sent": dict(progress.why),
        "put_off": dict(progress.put_off),
        "started_at": started.isoformat() if started else None,
        "ended_at": ended.isoformat() if ended else None,
    }
