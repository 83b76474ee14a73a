-- The inventory's own lists. What was followed before is followed again, for it was told otherwise.

DELETE FROM followed;
DELETE FROM shelf;
DELETE FROM texts;
DELETE FROM changes;
DROP TABLE assets;

CREATE TABLE assets (                      -- what is known of each, as the rules know it: written from the shelf
    asset TEXT PRIMARY KEY,
    class TEXT,
    type TEXT,
    zone TEXT,
    state TEXT,
    issued TEXT,
    due TEXT,
    seen TEXT,
    missed TEXT,
    recommission TEXT,
    device TEXT,                           -- what the configuration calls it
    lacking TEXT NOT NULL,                 -- which of the five questions nobody answered, with commas
    needs INTEGER NOT NULL,                -- how many others it needs by what persons said
    fields TEXT NOT NULL                   -- JSON
) WITHOUT ROWID;
CREATE INDEX assets_by_type ON assets (type, asset);
CREATE INDEX assets_by_zone ON assets (zone, asset);
CREATE INDEX assets_by_state ON assets (state, asset);
CREATE INDEX texts_by_value ON texts (owner, name, value);
CREATE INDEX changes_by_time ON changes (owner, id, at);

CREATE TABLE faults (                      -- reports without a sign-in
    number INTEGER PRIMARY KEY,
    asset TEXT NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL                  -- waits, taken, dismissed
);
CREATE INDEX faults_by_outcome ON faults (outcome, number);

CREATE TABLE rounds (                      -- audits
    number INTEGER PRIMARY KEY,
    zone TEXT NOT NULL,
    type TEXT NOT NULL,
    began_at TEXT NOT NULL,
    ended_at TEXT,
    expected INTEGER NOT NULL,
    missing INTEGER
);
