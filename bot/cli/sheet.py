"""Everything that is held on one member, as `members show` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.services import refunding, tiers
from bot.services.earning import major
from bot.services.exporting import held
from bot.services.news import last_day
from bot.services.unit_of_work import UnitOfWork
from bot.services.wallets import open_lots, wallet
from bot.storage import members, vouchers

#: The newest vouchers shown.
VOUCHERS = 1_000
#: The newest entries shown, with the numbers by which a manager can take them back.
ENTRIES = 20

#: What JSON is made of; the shape is a promise of `members show --json`.
Sheet = dict[str, Any]


async def sheet(uow: UnitOfWork, member: Member, now: datetime) -> Sheet:
    """A member's balances, lots, vouchers, identities and consents as of an instant."""
    purse = await wallet(uow.tx, uow.programme, member.id, now)
    stands = await tiers.look(uow.tx, uow.programme, member, now)
    return {
        "code": member.code,
        "name": member.name,
        "balances": {unit: purse.balance(unit) for unit in held(purse)},
        "lots": [
            {
                "unit": lot.unit,
                "amount": lot.amount,
                "left": lot.remaining,
                "ends_at": _iso(lot.ends_at),
                "rule": lot.rule,
                "available_at": _iso(lot.available_at),
            }
            for lot in await open_lots(uow.tx, member.id, now)
        ],
        "tier": stands.tier.code if stands and stands.tier else None,
        "review_at": _iso(stands.until if stands else None),
        "entries": [
            {
                "number": entry.operation_id,
                "at": _iso(entry.occurred_at),
                "unit": entry.unit,
                "amount": entry.amount,
                "kind": entry.kind,
                "rules": ", ".join(rule for rule, _ in entry.rules),
            }
            for entry in await refunding.entries(uow, member, ENTRIES)
        ],
        "vouchers": [
            {
                "code": voucher.code,
                "reward": voucher.reward,
                "state": voucher.state,
                "reserved_at": _iso(voucher.reserved_at),
                "ends_at": _iso(voucher.ends_at),
                "closed_at": _iso(voucher.closed_at),
            }
            for voucher in await vouchers.of_member(uow.tx, member.id, VOUCHERS)
        ],
        "identities": [
            {"kind": kind, "value": value, "proven": proven}
            for kind, value, proven in await members.identities(uow.tx, member.id)
        ],
        "consents": [
            {
                "channel": consent.channel,
                "purpose": consent.purpose,
                "granted": consent.granted,
                "at": _iso(consent.at),
                "source": consent.source,
                "wording": consent.wording,
                "version": consent.version,
            }
            for consent in await members.consents(uow.tx, member.id)
        ],
    }


def show(found: Sheet, programme: Programme) -> None:
    """Print a sheet for people, with money and last days, and times in the shop's zone."""
    zone = programme.zone()
    # Names and codes stand for themselves: no [markup], no :emoji: in them.
    console = Console(markup=False, emoji=False, highlight=False)
    console.print(f"{found['code']}  {found['name']}", style="bold")
    for line in balances(found, programme):
        console.print(line)
    if found["tier"]:
        until = _shown("review_at", found["review_at"], zone)
        console.print(f"  tier: {found['tier']}" + (f", until {until}" if until else ""))
    for title in ("lots", "entries", "vouchers", "identities", "consents"):
        if rows := [_for_people(row, title, programme) for row in found[title]]:
            table = Table(title=title.capitalize(), title_justify="left")
            columns = [name for name in rows[0] if any(row[name] not in (None, "") for row in rows)]
            for column in columns:
                table.add_column(column.removesuffix("_at").replace("_", " "))
            for row in rows:
                table.add_row(*(_shown(column, row[column], zone) for column in columns))
            console.print(table)


def balances(found: Sheet, programme: Programme) -> Iterator[str]:
    """A member's balances for people, one a line."""
    for unit, amount in found["balances"].items():
        yield f"  {unit}: {_amount(programme, unit, amount)}"


def _for_people(row: Sheet, title: str, programme: Programme) -> Sheet:
    """A row of a table, with the words of money for credit and a lot's last day."""
    said = {}
    for name, value in row.items():
        if name in ("amount", "left"):
            said[name] = _amount(programme, row["unit"], value)
        elif title == "lots" and name == "ends_at":
            end = datetime.fromisoformat(value) if value else None
            said["last_day"] = last_day(programme, end).on.isoformat() if end else ""
        else:
            said[name] = value
    return said


def _amount(programme: Programme, unit: str, amount: int) -> str:
    """An amount of a unit; money in the currency's major unit."""
    if unit.partition(":")[0] not in ("credit", "cause"):
        return str(amount)
    return f"{major(programme, amount)} {programme.shop.currency}"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _shown(column: str, value: str | int | bool | None, zone: ZoneInfo) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and column.endswith("at"):
        return datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return "" if value is None else str(value)
