-- Tickets: lists by what is done next, history, and what was said in words with its index of words.

CREATE TABLE tickets (
    number INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    there INTEGER NOT NULL,                -- 1: its import counts
    open INTEGER NOT NULL,                 -- 1: not closed
    rank INTEGER NOT NULL,                 -- 0 safety, 1 urgent, 2 normal, 3 not known
    state TEXT NOT NULL,
    category TEXT NOT NULL,
    zone TEXT NOT NULL,
    asset TEXT NOT NULL,
    assigned TEXT NOT NULL,
    key TEXT NOT NULL,                     -- CODE:SUBJECT of the flag that a rule opened it for
    before INTEGER NOT NULL,               -- the ticket that went before it; 0: none
    reporter TEXT NOT NULL,                -- the actor that opened it
    opened_us INTEGER NOT NULL,
    turned_us INTEGER NOT NULL,            -- since when its state is what it is
    changed_us INTEGER NOT NULL,
    escalated_us INTEGER NOT NULL,         -- the first step; 0: none
    minutes INTEGER NOT NULL               -- time spent
);
CREATE INDEX tickets_next ON tickets (there, open, rank, opened_us, number);
CREATE INDEX tickets_of ON tickets (there, assigned, open, rank, opened_us, number);
CREATE INDEX tickets_by_asset ON tickets (there, asset, open, rank, opened_us, number);
CREATE INDEX tickets_by_zone ON tickets (there, zone, open, rank, opened_us, number);
CREATE INDEX tickets_by_category ON tickets (there, category, open, rank, opened_us, number);
CREATE INDEX tickets_by_batch ON tickets (batch) WHERE batch > 0;

CREATE TABLE ticket_words (                -- what was said, by the event that said it: erased with it
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given again: the index of words counts on it
    number INTEGER NOT NULL,
    name TEXT NOT NULL,                    -- title, text, room, reporter: what it is now; note, why, part, photo: each
    value TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    field TEXT NOT NULL                    -- the sealed field that it stands in; '': words of ours
);
CREATE INDEX ticket_words_of ON ticket_words (number, name);
CREATE INDEX ticket_words_by_event ON ticket_words (epoch, seq);
CREATE INDEX ticket_photos ON ticket_words (value) WHERE name = 'photo';

CREATE VIRTUAL TABLE ticket_index USING fts5 (
    value, content = 'ticket_words', content_rowid = 'id', tokenize = "unicode61 remove_diacritics 2"
);

CREATE TABLE ticket_indexed (              -- how far the words are in their index: one row
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id INTEGER NOT NULL
);
INSERT INTO ticket_indexed VALUES (1, 0);
