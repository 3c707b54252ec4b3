"""Two members who become one (S12): their locks, their profiles, and all that changes its owner."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.domain.members import Member
from bot.domain.merging import Profile
from bot.storage import members
from bot.storage.database import Reader, Transaction, instant, marks


async def one_at_a_time(tx: Transaction) -> None:
    """Wait until no other merge is going on; comes before identities and members are locked.

    Otherwise one could wait for a member whom another is just merging away, while that one waits
    for what this one holds.
    """
    await tx.alone("merging")


async def lock_two(tx: Transaction, one_id: int, another_id: int) -> list[Member]:
    """Both members locked, the elder first; one alone when they are one already.

    Who was erased is neither of them. Identities come before members, as for somebody who writes
    for the first time and takes over a card that was begun for them.
    """
    await one_at_a_time(tx)
    found = [await members.get(tx, number) for number in (one_id, another_id)]
    ids = sorted({member.id for member in found if member})
    if not ids:
        return []
    await tx.rows(
        f"SELECT id FROM identity WHERE member_id IN ({marks(len(ids))}) ORDER BY id{tx.lock}", *ids
    )
    locked = [await members.lock(tx, number) for number in ids]
    return sorted(locked, key=lambda member: (member.joined_at, member.id))


async def lock_all(tx: Transaction, member_ids: Iterable[int]) -> dict[int, Member]:
    """Several members locked in order of number, by the numbers asked for.

    Those they became by merging are locked instead. Who is merged away meanwhile is let go of, so
    that nobody waits here for a lower number with a higher one in hand.
    """
    asked = sorted(set(member_ids))
    if len(asked) == 1:
        return {asked[0]: await members.lock(tx, asked[0])}
    while True:
        became = {number: await _became(tx, number) for number in asked}
        if tx.dialect == "postgres":
            await tx.execute("SAVEPOINT members")
        found = {}
        for number in sorted(set(became.values())):
            row = await tx.row(f"SELECT * FROM member WHERE id = $1{tx.lock}", number)
            if row is None or row["merged_into_id"] is not None:
                break
            found[number] = members.member_of(tx, row)
        else:
            return {number: found[became[number]] for number in asked}
        await tx.execute("ROLLBACK TO SAVEPOINT members")


async def _became(reader: Reader, member_id: int) -> int:
    row = await reader.row("SELECT merged_into_id FROM member WHERE id = $1", member_id)
    if row is None:
        raise LookupError(f"no member {member_id}")
    into = row["merged_into_id"]
    return member_id if into is None else await _became(reader, into)


async def profile(tx: Transaction, member: Member) -> Profile:
    """What a locked member has besides a ledger and addresses."""
    row = await tx.row(
        "SELECT birthday_set_at, tags, minimum_age, (SELECT MAX(at) FROM consent "
        "WHERE member_id = $1 AND purpose = 'terms') AS terms_at FROM member WHERE id = $1",
        member.id,
    )
    assert row is not None  # noqa: S101 - the caller holds its lock
    return Profile(
        name=member.name,
        language=member.language,
        birthday=member.birthday,
        birthday_set_at=instant(row["birthday_set_at"]),
        home_location=member.home_location,
        tags=row["tags"],
        terms_version=member.terms_version,
        minimum_age=row["minimum_age"],
        terms_at=instant(row["terms_at"]),
        last_visit_at=member.last_visit_at,
    )


async def keep_profile(tx: Transaction, member_id: int, kept: Profile) -> None:
    """Give the kept member the profile of both."""
    await members.rename(tx, member_id, kept.name)
    if kept.birthday and kept.birthday_set_at:
        await members.set_birthday(tx, member_id, *kept.birthday, kept.birthday_set_at)
    await tx.execute(
        "UPDATE member SET language = $1, home_location = $2, tags = $3, terms_version = $4, "
        "minimum_age = $5, last_visit_at = $6 WHERE id = $7",
        kept.language,
        kept.home_location,
        kept.tags,
        kept.terms_version,
        kept.minimum_age,
        kept.last_visit_at,
        member_id,
    )


async def hand_over(tx: Transaction, other_id: int, kept_id: int, now: datetime) -> None:
    """Make everything of one member another's, but for the ledger's entries, which stay.

    Of the one merged away remains what leads to the other: its number and its code.
    """
    for table in ("member_word", "preference"):
        await tx.execute(f"DELETE FROM {table} WHERE member_id = $1", other_id)
    await tx.execute(
        "UPDATE member SET merged_into_id = $1, merged_at = $2, name_sealed = $3, "
        "birthday_sealed = NULL, birthday_hash = NULL, birthday_set_at = NULL, tags = '' "
        "WHERE id = $4",
        kept_id,
        now,
        tx.vault.seal("member.name", ""),
        other_id,
    )
    await tx.execute(
        "UPDATE card SET member_id = $1, main = FALSE WHERE member_id = $2", kept_id, other_id
    )
    for table in (
        "identity",
        "voucher",
        "operation",
        "purchase",
        "review",
        "survey_answer",
        "membership",
    ):
        await tx.execute(
            f"UPDATE {table} SET member_id = $1 WHERE member_id = $2", kept_id, other_id
        )
