-- Which release of a plugin runs, as `VERSION DIGEST`, and on which terms, as JSON.
ALTER TABLE enabled_plugin ADD COLUMN release TEXT;
ALTER TABLE enabled_plugin ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';

-- What plugins keep beyond a request. Without an expiry it stays.
CREATE TABLE plugin_value (
    plugin  TEXT NOT NULL,
    tenant  TEXT NOT NULL,
    key     TEXT NOT NULL,
    value   BLOB NOT NULL,
    expires INTEGER,
    PRIMARY KEY (plugin, tenant, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX plugin_value_by_expiry ON plugin_value (expires);

-- What each process has counted of each plugin since it began, as JSON.
CREATE TABLE plugin_status (
    process TEXT    NOT NULL,
    plugin  TEXT    NOT NULL,
    release TEXT    NOT NULL,
    counts  TEXT    NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (process, plugin, release)
) STRICT, WITHOUT ROWID;

-- A release that runs for some of the keys that have the plugin.
CREATE TABLE rollout (
    plugin       TEXT    NOT NULL PRIMARY KEY,
    release      TEXT    NOT NULL,
    percent      INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
    max_failures INTEGER NOT NULL,
    failures     INTEGER NOT NULL DEFAULT 0,
    stopped      INTEGER
) STRICT, WITHOUT ROWID;

-- The highest version of each plugin that was ever switched on: a catalog that offers less is suspicious.
CREATE TABLE newest_release (
    plugin  TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL
) STRICT, WITHOUT ROWID;
