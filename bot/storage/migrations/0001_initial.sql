-- One text for both databases. {id} and {at} are filled in for each (bot/storage/migrate.py);
-- a section between `-- only sqlite` / `-- only postgres` and `-- end` is for that database alone.
-- All instants are UTC. Columns ending in _sealed hold ciphertext, in _hash a keyed hash (S36).
-- References to `entry` carry its month, so that the table can be cut by month later.

CREATE TABLE vault_key (
    id {id},
    purpose TEXT NOT NULL CHECK (purpose IN ('data', 'lookup', 'signing')),
    wrapped TEXT NOT NULL,
    created_at {at} NOT NULL
);

CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value_sealed TEXT NOT NULL
);

CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    until_at {at} NOT NULL
);

CREATE TABLE programme_version (
    id {id},
    digest TEXT NOT NULL,
    source TEXT NOT NULL,
    created_at {at} NOT NULL
);
CREATE INDEX programme_version_digest ON programme_version (digest);

CREATE TABLE member (
    id {id},
    code TEXT NOT NULL UNIQUE,
    name_sealed TEXT NOT NULL,
    language TEXT NOT NULL,
    birthday_sealed TEXT,
    birthday_hash TEXT,
    birthday_set_at {at},
    home_location TEXT,
    source TEXT NOT NULL CHECK (source IN ('chat', 'staff', 'import')),
    terms_version TEXT,
    minimum_age INTEGER,
    tags TEXT NOT NULL DEFAULT '',
    joined_at {at} NOT NULL,
    last_visit_at {at}
);
CREATE INDEX member_birthday ON member (birthday_hash) WHERE birthday_hash IS NOT NULL;
CREATE INDEX member_last_visit ON member (last_visit_at) WHERE last_visit_at IS NOT NULL;

CREATE TABLE member_word (
    member_id BIGINT NOT NULL REFERENCES member (id),
    word_hash TEXT NOT NULL,
    PRIMARY KEY (member_id, word_hash)
);
CREATE INDEX member_word_hash ON member_word (word_hash);

CREATE TABLE card (
    id {id},
    member_id BIGINT NOT NULL REFERENCES member (id),
    token_hash TEXT NOT NULL UNIQUE,
    token_sealed TEXT NOT NULL,
    created_at {at} NOT NULL,
    revoked_at {at}
);
CREATE UNIQUE INDEX card_current ON card (member_id) WHERE revoked_at IS NULL;

CREATE TABLE staff (
    id {id},
    name_sealed TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('cashier', 'manager', 'owner')),
    location TEXT,
    shift_location TEXT,
    created_at {at} NOT NULL,
    removed_at {at}
);

CREATE TABLE invitation (
    id {id},
    token_hash TEXT NOT NULL UNIQUE,
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    created_at {at} NOT NULL,
    ends_at {at} NOT NULL,
    used_at {at}
);

CREATE TABLE identity (
    id {id},
    kind TEXT NOT NULL,
    value_hash TEXT NOT NULL,
    value_sealed TEXT NOT NULL,
    member_id BIGINT REFERENCES member (id),
    staff_id BIGINT REFERENCES staff (id),
    proven_at {at},
    created_at {at} NOT NULL,
    UNIQUE (kind, value_hash)
);
CREATE INDEX identity_member ON identity (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX identity_staff ON identity (staff_id) WHERE staff_id IS NOT NULL;

CREATE TABLE conversation (
    id {id},
    channel TEXT NOT NULL,
    address_hash TEXT NOT NULL,
    address_sealed TEXT NOT NULL,
    identity_id BIGINT NOT NULL REFERENCES identity (id),
    language TEXT NOT NULL,
    step TEXT,
    draft_sealed TEXT,
    misses INTEGER NOT NULL DEFAULT 0,
    blocked_at {at},
    last_inbound_at {at} NOT NULL,
    created_at {at} NOT NULL,
    UNIQUE (channel, address_hash)
);
CREATE INDEX conversation_identity ON conversation (identity_id);

CREATE TABLE consent (
    id {id},
    member_id BIGINT NOT NULL REFERENCES member (id),
    channel TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('marketing', 'terms')),
    granted BOOLEAN NOT NULL,
    wording TEXT NOT NULL,
    version TEXT NOT NULL,
    source TEXT NOT NULL,
    at {at} NOT NULL
);
CREATE INDEX consent_member ON consent (member_id, channel, purpose, id);

CREATE TABLE inbound (
    id {id},
    channel TEXT NOT NULL,
    external_id TEXT NOT NULL,
    received_at {at} NOT NULL,
    failure TEXT,
    message_sealed TEXT,
    UNIQUE (channel, external_id)
);

CREATE TABLE operation (
    id {id},
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    member_id BIGINT REFERENCES member (id),
    staff_id BIGINT REFERENCES staff (id),
    location TEXT,
    undoes_id BIGINT UNIQUE REFERENCES operation (id),
    answer_sealed TEXT NOT NULL,
    created_at {at} NOT NULL
);
CREATE INDEX operation_staff ON operation (staff_id, created_at, id) WHERE staff_id IS NOT NULL;
CREATE INDEX operation_member ON operation (member_id, created_at, id)
    WHERE member_id IS NOT NULL;

CREATE TABLE purchase (
    id {id},
    operation_id BIGINT NOT NULL UNIQUE REFERENCES operation (id),
    member_id BIGINT REFERENCES member (id),
    amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
    currency TEXT NOT NULL,
    location TEXT,
    receipt TEXT,
    occurred_at {at} NOT NULL
);
CREATE INDEX purchase_member ON purchase (member_id, occurred_at) WHERE member_id IS NOT NULL;

