"""Where the book lies: one 0600 file in the store, replaced whole and synced; the one before it stays beside it.

Blocking: called in threads only.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.people.book import LONGEST_BYTES, Book, Damaged, read, written

NAME: Final = "people.json"
BEFORE: Final = "people.before.json"
CODE: Final = "set-up-code"


def load(store: Path) -> tuple[Book, str]:
    """The book, and what is wrong with its file, `""` for nothing: no file is an empty book.

    A file that is not whole is set aside and the one before it is read. Never raises.
    """
    path = store / NAME
    try:
        return read(_bytes(path)), ""
    except FileNotFoundError:
        trouble = ""
    except (OSError, Damaged) as err:
        trouble = str(err)
    if trouble:
        with suppress(OSError):
            path.replace(store / f"{NAME}.damaged")
    try:
        return read(_bytes(store / BEFORE)), trouble or f"{NAME} is not there"
    except FileNotFoundError:
        return Book(), trouble
    except (OSError, Damaged) as err:
        return Book(), trouble or str(err)


def save(store: Path, book: Book) -> None:
    """Put the book in place of the one before. Raises OSError, and then the one before is whole."""
    path, new, before = store / NAME, store / f"{NAME}.new", store / BEFORE
    _write(new, written(book))
    link = store / f"{BEFORE}.new"
    with suppress(FileNotFoundError):
        link.unlink()
    with suppress(FileNotFoundError):
        link.hardlink_to(path)
        link.replace(before)
    new.replace(path)
    _sync(store)


def read_code(store: Path) -> str:
    """The set-up code that lies there; `""`: none. Never raises."""
    try:
        return _bytes(store / CODE).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def write_code(store: Path, code: str) -> None:
    """Lay a set-up code down for who may read the store. Raises OSError."""
    new = store / f"{CODE}.new"
    _write(new, code.encode() + b"\n")
    new.replace(store / CODE)
    _sync(store)


def remove_code(store: Path) -> None:
    """Take the set-up code away. Raises OSError."""
    with suppress(FileNotFoundError):
        (store / CODE).unlink()
        _sync(store)


def _bytes(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    with os.fdopen(fd, "rb") as file:
        return file.read(LONGEST_BYTES)


def _write(path: Path, data: bytes) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
