"""`stats`: the programme's key figures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from babel.numbers import get_currency_precision

from bot import charts
from bot.cli.opening import CannotOpen, load_settings, open_existing
from bot.cli.output import Json, counted, say, say_json
from bot.clock import Clock
from bot.domain.programme import Programme
from bot.services import liability, statistics
from bot.services.liability import Owed
from bot.services.statistics import Day, Figures, Period, average, rate
from bot.storage.statistics import Purchases


def register(commands: typer.Typer) -> None:
    """Add the command."""
    commands.command("stats")(stats)


def stats(
    first: Annotated[str, typer.Option("--from", help="The first day, such as 2026-03-01.")] = "",
    last: Annotated[str, typer.Option("--to", help="The last day.")] = "",
    as_json: Json = False,
    chart: Annotated[
        Path | None, typer.Option(help="Draw visits and revenue by day into this PNG file.")
    ] = None,
) -> None:
    """Show the programme's key figures, of the last 30 days unless you name others."""
    found, programme, days = asyncio.run(_figures(first, last))
    if chart:
        _draw(chart, found, programme, days)
    if as_json:
        say_json(as_data(found, programme))
    else:
        for line in lines(found, programme):
            say(line)


async def _figures(first: str, last: str) -> tuple[Figures, Programme, list[Day]]:
    clock = Clock()
    async with open_existing(load_settings(), clock) as work, work.reading(long=True) as reader:
        programme, now = await work.programme(), clock.now()
        period = _period(programme, first, last, now)
        found = await statistics.figures(reader, programme, period, now)
        return found, programme, await statistics.daily(reader, programme, period)


def _period(programme: Programme, first: str, last: str, now: datetime) -> Period:
    lately = Period.lately(programme, now)
    ends = _day("--to", last) if last else lately.last
    begins = _day("--from", first) if first else min(lately.first, ends)
    if begins > ends:
        raise CannotOpen(f"--from {begins} is after --to {ends}: the first day comes first")
    return Period.of(programme, begins, ends)


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CannotOpen(f'{option}: "{text}" is no day; write it like 2026-03-01') from None


def as_data(found: Figures, programme: Programme) -> dict[str, Any]:
    """The figures as `stats --json` promises them; money in the currency's major unit."""
    currency = programme.shop.currency
    people, money = found.people, found.money
    return {
        "from": found.period.first.isoformat(),
        "to": found.period.last.isoformat(),
        "currency": currency,
        "members": people.members,
        "new_members": people.new,
        "active_members": people.active,
        "visits": people.visits,
        "repeat_rate": _number(people.repeat_rate),
        "purchases": {
            "members": _purchases(money.members, currency),
            "others": _purchases(money.others, currency),
        },
        "members_share_of_revenue": _number(money.share),
        "units": {unit: asdict(moved) for unit, moved in found.units.items()},
        "redemption_rate": {
            unit: _number(rate(moved.spent, moved.earned)) for unit, moved in found.units.items()
        },
        "rewards_used": found.rewards,
        "tiers": found.tiers,
        "referrals": {"came": found.referrals[0], "paid": found.referrals[1]},
        "survey": {
            "answers": found.survey[0],
            "average": _number(rate(found.survey[1], found.survey[0])),
        },
        "donations": {cause: _major(given, currency) for cause, given in found.donations.items()},
        "messages": found.messages,
        "liability": {unit: _owed(owed, currency) for unit, owed in found.owed.items()},
    }


def _purchases(found: Purchases, currency: str) -> dict[str, Any]:
    return {
        "count": found.count,
        "revenue": _major(found.revenue, currency),
        "average": _major(average(found), currency),
    }


def _owed(owed: Owed, currency: str) -> dict[str, Any]:
    return {
        "outstanding": owed.amount,
        "value": _major(owed.value, currency),
        "breakage": _number(owed.breakage),
        "expected_cost": _major(owed.expected, currency),
    }


def _number(exact: Decimal | None) -> float | None:
    return None if exact is None else float(exact)


def _major(minor: int | None, currency: str) -> float | None:
    # A float at the very edge: two decimals of any sum a shop has come out as they are.
    return None if minor is None else float(_decimal(minor, currency))


def _decimal(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-get_currency_precision(currency))


