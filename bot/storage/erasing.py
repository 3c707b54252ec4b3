"""Erasing a member (S37): every row that leads to their person, locked and then emptied.

The rows stay, since others refer to them: the ledger sums as before, and is nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.members import Member
from bot.storage import members, merging, tidying
from bot.storage.database import Reader, Row, Transaction, instant, marks

#: What stands where nothing may be twice. No import takes such a code, no hash looks like it.
_CODE, _GONE = "'~' || CAST(id AS TEXT)", "'erased:' || CAST(id AS TEXT)"
#: Messages that couldn't be read, opened at once.
_PAGE = 500


async def lock(tx: Transaction, member_id: int) -> Member | None:
    """Lock a member and all by which they can be reached; None when they were erased before.

    In the order of docs/decisions/0004-locks.md. Identities are locked whole, as their values
    change: whoever writes from one for the first time either is done, or is a stranger.
    """
    found = await members.get(tx, member_id)
    if found is None:
        return None
    identities = await _identities(tx, await members.family(tx, found.id))
    theirs = await _conversations(tx, [row["id"] for row in identities])
    await _lock(tx, "conversation", [row["id"] for row in theirs])
    await _lock(tx, "proof", [row["id"] for row in await _proofs(tx, identities, theirs)])
    await merging.one_at_a_time(tx)
    found = await members.get(tx, found.id)  # who waited may find them merged, or erased
    if found is None:
        return None
    family = await members.family(tx, found.id)
    ids = [row["id"] for row in await _identities(tx, family)]
    await _lock(tx, "identity", ids, whole=True)
    # Those begun since; from here on there are no more.
    await _lock(tx, "conversation", [row["id"] for row in await _conversations(tx, ids)])
    for number in reversed(family):  # as those do who follow a member merged away to the other
        await _lock(tx, "member", [number], whole=True)
    return await members.lock(tx, found.id)


async def forget(tx: Transaction, member: Member, now: datetime) -> None:
    """Empty every row of a locked member that says who they are, or what they said and heard."""
    family = await members.family(tx, member.id)
    identities = await _identities(tx, family)
    theirs = await _conversations(tx, [row["id"] for row in identities])
    values = [tx.vault.open("identity.value", row["value_sealed"]) for row in identities]
    words = [member.name, member.code, *values]
    await _remember(tx, family, identities, now)
    await _forget_what_was_asked(tx, identities, theirs, now)
    await _forget_what_was_heard(tx, family, theirs, values)
    await tidying.forget_newest(tx, words)
    await _forget_what_was_done(tx, family, now)
    await _forget_addresses(tx, identities, now)
    await _forget_person(tx, family, now)


async def erased_on(reader: Reader, kind: str, values: Sequence[str]) -> dict[str, datetime]:
    """Those of some codes, numbers or addresses that were somebody's who was erased, and when."""
    hashes = {reader.vault.hash(kind, value): value for value in values}
    if not hashes:
        return {}
    rows = await reader.rows(
        f"SELECT * FROM erased WHERE kind = $1 AND value_hash IN ({marks(len(hashes), 2)})",
        kind,
        *hashes,
    )
    found = ((hashes[row["value_hash"]], instant(row["erased_at"])) for row in rows)
    return {value: at for value, at in found if at}


async def said_goodbye(reader: Reader, since: datetime) -> list[int]:
    """Conversations in which nothing is left to say since their owner was erased there.

    Of those erased after an instant who have not written again.
    """
    rows = await reader.rows(
        "SELECT c.id FROM erased e JOIN identity i ON i.kind = e.kind "
        "AND i.value_hash = e.value_hash JOIN conversation c ON c.identity_id = i.id "
        "WHERE e.erased_at > $1 AND i.member_id IS NULL AND i.staff_id IS NULL "
        "AND c.step IS NULL AND c.last_inbound_at <= e.erased_at AND NOT EXISTS "
        "(SELECT 1 FROM outbox o WHERE o.conversation_id = c.id AND o.state IN ('due', 'sending'))",
        since,
    )
    return [row["id"] for row in rows]


async def forget_stranger(tx: Transaction, conversation_id: int, now: datetime) -> None:
    """Empty a conversation whose owner is nobody here, unless they have begun to be somebody."""
    [conversation] = await tx.rows(
        f"SELECT * FROM conversation WHERE id = $1{tx.lock}", conversation_id
    )
    identity_id = conversation["identity_id"]
    await _lock(tx, "identity", [identity_id], whole=True)
    row = await tx.row(
        "SELECT * FROM identity WHERE id = $1 AND member_id IS NULL AND staff_id IS NULL",
        identity_id,
    )
    if row is None or conversation["step"] is not None:
        return
    theirs = await _conversations(tx, [identity_id])
    await _forget_what_was_asked(tx, [row], theirs, now)
    await _forget_what_was_heard(tx, [], theirs, [])
    await _forget_addresses(tx, [{**row, "works": False}], now)


