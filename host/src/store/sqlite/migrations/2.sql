-- On which terms a key is served, as JSON.
ALTER TABLE key ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';

-- What a model thought before it called a tool, for clients that only send the call's id back.
CREATE TABLE reasoning (
    key_id      TEXT    NOT NULL REFERENCES key (id) ON DELETE CASCADE,
    tool_use_id TEXT    NOT NULL,
    blocks      BLOB    NOT NULL,
    expires     INTEGER NOT NULL,
    PRIMARY KEY (key_id, tool_use_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX reasoning_by_expiry ON reasoning (expires);
