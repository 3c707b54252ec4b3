"""A valid row of every table, and how to try one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from bot.storage.database import Database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)

#: One valid row of every table, in an order in which they can be inserted; ids are 1.
ROWS: dict[str, dict[str, Any]] = {
    "vault_key": {"purpose": "data", "wrapped": "x", "created_at": NOW},
    "setting": {"name": "a", "value_sealed": "x"},
    "lease": {"name": "a", "owner": "x", "until_at": NOW},
    "programme_version": {"digest": "d", "source": "x", "created_at": NOW},
    "pace": {"sender": "sms", "next_at": NOW, "bulk_at": NOW},
    "entry_kind": {"name": "loan"},
    "member": {
        "code": "AAAAAA",
        "name_sealed": "x",
        "language": "en",
        "source": "chat",
        "tags": "",
        "joined_at": NOW,
        "merged_into_id": 1,
    },
    "member_word": {"member_id": 1, "word_hash": "w"},
    "card": {"member_id": 1, "token_hash": "t", "token_sealed": "x", "created_at": NOW},
    "staff": {"name_sealed": "x", "role": "owner", "created_at": NOW},
    "invitation": {"token_hash": "t", "staff_id": 1, "created_at": NOW, "ends_at": NOW},
    "identity": {
        "kind": "phone",
        "value_hash": "v",
        "value_sealed": "x",
        "member_id": 1,
        "staff_id": 1,
        "created_at": NOW,
    },
    "conversation": {
        "channel": "telegram",
        "address_hash": "a",
        "address_sealed": "x",
        "identity_id": 1,
        "language": "en",
        "misses": 0,
        "last_inbound_at": NOW,
        "created_at": NOW,
    },
    "consent": {
        "member_id": 1,
        "channel": "telegram",
        "purpose": "marketing",
        "granted": True,
        "wording": "x",
        "version": "1",
        "source": "chat",
        "at": NOW,
    },
    "inbound": {"channel": "telegram", "external_id": "1", "received_at": NOW},
    "operation": {
        "key": "k",
        "kind": "stamp",
        "member_id": 1,
        "staff_id": 1,
        "undoes_id": 1,
        "about_id": 1,
        "answer_sealed": "x",
        "created_at": NOW,
    },
    "purchase": {
        "operation_id": 1,
        "member_id": 1,
        "amount_minor": 0,
        "currency": "CZK",
        "occurred_at": NOW,
        "discount_minor": 0,
        "refunded_minor": 0,
    },
    "purchase_item": {"purchase_id": 1, "product": "cake", "quantity": 1},
    "claim": {
        "code_hash": "c",
        "operation_id": 1,
        "amount_minor": 1,
        "staff_id": 1,
        "created_at": NOW,
        "ends_at": NOW,
    },
    "entry": {
        "month": 202603,
        "operation_id": 1,
        "member_id": 1,
        "unit": "stamps",
        "amount": 3,
        "kind": "earn",
        "rules": "[]",
        "programme_version_id": 1,
        "reverses_id": 1,
        "reverses_month": 202603,
        "occurred_at": NOW,
        "recorded_at": NOW,
    },
    "lot": {
        "entry_id": 1,
        "entry_month": 202603,
        "member_id": 1,
        "unit": "stamps",
        "amount": 3,
        "remaining": 3,
        "rule": "visit",
        "earned_at": NOW,
        "idle": False,
        "moves": False,
    },
    "allocation": {"entry_id": 1, "entry_month": 202603, "lot_id": 1, "amount": 1},
    "debt": {
        "entry_id": 1,
        "entry_month": 202603,
        "member_id": 1,
        "unit": "stamps",
        "amount": 2,
        "remaining": 0,
    },
    "voucher": {
        "code": "VVVVVV",
        "member_id": 1,
        "reward": "coffee",
        "programme_version_id": 1,
        "entry_id": 1,
        "entry_month": 202603,
        "state": "reserved",
        "reserved_at": NOW,
        "ends_at": NOW,
        "staff_id": 1,
        "stocked": False,
        "purchase_operation_id": 1,
        "present_hash": "p",
        "friend_id": 1,
    },
    "outbox": {
        "conversation_id": 1,
        "member_id": 1,
        "class": "reply",
        "body_sealed": "x",
        "choices": False,
        "state": "due",
        "attempts": 0,
        "due_at": NOW,
        "created_at": NOW,
    },
    "proof": {
        "conversation_id": 1,
        "value_hash": "v",
        "value_sealed": "x",
        "country": "CZ",
        "code_hash": "c",
        "tries": 0,
        "created_at": NOW,
        "ends_at": NOW,
    },
    "question": {
        "conversation_id": 1,
        "text_sealed": "x",
        "asked_at": NOW,
        "staff_id": 1,
        "voucher_id": 1,
    },
    "occasion": {
        "member_id": 1,
        "campaign": "birthday",
        "occurrence": "2026",
        "state": "planned",
        "variant": "",
        "due_at": NOW,
        "ends_at": NOW,
        "planned_at": NOW,
        "attempts": 0,
        "outbox_id": 1,
    },
    "preference": {"member_id": 1, "pace": "all"},
    "broadcast": {
        "staff_id": 1,
        "texts_sealed": "x",
        "segment": "",
        "state": "draft",
        "people": 0,
        "planned_through": 0,
        "created_at": NOW,
    },
    "halt": {"campaign": "winback", "reason": "x", "staff_id": 1, "halted_at": NOW},
    "planning": {"campaign": "winback", "planned_at": NOW},
    "spending": {"channel": "sms", "month": 202603, "units": 0},
    "erased": {"kind": "phone", "value_hash": "v", "erased_at": NOW},
    "activity": {
        "member_id": 1,
        "unit": "points",
        "last_at": NOW,
        "moved_month": 0,
        "idle_months": 0,
    },
    "tally_entry": {
        "operation_id": 1,
        "member_id": 1,
        "what": "visits",
        "day": 20260302,
        "from_day": 0,
        "amount": 1,
    },
    "tally": {"member_id": 1, "what": "visits", "day": 20260302, "from_day": 0, "amount": 1},
    "standing": {"member_id": 1, "tier": "gold", "since_at": NOW},
    "tier_change": {"member_id": 1, "operation_id": 1, "reason": "reached", "changed_at": NOW},
    "membership": {
        "operation_id": 1,
        "member_id": 1,
        "tier": "club",
        "fee_minor": 100,
        "currency": "CZK",
        "begins_at": NOW,
    },
    "recheck": {"member_id": 1, "at": NOW},
    "counter": {"name": "rule:visit", "used": 0},
    "invite": {"member_id": 1, "code": "i"},
    "referral": {
        "referrer_id": 1,
        "friend_id": 1,
        "state": "open",
        "purchase_operation_id": 1,
        "staff_id": 1,
        "created_at": NOW,
    },
    "review": {
        "member_id": 1,
        "text_sealed": "x",
        "state": "waiting",
        "staff_id": 1,
        "created_at": NOW,
    },
    "survey_answer": {"member_id": 1, "rating": 5, "answered_at": NOW},
    "survey_offer": {"member_id": 1, "offered_at": NOW},
    "relocation": {"member_id": 1, "conversation_id": 1, "created_at": NOW, "ends_at": NOW},
    "import_progress": {"digest": "d", "lines": 0, "started_at": NOW},
}
#: What makes a second row of a table differ from the first wherever a key asks for it.
SECOND: dict[str, dict[str, Any]] = {
    "setting": {"name": "b"},
    "lease": {"name": "b"},
    "pace": {"sender": "whatsapp"},
    "entry_kind": {"name": "tip"},
    "member": {"code": "BBBBBB"},
    "member_word": {"word_hash": "x"},
    "card": {"token_hash": "u", "revoked_at": NOW},
    "invitation": {"token_hash": "u"},
    "identity": {"value_hash": "w"},
    "conversation": {"address_hash": "b"},
    "inbound": {"external_id": "2"},
    "operation": {"key": "l", "undoes_id": None},
    "purchase": {"operation_id": 2},
    "claim": {"code_hash": "d"},
    "entry": {"reverses_id": None, "reverses_month": None},
    "allocation": {"entry_id": 2},
    "debt": {"entry_id": 2},
    "voucher": {"code": "WWWWWW", "present_hash": "q"},
    "occasion": {"occurrence": "2027"},
    "preference": {"member_id": 2},
    "halt": {"campaign": "birthday"},
    "planning": {"campaign": "birthday"},
    "spending": {"channel": "whatsapp"},
    "erased": {"value_hash": "w"},
    "purchase_item": {"product": "tea"},
    "activity": {"unit": "stamps"},
    "tally": {"day": 20260303},
    "standing": {"member_id": 2},
    "membership": {"operation_id": 2},
    "recheck": {"at": LATER},
    "counter": {"name": "rule:birthday"},
    "invite": {"member_id": 2, "code": "j"},
    "referral": {"friend_id": 2},
    "survey_offer": {"member_id": 2},
    "import_progress": {"digest": "e"},
}


async def insert(database: Database, table: str, row: dict[str, Any]) -> None:
    """Write one row."""
    marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    async with database.transaction() as tx:
        await tx.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())


async def refused(database: Database, table: str, row: dict[str, Any]) -> bool:
    """Whether the database does not take a row."""
    try:
        await insert(database, table, row)
    except IntegrityError:
        return True
    return False


async def execute(database: Database, statement: str) -> None:
    """Run a statement in a transaction of its own."""
    async with database.transaction() as tx:
        await tx.execute(statement)