CREATE TABLE claim (
    id {id},
    code_hash TEXT NOT NULL UNIQUE,
    operation_id BIGINT NOT NULL REFERENCES operation (id),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    location TEXT,
    staff_id BIGINT REFERENCES staff (id),
    created_at {at} NOT NULL,
    ends_at {at} NOT NULL,
    claimed_at {at}
);

CREATE TABLE entry (
    id {id},
    month INTEGER NOT NULL CHECK (month BETWEEN 200001 AND 999912),
    operation_id BIGINT NOT NULL REFERENCES operation (id),
    member_id BIGINT NOT NULL REFERENCES member (id),
    unit TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount <> 0),
    kind TEXT NOT NULL CHECK (kind IN ('earn', 'fill', 'reward', 'takeover', 'opening', 'reserve',
        'release', 'expire', 'reverse')),
    rules TEXT NOT NULL DEFAULT '[]',
    programme_version_id BIGINT REFERENCES programme_version (id),
    reverses_id BIGINT,
    reverses_month INTEGER,
    occurred_at {at} NOT NULL,
    recorded_at {at} NOT NULL,
    UNIQUE (id, month),
    FOREIGN KEY (reverses_id, reverses_month) REFERENCES entry (id, month)
);
CREATE INDEX entry_member ON entry (member_id, id);
CREATE INDEX entry_operation ON entry (operation_id);

CREATE TABLE lot (
    id {id},
    entry_id BIGINT NOT NULL,
    entry_month INTEGER NOT NULL,
    member_id BIGINT NOT NULL REFERENCES member (id),
    unit TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    remaining BIGINT NOT NULL CHECK (remaining BETWEEN 0 AND amount),
    rule TEXT NOT NULL,
    earned_at {at} NOT NULL,
    ends_at {at},
    FOREIGN KEY (entry_id, entry_month) REFERENCES entry (id, month)
);
CREATE INDEX lot_open ON lot (member_id, unit, ends_at, earned_at, id) WHERE remaining > 0;
CREATE INDEX lot_ending ON lot (ends_at) WHERE remaining > 0 AND ends_at IS NOT NULL;
CREATE INDEX lot_entry ON lot (entry_id);

-- What a debit took from which lot; negative when a release or reversal put it back (S1, S19).
CREATE TABLE allocation (
    id {id},
    entry_id BIGINT NOT NULL,
    entry_month INTEGER NOT NULL,
    lot_id BIGINT NOT NULL REFERENCES lot (id),
    amount BIGINT NOT NULL CHECK (amount <> 0),
    UNIQUE (entry_id, lot_id),
    FOREIGN KEY (entry_id, entry_month) REFERENCES entry (id, month)
);
CREATE INDEX allocation_lot ON allocation (lot_id);

-- What a reversal could not take because it was spent, to be recovered from the next earning (S7).
CREATE TABLE debt (
    entry_id BIGINT NOT NULL PRIMARY KEY,
    entry_month INTEGER NOT NULL,
    member_id BIGINT NOT NULL REFERENCES member (id),
    unit TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    remaining BIGINT NOT NULL CHECK (remaining BETWEEN 0 AND amount),
    FOREIGN KEY (entry_id, entry_month) REFERENCES entry (id, month)
);
CREATE INDEX debt_open ON debt (member_id, unit) WHERE remaining > 0;

CREATE TABLE voucher (
    id {id},
    code TEXT NOT NULL UNIQUE,
    member_id BIGINT NOT NULL REFERENCES member (id),
    reward TEXT NOT NULL,
    programme_version_id BIGINT NOT NULL REFERENCES programme_version (id),
    entry_id BIGINT NOT NULL,
    entry_month INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'used', 'cancelled', 'expired')),
    reserved_at {at} NOT NULL,
    ends_at {at} NOT NULL,
    closed_at {at},
    staff_id BIGINT REFERENCES staff (id),
    location TEXT,
    FOREIGN KEY (entry_id, entry_month) REFERENCES entry (id, month)
);
CREATE INDEX voucher_open ON voucher (ends_at) WHERE state = 'reserved';
CREATE INDEX voucher_member ON voucher (member_id, id);

CREATE TABLE outbox (
    id {id},
    conversation_id BIGINT NOT NULL REFERENCES conversation (id),
    member_id BIGINT REFERENCES member (id),
    class TEXT NOT NULL CHECK (class IN ('reply', 'transactional', 'marketing')),
    body_sealed TEXT NOT NULL,
    choices BOOLEAN NOT NULL,
    edit_of TEXT,
    clear_of TEXT,
    state TEXT NOT NULL CHECK (state IN ('due', 'sending', 'accepted', 'delivered', 'unknown',
        'failed', 'dropped')),
    reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    claimed_by TEXT,
    lease_until {at},
    due_at {at} NOT NULL,
    created_at {at} NOT NULL,
    sent_at {at},
    provider_id TEXT
);
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'due';
CREATE INDEX outbox_sending ON outbox (lease_until) WHERE state = 'sending';
CREATE INDEX outbox_conversation ON outbox (conversation_id, state, id);
CREATE INDEX outbox_choices ON outbox (conversation_id, id) WHERE choices;
CREATE INDEX outbox_provider ON outbox (provider_id) WHERE provider_id IS NOT NULL;

-- Entries and allocations are appended, never changed or deleted (S1), whoever asks.
-- only sqlite
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted'); END;
CREATE TRIGGER allocation_no_update BEFORE UPDATE ON allocation
    BEGIN SELECT RAISE(ABORT, 'allocations are never changed'); END;
CREATE TRIGGER allocation_no_delete BEFORE DELETE ON allocation
    BEGIN SELECT RAISE(ABORT, 'allocations are never deleted'); END;
-- end
-- only postgres
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
        RAISE EXCEPTION '% of % is not allowed: the ledger is append-only', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END $body$;
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER allocation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON allocation
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
-- end
