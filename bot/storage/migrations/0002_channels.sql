-- Conversations we begin, words to the network, messages in doubt, numbers proven by a code,
-- questions to the shop, members merged into one.

-- What an entry is for; a later migration adds a kind with an INSERT.
CREATE TABLE entry_kind (
    name TEXT NOT NULL PRIMARY KEY
);
INSERT INTO entry_kind (name) VALUES ('earn'), ('fill'), ('reward'), ('takeover'), ('opening'),
    ('reserve'), ('release'), ('expire'), ('reverse'), ('merge');

-- last_inbound_at is empty where we wrote first and nobody has answered yet.
-- only postgres
ALTER TABLE entry DROP CONSTRAINT entry_kind_check;
ALTER TABLE entry ADD FOREIGN KEY (kind) REFERENCES entry_kind (name);
ALTER TABLE conversation ALTER COLUMN last_inbound_at DROP NOT NULL;
ALTER TABLE conversation ADD COLUMN opted_out_at {at};
-- end
-- SQLite changes a column by a new table; the sequence goes along, so that no number comes twice.
-- https://www.sqlite.org/autoinc.html
-- only sqlite
CREATE TABLE entry_new (
    id {id},
    month INTEGER NOT NULL CHECK (month BETWEEN 200001 AND 999912),
    operation_id BIGINT NOT NULL REFERENCES operation (id),
    member_id BIGINT NOT NULL REFERENCES member (id),
    unit TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount <> 0),
    kind TEXT NOT NULL REFERENCES entry_kind (name),
    rules TEXT NOT NULL DEFAULT '[]',
    programme_version_id BIGINT REFERENCES programme_version (id),
    reverses_id BIGINT,
    reverses_month INTEGER,
    occurred_at {at} NOT NULL,
    recorded_at {at} NOT NULL,
    UNIQUE (id, month),
    FOREIGN KEY (reverses_id, reverses_month) REFERENCES entry (id, month)
);
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'entry_new', seq FROM sqlite_sequence WHERE name = 'entry';
INSERT INTO entry_new SELECT id, month, operation_id, member_id, unit, amount, kind, rules,
    programme_version_id, reverses_id, reverses_month, occurred_at, recorded_at FROM entry;
DROP TABLE entry;
ALTER TABLE entry_new RENAME TO entry;
CREATE INDEX entry_member ON entry (member_id, id);
CREATE INDEX entry_operation ON entry (operation_id);
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted'); END;

CREATE TABLE conversation_new (
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
    last_inbound_at {at},
    created_at {at} NOT NULL,
    opted_out_at {at},
    UNIQUE (channel, address_hash)
);
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'conversation_new', seq FROM sqlite_sequence WHERE name = 'conversation';
INSERT INTO conversation_new SELECT id, channel, address_hash, address_sealed, identity_id,
    language, step, draft_sealed, misses, blocked_at, last_inbound_at, created_at, NULL
    FROM conversation;
DROP TABLE conversation;
ALTER TABLE conversation_new RENAME TO conversation;
CREATE INDEX conversation_identity ON conversation (identity_id);
-- end

-- Since when it is not known whether the provider took a message; and how many parts it took of
-- one too long for one.
ALTER TABLE outbox ADD COLUMN doubtful_since {at};
CREATE INDEX outbox_said ON outbox (conversation_id, created_at);
ALTER TABLE outbox ADD COLUMN parts_taken INTEGER NOT NULL DEFAULT 0;

-- The next free moment of a sender, for all processes; bulk waits for its own as well.
CREATE TABLE pace (
    sender TEXT NOT NULL PRIMARY KEY,
    next_at {at} NOT NULL,
    bulk_at {at} NOT NULL
);

-- A member whose cards and ledger went over to another; cards of both open the other.
ALTER TABLE member ADD COLUMN merged_into_id BIGINT REFERENCES member (id);
ALTER TABLE member ADD COLUMN merged_at {at};
CREATE INDEX member_merged ON member (merged_into_id) WHERE merged_into_id IS NOT NULL;
ALTER TABLE card ADD COLUMN main BOOLEAN NOT NULL DEFAULT TRUE;
DROP INDEX card_current;
CREATE UNIQUE INDEX card_current ON card (member_id) WHERE revoked_at IS NULL AND main;

-- A code sent to a number, to prove that it is the number of who asked.
CREATE TABLE proof (
    id {id},
    conversation_id BIGINT NOT NULL REFERENCES conversation (id),
    value_hash TEXT NOT NULL,
    value_sealed TEXT NOT NULL,
    country TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    created_at {at} NOT NULL,
    ends_at {at} NOT NULL,
    used_at {at}
);
CREATE INDEX proof_conversation ON proof (conversation_id, created_at);
CREATE INDEX proof_value ON proof (value_hash, created_at);
CREATE INDEX proof_created ON proof (created_at, country);

-- What a person asked the shop's people, and what was answered.
CREATE TABLE question (
    id {id},
    conversation_id BIGINT NOT NULL REFERENCES conversation (id),
    text_sealed TEXT NOT NULL,
    asked_at {at} NOT NULL,
    answer_sealed TEXT,
    answered_at {at},
    staff_id BIGINT REFERENCES staff (id)
);
CREATE INDEX question_conversation ON question (conversation_id, asked_at);
CREATE INDEX question_open ON question (asked_at) WHERE answered_at IS NULL;
