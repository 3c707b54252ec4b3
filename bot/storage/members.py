"""Members, their names, numbers and cards, as stored."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from bot.domain.members import CODE_ALPHABET, Consent, Member
from bot.storage.database import Reader, Row, Transaction, instant, marks, required_instant
from bot.storage.models import CardRow, ConsentRow, IdentityRow, MemberRow

CODE_LENGTH = 6
#: 96 random bits; interface.md asks for at least 80.
TOKEN_BYTES = 12


class AlreadyTaken(Exception):
    """An address or number became another member's after it was looked up."""


def member_of(reader: Reader, row: Row) -> Member:
    """A member as they were read."""
    birthday = row["birthday_sealed"]
    month_day = reader.vault.open("member.birthday", birthday).split("-") if birthday else None
    return Member(
        id=row["id"],
        code=row["code"],
        name=reader.vault.open("member.name", row["name_sealed"]),
        language=row["language"],
        joined_at=required_instant(row["joined_at"]),
        birthday=(int(month_day[0]), int(month_day[1])) if month_day else None,
        home_location=row["home_location"],
        last_visit_at=instant(row["last_visit_at"]),
        terms_version=row["terms_version"],
        erased=row["erased_at"] is not None,
        tags=tuple(row["tags"].split()),
    )


async def _kept(reader: Reader, row: Row | None) -> Member | None:
    """The member of a row, or whoever they became by merging (S12); nobody once erased (S37)."""
    while row is not None and row["merged_into_id"] is not None:
        row = await reader.row("SELECT * FROM member WHERE id = $1", row["merged_into_id"])
    return member_of(reader, row) if row and row["erased_at"] is None else None


async def create(
    tx: Transaction,
    *,
    name: str,
    language: str,
    now: datetime,
    source: str,
    code: str | None = None,
    home_location: str | None = None,
    joined_at: datetime | None = None,
    tags: str = "",
) -> Member:
    """A new member with a code and a card of their own."""
    row = await MemberRow.create(
        using_db=tx.client,
        code=code or await _free_code(tx),
        name_sealed=tx.vault.seal("member.name", name),
        language=language,
        home_location=home_location,
        source=source,
        joined_at=joined_at or now,
        tags=tags,
    )
    await _index_name(tx, row.id, name)
    await _new_card(tx, row.id, now)
    return await lock(tx, row.id)


async def _free_code(tx: Transaction) -> str:
    while True:
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        if not await MemberRow.filter(code=code).using_db(tx.client).exists():
            return code


async def _index_name(tx: Transaction, member_id: int, name: str) -> None:
    await tx.execute("DELETE FROM member_word WHERE member_id = $1", member_id)
    await tx.execute_many(
        "INSERT INTO member_word (member_id, word_hash) VALUES ($1, $2)",
        [(member_id, word) for word in sorted(tx.vault.word_hashes(name))],
    )


async def _new_card(tx: Transaction, member_id: int, now: datetime) -> None:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await CardRow.create(
        using_db=tx.client,
        member_id=member_id,
        token_hash=tx.vault.hash("card", token),
        token_sealed=tx.vault.seal("card.token", token),
        created_at=now,
    )


async def lock(tx: Transaction, member_id: int) -> Member:
    """The member, locked until the transaction ends; everything about them is read after this.

    Of two merged ones it is the one that was kept, so go on with what this returns. Who waited
    for the lock may find them `erased`.
    """
    row = await tx.row(f"SELECT * FROM member WHERE id = $1{tx.lock}", member_id)
    if row is None:
        raise LookupError(f"no member {member_id}")
    if row["merged_into_id"] is not None:
        return await lock(tx, row["merged_into_id"])
    return member_of(tx, row)


async def hold_identities(tx: Transaction, member_id: int) -> None:
    """Keep a member's identities from being erased until the transaction ends.

    Comes before the member's own lock where one may be written to for the first time.
    """
    if tx.dialect == "postgres":
        await tx.rows(
            "SELECT id FROM identity WHERE member_id = $1 ORDER BY id FOR KEY SHARE", member_id
        )


async def get(reader: Reader, member_id: int) -> Member | None:
    """The member with this number, or who they became by merging."""
    return await _kept(reader, await reader.row("SELECT * FROM member WHERE id = $1", member_id))


async def family(reader: Reader, member_id: int) -> list[int]:
    """The member's number, then those of everybody who was merged into them."""
    rows = await reader.rows(
        "WITH RECURSIVE family (id) AS (SELECT id FROM member WHERE id = $1 UNION ALL "
        "SELECT m.id FROM member m JOIN family f ON m.merged_into_id = f.id) SELECT id FROM family",
        member_id,
    )
    return [row["id"] for row in rows]


async def by_code(reader: Reader, code: str) -> Member | None:
    """The member with this member code, in any letter case, or who they became by merging."""
    row = await reader.row("SELECT * FROM member WHERE code = $1", code.upper())
    return await _kept(reader, row)


