-- Since when the session has worked without having to be linked anew, NULL before; when its directory was read whole, NULL
-- before that was done once since it was linked; why the last reading failed, in plain words.
ALTER TABLE whatsapp_sessions ADD COLUMN linked_at BIGINT;
ALTER TABLE whatsapp_sessions ADD COLUMN directory_synced_at BIGINT;
ALTER TABLE whatsapp_sessions ADD COLUMN directory_error TEXT;
UPDATE whatsapp_sessions SET linked_at = status_since WHERE status = 'WORKING' AND engine_name IS NOT NULL;

-- The groups and people that a session's account knows, as the engine told them last.
CREATE TABLE directory_groups (
    session_id TEXT NOT NULL REFERENCES whatsapp_sessions (id) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    name       TEXT,
    PRIMARY KEY (session_id, id)
);
-- One row a person. A flag that the engine did not tell is NULL.
CREATE TABLE directory_contacts (
    session_id  TEXT NOT NULL REFERENCES whatsapp_sessions (id) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    name        TEXT,
    push_name   TEXT,
    number      TEXT,
    lid         TEXT,
    is_me       BOOLEAN,
    is_blocked  BOOLEAN,
    is_whatsapp BOOLEAN,
    PRIMARY KEY (session_id, id)
);
