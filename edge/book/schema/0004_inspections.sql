-- Inspections. What was followed before is followed again, for assets now say since when they owe theirs.

DELETE FROM followed;
DELETE FROM shelf;
DELETE FROM texts;
DELETE FROM changes;
DELETE FROM assets;
DELETE FROM faults;
DELETE FROM rounds;
DELETE FROM tickets;
INSERT INTO ticket_index (ticket_index) VALUES ('delete-all');
DELETE FROM ticket_words;
UPDATE ticket_indexed SET id = 0;

CREATE TABLE inspections (
    number INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    there INTEGER NOT NULL,                -- 1: its import counts
    asset TEXT NOT NULL,
    of_check TEXT NOT NULL,
    day TEXT NOT NULL,                     -- on which it was done
    result TEXT NOT NULL,
    corrects INTEGER NOT NULL,             -- the one whose place it takes; 0: none
    corrected_by INTEGER NOT NULL,         -- the one that takes its place; 0: none
    version INTEGER NOT NULL,
    pack TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    fields TEXT NOT NULL,                  -- JSON, as the other two
    failed TEXT NOT NULL,
    expires TEXT NOT NULL
);
CREATE INDEX inspections_of ON inspections (there, asset, number);
CREATE INDEX inspections_by_batch ON inspections (batch) WHERE batch > 0;