async def _identities(reader: Reader, family: Sequence[int]) -> list[Row]:
    """A family's addresses and numbers; `works` says of each whether it is a colleague's too."""
    return await reader.rows(
        "SELECT i.*, s.id IS NOT NULL AS works FROM identity i "
        "LEFT JOIN staff s ON s.id = i.staff_id AND s.removed_at IS NULL "
        f"WHERE i.member_id IN ({marks(len(family))}) ORDER BY i.id",
        *family,
    )


async def _conversations(reader: Reader, identities: Sequence[int]) -> list[Row]:
    if not identities:
        return []
    return await reader.rows(
        "SELECT c.id, c.identity_id, s.id IS NOT NULL AS works FROM conversation c "
        "JOIN identity i ON i.id = c.identity_id "
        "LEFT JOIN staff s ON s.id = i.staff_id AND s.removed_at IS NULL "
        f"WHERE i.id IN ({marks(len(identities))}) ORDER BY c.id",
        *identities,
    )


async def _proofs(
    reader: Reader, identities: Sequence[Row], conversations: Sequence[Row]
) -> list[Row]:
    """Codes they asked for, and those that anybody asked for about their numbers."""
    hashes, ids = [row["value_hash"] for row in identities], [row["id"] for row in conversations]
    parts = []
    if hashes:
        parts.append(f"value_hash IN ({marks(len(hashes))})")
    if ids:
        parts.append(f"conversation_id IN ({marks(len(ids), len(hashes) + 1)})")
    if not parts:
        return []
    return await reader.rows(
        f"SELECT * FROM proof WHERE {' OR '.join(parts)} ORDER BY id", *hashes, *ids
    )


async def _lock(tx: Transaction, table: str, ids: Sequence[int], *, whole: bool = False) -> None:
    """Lock rows in order; `whole` keeps others from referring to them meanwhile."""
    if ids and tx.dialect == "postgres":
        lock = " FOR UPDATE" if whole else tx.lock
        await tx.rows(
            f"SELECT id FROM {table} WHERE id IN ({marks(len(ids))}) ORDER BY id{lock}", *ids
        )


async def _remember(
    tx: Transaction, family: Sequence[int], identities: Sequence[Row], now: datetime
) -> None:
    """Keep by what an import would bring them back, as keyed hashes."""
    codes = await tx.rows(f"SELECT code FROM member WHERE id IN ({marks(len(family))})", *family)
    hashes = [("code", tx.vault.hash("code", row["code"].upper())) for row in codes]
    hashes += [(row["kind"], row["value_hash"]) for row in identities]
    await tx.execute_many(
        "INSERT INTO erased (kind, value_hash, erased_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (kind, value_hash) DO UPDATE SET erased_at = excluded.erased_at, "
        "tidied_at = NULL",
        [(*each, now) for each in hashes],
    )


async def _forget_what_was_asked(
    tx: Transaction, identities: Sequence[Row], theirs: Sequence[Row], now: datetime
) -> None:
    ids = [row["id"] for row in theirs]
    if ids:
        await tx.execute(f"DELETE FROM question WHERE conversation_id IN ({marks(len(ids))})", *ids)
    for proof in await _proofs(tx, identities, theirs):
        # A code to a stranger's number goes on counting for that number, but is nobody's here.
        whose = await _owner(tx, proof) if proof["conversation_id"] in ids else None
        kept = whose is not None and whose not in ids
        await tx.execute(
            "UPDATE proof SET value_sealed = $1, value_hash = $2, conversation_id = $3, "
            "code_hash = '', used_at = COALESCE(used_at, $4) WHERE id = $5",
            tx.vault.seal("proof.value", ""),
            proof["value_hash"] if kept else f"erased:{proof['id']}",
            whose if kept else proof["conversation_id"],
            now,
            proof["id"],
        )


async def _owner(reader: Reader, proof: Row) -> int | None:
    """The conversation a code was sent to."""
    row = await reader.row(
        "SELECT c.id FROM conversation c JOIN identity i ON i.id = c.identity_id "
        "WHERE i.value_hash = $1 ORDER BY c.id LIMIT 1",
        proof["value_hash"],
    )
    return int(row["id"]) if row else None


async def _forget_what_was_heard(
    tx: Transaction, family: Sequence[int], theirs: Sequence[Row], values: Sequence[str]
) -> None:
    """Empty what was said to them and what of theirs failed; nothing that waits is sent.

    What is being sent may arrive: it is not known, and not tried again. To a colleague goes on
    what is about their work.
    """
    ids = [row["id"] for row in theirs]
    if not ids:
        return
    works = [row["id"] for row in theirs if row["works"]]
    open_for_work = (
        f"AND NOT (state IN ('due', 'sending') AND conversation_id IN "
        f"({marks(len(works), len(ids) + 1)}) AND (member_id IS NULL OR member_id NOT IN "
        f"({marks(len(family), len(ids) + len(works) + 1)})))"
        if works
        else ""
    )
    await tx.execute(
        "UPDATE outbox SET body_sealed = '', choices = FALSE, provider_id = NULL, edit_of = NULL, "
        "clear_of = NULL, lease_until = NULL, "
        "reason = CASE WHEN state IN ('due', 'sending') THEN 'erased' ELSE reason END, "
        "state = CASE state WHEN 'due' THEN 'dropped' WHEN 'sending' THEN 'unknown' ELSE state END "
        f"WHERE conversation_id IN ({marks(len(ids))}) {open_for_work}",
        *ids,
        *([*works, *family] if works else []),
    )
    await tx.execute(
        f"UPDATE inbound SET message_sealed = NULL WHERE conversation_id IN ({marks(len(ids))})",
        *ids,
    )
    await _forget_unreadable(tx, values)


