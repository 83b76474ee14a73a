"""From an event to rows: what each kind changes in the views. Depends on the event alone, so that it can be
repeated.

A kind that is not listed is skipped. A field that is missing or of another type reads as nothing: whatever a
past or future version wrote, following never stops.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from edge.journal.canonical import JSON
from edge.journal.stored import Stored
from edge.views.hidden import SILENT, tells_of_silence

DERIVED: Final = (
    "incidents",
    "incident_zones",
    "ledger",
    "verdicts",
    "presses",
    "unanswered",
    "zones",
    "flags",
    "telemetry_summaries",
    "hidden",
    "incident_cameras",
    "blind_spots",
    "evidence",
    "readiness",
)
"""The tables that the journal alone gives."""
_SECURED: Final = frozenset({"secured", "secured_partial"})

_OVER: Final = {
    "incidents": " AND closed_at IS NOT NULL",
    "verdicts": "",
    "presses": "",
    "unanswered": " AND answered_at IS NOT NULL",
    "flags": " AND cleared_at IS NOT NULL",
    "telemetry_summaries": "",
    "readiness": "",
    "hidden": "",
}
"""The tables by event, and what more has to hold of a row before it is let go."""

_OF_INCIDENTS: Final = ("incident_zones", "ledger", "incident_cameras", "blind_spots", "evidence")
"""What goes with its incident."""

Cell = str | int | None


def apply_all(connection: sqlite3.Connection, events: Iterable[Stored]) -> None:
    """Change the tables as these events say, in their order. Raises sqlite3.Error; the caller holds the transaction.

    Of a million events most are verdicts of doors in quiet times: nothing reads them meanwhile, so they go in together.
    """
    verdicts: list[tuple[Cell, ...]] = []
    for event in events:
        if event.kind == "door.verdict/1" and event.incident is None:
            verdicts.append(_verdict_row(event))
            continue
        if event.kind == "segment.dropped/1":
            _insert_verdicts(connection, verdicts)
            verdicts = []
        apply(connection, event)
    _insert_verdicts(connection, verdicts)


def apply(connection: sqlite3.Connection, event: Stored) -> None:
    """As `apply_all`, of one."""
    match event.kind:
        case "press.heard/1":
            _insert(
                connection,
                "presses",
                event,
                "button press gesture standing response zone kind",
                incident=True,
            )
        case "press.unanswered/1":
            _insert(connection, "unanswered", event, "number button press response zone why")
        case "press.answered/1":
            connection.execute(
                "UPDATE unanswered SET answered_at = ?, started = ? WHERE number IS ? AND answered_at IS NULL",
                (event.at, _cell(event.data, "started"), _cell(event.data, "number")),
            )
        case "incident.opened/1" | "incident.raised/1" | "response.changed/1" | "incident.closed/1":
            _incident(connection, event)
        case "exercise.played/1" | "incident.joined/1":
            _in_zone(connection, event)
        case "zone.response/1":
            _zone(connection, event)
        case "doors.ordered/1":
            _ordered(connection, event)
        case "doors.asserted/1":
            for door in _words(event.data.get("doors")):
                connection.execute(
                    "UPDATE ledger SET asserted = asserted + 1 WHERE incident IS ? AND door = ?",
                    (event.incident, door),
                )
        case "door.verdict/1":
            _verdict(connection, event)
        case "flag.raised/1":
            connection.execute(
                "INSERT INTO flags VALUES (?, ?, ?, ?, ?, NULL)",
                (event.epoch, event.seq, *_flag(event), event.at),
            )
        case "flag.cleared/1":
            connection.execute(
                "UPDATE flags SET cleared_at = ? WHERE code IS ? AND subject IS ? AND cleared_at IS NULL",
                (event.at, *_flag(event)),
            )
        case "readiness.stated/1":
            _readiness(connection, event)
        case "cameras.asked/1":
            _cameras(connection, event)
        case "cameras.found_blind/1":
            _blind(connection, event, _cell(event.data, "since_us"))
        case "evidence.begun/1" | "evidence.ended/1" | "evidence.deleted/1":
            _evidence(connection, event)
        case "segment.dropped/1":
            _let_go(connection, event)
        case "telemetry.summary/1":
            connection.execute(
                "INSERT INTO telemetry_summaries VALUES (?, ?, ?, ?, ?)",
                (event.epoch, event.seq, event.at, event.subject, _text(event.data)),
            )
    if tells_of_silence(
        event, lambda one: _is_silent(connection, one), lambda one: _asked_silently(connection, one)
    ):
        connection.execute("INSERT OR IGNORE INTO hidden VALUES (?, ?)", event.position)


def _let_go(connection: sqlite3.Connection, event: Stored) -> None:
    """What retention let go goes here too; not what still stands, such as a flag that was raised there."""
    dropped = (_cell(event.data, "epoch"), _cell(event.data, "last"))
    for table, over in _OVER.items():
        connection.execute(f"DELETE FROM {table} WHERE epoch IS ? AND seq <= ?{over}", dropped)  # noqa: S608  # our words
    for table in _OF_INCIDENTS:
        connection.execute(f"DELETE FROM {table} WHERE incident NOT IN (SELECT incident FROM incidents)")  # noqa: S608  # our words


def _insert(
    connection: sqlite3.Connection, table: str, event: Stored, names: str, *, incident: bool = False
) -> None:
    columns = ["epoch", "seq", "at", *names.split(), *(["incident"] if incident else [])]
    cells: list[Cell] = [
        event.epoch,
        event.seq,
        event.at,
        *(_cell(event.data, name) for name in names.split()),
    ]
    if incident:
        cells.append(event.incident)
    marks = ", ".join("?" * len(columns))
    connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", cells)  # noqa: S608  # our words


def _readiness(connection: sqlite3.Connection, event: Stored) -> None:
    data = event.data
    connection.execute(
        "INSERT OR IGNORE INTO readiness VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(event.epoch, event.seq, event.at),
            *(_cell(data, "score"), _cell(data, "lost")),
            *(_text(data.get("zones")), _text(data.get("causes"))),
            _cell(data, "weights"),
        ),
    )


def _in_zone(connection: sqlite3.Connection, event: Stored) -> None:
    """The zone that an event names is one of its incident's from now on; of one that nobody knows, nothing is kept."""
    connection.execute(
        "INSERT OR IGNORE INTO incident_zones SELECT incident, ?, ?, ? FROM incidents "
        "WHERE incident IS ? AND ? IS NOT NULL",
        (
            zone := _cell(event.data, "zone"),
            event.at,
            event.seq,
            _cell(event.data, "id") or event.incident,
            zone,
        ),
    )


