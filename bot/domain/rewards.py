"""Vouchers: what stands for a reserved reward until a colleague confirms it (S19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.ledger import EntryRef

#: A voucher is reserved until it ends in exactly one of the other ways.
VoucherState = Literal["reserved", "used", "cancelled", "expired"]


@dataclass(frozen=True, slots=True)
class Voucher:
    """A reserved reward and what became of it."""

    id: int
    code: str
    member_id: int
    reward: str
    entry: EntryRef
    state: VoucherState
    reserved_at: datetime
    ends_at: datetime
    closed_at: datetime | None
