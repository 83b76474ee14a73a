-- Which events tell of something silent (duress). The tables are made again, so that it knows those of before.

CREATE TABLE hidden (                      -- events that only `look-duress` may see
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;

DELETE FROM incidents;
DELETE FROM ledger;
DELETE FROM verdicts;
DELETE FROM presses;
DELETE FROM unanswered;
DELETE FROM zones;
DELETE FROM flags;
DELETE FROM telemetry_summaries;
DELETE FROM followed;
