-- The whole engine: ends by activity and pending credits, what counts towards tiers, challenges
-- and limits, refunds, rewards of every kind, referrals, reviews and surveys.

INSERT INTO entry_kind (name) VALUES ('adjust'), ('restore'), ('present'), ('donate');

-- `available_at`: from when a pending credit can be spent; empty is at once. `idle`: it also ends
-- with its member's inactivity (table activity); `moves`: each calendar month with activity moves
-- its end on by a month.
ALTER TABLE lot ADD COLUMN available_at {at};
ALTER TABLE lot ADD COLUMN idle BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE lot ADD COLUMN moves BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX lot_pending ON lot (member_id, available_at)
    WHERE remaining > 0 AND available_at IS NOT NULL;
CREATE INDEX lot_idle ON lot (member_id, unit) WHERE idle;

-- When a member was last active in a unit, and when what ends with inactivity is gone (S4): one
-- deadline per member and unit, `idle_months` after it. `moved_month` (YYYYMM, local) is the last
-- month that moved ends.
CREATE TABLE activity (
    member_id BIGINT NOT NULL REFERENCES member (id),
    unit TEXT NOT NULL,
    last_at {at} NOT NULL,
    ends_at {at},
    moved_month INTEGER NOT NULL DEFAULT 0,
    idle_months INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (member_id, unit)
);
CREATE INDEX activity_ending ON activity (ends_at, unit, member_id) WHERE ends_at IS NOT NULL;

-- What operations counted towards tiers, challenges and limits: `what` is spend (minor units),
-- visits, points, or rule:<code>. Days are local, YYYYMMDD; it counts from `from_day` on (0: at
-- once). Appended, never changed; `tally` adds them up by day, as `ledger verify` proves (S6).
CREATE TABLE tally_entry (
    id {id},
    operation_id BIGINT NOT NULL REFERENCES operation (id),
    member_id BIGINT NOT NULL REFERENCES member (id),
    what TEXT NOT NULL,
    day INTEGER NOT NULL,
    from_day INTEGER NOT NULL DEFAULT 0,
    amount BIGINT NOT NULL CHECK (amount <> 0)
);
CREATE INDEX tally_entry_operation ON tally_entry (operation_id);
CREATE INDEX tally_entry_member ON tally_entry (member_id);
CREATE TABLE tally (
    member_id BIGINT NOT NULL REFERENCES member (id),
    what TEXT NOT NULL,
    day INTEGER NOT NULL,
    from_day INTEGER NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (member_id, what, day, from_day)
);

-- A member's tier (S18): the one they reached, when it is looked at again, and the one they paid
-- for. What moved it is kept, with what it was before, and the operation whose counts brought it.
CREATE TABLE standing (
    member_id BIGINT NOT NULL PRIMARY KEY REFERENCES member (id),
    tier TEXT,
    since_at {at},
    review_at {at},
    grace_until {at},
    paid_tier TEXT,
    paid_until {at}
);
CREATE INDEX standing_review ON standing (review_at) WHERE review_at IS NOT NULL;
CREATE INDEX standing_paid ON standing (paid_until) WHERE paid_until IS NOT NULL;
CREATE INDEX standing_tier ON standing (tier) WHERE tier IS NOT NULL;
CREATE TABLE tier_change (
    id {id},
    member_id BIGINT NOT NULL REFERENCES member (id),
    operation_id BIGINT REFERENCES operation (id),
    from_tier TEXT,
    to_tier TEXT,
    reason TEXT NOT NULL,
    changed_at {at} NOT NULL,
    was_since_at {at},
    was_review_at {at},
    was_grace_until {at}
);
CREATE INDEX tier_change_member ON tier_change (member_id, id);
CREATE INDEX tier_change_operation ON tier_change (operation_id) WHERE operation_id IS NOT NULL;

-- What was paid for memberships (S18): from when until when, and what was paid for before it.
CREATE TABLE membership (
    id {id},
    operation_id BIGINT NOT NULL UNIQUE REFERENCES operation (id),
    member_id BIGINT NOT NULL REFERENCES member (id),
    tier TEXT NOT NULL,
    fee_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    begins_at {at} NOT NULL,
    ends_at {at},
    was_tier TEXT,
    was_until {at}
);
CREATE INDEX membership_member ON membership (member_id);

-- Members to be looked at again at an instant: pending credits come due, a tier by tenure.
CREATE TABLE recheck (
    member_id BIGINT NOT NULL REFERENCES member (id),
    at {at} NOT NULL,
    PRIMARY KEY (member_id, at)
);
CREATE INDEX recheck_at ON recheck (at);

-- What is counted over all members: `stock:<reward>`, `rule:<code>`; its row is locked to change it.
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    used BIGINT NOT NULL CHECK (used >= 0)
);

-- What a purchase was made of (JSON, nothing personal), so that a refund of a part can be
-- computed at the rate of that day; amounts in minor units.
ALTER TABLE purchase ADD COLUMN discount_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE purchase ADD COLUMN refunded_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE purchase ADD COLUMN facts TEXT;
CREATE TABLE purchase_item (
    purchase_id BIGINT NOT NULL REFERENCES purchase (id),
    product TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    amount_minor BIGINT,
    PRIMARY KEY (purchase_id, product)
);
CREATE INDEX purchase_item_product ON purchase_item (product, purchase_id);

