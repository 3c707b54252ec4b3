"""The schema that both databases must have, and what reads it back from each."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from bot.storage.database import Reader

#: Every table's columns in order; "?" where there may be nothing.
COLUMNS = {
    "activity": "member_id unit last_at ends_at? moved_month idle_months",
    "allocation": "id entry_id entry_month lot_id amount",
    "broadcast": "id staff_id? texts_sealed segment state reason? people planned_through "
    "planned_at? created_at started_at? ended_at?",
    "card": "id member_id token_hash token_sealed created_at revoked_at? main",
    "claim": "id code_hash operation_id amount_minor location? staff_id? created_at ends_at "
    "claimed_at?",
    "consent": "id member_id channel purpose granted wording version source at",
    "conversation": "id channel address_hash address_sealed identity_id language step? "
    "draft_sealed? misses blocked_at? last_inbound_at? created_at opted_out_at?",
    "counter": "name used",
    "debt": "entry_id entry_month member_id unit amount remaining",
    "entry": "id month operation_id member_id unit amount kind rules programme_version_id? "
    "reverses_id? reverses_month? occurred_at recorded_at",
    "entry_kind": "name",
    "erased": "kind value_hash erased_at tidied_at?",
    "halt": "campaign reason staff_id? halted_at",
    "identity": "id kind value_hash value_sealed member_id? staff_id? proven_at? created_at",
    "import_progress": "digest lines started_at ended_at?",
    "inbound": "id channel external_id received_at failure? message_sealed? conversation_id?",
    "invitation": "id token_hash staff_id created_at ends_at used_at?",
    "invite": "member_id code",
    "lease": "name owner until_at",
    "lot": "id entry_id entry_month member_id unit amount remaining rule earned_at ends_at? "
    "available_at? idle moves",
    "member": "id code name_sealed language birthday_sealed? birthday_hash? birthday_set_at? "
    "home_location? source terms_version? minimum_age? tags joined_at last_visit_at? "
    "merged_into_id? merged_at? erased_at?",
    "member_word": "member_id word_hash",
    "membership": "id operation_id member_id tier fee_minor currency begins_at ends_at? was_tier? "
    "was_until?",
    "occasion": "id member_id campaign occurrence state reason? variant channel? due_at ends_at "
    "planned_at taken_at? attempts outbox_id? claimed_by? lease_until?",
    "operation": "id key kind member_id? staff_id? location? undoes_id? answer_sealed created_at "
    "about_id?",
    "outbox": "id conversation_id member_id? class body_sealed choices edit_of? clear_of? state "
    "reason? attempts claimed_by? lease_until? due_at created_at sent_at? "
    "provider_id? doubtful_since? parts_taken",
    "pace": "sender next_at bulk_at",
    "planning": "campaign planned_at",
    "preference": "member_id channel? pace paused_until? zone?",
    "programme_version": "id digest source created_at",
    "proof": "id conversation_id value_hash value_sealed country code_hash tries created_at "
    "ends_at used_at? kind",
    "purchase": "id operation_id member_id? amount_minor currency location? receipt? occurred_at "
    "discount_minor refunded_minor facts?",
    "purchase_item": "purchase_id product quantity amount_minor?",
    "question": "id conversation_id text_sealed asked_at answer_sealed? answered_at? staff_id? "
    "voucher_id?",
    "recheck": "member_id at",
    "referral": "id referrer_id friend_id state reason? purchase_operation_id? staff_id? "
    "created_at closed_at?",
    "relocation": "id member_id? conversation_id created_at ends_at closed_at?",
    "review": "id member_id text_sealed media_sealed? state staff_id? created_at closed_at?",
    "schema_version": "name applied_at",
    "setting": "name value_sealed",
    "spending": "channel month units",
    "staff": "id name_sealed role location? shift_location? created_at removed_at?",
    "standing": "member_id tier? since_at? review_at? grace_until? paid_tier? paid_until?",
    "survey_answer": "id member_id rating text_sealed? answered_at",
    "survey_offer": "member_id offered_at",
    "tally": "member_id what day from_day amount",
    "tally_entry": "id operation_id member_id what day from_day amount",
    "tier_change": "id member_id operation_id? from_tier? to_tier? reason changed_at was_since_at? "
    "was_review_at? was_grace_until?",
    "vault_key": "id purpose wrapped created_at",
    "voucher": "id code member_id reward programme_version_id entry_id entry_month state "
    "reserved_at ends_at closed_at? staff_id? location? worth_minor? stocked "
    "purchase_operation_id? restored_at? present_hash? friend_id?",
}

CHECKS = [
    "allocation amount",
    "broadcast state",
    "claim amount_minor",
    "consent purpose",
    "counter used",
    "debt amount",
    "debt amount remaining",
    "entry amount",
    "entry month",
    "lot amount",
    "lot amount remaining",
    "member source",
    "occasion state",
    "outbox class",
    "outbox state",
    "preference pace",
    "proof kind",
    "purchase amount_minor",
    "purchase_item quantity",
    "referral state",
    "review state",
    "spending month",
    "staff role",
    "survey_answer rating",
    "tally_entry amount",
    "vault_key purpose",
    "voucher state",
]

#: Primary and unique keys that are not a number made by the database.
KEYS = [
    "activity (member_id, unit)",
    "allocation (entry_id, lot_id)",
    "card (member_id) WHERE revoked_at IS NULL AND main",
    "card (token_hash)",
    "claim (code_hash)",
    "conversation (channel, address_hash)",
    "counter (name)",
    "debt (entry_id)",
    "entry (id, month)",
    "entry_kind (name)",
    "erased (kind, value_hash)",
    "halt (campaign)",
    "identity (kind, value_hash)",
    "import_progress (digest)",
    "inbound (channel, external_id)",
    "invitation (token_hash)",
    "invite (code)",
    "invite (member_id)",
    "lease (name)",
    "member (code)",
    "member_word (member_id, word_hash)",
    "membership (operation_id)",
    "occasion (member_id, campaign, occurrence)",
    "operation (key)",
    "operation (undoes_id)",
    "pace (sender)",
    "planning (campaign)",
    "preference (member_id)",
    "purchase (operation_id)",
    "purchase_item (purchase_id, product)",
    "recheck (member_id, at)",
    "referral (friend_id)",
    "schema_version (name)",
    "setting (name)",
    "spending (channel, month)",
    "standing (member_id)",
    "survey_offer (member_id)",
    "tally (member_id, what, day, from_day)",
    "voucher (code)",
    "voucher (present_hash) WHERE present_hash IS NOT NULL",
]

INDEXES = [
    "activity_ending: activity (ends_at, unit, member_id) WHERE ends_at IS NOT NULL",
    "allocation_lot: allocation (lot_id)",
    "broadcast_open: broadcast (id) WHERE state IN 'running', 'paused'",
    "consent_member: consent (member_id, channel, purpose, id)",
    "conversation_identity: conversation (identity_id)",
    "debt_open: debt (member_id, unit) WHERE remaining > 0",
    "entry_member: entry (member_id, id)",
    "entry_operation: entry (operation_id)",
    "entry_spent: entry (member_id) WHERE kind IN 'fill', 'reserve', 'release', 'reverse'",
    "erased_untidied: erased (erased_at) WHERE tidied_at IS NULL",
    "identity_member: identity (member_id) WHERE member_id IS NOT NULL",
    "identity_staff: identity (staff_id) WHERE staff_id IS NOT NULL",
    "inbound_failed: inbound (conversation_id) WHERE failure IS NOT NULL",
    "lot_cause: lot (unit, remaining) WHERE substrunit, 1, 6 = 'cause:'",
    "lot_ending: lot (ends_at, unit, member_id) WHERE remaining > 0 AND ends_at IS NOT NULL",
    "lot_entry: lot (entry_id)",
    "lot_idle: lot (member_id, unit) WHERE idle",
    "lot_open: lot (member_id, unit, ends_at, earned_at, id) WHERE remaining > 0",
    "lot_pending: lot (member_id, available_at) WHERE remaining > 0 AND available_at IS NOT NULL",
    "lot_reward: lot (earned_at) WHERE remaining > 0 AND substrunit, 1, 7 = 'reward:'",
    "member_birthday: member (birthday_hash) WHERE birthday_hash IS NOT NULL",
    "member_joined: member (joined_at)",
    "member_last_visit: member (last_visit_at) WHERE last_visit_at IS NOT NULL",
    "member_merged: member (merged_into_id) WHERE merged_into_id IS NOT NULL",
    "member_word_hash: member_word (word_hash)",
    "membership_member: membership (member_id)",
    "occasion_campaign: occasion (campaign, occurrence, state)",
    "occasion_due: occasion (due_at, id) WHERE state = 'planned'",
    "occasion_open: occasion (member_id) WHERE state = 'planned'",
    "occasion_outbox: occasion (outbox_id) WHERE outbox_id IS NOT NULL",
    "occasion_taken: occasion (member_id, taken_at) WHERE taken_at IS NOT NULL",
    "operation_about: operation (about_id) WHERE about_id IS NOT NULL",
    "operation_member: operation (member_id, created_at, id) WHERE member_id IS NOT NULL",
    "operation_staff: operation (staff_id, created_at, id) WHERE staff_id IS NOT NULL",
    "operation_stamps: operation (created_at) WHERE kind = 'stamp'",
    "outbox_choices: outbox (conversation_id, id) WHERE choices",
    "outbox_conversation: outbox (conversation_id, state, id)",
    "outbox_due: outbox (due_at, id) WHERE state = 'due'",
    "outbox_provider: outbox (provider_id) WHERE provider_id IS NOT NULL",
    "outbox_said: outbox (conversation_id, created_at)",
    "outbox_sending: outbox (lease_until) WHERE state = 'sending'",
    "preference_zone: preference (zone) WHERE zone IS NOT NULL",
    "programme_version_digest: programme_version (digest)",
    "proof_conversation: proof (conversation_id, created_at)",
    "proof_created: proof (created_at, country)",
    "proof_value: proof (value_hash, created_at)",
    "purchase_at: purchase (occurred_at)",
    "purchase_item_product: purchase_item (product, purchase_id)",
    "purchase_member: purchase (member_id, occurred_at) WHERE member_id IS NOT NULL",
    "question_conversation: question (conversation_id, asked_at)",
    "question_open: question (asked_at) WHERE answered_at IS NULL",
    "recheck_at: recheck (at)",
    "referral_purchase: referral (purchase_operation_id) WHERE purchase_operation_id IS NOT NULL",
    "referral_referrer: referral (referrer_id, state)",
    "referral_waiting: referral (id) WHERE state = 'waiting'",
    "relocation_conversation: relocation (conversation_id, created_at)",
    "relocation_member: relocation (member_id, created_at) WHERE member_id IS NOT NULL",
    "review_member: review (member_id, id)",
    "review_waiting: review (id) WHERE state = 'waiting'",
    "standing_paid: standing (paid_until) WHERE paid_until IS NOT NULL",
    "standing_review: standing (review_at) WHERE review_at IS NOT NULL",
    "standing_tier: standing (tier) WHERE tier IS NOT NULL",
    "survey_answer_at: survey_answer (answered_at)",
    "survey_answer_member: survey_answer (member_id, id)",
    "tally_entry_member: tally_entry (member_id)",
    "tally_entry_operation: tally_entry (operation_id)",
    "tier_change_member: tier_change (member_id, id)",
    "tier_change_operation: tier_change (operation_id) WHERE operation_id IS NOT NULL",
    "voucher_member: voucher (member_id, id)",
    "voucher_open: voucher (ends_at) WHERE state = 'reserved'",
    "voucher_purchase: voucher (purchase_operation_id) WHERE purchase_operation_id IS NOT NULL",
    "voucher_used: voucher (closed_at) WHERE state = 'used'",
]

REFERENCES = [
    "activity (member_id) -> member (id)",
    "allocation (entry_id, entry_month) -> entry (id, month)",
    "allocation (lot_id) -> lot (id)",
    "broadcast (staff_id) -> staff (id)",
    "card (member_id) -> member (id)",
    "claim (operation_id) -> operation (id)",
    "claim (staff_id) -> staff (id)",
    "consent (member_id) -> member (id)",
    "conversation (identity_id) -> identity (id)",
    "debt (entry_id, entry_month) -> entry (id, month)",
    "debt (member_id) -> member (id)",
    "entry (kind) -> entry_kind (name)",
    "entry (member_id) -> member (id)",
    "entry (operation_id) -> operation (id)",
    "entry (programme_version_id) -> programme_version (id)",
    "entry (reverses_id, reverses_month) -> entry (id, month)",
    "halt (staff_id) -> staff (id)",
    "identity (member_id) -> member (id)",
    "identity (staff_id) -> staff (id)",
    "inbound (conversation_id) -> conversation (id)",
    "invitation (staff_id) -> staff (id)",
    "invite (member_id) -> member (id)",
    "lot (entry_id, entry_month) -> entry (id, month)",
    "lot (member_id) -> member (id)",
    "member (merged_into_id) -> member (id)",
    "member_word (member_id) -> member (id)",
    "membership (member_id) -> member (id)",
    "membership (operation_id) -> operation (id)",
    "occasion (member_id) -> member (id)",
    "occasion (outbox_id) -> outbox (id)",
    "operation (about_id) -> operation (id)",
    "operation (member_id) -> member (id)",
    "operation (staff_id) -> staff (id)",
    "operation (undoes_id) -> operation (id)",
    "outbox (conversation_id) -> conversation (id)",
    "outbox (member_id) -> member (id)",
    "preference (member_id) -> member (id)",
    "proof (conversation_id) -> conversation (id)",
    "purchase (member_id) -> member (id)",
    "purchase (operation_id) -> operation (id)",
    "purchase_item (purchase_id) -> purchase (id)",
    "question (conversation_id) -> conversation (id)",
    "question (staff_id) -> staff (id)",
    "question (voucher_id) -> voucher (id)",
    "recheck (member_id) -> member (id)",
    "referral (friend_id) -> member (id)",
    "referral (purchase_operation_id) -> operation (id)",
    "referral (referrer_id) -> member (id)",
    "referral (staff_id) -> staff (id)",
    "relocation (conversation_id) -> conversation (id)",
    "relocation (member_id) -> member (id)",
    "review (member_id) -> member (id)",
    "review (staff_id) -> staff (id)",
    "standing (member_id) -> member (id)",
    "survey_answer (member_id) -> member (id)",
    "survey_offer (member_id) -> member (id)",
    "tally (member_id) -> member (id)",
    "tally_entry (member_id) -> member (id)",
    "tally_entry (operation_id) -> operation (id)",
    "tier_change (member_id) -> member (id)",
    "tier_change (operation_id) -> operation (id)",
    "voucher (entry_id, entry_month) -> entry (id, month)",
    "voucher (friend_id) -> member (id)",
    "voucher (member_id) -> member (id)",
    "voucher (programme_version_id) -> programme_version (id)",
    "voucher (purchase_operation_id) -> operation (id)",
    "voucher (staff_id) -> staff (id)",
]

TRIGGERS = {
    "sqlite": [
        "allocation_no_delete BEFORE DELETE ON allocation",
        "allocation_no_update BEFORE UPDATE ON allocation",
        "entry_no_delete BEFORE DELETE ON entry",
        "entry_no_update BEFORE UPDATE ON entry",
    ],
    "postgres": [
        "allocation_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.allocation "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()",
        "entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()",
    ],
}


class Sqlite:
    """The schema as SQLite tells it."""

    def __init__(self, reader: Reader) -> None:
        self.rows = reader.rows

    async def columns(self) -> dict[str, str]:
        found = {}
        for table in await self._tables():
            # Unlike other primary keys, a rowid is never empty without saying so.
            found[table] = " ".join(
                row["name"]
                + ("" if row["notnull"] or (row["pk"] and row["type"] == "INTEGER") else "?")
                for row in await self.rows(f"PRAGMA table_info({table})")
            )
        return found

    async def checks(self) -> list[str]:
        found = []
        for row in await self.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
            # A column that was added later stands behind the last one, on its line.
            for line in re.split(r"\n|, (?=\w+ (?:TEXT|INTEGER|BIGINT)\b)", row["sql"]):
                if match := re.search(r"^\s*(\w+) .*\bCHECK \((.*)", line):
                    column, condition = match.groups()
                    named = {column} | ({"amount"} & set(re.findall(r"\w+", condition)))
                    found.append(" ".join([row["name"], *sorted(named)]))
        return sorted(found)

    async def keys(self) -> list[str]:
        return sorted(text for _, text, unique in await self._indexes() if unique)

    async def indexes(self) -> list[str]:
        return sorted(
            f"{name}: {text}" for name, text, unique in await self._indexes() if not unique
        )

    async def references(self) -> list[str]:
        found = []
        for table in await self._tables():
            parts: dict[int, list[Any]] = defaultdict(list)
            for row in await self.rows(f"PRAGMA foreign_key_list({table})"):
                parts[row["id"]].append(row)
            for rows in parts.values():
                ours = ", ".join(row["from"] for row in rows)
                theirs = ", ".join(row["to"] for row in rows)
                found.append(f"{table} ({ours}) -> {rows[0]['table']} ({theirs})")
        return sorted(found)

    async def triggers(self) -> list[str]:
        rows = await self.rows("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
        return sorted(row["sql"].split("\n")[0].removeprefix("CREATE TRIGGER ") for row in rows)

    async def _tables(self) -> list[str]:
        rows = await self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [row["name"] for row in rows if not row["name"].startswith("sqlite_")]

    async def _indexes(self) -> list[tuple[str, str, bool]]:
        found = []
        for table in await self._tables():
            for index in await self.rows(f"PRAGMA index_list({table})"):
                name = index["name"]
                columns = await self.rows(f"PRAGMA index_info({name})")
                (source,) = await self.rows("SELECT sql FROM sqlite_master WHERE name = $1", name)
                where = (source["sql"] or "").partition("WHERE ")[2]
                found.append((name, _index(table, columns, where), bool(index["unique"])))
        return found


class Postgres:
    """The schema as PostgreSQL's catalogue tells it."""

    def __init__(self, reader: Reader) -> None:
        self.rows = reader.rows

    async def columns(self) -> dict[str, str]:
        found = defaultdict(list)
        for row in await self.rows(
            "SELECT table_name, column_name, is_nullable FROM information_schema.columns "
            "WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
        ):
            mark = "?" if row["is_nullable"] == "YES" else ""
            found[row["table_name"]].append(row["column_name"] + mark)
        return {table: " ".join(columns) for table, columns in found.items()}

    async def checks(self) -> list[str]:
        rows = await self._constraints("c")
        return sorted(" ".join([row["name"], *sorted(row["ours"])]) for row in rows)

    async def keys(self) -> list[str]:
        return sorted(text for _, text, unique in await self._indexes() if unique)

    async def indexes(self) -> list[str]:
        return sorted(
            f"{name}: {text}" for name, text, unique in await self._indexes() if not unique
        )

    async def references(self) -> list[str]:
        rows = await self._constraints("f")
        return sorted(
            f"{row['name']} ({', '.join(row['ours'])}) -> "
            f"{row['other']} ({', '.join(row['theirs'])})"
            for row in rows
        )

    async def triggers(self) -> list[str]:
        rows = await self.rows(
            "SELECT pg_get_triggerdef(oid) AS sql FROM pg_trigger WHERE NOT tgisinternal"
        )
        return sorted(row["sql"].removeprefix("CREATE TRIGGER ") for row in rows)

    async def _constraints(self, kind: str) -> list[Any]:
        columns = (
            "ARRAY(SELECT a.attname::text FROM unnest(c.{0}key) WITH ORDINALITY k (number, place) "
            "JOIN pg_attribute a ON a.attrelid = c.{1} AND a.attnum = k.number ORDER BY k.place)"
        )
        return await self.rows(
            "SELECT c.conrelid::regclass::text AS name, c.confrelid::regclass::text AS other, "
            f"{columns.format('con', 'conrelid')} AS ours, "
            f"{columns.format('conf', 'confrelid')} AS theirs FROM pg_constraint c "
            "WHERE c.contype::text = $1 AND c.connamespace = 'public'::regnamespace",
            kind,
        )

    async def _indexes(self) -> list[tuple[str, str, bool]]:
        found = []
        for row in await self.rows(
            "SELECT x.indexrelid::regclass::text AS name, x.indrelid::regclass::text AS tbl, "
            "x.indisunique, pg_get_expr(x.indpred, x.indrelid) AS predicate, "
            "ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, true) "
            "FROM generate_series(1, x.indnkeyatts) n) AS columns "
            "FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid "
            "WHERE t.relnamespace = 'public'::regnamespace"
        ):
            columns = [{"name": name} for name in row["columns"]]
            if row["indisunique"] and row["columns"] == ["id"]:
                continue  # the number made by the database
            text = _index(row["tbl"], columns, row["predicate"] or "")
            found.append((row["name"], text, row["indisunique"]))
        return found


def _index(table: str, columns: list[Any], where: str) -> str:
    """An index in words both databases can be brought to."""
    plain = re.sub(r"::\w+|[()\[\]]", "", where).replace("= ANY ARRAY", "IN ")
    listed = ", ".join(row["name"] for row in columns)
    return f"{table} ({listed})" + (f" WHERE {plain}" if where else "")
