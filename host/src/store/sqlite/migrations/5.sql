-- Keys that belong together.
CREATE TABLE team (
    name    TEXT    NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL,
    -- The plugins and the terms, as JSON.
    plugins TEXT    NOT NULL,
    policy  TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE key ADD COLUMN team TEXT REFERENCES team (name);
ALTER TABLE key ADD COLUMN expires INTEGER;
-- The secret before the last rotation, and until when it is good.
ALTER TABLE key ADD COLUMN former_hash BLOB;
ALTER TABLE key ADD COLUMN former_until INTEGER;
-- JSON arrays: plugins of the team that do not run for the key, and patterns of AWS principals.
ALTER TABLE key ADD COLUMN switched_off TEXT NOT NULL DEFAULT '[]';
ALTER TABLE key ADD COLUMN principals TEXT NOT NULL DEFAULT '[]';

CREATE INDEX key_by_team ON key (team);

CREATE TRIGGER team_inserted AFTER INSERT ON team
BEGIN UPDATE key_revision SET number = number + 1; END;
CREATE TRIGGER team_updated AFTER UPDATE ON team
BEGIN UPDATE key_revision SET number = number + 1; END;
CREATE TRIGGER team_deleted AFTER DELETE ON team
BEGIN UPDATE key_revision SET number = number + 1; END;

-- What was taken from a key (`key ID`) or a team (`team NAME`), as JSON.
CREATE TABLE meter (
    scope TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What was used: a row for each day, key, team and model. No team is the empty text.
CREATE TABLE usage (
    day                TEXT    NOT NULL,
    key                TEXT    NOT NULL,
    team               TEXT    NOT NULL,
    model              TEXT    NOT NULL,
    requests           INTEGER NOT NULL,
    errors             INTEGER NOT NULL,
    cache_hits         INTEGER NOT NULL,
    estimated          INTEGER NOT NULL,
    input_tokens       INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cost_nanodollars   INTEGER NOT NULL,
    PRIMARY KEY (day, key, team, model)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_by_key ON usage (key, day);

-- Answers that are kept for requests that are the same.
CREATE TABLE answer (
    scope   TEXT    NOT NULL,
    digest  BLOB    NOT NULL,
    body    BLOB    NOT NULL,
    stored  INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (scope, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX answer_by_expiry ON answer (expires);

CREATE TABLE session (
    id      TEXT    NOT NULL PRIMARY KEY,
    key     TEXT    NOT NULL,
    data    BLOB    NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_by_expiry ON session (expires);
