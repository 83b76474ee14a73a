"""From an event to rows of the lists of tickets, their words and the index of words. Depends on the event alone."""

import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from edge.book.rows import change, pairs, say_one
from edge.book.rows import number as number_of
from edge.flag_words import FLAGS
from edge.journal.canonical import JSON
from edge.journal.stored import Stored
from edge.words import flag
from rules.book.ticket import Ticket
from rules.book.ticket_fields import WEIGHTS

DERIVED: Final = ("tickets", "ticket_words")
NOW: Final = frozenset({"title", "text", "room", "reporter"})
"""Words of which the newest are what it is; the others are each said once."""
BEATEN: Final = "beaten-"
"""Before the name of words that a merge of both sides' edits put behind others: kept, and shown with their event."""
_COLUMNS: Final = ("category", "zone", "asset", "assigned")
_UNINDEXED: Final = "INSERT INTO ticket_index (ticket_index, rowid, value) VALUES ('delete', ?, ?)"
_NO_WORDS: Final = frozenset({"photo"})


def apply_ticket(connection: sqlite3.Connection, event: Stored) -> None:
    """Change the tables as this event says. Raises sqlite3.Error; the caller holds the transaction."""
    match event.kind:
        case "ticket.opened/1":
            _opened(connection, event)
        case "ticket.changed/1":
            _changed(connection, event, dict(_texts(event.data.get("fields"))))
            _say_all(connection, event)
        case "ticket.noted/1":
            spent = number_of(event.data, "minutes")
            connection.execute(
                "UPDATE tickets SET minutes = minutes + ?, changed_us = ? WHERE number = ?",
                (spent, event.at_us, _ticket(event)),
            )
            _say_all(connection, event)
        case "ticket.merged/1":
            _merged(connection, event)
        case "ticket.escalated/1":
            said = {name: event.data.get(name) for name in ("weight", "assigned")}
            _changed(connection, event, {name: str(value) for name, value in said.items() if value})
            connection.execute(
                "UPDATE tickets SET escalated_us = ? WHERE number = ? AND escalated_us = 0",
                (event.at_us, _ticket(event)),
            )
        case "ticket.batch/1":
            _turn(connection, number_of(event.data, "batch"), event.data.get("state"))
        case "upkeep.begun/1":
            reason = event.opened.get("reason")
            say_one(connection, event, "upkeep", str(number_of(event.data, "upkeep")), "reason", reason)
        case "sealed.erased/1":
            where = (event.data.get("epoch"), event.data.get("seq"), event.data.get("field"))
            _forget(connection, "epoch IS ? AND seq IS ? AND field IS ?", *where)
        case _:
            return
    if event.kind.startswith("ticket.") and event.kind != "ticket.batch/1":
        change(connection, event, "ticket", str(_ticket(event)))


def _opened(connection: sqlite3.Connection, event: Stored) -> None:
    number, key = _ticket(event), str(event.data.get("key", ""))
    fields = dict(_texts(event.data.get("fields")))
    state = fields.get("state", "open")
    at_us = number_of(event.data, "opened_us") or event.at_us
    batch = number_of(event.data, "batch")
    row = (
        number, batch, int(batch == 0), int(state != "closed"), _rank(fields.get("weight", "")), state,
        *(fields.get(name, "") for name in _COLUMNS), key, int(fields.get("before", "0") or 0), event.actor,
        at_us, at_us if state == "open" else event.at_us, event.at_us, 0, 0, 0,
    )  # fmt: skip
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT OR REPLACE INTO tickets VALUES ({marks})", row)  # noqa: S608  # marks alone
    code, _, subject = key.partition(":")
    texts = dict(pairs(event.opened.get("texts")))
    if code in FLAGS and "title" not in texts:
        # Words of ours, put down so that they are found.
        _say(connection, event, number, "title", flag(code, subject, ())[0], "")
    _say_all(connection, event)


def _changed(connection: sqlite3.Connection, event: Stored, fields: dict[str, str]) -> None:
    number = _ticket(event)
    columns: dict[str, Any] = {name: fields[name] for name in _COLUMNS if name in fields}
    if "weight" in fields:
        columns["rank"] = _rank(fields["weight"])
    if "state" in fields:
        state = fields["state"]
        columns |= {"state": state, "open": int(state != "closed"), "conflict": 0}
        # Who settles a conflict may say the state that it has.
        same = "SELECT 1 FROM tickets WHERE number = ? AND state = ?"
        if connection.execute(same, (number, state)).fetchone() is None:
            columns["turned_us"] = event.at_us
    columns["changed_us"] = event.at_us
    said = ", ".join(f"{name} = ?" for name in columns)
    connection.execute(
        f"UPDATE tickets SET {said} WHERE number = ?",  # noqa: S608  # names of ours
        (*columns.values(), number),
    )


def _merged(connection: sqlite3.Connection, event: Stored) -> None:
    """An edit of the district: what became another by it, and its words, which beat those there are or stand behind them."""
    number, data = _ticket(event), event.data
    _changed(connection, event, dict(_texts(data.get("fields"))))
    conflict = int(data.get("conflict") is True)
    connection.execute("UPDATE tickets SET conflict = ? WHERE number = ?", (conflict, number))
    name, said, why = str(data.get("field", "")), event.opened.get("words"), event.opened.get("why")
    if name == "minutes":
        value = str(data.get("value"))
        spent = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
        connection.execute("UPDATE tickets SET minutes = minutes + ? WHERE number = ?", (spent, number))
    if name in NOW:
        if data.get("outcome") == "taken":
            connection.execute(
                "UPDATE ticket_words SET name = ? WHERE number = ? AND name = ?",
                (BEATEN + name, number, name),
            )
        else:
            name = BEATEN + name
    if isinstance(said, str):
        _put(connection, event, number, name, said, "words")
    if isinstance(why, str):
        _put(connection, event, number, "why", why, "why")