def _incident(connection: sqlite3.Connection, event: Stored) -> None:
    data = event.data
    name = _cell(data, "id") or event.incident
    if event.kind == "incident.opened/1":
        connection.execute(
            "INSERT OR IGNORE INTO incidents VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?)",
            (
                name or f"{event.epoch}:{event.seq}",
                *(_cell(data, each) for each in ("kind", "response", "zone", "silent")),
                event.at,
                event.epoch,
                event.seq,
            ),
        )
    elif event.kind == "incident.raised/1":
        connection.execute(
            "UPDATE incidents SET response = ?, zone = ?, raised_at = ? WHERE incident IS ?",
            (_cell(data, "response"), _cell(data, "zone"), event.at, name),
        )
    elif event.kind == "response.changed/1":
        connection.execute(
            "UPDATE incidents SET response = ?, zone = ? WHERE incident IS ?",
            (_cell(data, "stands"), _cell(data, "stands_in"), name),
        )
    else:
        connection.execute("UPDATE incidents SET closed_at = ? WHERE incident IS ?", (event.at, name))
        return
    _in_zone(connection, event)


def _zone(connection: sqlite3.Connection, event: Stored) -> None:
    data = event.data
    connection.execute(
        "INSERT OR REPLACE INTO zones VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            _cell(data, "zone") or event.subject,
            *(_cell(data, each) for each in ("number", "response", "kind")),
            _cell(data, "incident") or event.incident,
            event.epoch,
            event.at,
        ),
    )
    if _cell(data, "response") is not None:
        _in_zone(connection, event)


def _ordered(connection: sqlite3.Connection, event: Stored) -> None:
    if event.incident is None:
        return
    order = _cell(event.data, "order")
    held = event.data.get("held")
    pairs = [each for each in held if isinstance(each, list)] if isinstance(held, list) else []
    reasons = {str(each[0]): str(each[1]) for each in pairs if len(each) == 2}
    for door in dict.fromkeys([*_words(event.data.get("doors")), *reasons]):
        connection.execute(
            "INSERT INTO ledger (incident, door, ordered, ordered_at, held) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (incident, door) DO UPDATE SET ordered = excluded.ordered, "
            "ordered_at = excluded.ordered_at, held = excluded.held",
            (event.incident, door, order, event.at, reasons.get(door)),
        )


def _verdict(connection: sqlite3.Connection, event: Stored) -> None:
    row = _verdict_row(event)
    _insert_verdicts(connection, [row])
    if event.incident is not None:
        door, verdict = row[4], _cell(event.data, "verdict")
        secured_at = event.at if verdict in _SECURED else None
        connection.execute(
            "INSERT INTO ledger (incident, door, verdict, verdict_at, secured_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (incident, door) DO UPDATE SET verdict = excluded.verdict, "
            "verdict_at = excluded.verdict_at, secured_at = coalesce(secured_at, excluded.secured_at)",
            (event.incident, door, verdict, event.at, secured_at),
        )


