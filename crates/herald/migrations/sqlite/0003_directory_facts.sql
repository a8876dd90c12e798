-- More of what engines tell. A fact that the engine did not tell is NULL.
ALTER TABLE directory_groups ADD COLUMN members BIGINT;
ALTER TABLE directory_groups ADD COLUMN admins_only BOOLEAN;
ALTER TABLE directory_groups ADD COLUMN is_admin BOOLEAN;
ALTER TABLE directory_groups ADD COLUMN is_member BOOLEAN;
ALTER TABLE directory_contacts ADD COLUMN is_saved BOOLEAN;

-- How much the directory offers, so that nobody has to load it to say so.
ALTER TABLE whatsapp_sessions ADD COLUMN group_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE whatsapp_sessions ADD COLUMN contact_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE whatsapp_sessions ADD COLUMN without_number_count BIGINT NOT NULL DEFAULT 0;

-- What was read before knows none of this: it is read anew.
UPDATE whatsapp_sessions SET directory_synced_at = NULL, directory_error = NULL;
