-- What is said unasked: candidates and the places they take, what members prefer, broadcasts,
-- halted campaigns, spending; and people who asked to be erased.

-- One message a member, campaign and occurrence (S25). A candidate takes its place when it is
-- claimed (S24): `taken_at` is what caps count, and it is given back on a definite refusal. For one
-- held out it is when it would have been sent. `lease_until` keeps processes out of each other's way.
CREATE TABLE occasion (
    id {id},
    member_id BIGINT NOT NULL REFERENCES member (id),
    campaign TEXT NOT NULL,
    occurrence TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'taken', 'failed', 'dropped', 'held_out')),
    reason TEXT,
    variant TEXT NOT NULL DEFAULT '',
    channel TEXT,
    due_at {at} NOT NULL,
    ends_at {at} NOT NULL,
    planned_at {at} NOT NULL,
    taken_at {at},
    attempts INTEGER NOT NULL DEFAULT 0,
    outbox_id BIGINT REFERENCES outbox (id),
    claimed_by TEXT,
    lease_until {at},
    UNIQUE (member_id, campaign, occurrence)
);
CREATE INDEX occasion_due ON occasion (due_at, id) WHERE state = 'planned';
CREATE INDEX occasion_open ON occasion (member_id) WHERE state = 'planned';
CREATE INDEX occasion_taken ON occasion (member_id, taken_at) WHERE taken_at IS NOT NULL;
CREATE INDEX occasion_campaign ON occasion (campaign, occurrence, state);
CREATE INDEX occasion_outbox ON occasion (outbox_id) WHERE outbox_id IS NOT NULL;

-- What a member wants of unasked messages; no row is all of them, where they wrote last.
CREATE TABLE preference (
    member_id BIGINT NOT NULL PRIMARY KEY REFERENCES member (id),
    channel TEXT,
    pace TEXT NOT NULL DEFAULT 'all' CHECK (pace IN ('all', 'fewer', 'gifts')),
    paused_until {at},
    zone TEXT
);

CREATE TABLE broadcast (
    id {id},
    staff_id BIGINT REFERENCES staff (id),
    texts_sealed TEXT NOT NULL,
    segment TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'stopped', 'done')),
    reason TEXT,
    people INTEGER NOT NULL DEFAULT 0,
    planned_through BIGINT NOT NULL DEFAULT 0,
    planned_at {at},
    created_at {at} NOT NULL,
    started_at {at},
    ended_at {at}
);
CREATE INDEX broadcast_open ON broadcast (id) WHERE state IN ('running', 'paused');

-- A campaign that sends nothing until somebody lets it go on: `broadcast:7`, `winback`.
CREATE TABLE halt (
    campaign TEXT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    staff_id BIGINT REFERENCES staff (id),
    halted_at {at} NOT NULL
);

-- When a campaign's audience was last looked for.
CREATE TABLE planning (
    campaign TEXT NOT NULL PRIMARY KEY,
    planned_at {at} NOT NULL
);

-- What a paid channel took in a month: segments over SMS, messages elsewhere.
CREATE TABLE spending (
    channel TEXT NOT NULL,
    month INTEGER NOT NULL CHECK (month BETWEEN 200001 AND 999912),
    units BIGINT NOT NULL,
    PRIMARY KEY (channel, month)
);

-- Addresses of people who asked to be erased, as keyed hashes, so that no import revives them; and
-- when what colleagues were told of them was forgotten as well.
CREATE TABLE erased (
    kind TEXT NOT NULL,
    value_hash TEXT NOT NULL,
    erased_at {at} NOT NULL,
    tidied_at {at},
    PRIMARY KEY (kind, value_hash)
);
CREATE INDEX erased_untidied ON erased (erased_at) WHERE tidied_at IS NULL;
ALTER TABLE member ADD COLUMN erased_at {at};
-- What a code proves: a number, or an e-mail address.
ALTER TABLE proof ADD COLUMN kind TEXT NOT NULL DEFAULT 'phone' CHECK (kind IN ('phone', 'email'));
-- Whose a message is that could not be handled; empty where not even that could be read.
ALTER TABLE inbound ADD COLUMN conversation_id BIGINT REFERENCES conversation (id);
CREATE INDEX inbound_failed ON inbound (conversation_id) WHERE failure IS NOT NULL;
CREATE INDEX member_joined ON member (joined_at);

-- What audiences are found by: what ends at an instant, a zone somebody set, rewards that wait, how often a card was filled or
-- points were spent (bot/storage/audiences.py).
DROP INDEX lot_ending;
CREATE INDEX lot_ending ON lot (ends_at, unit, member_id)
    WHERE remaining > 0 AND ends_at IS NOT NULL;
CREATE INDEX preference_zone ON preference (zone) WHERE zone IS NOT NULL;
CREATE INDEX lot_reward ON lot (earned_at) WHERE remaining > 0 AND substr(unit, 1, 7) = 'reward:';
CREATE INDEX entry_spent ON entry (member_id)
    WHERE kind IN ('fill', 'reserve', 'release', 'reverse');

INSERT INTO entry_kind (name) VALUES ('gift');
