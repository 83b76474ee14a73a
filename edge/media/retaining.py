"""One round of retention: what the quota lets go of is removed, and what is left says whether routine may be written."""

import contextlib
from collections.abc import Callable, Set
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from edge.media.messages import Open
from edge.media.quota import Class, Gone, Quota, free_bytes, remove, what_goes
from edge.media.seals import SEALS, Folder, folders

GO_MOST, GO_MOST_WRITING = 64, 8
"""Files that go in one round: each is a row of the record, and the daemon takes no flood of them."""


class Round(NamedTuple):
    """routine: whether pictures of drills may be written. refused: what the disk says of a file that should go, or `""`."""

    routine: bool
    refused: str


def let_go(store: Path, opened: Open, live: Set[str], now_us: int, told: Callable[[Gone], None]) -> Round:
    """Decide, and remove. live: incidents whose pictures are being written. now_us: UTC.

    A real incident's pictures go by their age alone, and where nobody chose one, never: room is no reason. Raises
    OSError; may hang with its disk: in a thread.
    """
    found = tuple(folders(store))
    files = [file for one in found for file in (*one.sealed, *one.unsealed, *one.open_parts)]
    ages: dict[Class, int] = {"rehearsal": opened.drills_us}
    if opened.incidents_us is not None:
        ages["real"] = opened.incidents_us
    held = {file.path for one in found for file in one.open_parts}
    for one in found:
        for file in (*one.sealed, *one.unsealed):
            young = opened.incidents_us is None or now_us - file.sealed_us <= opened.incidents_us
            if one.path.name in live or (file.kind == "real" and young):
                held.add(file.path)
    unsynced = {file.path for file in files} if opened.district else set()
    free = free_bytes(store)
    decision = what_goes(files, Quota(opened.disk, opened.reserve, ages), free, held, unsynced, now_us)
    most = GO_MOST_WRITING if live else GO_MOST
    decision = replace(decision, gone=decision.gone[:most])
    refused: list[tuple[Gone, str]] = []
    remove(store, decision, told, lambda gone, code: refused.append((gone, code)))
    for one in found:
        if one.path.name not in live:
            _remove_empty(one)
    for_room = any(gone.why != "age" for gone, _ in refused)
    return Round(decision.routine and not for_room, refused[0][1] if refused else "")


def _remove_empty(folder: Folder) -> None:
    """A folder in which nothing but its seals is left."""
    with contextlib.suppress(OSError):
        if [one.name for one in folder.path.iterdir()] == [SEALS]:
            (folder.path / SEALS).unlink()
            folder.path.rmdir()