async def by_card(reader: Reader, token: str) -> Member | None:
    """The member whose card holds this token: their own, or one they brought in by merging."""
    row = await reader.row(
        "SELECT m.* FROM member m JOIN card c ON c.member_id = m.id "
        "WHERE c.token_hash = $1 AND c.revoked_at IS NULL AND m.erased_at IS NULL",
        reader.vault.hash("card", token),
    )
    return member_of(reader, row) if row else None


async def by_identity(reader: Reader, kind: str, value: str) -> Member | None:
    """The member who has this address or number."""
    row = await reader.row(
        "SELECT m.* FROM member m JOIN identity i ON i.member_id = m.id "
        "WHERE i.kind = $1 AND i.value_hash = $2 AND m.erased_at IS NULL",
        kind,
        reader.vault.hash(kind, value),
    )
    return member_of(reader, row) if row else None


async def by_name(reader: Reader, name: str, limit: int) -> list[Member]:
    """Members whose name has every word of `name`, newest visit first, at most `limit`."""
    words = sorted(reader.vault.word_hashes(name))
    if not words:
        return []
    rows = await reader.rows(
        f"SELECT * FROM member WHERE id IN (SELECT member_id FROM member_word WHERE word_hash "
        f"IN ({marks(len(words))}) GROUP BY member_id HAVING COUNT(*) = {len(words)}) "
        "AND erased_at IS NULL "
        f"ORDER BY COALESCE(last_visit_at, joined_at) DESC, id LIMIT {int(limit)}",
        *words,
    )
    return [member_of(reader, row) for row in rows]


async def after(reader: Reader, member_id: int, limit: int) -> list[Member]:
    """The next `limit` members after a number, in order: a page of all of them."""
    rows = await reader.rows(
        "SELECT * FROM member WHERE id > $1 AND merged_into_id IS NULL AND erased_at IS NULL "
        f"ORDER BY id LIMIT {int(limit)}",
        member_id,
    )
    return [member_of(reader, row) for row in rows]


async def card_token(reader: Reader, member_id: int) -> str:
    """The token of the member's current card."""
    row = await reader.row(
        "SELECT token_sealed FROM card WHERE member_id = $1 AND revoked_at IS NULL AND main",
        member_id,
    )
    if row is None:
        raise LookupError(f"member {member_id} has no card")
    return reader.vault.open("card.token", row["token_sealed"])


async def rename(tx: Transaction, member_id: int, name: str) -> None:
    """Give the member another name, findable by its words."""
    await tx.execute(
        "UPDATE member SET name_sealed = $1 WHERE id = $2",
        tx.vault.seal("member.name", name),
        member_id,
    )
    await _index_name(tx, member_id, name)


async def accept_terms(tx: Transaction, member_id: int, version: str, minimum_age: int) -> None:
    """Keep which terms were accepted and the age that was confirmed (S40)."""
    await tx.execute(
        "UPDATE member SET terms_version = $1, minimum_age = $2 WHERE id = $3",
        version,
        minimum_age,
        member_id,
    )


async def set_language(tx: Transaction, member_id: int, language: str) -> None:
    """Keep the language messages to the member are written in."""
    await tx.execute("UPDATE member SET language = $1 WHERE id = $2", language, member_id)


async def set_birthday(
    tx: Transaction, member_id: int, month: int, day: int, now: datetime
) -> None:
    """Keep the birthday, findable by its month and day (S36), and since when it is known."""
    text = f"{month:02d}-{day:02d}"
    await tx.execute(
        "UPDATE member SET birthday_sealed = $1, birthday_hash = $2, birthday_set_at = $3 "
        "WHERE id = $4",
        tx.vault.seal("member.birthday", text),
        tx.vault.hash("birthday", text),
        now,
        member_id,
    )


async def birthday_set_at(reader: Reader, member_id: int) -> datetime | None:
    """When the birthday was last set; it can be changed once a year (S30)."""
    row = await reader.row("SELECT birthday_set_at FROM member WHERE id = $1", member_id)
    return instant(row["birthday_set_at"]) if row else None


async def visited(tx: Transaction, member_id: int, at: datetime) -> None:
    """Note a visit; an older one than the last changes nothing."""
    await tx.execute(
        "UPDATE member SET last_visit_at = $1 "
        "WHERE id = $2 AND (last_visit_at IS NULL OR last_visit_at < $1)",
        at,
        member_id,
    )


async def identities(reader: Reader, member_id: int) -> list[tuple[str, str, bool]]:
    """The member's addresses and numbers as (kind, value, proven)."""
    rows = await IdentityRow.filter(member_id=member_id).using_db(reader.client).order_by("id")
    return [
        (row.kind, reader.vault.open("identity.value", row.value_sealed), row.proven_at is not None)
        for row in rows
    ]


