-- Tickets that the district edits too. What was followed before is followed again: which incidents are live is known from now on.

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
DELETE FROM inspections;

ALTER TABLE tickets ADD COLUMN conflict INTEGER NOT NULL DEFAULT 0;  -- 1: closed on one side while the other edited it

CREATE TABLE epochs (                      -- of the journal, in their order
    place INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL UNIQUE
);
