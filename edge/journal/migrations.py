"""Brings a database to the newest schema: numbered SQL files, applied once each through sqlite-utils'
Migrations.

sqlite_utils takes 120 ms to import, so it is imported only where a file is pending (start-up budget); what is
already applied is read from its own table.
"""

import contextlib
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

_TABLE = "_sqlite_migrations"
_importing = threading.Lock()


def migrate(connection: sqlite3.Connection, name: str, schema: Path) -> list[str]:
    """Apply the pending files of `schema` under the set `name`, and return their names.

    Each file is one transaction together with its record. Raises sqlite3.Error; a newer database (a file
    recorded that we do not have) is left as it is: it stays readable by the version before.
    """
    files = sorted(schema.glob("*.sql"))
    done = _applied(connection, name)
    pending = [file for file in files if file.stem not in done]
    if pending:
        _apply(connection, name, pending)
    return [file.stem for file in pending]


def applied(connection: sqlite3.Connection) -> list[tuple[str, tuple[str | None, ...]]]:
    """The statements, with their values, that record in another database what was applied to this one."""
    cursor = connection.execute(f"SELECT * FROM {_TABLE}")  # noqa: S608  # a constant
    marks = ", ".join("?" * len(cursor.description))
    return [(f"INSERT INTO {_TABLE} VALUES ({marks})", row) for row in cursor]  # noqa: S608  # a constant


def _applied(connection: sqlite3.Connection, name: str) -> set[str]:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (_TABLE,))
    if known.fetchone() is None:
        return set()
    rows = connection.execute(f"SELECT name FROM {_TABLE} WHERE migration_set = ?", (name,))  # noqa: S608  # a constant
    return {row[0] for row in rows}


def _apply(connection: sqlite3.Connection, name: str, pending: list[Path]) -> None:
    with _importing, _without("numpy", "pandas"):
        from sqlite_utils import Database, Migrations

    migrations = Migrations(name)
    for file in pending:

        def run(db: Database, statements: tuple[str, ...] = tuple(_statements(file))) -> None:
            for statement in statements:
                db.execute(statement)

        migrations(name=file.stem)(run)
    migrations.apply(Database(connection))


@contextlib.contextmanager
def _without(*unwanted: str) -> Iterator[None]:
    """sqlite_utils takes these along where they are there, for types that we never hand it: 16 MB for good."""
    hidden = [name for name in unwanted if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: not to be imported (sys.modules)
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _statements(file: Path) -> Iterator[str]:
    # One by one: executescript would commit the migration's transaction behind its back.
    statement = ""
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
