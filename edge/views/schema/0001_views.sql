-- The views' first tables: all but `telemetry` are derived from the journal's events alone.

CREATE TABLE followed (                    -- how far the journal has been followed: one row
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
);

CREATE TABLE incidents (
    incident TEXT PRIMARY KEY,
    kind TEXT,
    response TEXT,                         -- the highest it rose to
    zone TEXT,
    silent INTEGER,
    opened_at TEXT NOT NULL,
    raised_at TEXT,
    closed_at TEXT,
    epoch TEXT NOT NULL,                   -- of its first event
    seq INTEGER NOT NULL
);

CREATE TABLE ledger (                      -- what became of each door in each incident
    incident TEXT NOT NULL,
    door TEXT NOT NULL,
    ordered TEXT,                          -- lock, rest, free
    ordered_at TEXT,
    held TEXT,                             -- why the interlock held it back
    asserted INTEGER NOT NULL DEFAULT 0,   -- how often the order was written once more
    verdict TEXT,
    verdict_at TEXT,
    secured_at TEXT,                       -- when it was first seen secured
    PRIMARY KEY (incident, door)
) WITHOUT ROWID;

CREATE TABLE verdicts (                    -- every change of verdict that entered the journal
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    incident TEXT,
    door TEXT NOT NULL,
    verdict TEXT NOT NULL,
    by TEXT,
    code TEXT,
    PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;
CREATE INDEX verdicts_by_door ON verdicts (door, at);

CREATE TABLE presses (
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    button TEXT,
    press TEXT,
    gesture TEXT,
    standing TEXT,
    response TEXT,
    zone TEXT,
    kind TEXT,
    incident TEXT,
    PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;

CREATE TABLE unanswered (                  -- presses that wait, or waited, for a person
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    number INTEGER,
    button TEXT,
    press TEXT,
    response TEXT,
    zone TEXT,
    why TEXT,
    answered_at TEXT,
    started INTEGER,
    PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;

CREATE TABLE zones (
    zone TEXT PRIMARY KEY,
    number INTEGER,
    response TEXT,
    kind TEXT,
    incident TEXT,
    epoch TEXT NOT NULL,
    at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE flags (
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    code TEXT,
    subject TEXT,
    raised_at TEXT NOT NULL,
    cleared_at TEXT,
    PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;
CREATE INDEX flags_standing ON flags (code, subject) WHERE cleared_at IS NULL;

CREATE TABLE telemetry_summaries (
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL,                    -- JSON
    PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;

CREATE TABLE telemetry (                   -- bounded, not derived: lost with the file
    id INTEGER PRIMARY KEY,
    at_us INTEGER NOT NULL,
    subject TEXT NOT NULL,
    readings TEXT NOT NULL                 -- JSON
);