def _verdict_row(event: Stored) -> tuple[Cell, ...]:
    data = event.data
    door, verdict = _cell(data, "door") or event.subject, str(_cell(data, "verdict"))
    return (
        event.epoch, event.seq, event.at, event.incident, door, verdict, _cell(data, "by"), _cell(data, "code"),
    )  # fmt: skip


def _insert_verdicts(connection: sqlite3.Connection, rows: Sequence[tuple[Cell, ...]]) -> None:
    if rows:
        connection.executemany("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _cameras(connection: sqlite3.Connection, event: Stored) -> None:
    """Which cameras an incident keeps; its blind spots as its first event of this kind has them."""
    if event.incident is None:
        return
    asked_before = connection.execute(
        "SELECT 1 FROM incident_cameras WHERE incident = ? UNION ALL SELECT 1 FROM blind_spots WHERE incident = ?",
        (event.incident, event.incident),
    ).fetchone()
    for camera in _words(event.data.get("cameras")):
        connection.execute("INSERT OR IGNORE INTO incident_cameras VALUES (?, ?)", (event.incident, camera))
    if asked_before is None:
        _blind(connection, event, None)


def _blind(connection: sqlite3.Connection, event: Stored, since_us: Cell) -> None:
    """Blind spots of an incident's press. since_us: of what became known behind it."""
    blind = event.data.get("blind")
    if event.incident is None or not isinstance(blind, list):
        return
    for pair in blind:
        if isinstance(pair, list) and len(pair) == 2:
            row = (event.incident, str(pair[0]), str(pair[1]), since_us)
            connection.execute("INSERT OR IGNORE INTO blind_spots VALUES (?, ?, ?, ?)", row)


_SEAL: Final = (
    "end", "code", "sha256", "size", "first_us", "last_us", "error_us", "pictures", "missing", "dropped",
)  # fmt: skip


def _evidence(connection: sqlite3.Connection, event: Stored) -> None:
    name, camera = _cell(event.data, "name"), _cell(event.data, "camera")
    if event.kind == "evidence.deleted/1":
        connection.execute(
            "UPDATE evidence SET deleted_at = ?, deleted_for = ? WHERE name IS ?",
            (event.at, _cell(event.data, "code"), name),
        )
        return
    if not isinstance(name, str):
        return
    # A failed one is told under the name that its file would have had; begun again, it is written. What was sealed under
    # that name by an earlier life of the camera process stands: its file is there.
    if event.kind == "evidence.begun/1":
        connection.execute("DELETE FROM evidence WHERE name = ? AND ending = 'failed'", (name,))
    else:
        # It may be told as the part that it was, or with a number behind a name that another has: see `edge.media.sealing`.
        stem, dot, suffix = name.removesuffix(".part").rpartition(".")
        begun_as = stem.partition("~")[0] + dot + suffix
        connection.execute(
            "DELETE FROM evidence WHERE name = ? AND ended_at IS NULL AND ? != ?", (begun_as, name, begun_as)
        )
    connection.execute(
        "INSERT OR IGNORE INTO evidence (name, incident, camera, begun_at) VALUES (?, ?, ?, ?)",
        (name, event.incident, camera, event.at if event.kind == "evidence.begun/1" else None),
    )
    if event.kind == "evidence.begun/1":
        return
    marks = ", ".join(f"{'ending' if column == 'end' else column} = ?" for column in _SEAL)
    cells = [_cell(event.data, column) for column in _SEAL]
    connection.execute(
        f"UPDATE evidence SET ended_at = ?, {marks} WHERE name = ? AND "  # noqa: S608  # our words
        "(? IS NOT 'failed' OR ending IS NULL OR ending = 'failed')",
        (event.at, *cells, name, _cell(event.data, "end")),
    )


def _is_silent(connection: sqlite3.Connection, incident: str) -> bool:
    found = connection.execute("SELECT silent FROM incidents WHERE incident = ?", (incident,)).fetchone()
    return found is not None and found[0] == 1


def _asked_silently(connection: sqlite3.Connection, number: int) -> bool:
    asked = connection.execute("SELECT response FROM unanswered WHERE number = ?", (number,))
    return any(response in SILENT for (response,) in asked)


def _flag(event: Stored) -> tuple[Cell, Cell]:
    return _cell(event.data, "code"), _cell(event.data, "subject") or event.subject


def _cell(data: dict[str, JSON], name: str) -> Cell:
    value = data.get(name)
    return value if isinstance(value, str | int) else None


def _words(value: JSON) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _text(value: JSON) -> str:
    return msgspec.json.encode(value, order="sorted").decode("utf-8")
