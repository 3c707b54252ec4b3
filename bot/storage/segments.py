"""A segment as SQL that both databases understand: who of the members it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain import tiers as tiers_of
from bot.domain.amounts import in_minor_units
from bot.domain.programme import Programme
from bot.domain.segments import Segment
from bot.storage.audiences import EACH, Audience
from bot.storage.database import Reader

#: How far back an hour of day is looked for.
HOURS_WITHIN = timedelta(days=90)
_DAYS_IN_MONTH = 31
_DAY_MINUTES = 24 * 60

#: Stampings and purchases are visits; what was undone never was.
_STAMPING = (
    "FROM operation v WHERE v.member_id = m.id AND v.kind = 'stamp' "
    f"AND NOT EXISTS (SELECT 1 FROM operation u WHERE u.undoes_id = v.id {EACH}) "
    "AND v.created_at >= {}"
)
_PURCHASE = (
    "FROM purchase v WHERE v.member_id = m.id AND v.occurred_at >= {} "
    f"AND NOT EXISTS (SELECT 1 FROM operation u WHERE u.undoes_id = v.operation_id {EACH})"
)


@dataclass
class _Sql:
    """Conditions on a member `m`, and the values in them."""

    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def put(self, value: Any) -> str:
        """Keep a value; its placeholder."""
        self.values.append(value)
        return f"${len(self.values)}"

    def among(self, column: str, values: Collection[Any]) -> None:
        """A column has one of the values, if any are given."""
        if values:
            self.conditions.append(f"{column} IN ({', '.join(map(self.put, values))})")


def audience(
    reader: Reader,
    segment: Segment,
    programme: Programme,
    now: datetime,
    joined_by: datetime | None = None,
) -> Audience:
    """The members of a segment as it is `now`, of those who had joined by an instant."""
    sql = _Sql()
    if joined_by is not None:
        sql.conditions.append(f"m.joined_at <= {sql.put(joined_by)}")
    sql.among("m.home_location", segment.locations)
    sql.among("m.language", segment.languages)
    sql.among("m.birthday_hash", list(_birthdays(reader, segment.birthdays)))
    _recency(sql, segment, now)
    _history(sql, segment, programme, now)
    if segment.hours is not None:
        _hours(sql, segment.hours, programme, now, reader)
    if segment.tiers:
        sql.conditions.append(_tier(sql, segment.tiers, programme, now))
    if segment.products is not None:
        _bought(sql, segment.products, programme, now)
    for group in segment.tags:
        _tag(sql, group, reader)
    where = f" WHERE {' AND '.join(sql.conditions)}" if sql.conditions else ""
    return Audience(f"SELECT m.id AS member_id, '' AS mark FROM member m{where}", tuple(sql.values))


def _birthdays(reader: Reader, months: Sequence[int]) -> Iterator[str]:
    """Birthdays are known by their hashes alone, so a month is all its days (S36)."""
    for month in months:
        for day in range(1, _DAYS_IN_MONTH + 1):
            yield reader.vault.hash("birthday", f"{month:02d}-{day:02d}")


def _recency(sql: _Sql, segment: Segment, now: datetime) -> None:
    if segment.here is not None:
        since = sql.put(now - timedelta(days=segment.here))
        sql.conditions.append(f"m.last_visit_at >= {since}")
    if segment.not_here is not None:
        # Who joined the other day and has not come yet is not away.
        before = sql.put(now - timedelta(days=segment.not_here))
        sql.conditions.append(f"COALESCE(m.last_visit_at, m.joined_at) < {before}")


def _history(sql: _Sql, segment: Segment, programme: Programme, now: datetime) -> None:
    if segment.visits is not None:
        count, days = segment.visits
        since = sql.put(now - timedelta(days=days))
        counts = (f"(SELECT COUNT(*) {each.format(since)})" for each in (_STAMPING, _PURCHASE))
        sql.conditions.append(f"{' + '.join(counts)} >= {int(count)}")
    if segment.spend is not None:
        amount, days = segment.spend
        since = sql.put(now - timedelta(days=days))
        currency = programme.shop.currency
        minor = in_minor_units(amount, currency)
        sql.conditions.append(
            f"(SELECT COALESCE(SUM(v.amount_minor), 0) {_PURCHASE.format(since)} "
            f"AND v.currency = {sql.put(currency)}) >= {minor}"
        )


def _bought(
    sql: _Sql, products: tuple[Sequence[str], int], programme: Programme, now: datetime
) -> None:
    """One of the products, or any of a category's, was bought lately and not given back whole."""
    names, days = products
    since = sql.put(now - timedelta(days=days))
    sold = [p.code for p in programme.products if p.code in names or p.category in names]
    # A receipt's line may name a category alone.
    found = ", ".join(map(sql.put, dict.fromkeys((*names, *sold))))
    sql.conditions.append(
        f"EXISTS (SELECT 1 {_PURCHASE.format(since)} "
        "AND (v.refunded_minor < v.amount_minor OR v.amount_minor = 0) "
        "AND EXISTS (SELECT 1 FROM purchase_item i WHERE i.purchase_id = v.id "
        f"AND i.product IN ({found}) {EACH}) {EACH})"
    )


