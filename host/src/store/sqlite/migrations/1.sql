-- Keys, what is noted about them, and which plugins run for them.
-- Times are milliseconds since 1970-01-01T00:00:00Z.

CREATE TABLE key (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    -- SHA-256 of the text of the secret. The secret itself is kept nowhere.
    secret_hash BLOB    NOT NULL CHECK (length(secret_hash) = 32),
    created     INTEGER NOT NULL,
    revoked     INTEGER
) STRICT;

CREATE TABLE label (
    key_id TEXT NOT NULL REFERENCES key (id) ON DELETE CASCADE,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (key_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE enabled_plugin (
    key_id TEXT    NOT NULL REFERENCES key (id) ON DELETE CASCADE,
    place  INTEGER NOT NULL,
    name   TEXT    NOT NULL,
    config TEXT    NOT NULL,
    PRIMARY KEY (key_id, place),
    UNIQUE (key_id, name)
) STRICT, WITHOUT ROWID;

-- One row: what the seeds of plugins are derived from.
CREATE TABLE seed_root (
    only  INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    bytes BLOB    NOT NULL CHECK (length(bytes) = 32)
) STRICT;
