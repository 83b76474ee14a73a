-- The journal's first tables. A schema file is never edited after a release.

CREATE TABLE epochs (
    number INTEGER PRIMARY KEY,            -- their order in this file
    epoch TEXT NOT NULL UNIQUE,            -- UUID
    first_place INTEGER NOT NULL,          -- events.place of its number 1: place = first_place + seq - 1
    machine TEXT                           -- a digest of the machine it was begun on; NULL: unknown
);

CREATE TABLE events (
    place INTEGER PRIMARY KEY,             -- order in this file, across epochs
    hash TEXT NOT NULL,                    -- hex SHA-256 of body
    body TEXT NOT NULL                     -- the hashed fields as RFC 8785 canonical JSON
);

CREATE TABLE sealed (                      -- opens the sealed fields; a row deleted is a field erased
    place INTEGER NOT NULL,
    field TEXT NOT NULL,
    salt BLOB NOT NULL,
    value TEXT NOT NULL,                   -- canonical JSON
    PRIMARY KEY (place, field)
) WITHOUT ROWID;

CREATE TABLE checkpoints (
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    at TEXT NOT NULL,
    key TEXT NOT NULL,                     -- keys.id
    signature BLOB NOT NULL,               -- Ed25519 over canonical JSON of {at, campus, epoch, hash, seq}
    PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;

CREATE TABLE keys (                        -- public keys that ever signed here
    id TEXT PRIMARY KEY,
    pem TEXT NOT NULL
);

CREATE TABLE segments (                    -- sealed ranges, each ending in a checkpoint
    epoch TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    dropped TEXT,                          -- when its events were dropped; NULL: they are here
    PRIMARY KEY (epoch, last)
) WITHOUT ROWID;