async def _forget_unreadable(tx: Transaction, values: Sequence[str]) -> None:
    """Empty what could not be read, of nobody we knew then, if one of these addresses is in it."""
    wanted = [value.lstrip("+") for value in values]
    last = 0
    while wanted:
        rows = await tx.rows(
            "SELECT id, message_sealed FROM inbound WHERE id > $1 AND failure = 'unreadable' "
            f"AND message_sealed IS NOT NULL ORDER BY id LIMIT {_PAGE}",
            last,
        )
        for row in rows:
            raw = tx.vault.open("inbound.message", row["message_sealed"])
            if any(value in raw for value in wanted):
                await tx.execute(
                    "UPDATE inbound SET message_sealed = NULL WHERE id = $1", row["id"]
                )
        if len(rows) < _PAGE:
            return
        last = rows[-1]["id"]


async def _forget_what_was_done(tx: Transaction, family: Sequence[int], now: datetime) -> None:
    whose = f"member_id IN ({marks(len(family), 2)})"
    mine = f"member_id IN ({marks(len(family))})"
    await tx.execute(
        "UPDATE occasion SET state = 'dropped', reason = $1, claimed_by = NULL, "
        f"lease_until = NULL WHERE state = 'planned' AND {whose}",
        "erased",
        *family,
    )
    # What an import's line is known by is a hash of the number.
    await tx.execute(
        "UPDATE operation SET answer_sealed = $1, key = CASE kind WHEN 'import' "
        f"THEN 'import:' || {_GONE} ELSE key END WHERE {whose}",
        tx.vault.seal("operation.answer", "{}"),
        *family,
    )
    # Where an imported consent came from was written by hand.
    await tx.execute(
        f"UPDATE consent SET source = $1 WHERE wording = 'import' AND {whose}", "import", *family
    )
    await tx.execute(
        f"UPDATE card SET revoked_at = COALESCE(revoked_at, $1), token_hash = {_GONE}, "
        f"token_sealed = ${len(family) + 2} WHERE {whose}",
        now,
        *family,
        tx.vault.seal("card.token", ""),
    )
    await tx.execute(f"UPDATE survey_answer SET text_sealed = NULL WHERE {mine}", *family)
    await tx.execute(
        f"UPDATE review SET text_sealed = $1, media_sealed = NULL, "
        f"state = CASE state WHEN 'waiting' THEN 'refused' ELSE state END WHERE {whose}",
        tx.vault.seal("review.text", ""),
        *family,
    )
    for table in ("preference", "member_word", "invite"):
        await tx.execute(f"DELETE FROM {table} WHERE {mine}", *family)


async def _forget_addresses(tx: Transaction, identities: Sequence[Row], now: datetime) -> None:
    """Empty identities and conversations; a colleague stays reachable, and a member no more."""
    for row in identities:
        await tx.execute("UPDATE identity SET member_id = NULL WHERE id = $1", row["id"])
        if not row["works"]:
            await tx.execute(
                f"UPDATE identity SET value_hash = {_GONE}, value_sealed = $1 WHERE id = $2",
                tx.vault.seal("identity.value", ""),
                row["id"],
            )
    # Those begun meanwhile among them: whoever did that had to be done before the identity changed.
    for row in await _conversations(tx, [row["id"] for row in identities]):
        await tx.execute(
            "UPDATE conversation SET step = NULL, draft_sealed = NULL, misses = 0 WHERE id = $1",
            row["id"],
        )
        if not row["works"]:
            await tx.execute(
                f"UPDATE conversation SET address_hash = {_GONE}, address_sealed = $1, "
                "blocked_at = $2 WHERE id = $3",
                tx.vault.seal("conversation.address", ""),
                now,
                row["id"],
            )


async def _forget_person(tx: Transaction, family: Sequence[int], now: datetime) -> None:
    await tx.execute(
        f"UPDATE member SET code = {_CODE}, name_sealed = $1, birthday_sealed = NULL, "
        "birthday_hash = NULL, birthday_set_at = NULL, tags = '', erased_at = $2 "
        f"WHERE id IN ({marks(len(family), 3)})",
        tx.vault.seal("member.name", ""),
        now,
        *family,
    )
