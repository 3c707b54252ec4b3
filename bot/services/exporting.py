"""Members as lines of a CSV file that `importing` reads back with equal balances."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.services.member_file import COLUMNS, amount_text, protected, units
from bot.services.unit_of_work import Work
from bot.services.wallets import Wallet, wallet
from bot.storage import lots, members
from bot.storage.database import Reader

#: Members read at once.
PAGE = 100


async def columns(work: Work) -> tuple[str, ...]:
    """The columns of an export: those of every import, and one for each unit anyone holds."""
    programme = await work.programme()
    async with work.reading() as reader:
        held = await lots.units_held(reader)
    return (*COLUMNS, *dict.fromkeys((*units(programme), *held)))


async def count(work: Work) -> int:
    """How many members there are."""
    async with work.reading() as reader:
        return await members.count(reader)


async def lines(work: Work, now: datetime) -> AsyncIterator[list[Mapping[str, str]]]:
    """Every member, in the order they came, some at a time; each a text by column."""
    programme = await work.programme()
    last = 0
    while True:
        async with work.reading() as reader:
            page = await members.after(reader, last, PAGE)
            found = [await _line(reader, programme, member, now) for member in page]
        if not page:
            return
        yield found
        last = page[-1].id


async def _line(
    reader: Reader, programme: Programme, member: Member, now: datetime
) -> Mapping[str, str]:
    purse = await wallet(reader, programme, member.id, now)
    zone = programme.zone(member.home_location)
    return {
        "code": member.code,
        "name": protected(member.name),
        "language": member.language,
        "birthday": "{:02d}-{:02d}".format(*member.birthday) if member.birthday else "",
        "joined": member.joined_at.astimezone(zone).isoformat(),
        "location": member.home_location or "",
        "tags": await members.tags(reader, member.id),
        **await _reached(reader, member.id),
        **await _consents(reader, member.id, zone),
        **{unit: amount_text(unit, purse.balance(unit), programme) for unit in held(purse)},
    }


def held(purse: Wallet) -> Sequence[str]:
    """The units of a wallet: those the programme has, then whatever else there is something of."""
    return list(dict.fromkeys((*units(purse.programme), *sorted(purse.units))))


async def _reached(reader: Reader, member_id: int) -> Mapping[str, str]:
    """The first of each kind: a line has room for one."""
    found = reversed(await members.identities(reader, member_id))
    return {kind: value for kind, value, _ in found if kind in COLUMNS}


async def _consents(reader: Reader, member_id: int, zone: ZoneInfo) -> Mapping[str, str]:
    granted = [
        consent
        for consent in await members.consents(reader, member_id)
        if consent.purpose == "marketing" and consent.granted
    ]
    if not granted:
        return {}
    return {
        "consent": " ".join(consent.channel for consent in granted),
        # The latest: by then every one of them had been given.
        "consent_at": max(consent.at for consent in granted).astimezone(zone).isoformat(),
        "consent_source": "; ".join(dict.fromkeys(consent.source for consent in granted)),
    }
