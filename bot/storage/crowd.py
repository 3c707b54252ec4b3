"""Many members at once, as the engine needs them: what is asked of one at the till, in few reads.

Numbers of members go in pieces that a statement has room for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from bot.domain.ledger import Debt, EntryRef, Lot
from bot.domain.members import Member
from bot.domain.person import Activity
from bot.domain.tallies import Count
from bot.domain.tiers import Standing
from bot.storage import lots, members, memberships, operations, progress
from bot.storage.database import Reader, Row, Transaction, marks, required_instant
from bot.storage.memberships import Payment

#: Values of one statement; SQLite takes 32,766: https://www.sqlite.org/limits.html
AT_ONCE = 5_000


async def kept(reader: Reader, ids: Collection[int]) -> dict[int, int]:
    """Who members are now: themselves, or whoever they were merged into (S12)."""
    found, asked = {}, sorted(set(ids))
    for row in await _rows(reader, "SELECT id, merged_into_id FROM member WHERE id IN ({})", asked):
        found[row["id"]] = row["merged_into_id"] or row["id"]
    later = {into for member, into in found.items() if into != member} - set(found)
    if later:
        found |= await kept(reader, later)
    return {member: _end_of(found, member) for member in asked}


def _end_of(into: dict[int, int], member: int) -> int:
    while into[member] != member:
        member = into[member]
    return member


async def by_card(reader: Reader, tokens: Iterable[str]) -> dict[str, int]:
    """The numbers of the members whose cards hold these tokens, by token."""
    hashes = {reader.vault.hash("card", token): token for token in tokens}
    sql = (
        "SELECT c.token_hash, c.member_id FROM card c JOIN member m ON m.id = c.member_id "
        "WHERE c.revoked_at IS NULL AND m.erased_at IS NULL AND c.token_hash IN ({})"
    )
    rows = await _rows(reader, sql, hashes)
    return {hashes[row["token_hash"]]: row["member_id"] for row in rows}


async def lock(tx: Transaction, ids: Collection[int]) -> dict[int, Member] | None:
    """Members by number, locked in that order; without those erased.

    None where one was merged into another meanwhile: begin again.
    """
    rows = await _rows(tx, "SELECT * FROM member WHERE id IN ({}) ORDER BY id" + tx.lock, ids)
    if any(row["merged_into_id"] is not None for row in rows):
        return None
    found = [members.member_of(tx, row) for row in rows]
    return {member.id: member for member in found if not member.erased}


async def open_lots(
    reader: Reader, ids: Collection[int], units: Sequence[str]
) -> dict[int, list[Lot]]:
    """Members' lots of some units with something left."""
    found: dict[int, list[Lot]] = defaultdict(list)
    if units:
        sql = (
            f"SELECT l.member_id, {lots.COLUMNS} FROM {lots.LOTS} WHERE l.remaining > 0 "
            f"AND l.unit IN ({marks(len(units))}) AND l.member_id IN ({{}})"
        )
        for row in await _rows(reader, sql, ids, *units):
            found[row["member_id"]].append(lots.lot_of(row))
    return found


async def debts(reader: Reader, ids: Collection[int]) -> dict[int, list[Debt]]:
    """What members owe after reversals of what was spent."""
    found: dict[int, list[Debt]] = defaultdict(list)
    sql = "SELECT * FROM debt WHERE remaining > 0 AND member_id IN ({}) ORDER BY entry_id"
    for row in await _rows(reader, sql, ids):
        entry = EntryRef(row["entry_id"], row["entry_month"])
        found[row["member_id"]].append(Debt(entry, row["unit"], row["remaining"]))
    return found


async def activity(reader: Reader, ids: Collection[int]) -> dict[int, dict[str, Activity]]:
    """When members were last active, by unit."""
    found: dict[int, dict[str, Activity]] = defaultdict(dict)
    for row in await _rows(reader, "SELECT * FROM activity WHERE member_id IN ({})", ids):
        found[row["member_id"]][row["unit"]] = progress.activity_of(row)
    return found


async def standings(reader: Reader, ids: Collection[int]) -> dict[int, Standing]:
    """Members' tiers."""
    rows = await _rows(reader, "SELECT * FROM standing WHERE member_id IN ({})", ids)
    return {row["member_id"]: progress.standing_of(row) for row in rows}


async def tier_changes(
    reader: Reader, ids: Collection[int]
) -> dict[int, list[tuple[datetime, str | None]]]:
    """The tiers members reached and lost, each from when, in the order they were written down."""
    found: dict[int, list[tuple[datetime, str | None]]] = defaultdict(list)
    sql = (
        "SELECT member_id, changed_at, to_tier FROM tier_change WHERE member_id IN ({}) ORDER BY id"
    )
    for row in await _rows(reader, sql, ids):
        found[row["member_id"]].append((required_instant(row["changed_at"]), row["to_tier"]))
    return found


async def payments(reader: Reader, ids: Collection[int]) -> dict[int, list[Payment]]:
    """What members paid for memberships that nobody undid, in order."""
    found: dict[int, list[Payment]] = defaultdict(list)
    sql = f"SELECT p.* FROM {memberships.STANDS} AND p.member_id IN ({{}}) ORDER BY p.id"
    for row in await _rows(reader, sql, ids):
        found[row["member_id"]].append(memberships.payment_of(row))
    return found


async def tallies(
    reader: Reader, ids: Collection[int], whats: Collection[str], since_day: int
) -> dict[int, list[Count]]:
    """What counted since a day, by day, and what did before it added up as of day 0."""
    found: dict[int, list[Count]] = defaultdict(list)
    if whats:
        sql = (
            "SELECT member_id, what, CASE WHEN day >= $1 THEN day ELSE 0 END AS since, from_day, "
            f"SUM(amount) AS amount FROM tally WHERE what IN ({marks(len(whats), 2)}) "
            "AND member_id IN ({}) GROUP BY member_id, what, "
            "CASE WHEN day >= $1 THEN day ELSE 0 END, from_day"
        )
        for row in await _rows(reader, sql, ids, since_day, *sorted(whats)):
            found[row["member_id"]].append(progress.count_of(row))
    return found


async def rechecks(reader: Reader, ids: Collection[int]) -> dict[int, datetime]:
    """When members are to be looked at next."""
    sql = "SELECT member_id, MIN(at) AS at FROM recheck WHERE member_id IN ({}) GROUP BY member_id"
    return {r["member_id"]: required_instant(r["at"]) for r in await _rows(reader, sql, ids)}


async def bought(reader: Reader, ids: Collection[int]) -> set[int]:
    """Which members bought anything before that was not taken back whole."""
    sql = (
        "SELECT m.id FROM member m WHERE m.id IN ({}) AND EXISTS (SELECT 1 FROM purchase p "
        f"WHERE p.member_id = m.id AND {operations.STANDS})"
    )
    return {row["id"] for row in await _rows(reader, sql, ids)}


async def known_keys(reader: Reader, keys: Collection[str]) -> set[str]:
    """Which keys something was done under."""
    rows = await _rows(reader, "SELECT key FROM operation WHERE key IN ({})", keys)
    return {row["key"] for row in rows}


async def _rows(reader: Reader, sql: str, values: Iterable[object], *first: object) -> list[Row]:
    wanted = list(values)
    found: list[Row] = []
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        placeholders = marks(len(some), len(first) + 1)
        found += await reader.rows(sql.format(placeholders), *first, *some)
    return found
