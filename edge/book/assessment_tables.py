"""From an event of a checklist or an assessment to its words and history. Depends on the event alone."""

import sqlite3
from typing import Final

from edge.book.rows import change, number, pairs, say, unsay
from edge.journal.stored import Stored

CHECKLIST: Final = "checklist"
QUESTION: Final = "question"
ANSWER: Final = "answer"
"""Owners of words."""


def apply_assessment(connection: sqlite3.Connection, event: Stored) -> None:
    """Change the tables as this event says. Raises sqlite3.Error; the caller holds the transaction."""
    data, opened = event.data, event.opened
    match event.kind:
        case "checklist.turned/1":
            name = str(number(data, "number"))
            say(connection, event, CHECKLIST, name, "title", [("title", opened.get("title"))])
            if data.get("state") == "abandoned":
                connection.execute("DELETE FROM texts WHERE owner = ? AND id = ?", (CHECKLIST, name))
                connection.execute("DELETE FROM texts WHERE owner = ? AND id GLOB ?", (QUESTION, f"{name}:*"))
        case "checklist.asked/1":
            name = f"{number(data, 'number')}:{data.get('question')}"
            for field in ("section", "text"):
                say(connection, event, QUESTION, name, field, [(field, opened.get(field))])
        case "assessment.answered/1":
            name = f"{number(data, 'assessment')}:{data.get('question')}"
            unsay(connection, ANSWER, name, ("comment",))
            say(connection, event, ANSWER, name, "comment", [("comment", opened.get("comment"))])
            change(connection, event, "assessment", str(number(data, "assessment")))
        case "checklist.kept/1":
            say(
                connection,
                event,
                CHECKLIST,
                str(number(data, "number")),
                "title",
                [("title", opened.get("title"))],
            )
            for sealed, word in (("sections", "section"), ("texts", "text")):
                _say_each(connection, event, QUESTION, number(data, "number"), sealed, word)
        case "assessment.kept/1":
            _say_each(connection, event, ANSWER, number(data, "assessment"), "comments", "comment")
        case "assessment.turned/1":
            change(connection, event, "assessment", str(number(data, "assessment")))
        case _:
            pass


def _say_each(
    connection: sqlite3.Connection, event: Stored, owner: str, of: int, sealed: str, word: str
) -> None:
    """Words that are said again in one sealed field, each by its question."""
    for name, value in pairs(event.opened.get(sealed)):
        say(connection, event, owner, f"{of}:{name}", sealed, [(word, value)])
