"""Who a campaign is for, as SQL that both databases understand: one function an audience.

Each gives rows of `member_id` and `mark`, what tells several occasions of one member apart (a lot,
a card's number), or an empty text. No time zones in SQL: days come in as instants. Members who were
merged or erased, and those of another zone, are left out by whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.storage.database import Reader, instant, marks, required_instant
from bot.storage.lots import LOTS, alive

_PLACEHOLDER = re.compile(r"\$(\d+)")

#: Behind a subquery that is to be asked for each member by its index: PostgreSQL would rather go
#: through a whole table for every page. An OFFSET keeps it from making a join of it.
EACH = "LIMIT 1 OFFSET 0"
#: Rows of `entry` that say how often a card was filled or a price paid; as its index has them.
_SPENT = "e.kind IN ('fill', 'reserve', 'release', 'reverse')"
#: A visit `v` that nobody undid.
_VISIT = (
    "v.kind IN ('stamp', 'sale', 'claim') "
    "AND NOT EXISTS (SELECT 1 FROM operation u WHERE u.undoes_id = v.id)"
)


@dataclass(frozen=True, slots=True)
class Audience:
    """A SELECT of `member_id` and `mark`, its placeholders counted from $1."""

    sql: str
    values: tuple[Any, ...] = ()

    def shifted(self, by: int) -> str:
        """Its SQL with the placeholders counted from $1 + `by`, to stand within another."""
        return _PLACEHOLDER.sub(lambda found: f"${int(found[1]) + by}", self.sql)


def both(one: Audience, another: Audience) -> Audience:
    """Members who are in two audiences; the mark is the first one's."""
    among = another.shifted(len(one.values))
    return Audience(
        f"SELECT b.member_id, b.mark FROM ({one.sql}) AS b "
        f"WHERE b.member_id IN (SELECT o.member_id FROM ({among}) AS o)",
        (*one.values, *another.values),
    )


async def includes(reader: Reader, audience: Audience, member_id: int, mark: str = "") -> bool:
    """Whether a member is in an audience, with this mark."""
    last = len(audience.values)
    return bool(
        await reader.row(
            f"SELECT 1 FROM ({audience.sql}) a "
            f"WHERE a.member_id = ${last + 1} AND a.mark = ${last + 2}",
            *audience.values,
            member_id,
            mark,
        )
    )


def birthdays(reader: Reader, days: Sequence[tuple[int, int]]) -> Audience:
    """Members born on one of these days, each a month and a day."""
    hashes = [reader.vault.hash("birthday", f"{month:02d}-{day:02d}") for month, day in days]
    return Audience(
        "SELECT m.id AS member_id, '' AS mark FROM member m "
        f"WHERE m.birthday_hash IN ({marks(len(hashes))})",
        tuple(hashes),
    )


async def first_joined(reader: Reader) -> datetime | None:
    """When the first member joined; None where there is nobody."""
    row = await reader.row("SELECT MIN(joined_at) AS first FROM member")
    return instant(row["first"]) if row else None


def joined_between(since: datetime, until: datetime) -> Audience:
    """Members who joined from `since` up to `until`."""
    return Audience(
        "SELECT m.id AS member_id, '' AS mark FROM member m "
        "WHERE m.joined_at >= $1 AND m.joined_at < $2",
        (since, until),
    )


def joined_in(periods: Sequence[tuple[datetime, datetime]]) -> Audience:
    """Members who joined in one of these periods, each from an instant up to another."""
    when = " OR ".join(
        f"m.joined_at >= ${number} AND m.joined_at < ${number + 1}"
        for number in range(1, 2 * len(periods), 2)
    )
    return Audience(
        f"SELECT m.id AS member_id, '' AS mark FROM member m WHERE {when}",
        tuple(instant for period in periods for instant in period),
    )


def last_here_between(since: datetime, until: datetime) -> Audience:
    """Members whose last visit was from `since` up to `until`."""
    return Audience(
        "SELECT m.id AS member_id, '' AS mark FROM member m "
        "WHERE m.last_visit_at >= $1 AND m.last_visit_at < $2",
        (since, until),
    )