-- What key figures look at: one period's purchases, stampings and used rewards.
CREATE INDEX purchase_at ON purchase (occurred_at);
CREATE INDEX operation_stamps ON operation (created_at) WHERE kind = 'stamp';
CREATE INDEX voucher_used ON voucher (closed_at) WHERE state = 'used';

-- The operation another one is about: a refund's purchase, what was restored.
ALTER TABLE operation ADD COLUMN about_id BIGINT REFERENCES operation (id);
CREATE INDEX operation_about ON operation (about_id) WHERE about_id IS NOT NULL;

-- `worth_minor` is what a voucher takes off the price, pays out or gives to a cause; `stocked`: it
-- counts against the reward's stock. The purchase it was used on; when it was given back after all
-- (S8). A present waits for whoever has its code (`present_hash`), `friend_id` is who took it.
ALTER TABLE voucher ADD COLUMN worth_minor BIGINT;
ALTER TABLE voucher ADD COLUMN stocked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE voucher ADD COLUMN purchase_operation_id BIGINT REFERENCES operation (id);
ALTER TABLE voucher ADD COLUMN restored_at {at};
ALTER TABLE voucher ADD COLUMN present_hash TEXT;
ALTER TABLE voucher ADD COLUMN friend_id BIGINT REFERENCES member (id);
CREATE INDEX voucher_purchase ON voucher (purchase_operation_id)
    WHERE purchase_operation_id IS NOT NULL;
CREATE UNIQUE INDEX voucher_present ON voucher (present_hash) WHERE present_hash IS NOT NULL;

-- An experience somebody redeemed waits for a colleague's answer, as questions do.
ALTER TABLE question ADD COLUMN voucher_id BIGINT REFERENCES voucher (id);

-- What was given to a cause, by all.
CREATE INDEX lot_cause ON lot (unit, remaining) WHERE substr(unit, 1, 6) = 'cause:';

-- Who invited whom (S16). `code` is what the link of a member holds.
CREATE TABLE invite (
    member_id BIGINT NOT NULL PRIMARY KEY REFERENCES member (id),
    code TEXT NOT NULL UNIQUE
);
CREATE TABLE referral (
    id {id},
    referrer_id BIGINT NOT NULL REFERENCES member (id),
    friend_id BIGINT NOT NULL UNIQUE REFERENCES member (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'waiting', 'paid', 'refused', 'reversed')),
    reason TEXT,
    purchase_operation_id BIGINT REFERENCES operation (id),
    staff_id BIGINT REFERENCES staff (id),
    created_at {at} NOT NULL,
    closed_at {at}
);
CREATE INDEX referral_referrer ON referral (referrer_id, state);
CREATE INDEX referral_waiting ON referral (id) WHERE state = 'waiting';
CREATE INDEX referral_purchase ON referral (purchase_operation_id)
    WHERE purchase_operation_id IS NOT NULL;

-- What members wrote: reviews a colleague approves, answers to the survey.
CREATE TABLE review (
    id {id},
    member_id BIGINT NOT NULL REFERENCES member (id),
    text_sealed TEXT NOT NULL,
    media_sealed TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'refused')),
    staff_id BIGINT REFERENCES staff (id),
    created_at {at} NOT NULL,
    closed_at {at}
);
CREATE INDEX review_waiting ON review (id) WHERE state = 'waiting';
CREATE INDEX review_member ON review (member_id, id);
CREATE TABLE survey_answer (
    id {id},
    member_id BIGINT NOT NULL REFERENCES member (id),
    rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    text_sealed TEXT,
    answered_at {at} NOT NULL
);
CREATE INDEX survey_answer_member ON survey_answer (member_id, id);
CREATE INDEX survey_answer_at ON survey_answer (answered_at);
-- When a member was last offered the survey under a receipt.
CREATE TABLE survey_offer (
    member_id BIGINT NOT NULL PRIMARY KEY REFERENCES member (id),
    offered_at {at} NOT NULL
);

-- Files being imported in pieces: how many lines are in, so that another run goes on from there.
CREATE TABLE import_progress (
    digest TEXT NOT NULL PRIMARY KEY,
    lines BIGINT NOT NULL,
    started_at {at} NOT NULL,
    ended_at {at}
);

-- Somebody who writes from a new number or account says that a member's card is theirs (S12): it
-- waits for an answer from where that member wrote before. Without a member it was nobody's card.
CREATE TABLE relocation (
    id {id},
    member_id BIGINT REFERENCES member (id),
    conversation_id BIGINT NOT NULL REFERENCES conversation (id),
    created_at {at} NOT NULL,
    ends_at {at} NOT NULL,
    closed_at {at}
);
CREATE INDEX relocation_conversation ON relocation (conversation_id, created_at);
CREATE INDEX relocation_member ON relocation (member_id, created_at)
    WHERE member_id IS NOT NULL;
