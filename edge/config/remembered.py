"""Where the store of a configuration file is, for the day the file is gone or no longer says it.

A note beside the file, or in systemd's state directory where nothing can be written there. It says nothing secret,
and a lost one costs only what it was for.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.config.synced import sync_folder, write_synced

_LONGEST_BYTES: Final = 4_096


def remember(file: Path, store: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Note that this file's store is this directory. Never raises."""
    said = os.fsencode(store.absolute()) + b"\n"
    for note in _notes(file, environ):
        if _read(note) == said:
            return
        new = note.with_name(f"{note.name}.new")
        with suppress(OSError):
            write_synced(new, said)
            new.replace(note)
            sync_folder(note.parent)
            return


def remembered(file: Path, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The store last noted for this file; None where there is no note. Never raises."""
    for note in _notes(file, environ):
        name = _read(note).strip()
        if name.startswith(b"/") and b"\0" not in name:
            return Path(os.fsdecode(name))
    return None


def _notes(file: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    name = f".{file.name}.store"
    yield file.absolute().parent / name
    state = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if state:
        yield Path(state) / name


def _read(note: Path) -> bytes:
    try:
        with note.open("rb") as opened:
            return opened.read(_LONGEST_BYTES)
    except OSError:
        return b""