async def lock_identity(tx: Transaction, kind: str, value: str) -> Member | None:
    """The member an address or number belongs to; whose it is stays so for the transaction."""
    row = await tx.row(
        f"SELECT member_id FROM identity WHERE kind = $1 AND value_hash = $2{tx.lock}",
        kind,
        tx.vault.hash(kind, value),
    )
    return await get(tx, row["member_id"]) if row and row["member_id"] else None


async def attach(
    tx: Transaction, member_id: int, kind: str, value: str, *, proven: bool, now: datetime
) -> None:
    """Make an address or number the member's; the caller has checked that it is nobody else's.

    Raises AlreadyTaken when somebody else got it at the same moment.
    """
    row = await tx.row(
        "INSERT INTO identity (kind, value_hash, value_sealed, member_id, proven_at, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kind, value_hash) DO UPDATE "
        "SET member_id = excluded.member_id, "
        "proven_at = COALESCE(excluded.proven_at, identity.proven_at) "
        "WHERE identity.member_id IS NULL OR identity.member_id = excluded.member_id RETURNING id",
        kind,
        tx.vault.hash(kind, value),
        tx.vault.seal("identity.value", value),
        member_id,
        now if proven else None,
        now,
    )
    if row is None:
        raise AlreadyTaken(f"this {kind} is another member's")


async def add_consent(tx: Transaction, member_id: int, consent: Consent) -> None:
    """Append a decision about messages or terms; earlier ones stay as history (S33)."""
    await ConsentRow.create(
        using_db=tx.client,
        member_id=member_id,
        channel=consent.channel,
        purpose=consent.purpose,
        granted=consent.granted,
        wording=consent.wording,
        version=consent.version,
        source=consent.source,
        at=consent.at,
    )


async def consents(reader: Reader, member_id: int) -> list[Consent]:
    """The decision in force per channel and purpose, in the order they were first made."""
    rows = await ConsentRow.filter(member_id=member_id).using_db(reader.client).order_by("id")
    return list({(row.channel, row.purpose): _consent(row) for row in rows}.values())


async def decisions(reader: Reader, member_id: int, channel: str, purpose: str) -> list[Consent]:
    """All that was ever decided for a purpose on a channel, newest first."""
    rows = ConsentRow.filter(member_id=member_id, channel=channel, purpose=purpose)
    return [_consent(row) for row in await rows.using_db(reader.client).order_by("-id")]


async def all_decisions(reader: Reader, member_id: int, purpose: str) -> list[tuple[int, Consent]]:
    """All that was ever decided for a purpose on any channel with its number, oldest first."""
    rows = ConsentRow.filter(member_id=member_id, purpose=purpose).using_db(reader.client)
    return [(row.id, _consent(row)) for row in await rows.order_by("id")]


def _consent(row: ConsentRow) -> Consent:
    return Consent(
        row.channel, row.purpose, row.granted, row.wording, row.version, row.source, row.at
    )


async def channels_used(reader: Reader, member_id: int) -> list[str]:
    """The channels the member has a conversation on."""
    rows = await reader.rows(
        "SELECT DISTINCT c.channel FROM conversation c JOIN identity i ON i.id = c.identity_id "
        "WHERE i.member_id = $1 ORDER BY c.channel",
        member_id,
    )
    return [row["channel"] for row in rows]


async def ids_by_code(reader: Reader, codes: Sequence[str]) -> dict[str, int]:
    """The numbers of the members found by these member codes, in capitals, by code."""
    rows = await _in(reader, "SELECT * FROM member WHERE code IN ({})", codes)
    kept = [(row["code"], await _kept(reader, row)) for row in rows]
    return {code: member.id for code, member in kept if member}


async def ids_by_identity(reader: Reader, kind: str, values: Sequence[str]) -> dict[str, int]:
    """The numbers of the members who have these addresses or numbers, by address or number."""
    hashes = {reader.vault.hash(kind, value): value for value in values}
    rows = await _in(
        reader,
        "SELECT value_hash, member_id FROM identity WHERE value_hash IN ({}) AND kind = $1 "
        "AND member_id IS NOT NULL",
        list(hashes),
        kind,
    )
    return {hashes[row["value_hash"]]: row["member_id"] for row in rows}


async def count(reader: Reader) -> int:
    """How many members there are; two that were merged are one, one erased is none."""
    row = await reader.row(
        "SELECT COUNT(*) AS members FROM member WHERE merged_into_id IS NULL AND erased_at IS NULL"
    )
    return int(row["members"]) if row else 0


async def tags(reader: Reader, member_id: int) -> str:
    """The member's tags, with spaces between them."""
    row = await reader.row("SELECT tags FROM member WHERE id = $1", member_id)
    return str(row["tags"]) if row else ""


async def _in(reader: Reader, sql: str, values: Sequence[str], *first: str) -> list[Row]:
    if not values:
        return []
    placeholders = marks(len(values), len(first) + 1)
    return await reader.rows(sql.format(placeholders), *first, *values)