def redate(connection: sqlite3.Connection, tickets: Iterable[Ticket], at_us: int) -> None:
    """Put down the dates of these, after the box's clock was set right at `at_us`. Raises sqlite3.Error."""
    connection.executemany(
        "UPDATE tickets SET opened_us = ?, turned_us = ?, changed_us = min(changed_us, ?), "
        "escalated_us = min(escalated_us, ?) WHERE number = ?",
        [(one.opened_us, one.turned_us, at_us, at_us, one.number) for one in tickets],
    )


def _turn(connection: sqlite3.Connection, batch: int, state: JSON) -> None:
    if state == "taken":
        connection.execute("UPDATE tickets SET there = 1 WHERE batch = ?", (batch,))
    elif state == "abandoned":
        of = "SELECT number FROM tickets WHERE batch = ?"
        _forget(connection, f"number IN ({of})", batch)
        connection.execute(
            f"DELETE FROM changes WHERE owner = 'ticket' AND id IN (SELECT CAST(number AS TEXT) FROM ({of}))",  # noqa: S608
            (batch,),
        )
        connection.execute("DELETE FROM tickets WHERE batch = ?", (batch,))


def _say_all(connection: sqlite3.Connection, event: Stored) -> None:
    number = _ticket(event)
    for field in ("texts", "persons"):
        for name, value in _texts(event.opened.get(field)):
            _say(connection, event, number, name, value, field)
    for field, name in (("why", "why"), ("text", "note")):
        said = event.opened.get(field)
        if isinstance(said, str) and said:
            _say(connection, event, number, name, said, field)
    for part, count in _texts(event.opened.get("parts")):
        _say(connection, event, number, "part", f"{count} x {part}", "parts")
    photos = event.opened.get("photos")
    for photo in photos if isinstance(photos, list) else []:
        _say(connection, event, number, "photo", str(photo), "photos")


def _say(
    connection: sqlite3.Connection, event: Stored, number: int, name: str, value: str, field: str
) -> None:
    if name in NOW and event.kind != "ticket.opened/1":
        _forget(connection, "number = ? AND name = ?", number, name)
    _put(connection, event, number, name, value, field)


def _put(
    connection: sqlite3.Connection, event: Stored, number: int, name: str, value: str, field: str
) -> None:
    if value:
        row = (number, name, value, event.epoch, event.seq, field)
        connection.execute("INSERT INTO ticket_words VALUES (NULL, ?, ?, ?, ?, ?, ?)", row)


def _forget(connection: sqlite3.Connection, where: str, *values: JSON) -> None:
    query = f"SELECT id, name, value FROM ticket_words WHERE {where}"  # noqa: S608  # of this file
    rows = connection.execute(query, values).fetchall()
    indexed = _indexed(connection) if rows else 0
    for found, name, value in rows:
        if name not in _NO_WORDS and found <= indexed:
            connection.execute(_UNINDEXED, (found, value))
        connection.execute("DELETE FROM ticket_words WHERE id = ?", (found,))


def index(connection: sqlite3.Connection) -> None:
    """Bring the index of words up to the words: all at once, for each commit of it costs. Raises sqlite3.Error."""
    known = _indexed(connection)
    (last,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM ticket_words").fetchone()
    if last > known:
        connection.execute(
            "INSERT INTO ticket_index (rowid, value) SELECT id, value FROM ticket_words WHERE id > ? AND name != 'photo'",
            (known,),
        )
        connection.execute("UPDATE ticket_indexed SET id = ?", (last,))


def _indexed(connection: sqlite3.Connection) -> int:
    (known,) = connection.execute("SELECT id FROM ticket_indexed").fetchone()
    return int(known)


def photos_of(connection: sqlite3.Connection, event: Stored) -> set[str]:
    """The photos that an erasure takes away. Raises sqlite3.Error."""
    where = (event.data.get("epoch"), event.data.get("seq"), event.data.get("field"))
    query = "SELECT value FROM ticket_words WHERE epoch IS ? AND seq IS ? AND field IS ? AND name = 'photo'"
    return {row[0] for row in connection.execute(query, where)}


def named_photos(connection: sqlite3.Connection) -> set[str]:
    """All that some ticket shows. Raises sqlite3.Error."""
    return {row[0] for row in connection.execute("SELECT value FROM ticket_words WHERE name = 'photo'")}


def scrub(connection: sqlite3.Connection) -> None:
    """Write the index of words anew, so that words which were taken out do not live on in it. Raises sqlite3.Error."""
    connection.execute("INSERT INTO ticket_index (ticket_index) VALUES ('optimize')")


def _ticket(event: Stored) -> int:
    return number_of(event.data, "ticket")


def _texts(value: JSON) -> list[tuple[str, str]]:
    return [(name, str(text)) for name, text in pairs(value)]


def _rank(weight: str) -> int:
    return WEIGHTS.index(weight) if weight in WEIGHTS else len(WEIGHTS)