def lines(found: Figures, programme: Programme) -> Iterator[str]:
    """The figures for people."""
    people, money, period = found.people, found.money, found.period
    yield f"{_shop(programme)}, {period.first} to {period.last}"
    yield ""
    yield from _table(
        ("members", f"{people.members:,} ({people.new:,} new)"),
        ("came in the period", f"{people.active:,}, {_percent(people.repeat_rate)} more than once"),
        ("visits", f"{people.visits:,}"),
        ("purchases of members", _bought(money.members, programme)),
        ("purchases of others", _bought(money.others, programme)),
        ("members' share of revenue", _percent(money.share)),
        ("rewards used", _listed(found.rewards)),
        ("tiers", _listed(found.tiers)),
        ("friends invited", f"{found.referrals[0]:,} came, {found.referrals[1]:,} rewarded"),
        ("survey", _surveyed(found.survey)),
        ("given to causes", _given(found.donations, programme)),
        ("messages", _listed(found.messages)),
    )
    if found.units:
        yield ""
        yield from _rows(
            ("unit", "earned", "spent", "expired", "reversed", "outstanding", "spent of earned"),
            [
                (
                    unit,
                    *(_amount(unit, amount, programme) for amount in asdict(moved).values()),
                    _percent(rate(moved.spent, moved.earned)),
                )
                for unit, moved in found.units.items()
            ],
        )
    if found.owed:
        yield ""
        yield "What is owed now"
        yield from _rows(
            ("unit", "outstanding", "value", "breakage", "expected cost"),
            [_liable(unit, owed, programme) for unit, owed in found.owed.items()],
        )
        yield from _unknown(found.owed)


def _unknown(owed: dict[str, Owed]) -> Iterator[str]:
    if any(each.breakage is None for each in owed.values()):
        yield f"Breakage is unknown until {liability.ENOUGH} lots of a unit have ended."
    if any(each.each is None for each in owed.values()):
        yield "No value: write `value` under [units.points], and `cost` at the rewards."


def _liable(unit: str, owed: Owed, programme: Programme) -> tuple[str, ...]:
    return (
        unit,
        _amount(unit, owed.amount, programme),
        _money(owed.value, programme),
        "unknown" if owed.breakage is None else _percent(owed.breakage),
        _money(owed.expected, programme),
    )


def _amount(unit: str, amount: int, programme: Programme) -> str:
    return _money(amount, programme) if unit == "credit" else f"{amount:,}"


def _money(minor: int | None, programme: Programme) -> str:
    if minor is None:
        return "unknown"
    return f"{_decimal(minor, programme.shop.currency):,} {programme.shop.currency}"


def _bought(found: Purchases, programme: Programme) -> str:
    if not found.count:
        return "0"
    revenue, mean = _money(found.revenue, programme), _money(average(found), programme)
    return f"{found.count:,} for {revenue}, {mean} on average"


def _surveyed(survey: tuple[int, int]) -> str:
    answers, rated = survey
    mean = rate(rated, answers)
    return counted(answers, "answer") + (f", {mean:.2f} of 5 on average" if mean else "")


def _given(donations: dict[str, int], programme: Programme) -> str:
    given = (f"{cause} {_money(amount, programme)}" for cause, amount in donations.items())
    return ", ".join(given) or "0"


def _listed(found: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in found.items()) or "0"


def _percent(share: Decimal | None) -> str:
    return "–" if share is None else f"{share * 100:.1f} %"


def _table(*rows: tuple[str, str]) -> Iterator[str]:
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        yield f"{name:<{width}}  {value}"


def _rows(heading: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    for row in (heading, *rows):
        first, *others = (
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *others])


def _draw(file: Path, found: Figures, programme: Programme, days: list[Day]) -> None:
    currency, bars = programme.shop.currency, _bars(days)
    revenue = [
        charts.Series(name, [float(_decimal(getattr(bar, name), currency)) for bar in bars])
        for name in ("members", "others")
    ]
    by = "day" if len(bars) == len(days) else f"{-(-len(days) // len(bars))} days"
    panels = [
        charts.Panel(
            f"Visits of members by {by}", [charts.Series("visits", [b.visits for b in bars])]
        ),
        charts.Panel(f"Revenue by {by}, {currency}", revenue),
    ]
    period = found.period
    picture = charts.png(
        _shop(programme), panels, period.first.isoformat(), period.last.isoformat()
    )
    try:
        file.write_bytes(picture)
    except OSError as error:
        raise CannotOpen(f"{file} can't be written: {error.strerror}") from None


def _shop(programme: Programme) -> str:
    return programme.shop.name.in_language(programme.shop.language)


def _bars(days: list[Day]) -> list[Day]:
    """The days, several added up where they are too many to draw."""
    size = -(-len(days) // charts.MOST_BARS)
    heaps = [days[start : start + size] for start in range(0, len(days), size)]
    return [
        Day(
            heap[0].day,
            sum(day.visits for day in heap),
            sum(day.members for day in heap),
            sum(day.others for day in heap),
        )
        for heap in heaps
    ]
