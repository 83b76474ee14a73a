-- What the district keeps of its campuses. Every table begins with the campus, and every key too: Citus can distribute all of
-- them by it. No table may be read or written by a campus's transaction but in its own rows (the policies at the end).

CREATE TABLE campus (
    campus text PRIMARY KEY CHECK (campus ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text NOT NULL,
    enrolled timestamptz NOT NULL DEFAULT now(),
    -- Public half of the key that its checkpoints are signed with; empty until its first one, or as it was enrolled.
    key_pem text NOT NULL DEFAULT '',
    -- Why nothing more is taken of its journal until a person has looked: fork, cloned; empty: it is taken.
    halted text NOT NULL DEFAULT '' CHECK (halted IN ('', 'fork', 'cloned')),
    -- A person has said that the next epoch begins anew: it is not held against what the hub has.
    anew boolean NOT NULL DEFAULT false
);

CREATE TABLE token (
    campus text NOT NULL REFERENCES campus ON DELETE CASCADE,
    serial text NOT NULL,
    issued timestamptz NOT NULL DEFAULT now(),
    until timestamptz NOT NULL,
    -- The one that was shown when this one was asked for; it ends when this one is first used.
    replaces text,
    used timestamptz,
    revoked timestamptz,
    PRIMARY KEY (campus, serial)
);
CREATE INDEX token_revoked ON token (revoked) WHERE revoked IS NOT NULL;

CREATE TABLE certificate (
    campus text NOT NULL REFERENCES campus ON DELETE CASCADE,
    -- SHA-256 of the client certificate's SubjectPublicKeyInfo.
    spki bytea NOT NULL CHECK (length(spki) = 32),
    enrolled timestamptz NOT NULL DEFAULT now(),
    revoked timestamptz,
    PRIMARY KEY (campus, spki)
);

CREATE TABLE heard (
    campus text PRIMARY KEY REFERENCES campus ON DELETE CASCADE,
    at timestamptz NOT NULL
);

CREATE TABLE epoch (
    campus text NOT NULL REFERENCES campus ON DELETE CASCADE,
    epoch uuid NOT NULL,
    -- In the order in which the hub came to know them, from 1; the highest is the one that goes on.
    number integer NOT NULL,
    -- The number of the first event that is held or will be: 1, or behind the signed checkpoint that the campus began with.
    first bigint NOT NULL CHECK (first >= 1),
    -- The last contiguous event that is held, and its hash.
    seq bigint NOT NULL CHECK (seq >= 0),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    old_epoch uuid,
    old_seq bigint,
    old_hash bytea,
    began timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (campus, epoch),
    UNIQUE (campus, number)
);

-- No foreign key to epoch: its row is locked while events are added, and a look at it for each of a million events is not free.
CREATE TABLE event (
    campus text NOT NULL,
    epoch uuid NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    kind text NOT NULL,
    -- None where the event's own time is none that this calendar has; its body says it as it came.
    at timestamptz,
    subject text NOT NULL,
    incident text,
    -- Exactly the bytes that were hashed, UTF-8.
    body text NOT NULL,
    arrived timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (campus, epoch, seq)
) PARTITION BY HASH (campus);
CREATE INDEX event_at ON event (campus, at);
CREATE INDEX event_incident ON event (campus, incident) WHERE incident IS NOT NULL;
CREATE INDEX event_kind ON event (campus, kind);
DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE event_%s PARTITION OF event FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
            lpad(part::text, 2, '0'), part
        );
    END LOOP;
END
$$;

CREATE TABLE sealed (
    campus text NOT NULL,
    epoch uuid NOT NULL,
    seq bigint NOT NULL,
    field text NOT NULL,
    salt bytea NOT NULL,
    -- Canonical JSON.
    value text NOT NULL,
    PRIMARY KEY (campus, epoch, seq, field)
);

-- Events of live incidents, ahead of the main lane; each goes when that has passed it.
CREATE TABLE provisional (
    campus text NOT NULL,
    epoch uuid NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    prev bytea NOT NULL,
    kind text NOT NULL,
    at timestamptz,
    subject text NOT NULL,
    incident text,
    body text NOT NULL,
    -- {field: [salt as hex, value]}
    opened json NOT NULL,
    arrived timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (campus, epoch, seq)
);

