-- The book's first tables: all derived from the journal's events, droppable, made again at any time.

CREATE TABLE followed (                    -- how far the journal has been followed: one row
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
);

CREATE TABLE shelf (                       -- what the rules know, as they know it (rules/book/book.py)
    shelf TEXT NOT NULL,
    key TEXT NOT NULL,                     -- JSON
    value BLOB NOT NULL,                   -- MessagePack
    PRIMARY KEY (shelf, key)
) WITHOUT ROWID;

CREATE TABLE texts (                       -- what was said in words, by the event that said it: erased with it
    owner TEXT NOT NULL,                   -- asset, ticket, inspection
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    field TEXT NOT NULL,                   -- the sealed field that it stands in
    PRIMARY KEY (owner, id, name)
) WITHOUT ROWID;
CREATE INDEX texts_by_event ON texts (epoch, seq);

CREATE TABLE assets (
    asset TEXT PRIMARY KEY,
    class TEXT,
    type TEXT,
    zone TEXT,
    state TEXT,
    batch INTEGER NOT NULL,
    written_at TEXT NOT NULL,
    fields TEXT NOT NULL                   -- JSON
) WITHOUT ROWID;
CREATE INDEX assets_by_type ON assets (type, asset);
CREATE INDEX assets_by_zone ON assets (zone, asset);

CREATE TABLE changes (                     -- who changed what, and when: the history of a thing
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,                    -- JSON
    PRIMARY KEY (owner, id, epoch, seq)
) WITHOUT ROWID;
