-- A chat that campaigns of a session go, or went, to: old clients know it as a group.
CREATE TABLE whatsapp_groups (
    id         TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id TEXT   NOT NULL REFERENCES whatsapp_sessions (id) ON DELETE CASCADE,
    group_id   TEXT   NOT NULL,
    group_name TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (session_id, group_id)
);
CREATE INDEX whatsapp_groups_of_user ON whatsapp_groups (user_id);

-- What a user asked for. start_day and end_day are civil dates, starts_at and ends_at the instants that clients see.
CREATE TABLE campaigns (
    id               TEXT    NOT NULL PRIMARY KEY,
    user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id       TEXT    NOT NULL REFERENCES whatsapp_sessions (id) ON DELETE CASCADE,
    group_row        TEXT    NOT NULL REFERENCES whatsapp_groups (id) ON DELETE CASCADE,
    title            TEXT,
    target_amount    TEXT,
    start_day        TEXT    NOT NULL,
    end_day          TEXT    NOT NULL,
    starts_at        BIGINT  NOT NULL,
    ends_at          BIGINT  NOT NULL,
    message_time     TEXT    NOT NULL,
    time_zone        TEXT    NOT NULL,
    message_template TEXT    NOT NULL,
    is_free_form     BOOLEAN NOT NULL,
    is_recurring     BOOLEAN NOT NULL,
    recurrence       TEXT    NOT NULL,
    sequence         BOOLEAN,
    audience_type    TEXT    NOT NULL CHECK (audience_type IN ('groups', 'individuals')),
    -- Made with a list of recipients: its text may have every variable.
    has_recipients   BOOLEAN NOT NULL,
    late_minutes     BIGINT  NOT NULL,
    status           TEXT    NOT NULL
                     CHECK (status IN ('DRAFT', 'SCHEDULED', 'IN_PROGRESS', 'PAUSED', 'COMPLETED', 'CANCELLED', 'FAILED')),
    -- Why it pauses, in plain words; NULL where its owner paused it.
    pause_reason     TEXT,
    -- Failures before this instant do not count for the breaker.
    resumed_at       BIGINT  NOT NULL,
    -- How many messages it has: what the books have to come to.
    planned          BIGINT  NOT NULL,
    -- The client's own name for the call that made it: the same call made again makes no second one.
    request_id       TEXT,
    deleted_at       BIGINT,
    created_at       BIGINT  NOT NULL,
    updated_at       BIGINT  NOT NULL
);
CREATE INDEX campaigns_of_user ON campaigns (user_id, created_at);
CREATE UNIQUE INDEX campaigns_by_request ON campaigns (user_id, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX campaigns_of_session ON campaigns (session_id, status);
CREATE INDEX campaigns_by_group ON campaigns (group_row);

CREATE TABLE campaign_recipients (
    campaign_id TEXT   NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    position    BIGINT NOT NULL,
    chat_id     TEXT   NOT NULL,
    name        TEXT,
    PRIMARY KEY (campaign_id, position)
);

-- One occurrence for one recipient. The rows are the queue.
CREATE TABLE messages (
    id            TEXT   NOT NULL PRIMARY KEY,
    campaign_id   TEXT   NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    user_id       TEXT   NOT NULL,
    session_id    TEXT   NOT NULL,
    chat_id       TEXT   NOT NULL,
    name          TEXT,
    audience      TEXT   NOT NULL CHECK (audience IN ('group', 'known', 'new')),
    -- The occurrence's civil date, by which an edit knows it again.
    day           TEXT   NOT NULL,
    -- Its place in the plan, which is the order among messages of one instant.
    position      BIGINT NOT NULL,
    -- The time that was promised; when the plan lets it leave, NULL for never; not to be claimed before.
    scheduled_at  BIGINT NOT NULL,
    leaves_at     BIGINT,
    due_at        BIGINT NOT NULL,
    content       TEXT   NOT NULL,
    status        TEXT   NOT NULL CHECK (status IN ('scheduled', 'sending', 'sent', 'failed', 'unknown', 'skipped', 'cancelled')),
    reason        TEXT,
    attempts      BIGINT NOT NULL DEFAULT 0,
    -- Chosen before it is sent, and the one that its receipts speak of.
    whatsapp_id   TEXT   NOT NULL,
    engine_id     TEXT,
    -- Who sends it, and until when they are believed to.
    claim         TEXT,
    claimed_until BIGINT,
    -- When it was last handed over: what pauses and caps count.
    left_at       BIGINT,
    sent_at       BIGINT,
    delivered_at  BIGINT,
    read_at       BIGINT,
    settled_at    BIGINT,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX messages_queue ON messages (campaign_id, audience, due_at, position) WHERE status = 'scheduled';
CREATE INDEX messages_of_campaign ON messages (campaign_id, scheduled_at, position);
CREATE INDEX messages_books ON messages (campaign_id, status);
CREATE INDEX messages_of_chat ON messages (session_id, chat_id);
CREATE INDEX messages_departed ON messages (session_id, left_at) WHERE left_at IS NOT NULL;
CREATE INDEX messages_claimed ON messages (session_id, claimed_until) WHERE status = 'sending';
CREATE INDEX messages_on_engine ON messages (session_id, engine_id) WHERE engine_id IS NOT NULL;
CREATE INDEX messages_settled ON messages (campaign_id, settled_at) WHERE settled_at IS NOT NULL;

-- When a session is to be looked at next, NULL while it has nothing to send; the random part of the pause after its
-- last message; until when WhatsApp lets it begin no new chats.
ALTER TABLE whatsapp_sessions ADD COLUMN next_send_at BIGINT;
ALTER TABLE whatsapp_sessions ADD COLUMN send_jitter DOUBLE PRECISION NOT NULL DEFAULT 0.5;
ALTER TABLE whatsapp_sessions ADD COLUMN new_chats_held_until BIGINT;
CREATE INDEX whatsapp_sessions_to_send ON whatsapp_sessions (next_send_at) WHERE next_send_at IS NOT NULL;
-- Receipts and incoming messages name people by LID.
CREATE INDEX directory_contacts_by_lid ON directory_contacts (session_id, lid) WHERE lid IS NOT NULL;

-- People whom a session's account has written to, or heard from.
CREATE TABLE known_chats (
    session_id TEXT   NOT NULL REFERENCES whatsapp_sessions (id) ON DELETE CASCADE,
    chat_id    TEXT   NOT NULL,
    since      BIGINT NOT NULL,
    PRIMARY KEY (session_id, chat_id)
);

-- People who asked a user for no more messages.
CREATE TABLE opt_outs (
    user_id  TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    chat_id  TEXT   NOT NULL,
    word     TEXT   NOT NULL,
    asked_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, chat_id)
);

-- Times in which nothing could leave: scope is server, user, session or campaign, scope_id its id, or '' for the
-- server; to_at is NULL while it lasts.
CREATE TABLE holds (
    scope    TEXT   NOT NULL CHECK (scope IN ('server', 'user', 'session', 'campaign')),
    scope_id TEXT   NOT NULL,
    from_at  BIGINT NOT NULL,
    to_at    BIGINT,
    PRIMARY KEY (scope, scope_id, from_at)
);
INSERT INTO holds (scope, scope_id, from_at) SELECT 'session', id, status_since FROM whatsapp_sessions WHERE status <> 'WORKING';
CREATE UNIQUE INDEX holds_open ON holds (scope, scope_id) WHERE to_at IS NULL;

-- Sending switched off by hand, by the same scopes.
CREATE TABLE kill_switches (
    scope    TEXT   NOT NULL CHECK (scope IN ('server', 'user', 'session')),
    scope_id TEXT   NOT NULL,
    reason   TEXT,
    -- Else by who has the account.
    by_admin BOOLEAN NOT NULL,
    since    BIGINT  NOT NULL,
    PRIMARY KEY (scope, scope_id)
);

-- Limits that differ from their defaults.
CREATE TABLE limits (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

-- When a scheduler was last seen at work: one row.
CREATE TABLE scheduler_alive (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    at  BIGINT  NOT NULL
);
