"""What each camera's picture was learned to look like, kept for the next start: else nobody would see that it was turned."""

import contextlib
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from edge.media.picture import Reference

FOLDER: Final = ".references"
MOST_BYTES: Final = 1 << 20


class Remembered:
    """Belongs to the loop's thread; a disk that hangs holds up a thread of its own."""

    def __init__(self, evidence: Path) -> None:
        self._folder = evidence / FOLDER
        self._known: dict[str, tuple[Reference, ...]] = {}
        self._writing: threading.Thread | None = None

    def of(self, camera: str) -> tuple[Reference, ...]:
        """What was learned; nothing where nothing can be read."""
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            with (self._folder / f"{camera}.bin").open("rb") as file:
                read = file.read(MOST_BYTES)
            self._known[camera] = msgspec.msgpack.decode(read, type=tuple[Reference, ...])
            return self._known[camera]
        return ()

    def note(self, references: Mapping[str, tuple[Reference, ...]]) -> None:
        """Keep what is another than it was."""
        changed = {
            camera: its
            for camera, its in references.items()
            if its is not self._known.get(camera) and its != self._known.get(camera, ())
        }
        if not changed or (self._writing is not None and self._writing.is_alive()):
            return
        self._known.update(changed)
        self._writing = threading.Thread(target=self._write, args=(changed,), name="references", daemon=True)
        self._writing.start()

    def _write(self, changed: Mapping[str, tuple[Reference, ...]]) -> None:
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            for camera, its in changed.items():
                draft = self._folder / f"{camera}.new"
                draft.write_bytes(msgspec.msgpack.encode(its))
                draft.replace(self._folder / f"{camera}.bin")
