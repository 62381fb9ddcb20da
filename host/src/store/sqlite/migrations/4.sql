-- One row: goes up with every change of what keys are made of, and with nothing else. What servers count and
-- plugins keep is written often, and no server has to read its keys again for that.
CREATE TABLE key_revision (
    only   INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    number INTEGER NOT NULL
) STRICT;

INSERT INTO key_revision (only, number) VALUES (1, 0);

CREATE TRIGGER key_inserted AFTER INSERT ON key
BEGIN UPDATE key_revision SET number = number + 1; END;
CREATE TRIGGER key_updated AFTER UPDATE ON key
BEGIN UPDATE key_revision SET number = number + 1; END;
CREATE TRIGGER key_deleted AFTER DELETE ON key
BEGIN UPDATE key_revision SET number = number + 1; END;

CREATE TRIGGER label_inserted AFTER INSERT ON label
BEGIN UPDATE key_revision SET number = number + 1; END;
CREATE TRIGGER label_updated AFTER UPDATE ON label
BEGIN UPDATE key_revision SET number = number + 1; END;
CREATE TRIGGER label_deleted AFTER DELETE ON label
BEGIN UPDATE key_revision SET number = number + 1; END;

CREATE TRIGGER enabled_plugin_inserted AFTER INSERT ON enabled_plugin
BEGIN UPDATE key_revision SET number = number + 1; END;
CREATE TRIGGER enabled_plugin_updated AFTER UPDATE ON enabled_plugin
BEGIN UPDATE key_revision SET number = number + 1; END;
CREATE TRIGGER enabled_plugin_deleted AFTER DELETE ON enabled_plugin
BEGIN UPDATE key_revision SET number = number + 1; END;

CREATE TRIGGER rollout_inserted AFTER INSERT ON rollout
BEGIN UPDATE key_revision SET number = number + 1; END;
CREATE TRIGGER rollout_deleted AFTER DELETE ON rollout
BEGIN UPDATE key_revision SET number = number + 1; END;
-- A failure that is counted changes no key; the one that ends the rollout does.
CREATE TRIGGER rollout_updated AFTER UPDATE ON rollout
WHEN (OLD.plugin, OLD.release, OLD.percent, OLD.stopped) IS NOT (NEW.plugin, NEW.release, NEW.percent, NEW.stopped)
BEGIN UPDATE key_revision SET number = number + 1; END;