def bought_between(since: datetime, until: datetime) -> Audience:
    """Members whose last visit was from `since` up to `until`, of whom we know what they bought."""
    return Audience(
        "SELECT m.id AS member_id, '' AS mark FROM member m "
        "WHERE m.last_visit_at >= $1 AND m.last_visit_at < $2 AND EXISTS (SELECT 1 FROM purchase p "
        "JOIN purchase_item i ON i.purchase_id = p.id WHERE p.member_id = m.id)",
        (since, until),
    )


def never_invited(since: datetime, until: datetime) -> Audience:
    """Members whose last visit was from `since` up to `until`, and by whom no friend came."""
    return Audience(
        "SELECT m.id AS member_id, '' AS mark FROM member m "
        "WHERE m.last_visit_at >= $1 AND m.last_visit_at < $2 "
        "AND NOT EXISTS (SELECT 1 FROM referral r WHERE r.referrer_id = m.id)",
        (since, until),
    )


async def memberships_ending(reader: Reader, since: datetime, until: datetime) -> list[datetime]:
    """When paid memberships end, of those that do from `since` up to `until`."""
    rows = await reader.rows(
        "SELECT DISTINCT paid_until FROM standing WHERE paid_tier IS NOT NULL "
        "AND paid_until >= $1 AND paid_until < $2 ORDER BY paid_until",
        since,
        until,
    )
    return [required_instant(row["paid_until"]) for row in rows]


def paid_until(ends_at: datetime) -> Audience:
    """Members whose paid membership ends at an instant."""
    return Audience(
        "SELECT s.member_id, '' AS mark FROM standing s "
        "WHERE s.paid_tier IS NOT NULL AND s.paid_until = $1",
        (ends_at,),
    )


async def endings(reader: Reader, since: datetime, until: datetime) -> list[tuple[str, datetime]]:
    """What ends from `since` up to `until`: units, each with the instants at which lots end."""
    rows = await reader.rows(
        "SELECT unit, ends_at FROM lot "
        "WHERE remaining > 0 AND ends_at >= $1 AND ends_at < $2 "
        # Deadlines of inactivity: who still has something that ends with them is asked later.
        "UNION SELECT unit, ends_at FROM activity WHERE ends_at >= $1 AND ends_at < $2 "
        "ORDER BY ends_at, unit",
        since,
        until,
    )
    return [(row["unit"], required_instant(row["ends_at"])) for row in rows]


def ending(unit: str, ends_at: datetime) -> Audience:
    """Members who have something left of a unit that ends at an instant."""
    return Audience(
        f"SELECT l.member_id, '' AS mark FROM {LOTS} WHERE l.remaining > 0 AND l.ends_at = $2 "
        "AND l.unit = $1 AND (d.ends_at IS NULL OR d.ends_at >= $2) "
        "UNION SELECT d.member_id, '' AS mark FROM activity d JOIN lot l "
        "ON l.member_id = d.member_id AND l.unit = d.unit WHERE d.ends_at = $2 AND d.unit = $1 "
        "AND l.idle AND l.remaining > 0 AND (l.ends_at IS NULL OR l.ends_at >= $2)",
        (unit, ends_at),
    )


def waiting_rewards(earned_since: datetime, earned_until: datetime, now: datetime) -> Audience:
    """Rewards that were earned from `earned_since` up to `earned_until` and can still be used.

    The mark is the lot's number.
    """
    return Audience(
        "SELECT l.member_id, CAST(l.id AS TEXT) AS mark FROM lot l "
        "WHERE l.remaining > 0 AND substr(l.unit, 1, 7) = 'reward:' "
        f"AND l.earned_at >= $1 AND l.earned_at < $2 AND {alive('$3')}",
        (earned_since, earned_until, now),
    )


