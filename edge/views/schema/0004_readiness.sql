-- How ready the campus was, each time that it was stated.

CREATE TABLE readiness (
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    score INTEGER,                         -- 0 to 100
    lost INTEGER,                          -- points lost, also those below 0
    zones TEXT,                            -- JSON: [[zone, score], ...]
    causes TEXT,                           -- JSON: [[code, things, points], ...]
    weights TEXT,                          -- SHA-256 of the table of flags
    PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;
CREATE INDEX readiness_by_at ON readiness (at);
