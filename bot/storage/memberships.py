"""What was paid for memberships (S18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.messages import Money
from bot.storage.database import Reader, Row, Transaction, instant, marks, required_instant

#: The payments nobody undid.
STANDS = (
    "membership p WHERE NOT EXISTS (SELECT 1 FROM operation u WHERE u.undoes_id = p.operation_id)"
)


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment: for which tier, from when until when, and what was paid for before it."""

    operation_id: int
    member_id: int
    tier: str
    fee: Money
    begins_at: datetime
    ends_at: datetime | None
    was_tier: str | None
    was_until: datetime | None


async def add(tx: Transaction, payment: Payment) -> None:
    """Keep a payment."""
    await tx.execute(
        "INSERT INTO membership (operation_id, member_id, tier, fee_minor, currency, begins_at, "
        f"ends_at, was_tier, was_until) VALUES ({marks(9)})",
        payment.operation_id,
        payment.member_id,
        payment.tier,
        payment.fee.minor,
        payment.fee.currency,
        payment.begins_at,
        payment.ends_at,
        payment.was_tier,
        payment.was_until,
    )


async def newest(reader: Reader, member_id: int, by: datetime | None = None) -> Payment | None:
    """A member's newest payment that nobody undid; of those that had begun `by` an instant."""
    begun = "AND p.begins_at <= $2 " if by else ""
    row = await reader.row(
        f"SELECT p.* FROM {STANDS} AND p.member_id = $1 {begun}ORDER BY p.id DESC LIMIT 1",
        member_id,
        *filter(None, (by,)),
    )
    return payment_of(row) if row else None


async def of_operation(reader: Reader, operation_id: int) -> Payment:
    """The payment an operation noted."""
    row = await reader.row("SELECT * FROM membership WHERE operation_id = $1", operation_id)
    if row is None:
        raise LookupError(f"operation {operation_id} is no payment")
    return payment_of(row)


def payment_of(row: Row) -> Payment:
    """A payment as it was read."""
    return Payment(
        operation_id=row["operation_id"],
        member_id=row["member_id"],
        tier=row["tier"],
        fee=Money(row["fee_minor"], row["currency"]),
        begins_at=required_instant(row["begins_at"]),
        ends_at=instant(row["ends_at"]),
        was_tier=row["was_tier"],
        was_until=instant(row["was_until"]),
    )
