"""Writing candidates: occasions of an audience, in pages, so that nobody at the till waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from bot.storage.audiences import EACH, Audience
from bot.storage.database import Reader, Transaction, required_instant

#: Occasions a page, which is a transaction of its own.
PAGE = 2_000

#: The newest decision about marketing on some channel is yes (S33).
_AGREED = (
    "EXISTS (SELECT 1 FROM consent c WHERE c.member_id = m.id AND c.purpose = 'marketing' "
    "AND c.granted AND NOT EXISTS (SELECT 1 FROM consent n WHERE n.member_id = m.id "
    f"AND n.channel = c.channel AND n.purpose = 'marketing' AND n.id > c.id {EACH}) {EACH})"
)
#: They are somebody, and still themselves.
THERE = "m.merged_into_id IS NULL AND m.erased_at IS NULL"


@dataclass(frozen=True, slots=True)
class Zone:
    """Members whose time zone is `name`: their own, else their home location's, else the shop's.

    `locations` are the zones of the locations that have one of their own.
    """

    name: str
    shop: str
    locations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """Occasions to plan: a campaign's, for those of an audience in a zone; None is everywhere."""

    campaign: str
    occurrence: str
    audience: Audience
    due_at: datetime
    ends_at: datetime
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of an audience: the members from number `first` up to `until`; all where it is one.

    Without bounds a database looks for few members by what they have in common.
    """

    first: int | None = None
    until: int | None = None


@dataclass
class Sql:
    """The values of a statement that is put together, each with its placeholder."""

    values: list[Any] = field(default_factory=list)

    def put(self, value: Any) -> str:
        """Keep a value; its placeholder."""
        self.values.append(value)
        return f"${len(self.values)}"


async def zones_set(reader: Reader) -> list[str]:
    """The time zones members chose for themselves."""
    rows = await reader.rows("SELECT DISTINCT zone FROM preference WHERE zone IS NOT NULL")
    return sorted(row["zone"] for row in rows)


async def pages(reader: Reader, batch: Batch, size: int = PAGE) -> list[Page]:
    """The pages of a batch's audience, whether or not something is planned already."""
    sql = Sql()
    return await _pages(reader, sql, _audience(sql, batch), size)


async def pages_of_all(reader: Reader, batches: Sequence[Batch], size: int = PAGE) -> list[Page]:
    """The pages of all members of these audiences, and of those for whom anything is planned."""
    sql = Sql()
    members = [_audience(sql, batch) for batch in batches]
    members.append("SELECT member_id FROM occasion WHERE state = 'planned'")
    return await _pages(reader, sql, " UNION ".join(members), size)


def _audience(sql: Sql, batch: Batch) -> str:
    shifted = batch.audience.shifted(len(sql.values))
    sql.values += batch.audience.values
    return f"SELECT member_id FROM ({shifted}) AS a"


async def _pages(reader: Reader, sql: Sql, members: str, size: int) -> list[Page]:
    rows = await reader.rows(
        "SELECT DISTINCT member_id, last FROM (SELECT member_id, "
        "ROW_NUMBER() OVER (ORDER BY member_id) AS place, MAX(member_id) OVER () AS last "
        f"FROM ({members}) AS wanted) AS found WHERE (place - 1) % {int(size)} = 0 "
        "ORDER BY member_id",
        *sql.values,
    )
    if len(rows) == 1:
        return [Page()]
    bounds = [row["member_id"] for row in rows] + [row["last"] + 1 for row in rows[:1]]
    return [Page(*each) for each in pairwise(bounds)]


async def any_new(reader: Reader, batch: Batch, page: Page) -> bool:
    """Whether there is anything to plan of a page."""
    sql = Sql()
    found = f"SELECT 1 AS found FROM {_unplanned(sql, batch, page)} LIMIT 1"
    return await reader.row(found, *sql.values) is not None


async def add(tx: Transaction, batch: Batch, page: Page, now: datetime) -> int:
    """Plan what is not planned yet of a page; returns how many occasions are new."""
    await tx.as_tables_are()
    sql = Sql()
    columns = (
        "a.member_id",
        sql.put(batch.campaign),
        f"{sql.put(batch.occurrence)} || a.mark",
        "'planned'",
        sql.put(batch.due_at),
        sql.put(batch.ends_at),
        sql.put(now),
    )
    rows = await tx.rows(
        "INSERT INTO occasion (member_id, campaign, occurrence, state, due_at, ends_at, "
        f"planned_at) SELECT {', '.join(columns)} FROM {_unplanned(sql, batch, page)} "
        "ON CONFLICT DO NOTHING RETURNING id",
        *sql.values,
    )
    return len(rows)


async def unplanned(reader: Reader, batch: Batch, page: Page) -> list[tuple[int, str]]:
    """Members of a page and occurrences that are not planned, whether or not they agreed to it."""
    sql = Sql()
    rows = await reader.rows(
        "SELECT a.member_id, a.mark FROM "
        f"{_unplanned(sql, batch, page, agreed=False)} ORDER BY a.member_id, a.mark",
        *sql.values,
    )
    return [(row["member_id"], batch.occurrence + row["mark"]) for row in rows]


def _unplanned(sql: Sql, batch: Batch, page: Page, *, agreed: bool = True) -> str:
    """The rows of an audience that are to be planned, as `a`, with their members as `m`."""
    audience = batch.audience.shifted(len(sql.values))
    sql.values += batch.audience.values
    conditions = [
        THERE,
        # The empty text keeps it off the index by campaign and occurrence: that is everybody.
        "NOT EXISTS (SELECT 1 FROM occasion o WHERE o.member_id = m.id "
        f"AND o.campaign = {sql.put(batch.campaign)} "
        f"AND o.occurrence || '' = {sql.put(batch.occurrence)} || a.mark {EACH})",
    ]
    if agreed:
        conditions.append(_AGREED)
    if page.first is not None:
        conditions.append(f"a.member_id >= {sql.put(page.first)}")
    if page.until is not None:
        conditions.append(f"a.member_id < {sql.put(page.until)}")
    if batch.zone:
        conditions.append(in_zone(sql, batch.zone))
    return f"({audience}) AS a JOIN member m ON m.id = a.member_id WHERE {' AND '.join(conditions)}"


def in_zone(sql: Sql, zone: Zone) -> str:
    """The condition that a member `m` lives in a zone."""
    home = sql.put(zone.shop)
    if zone.locations:
        cases = " ".join(
            f"WHEN {sql.put(location)} THEN {sql.put(name)}"
            for location, name in zone.locations.items()
        )
        home = f"CASE m.home_location {cases} ELSE {home} END"
    own = "(SELECT p.zone FROM preference p WHERE p.member_id = m.id)"
    return f"COALESCE({own}, {home}) = {sql.put(zone.name)}"


async def looked_at(reader: Reader) -> dict[str, datetime]:
    """When each campaign's audience was last looked for."""
    rows = await reader.rows("SELECT campaign, planned_at FROM planning")
    return {row["campaign"]: required_instant(row["planned_at"]) for row in rows}


async def look_at(tx: Transaction, campaign: str, now: datetime) -> None:
    """Note that a campaign's audience was looked for."""
    await tx.execute(
        "INSERT INTO planning (campaign, planned_at) VALUES ($1, $2) "
        "ON CONFLICT (campaign) DO UPDATE SET planned_at = excluded.planned_at",
        campaign,
        now,
    )