def almost_full_cards(
    card: int, within: int, here_since: datetime, here_until: datetime, now: datetime
) -> Audience:
    """Members last here in a period whose card of `card` stamps lacks at most `within`.

    The mark is the number of that card, counted from 1; one that was emptied again keeps its own.
    """
    return _almost("stamps", max(card - within, 1), card, "1 + {}", here_since, here_until, now)


def almost_enough_points(
    price: int, within: int, here_since: datetime, here_until: datetime, now: datetime
) -> Audience:
    """Members last here in a period who lack at most `within` percent of the points of a price.

    The mark is how often points were spent before.
    """
    least = max(price - price * within // 100, 1)
    return _almost("points", least, price, "{}", here_since, here_until, now)


def _almost(
    unit: str,
    least: int,
    enough: int,
    number: str,
    here_since: datetime,
    here_until: datetime,
    now: datetime,
) -> Audience:
    """Who has at least `least` of a unit and less than `enough`, what they owe taken off."""
    spent = (
        "COALESCE((SELECT SUM(CASE WHEN e.kind IN ('fill', 'reserve') THEN 1 "
        # What was put back: a card turned back into its stamps, the points of a voucher not used.
        "WHEN e.amount > 0 THEN -1 ELSE 0 END) FROM entry e "
        f"WHERE e.member_id = m.id AND {_SPENT} AND e.unit = '{unit}'), 0)"
    )
    have = (
        "COALESCE((SELECT SUM(l.remaining) FROM lot l WHERE l.member_id = m.id "
        f"AND l.unit = '{unit}' AND l.remaining > 0 AND {alive('$3')}), 0) "
        "- COALESCE((SELECT SUM(d.remaining) FROM debt d WHERE d.member_id = m.id "
        f"AND d.unit = '{unit}' AND d.remaining > 0), 0)"
    )
    return Audience(
        f"SELECT m.id AS member_id, CAST({number.format(spent)} AS TEXT) AS mark FROM member m "
        "WHERE m.last_visit_at >= $1 AND m.last_visit_at < $2 "
        f"AND ({have}) BETWEEN {int(least)} AND {int(enough) - 1}",
        (here_since, here_until, now),
    )


def reached_visits(count: int, since: datetime, now: datetime) -> Audience:
    """Members whose `count`-th visit that nobody undid came after `since`, up to `now`."""
    return Audience(
        # Stops at the visit that counts, however many came after it.
        "SELECT m.id AS member_id, '' AS mark FROM member m WHERE m.last_visit_at > $1 "
        "AND EXISTS (SELECT 1 FROM (SELECT v.created_at FROM operation v WHERE v.member_id = m.id "
        f"AND {_VISIT} ORDER BY v.created_at, v.id LIMIT 1 OFFSET {int(count) - 1}) AS nth "
        "WHERE nth.created_at > $1 AND nth.created_at <= $2)",
        (since, now),
    )


def reached_amount(minor: int, since: datetime, now: datetime) -> Audience:
    """Members whose purchases reached an amount in all after `since`, up to `now`."""
    spent = (
        "SELECT SUM(p.amount_minor) FROM purchase p WHERE p.member_id = m.id "
        "AND p.occurred_at <= {} "
        "AND NOT EXISTS (SELECT 1 FROM operation u WHERE u.undoes_id = p.operation_id)"
    )
    return Audience(
        "SELECT m.id AS member_id, '' AS mark FROM member m WHERE m.last_visit_at > $1 "
        f"AND ({spent.format('$2')}) >= {int(minor)} "
        f"AND COALESCE(({spent.format('$1')}), 0) < {int(minor)}",
        (since, now),
    )


def active_between(since: datetime, until: datetime) -> Audience:
    """Members for whom anything was written into the ledger from `since` up to `until`."""
    return Audience(
        "SELECT m.id AS member_id, '' AS mark FROM member m WHERE EXISTS (SELECT 1 "
        "FROM operation o WHERE o.member_id = m.id AND o.created_at >= $1 AND o.created_at < $2 "
        f"AND EXISTS (SELECT 1 FROM entry e WHERE e.operation_id = o.id {EACH}) {EACH})",
        (since, until),
    )
