CREATE TABLE users (
    id             TEXT    NOT NULL PRIMARY KEY,
    name           TEXT    NOT NULL,
    email          TEXT    NOT NULL UNIQUE,
    email_verified BOOLEAN NOT NULL DEFAULT FALSE,
    image          TEXT,
    role           TEXT    NOT NULL CHECK (role IN ('ADMIN', 'USER', 'GUEST')),
    created_at     BIGINT  NOT NULL,
    updated_at     BIGINT  NOT NULL
);

CREATE TABLE credentials (
    user_id       TEXT   NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    password_hash TEXT   NOT NULL,
    updated_at    BIGINT NOT NULL
);

-- A signed-in browser. The token is with the browser alone; here is its SHA-256.
CREATE TABLE sign_ins (
    id         TEXT    NOT NULL PRIMARY KEY,
    token_hash TEXT    NOT NULL UNIQUE,
    user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT  NOT NULL,
    renewed_at BIGINT  NOT NULL,
    remember   BOOLEAN NOT NULL,
    ip_address TEXT    NOT NULL,
    user_agent TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL
);
CREATE INDEX sign_ins_of_user ON sign_ins (user_id);
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);

-- A user's WhatsApp account. session_name is ours; engine_name is what the engine calls it, and
-- NULL while the engine has no such session.
CREATE TABLE whatsapp_sessions (
    id           TEXT   NOT NULL PRIMARY KEY,
    user_id      TEXT   NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    session_name TEXT   NOT NULL UNIQUE,
    engine_name  TEXT   UNIQUE,
    unlinking    BOOLEAN NOT NULL DEFAULT FALSE,
    phone_number TEXT   NOT NULL DEFAULT '',
    phone_source TEXT   NOT NULL DEFAULT '' CHECK (phone_source IN ('', 'engine', 'user')),
    status       TEXT   NOT NULL,
    status_since BIGINT NOT NULL,
    cause        TEXT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
