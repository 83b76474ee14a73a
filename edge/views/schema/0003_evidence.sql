-- What incidents kept of cameras: which ones, where nobody could see at the press, and the files of pictures.

CREATE TABLE incident_cameras (            -- cameras whose pictures an incident keeps
    incident TEXT NOT NULL,
    camera TEXT NOT NULL,
    PRIMARY KEY (incident, camera)
) WITHOUT ROWID;

CREATE TABLE blind_spots (                 -- cameras that nobody could rely on at its press
    incident TEXT NOT NULL,
    camera TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (incident, camera)
) WITHOUT ROWID;

CREATE TABLE evidence (                    -- files of pictures
    name TEXT PRIMARY KEY,                 -- below the store's evidence directory
    incident TEXT,
    camera TEXT,
    begun_at TEXT,
    ended_at TEXT,                         -- NULL: it is being written
    ending TEXT,                           -- sealed, recovered, failed
    code TEXT,                             -- why it failed
    sha256 TEXT,
    size INTEGER,
    first_us INTEGER,                      -- UTC microseconds of its first and last picture
    last_us INTEGER,
    error_us INTEGER,
    pictures INTEGER,
    missing INTEGER,
    dropped INTEGER,
    deleted_at TEXT,
    deleted_for TEXT
) WITHOUT ROWID;
CREATE INDEX evidence_by_incident ON evidence (incident);