def _tier(sql: _Sql, tiers: Sequence[str], programme: Programme, now: datetime) -> str:
    """A member's tier is one of these: the higher of what they reached and what they paid for."""
    levels = programme.tiers.levels
    base = tiers_of.base(programme.tiers)
    lowest = programme.tiers.rank(base.code if base else None)
    ranks = " ".join(f"WHEN {sql.put(tier.code)} THEN {i}" for i, tier in enumerate(levels))
    wanted = sorted(programme.tiers.rank(code) for code in tiers)
    earned = f"CASE s.tier {ranks} ELSE {lowest} END"
    paid = (
        f"CASE WHEN s.paid_until <= {sql.put(now)} THEN -1 ELSE "
        f"CASE s.paid_tier {ranks} ELSE -1 END END"
    )
    higher = f"CASE WHEN {earned} > {paid} THEN {earned} ELSE {paid} END"
    among = ", ".join(map(str, wanted))
    one = (
        "EXISTS (SELECT 1 FROM standing s WHERE s.member_id = m.id "
        f"AND {higher} IN ({among}) {EACH})"
    )
    if lowest not in wanted:
        return one
    # Nothing is kept of who never had another.
    return f"({one} OR NOT EXISTS (SELECT 1 FROM standing s WHERE s.member_id = m.id {EACH}))"


def _tag(sql: _Sql, group: Sequence[str], reader: Reader) -> None:
    """A member has one of the tags; on SQLite letters beyond ASCII count as they are written."""
    find = "strpos" if reader.dialect == "postgres" else "instr"
    found = (
        f"{find}({column}, {sql.put(f' {word} ')}) > 0"
        for tag in group
        for column, word in (
            ("' ' || m.tags || ' '", tag),
            ("LOWER(' ' || m.tags || ' ')", tag.lower()),
        )
    )
    sql.conditions.append(f"({' OR '.join(found)})")


def _hours(
    sql: _Sql, hours: tuple[int, int], programme: Programme, now: datetime, reader: Reader
) -> None:
    """Somebody was here between two hours by the clock of the shop they came to."""
    since = now - HOURS_WITHIN
    here = []
    for zone, places in _zones(programme).items():
        for times, at in ((_STAMPING, "v.created_at"), (_PURCHASE, "v.occurred_at")):
            clock = " OR ".join(
                f"({at} >= {sql.put(begin)} AND {at} < {sql.put(end)} "
                f"AND {_between(sql, _clock(at, reader), hours, offset)})"
                for begin, end, offset in offsets(zone, since, now)
            )
            where = _place(sql, places)
            here.append(
                f"EXISTS (SELECT 1 {times.format(sql.put(since))}{where} AND ({clock}) {EACH})"
            )
    sql.conditions.append(f"({' OR '.join(here)})")


def _zones(programme: Programme) -> dict[ZoneInfo, list[str]]:
    """The zones of the shops with their locations; none are named where there is one zone."""
    zones: dict[ZoneInfo, list[str]] = {programme.zone(): []}
    for place in programme.locations:
        zones.setdefault(programme.zone(place.code), []).append(place.code)
    if len(zones) == 1:
        return {programme.zone(): []}
    # What has no location happened in the programme's own zone.
    zones[programme.zone()].append("")
    return zones


def _place(sql: _Sql, places: Sequence[str]) -> str:
    if not places:
        return ""
    return f" AND COALESCE(v.location, '') IN ({', '.join(map(sql.put, places))})"


def _clock(column: str, reader: Reader) -> str:
    """An instant's time of day in UTC, as text."""
    if reader.dialect == "postgres":
        return f"TO_CHAR({column} AT TIME ZONE 'UTC', 'HH24:MI')"
    return f"SUBSTR({column}, 12, 5)"


def _between(sql: _Sql, clock: str, hours: tuple[int, int], offset: timedelta) -> str:
    """The time of day lies between local hours, the clocks being `offset` ahead of UTC."""
    ahead = int(offset.total_seconds()) // 60
    begin, end = ((hour * 60 - ahead) % _DAY_MINUTES for hour in hours)
    joint = "AND" if begin < end else "OR"
    return f"({clock} >= {sql.put(_text(begin))} {joint} {clock} < {sql.put(_text(end))})"


def _text(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def offsets(
    zone: ZoneInfo, since: datetime, until: datetime
) -> list[tuple[datetime, datetime, timedelta]]:
    """The periods in which a zone's clocks are as far ahead of UTC, to the hour."""
    first = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = int((until - first) / timedelta(hours=1)) + 1
    moments = [first + timedelta(hours=number) for number in range(hours)]
    periods = []
    for offset, group in groupby(
        moments, key=lambda at: at.astimezone(zone).utcoffset() or timedelta()
    ):
        same = list(group)
        periods.append((same[0], same[-1] + timedelta(hours=1), offset))
    return periods
