-- Every zone that an incident was in. The tables are made again, so that those of before have theirs.

CREATE TABLE incident_zones (
    incident TEXT NOT NULL,
    zone TEXT NOT NULL,
    at TEXT NOT NULL,                      -- when it came to it
    seq INTEGER NOT NULL,
    PRIMARY KEY (incident, zone)
) WITHOUT ROWID;

CREATE VIEW listed AS                      -- incidents, each with all its zones as JSON
SELECT *, (
    SELECT json_group_array(zone) FROM (
        SELECT zone FROM incident_zones AS its WHERE its.incident = incidents.incident ORDER BY at, seq
    )
) AS zones
FROM incidents;

DELETE FROM incidents;
DELETE FROM ledger;
DELETE FROM verdicts;
DELETE FROM presses;
DELETE FROM unanswered;
DELETE FROM zones;
DELETE FROM flags;
DELETE FROM telemetry_summaries;
DELETE FROM hidden;
DELETE FROM incident_cameras;
DELETE FROM blind_spots;
DELETE FROM evidence;
DELETE FROM readiness;
DELETE FROM followed;
