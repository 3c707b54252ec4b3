"""What is held on a member beyond their row, wallet and consents: counted or read back (S37)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.storage.database import Reader, required_instant

_THEIRS = (
    "IN (SELECT c.id FROM conversation c JOIN identity i ON i.id = c.identity_id "
    "WHERE i.member_id = $1)"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the shop, with the answer if one came."""

    at: datetime
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Bought:
    """Purchases in one currency."""

    count: int
    minor: int
    currency: str


async def asked(reader: Reader, member_id: int) -> list[Asked]:
    """What a member asked the shop, oldest first."""
    rows = await reader.rows(
        f"SELECT * FROM question WHERE conversation_id {_THEIRS} ORDER BY asked_at, id", member_id
    )
    return [
        Asked(
            required_instant(row["asked_at"]),
            reader.vault.open("question.text", row["text_sealed"]),
            reader.vault.open("question.answer", row["answer_sealed"])
            if row["answer_sealed"]
            else "",
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Rated:
    """An answer to the survey, with what was written to it."""

    at: datetime
    rating: int
    text: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review, and whether a photo was with it."""

    at: datetime
    text: str
    photo: bool


async def rated(reader: Reader, member_id: int) -> list[Rated]:
    """A member's answers to the survey, oldest first."""
    rows = await reader.rows(
        "SELECT * FROM survey_answer WHERE member_id = $1 ORDER BY answered_at, id", member_id
    )
    opened = reader.vault.open
    return [
        Rated(
            required_instant(row["answered_at"]),
            row["rating"],
            opened("survey_answer.text", row["text_sealed"]) if row["text_sealed"] else "",
        )
        for row in rows
    ]


async def reviewed(reader: Reader, member_id: int) -> list[Reviewed]:
    """A member's reviews, oldest first."""
    rows = await reader.rows(
        "SELECT * FROM review WHERE member_id = $1 ORDER BY created_at, id", member_id
    )
    return [
        Reviewed(
            required_instant(row["created_at"]),
            reader.vault.open("review.text", row["text_sealed"]),
            row["media_sealed"] is not None,
        )
        for row in rows
    ]


async def bought(reader: Reader, member_id: int) -> list[Bought]:
    """A member's purchases in each currency; what was undone is left out."""
    rows = await reader.rows(
        "SELECT p.currency, COUNT(*) AS purchases, SUM(p.amount_minor) AS minor FROM purchase p "
        "WHERE p.member_id = $1 AND NOT EXISTS "
        "(SELECT 1 FROM operation u WHERE u.undoes_id = p.operation_id) "
        "GROUP BY p.currency ORDER BY p.currency",
        member_id,
    )
    return [Bought(int(row["purchases"]), int(row["minor"]), row["currency"]) for row in rows]


async def visits(reader: Reader, member_id: int) -> int:
    """How often a member was at the till, as far as it was not undone."""
    row = await reader.row(
        "SELECT COUNT(*) AS visits FROM operation o WHERE o.member_id = $1 "
        "AND o.kind IN ('stamp', 'sale', 'claim', 'used') AND NOT EXISTS "
        "(SELECT 1 FROM operation u WHERE u.undoes_id = o.id)",
        member_id,
    )
    return int(row["visits"]) if row else 0


async def messages(reader: Reader, member_id: int) -> int:
    """How many messages went to a member."""
    row = await reader.row(
        "SELECT COUNT(*) AS messages FROM outbox WHERE state IN ('accepted', 'delivered') "
        f"AND conversation_id {_THEIRS}",
        member_id,
    )
    return int(row["messages"]) if row else 0
