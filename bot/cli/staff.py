"""`staff`: colleagues."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.opening import CannotOpen, load_settings, open_work
from bot.cli.output import Json, note, say, say_json
from bot.cli.telegram import NoTelegram, bot_name
from bot.clock import Clock
from bot.domain.members import Role
from bot.domain.programme import Programme
from bot.domain.programme_values import did_you_mean
from bot.services import staffing
from bot.services.joining import clean_name
from bot.settings import PUT_TOKEN, Settings

app = typer.Typer(no_args_is_help=True, help="Colleagues: who may stamp, manage or own.")


class RoleWord(StrEnum):
    """A role as it is typed."""

    CASHIER = "cashier"
    MANAGER = "manager"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a colleague begins with: a link where there is one, or `/start` and the payload."""

    name: str
    role: str
    location: str | None
    link: str | None
    payload: str
    ends_at: str


def register(commands: typer.Typer) -> None:
    """Add the commands."""
    commands.add_typer(app, name="staff")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the team calls them.")],
    role: Annotated[RoleWord, typer.Option(help="Each may do what those before it may.")],
    location: Annotated[str | None, typer.Option(help="The code of where they work.")] = None,
    as_json: Json = False,
) -> None:
    """Invite a colleague: prints a link that works once, within a week."""
    invitation = asyncio.run(invite(name, role, location))
    if as_json:
        say_json(asdict(invitation))
        return
    becomes = f"{invitation.name} becomes {invitation.role}"
    if invitation.link:
        say(f"{becomes} by opening this once, within a week:")
        say(f"  {invitation.link}")
        say("or by sending this to the bot:")
    else:
        say(f"{becomes} by sending this to the bot once, within a week:")
    say(f"  /start {invitation.payload}")


async def invite(name: str, role: RoleWord, location: str | None) -> Invitation:
    """Make the invitation. Raises CannotOpen for a name or location that can't be."""
    settings, clock = load_settings(), Clock()
    name = clean_name(name)
    if not name:
        raise CannotOpen("the name is empty: write what the team calls them")
    async with open_work(settings, clock, migrate=True) as work:
        now = clock.now()
        async with work.unit_of_work() as uow:
            _check_location(uow.programme, location)
            token = await staffing.invite(uow, name, Role.of(role), location, now)
    payload = f"s_{token}"
    return Invitation(
        name=name,
        role=role.value,
        location=location,
        link=await _link(settings, payload),
        payload=payload,
        ends_at=(now + timedelta(days=staffing.INVITATION_DAYS)).isoformat(),
    )


def _check_location(programme: Programme, location: str | None) -> None:
    if location is not None and programme.location(location) is None:
        codes = [place.code for place in programme.locations]
        hint = did_you_mean(location, codes) or f" There are: {', '.join(codes) or 'none'}."
        raise CannotOpen(f'the programme has no location "{location}".{hint}')


async def _link(settings: Settings, payload: str) -> str | None:
    try:
        name = await bot_name(settings)
    except NoTelegram as error:
        note(f"warning: {error}")
        name = None
    if name:
        return f"https://t.me/{name}?start={payload}"
    if settings.twilio_whatsapp_from:
        number = settings.twilio_whatsapp_from.partition("+")[2]
        return f"https://wa.me/{number}?text={payload}"
    if settings.twilio_sms_from:
        return None  # what is to be sent is printed anyway
    if settings.public_url:
        return f"{settings.public_url}/s/{payload}"
    if settings.telegram_token is None:
        note(f"There is no link yet, as Telegram is off: {PUT_TOKEN} and start `regulars run`.")
    return None
