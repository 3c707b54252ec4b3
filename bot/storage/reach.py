"""How many of an audience can be written to unasked, and where: as the sender would choose (S33a).

`bot.services.reaching.way_to` decides for one member, under their lock; this counts for all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.storage.audiences import Audience
from bot.storage.database import Reader, marks


@dataclass(frozen=True, slots=True)
class Reached:
    """So many people who hear us on a channel, and in which language."""

    channel: str
    language: str
    people: int


#: The newest word about marketing on a channel is yes.
_GRANTED = (
    "{k}.member_id = m.id AND {k}.purpose = 'marketing' AND {k}.granted AND NOT EXISTS (SELECT 1 "
    "FROM consent n WHERE n.member_id = m.id AND n.channel = {k}.channel "
    "AND n.purpose = 'marketing' AND n.id > {k}.id)"
)
#: A member `m` of the audience with each channel `k` they agreed to. Who stopped it where they
#: wanted it is written to nowhere.
_MEMBERS = (
    "audience a JOIN member m ON m.id = a.member_id AND m.merged_into_id IS NULL "
    f"AND m.erased_at IS NULL JOIN consent k ON {_GRANTED.format(k='k')} "
    "LEFT JOIN preference p ON p.member_id = m.id"
)
_WHERE_WANTED = (
    "(p.channel IS NULL OR EXISTS (SELECT 1 FROM consent w "
    f"WHERE {_GRANTED.format(k='w')} AND w.channel = p.channel))"
)
#: Nor who wants gifts alone, or a pause that outlasts what is to be said.
_WHEN_WANTED = (
    "(p.pace IS NULL OR p.pace <> 'gifts') "
    "AND (p.paused_until IS NULL OR p.paused_until < {ends_at})"
)
#: Its owner wants nothing from us there, and then nothing goes anywhere.
_REFUSES = (
    "(c.opted_out_at IS NOT NULL OR (c.blocked_at IS NOT NULL AND i.kind NOT IN ({perishable})))"
)
#: Where they wrote from, the channel they chose first, then the one used last.
_HEARD = (
    "SELECT m.id AS member_id, c.channel, c.language, {refuses} AS refuses, "
    "CASE WHEN c.channel = p.channel THEN 0 ELSE 1 END AS turn, c.last_inbound_at, c.id "
    "FROM {members} JOIN identity i ON i.member_id = m.id "
    "JOIN conversation c ON c.identity_id = i.id AND c.last_inbound_at IS NOT NULL "
    f"WHERE {_WHERE_WANTED} AND {_WHEN_WANTED} AND ({{refuses}} "
    "OR (c.channel = k.channel AND c.blocked_at IS NULL AND c.channel IN ({on})))"
)
#: Where they never wrote from, but agreed to be written to.
_FIRST = (
    "SELECT m.id AS member_id, k.channel, m.language, FALSE AS refuses, "
    "CASE WHEN k.channel = p.channel THEN 0 ELSE {turns} END AS turn, "
    "NULL AS last_inbound_at, i.id FROM {members} JOIN identity i ON i.member_id = m.id "
    f"AND i.kind = {{kinds}} WHERE {_WHERE_WANTED} AND {_WHEN_WANTED} "
    "AND k.channel IN ({on}) AND NOT EXISTS (SELECT 1 "
    "FROM conversation c JOIN identity x ON x.id = c.identity_id WHERE x.member_id = m.id "
    # By their own chats, never through all of a channel: an expression keeps that index away.
    "AND c.channel || '' = k.channel AND (c.last_inbound_at IS NOT NULL "
    "OR c.blocked_at IS NOT NULL OR c.opted_out_at IS NOT NULL))"
)


async def reached(
    reader: Reader,
    audience: Audience,
    channels: Collection[str],
    first_contact: Mapping[str, str],
    perishable: Collection[str],
    ends_at: datetime,
) -> Sequence[Reached]:
    """The people of an audience by where they would hear, of the `channels` that are on.

    `first_contact` are the channels where we may write first, in order, with the kind of address
    each needs; `perishable` the kinds of addresses that can stop existing. What is said brings no
    gift and is pointless from `ends_at`.
    """
    if not channels:
        return ()
    values = [*audience.values]

    def put(*given: str | datetime) -> str:
        values.extend(given)
        return marks(len(given), len(values) - len(given) + 1)

    on, until = put(*channels), put(ends_at)
    refuses = _REFUSES.format(perishable=put(*perishable))
    ways = [_HEARD.format(refuses=refuses, members=_MEMBERS, on=on, ends_at=until)]
    first = [name for name in first_contact if name in channels]
    if first:
        turns = " ".join(f"WHEN {put(name)} THEN {n}" for n, name in enumerate(first, 2))
        kinds = " ".join(f"WHEN {put(name)} THEN {put(first_contact[name])}" for name in first)
        ways.append(
            _FIRST.format(
                members=_MEMBERS,
                turns=f"CASE k.channel {turns} END",
                kinds=f"CASE k.channel {kinds} END",
                on=put(*first),
                ends_at=until,
            )
        )
    rows = await reader.rows(
        # Looked for once, though two ways lead to them.
        f"WITH audience AS MATERIALIZED ({audience.sql}) "
        "SELECT channel, language, COUNT(*) AS people FROM (SELECT w.*, ROW_NUMBER() OVER ("
        "PARTITION BY member_id ORDER BY turn, last_inbound_at DESC, id) AS place "
        f"FROM ({' UNION ALL '.join(ways)}) w) ranked "
        "WHERE place = 1 AND NOT refuses GROUP BY channel, language ORDER BY channel, language",
        *values,
    )
    return [Reached(row["channel"], row["language"], int(row["people"])) for row in rows]
