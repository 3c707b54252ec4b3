"""A million members in a database, made by the database itself: each with consent and stamps.

What is sealed holds nothing: no round opens it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot import programmes
from bot.services.unit_of_work import Work
from bot.storage.database import Transaction

#: A Monday morning in Prague, before anything of the day is due.
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
#: Members were last here on one of so many days.
DAYS = 365


async def gather(work: Work, people: int) -> None:
    """Put the café's programme in force and so many members in its book."""
    await work.adopt(programmes.preset("cafe-stamps"), NOW)
    async with work.unit_of_work() as uow:
        await uow.tx.execute(
            "INSERT INTO operation (key, kind, answer_sealed, created_at) "
            "VALUES ('crowd', 'stamp', '', $1)",
            NOW,
        )
        await _born(uow.tx)
        await _joined(uow.tx, people)
    if work.database.dialect == "postgres":
        async with work.reading() as reader:
            await reader.rows("ANALYZE")


async def _born(tx: Transaction) -> None:
    """The keyed hashes of all days of a year, to give one to everybody."""
    await tx.execute("CREATE TABLE born (number INTEGER PRIMARY KEY, hash TEXT NOT NULL)")
    days = (date(2026, 1, 1) + timedelta(days=number) for number in range(DAYS))
    rows = [
        (number, tx.vault.hash("birthday", f"{day.month:02d}-{day.day:02d}"))
        for number, day in enumerate(days)
    ]
    await tx.execute_many("INSERT INTO born (number, hash) VALUES ($1, $2)", rows)


async def _joined(tx: Transaction, people: int) -> None:
    counted = numbers(tx, people)
    here = days_ago(tx, f"n % {DAYS}")
    await tx.execute(
        "INSERT INTO member (id, code, name_sealed, language, birthday_hash, source, "
        "terms_version, joined_at, last_visit_at) "
        f"SELECT n, 'C' || n, '', 'cs', (SELECT hash FROM born WHERE number = (n * 7) % {DAYS}), "
        f"'chat', '1', {days_ago(tx, str(2 * DAYS))}, {here} FROM {counted} "
        "WHERE TRUE"
    )
    # Four of five agreed.
    await tx.execute(
        "INSERT INTO consent (member_id, channel, purpose, granted, wording, version, source, at) "
        f"SELECT n, 'telegram', 'marketing', n % 5 > 0, 'joining', '1', 'chat', {here} "
        f"FROM {counted} WHERE TRUE"
    )
    # Nine stamps of ten on every third card.
    await tx.execute(
        "INSERT INTO entry (month, operation_id, member_id, unit, amount, kind, occurred_at, "
        f"recorded_at) SELECT 202602, 1, n, 'stamps', 9, 'earn', {here}, {here} FROM {counted} "
        "WHERE n % 3 = 0"
    )
    await tx.execute(
        "INSERT INTO lot (entry_id, entry_month, member_id, unit, amount, remaining, rule, "
        "earned_at) SELECT id, month, member_id, unit, amount, amount, 'visit', occurred_at "
        "FROM entry"
    )


def numbers(tx: Transaction, people: int) -> str:
    """The numbers from 1, as `n`."""
    if tx.dialect == "postgres":
        return f"generate_series(1, {people}) AS numbers (n)"
    return (
        f"(WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
        f"WHERE n < {people}) SELECT n FROM numbers)"
    )


def days_ago(tx: Transaction, days: str) -> str:
    """An instant so many days before now, in the afternoon."""
    noon = NOW.replace(hour=12).strftime("%Y-%m-%d %H:%M:%S")
    if tx.dialect == "postgres":
        return f"TIMESTAMPTZ '{noon}+00' - ({days}) * INTERVAL '1 day'"
    return f"strftime('%Y-%m-%d %H:%M:%S.000000+00:00', '{noon}', '-' || ({days}) || ' days')"
