"""What of the store has to go, and what may not: a pure decision, and the thin shell that carries it out.

Routine files go first, evidence under hold never. Where there is a district, evidence that it does not have yet stays
as well; where there is none, age alone decides.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Set
from pathlib import Path
from typing import Final, Literal

from edge.media.sealing import PART, code_of
from rules.model.values import dataclass

Class = Literal["check", "rehearsal", "real"]
"""Stills of picture checks; exercises, tests and drills; real incidents."""
_ORDER: Final = {"check": 0, "rehearsal": 1, "real": 2}
Why = Literal["age", "quota", "reserve"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the store. path: relative to it. sealed_us: UTC microseconds."""

    path: str
    bytes: int
    kind: Class
    sealed_us: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Quota:
    """most_bytes: of all files together. reserve_bytes: to stay free on the disk, whatever else fills it.

    ages_us: how long each kind is kept; a kind that is not named is kept for ever.
    """

    most_bytes: int
    reserve_bytes: int
    ages_us: dict[Class, int]


@dataclass(frozen=True, slots=True)
class Gone:
    """A file that goes, and why; becomes an event."""

    file: Kept
    why: Why


@dataclass(frozen=True, slots=True)
class Decision:
    """gone: in the order in which they go. routine: whether routine files may be written at all.

    short_bytes: what is still missing when all that may go is gone: then only a person can help.
    """

    gone: tuple[Gone, ...]
    routine: bool
    short_bytes: int


def what_goes(
    files: Iterable[Kept], quota: Quota, free_bytes: int, held: Set[str], unsynced: Set[str], now_us: int
) -> Decision:
    """Say which files go, by age first, then for want of room: checks before rehearsals before real ones, oldest first.

    free_bytes: of the disk. held, unsynced: paths. Routine writing stops a tenth of the reserve
    before anything has to go for it.
    """
    everything = sorted(files, key=lambda file: (_ORDER[file.kind], file.sealed_us, file.path))
    may_go = [file for file in everything if file.path not in held and file.path not in unsynced]
    gone = [Gone(file, "age") for file in may_go if _too_old(file, quota, now_us)]
    freed = sum(one.file.bytes for one in gone)
    total = sum(file.bytes for file in everything)
    aged = {one.file.path for one in gone}
    for file in may_go:
        over, short = total - freed - quota.most_bytes, quota.reserve_bytes - free_bytes - freed
        if over <= 0 and short <= 0:
            break
        if file.path not in aged:
            gone.append(Gone(file, "quota" if over > 0 else "reserve"))
            freed += file.bytes
    over, short = total - freed - quota.most_bytes, quota.reserve_bytes - free_bytes - freed
    margin = quota.reserve_bytes // 10
    return Decision(
        gone=tuple(gone),
        routine=over <= 0 and free_bytes >= quota.reserve_bytes + margin,
        short_bytes=max(0, over, short),
    )


def _too_old(file: Kept, quota: Quota, now_us: int) -> bool:
    age_us = quota.ages_us.get(file.kind)
    return age_us is not None and now_us - file.sealed_us > age_us


def free_bytes(store: Path) -> int:
    """What is free for us on the disk of the store, or of where it will be. Raises OSError; may hang: in a thread."""
    while not store.exists() and store != store.parent:
        store = store.parent
    said = os.statvfs(store)
    return said.f_bavail * said.f_frsize


def remove(
    store: Path, decision: Decision, told: Callable[[Gone], None], refused: Callable[[Gone, str], None]
) -> None:
    """Remove what goes, and tell each that is gone, when it is. May hang with its disk: in a thread.

    refused: is told what could not be removed and the operating system's word for it. What is not there any more is
    gone. A path that leads out of the store, or names a file that is being written, is refused (`EPERM`).
    """
    root = store.resolve()
    for one in decision.gone:
        file = store / one.file.path
        try:
            if not file.resolve().is_relative_to(root) or file.is_symlink() or file.name.endswith(PART):
                refused(one, "EPERM")
                continue
            file.unlink(missing_ok=True)
        except OSError as err:
            refused(one, code_of(err))
            continue
        told(one)
        with contextlib.suppress(OSError):  # another file stands in it
            while (folder := file.parent) != store:
                folder.rmdir()
                file = folder
