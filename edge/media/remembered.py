"""What each camera's picture was learned to look like, kept for the next start: else nobody would see that it was turned."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from edge.media.picture import Reference

FOLDER: Final = ".references"
MOST_BYTES: Final = 1 << 20

References = tuple[Reference, ...]


class Remembered:
    """Belongs to the loop's thread; a disk that hangs holds up threads of its own."""

    def __init__(self, evidence: Path) -> None:
        self._folder = evidence / FOLDER
        self._known: dict[str, References] = {}
        """As they stand on the disk, by camera; nothing of a camera that was not read yet."""
        self._writing: threading.Thread | None = None
        self._written: dict[str, References] = {}

    def read(self, cameras: Iterable[str], told: Callable[[str, References], None]) -> None:
        """Tell what was learned of each, on the loop, once it is read; nothing where nothing can be read."""
        wanted, loop = tuple(cameras), asyncio.get_running_loop()

        def found(camera: str, references: References) -> None:
            self._known[camera] = references
            told(camera, references)

        def read() -> None:
            for camera in wanted:
                references = _read(self._folder / f"{camera}.bin")
                with contextlib.suppress(RuntimeError):  # the loop has ended: nobody looks any more
                    loop.call_soon_threadsafe(found, camera, references)

        if wanted:
            threading.Thread(target=read, name="references read", daemon=True).start()

    def note(self, references: Mapping[str, References]) -> None:
        """Keep what is another than it was. What was not read yet is not written over, and what a disk refuses is tried again."""
        if self._writing is not None and self._writing.is_alive():
            return
        self._known.update(self._written)
        self._written = {}
        changed = {
            camera: its
            for camera, its in references.items()
            if camera in self._known and its is not self._known[camera] and its != self._known[camera]
        }
        if changed:
            self._writing = threading.Thread(
                target=self._write, args=(changed,), name="references", daemon=True
            )
            self._writing.start()

    def _write(self, changed: Mapping[str, References]) -> None:
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for camera, its in changed.items():
                draft = self._folder / f"{camera}.new"
                draft.write_bytes(msgspec.msgpack.encode(its))
                draft.replace(self._folder / f"{camera}.bin")
                self._written[camera] = its


def _read(file: Path) -> References:
    with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError), file.open("rb") as opened:
        return msgspec.msgpack.decode(opened.read(MOST_BYTES), type=References)
    return ()