CREATE TABLE checkpoint (
    campus text NOT NULL,
    epoch uuid NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    -- As it was signed.
    at text NOT NULL,
    key text NOT NULL,
    pem text NOT NULL,
    signature bytea NOT NULL,
    -- The hub's own, over all of that: made once the chain up to there is held.
    hub_key text NOT NULL,
    hub_signature bytea NOT NULL,
    taken timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (campus, epoch, seq, signature)
);

CREATE TABLE directive (
    campus text NOT NULL REFERENCES campus ON DELETE CASCADE,
    number bigint NOT NULL CHECK (number >= 1),
    kind text NOT NULL,
    issued timestamptz NOT NULL DEFAULT now(),
    expires timestamptz,
    body text NOT NULL,
    key text NOT NULL,
    signature bytea NOT NULL,
    PRIMARY KEY (campus, number)
);

CREATE TABLE alarm (
    campus text NOT NULL REFERENCES campus ON DELETE CASCADE,
    number bigint GENERATED ALWAYS AS IDENTITY,
    what text NOT NULL CHECK (what IN ('fork', 'cloned', 'restored', 'gap', 'checkpoint')),
    epoch uuid NOT NULL,
    seq bigint NOT NULL,
    -- What was held and what came, in hashes and numbers; with a fork the event itself.
    evidence json NOT NULL,
    raised timestamptz NOT NULL DEFAULT now(),
    last timestamptz NOT NULL DEFAULT now(),
    times integer NOT NULL DEFAULT 1,
    cleared timestamptz,
    cleared_by text,
    cleared_reason text,
    PRIMARY KEY (campus, number)
);
CREATE UNIQUE INDEX alarm_open ON alarm (campus, what, epoch, seq) WHERE cleared IS NULL;

-- The key that the hub's processes sign with: one for all of them, wherever they run. Its private half is in none of this.
CREATE TABLE hub_key (
    key text PRIMARY KEY,
    pem text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);

DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY[
        'campus', 'token', 'certificate', 'heard', 'epoch', 'event', 'sealed', 'provisional', 'checkpoint', 'directive', 'alarm'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', one);
        EXECUTE format(
            'CREATE POLICY of_the_campus ON %I TO campus_edge_campus '
            'USING (campus = current_setting(''campus_edge.campus'', true)) '
            'WITH CHECK (campus = current_setting(''campus_edge.campus'', true))', one
        );
        EXECUTE format('CREATE POLICY of_the_district ON %I TO campus_edge_district USING (true) WITH CHECK (true)', one);
        EXECUTE format('GRANT SELECT ON %I TO campus_edge_campus, campus_edge_district', one);
    END LOOP;
    -- Nobody has a right to a partition by its own name; with no policy there either, an error there would still show nothing.
    FOR part IN 0..15 LOOP
        EXECUTE format('ALTER TABLE event_%s ENABLE ROW LEVEL SECURITY', lpad(part::text, 2, '0'));
        EXECUTE format('ALTER TABLE event_%s FORCE ROW LEVEL SECURITY', lpad(part::text, 2, '0'));
    END LOOP;
END
$$;
ALTER TABLE hub_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE hub_key FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_district ON hub_key TO campus_edge_district USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON hub_key TO campus_edge_district;

-- An event is added and never changed: there is no right to.
GRANT INSERT ON event TO campus_edge_campus;
GRANT UPDATE (key_pem, halted, anew) ON campus TO campus_edge_campus;
GRANT INSERT, UPDATE, DELETE ON epoch TO campus_edge_campus;
GRANT INSERT, DELETE ON sealed, provisional TO campus_edge_campus;
GRANT INSERT ON checkpoint TO campus_edge_campus;
GRANT INSERT, UPDATE ON alarm TO campus_edge_campus;
GRANT INSERT, UPDATE (used, revoked) ON token TO campus_edge_campus;

GRANT INSERT, UPDATE ON campus, token, certificate, heard, alarm TO campus_edge_district;
GRANT INSERT ON directive TO campus_edge_district;
